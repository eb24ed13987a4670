"""How everything looks: colours of both themes, spacing, fonts, colour tables.

One colour per branch everywhere (Okabe and Ito's colour-blind safe palette), as
fills or lines beside a name, never as the colour of text. Heads are three steps of
one hue. Views read :func:`current` when they paint and repaint on ``changed``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from .stylesheet import stylesheet

GRID = 8
"""Every margin and gap is a multiple of this, in logical pixels."""
TARGET = 24
"""The least side of anything to click."""

BRANCH = {"1x1": "#0072B2", "3x3": "#D55E00", "5x5": "#009E73", "pool": "#CC79A7"}
NEUTRAL_BRANCH = "#8A9099"
"""For units outside the branches."""
HEADS = ("aux1", "aux2", "main")


@dataclass(frozen=True)
class Theme:
    """The colours of one theme, as ``#rrggbb``.

    ``text`` and ``muted`` have a contrast of at least 4.5:1 on ``window``, ``panel``
    and ``raised`` (tested).
    """

    name: str
    window: str
    panel: str
    raised: str
    text: str
    muted: str
    border: str
    accent: str
    accent_text: str
    selection: str
    warning: str
    error: str
    heads: tuple[str, str, str]

    @property
    def dark(self) -> bool:
        """Whether text is light on dark."""
        return self.name == "dark"

    def head(self, head: str) -> str:
        """Return the colour of ``aux1``, ``aux2`` or ``main``."""
        return self.heads[HEADS.index(head)]


LIGHT = Theme(
    name="light",
    window="#F3F4F6",
    panel="#FFFFFF",
    raised="#F8F9FB",
    text="#1B1F24",
    muted="#57606A",
    border="#D5D9DF",
    accent="#3B5BDB",
    accent_text="#FFFFFF",
    selection="#DCE4FF",
    warning="#8A5A00",
    error="#B3261E",
    heads=("#A9B8EE", "#6C84DE", "#3B5BDB"),
)
DARK = Theme(
    name="dark",
    window="#16181C",
    panel="#1E2126",
    raised="#262A31",
    text="#E8EAED",
    muted="#A3ABB5",
    border="#3A3F47",
    accent="#8FA6FF",
    accent_text="#11131A",
    selection="#2F3A63",
    warning="#F2B84B",
    error="#FF8A80",
    heads=("#4A5890", "#6B80CC", "#A3B5FF"),
)


class _Broadcast(QObject):
    changed = Signal(object)
    """Emitted with the new :class:`Theme`.

    Qt's own signal: it lets go of a widget once Qt has deleted it, even while Python
    still holds its wrapper.
    """


broadcast = _Broadcast()
_current = LIGHT
_text_scale = 1.0


def current() -> Theme:
    """Return the theme in use."""
    return _current


def text_scale() -> float:
    """Return the factor on text sizes, 1.0 by default."""
    return _text_scale


def system_theme() -> Theme:
    """Return the theme that the desktop asks for."""
    scheme = QGuiApplication.styleHints().colorScheme()
    return DARK if scheme == Qt.ColorScheme.Dark else LIGHT


def apply(name: str = "system", scale: float | None = None) -> Theme:
    """Put a theme (``"light"``, ``"dark"`` or ``"system"``) on the whole application.

    ``scale`` sets the factor on text sizes, 0.7 to 2.0.
    """
    choose(name, scale)
    dress()
    broadcast.changed.emit(_current)
    return _current


def choose(name: str, scale: float | None = None) -> None:
    """Take a theme's colours and font, which widgets that are being made ask for."""
    global _current, _text_scale
    if scale is not None:
        _text_scale = min(2.0, max(0.7, scale))
    _current = {"light": LIGHT, "dark": DARK}.get(name) or system_theme()
    app = _application()
    app.setPalette(_palette(_current))
    app.setFont(font())


def dress() -> None:
    """Put the theme's style sheet on.

    A widget that is put into another is styled anew, so that a window is made in two thirds of
    the time if the sheet comes once all is in its place.
    """
    _application().setStyleSheet(stylesheet(_current))


def _application() -> QApplication:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    return app


def font(role: str = "body", *, bold: bool = False) -> QFont:
    """Return a font: ``"body"`` (13 px), ``"small"`` (11 px) or ``"headline"`` (17 px).

    Figures are tabular, so that numbers in a column line up.
    """
    made = QFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont))
    pixels = {"body": 13, "small": 11, "headline": 17}[role]
    made.setPixelSize(round(pixels * _text_scale))
    made.setBold(bold)
    made.setFeature(QFont.Tag("tnum"), 1)
    return made


def _palette(theme: Theme) -> QPalette:
    role, palette = QPalette.ColorRole, QPalette()
    colours = {
        role.Window: theme.window,
        role.WindowText: theme.text,
        role.Base: theme.panel,
        role.AlternateBase: theme.raised,
        role.Text: theme.text,
        role.Button: theme.raised,
        role.ButtonText: theme.text,
        role.BrightText: theme.error,
        role.Highlight: theme.selection,
        role.HighlightedText: theme.text,
        role.ToolTipBase: theme.raised,
        role.ToolTipText: theme.text,
        role.PlaceholderText: theme.muted,
        role.Link: theme.accent,
        role.Accent: theme.accent,
        role.Mid: theme.border,
    }
    for which, colour in colours.items():
        palette.setColor(which, QColor(colour))
    disabled = QPalette.ColorGroup.Disabled
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(disabled, which, QColor(theme.muted))
    return palette


@lru_cache(maxsize=16)
def colour_table(name: str) -> np.ndarray:
    """Return a colour map as (256, 4) uint8 RGBA.

    ``"viridis"``, ``"batlow"``, ``"magma"``, ``"gray"`` for sequential data,
    ``"vik"`` for signed data centred on zero (perceptually even, Crameri 2018).
    """
    from cmap import Colormap

    names = {"batlow": "crameri:batlow", "vik": "crameri:vik", "gray": "matlab:gray"}
    table = Colormap(names.get(name, name)).lut(256)
    rgba = np.asarray(np.round(table * 255), dtype=np.uint8)
    rgba.setflags(write=False)
    return rgba


@lru_cache(maxsize=16)
def qt_colour_table(name: str) -> list[int]:
    """Return a colour map as 256 QRgb numbers, for ``QImage.setColorTable``."""
    table = colour_table(name).astype(np.uint32)
    packed = (table[:, 3] << 24) | (table[:, 0] << 16) | (table[:, 1] << 8) | table[:, 2]
    return [int(value) for value in packed]
