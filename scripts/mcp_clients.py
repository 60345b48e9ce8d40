"""The official Python client of the Model Context Protocol against both servers, over pipes and HTTP.

Usage: mcp_clients.py FOLDER, the folder with the programs `contextos` and `headroom`, and the package
`mcp` installed. It ends with 1 and a message at the first thing that isn't as it should be.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

import anyio
from mcp import Client, StdioServerParameters

LIMIT_SECONDS = 240
NOBODY = "http://127.0.0.1:9"
TASK = "fix the refresh of tokens"
ROWS = json.dumps([{"id": n, "state": "ready", "name": f"task {n * 7919}"} for n in range(300)])
TOKEN_PY = '''"""Tokens that prove who a user is."""


class Token:
    """A token and the time at which it ends."""

    def refresh(self, now):
        """Make the token live for another hour."""
        self.ends = now + 3600
'''


@dataclass
class World:
    """The programs, and a home and a repository for them."""

    programs: Path
    home: Path

    def __post_init__(self) -> None:
        self.repository = self.home / "project"
        (self.repository / "src").mkdir(parents=True)
        (self.repository / "src" / "token.py").write_text(TOKEN_PY)
        (self.repository / "README.md").write_text("# Project\n\nTokens are refreshed hourly.\n")
        who = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
        commit = [*who, "commit", "-q", "-m", "Refresh tokens"]
        self.git(["init", "-q"], ["add", "README.md"], commit, ["add", "."], commit)

    def git(self, *commands: list[str]) -> None:
        for command in commands:
            subprocess.run(["git", *command], cwd=self.repository, env=self.environment, check=True)

    @property
    def environment(self) -> dict[str, str]:
        """Nothing of the user's, and no Headroom server unless it is named."""
        kept = {name: os.environ[name] for name in ["PATH", "SYSTEMROOT"] if name in os.environ}
        workspace = str(self.home / "headroom")
        return {**kept, "HOME": str(self.home), "HEADROOM_WORKSPACE_DIR": workspace}

    def program(self, name: str) -> str:
        return str(self.programs / name)

    def version(self, name: str) -> str:
        """The version as the program itself says it."""
        command = [self.program(name), "--version"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[1]


@dataclass
class Server:
    """How one of the servers is started, and what it has to withstand."""

    name: str
    stdio: list[str]
    http: list[str]
    tools: set[str]
    required: dict[str, list[str]]
    work: Callable[[Client], Awaitable[None]]
    bad: list[tuple[str, dict, str]]
    quick: Callable[[int], tuple[str, dict, str]]
    large: tuple[str, dict]


def plain(model) -> dict:
    """A result as JSON, whatever the client's version calls its fields."""
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


async def call(client: Client, name: str, arguments: dict) -> dict:
    return plain(await client.call_tool(name, arguments))


async def answer(client: Client, name: str, arguments: dict) -> dict:
    """What a tool returned, which is the same as text and as structure."""
    result = await call(client, name, arguments)
    assert not result.get("isError"), (name, result)
    assert json.loads(result["content"][0]["text"]) == result["structuredContent"], (name, result)
    return result["structuredContent"]


async def text(client: Client, name: str, arguments: dict) -> str:
    result = await call(client, name, arguments)
    assert not result.get("isError"), (name, result)
    return result["content"][0]["text"]


async def refused(client: Client, name: str, arguments: dict) -> str:
    """Why a call was refused, as an error of the tool or of the protocol."""
    try:
        result = await call(client, name, arguments)
    except Exception as error:
        return str(error)
    assert result.get("isError"), f"{name} {arguments} is no error: {result}"
    return result["content"][0]["text"]


# What headroom does.


async def headroom_works(client: Client) -> None:
    compressed = await answer(client, "headroom_compress", {"content": ROWS})
    assert compressed["compressed_tokens"] < compressed["original_tokens"] * 0.8, compressed
    saved = compressed["original_tokens"] - compressed["compressed_tokens"]
    assert compressed["tokens_saved"] == saved, compressed
    back = await answer(client, "headroom_retrieve", {"hash": compressed["hash"]})
    assert back["original_content"] == ROWS and back["source"] == "local", back
    query = {"hash": compressed["hash"], "query": "2367781"}
    part = await answer(client, "headroom_retrieve", query)
    assert part["count"] == 1 and "2367781" in part["results"][0]["text"], part
    stats = await answer(client, "headroom_stats", {})
    assert stats["tokens_saved"] >= saved and stats["retrievals"] >= 2, stats
    assert stats["proxy"]["answers"] is False, stats


def compress_one(n: int) -> tuple[str, dict, str]:
    return "headroom_compress", {"content": f"line {n} of {n}\n" * 2000}, f"line {n} of {n}"


LONG = "".join(f"2026-01-01 INFO request {n} took {n % 97} ms\n" for n in range(25_000))

HEADROOM = Server(
    name="headroom",
    stdio=["mcp", "serve", "--proxy-url", NOBODY],
    http=["mcp", "serve", "--proxy-url", NOBODY, "--transport", "http", "--port", "0"],
    tools={"headroom_compress", "headroom_retrieve", "headroom_stats"},
    required={"headroom_compress": ["content"], "headroom_retrieve": ["hash"]},
    work=headroom_works,
    bad=[
        ("headroom_retrieve", {"hash": "0123456789abcdef01234567"}, "Don't retry"),
        ("headroom_retrieve", {"hash": "../passwd"}, "is not a hash"),
        ("headroom_retrieve", {}, "hash"),
        ("headroom_compress", {"content": 7}, "expected a string"),
        ("headroom_compress", {"content": ""}, "is empty"),
        ("headroom_nothing", {}, ""),
    ],
    quick=compress_one,
    large=("headroom_compress", {"content": LONG}),
)


# What contextos does.


async def contextos_works(client: Client) -> None:
    scanned = await answer(client, "scan_repo", {})
    assert scanned["files"] == 2, scanned
    listed = await answer(client, "list_files", {"task": TASK, "top_n": 1})
    assert [file["path"] for file in listed["files"]] == ["src/token.py"], listed
    assert await text(client, "get_file", {"rel_path": "src/token.py"}) == TOKEN_PY
    summary = await answer(client, "get_summary", {"rel_path": "src/token.py"})
    assert summary["purpose"] == "Tokens that prove who a user is.", summary
    churn = await answer(client, "churn_report", {"days": 36500})
    assert [file["path"] for file in churn["files"]] == ["src/token.py"], churn
    found = await answer(client, "find_symbol", {"name": "refresh"})
    assert found["definitions"][0]["path"] == "src/token.py", found
    why = await answer(client, "explain_selection", {"task": TASK, "path": "src/token.py"})
    assert why["in_pack"] is True, why
    pack = await text(client, "pack_context", {"task": TASK})
    assert pack.startswith(f"# Context for: {TASK}\n") and "def refresh" in pack, pack
    as_json = json.loads(await text(client, "pack_context", {"task": TASK, "format": "json"}))
    assert as_json["files"][0]["path"] == "src/token.py", as_json

    resources = {each["uri"] for each in plain(await client.list_resources())["resources"]}
    assert resources == {f"contextos://{name}" for name in ["task", "memory", "decisions"]}
    for uri in resources:
        assert plain(await client.read_resource(uri))["contents"][0]["uri"] == uri
    prompts = plain(await client.list_prompts())["prompts"]
    assert [prompt["name"] for prompt in prompts] == ["context_for_task"], prompts
    prompt = plain(await client.get_prompt("context_for_task", {"task": TASK}))
    assert "def refresh" in prompt["messages"][0]["content"]["text"], prompt
    assert prompt["messages"][-1]["content"]["text"] == TASK, prompt


def pack_one(n: int) -> tuple[str, dict, str]:
    task = f"{TASK} {n}"
    return "pack_context", {"task": task, "budget": 400 + n}, f"# Context for: {task}\n"


CONTEXTOS = Server(
    name="contextos",
    stdio=["serve", "--stdio", "--tools", "all"],
    http=["serve", "--port", "0", "--tools", "all"],
    tools={
        *["scan_repo", "pack_context", "list_files", "get_file", "get_summary"],
        *["churn_report", "find_symbol", "explain_selection"],
    },
    required={
        "pack_context": ["task"],
        "list_files": ["task"],
        "get_file": ["rel_path"],
        "get_summary": ["rel_path"],
        "find_symbol": ["name"],
        "explain_selection": ["task", "path"],
    },
    work=contextos_works,
    bad=[
        ("pack_context", {}, "task"),
        ("pack_context", {"task": " "}, "empty"),
        ("pack_context", {"task": TASK, "budget": "many"}, "budget"),
        ("pack_context", {"task": TASK, "format": "yaml"}, "not a format"),
        ("get_file", {"rel_path": "../../etc/passwd"}, "no file"),
        ("get_file", {"rel_path": "/etc/passwd"}, "no file"),
        ("get_file", {"rel_path": "passwd", "repo": "/etc"}, "is not a folder under"),
        ("find_symbol", {"name": "nowhere"}, "matched exactly"),
        ("nothing", {}, ""),
    ],
    quick=pack_one,
    large=("pack_context", {"task": "refresh tokens " * 70_000, "budget": 2000}),
)


# What both have to do.


async def tools_are_described(server: Server, client: Client, version: str) -> None:
    assert (client.server_info.name, client.server_info.version) == (server.name, version)
    tools = {tool["name"]: tool for tool in plain(await client.list_tools())["tools"]}
    assert set(tools) == server.tools, tools
    for name, tool in tools.items():
        assert tool["inputSchema"]["type"] == "object", tool
        assert tool["inputSchema"].get("required", []) == server.required.get(name, []), tool
        assert tool["annotations"]["title"] and tool["description"], tool
        writes = name == "headroom_compress"
        assert tool["annotations"]["readOnlyHint"] is not writes, tool
        # Files and packs are text; everything else has a structure.
        if name not in {"pack_context", "get_file"}:
            assert tool["outputSchema"]["type"] == "object", tool


async def mistakes_are_explained(server: Server, client: Client) -> None:
    for name, arguments, part in server.bad:
        message = await refused(client, name, arguments)
        assert message and part in message, (name, arguments, message)


async def calls_run_side_by_side(server: Server, client: Client) -> None:
    texts = [""] * 10

    async def one(n: int) -> None:
        name, arguments, _ = server.quick(n)
        texts[n] = await text(client, name, arguments)

    async with anyio.create_task_group() as group:
        for n in range(10):
            group.start_soon(one, n)
    for n in range(10):
        assert server.quick(n)[2] in texts[n], texts[n]


async def large_arguments_and_cancelled_calls(server: Server, client: Client) -> None:
    name, arguments = server.large
    assert len(json.dumps(arguments)) > 1_000_000
    with anyio.move_on_after(0.001) as scope:
        await call(client, name, arguments)
    assert scope.cancelled_caught, "a megabyte takes longer than that"
    assert await text(client, name, arguments)


async def converse(server: Server, client: Client, version: str) -> None:
    await tools_are_described(server, client, version)
    await server.work(client)
    await mistakes_are_explained(server, client)
    await calls_run_side_by_side(server, client)
    await large_arguments_and_cancelled_calls(server, client)


@contextmanager
def listening(
    world: World, program: str, arguments: list[str]
) -> Iterator[tuple[str, subprocess.Popen]]:
    """A program that says in its first line at which address it listens."""
    command = [world.program(program), *arguments]
    where = {"cwd": world.repository, "env": world.environment}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **where) as process:
        try:
            line = process.stdout.readline()
            assert "http://" in line, line
            yield line[line.index("http://") :].split()[0], process
        finally:
            process.kill()


def pipes(world: World, server: Server) -> StdioServerParameters:
    program, where = world.program(server.name), str(world.repository)
    return StdioServerParameters(
        command=program, args=server.stdio, env=world.environment, cwd=where
    )


@asynccontextmanager
async def limited(target: StdioServerParameters | str, mode: str) -> AsyncIterator[Client]:
    with anyio.fail_after(LIMIT_SECONDS):
        async with Client(target, mode=mode) as client:
            yield client


async def every_way(world: World, server: Server) -> None:
    """Over pipes and HTTP, with the handshake that all clients know and with what newer ones begin."""
    version = world.version(server.name)
    for mode in ["legacy", "auto"]:
        async with limited(pipes(world, server), mode) as client:
            await converse(server, client, version)
        print(f"{server.name}: stdio, {mode}")
    with listening(world, server.name, server.http) as (url, process):
        for mode in ["legacy", "auto"]:
            async with limited(url, mode) as client:
                await converse(server, client, version)
            print(f"{server.name}: HTTP, {mode}")
        a_client_dies_over_http(server, url)
        strangers_are_turned_away(server, url)
        async with limited(url, "legacy") as client:
            await server.work(client)
            # The client keeps a stream open for what the server may want to say.
            process.send_signal(signal.SIGINT)
            process.wait(LIMIT_SECONDS)
        print(f"{server.name}: HTTP, ends when it is told to")


# Clients that die.


def messages(server: Server) -> list[dict]:
    """A session up to a long call."""
    begin = {"protocolVersion": "2025-06-18", "capabilities": {}}
    begin["clientInfo"] = {"name": "dying", "version": "0"}
    name, arguments = server.large
    params = {"name": name, "arguments": arguments}
    return [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": begin},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": params},
    ]


def a_client_dies_over_pipes(world: World, server: Server) -> None:
    """The server ends when its client is gone in the middle of a call."""
    process = subprocess.Popen(
        [world.program(server.name), *server.stdio],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=world.repository,
        env=world.environment,
    )
    for message in messages(server):
        process.stdin.write(json.dumps(message).encode() + b"\n")
    process.stdin.close()
    process.stdout.close()
    process.wait(LIMIT_SECONDS)
    print(f"{server.name}: ends with its client")


def a_client_dies_over_http(server: Server, url: str) -> None:
    """A connection closed in the middle of a call; the next client is served as ever."""
    session: dict[str, str] = {}
    headers = {"content-type": "application/json"}
    headers["accept"] = "application/json, text/event-stream"
    *greeting, last = messages(server)
    opener = build_opener(ProxyHandler({}))
    for message in greeting:
        body = json.dumps(message).encode()
        request = Request(url, body, {**headers, **session})
        with opener.open(request, timeout=LIMIT_SECONDS) as response:
            session = {"mcp-session-id": response.headers["mcp-session-id"] or session["mcp-session-id"]}
    parts = urlsplit(url)
    body = json.dumps(last).encode()
    lines = [f"{name}: {value}" for name, value in {**headers, **session}.items()]
    head = [f"POST {parts.path} HTTP/1.1", f"host: {parts.netloc}", *lines]
    head.append(f"content-length: {len(body)}")
    with socket.create_connection((parts.hostname, parts.port), LIMIT_SECONDS) as connection:
        connection.sendall("\r\n".join([*head, "", ""]).encode() + body)
    print(f"{server.name}: HTTP, a client that dies")


def strangers_are_turned_away(server: Server, url: str) -> None:
    """A page in a browser can send requests to this machine, by another name or from a foreign page."""
    headers = {"content-type": "application/json"}
    headers["accept"] = "application/json, text/event-stream"
    body = json.dumps(messages(server)[0]).encode()
    opener = build_opener(ProxyHandler({}))
    for name, value in [("host", "evil.example"), ("origin", "http://evil.example")]:
        try:
            opener.open(Request(url, body, {**headers, name: value}), timeout=LIMIT_SECONDS)
        except HTTPError as error:
            assert error.code == 403, (name, error.code)
        else:
            raise AssertionError(f"{server.name} lets in {name}: {value}")
    print(f"{server.name}: HTTP, strangers")


# All at once.


async def each_finds_what_another_left(world: World) -> None:
    """`headroom serve`, `headroom mcp serve` and `contextos pack --compress headroom` side by side."""
    with listening(world, "headroom", ["serve", "--port", "0"]) as (proxy, _):
        environment = {**world.environment, "HEADROOM_BASE_URL": proxy}
        source = "".join(f"def step_{n}(x):\n    return x + {n}\n\n\n" for n in range(400))
        (world.repository / "src" / "steps.py").write_text(source)
        pack = [world.program("contextos"), "pack", ".", "--task", "step_7 adds the wrong number"]
        pack += ["--compress", "headroom", "--out", "-"]
        where = {"cwd": world.repository, "env": environment}
        server = StdioServerParameters(
            command=world.program("headroom"), args=["mcp", "serve"], env=environment
        )
        packing = subprocess.Popen(pack, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **where)
        async with limited(server, "auto") as client:
            mine = await answer(client, "headroom_compress", {"content": LONG})
            theirs = over_http(proxy, "/v1/compress", {"text": LONG.replace("INFO", "NOTE")})
            out, errors = packing.communicate(timeout=LIMIT_SECONDS)
            assert packing.returncode == 0, errors
            assert b"headroom" in errors and b"# Context for: step_7" in out, errors

            # What the tool stored, the server and the command give back.
            kept = over_http(proxy, f"/v1/retrieve/{mine['hash']}")
            assert kept["original_content"] == LONG
            command = [world.program("headroom"), "retrieve", mine["hash"]]
            shown = subprocess.run(command, capture_output=True, text=True, check=True, **where)
            assert shown.stdout == LONG
            # What the server stored, the tool gives back.
            for name in theirs["ccr_hashes"]:
                back = await answer(client, "headroom_retrieve", {"hash": name})
                assert back["source"] == "local" and back["original_content"], back
            assert theirs["ccr_hashes"], theirs
            # The whole pack went to the server; what it left out of it is there for the tool.
            for name in hashes(out.decode()):
                back = await answer(client, "headroom_retrieve", {"hash": name})
                assert back["original_content"], back
            stats = await answer(client, "headroom_stats", {})
            assert stats["proxy"] == {"url": proxy, "answers": True}, stats
    print("serve, mcp serve and pack --compress headroom at once")


def hashes(pack: str) -> list[str]:
    """The hashes in the markers of a pack."""
    return [part[:24] for part in pack.split("hash=")[1:]]


def over_http(proxy: str, path: str, body: dict | None = None) -> dict:
    data = None if body is None else json.dumps(body).encode()
    request = Request(proxy + path, data, {"content-type": "application/json"})
    with build_opener(ProxyHandler({})).open(request, timeout=LIMIT_SECONDS) as response:
        return json.load(response)


def main() -> None:
    programs = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as home:
        world = World(programs, Path(home))
        for server in [HEADROOM, CONTEXTOS]:
            anyio.run(every_way, world, server)
            a_client_dies_over_pipes(world, server)
        anyio.run(each_finds_what_another_left, world)


if __name__ == "__main__":
    main()
