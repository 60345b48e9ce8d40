"""Headroom makes text smaller without losing what a model needs.

``compress`` sends a text to a running ``headroom serve``; ``headroom_ai.local.compress`` does the same
in this process. Importing this module loads neither a network library nor the compressor.
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
    """Return *text* made smaller by the Headroom server at *base_url*.

    *budget* is a ceiling in tokens, never a target: everything that costs no answer is done anyway, and
    the result is larger than the budget if what must not be left out doesn't fit.

    Without *base_url* the server is the one that the environment variable ``HEADROOM_BASE_URL`` names,
    else ``http://127.0.0.1:8787``. ``HEADROOM_API_KEY`` is sent as a bearer token; ``HEADROOM_TIMEOUT``
    is the time for the whole call in seconds (60).

    Raises ``HeadroomUnavailableError`` if there is no answer to be had. The text is never returned
    uncompressed instead.
    """
    from . import _client

    return _client.compress(text, budget=budget, base_url=base_url)


def __getattr__(name: str) -> str:
    if name == "__version__":
        from importlib.metadata import version

        return version("headroom-ai")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
