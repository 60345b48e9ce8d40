"""The compressor in this process: the same results as a server's, and no server."""

from __future__ import annotations

import os

from . import _native

__all__ = ["compress"]


def compress(
    text: str,
    *,
    budget: int | None = None,
    task: str = "",
    kind: str | None = None,
    keep: bool = True,
) -> str:
    """Return *text* made smaller.

    *budget* is a ceiling in tokens, never a target. What shares a word with *task* is never left out.
    *kind* says what the text is, where that is known: the command that wrote it, or a file's name.

    What is left out goes into the store that ``headroom serve``, ``headroom retrieve`` and the MCP server
    share (``originals`` in ``HEADROOM_WORKSPACE_DIR``, else in ``~/.headroom``), and a marker with its
    hash stands in its place. With *keep* false nothing is left out and nothing is written: only forms
    apply that say the same in fewer tokens.

    Raises ``OSError`` if the store can't be written.
    """
    return _native.compress(
        text, task=task, kind=kind, budget=budget, store=store() if keep else None
    )[0]


def store() -> str:
    """The folder of the store of originals."""
    workspace = os.environ.get("HEADROOM_WORKSPACE_DIR") or os.path.join(
        os.path.expanduser("~"), ".headroom"
    )
    return os.path.join(workspace, "originals")
