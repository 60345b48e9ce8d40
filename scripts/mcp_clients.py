"""The official Python client of the Model Context Protocol against `headroom mcp serve`.

Usage: mcp_clients.py HEADROOM, with the package `mcp` installed. It ends with 1 and a message at the
first thing that isn't as it should be.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import anyio
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

ROWS = json.dumps([{"id": n, "state": "ready", "name": f"task {n * 7919}"} for n in range(300)])
LIMIT_SECONDS = 120


def plain(model) -> dict:
    """A result as JSON, whatever the client's version calls its fields."""
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


async def call(session: ClientSession, name: str, arguments: dict) -> dict:
    return plain(await session.call_tool(name, arguments))


async def refused(session: ClientSession, name: str, arguments: dict) -> str:
    """Why a call was refused, as an error of the tool or of the protocol."""
    try:
        result = await call(session, name, arguments)
    except Exception as error:
        return str(error)
    assert result.get("isError"), f"{name} {arguments} is no error: {result}"
    return result["content"][0]["text"]


async def tools_are_described(session: ClientSession, version: str) -> None:
    begin = plain(await session.initialize())
    assert begin["serverInfo"]["name"] == "headroom", begin
    assert begin["serverInfo"]["version"] == version, begin
    tools = {tool["name"]: tool for tool in plain(await session.list_tools())["tools"]}
    assert set(tools) == {"headroom_compress", "headroom_retrieve", "headroom_stats"}, tools
    for tool in tools.values():
        assert tool["inputSchema"]["type"] == "object", tool
        assert tool["outputSchema"]["type"] == "object", tool
        assert tool["annotations"]["title"], tool
        assert tool["description"], tool
    assert tools["headroom_compress"]["inputSchema"]["required"] == ["content"]
    assert tools["headroom_retrieve"]["inputSchema"]["required"] == ["hash"]
    assert tools["headroom_retrieve"]["annotations"]["readOnlyHint"] is True


async def tools_do_their_work(session: ClientSession) -> None:
    result = await call(session, "headroom_compress", {"content": ROWS})
    answer = result["structuredContent"]
    assert json.loads(result["content"][0]["text"]) == answer
    assert answer["compressed_tokens"] < answer["original_tokens"] * 0.8, answer
    assert answer["tokens_saved"] == answer["original_tokens"] - answer["compressed_tokens"]
    back = (await call(session, "headroom_retrieve", {"hash": answer["hash"]}))["structuredContent"]
    assert back["original_content"] == ROWS and back["source"] == "local", back
    part = await call(session, "headroom_retrieve", {"hash": answer["hash"], "query": "2367781"})
    assert part["structuredContent"]["count"] == 1, part
    stats = (await call(session, "headroom_stats", {}))["structuredContent"]
    assert stats["tokens_saved"] == answer["tokens_saved"], stats
    assert stats["retrievals"] == 2 and stats["proxy"]["answers"] is False, stats


async def mistakes_are_explained(session: ClientSession) -> None:
    unknown = await refused(session, "headroom_retrieve", {"hash": "0123456789abcdef01234567"})
    assert "once more" in unknown, unknown
    assert "is not a hash" in await refused(session, "headroom_retrieve", {"hash": "../passwd"})
    assert "hash" in await refused(session, "headroom_retrieve", {})
    assert "expected a string" in await refused(session, "headroom_compress", {"content": 7})
    assert await refused(session, "headroom_nothing", {})


async def calls_run_side_by_side(session: ClientSession) -> None:
    texts = [f"line {n} of {n}\n" * 2000 for n in range(10)]
    hashes = [""] * 10

    async def one(n: int) -> None:
        answer = await call(session, "headroom_compress", {"content": texts[n]})
        hashes[n] = answer["structuredContent"]["hash"]

    async with anyio.create_task_group() as group:
        for n in range(10):
            group.start_soon(one, n)
    for text, name in zip(texts, hashes):
        back = await call(session, "headroom_retrieve", {"hash": name})
        assert back["structuredContent"]["original_content"] == text


async def large_arguments_and_cancelled_calls(session: ClientSession) -> None:
    large = "".join(f"2026-01-01 INFO request {n} took {n % 97} ms\n" for n in range(25_000))
    assert len(large) > 1_000_000
    with anyio.move_on_after(0.01):
        await call(session, "headroom_compress", {"content": large})
    answer = await call(session, "headroom_compress", {"content": large})
    back = await call(session, "headroom_retrieve", {"hash": answer["structuredContent"]["hash"]})
    assert back["structuredContent"]["original_content"] == large


async def converse(program: str, environment: dict[str, str]) -> None:
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    server = StdioServerParameters(command=program, args=["mcp", "serve"], env=environment)
    with anyio.fail_after(LIMIT_SECONDS):
        async with stdio_client(server) as (reads, writes), ClientSession(reads, writes) as session:
            await tools_are_described(session, version.stdout.split()[1])
            await tools_do_their_work(session)
            await mistakes_are_explained(session)
            await calls_run_side_by_side(session)
            await large_arguments_and_cancelled_calls(session)


def a_client_dies(program: str, environment: dict[str, str]) -> None:
    """The server ends when its client is gone in the middle of a call."""
    server = subprocess.Popen(
        [program, "mcp", "serve"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, **environment},
    )
    begin = {"protocolVersion": "2025-06-18", "capabilities": {}}
    begin["clientInfo"] = {"name": "dying", "version": "0"}
    text = "".join(f"line {n} is like no other: {n * 31}\n" for n in range(40_000))
    compress = {"name": "headroom_compress", "arguments": {"content": text}}
    for message in [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": begin},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": compress},
    ]:
        server.stdin.write(json.dumps(message).encode() + b"\n")
    server.stdin.close()
    server.stdout.close()
    server.wait(LIMIT_SECONDS)


def main() -> None:
    program = str(Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as home:
        environment = {"HOME": home, "HEADROOM_WORKSPACE_DIR": f"{home}/headroom"}
        environment["HEADROOM_PROXY_URL"] = "http://127.0.0.1:9"
        anyio.run(converse, program, environment)
        a_client_dies(program, environment)


if __name__ == "__main__":
    main()
