"""Compression in this process, without a server and with the same results."""

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
    """Return *text* compressed.

    *budget* is a limit in tokens, not a target. Lines that share a word with *task* are never omitted.
    *kind* is the command that wrote the text, or the name of its file; by default, the kind of text is
    detected.

    If lines are omitted, the original is stored where ``headroom serve``, ``headroom retrieve`` and the
    MCP server find it (the folder ``originals`` in ``HEADROOM_WORKSPACE_DIR``, by default in
    ``~/.headroom``), and a marker in their place contains its hash. If *keep* is false, nothing is
    omitted and nothing is stored: compression is lossless.

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
