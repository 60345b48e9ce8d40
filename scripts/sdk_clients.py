"""The official Python SDKs of Anthropic and OpenAI, and a raw client, through `headroom serve`.

Usage: sdk_clients.py HEADROOM PROVIDER, with the packages `anthropic` and `openai` installed. Each
scenario runs twice against the stub provider, straight and through the server, and what the client
gets has to be the same: contents, events, errors with their headers, broken streams. It ends with 1 and
a message at the first difference.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import anthropic
import openai

LIMIT_SECONDS = 60
STATUSES = (400, 401, 429, 529)
HEADERS = ("request-id", "x-request-id", "retry-after", "x-should-retry", "anthropic-ratelimit-requests-remaining",
           "anthropic-ratelimit-tokens-reset", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens", "content-type")
PICTURE = base64.b64encode(bytes(range(256)) * 400).decode()
LOG = "".join(f"2026-03-01T12:{n // 60:02}:{n % 60:02}Z INFO worker-{n % 7} request {n} done in {n * 7 % 40} ms\n"
              for n in range(600))
LARGE = "0123456789abcde\n" * (10 << 16)

SCHEMA = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
ANTHROPIC_TOOL = {"name": "read", "description": "Reads a file.", "input_schema": SCHEMA}
CHAT_TOOL = {"type": "function", "function": {"name": "read", "description": "Reads a file.", "parameters": SCHEMA}}
RESPONSES_TOOL = {"type": "function", "name": "read", "description": "Reads a file.", "parameters": SCHEMA}

Outcome = Any


class Anthropic:
    """Messages, as the SDK sends them."""

    def __init__(self, url: str) -> None:
        self.client = anthropic.Anthropic(base_url=url, api_key="k", max_retries=0, timeout=LIMIT_SECONDS)

    def arguments(self, scenario: str) -> dict[str, Any]:
        content: Any = "What is in a.txt?"
        if scenario == "echo":
            content = [{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PICTURE}},
                       {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": PICTURE[:999]}},
                       {"type": "text", "text": "And this?"}]
        messages = [{"role": "user", "content": content}]
        if scenario == "retrieve":
            messages += [{"role": "assistant", "content": [{"type": "tool_use", "id": "call_0", "name": "read", "input": {"path": "app.log"}}]},
                         {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "call_0", "content": LOG}]}]
        if scenario == "large":
            messages[0]["content"] = LARGE
        more = {"thinking": {"type": "enabled", "budget_tokens": 2000}} if scenario == "thinking" else {}
        return {"model": "claude-sonnet-4-5", "max_tokens": 9000, "messages": messages, "tools": [ANTHROPIC_TOOL],
                "extra_headers": {"x-scenario": scenario}, **more}

    def whole(self, scenario: str) -> Outcome:
        return self.client.messages.create(**self.arguments(scenario)).model_dump()

    def stream(self, scenario: str) -> Iterator[Outcome]:
        with self.client.messages.create(**self.arguments(scenario), stream=True) as stream:
            for event in stream:
                yield event.model_dump()

    def gathered(self, scenario: str) -> Outcome:
        with self.client.messages.stream(**self.arguments(scenario)) as stream:
            return stream.get_final_message().model_dump()

    def counted(self) -> Outcome:
        arguments = {name: self.arguments("plain")[name] for name in ("model", "messages", "extra_headers")}
        return self.client.messages.count_tokens(**arguments).model_dump()

    def turns(self) -> Outcome:
        """Three turns of an agent that gives back what it was answered, signatures included."""
        arguments = self.arguments("thinking")
        said = []
        for turn in range(3):
            message = self.client.messages.create(**arguments)
            said.append(message.model_dump())
            calls = [block for block in message.content if block.type == "tool_use"]
            results = [{"type": "tool_result", "tool_use_id": call.id, "content": f"turn {turn}\n{LOG}"} for call in calls]
            arguments["messages"] += [{"role": "assistant", "content": message.model_dump()["content"]}, {"role": "user", "content": results}]
        return said


class Chat:
    """Chat Completions, as the SDK sends them."""

    def __init__(self, url: str) -> None:
        self.client = openai.OpenAI(base_url=f"{url}/v1", api_key="k", max_retries=0, timeout=LIMIT_SECONDS)

    def arguments(self, scenario: str) -> dict[str, Any]:
        content: Any = "What is in a.txt?"
        if scenario == "echo":
            content = [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PICTURE}"}},
                       {"type": "text", "text": "And this?"}]
        messages: list[Any] = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": content}]
        if scenario == "retrieve":
            call = {"id": "call_0", "type": "function", "function": {"name": "read", "arguments": '{"path":"app.log"}'}}
            messages += [{"role": "assistant", "content": None, "tool_calls": [call]},
                         {"role": "tool", "tool_call_id": "call_0", "content": LOG}]
        if scenario == "large":
            messages[1]["content"] = LARGE
        return {"model": "gpt-5", "messages": messages, "tools": [CHAT_TOOL], "extra_headers": {"x-scenario": scenario}}

    def whole(self, scenario: str) -> Outcome:
        return self.client.chat.completions.create(**self.arguments(scenario)).model_dump()

    def stream(self, scenario: str) -> Iterator[Outcome]:
        arguments = {**self.arguments(scenario), "stream_options": {"include_usage": True}}
        with self.client.chat.completions.create(**arguments, stream=True) as stream:
            for chunk in stream:
                yield chunk.model_dump()

    def gathered(self, scenario: str) -> Outcome:
        with self.client.chat.completions.stream(**self.arguments(scenario)) as stream:
            for _ in stream:
                pass
            return stream.get_final_completion().model_dump()


class Responses:
    """Responses, as the SDK sends them."""

    def __init__(self, url: str) -> None:
        self.client = openai.OpenAI(base_url=f"{url}/v1", api_key="k", max_retries=0, timeout=LIMIT_SECONDS)

    def arguments(self, scenario: str) -> dict[str, Any]:
        content: Any = "What is in a.txt?"
        if scenario == "echo":
            content = [{"type": "input_image", "image_url": f"data:image/png;base64,{PICTURE}", "detail": "auto"},
                       {"type": "input_text", "text": "And this?"}]
        items: list[Any] = [{"role": "user", "content": content}]
        if scenario == "retrieve":
            items += [{"type": "function_call", "call_id": "call_0", "name": "read", "arguments": '{"path":"app.log"}'},
                      {"type": "function_call_output", "call_id": "call_0", "output": LOG}]
        if scenario == "large":
            items[0]["content"] = LARGE
        return {"model": "gpt-5", "input": items, "tools": [RESPONSES_TOOL], "store": False, "instructions": "Be brief.",
                "include": ["reasoning.encrypted_content"], "extra_headers": {"x-scenario": scenario}}

    def whole(self, scenario: str) -> Outcome:
        return self.client.responses.create(**self.arguments(scenario)).model_dump()

    def stream(self, scenario: str) -> Iterator[Outcome]:
        with self.client.responses.create(**self.arguments(scenario), stream=True) as stream:
            for event in stream:
                yield event.model_dump()

    def gathered(self, scenario: str) -> Outcome:
        with self.client.responses.stream(**self.arguments(scenario)) as stream:
            return stream.get_final_response().model_dump()


def tried(work: Callable[[], Outcome]) -> Outcome:
    """What came of it: a result, or the error that the SDK raised with all it says."""
    try:
        return work()
    except (anthropic.APIStatusError, openai.APIStatusError) as error:
        headers = {name: error.response.headers.get(name) for name in HEADERS}
        return type(error).__name__, error.status_code, error.body, headers
    except (anthropic.APIError, openai.APIError) as error:
        return type(error).__name__, getattr(error, "body", None)
    except Exception as error:  # noqa: BLE001 (a stream that breaks off is the transport's error)
        return type(error).__name__


def listed(events: Iterator[Outcome]) -> Outcome:
    """All events, and how they ended."""
    seen: list[Outcome] = []

    def rest() -> None:
        seen.extend(events)
    return seen, tried(rest)


def check(name: str, work: Callable[[Any], Outcome], straight: Any, through: Any) -> None:
    expected, got = work(straight), work(through)
    if expected != got:
        shown = (json.dumps(outcome, default=str, ensure_ascii=False)[:3000] for outcome in (expected, got))
        sys.exit("sdk-check: {}\nstraight: {}\nthrough:  {}".format(name, *shown))
    print(f"  {name}")


def check_sdk(kind: type, provider: str, server: str) -> None:
    straight, through = kind(provider), kind(server)
    each = lambda name, work: check(f"{kind.__name__}: {name}", work, straight, through)  # noqa: E731
    for scenario in ("plain", "tool", "parallel", "thinking", "echo", "bytes", "large", "retrieve"):
        each(scenario, lambda api: api.whole(scenario))
        if scenario != "retrieve":
            each(f"{scenario}, streamed", lambda api: listed(api.stream(scenario)))
        each(f"{scenario}, gathered by the SDK", lambda api: api.gathered(scenario))
    for status in STATUSES:
        each(f"error {status}", lambda api: tried(lambda: api.whole(f"error-{status}")))
        each(f"error {status}, streamed", lambda api: listed(api.stream(f"error-{status}")))
    for scenario in ("error-event", "breaks-off"):
        each(scenario, lambda api: listed(api.stream(scenario)))
    gone = fetch(provider, "GET", "/gone")["gone"]
    for api in (straight, through):
        events = api.stream("hold")
        next(events)
        events.close()
    deadline = time.monotonic() + LIMIT_SECONDS
    while fetch(provider, "GET", "/gone")["gone"] < gone + 2:
        if time.monotonic() > deadline:
            sys.exit(f"sdk-check: {kind.__name__}: a client has gone and the provider wasn't told")
        time.sleep(0.02)
    print(f"  {kind.__name__}: a client that goes away")


def fetch(url: str, method: str, path: str) -> Any:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=LIMIT_SECONDS)
    with contextlib.closing(connection):
        connection.request(method, path)
        return json.loads(connection.getresponse().read())


def raw(url: str, scenario: str, path: str, body: bytes) -> bytes:
    """The answer's bytes, chunks joined, to a request that is sent in small pieces."""
    parts = urlsplit(url)
    head = (f"POST {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nx-api-key: k\r\nContent-Type: application/json\r\n"
            f"x-scenario: {scenario}\r\nContent-Length: {len(body)}\r\n\r\n").encode()
    with socket.create_connection((parts.hostname or "", parts.port or 80), timeout=LIMIT_SECONDS) as stream:
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(0, len(head), 7):
            stream.sendall(head[at:at + 7])
        stream.sendall(body)
        response = http.client.HTTPResponse(stream)
        response.begin()
        try:
            return response.read()
        except http.client.IncompleteRead as error:
            return error.partial + b"\nand then it broke off"


def check_raw(provider: str, server: str) -> None:
    bodies = {"/v1/messages": {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "é🦀"}]},
              "/v1/chat/completions": {"model": "m", "messages": [{"role": "user", "content": "é🦀"}]},
              "/v1/responses": {"model": "m", "input": "é🦀"}}
    for path, body in bodies.items():
        for stream in (False, True):
            for scenario in ("plain", "parallel", "thinking", "bytes", "error-event", "breaks-off", "error-429"):
                sent = json.dumps({**body, "stream": stream}, ensure_ascii=False).encode()
                check(f"raw {path}: {scenario}{', streamed' if stream else ''}", lambda url: raw(url, scenario, path, sent), provider, server)


@contextlib.contextmanager
def started(command: list[str], **environment: str) -> Iterator[str]:
    """A program that says its URL in its first line."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment})
    try:
        assert process.stdout
        yield process.stdout.readline().split()[-1]
    finally:
        process.kill()
        process.wait()


def main() -> None:
    headroom, provider = sys.argv[1:]
    with tempfile.TemporaryDirectory() as home, started([provider]) as stub:
        targets = {"ANTHROPIC_TARGET_API_URL": stub, "OPENAI_TARGET_API_URL": stub, "HEADROOM_WORKSPACE_DIR": home, "NO_PROXY": "*"}
        with started([headroom, "serve", "--port", "0"], **targets) as server:
            for kind in (Anthropic, Chat, Responses):
                check_sdk(kind, stub, server)
            check("Anthropic: tokens counted", lambda api: api.counted(), Anthropic(stub), Anthropic(server))
            check("Anthropic: three turns with thinking", lambda api: api.turns(), Anthropic(stub), Anthropic(server))
            check_raw(stub, server)
            saved = fetch(server, "GET", "/stats")["tokens"]["saved"]
    if not saved:
        sys.exit("sdk-check: nothing got smaller, so nothing was checked")
    print(f"sdk-check: all answers are the same; {saved} tokens fewer were sent")


if __name__ == "__main__":
    main()
