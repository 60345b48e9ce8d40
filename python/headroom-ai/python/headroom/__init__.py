"""``from headroom import compress``, for programs written for the Python package of that name.

It compresses the messages of an LLM request in this process. New programs use ``headroom_ai``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["CompressConfig", "CompressResult", "compress"]


@dataclass
class CompressConfig:
    """Settings of ``compress``.

    These settings of the other package have an effect here. ``compress`` accepts its other settings as
    keyword arguments and ignores them.
    """

    compress_user_messages: bool = False
    """Whether to compress the text of users as well, without loss."""
    mode: str | None = None
    """``"ccr"``: lines may be omitted. A marker in their place says how to retrieve the original."""
    frozen_message_count: int = 0
    """The number of messages at the beginning that are never changed."""
    min_tokens_to_compress: int = 250
    """Shorter texts aren't changed."""


@dataclass
class CompressResult:
    """Compressed messages, and the tokens that were saved."""

    messages: list[dict[str, Any]]
    tokens_before: int = 0
    """The tokens of the texts that may be compressed, before compression."""
    tokens_after: int = 0
    tokens_saved: int = 0
    compression_ratio: float = 0.0
    """The share of these tokens that was saved, from 0 to 1."""
    transforms_applied: list[str] = field(default_factory=list)
    diagnostics: None = None
    """Always ``None``: it exists for programs that read it."""
    lossless: bool | None = None
    """Whether nothing was omitted."""
    reverted_messages: int = 0
    """Always 0: it exists for programs that read it."""


def compress(
    messages: list[dict[str, Any]],
    model: str = "claude-sonnet-4-5-20250929",
    model_limit: int = 200000,
    optimize: bool = True,
    hooks: Any = None,
    config: CompressConfig | None = None,
    **kwargs: Any,
) -> CompressResult:
    """Return *messages*, in the format of OpenAI or Anthropic, with compressed tool results.

    The list and its messages aren't modified, and the result has the same number of messages. If
    *optimize* is false, nothing is compressed. *model*, *model_limit* and *hooks* are accepted and
    ignored. Keyword arguments with the names of ``CompressConfig``'s settings override *config*.
    """
    from . import _messages

    settings = config or CompressConfig()
    known = {name: kwargs[name] for name in settings.__dataclass_fields__ if name in kwargs}
    return _messages.compress(messages, CompressConfig(**{**vars(settings), **known}), optimize)
