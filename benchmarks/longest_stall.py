"""Row ``longest_stall``: for how long the window does not answer, at the worst.

A heartbeat in the event loop is watched while a script drops a photo, steps through 57
units, drags a slider during integrated gradients, cancels, and opens a second checkpoint.
The same heartbeat in an idle window is the control.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from PySide6.QtCore import QObject, Qt, QTimer

from inception_viewer.session import AttributionSettings

from .bench import Bench, opened
from .core import REPEATS, Row
from .networks import save, torchvision_network

BUDGET = 50.0
IDLE_SECONDS = 3.0
STEPS = 400
"""Of integrated gradients: enough to be still running when it is cancelled."""


class Heartbeat(QObject):
    """A timer of one millisecond that notes the longest time between two of its beats."""

    def __init__(self) -> None:
        super().__init__()
        self.gaps: dict[str, float] = {}
        self._step = ""
        self._last = 0.0
        self._timer = QTimer(self, interval=1)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)

    def during(self, step: str, act: Callable[[], object]) -> None:
        """Beat while something is done; its longest gap in milliseconds is kept by name."""
        self._step, self._last = step, perf_counter()
        self._timer.start()
        act()
        self._beat()
        self._timer.stop()

    def _beat(self) -> None:
        now = perf_counter()
        gap = 1000 * (now - self._last)
        self.gaps[self._step] = max(gap, self.gaps.get(self._step, 0.0))
        self._last = now


def row(repeats: int = REPEATS) -> Row:
    """Play the script once, in a window that was just opened: first uses count.

    ``repeats`` is not used: the longest gap of a script is a maximum already.
    """
    heart = Heartbeat()
    with tempfile.TemporaryDirectory() as folder:
        first = save(torchvision_network(0), Path(folder))
        second = save(torchvision_network(1), Path(folder), "second.pth")
        with opened(first) as bench:
            heart.during("idle", lambda: bench.wait(lambda: True, least=IDLE_SECONDS))
            for step, act in script(bench, second):
                heart.during(step, act)
    idle = heart.gaps.pop("idle")
    worst = max(heart.gaps, key=lambda step: heart.gaps[step])
    told = ", ".join(f"{step} {gap:.0f} ms" for step, gap in heart.gaps.items())
    print(f"longest_stall: idle {idle:.0f} ms; {told}", file=sys.stderr)
    note = f"in “{worst}”; {idle:.1f} ms while idle"
    return Row("longest_stall", None, heart.gaps[worst], None, "ms", BUDGET, note)


def script(bench: Bench, second: Path) -> list[tuple[str, Callable[[], object]]]:
    """Return the steps and their names."""
    photo = bench.unseen()
    return [
        ("drop", lambda: (bench.drop_and_wait(photo), bench.settle())),
        ("57 units", lambda: _step_through(bench)),
        ("slider during integrated gradients", lambda: _drag(bench)),
        ("cancel", lambda: (bench.controller.attributing.cancel(), bench.settle())),
        ("second checkpoint", lambda: _open(bench, second)),
    ]


def _step_through(bench: Bench) -> None:
    """Look at every convolution's maps on the way to the main head."""
    info = bench.controller.session.state.open_checkpoint
    assert info is not None
    names = [n.name for n in info.graph.nodes if n.kind == "conv" and not n.name.startswith("aux")]
    assert len(names) == 57, names
    for name in names:
        bench.controller.select_unit(name)
        bench.wait(lambda: bench.controller.frames.settled, least=0.03)
    bench.settle()


def _drag(bench: Bench) -> None:
    """Start integrated gradients and drag the overlay's opacity as its partial results come."""
    controller, view = bench.controller, bench.controller.window.attribution
    controller.window.show_tab(view)
    settings = AttributionSettings("integrated_gradients", parameters=(("steps", STEPS),))
    controller.session.update(lambda state: replace(state, attribution=settings))
    controller.attributing.ask()
    bench.wait(lambda: controller.attributing.answer is not None)
    for value in (*range(0, 101, 4), *range(100, -1, -4)):
        view.result.opacity.setValue(value)
        bench.wait(lambda: True, least=0.016)
    assert controller.attributing.running, "it ended before it could be cancelled"


def _open(bench: Bench, path: Path) -> None:
    """Drop a checkpoint and wait until everything shows it."""
    bench.drop(path)
    bench.wait(lambda: _shows_checkpoint(bench, path) and bench.idle())
    bench.settle()


def _shows_checkpoint(bench: Bench, path: Path) -> bool:
    frame = bench.controller.frames.frame
    return frame is not None and frame.checkpoint_name == path.name
