"""Compresses the tool results in messages of LLM requests.

The same parts are compressed as by `headroom serve`: tool results, and the text of users if requested.
System messages, the model's responses and calls, images and errors aren't changed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from headroom_ai import _native
from headroom_ai.local import store

from . import CompressConfig, CompressResult

# A lower bound for the average number of characters per token in ordinary text.
_CHARACTERS_PER_TOKEN = 3


@dataclass
class _Work:
    """The settings, and the totals of the texts so far."""

    config: CompressConfig
    before: int = 0
    after: int = 0
    transforms: list[str] = field(default_factory=list)
    has_omissions: bool = False

    def compress(self, text: str, may_omit: bool) -> str:
        """*text* compressed; without loss, unless lines *may* be *omitted* and the mode is ``"ccr"``."""
        if len(text) < self.config.min_tokens_to_compress * _CHARACTERS_PER_TOKEN:
            return text
        folder = store() if may_omit and self.config.mode == "ccr" else None
        compressed, before, after, transforms = _native.compress(
            text, task="", kind=None, budget=None, store=folder
        )
        self.before += before
        self.after += after
        self.transforms += [name for name in transforms if name not in self.transforms]
        self.has_omissions |= "Retrieve more: hash=" in compressed and compressed != text
        return compressed


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
        lossless=not work.has_omissions,
    )


def _message(message: dict[str, Any], work: _Work) -> dict[str, Any]:
    role = message.get("role")
    if role == "tool":
        return {**message, "content": _texts(message.get("content"), work, may_omit=True)}
    if role != "user":
        return message
    content = message.get("content")
    if isinstance(content, list):
        content = [_result(block, work) for block in content]
    if work.config.compress_user_messages:
        content = _texts(content, work, may_omit=False)
    return {**message, "content": content} if "content" in message else message


def _result(block: Any, work: _Work) -> Any:
    """A block of a user's message in Anthropic's format, where tool results are such blocks."""
    is_result = isinstance(block, dict) and block.get("type") == "tool_result"
    if not is_result or block.get("is_error") or "content" not in block:
        return block
    return {**block, "content": _texts(block["content"], work, may_omit=True)}


def _texts(content: Any, work: _Work, may_omit: bool) -> Any:
    """*content* with its text compressed: a string, or the text blocks of a list."""
    if isinstance(content, str):
        return work.compress(content, may_omit)
    if not isinstance(content, list):
        return content
    return [
        {**block, "text": work.compress(block["text"], may_omit)}
        if isinstance(block, dict)
        and block.get("type") == "text"
        and isinstance(block.get("text"), str)
        else block
        for block in content
    ]
