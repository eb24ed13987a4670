"""Paths that people type, as the worker wants them."""

from __future__ import annotations

from pathlib import Path


def plain(path: str) -> str:
    """Return an absolute path without ``~``; ``""`` stays so."""
    return str(Path(path).expanduser().absolute()) if path else ""
