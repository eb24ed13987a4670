"""A label that heads what is below it."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel


def heading() -> QLabel:
    """Return an empty heading that wraps."""
    made = QLabel()
    made.setProperty("role", "section")
    made.setWordWrap(True)
    return made
