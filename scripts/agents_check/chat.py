"""OpenAI's Chat Completions API."""

import json

from conversation import Conversation, pieces, text_of, twice, unpaired
from script import Call, Tool


def serves(path):
    return path.rstrip("/").endswith("/chat/completions")


def read(body, _path, said):
    talk = Conversation()
    for tool in body.get("tools") or []:
        function = tool["function"]
        talk.tools.append(Tool(function["name"], function.get("parameters") or {}))
        talk.blocks.append("tool " + json.dumps(tool, ensure_ascii=False))
    talk.faults = twice([tool.name for tool in talk.tools])
    open_calls = []
    for message in body["messages"]:
        talk.blocks.append(json.dumps(message, ensure_ascii=False))
        if message["role"] == "tool":
            id = message["tool_call_id"]
            talk.results.append((id, text_of(message.get("content"))))
            if id not in open_calls:
                talk.faults.append(f"a result of no call: {id}")
            open_calls = [call for call in open_calls if call != id]
            continue
        talk.faults += unpaired(open_calls, [])
        open_calls = []
        for call in message.get("tool_calls") or []:
            open_calls.append(call["id"])
            function = call["function"]
            talk.calls.append(Call(function["name"], json.loads(function["arguments"]), call["id"]))
            if said.get(call["id"]) != (function["name"], json.loads(function["arguments"])):
                talk.faults.append(f"call {call['id']} isn't as it was said")
    talk.faults += unpaired(open_calls, [])
    return talk


def answer(turn, body, usage, number, said):
    """The response as one value, and the events of its stream."""
    calls = []
    for at, call in enumerate(turn.calls):
        id = f"call_{number:04}{at:02}"
        said[id] = (call.name, call.arguments)
        function = {"name": call.name, "arguments": json.dumps(call.arguments)}
        calls.append({"id": id, "type": "function", "function": function})
    message = {"role": "assistant", "content": turn.text, **({"tool_calls": calls} if calls else {})}
    stop = "tool_calls" if calls else "stop"
    use = {
        "prompt_tokens": usage.new + usage.cached,
        "prompt_tokens_details": {"cached_tokens": usage.cached},
        "completion_tokens": usage.out,
        "total_tokens": usage.new + usage.cached + usage.out,
    }
    base = {"id": f"chatcmpl-{number:04}", "created": 1, "model": body.get("model")}
    choice = {"index": 0, "message": message, "finish_reason": stop}
    whole = dict(base, object="chat.completion", choices=[choice], usage=use)

    def chunk(delta, stop=None):
        choices = [{"index": 0, "delta": delta, "finish_reason": stop}]
        return None, dict(base, object="chat.completion.chunk", choices=choices)

    events = [chunk({"role": "assistant", "content": ""})]
    events += [chunk({"content": text}) for text in pieces(turn.text)]
    for index, call in enumerate(calls):
        function = call["function"]
        first = dict(call, index=index, function={"name": function["name"], "arguments": ""})
        events.append(chunk({"tool_calls": [first]}))
        events += [
            chunk({"tool_calls": [{"index": index, "function": {"arguments": text}}]})
            for text in pieces(function["arguments"])
        ]
    events.append(chunk({}, stop))
    if (body.get("stream_options") or {}).get("include_usage"):
        events.append((None, dict(base, object="chat.completion.chunk", choices=[], usage=use)))
    events.append((None, "[DONE]"))
    return whole, events
