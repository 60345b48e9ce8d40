"""Compression behind one interface, chosen by whoever calls."""

from __future__ import annotations

from abc import ABC, abstractmethod

from ._errors import HeadroomUnavailableError


class CompressionProvider(ABC):
    """A way to make a text smaller."""

    @abstractmethod
    def compress(self, text: str, *, budget: int) -> str:
        """Return *text* made smaller; *budget* is a ceiling in tokens, not a target."""

    @abstractmethod
    def name(self) -> str:
        """The short name that users choose this provider by."""


class NoOpCompressionProvider(CompressionProvider):
    """Returns every text as it is."""

    def compress(self, text: str, *, budget: int) -> str:
        """Return *text*."""
        return text

    def name(self) -> str:
        """Return ``"noop"``."""
        return "noop"


class HeadroomCompressionProvider(CompressionProvider):
    """Sends texts to a Headroom server; what that needs is imported when it is first needed."""

    def __init__(self, base_url: str | None = None) -> None:
        """Use the server at *base_url*, else the one that ``compress`` would use."""
        self._base_url = base_url

    def compress(self, text: str, *, budget: int) -> str:
        """Return *text* made smaller by the server.

        Raises ``HeadroomUnavailableError`` as ``headroom_ai.compress`` does, and if that can't be
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
