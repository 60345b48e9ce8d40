"""An MCP server for tests: a tool for each thing that a relay has to get right.

Each line that it gets is written to the file in its first argument, byte for byte. It writes JSON as no program
does by itself, with blanks, escapes and long numbers, so that a relay that writes JSON anew is found out.
"""

import json
import os
import sys

received = open(sys.argv[1], "ab", buffering=0)
waiting = []


def write(text):
    sys.stdout.buffer.write(text.encode() + b"\n")
    sys.stdout.buffer.flush()


def result(message, body):
    write('{ "result":%s ,"jsonrpc": "2.0","id": %s}' % (body, json.dumps(message["id"])))


def text(value, more=""):
    return '{"content": [ {"type":"text","text":%s}]%s,"_meta":{"cost": 1.50e+3} }' % (json.dumps(value), more)


def log(lines):
    return "".join(f"2024-05-01T10:00:{i % 60:02} INFO request {i} done in {i * 7 % 13} ms\n" for i in range(lines))


TOOLS = ["log", "echo", "fail", "structured", "secret", "ask", "progress", "slow", "end", "pid", "big"]


def listed(name):
    return '{"name": "%s", "description":"The tool %s. It says \\u0022%s\\u0022 and more.", "inputSchema": {"$schema": "s", "type":"object","properties":{"path":{"type":"string","description":"A path. Any."}}}}' % (name, name, name)


def call(message):
    name = message["params"]["name"]
    arguments = message["params"].get("arguments", {})
    if name == "log":
        result(message, text(log(600)))
    elif name == "fail":
        result(message, text(log(600), ',"isError":true'))
    elif name == "structured":
        result(message, text("short", ',"structuredContent":{"text":%s, "n": 1.0}' % json.dumps(log(600))))
    elif name == "secret":
        result(message, text(log(600) + "aws_access_key_id = AKIA" + "Z7VRSQ5T" + "JN2XMPLQ" + "\n"))
    elif name == "ask":
        waiting.append(message)
        write('{"id": 1, "method":"elicitation/create", "params":{"message":"Who?\\u0021"},"jsonrpc":"2.0"}')
    elif name == "progress":
        token = json.dumps(message["params"]["_meta"]["progressToken"])
        write('{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":%s,"progress": 0.10}}' % token)
        result(message, text("done"))
    elif name == "slow":
        waiting.append(message)
    elif name == "end":
        os._exit(3)
    elif name == "big":
        result(message, text("x" * int(arguments["bytes"])))
    elif name == "pid":
        result(message, text(str(os.getpid())))
    else:
        result(message, text(json.dumps(arguments)))


def handle(message):
    method = message.get("method")
    if method == "initialize":
        result(message, '{"protocolVersion":"2025-06-18","capabilities":{"tools":{"listChanged":true},"prompts":{},"resources":{}},"serverInfo":{"name":"test","version":"1"}}')
    elif method == "tools/list":
        first = message.get("params", {}).get("cursor") is None
        tools = TOOLS[:5] if first else TOOLS[5:]
        more = ', "nextCursor":"two"' if first else ""
        result(message, '{"tools":[%s]%s}' % (" , ".join(map(listed, tools)), more))
    elif method == "tools/call":
        call(message)
    elif method == "resources/read":
        result(message, '{"contents":[{"uri":"test:/1","text":%s}]}' % json.dumps(log(600)))
    elif method == "notifications/cancelled":
        result(waiting.pop(), text("too late, " + log(600)))
    elif method is None and waiting:
        result(waiting.pop(), text("answer: " + json.dumps(message["result"])))
    elif "id" in message:
        write('{"error":{"code":-32601,"message":"no \\u0022%s\\u0022"},"id":%s,"jsonrpc":"2.0"}' % (method, json.dumps(message["id"])))


for line in sys.stdin.buffer:
    received.write(line)
    handle(json.loads(line))
