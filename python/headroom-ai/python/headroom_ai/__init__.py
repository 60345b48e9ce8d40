"""Headroom compresses text without losing what a model needs.

``compress`` sends a text to a running ``headroom serve``; ``headroom_ai.local.compress`` compresses in
this process. Importing this module loads neither a network library nor the compressor.
"""

from __future__ import annotations

from ._errors import HeadroomUnavailableError
from .providers import (
    CompressionProvider,
    HeadroomCompressionProvider,
    NoOpCompressionProvider,
)

__all__ = [
    "CompressionProvider",
    "HeadroomCompressionProvider",
    "HeadroomUnavailableError",
    "NoOpCompressionProvider",
    "compress",
]


def compress(text: str, *, budget: int, base_url: str | None = None) -> str:
    """Return *text* compressed by the Headroom server at *base_url*.

    *budget* is a limit in tokens, not a target: text that fits is compressed as well, and the result
    exceeds the budget if the lines that must be kept don't fit.

    *base_url* defaults to the environment variable ``HEADROOM_BASE_URL``, then to
    ``http://127.0.0.1:8787``. ``HEADROOM_API_KEY`` is sent as a bearer token. ``HEADROOM_TIMEOUT`` is
    the time limit of the whole request in seconds (default 60).

    Raises ``HeadroomUnavailableError`` if the server can't be reached or responds with an error. The
    text is never returned uncompressed instead.
    """
    from . import _client

    return _client.compress(text, budget=budget, base_url=base_url)


def __getattr__(name: str) -> str:
    if name == "__version__":
        from importlib.metadata import version

        return version("headroom-ai")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
