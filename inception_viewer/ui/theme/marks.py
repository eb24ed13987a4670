"""Style rules for the small marks: arrows of boxes, ticks of check boxes, radio buttons.

A box with a border of its own loses the platform's marks, so these are drawn from the
SVG files beside this one. The arrows' grey stands out from both themes' ``raised`` by
more than 3:1.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import Theme

_HERE = Path(__file__).resolve().parent


def mark(name: str) -> str:
    """Return a drawing as style rules name it."""
    return f"url({(_HERE / name).as_posix()})"


def marks(theme: Theme) -> str:
    """Return the rules for a theme, to be appended to the style sheet."""
    return f"""
QComboBox::down-arrow {{ image: {mark("down.svg")}; width: 10px; height: 10px; }}
QSpinBox, QDoubleSpinBox {{ padding-right: 20px; }}
QSpinBox::up-button, QDoubleSpinBox::up-button {{ subcontrol-origin: border;
    subcontrol-position: top right; width: 20px; border: none; background: transparent; }}
QSpinBox::down-button, QDoubleSpinBox::down-button {{ subcontrol-origin: border;
    subcontrol-position: bottom right; width: 20px; border: none; background: transparent; }}
QSpinBox::up-arrow, QDoubleSpinBox::up-arrow {{ image: {mark("up.svg")};
    width: 9px; height: 9px; }}
QSpinBox::down-arrow, QDoubleSpinBox::down-arrow {{ image: {mark("down.svg")};
    width: 9px; height: 9px; }}
QHeaderView::up-arrow {{ image: {mark("up.svg")}; }}
QHeaderView::down-arrow {{ image: {mark("down.svg")}; }}
QCheckBox {{ spacing: 8px; min-height: 24px; }}
QCheckBox::indicator {{ width: 14px; height: 14px; border: 1px solid {theme.muted};
    border-radius: 3px; background: {theme.panel}; }}
QCheckBox::indicator:checked {{ background: {theme.accent}; border-color: {theme.accent};
    image: {mark(f"check_{theme.name}.svg")}; }}
QCheckBox::indicator:hover, QCheckBox:focus {{ border-color: {theme.accent}; }}
QRadioButton {{ spacing: 8px; min-height: 24px; }}
QRadioButton::indicator {{ width: 14px; height: 14px; border: 1px solid {theme.muted};
    border-radius: 8px; background: {theme.panel}; }}
QRadioButton::indicator:checked {{ width: 6px; height: 6px; border: 5px solid {theme.accent};
    border-radius: 8px; background: {theme.accent_text}; }}
QRadioButton::indicator:hover {{ border-color: {theme.accent}; }}
QRadioButton:focus {{ color: {theme.accent}; }}
"""
