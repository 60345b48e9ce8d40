"""Anthropic's Messages API."""

import json
import re

from conversation import Conversation, pieces, text_of, twice, unpaired
from script import Call, Tool

# What the API takes for the id of a call, and how many cache marks.
CALL_ID = re.compile(r"[a-zA-Z0-9_-]+")
MOST_CACHE_MARKS = 4
SMALLEST_BUDGET = 1024


def serves(path):
    return path.rstrip("/").endswith("/messages")


def read(body, _path, said):
    talk = Conversation()
    for tool in body.get("tools") or []:
        talk.tools.append(Tool(tool["name"], tool.get("input_schema") or {}))
        talk.blocks.append(block("tool", tool))
    for part in parts_of(body.get("system") or []):
        talk.blocks.append(block("system", part))
    for message in body["messages"]:
        for part in parts_of(message["content"]):
            talk.blocks.append(block(message["role"], part))
            if part["type"] == "tool_use":
                talk.calls.append(Call(part["name"], part["input"], part["id"]))
            elif part["type"] == "tool_result":
                talk.results.append((part["tool_use_id"], text_of(part.get("content"))))
                if part.get("is_error"):
                    talk.failed.add(part["tool_use_id"])
    talk.thinking = (body.get("thinking") or {}).get("type")
    talk.faults = faults(body, talk, said)
    return talk


def parts_of(content):
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def block(role, part):
    """A part as the cache sees it: a mark isn't content."""
    part = {name: value for name, value in part.items() if name != "cache_control"}
    return role + " " + json.dumps(part, ensure_ascii=False)


def faults(body, talk, said):
    found = twice([tool.name for tool in talk.tools])
    thinking = body.get("thinking") or {}
    if thinking.get("type") == "enabled":
        budget, limit = thinking["budget_tokens"], body["max_tokens"]
        if budget < SMALLEST_BUDGET or limit <= budget:
            found.append(f"max_tokens {limit} with a thinking budget of {budget}")
    marks = json.dumps(body).count('"cache_control":')
    if marks > MOST_CACHE_MARKS:
        found.append(f"{marks} cache marks")
    messages = [message for message in body["messages"] if message["role"] != "system"]
    for message, after in zip(messages, [*messages[1:], {"content": []}]):
        parts = parts_of(message["content"])
        calls = [part["id"] for part in parts if part["type"] == "tool_use"]
        found += [f"call id {id!r}" for id in calls if not CALL_ID.fullmatch(id)]
        found += [f"{part['type']} isn't as it was said" for part in parts if changed(part, said)]
        if message["role"] == "assistant":
            results = [
                part["tool_use_id"]
                for part in parts_of(after["content"])
                if part["type"] == "tool_result"
            ]
            found += unpaired(calls, results)
    known = {call.id for call in talk.calls}
    found += [f"a result of no call: {id}" for id, _ in talk.results if id not in known]
    return found


def changed(part, said):
    """Whether a part of an assistant's turn differs from what the model said."""
    if part["type"] == "thinking":
        was = said.get(part.get("signature"))
        return was is None or was["thinking"] != part["thinking"]
    if part["type"] == "tool_use":
        was = said.get(part["id"])
        return was is None or (was["name"], was["input"]) != (part["name"], part["input"])
    return False


def answer(turn, body, usage, number, said):
    """The response as one value, and the events of its stream."""
    content = []
    if turn.thinking and (body.get("thinking") or {}).get("type") in ("enabled", "adaptive"):
        signature = f"c2lnbmF0dXJl{number:08}"
        said[signature] = {"thinking": turn.thinking}
        content.append({"type": "thinking", "thinking": turn.thinking, "signature": signature})
    content.append({"type": "text", "text": turn.text})
    for at, call in enumerate(turn.calls):
        use = {"type": "tool_use", "id": f"toolu_{number:04}{at:02}", "name": call.name, "input": call.arguments}
        said[use["id"]] = use
        content.append(use)
    message = {
        "id": f"msg_{number:04}",
        "type": "message",
        "role": "assistant",
        "model": body.get("model"),
        "content": content,
        "stop_reason": "tool_use" if turn.calls else "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": usage.new,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": usage.cached,
            "output_tokens": usage.out,
        },
    }
    return message, list(events(message))


def events(message):
    def event(name, **members):
        return name, {"type": name, **members}

    yield event("message_start", message=dict(message, content=[], stop_reason=None))
    yield event("ping")
    for index, part in enumerate(message["content"]):
        kind = part["type"]
        if kind == "thinking":
            empty = {"type": kind, "thinking": "", "signature": ""}
            deltas = [{"type": "thinking_delta", "thinking": text} for text in pieces(part["thinking"])]
            deltas.append({"type": "signature_delta", "signature": part["signature"]})
        elif kind == "text":
            empty = {"type": kind, "text": ""}
            deltas = [{"type": "text_delta", "text": text} for text in pieces(part["text"])]
        else:
            empty = dict(part, input={})
            deltas = [
                {"type": "input_json_delta", "partial_json": text}
                for text in pieces(json.dumps(part["input"]))
            ]
        yield event("content_block_start", index=index, content_block=empty)
        for delta in deltas:
            yield event("content_block_delta", index=index, delta=delta)
        yield event("content_block_stop", index=index)
    stop = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    usage = {"output_tokens": message["usage"]["output_tokens"]}
    yield event("message_delta", delta=stop, usage=usage)
    yield event("message_stop")
