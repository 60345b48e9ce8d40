"""The error of this package, and its messages."""

from __future__ import annotations

_OMIT = "\n\nTo proceed without compression, omit --compress."

_NOT_INSTALLED = """\
headroom-ai is not installed.
Run: pip install headroom-ai
Then: headroom serve"""

_NOT_RESPONDING = """\
Headroom proxy at {url} is not responding.
Ensure headroom serve is running.
HEADROOM_BASE_URL to override proxy URL."""


class HeadroomUnavailableError(Exception):
    """Headroom isn't installed, or its server doesn't respond or responds with an error."""

    @classmethod
    def not_installed(cls) -> HeadroomUnavailableError:
        """No Headroom is installed on this machine."""
        return cls(_NOT_INSTALLED + _OMIT)

    @classmethod
    def not_responding(cls, url: str) -> HeadroomUnavailableError:
        """No Headroom server responds at *url*."""
        return cls(_NOT_RESPONDING.format(url=url) + _OMIT)

    @classmethod
    def refused(cls, url: str, status: int, message: str) -> HeadroomUnavailableError:
        """The server at *url* responded with an error."""
        return cls(f"Headroom proxy at {url} answered {status}: {message}" + _OMIT)
