#!/usr/bin/env python3
"""mcp-speed FOLDER REPOSITORY: how fast the MCP servers in FOLDER answer, over pipes.

The first answer: from the start of the process to the answer to `initialize`. Then calls of
`pack_context` on REPOSITORY, which nobody changes meanwhile: the first reads it, the others don't.
Medians, in milliseconds.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

STARTS = 21
PACKS = 9
TASKS = [
    "a request with a redirect loses its authorization header",
    "fix the memory leak when a watcher is stopped twice",
    "errors thrown in a callback are swallowed",
]


class Session:
    """A server, and how long its answers took."""

    def __init__(self, command: list[str]) -> None:
        begin = time.perf_counter()
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.calls = 0
        client = {"name": "speed", "version": "0"}
        greeting = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client}
        self.request("initialize", greeting)
        self.started = time.perf_counter() - begin
        self.send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def send(self, message: dict) -> None:
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()

    def request(self, method: str, params: dict) -> dict:
        self.calls += 1
        self.send({"jsonrpc": "2.0", "id": self.calls, "method": method, "params": params})
        while True:
            message = json.loads(self.process.stdout.readline())
            if message.get("id") == self.calls:
                return message["result"]

    def pack(self, task: str) -> float:
        begin = time.perf_counter()
        arguments = {"task": task, "budget": 8000}
        result = self.request("tools/call", {"name": "pack_context", "arguments": arguments})
        assert not result["isError"], result
        return time.perf_counter() - begin

    def end(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def show(what: str, times: list[float]) -> None:
    low, high = min(times) * 1000, max(times) * 1000
    print(f"{what}: {statistics.median(times) * 1000:.1f} ms ({low:.1f} to {high:.1f})")


def main() -> None:
    folder, repository = Path(sys.argv[1]).resolve(), str(Path(sys.argv[2]).resolve())
    contextos = [str(folder / "contextos"), "serve", repository, "--stdio"]
    headroom = [str(folder / "headroom"), "mcp", "serve"]
    for command in [contextos, headroom]:
        sessions = [Session(command) for _ in range(STARTS)]
        for session in sessions:
            session.end()
        show(f"{Path(command[0]).name}, first answer", [session.started for session in sessions])
    session = Session(contextos)
    scanned = session.request("tools/call", {"name": "scan_repo", "arguments": {}})
    print(f"{repository}: {scanned['structuredContent']['files']} files")
    for task in TASKS:
        show(f"pack_context, first: {task}", [session.pack(task)])
        show("pack_context, again", [session.pack(task) for _ in range(PACKS)])
    session.end()


if __name__ == "__main__":
    main()
