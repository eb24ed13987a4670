"""What is dragged over a group: folders, and photos on the disk."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData

from ..drops import CHECKPOINT_ENDINGS, CLASS_LIST_ENDINGS, KNOWN_ENDINGS

NO_PHOTOS = (*CHECKPOINT_ENDINGS, *CLASS_LIST_ENDINGS, *KNOWN_ENDINGS)


def folders_and_files(mime: QMimeData) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the folders and the files that may be photos, each once, in order."""
    folders: dict[str, None] = {}
    files: dict[str, None] = {}
    for url in mime.urls():
        path = Path(url.toLocalFile()) if url.isLocalFile() else None
        if path is not None and path.is_dir():
            folders[str(path)] = None
        elif path is not None and path.is_file() and not path.name.lower().endswith(NO_PHOTOS):
            files[str(path)] = None
    return tuple(folders), tuple(files)
