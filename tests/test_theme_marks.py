"""The arrows of boxes and the ticks of check boxes show in both themes."""

import re
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QCheckBox, QComboBox, QSpinBox

from inception_viewer.ui import theme
from inception_viewer.ui.theme.marks import marks
from inception_viewer.ui.theme.stylesheet import stylesheet


def grabbed(widget) -> np.ndarray:
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(int)


def differs(block: np.ndarray, colour: str) -> int:
    """How many pixels are clearly not of a colour."""
    return int((np.abs(block - QColor(colour).getRgb()[:3]).max(axis=-1) > 40).sum())


@pytest.fixture(params=[theme.LIGHT, theme.DARK], ids=["light", "dark"])
def look(request):
    return request.param


def test_every_file_that_the_rules_name_is_there(look):
    files = re.findall(r"url\((.*?)\)", marks(look))
    assert len(files) >= 4
    assert all(Path(name).is_file() for name in files)


def test_boxes_show_their_arrows(qtbot, look):
    for widget in (QComboBox(), QSpinBox()):
        qtbot.addWidget(widget)
        widget.setStyleSheet(stylesheet(look) + marks(look))
        widget.resize(120, 26)
        arrows = grabbed(widget)[4:-4, -19:-4]
        assert differs(arrows, look.raised) >= 8


def test_a_tick_tells_checked_from_unchecked(qtbot, look):
    box = QCheckBox("on")
    qtbot.addWidget(box)
    box.setStyleSheet(stylesheet(look) + marks(look))
    box.resize(80, 26)
    before = grabbed(box)[6:20, 2:14]
    box.setChecked(True)
    after = grabbed(box)[6:20, 2:14]
    assert differs(before, look.panel) < differs(after, look.panel)
    assert differs(after, look.accent) >= 8, "a tick stands on the accent"
