"""How far something is: 100 % is never said of what still runs."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication, QMenu

from inception_viewer.ui.attribution.controls import RunControls
from inception_viewer.ui.progress import FULL, bar_value, done_text, left_text, progress_text
from inception_viewer.ui.status_bar import Activity, StatusBar


@pytest.mark.parametrize(
    ("fraction", "left", "said"),
    [
        (0.0, None, "0 %"),
        (0.42, 3.2, "42 %, 3 s left"),
        (0.97, 0.2, "97 %, under 1 s left"),
        (0.999, 0.1, "99 %, under 1 s left"),
        (0.5, 130.0, "50 %, 2 min left"),
        (1.0, 0.0, "finishing"),
        (1 - 1e-9, 0.0, "finishing"),
    ],
)
def test_progress_in_words(fraction: float, left: float | None, said: str) -> None:
    assert progress_text(fraction, left) == said


def test_bars_are_never_full() -> None:
    shown = [bar_value(step / 1000) for step in range(1001)]
    assert shown == sorted(shown)
    assert shown[0] == 0
    assert shown[500] == FULL / 2
    assert max(shown) < FULL
    assert not any("100" in done_text(step / 1000) for step in range(1001))


def test_nothing_is_said_of_an_unknown_time() -> None:
    assert left_text(None) == ""
    assert left_text(99.4) == "99 s left"


def test_both_bars_say_finishing(qtbot) -> None:
    controls, status = RunControls(), StatusBar(QMenu())
    qtbot.addWidget(controls)
    qtbot.addWidget(status)
    controls.set_progress(1.0, 0.0)
    status.set_activity("a", Activity("Grad-CAM", 1.0, 0.0, cancellable=True))
    for bar in (controls.progress, status.bar):
        assert bar.text() == "finishing"
        assert bar.value() < bar.maximum()
    assert status.left.text() == ""
    status.set_activity("a", Activity("Grad-CAM", 0.25, 4.0, cancellable=True))
    assert (status.bar.text(), status.left.text()) == ("25 %", "4 s left")
    status.set_activity("a", None)
    controls.set_progress(None, None)


def test_whether_something_can_be_cancelled_is_told_when_it_changes(qtbot) -> None:
    status = StatusBar(QMenu())
    qtbot.addWidget(status)
    told: list[object] = []
    status.cancellable_changed.connect(told.append)
    status.set_activity("loading", Activity("Loading"))
    assert told == []
    status.set_activity("job", Activity("Job", 0.1, None, cancellable=True))
    status.set_activity("job", Activity("Job", 0.2, None, cancellable=True))
    status.set_activity("job", None)
    assert told == [True, False]


def test_the_time_of_the_last_trace_is_never_cut_off(qtbot) -> None:
    status = StatusBar(QMenu())
    qtbot.addWidget(status)
    status.resize(900, 30)
    status.show()
    QApplication.processEvents()
    status.set_trace(0.016)
    status.set_trace(11.374)
    # Before the next turn of the loop, which may be long in coming.
    assert status.trace.text() == "trace 11.4 s"
    assert status.trace.width() >= status.trace.sizeHint().width()
