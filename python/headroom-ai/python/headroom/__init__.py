"""``from headroom import compress``, for programs written for the Python package of that name.

It compresses the messages of an LLM request in this process. New programs use ``headroom_ai``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["CompressConfig", "CompressResult", "compress"]


@dataclass
class CompressConfig:
    """What may be done.

    Of the Python package's settings these have a meaning here; others are accepted by ``compress`` as
    keyword arguments and change nothing.
    """

    compress_user_messages: bool = False
    """Also shorten what users wrote, reversibly only."""
    mode: str | None = None
    """``"ccr"``: parts may be left out, with a marker by which ``headroom retrieve`` gives them back."""
    frozen_message_count: int = 0
    """So many messages at the beginning stay as they are."""
    min_tokens_to_compress: int = 250
    """Shorter texts stay as they are."""


@dataclass
class CompressResult:
    """Messages made smaller, and by how much."""

    messages: list[dict[str, Any]]
    tokens_before: int = 0
    """Tokens of the texts that could be made smaller."""
    tokens_after: int = 0
    tokens_saved: int = 0
    compression_ratio: float = 0.0
    """The share of tokens that was saved: 0 is nothing."""
    transforms_applied: list[str] = field(default_factory=list)
    diagnostics: None = None
    """Always ``None`` here."""
    lossless: bool | None = None
    """Whether nothing was left out."""
    reverted_messages: int = 0
    """Always 0 here: nothing is returned that has to be taken back."""


def compress(
    messages: list[dict[str, Any]],
    model: str = "claude-sonnet-4-5-20250929",
    model_limit: int = 200000,
    optimize: bool = True,
    hooks: Any = None,
    config: CompressConfig | None = None,
    **kwargs: Any,
) -> CompressResult:
    """Return *messages*, in OpenAI's or Anthropic's shape, with their tool results made smaller.

    The list and its messages aren't changed; the result has as many. *optimize* false changes nothing.
    *model*, *model_limit* and *hooks* are accepted and have no effect. Keyword arguments named as
    settings of ``CompressConfig`` override *config*.
    """
    from . import _messages

    settings = config or CompressConfig()
    known = {name: kwargs[name] for name in settings.__dataclass_fields__ if name in kwargs}
    return _messages.compress(messages, CompressConfig(**{**vars(settings), **known}), optimize)
