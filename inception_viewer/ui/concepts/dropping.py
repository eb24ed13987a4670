"""Folders in a drag: a folder itself, or that of photos that are dragged."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData


def folders_of(mime: QMimeData) -> tuple[str, ...]:
    """Return the folders that a drag means, each once, in order; none if it means none."""
    found: dict[str, None] = {}
    for url in mime.urls():
        path = Path(url.toLocalFile()) if url.isLocalFile() else None
        if path is not None and path.is_dir():
            found[str(path)] = None
        elif path is not None and path.is_file():
            found[str(path.parent)] = None
    return tuple(found)
