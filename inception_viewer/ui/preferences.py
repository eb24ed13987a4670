"""What the window remembers from one run to the next.

Kept by :class:`QSettings` under an explicit name, or in one file (``--settings``), so
that tests and several people on one machine do not meet.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

from PySide6.QtCore import QByteArray, QPoint, QRect, QSettings
from PySide6.QtGui import QGuiApplication

from ..edit_questions import BrushSettings, Fill
from ..photo_groups import GroupDraft

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

    @property
    def concept_folders(self) -> tuple[list[tuple[str, str]], str, str]:
        """The last test's concepts as (name, folder), of anything else, of the class.

        Folders that are gone are left out.
        """
        try:
            kept = json.loads(str(self._settings.value("files/concept_folders", "")))
            concepts, random, photos = kept
            pairs = [(str(name), str(folder)) for name, folder in concepts]
        except (ValueError, TypeError):
            return [], "", ""
        random, photos = (str(one) if Path(str(one)).is_dir() else "" for one in (random, photos))
        return [pair for pair in pairs if Path(pair[1]).is_dir()], random, photos

    @concept_folders.setter
    def concept_folders(self, folders: tuple[list[tuple[str, str]], str, str]) -> None:
        self._settings.setValue("files/concept_folders", json.dumps(folders))

    @property
    def groups(self) -> tuple[GroupDraft, ...]:
        """Groups of photos: their folders and files. The tray's photos are not kept, nor here."""
        try:
            kept = json.loads(str(self._settings.value("compare/groups", "[]")))
            return tuple(
                GroupDraft(str(name), (), tuple(map(str, files)), tuple(map(str, folders)))
                for name, files, folders in kept
            )
        except (ValueError, TypeError):
            return ()

    @groups.setter
    def groups(self, groups: tuple[GroupDraft, ...]) -> None:
        kept = [(one.name, one.files, one.folders) for one in groups if one.files or one.folders]
        self._settings.setValue("compare/groups", json.dumps(kept))

    @property
    def brush(self) -> BrushSettings:
        """The brush that was painted with last."""
        plain = BrushSettings()
        try:
            radius = float(str(self._settings.value("brush/radius", plain.radius)))
        except ValueError:
            radius = plain.radius
        fill = str(self._settings.value("brush/fill", plain.fill))
        known = next((one for one in get_args(Fill) if one == fill), plain.fill)
        return BrushSettings(radius if 1 <= radius <= 80 else plain.radius, known)

    @brush.setter
    def brush(self, settings: BrushSettings) -> None:
        self._settings.setValue("brush/radius", settings.radius)
        self._settings.setValue("brush/fill", settings.fill)

    @property
    def lab(self) -> str:
        """What is remembered of the lab, as text; ``""`` at first."""
        return str(self._settings.value("lab/choice", ""))

    @lab.setter
    def lab(self, text: str) -> None:
        self._settings.setValue("lab/choice", text)

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
