"""A provider on loopback that plays a script to a real agent, and judges every request that it gets.

It speaks Anthropic Messages, OpenAI Chat Completions and Responses (over HTTP and WebSocket) and Gemini
on one port. What a request may not be stands with each API; what a conversation may not do stands here:
change what was sent before. That costs a user the provider's prefix cache.
"""

import base64
import gzip
import hashlib
import json
import re
import sys
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import chat
import gemini
import messages
import responses
from script import NoTool, next_turn

APIS = (messages, chat, responses, gemini)
# The largest request that is read: agents send some hundred kilobytes.
MOST_BYTES = 64 << 20
# What agents add to a result in their own name, now to this one and now to that.
REMINDER = re.compile(r"\s*<system-reminder>.*?</system-reminder>", re.S)
# How long an agent may take to write down what it was told, in seconds.
LATEST_TRANSCRIPT = 20
# RFC 6455, section 1.3.
WEBSOCKET_KEY = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
# The id of the account of a ChatGPT login, and what ChatGPT says of it: Codex sends what is for a path
# below /backend-api to that address, whatever its base URL is.
ACCOUNT = "account-made-up"
ACCOUNTS = {
    "accounts": [
        {
            "id": ACCOUNT,
            "structure": "personal",
            "plan_type": "plus",
            "workspace_backend_origin": "https://chatgpt.com",
            "account_routing_override": "NO_CONSTRAINT",
        }
    ],
    "account_ordering": [ACCOUNT],
}


@dataclass
class Usage:
    new: int
    cached: int
    out: int


@dataclass
class Seen:
    """What came of one run of an agent."""

    # Requests of the conversation itself, without titles and other side questions.
    requests: int = 0
    sent_bytes: int = 0
    over_websocket: int = 0
    thinking: set[str | None] = field(default_factory=set)
    # Requests that didn't begin with all of the one before.
    breaks: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    # Answers to calls of Headroom's tool.
    retrievals: int = 0
    is_finished: bool = False
    # Times that a connection was dropped in the middle of a response.
    cuts: int = 0
    # Times that a Headroom before the provider refused a WebSocket.
    refused_websockets: int = 0
    # Characters of the results in the last request, without retrievals, failures and the agent's reminders.
    result_size: int = 0
    # How often results of the last request speak of permissions.
    refusals: int = 0
    # The agent's config files after the run, with `$origin` for the address that it was given.
    settings: dict[str, str] = field(default_factory=dict)


class Provider(ThreadingHTTPServer):
    """A provider for one run. Used as a context manager, it listens while it is open."""

    daemon_threads = True

    def __init__(self, turns, final, cut_at=None, transcripts=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.turns, self.final = turns, final
        # The folder in which the agent keeps its transcripts, if what is in them matters.
        self.transcripts = transcripts
        # The number of the request in whose response the connection is dropped, once.
        self.cut_at = cut_at
        self.seen = Seen()
        self.said = {}
        self.last_blocks = None
        self.last_results = {}
        self.number = 0
        self.lock = threading.Lock()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        """Clients may go whenever they like; anything else is a fault of this program."""
        problem = sys.exception()
        if not isinstance(problem, ConnectionError):
            self.fault(f"the scripted provider failed: {problem!r}")

    def is_cut(self):
        """Whether the connection is to be dropped in the response that is about to be sent."""
        with self.lock:
            is_cut = self.number == self.cut_at
            if is_cut:
                self.cut_at = None
                self.seen.cuts += 1
            return is_cut

    def fault(self, text):
        with self.lock:
            self.seen.faults.append(text)

    def reply(self, api, path, body, size, over_websocket=False):
        """The response to a request: as one value, and as the events of a stream."""
        with self.lock:
            self.number += 1
            talk = api.read(body, path, self.said)
            if self.transcripts and talk.tools:
                # The agent hears nothing of the retrievals that a proxy answers.
                retrievals = {call.id for call in talk.calls if call.is_retrieval}
                self.wait_for_transcript([id for id, _ in talk.results if id not in retrievals])
            # Requests for a title or the like; an agent without tools has no others.
            is_aside = self.turns and not talk.tools
            cached = 0 if is_aside else self.judge(talk, size, over_websocket)
            try:
                turn = next_turn(self.turns, self.final, talk)
            except NoTool as problem:
                self.seen.faults.append(str(problem))
                turn = next_turn([], self.final, talk)
            self.seen.is_finished |= turn.is_final
            prompt = sum(map(len, talk.blocks))
            usage = Usage(max(prompt - cached, 4) // 4, cached // 4, 50)
            return api.answer(turn, body, usage, self.number, self.said)

    def wait_for_transcript(self, ids):
        """Waits until the agent has written down the results that it sent.

        Agents do so a moment later, long before a model has answered; this one answers at once.
        """
        deadline = time.monotonic() + LATEST_TRANSCRIPT
        while time.monotonic() < deadline:
            written = "".join(file.read_text() for file in self.transcripts.glob("**/*.jsonl"))
            if all(f'"tool_use_id":"{id}"' in written for id in ids):
                return
            time.sleep(0.01)
        self.seen.faults.append(f"request {self.number}: its results aren't in the transcript")

    def judge(self, talk, size, over_websocket):
        """Looks for what is wrong; characters that the last request had as well."""
        seen = self.seen
        seen.requests += 1
        seen.sent_bytes += size
        seen.over_websocket += over_websocket
        seen.thinking.add(talk.thinking)
        seen.faults += [f"request {self.number}: {fault}" for fault in talk.faults]
        seen.faults += self.unanswered(talk)
        retrievals = {call.id for call in talk.calls if call.is_retrieval}
        passed_over = retrievals | talk.failed
        seen.result_size = sum(
            len(REMINDER.sub("", text)) for id, text in talk.results if id not in passed_over
        )
        same = 0
        for old, new in zip(self.last_blocks or [], talk.blocks):
            if old != new:
                break
            same += 1
        if self.last_blocks and same < len(self.last_blocks):
            old, new = self.last_blocks[same], (talk.blocks + ["nothing"] * (same + 1))[same]
            seen.breaks.append(f"request {self.number}, block {same}: {differing(old, new)}")
        self.last_blocks = talk.blocks
        return sum(map(len, talk.blocks[:same]))

    def unanswered(self, talk):
        """Retrievals that gave the model nothing it didn't have."""
        retrievals = {call.id for call in talk.calls if call.is_retrieval}
        had = "\n".join(text for id, text in talk.results if id not in retrievals)
        faults = []
        for id, text in talk.results:
            if id not in retrievals or id in self.last_results:
                continue
            # A retrieval may be repeated, so that earlier ones don't count.
            if any(line not in had for line in text.splitlines() if len(line) > 12):
                self.seen.retrievals += 1
            else:
                faults.append(f"request {self.number}: a retrieval got {text[:200]!r}")
        self.last_results = dict(talk.results)
        return faults


def differing(old, new, most=160):
    """Two texts from where they differ, for people."""
    at = next((at for at, (a, b) in enumerate(zip(old, new)) if a != b), min(len(old), len(new)))
    begin = max(at - 40, 0)
    return f"{old[begin : begin + most]!r} became {new[begin : begin + most]!r}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "scripted"

    def log_message(self, *_):
        pass

    def do_GET(self):
        if self.headers.get("upgrade", "").lower() == "websocket":
            return self.websocket()
        if self.path.split("?")[0].endswith("/accounts/check"):
            return self.plain(200, ACCOUNTS)
        if self.path.split("?")[0].endswith("/models"):
            return self.plain(200, {"object": "list", "data": [], "models": [], "has_more": False})
        return self.plain(404, {"error": {"type": "not_found_error", "message": "not here"}})

    def do_HEAD(self):
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def do_CONNECT(self):
        # Agents ask for updates, plug-ins and lists of models whatever they are told.
        self.plain(403, {})

    def do_POST(self):
        data = self.body()
        path = self.path.split("?")[0]
        own = [name for name in self.headers if name.lower().startswith("x-headroom")]
        if own:
            self.server.fault(f"a provider was sent {own}")
        if path.endswith(("/count_tokens", ":countTokens")):
            return self.plain(200, {"input_tokens": len(data) // 4, "totalTokens": len(data) // 4})
        api = next((api for api in APIS if api.serves(path)), None)
        if api is None:
            return self.plain(404, {"error": {"type": "not_found_error", "message": "not here"}})
        body = json.loads(data)
        try:
            whole, events = self.server.reply(api, path, body, len(data))
        except Exception as problem:
            self.server.fault(f"a request can't be read: {problem!r}")
            return self.plain(400, {"error": {"type": "invalid_request_error", "message": repr(problem)}})
        if body.get("stream") or path.endswith(":streamGenerateContent"):
            return self.stream(events)
        return self.plain(200, whole)

    def body(self):
        """The body of a request, decoded."""
        length = self.headers.get("content-length")
        if length is not None:
            data = self.rfile.read(min(int(length), MOST_BYTES))
        else:
            data = b""
            while "chunked" in self.headers.get("transfer-encoding", "") and len(data) < MOST_BYTES:
                size = int(self.rfile.readline().split(b";")[0], 16)
                data += self.rfile.read(size)
                self.rfile.readline()
                if not size:
                    break
        return gzip.decompress(data) if self.headers.get("content-encoding") == "gzip" else data

    def plain(self, status, value):
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def stream(self, events):
        self.send_response(200)
        self.send_header("content-type", "text/event-stream; charset=utf-8")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for name, value in events:
            data = value if isinstance(value, str) else json.dumps(value)
            event = ((f"event: {name}\n" if name else "") + f"data: {data}\n\n").encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    # --- Responses over a WebSocket: requests as messages, events back as messages ---

    def websocket(self):
        if not responses.serves(self.path.split("?")[0]):
            return self.plain(404, {})
        digest = hashlib.sha1((self.headers["sec-websocket-key"] + WEBSOCKET_KEY).encode()).digest()
        self.send_response(101)
        self.send_header("upgrade", "websocket")
        self.send_header("connection", "Upgrade")
        self.send_header("sec-websocket-accept", base64.b64encode(digest).decode())
        self.end_headers()
        self.close_connection = True
        held = {}
        while (text := self.message()) is not None:
            body = json.loads(text)
            before = body.get("previous_response_id")
            if before and before not in held:
                self.server.fault(f"a previous_response_id that wasn't given: {before}")
            body["input"] = held.get(before, []) + body.get("input", [])
            events = self.exchange(body, len(text))
            if self.server.is_cut():
                for event in events[: len(events) // 2]:
                    self.frame(TEXT, json.dumps(event).encode())
                return
            for event in events:
                if event["type"] == "response.completed":
                    response = event["response"]
                    held[response["id"]] = body["input"] + response["output"]
                self.frame(TEXT, json.dumps(event).encode())

    def exchange(self, body, size):
        """The events that answer one message."""
        if body.get("generate") is not False:
            _, events = self.server.reply(responses, "/responses", body, size, over_websocket=True)
            return [event for _, event in events]
        usage = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
        warm_up = {"id": "resp_warm_up", "object": "response", "status": "completed", "output": []}
        return [
            {"type": kind, "response": {**warm_up, "model": body.get("model"), "usage": usage}}
            for kind in ("response.created", "response.completed")
        ]

    def frame(self, code, data):
        size = len(data)
        if size < 126:
            head = bytes([0x80 | code, size])
        elif size < 1 << 16:
            head = bytes([0x80 | code, 126]) + size.to_bytes(2, "big")
        else:
            head = bytes([0x80 | code, 127]) + size.to_bytes(8, "big")
        self.wfile.write(head + data)
        self.wfile.flush()

    def message(self):
        """The next message of text; None at the end."""
        whole = b""
        while True:
            head = self.rfile.read(2)
            if len(head) < 2:
                return None
            code, size = head[0] & 15, head[1] & 127
            if size > 125:
                size = int.from_bytes(self.rfile.read(2 if size == 126 else 8), "big")
            mask = self.rfile.read(4) if head[1] & 0x80 else bytes(4)
            data = self.rfile.read(min(size, MOST_BYTES))
            key = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
            data = (int.from_bytes(data, "big") ^ key).to_bytes(size, "big")
            if code == CLOSE:
                return None
            if code == PING:
                self.frame(PONG, data)
            elif code != PONG:
                whole += data
                if head[0] & 0x80:
                    return whole.decode()
