"""OpenAI's Responses API, over HTTP and over a WebSocket."""

import json

from conversation import Conversation, pieces, text_of, unpaired
from script import Call, Tool


def serves(path):
    return path.rstrip("/").endswith("/responses")


def read(body, _path, said):
    talk = Conversation()
    offer(talk, body.get("tools"))
    talk.blocks.append("instructions " + json.dumps(body.get("instructions"), ensure_ascii=False))
    items = body.get("input") or []
    calls, results = [], []
    for item in [{"role": "user", "content": items}] if isinstance(items, str) else items:
        talk.blocks.append(block(item))
        kind = item.get("type", "message")
        if kind == "additional_tools":
            offer(talk, item["tools"])
        elif kind in ("function_call", "custom_tool_call"):
            is_function = kind == "function_call"
            arguments = json.loads(item["arguments"]) if is_function else item["input"]
            talk.calls.append(Call(item["name"], arguments, item["call_id"], item.get("namespace")))
            calls.append(item["call_id"])
            if said.get(item["call_id"]) != (item["name"], arguments):
                talk.faults.append(f"call {item['call_id']} isn't as it was said")
        elif kind in ("function_call_output", "custom_tool_call_output"):
            if item["call_id"] not in calls:
                talk.faults.append(f"a result before its call: {item['call_id']}")
            results.append(item["call_id"])
            talk.results.append((item["call_id"], text_of(item.get("output"))))
        elif kind == "reasoning" and item.get("encrypted_content"):
            if item["encrypted_content"] not in said:
                talk.faults.append("reasoning isn't as it was said")
    talk.faults += unpaired(calls, results)
    return talk


# Members of an item that name it or say how it came about: no part of the prompt.
OUTSIDE_THE_PROMPT = {"id", "status", "internal_chat_message_metadata_passthrough"}


def block(item):
    """An item as the cache sees it: what it says, in whichever order its members stand."""
    shown = {
        name: value
        for name, value in item.items()
        if value is not None and name not in OUTSIDE_THE_PROMPT
    }
    return json.dumps(shown, ensure_ascii=False, sort_keys=True)


def offer(talk, tools):
    for tool in tools or []:
        talk.blocks.append("tool " + json.dumps(tool, ensure_ascii=False))
        inside = tool["tools"] if tool.get("type") == "namespace" else [tool]
        namespace = tool["name"] if tool.get("type") == "namespace" else None
        for one in inside:
            schema = None if one.get("type") == "custom" else one.get("parameters") or {}
            talk.tools.append(Tool(one.get("name") or one.get("type"), schema, namespace))


def answer(turn, body, usage, number, said):
    """The response as one value, and the events of its stream."""
    output = []
    if turn.thinking:
        summary = [{"type": "summary_text", "text": turn.thinking}]
        item = {"type": "reasoning", "id": f"rs_{number:04}", "summary": summary}
        if "reasoning.encrypted_content" in (body.get("include") or []):
            item["encrypted_content"] = f"ZW5jcnlwdGVk{number:08}"
            said[item["encrypted_content"]] = item
        output.append(item)
    text = {"type": "output_text", "text": turn.text, "annotations": []}
    output.append(
        {"type": "message", "id": f"msg_{number:04}", "role": "assistant", "status": "completed", "content": [text]}
    )
    output += [item_of(call, f"{number:04}{at:02}", said) for at, call in enumerate(turn.calls)]
    prompt = usage.new + usage.cached
    whole = {
        "id": f"resp_{number:04}",
        "object": "response",
        "created_at": 1,
        "status": "completed",
        "model": body.get("model"),
        "output": output,
        "error": None,
        "incomplete_details": None,
        "parallel_tool_calls": True,
        "tools": [],
        "tool_choice": "auto",
        "usage": {
            "input_tokens": prompt,
            "input_tokens_details": {"cached_tokens": usage.cached},
            "output_tokens": usage.out,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": prompt + usage.out,
        },
    }
    return whole, [
        (kind, {"type": kind, "sequence_number": at, **members})
        for at, (kind, members) in enumerate(events(whole))
    ]


def item_of(call, number, said):
    said["call_" + number] = (call.name, call.arguments)
    item = {"call_id": "call_" + number, "name": call.name, "status": "completed"}
    if call.namespace:
        item["namespace"] = call.namespace
    if isinstance(call.arguments, str):
        return {"type": "custom_tool_call", "id": "ctc_" + number, **item, "input": call.arguments}
    return {"type": "function_call", "id": "fc_" + number, **item, "arguments": json.dumps(call.arguments)}


# The member of an item that a stream sends in pieces, and the event that does.
STREAMED = {
    "function_call": ("arguments", "response.function_call_arguments"),
    "custom_tool_call": ("input", "response.custom_tool_call_input"),
}


def events(whole):
    begun = dict(whole, status="in_progress", output=[], usage=None)
    yield "response.created", {"response": begun}
    for index, item in enumerate(whole["output"]):
        at = {"item_id": item["id"], "output_index": index}
        kind = item["type"]
        if kind == "message":
            part = item["content"][0]
            place = {**at, "content_index": 0}
            empty = dict(item, content=[], status="in_progress")
            yield "response.output_item.added", {"output_index": index, "item": empty}
            yield "response.content_part.added", {**place, "part": dict(part, text="")}
            for text in pieces(part["text"]):
                yield "response.output_text.delta", {**place, "delta": text}
            yield "response.output_text.done", {**place, "text": part["text"]}
            yield "response.content_part.done", {**place, "part": part}
        elif kind in STREAMED:
            member, event = STREAMED[kind]
            yield "response.output_item.added", {"output_index": index, "item": {**item, member: ""}}
            for text in pieces(item[member]):
                yield event + ".delta", {**at, "delta": text}
            yield event + ".done", {**at, member: item[member]}
        else:
            yield "response.output_item.added", {"output_index": index, "item": item}
        yield "response.output_item.done", {"output_index": index, "item": item}
    yield "response.completed", {"response": whole}
