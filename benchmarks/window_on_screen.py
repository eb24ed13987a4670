"""Row ``window_on_screen``: a fresh process until its first paint, with menus and docks."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from .core import REPEATS, Row, Timed, interleave, timed

BUDGET = 0.5
ROOT = Path(__file__).resolve().parent.parent

WINDOW = """
import os, sys
from inception_viewer import launch, preflight
launch.hold_the_collector()
options = launch.parser().parse_args(["--settings", sys.argv[1]])
assert not preflight.problem(), preflight.problem()
from inception_viewer.ui.application import make_application, open_window
app = make_application(["benchmark"])
window = open_window(options).window
# Nothing starts to load behind the paint that is waited for.
window.first_painted.disconnect()
window.first_painted.connect(app.quit)
app.exec()
assert "torch" not in sys.modules
os._exit(0)
"""
PEER = "import os, torch\nos._exit(0)"


def row(repeats: int = REPEATS) -> Row:
    """Measure the window's start against a process that only imports torch."""
    with tempfile.TemporaryDirectory() as folder:
        settings = str(Path(folder) / "settings.ini")
        figures = interleave(_process(WINDOW, settings), _process(PEER, settings), repeats)
    return Row("window_on_screen", *figures, "ms", BUDGET)


def _process(code: str, settings: str) -> Timed:
    words = [sys.executable, "-c", code, settings]
    return timed(lambda: subprocess.run(words, check=True, cwd=ROOT))
