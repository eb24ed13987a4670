"""Widgets side by side that go on below where there is no room."""

from __future__ import annotations

import gc

import pytest
import shiboken6
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QApplication, QTabWidget, QVBoxLayout, QWidget

from inception_viewer.ui.lines import Lines


def boxes(count: int, width: int = 100) -> list[QWidget]:
    made = [QWidget() for _ in range(count)]
    for box in made:
        box.setFixedSize(width, 30)
    return made


def settle() -> None:
    for _ in range(3):
        QApplication.processEvents()


@pytest.mark.parametrize("margin", [0, 8])
def test_they_go_on_below_where_there_is_no_room(qtbot, margin: int) -> None:
    lines = Lines(margin=margin)
    qtbot.addWidget(lines)
    held = boxes(3)
    lines.hold(*held)
    lines.resize(220 + 2 * margin, 200)
    lines.show()
    settle()
    places = [(box.x() - margin, box.y() - margin) for box in held]
    assert places == [(0, 0), (108, 0), (0, 38)]
    assert lines.heightForWidth(220 + 2 * margin) == 68 + 2 * margin
    assert lines.heightForWidth(320 + 2 * margin) == 30 + 2 * margin
    assert lines.sizeHint().width() == 316 + 2 * margin
    held[0].hide()
    settle()
    assert (held[2].x() - margin, held[2].y() - margin) == (108, 0)


def test_what_is_wider_than_the_room_gets_the_room(qtbot) -> None:
    lines = Lines(margin=8)
    qtbot.addWidget(lines)
    lines.hold(*boxes(1, 300))
    lines.resize(200, 60)
    lines.show()
    settle()
    assert lines.findChildren(QWidget)[0].geometry() == QRect(8, 8, 300, 30)  # its own minimum
    wide = QWidget()
    QVBoxLayout(wide).addWidget(boxes(1, 40)[0])
    wide.setMinimumWidth(40)
    wide.resize(500, 30)
    lines.hold(wide)
    settle()
    assert wide.width() <= 184


def test_everything_stays_when_python_lets_go_of_what_qt_made_around_it(qtbot) -> None:
    tabs = QTabWidget()
    qtbot.addWidget(tabs)
    lines = Lines()
    tabs.addTab(lines, "lines")
    lines.hold(*boxes(2))
    around = lines.parentWidget()  # the stack within the tabs, which Qt made
    assert around is not None
    del around
    gc.collect()
    tabs.resize(400, 100)
    tabs.show()
    settle()
    found = lines.findChildren(QWidget)
    assert [box.x() for box in found] == [8, 116]
    assert all(shiboken6.isValid(box) for box in found)
