#!/usr/bin/env python3
"""server-speed HEADROOM PEER [TIKTOKEN_CACHE]: how fast `HEADROOM serve` compresses beside headroom-ai.

PEER is the program `headroom` of the Python package headroom-ai; TIKTOKEN_CACHE a folder made by
scripts/tiktoken-cache.sh, if it has no network. Both servers run at the same time and get the same texts
in turn, as the result of a tool: JSON, logs and code (of this Python's own library) of 10 kB, 100 kB
and 1 MB, each request with a text of its own. Prints medians in milliseconds and how many times faster
HEADROOM is, once for messages as they come and once with `config.mode: "ccr"`, in which it leaves
something out and stores the original; then what getting ready took in CPU time, and the memory.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

SIZES = {"10 kB": 10_000, "100 kB": 100_000, "1 MB": 1_000_000}
# Requests to HEADROOM and to PEER; one more each, before, isn't counted.
REQUESTS = {"10 kB": (41, 9), "100 kB": (41, 9), "1 MB": (15, 3)}
TASK = "why does the request to the ledger time out after a redirect?"


def records(size: int, seed: int) -> str:
    chance, rows, length = random.Random(seed), [], 0
    while length < size:
        row = json.dumps({
            "id": chance.randrange(10**8),
            "name": f"item-{chance.randrange(900)}",
            "state": "active" if chance.random() < 0.99 else "suspended",
            "owner": {"team": chance.choice(["core", "web", "data"]), "tier": chance.randrange(3)},
            "price": round(chance.random() * 900, 2),
            "note": "" if chance.random() < 0.8 else "checked by hand",
        })
        rows.append(row)
        length += len(row) + 2
    return "[" + ",\n".join(rows) + "]\n"


def log(size: int, seed: int) -> str:
    chance, lines, length = random.Random(seed), [], 0
    while length < size:
        second = len(lines)
        time_of_day = f"{8 + second // 3600 % 12:02}:{second // 60 % 60:02}:{second % 60:02}"
        start = f"2026-03-01T{time_of_day}Z"
        worker, request = chance.randrange(8), f"{chance.randrange(16**8):08x}"
        line = (
            f"{start} INFO  worker-{worker} handled request id={request}"
            f" path=/api/v1/items/{chance.randrange(900)} status=200 ms={chance.randrange(60)}"
        )
        if chance.random() < 0.01:
            line = f"{start} ERROR worker-{worker} ledger timed out id={request} after=30s"
        lines.append(line)
        length += len(line) + 1
    return "\n".join(lines) + "\n"


def code(size: int, seed: int) -> str:
    folder = Path(sysconfig.get_paths()["stdlib"])
    files = sorted(file for file in folder.glob("*.py") if file.stat().st_size > 6_000)
    random.Random(seed).shuffle(files)
    text = ""
    for file in files * 9:
        text += file.read_text(encoding="utf-8", errors="replace")
        if len(text) >= size:
            break
    return text[: text.rindex("\n", 0, size) + 1]


KINDS = {"JSON": records, "log": log, "code": code}


def request(text: str, mode: str | None) -> bytes:
    call = {"id": "c1", "type": "function", "function": {"name": "run", "arguments": "{}"}}
    body = {
        "model": "gpt-4o",
        "messages": [
            {"role": "user", "content": TASK},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": text},
        ],
    }
    if mode:
        body["config"] = {"mode": mode}
    return json.dumps(body).encode()


class Server:
    """A server that was started, on a port that was free."""

    def __init__(self, command: list[str], ready: str, environment: dict[str, str]) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(
            [*command, "--port", str(self.port)],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while not self.answers(ready):
            assert self.process.poll() is None, f"{command} ended"
            time.sleep(0.005)
        self.cpu, self.memory = self.cpu_seconds(), self.mebibytes()

    def answers(self, path: str) -> bool:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except OSError:
            return False

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def mebibytes(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def compress(self, body: bytes) -> tuple[float, dict]:
        """Milliseconds, and the answer."""
        begin = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        connection.request("POST", "/v1/compress", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        data = answer.read()
        took = (time.perf_counter() - begin) * 1000
        assert answer.status == 200, data[:300]
        return took, json.loads(data)

    def end(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def row(kind: str, mode: str | None, ours: Server, theirs: Server) -> str:
    """One line of a table: the medians of each, how many times faster, and what stays."""
    cells: list[list[str]] = [[], [], [], []]
    for name, size in SIZES.items():
        of_ours, of_theirs = REQUESTS[name]
        medians, stays = [], []
        for server, count in ((ours, of_ours), (theirs, of_theirs)):
            answers = [
                server.compress(request(KINDS[kind](size, seed), mode)) for seed in range(count + 1)
            ]
            medians.append(statistics.median(took for took, _ in answers[1:]))
            last = answers[-1][1]
            stays.append(f"{last['tokens_after'] / max(last['tokens_before'], 1):.2f}")
        for cell, median in zip(cells, medians):
            cell.append(f"{median:.1f}" if median < 10 else f"{median:.0f}")
        cells[2].append(f"{medians[1] / medians[0]:.0f}")
        cells[3].append(" to ".join(stays))
    return f"| {kind} | " + " | ".join(" / ".join(cell) for cell in cells) + " |"


def main() -> None:
    program, peer, *cache = sys.argv[1:]
    home = tempfile.mkdtemp()
    ours_environment = {"HOME": home, "PATH": os.environ["PATH"]}
    theirs_environment = ours_environment | {
        "HEADROOM_TELEMETRY": "off",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }
    if cache:
        theirs_environment["TIKTOKEN_CACHE_DIR"] = cache[0]
    ours = Server([program, "serve"], "/readyz", ours_environment)
    theirs = Server([peer, "proxy", "--no-rate-limit"], "/livez", theirs_environment)
    try:
        for mode in (None, "ccr"):
            print(f"\nmode: {mode or 'as it comes'}")
            print("| 10 kB / 100 kB / 1 MB | headroom, ms | headroom-ai, ms | times | tokens that stay |")
            print("|---|---|---|---|---|")
            for kind in KINDS:
                print(row(kind, mode, ours, theirs), flush=True)
        print("\n| | headroom | headroom-ai |\n|---|---|---|")
        print(f"| CPU time until ready, s | {ours.cpu:.2f} | {theirs.cpu:.2f} |")
        memory = [f"{s.memory:.0f} / {s.mebibytes():.0f}" for s in (ours, theirs)]
        print(f"| memory when ready / afterwards, MiB | {memory[0]} | {memory[1]} |")
    finally:
        ours.end()
        theirs.end()


main()
