"""Small pictures of photos on the disk: asked for when they come into sight, kept for a while."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QPixmap

from ...questions import Pixels
from ..pictures import pixmap_of

KEPT = 500
"""Thumbnails that are kept: 50 MB of them at the most."""


class ThumbnailStore(QObject):
    """Knows the pictures that have arrived, and asks for those that are missing."""

    wanted = Signal(object)
    """Paths (tuple of str) that are in sight; earlier ones need not come any more."""
    arrived = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pictures: OrderedDict[str, QPixmap] = OrderedDict()
        self._failures: dict[str, str] = {}

    def picture(self, path: str) -> QPixmap | None:
        """Return a photo's picture, None while it is not there."""
        found = self._pictures.get(path)
        if found is not None:
            self._pictures.move_to_end(path)
        return found

    def failure(self, path: str) -> str:
        """Return why a photo has no picture, or ``""``."""
        return self._failures.get(path, "")

    def ask(self, paths: Iterable[str]) -> None:
        """Ask for those of these that are not there."""
        known = self._pictures.keys() | self._failures.keys()
        missing = tuple(path for path in dict.fromkeys(paths) if path not in known)
        if missing:
            self.wanted.emit(missing)

    def take(self, pictures: Mapping[str, Pixels], failures: Mapping[str, str]) -> None:
        """Keep what has arrived."""
        new = [path for path in pictures if path not in self._pictures]
        for path in new:
            self._pictures[path] = pixmap_of(pictures[path])
        while len(self._pictures) > KEPT:
            self._pictures.popitem(last=False)
        more = failures.keys() - self._failures.keys()
        self._failures.update(failures)
        if new or more:
            self.arrived.emit()
