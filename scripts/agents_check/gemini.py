"""Google's Gemini API."""

import json

from conversation import Conversation, text_of, twice
from script import Call, Tool

SIGNATURE = "c2lnbmF0dXJl"


def serves(path):
    return path.endswith((":generateContent", ":streamGenerateContent"))


def read(body, path, said):
    talk = Conversation()
    for group in body.get("tools") or []:
        for tool in group.get("functionDeclarations") or []:
            schema = tool.get("parametersJsonSchema") or tool.get("parameters") or {}
            talk.tools.append(Tool(tool["name"], schema))
            talk.blocks.append("tool " + json.dumps(tool, ensure_ascii=False))
    talk.blocks.append("system " + json.dumps(body.get("systemInstruction"), ensure_ascii=False))
    talk.faults = twice([tool.name for tool in talk.tools])
    open_calls = []
    for content in body.get("contents") or []:
        parts = content.get("parts") or []
        results = [part["functionResponse"] for part in parts if "functionResponse" in part]
        if open_calls and [result["name"] for result in results] != open_calls:
            talk.faults.append(f"calls {open_calls} and {len(results)} results don't belong together")
        open_calls = []
        for part in parts:
            talk.blocks.append(content.get("role", "user") + " " + json.dumps(part, ensure_ascii=False))
            if call := part.get("functionCall"):
                open_calls.append(call["name"])
                talk.calls.append(Call(call["name"], call.get("args") or {}, call.get("id")))
                if call.get("id") in said and part.get("thoughtSignature") != SIGNATURE:
                    talk.faults.append("a call has lost its signature")
        for result in results:
            talk.results.append((result.get("id"), text_of(result.get("response"))))
    return talk


def answer(turn, body, usage, number, said):
    """The response as one value, and the events of its stream."""
    wants_json = (body.get("generationConfig") or {}).get("responseMimeType") == "application/json"
    if wants_json:
        # A side question of the agent's: which model, who speaks next.
        text = {"next_speaker": "user", "reasoning": "-", "model_choice": "flash", "complexity_score": 10, "complexity_reasoning": "-"}
        parts = [{"text": json.dumps(text)}]
    else:
        parts = [{"text": turn.text}]
        for at, call in enumerate(turn.calls):
            id = f"g_{number:04}{at:02}"
            said[id] = call
            function = {"id": id, "name": call.name, "args": call.arguments}
            parts.append({"functionCall": function, "thoughtSignature": SIGNATURE})
    prompt = usage.new + usage.cached
    use = {
        "promptTokenCount": prompt,
        "cachedContentTokenCount": usage.cached,
        "candidatesTokenCount": usage.out,
        "totalTokenCount": prompt + usage.out,
    }

    def response(parts, is_last):
        candidate = {"content": {"role": "model", "parts": parts}, "index": 0}
        if is_last:
            candidate["finishReason"] = "STOP"
        return {"candidates": [candidate], "usageMetadata": use, "modelVersion": "scripted"}

    last = len(parts) - 1
    return response(parts, True), [
        (None, response([part], at == last)) for at, part in enumerate(parts)
    ]
