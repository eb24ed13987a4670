"""The small windows behind Help: versions and keys."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from html import escape

import PySide6
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QTextBrowser, QVBoxLayout, QWidget

from .. import __version__
from ..questions import Machine
from . import theme

Rows = Sequence[tuple[str, str]]


class TextDialog(QDialog):
    """A window of text that can be copied whole."""

    def __init__(self, title: str, body: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.text = QTextBrowser()
        self.text.setAccessibleName(title)
        self.text.setOpenExternalLinks(True)
        self.text.setHtml(body)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        copy = buttons.addButton("Copy", QDialogButtonBox.ButtonRole.ActionRole)
        copy.clicked.connect(self.copy)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[2 * theme.GRID] * 4)
        layout.setSpacing(2 * theme.GRID)
        layout.addWidget(self.text)
        layout.addWidget(buttons)
        self.resize(560, 480)

    def copy(self) -> None:
        """Put the text on the clipboard."""
        QGuiApplication.clipboard().setText(self.text.toPlainText())


def about(machine: Machine | None, parent: QWidget | None = None) -> TextDialog:
    """Return the window with the versions of everything that computes or draws."""
    rows = [
        ("Inception Viewer", __version__),
        ("Python", platform.python_version()),
        ("System", platform.platform()),
        ("PySide6", PySide6.__version__),
        ("PyTorch", machine.torch_version if machine else "still loading"),
    ]
    rows += [(name, _version(name)) for name in ("torchvision", "captum", "numpy", "pillow")]
    if machine is not None:
        rows += [(f"Device {device}", name) for device, name in machine.devices]
    lead = (
        "<p>A microscope for GoogLeNet: drop a photo and see how the network of "
        "“Going Deeper with Convolutions” (Szegedy et al. 2014) gets to its answer.</p>"
    )
    return TextDialog("About Inception Viewer", lead + table(rows), parent)


def shortcuts(rows: Sequence[tuple[str, str, str]], parent: QWidget | None = None) -> TextDialog:
    """Return the window that lists the keys, menu by menu."""
    body = ""
    for title in dict.fromkeys(row[0] for row in rows):
        listed = [(keys, words) for menu, words, keys in rows if menu == title]
        body += f"<h3>{escape(title)}</h3>{table(listed)}"
    body += "<h3>In the views</h3>" + table(
        [
            ("Arrow keys, Home, End", "Move in a grid, a list or the network"),
            ("Enter", "Choose what has the focus"),
            ("Tab, Shift+Tab", "Next and previous control"),
        ]
    )
    return TextDialog("Keyboard shortcuts", body, parent)


def table(rows: Rows) -> str:
    """Return rows of (label, value) as HTML."""
    cells = "".join(
        f"<tr><td style='padding-right: 16px; color: {theme.current().muted}'>{escape(label)}</td>"
        f"<td>{escape(value)}</td></tr>"
        for label, value in rows
    )
    return f"<table cellspacing='4'>{cells}</table>"


def _version(name: str) -> str:
    from importlib import metadata  # Slow to import, and seldom looked at.

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"
