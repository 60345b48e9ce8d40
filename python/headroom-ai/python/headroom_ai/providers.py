"""The interface of compression providers, with a server and with none behind it."""

from __future__ import annotations

from abc import ABC, abstractmethod

from ._errors import HeadroomUnavailableError


class CompressionProvider(ABC):
    """Compresses text."""

    @abstractmethod
    def compress(self, text: str, *, budget: int) -> str:
        """Return *text* compressed; *budget* is a limit in tokens, not a target."""

    @abstractmethod
    def name(self) -> str:
        """The name by which users choose this provider."""


class NoOpCompressionProvider(CompressionProvider):
    """Returns every text unchanged."""

    def compress(self, text: str, *, budget: int) -> str:
        """Return *text*."""
        return text

    def name(self) -> str:
        """Return ``"noop"``."""
        return "noop"


class HeadroomCompressionProvider(CompressionProvider):
    """Sends texts to a Headroom server; modules for that are imported at the first call."""

    def __init__(self, base_url: str | None = None) -> None:
        """Use the server at *base_url*; by default, the one that ``headroom_ai.compress`` uses."""
        self._base_url = base_url

    def compress(self, text: str, *, budget: int) -> str:
        """Return *text* compressed by the server.

        Raises ``HeadroomUnavailableError`` like ``headroom_ai.compress``, and if the module can't be
        imported.
        """
        try:
            import headroom_ai
        except ImportError as error:
            raise HeadroomUnavailableError.not_installed() from error
        return headroom_ai.compress(text, budget=budget, base_url=self._base_url)

    def name(self) -> str:
        """Return ``"headroom"``."""
        return "headroom"
