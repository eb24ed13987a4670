"""What the window remembers from one run to the next.

Kept by :class:`QSettings` under an explicit name, or in one file (``--settings``), so
that tests and several people on one machine do not meet.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QPoint, QRect, QSettings
from PySide6.QtGui import QGuiApplication

ORGANISATION = "inception-viewer"
APPLICATION = "Inception Viewer"
LAYOUT_VERSION = 3
"""Raised whenever docks are added or renamed: an older layout is then ignored."""
GRIP = (120, 24)
"""Width and height of the title bar that must be on a screen, to drag the window by."""


class Preferences:
    """Typed access to the settings that are kept."""

    def __init__(self, file: Path | None = None) -> None:
        if file is None:
            self._settings = QSettings(ORGANISATION, APPLICATION)
        else:
            self._settings = QSettings(str(file), QSettings.Format.IniFormat)

    @property
    def theme(self) -> str:
        """``"system"``, ``"light"`` or ``"dark"``."""
        name = str(self._settings.value("appearance/theme", "system"))
        return name if name in ("system", "light", "dark") else "system"

    @theme.setter
    def theme(self, name: str) -> None:
        self._settings.setValue("appearance/theme", name)

    @property
    def text_scale(self) -> float:
        """Factor on text sizes."""
        try:
            return float(str(self._settings.value("appearance/text_scale", 1.0)))
        except ValueError:
            return 1.0

    @text_scale.setter
    def text_scale(self, scale: float) -> None:
        self._settings.setValue("appearance/text_scale", scale)

    @property
    def folder(self) -> str:
        """Where the last file was opened from, ``""`` if it is gone."""
        folder = str(self._settings.value("files/folder", ""))
        return folder if Path(folder).is_dir() else ""

    @folder.setter
    def folder(self, path: str) -> None:
        self._settings.setValue("files/folder", path)

    @property
    def fit_folder(self) -> str:
        """The folder that heads were last fitted to, ``""`` if it is gone."""
        folder = str(self._settings.value("files/fit_folder", ""))
        return folder if Path(folder).is_dir() else ""

    @fit_folder.setter
    def fit_folder(self, path: str) -> None:
        self._settings.setValue("files/fit_folder", path)

    @property
    def evaluation_folder(self) -> str:
        """What was evaluated on last, ``""`` if it is gone."""
        folder = str(self._settings.value("files/evaluation_folder", ""))
        return folder if Path(folder).is_dir() else ""

    @evaluation_folder.setter
    def evaluation_folder(self, path: str) -> None:
        self._settings.setValue("files/evaluation_folder", path)

    def keep_layout(self, layout: dict[str, QByteArray]) -> None:
        """Remember the window's geometry, docks and splitters."""
        self._settings.setValue("layout/version", LAYOUT_VERSION)
        for name, state in layout.items():
            self._settings.setValue(f"layout/{name}", state)
        self._settings.sync()

    def layout(self, name: str) -> QByteArray | None:
        """Return what was remembered, None if it is of another version or not there."""
        if str(self._settings.value("layout/version", "")) != str(LAYOUT_VERSION):
            return None
        state = self._settings.value(f"layout/{name}")
        return state if isinstance(state, QByteArray) and not state.isEmpty() else None

    def forget_layout(self) -> None:
        """Go back to the layout as shipped."""
        self._settings.remove("layout")
        self._settings.sync()


def reachable(frame: QRect, screens: list[QRect] | None = None) -> bool:
    """Whether enough of a window's title bar is on a screen to drag it by.

    Parameters
    ----------
    frame
        The window with its frame, in logical pixels of the virtual desktop.
    screens
        Usable areas; those of the machine by default.
    """
    areas = screens or [s.availableGeometry() for s in QGuiApplication.screens()]
    bar = QRect(frame.topLeft(), frame.topLeft() + QPoint(frame.width() - 1, GRIP[1] - 1))
    seen = [bar.intersected(area) for area in areas]
    return any(part.width() >= GRIP[0] and part.height() >= GRIP[1] // 2 for part in seen)
