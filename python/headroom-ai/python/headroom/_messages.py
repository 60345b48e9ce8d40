"""Messages of LLM requests: where their tool results are, and the same with those made smaller.

What is changed is what `headroom serve` changes: tool results, and what users wrote if that was asked
for. System messages, answers of the model, its calls, images and errors stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from headroom_ai import _native
from headroom_ai.local import store

from . import CompressConfig, CompressResult

# Tokens of ordinary text are longer than this many characters, on average.
_CHARACTERS_PER_TOKEN = 3


@dataclass
class _Work:
    """The settings, and what has come of the texts so far."""

    config: CompressConfig
    before: int = 0
    after: int = 0
    transforms: list[str] = field(default_factory=list)
    left_out: bool = False

    def shorten(self, text: str, kept: bool) -> str:
        """*text* made smaller; what is left out of it goes into the store, if it may be *kept*."""
        if len(text) < self.config.min_tokens_to_compress * _CHARACTERS_PER_TOKEN:
            return text
        folder = store() if kept and self.config.mode == "ccr" else None
        shorter, before, after, transforms = _native.compress(
            text, task="", kind=None, budget=None, store=folder
        )
        self.before += before
        self.after += after
        self.transforms += [name for name in transforms if name not in self.transforms]
        self.left_out |= "Retrieve more: hash=" in shorter and shorter != text
        return shorter


def compress(
    messages: list[dict[str, Any]], config: CompressConfig, optimize: bool
) -> CompressResult:
    """See ``headroom.compress``."""
    work = _Work(config)
    frozen = config.frozen_message_count if optimize else len(messages)
    changed = [
        message if index < frozen else _message(message, work)
        for index, message in enumerate(messages)
    ]
    saved = work.before - work.after
    return CompressResult(
        messages=changed,
        tokens_before=work.before,
        tokens_after=work.after,
        tokens_saved=saved,
        compression_ratio=saved / work.before if work.before else 0.0,
        transforms_applied=work.transforms,
        lossless=not work.left_out,
    )


def _message(message: dict[str, Any], work: _Work) -> dict[str, Any]:
    role = message.get("role")
    if role == "tool":
        return {**message, "content": _texts(message.get("content"), work, kept=True)}
    if role != "user":
        return message
    content = message.get("content")
    if isinstance(content, list):
        content = [_result(block, work) for block in content]
    if work.config.compress_user_messages:
        content = _texts(content, work, kept=False)
    return {**message, "content": content} if "content" in message else message


def _result(block: Any, work: _Work) -> Any:
    """A block of a user's message in Anthropic's shape, in which tool results are blocks."""
    is_result = isinstance(block, dict) and block.get("type") == "tool_result"
    if not is_result or block.get("is_error") or "content" not in block:
        return block
    return {**block, "content": _texts(block["content"], work, kept=True)}


def _texts(content: Any, work: _Work, kept: bool) -> Any:
    """A string made smaller, or the text blocks of a list."""
    if isinstance(content, str):
        return work.shorten(content, kept)
    if not isinstance(content, list):
        return content
    return [
        {**block, "text": work.shorten(block["text"], kept)}
        if isinstance(block, dict)
        and block.get("type") == "text"
        and isinstance(block.get("text"), str)
        else block
        for block in content
    ]
