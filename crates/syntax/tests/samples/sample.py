#!/usr/bin/env python3
"""Tokens for sessions.

The module's docstring.
"""

from __future__ import annotations

import os
import json as j, sys
import xml.etree.ElementTree as ET
from typing import (
    TYPE_CHECKING,
    Any as Anything,
)
from . import errors
from ..models.user import User, Group
from .. import *

if TYPE_CHECKING:
    from .store import Store

# How long a token lives, in seconds.
LIFETIME = 3600
NAMES: list[str] = [
    "access",
    "refresh",
]
first, second = 1, 2

try:
    import simplejson
except ImportError:
    simplejson = None


class Session(Base, metaclass=Meta):
    """One user's session."""

    kind: str = "web"
    _registry = {}

    def __init__(self, store: Store, *, user: User | None = None) -> None:
        local = 1
        self.store = store
        self.user = user

    @property
    def token(self) -> str:
        # not a docstring
        return make_token(self.user)

    @staticmethod
    @lru_cache(
        maxsize=None,
    )
    async def refresh(
        token: str,
        force: bool = False,
    ) -> "Session":
        """Refresh a token.

        Twice.
        """
        import http.client

        def retry(count):
            return count + 1

        return await Session.store.load(f"{token}:{retry(1)}")

    class Config:
        frozen = True


# A decorated class,
# with a comment of two lines.
@dataclass(frozen=True)
class Point:
    x: int
    y: int = 0


handler = lambda event: process(event)


def outer():
    @wraps(outer)
    def inner(*args):
        raise ValueError('bad "thing"')

    return inner


type Alias = dict[str, Point]
