"""The process: one QApplication, one window, one session, one runner."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from ..runner import Runner
from ..session import Session
from . import theme
from .controller import Controller, Start
from .main_window import MainWindow
from .posting import Poster
from .preferences import APPLICATION, Preferences

SWITCH_SECONDS = 0.002
"""How long a worker may hold the interpreter before the window gets its turn."""
CLOSE_SECONDS = 8.0

Worker = str | Callable[[], tuple[Any, Any]]


def make_application(arguments: list[str] | None = None) -> QApplication:
    """Return the QApplication, made if there is none, in the Fusion style."""
    app = QApplication.instance() or QApplication(arguments or sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName(APPLICATION)
    app.setApplicationDisplayName("")
    app.setStyle("Fusion")
    return app


def open_window(
    options: argparse.Namespace,
    worker: Worker = "inception_viewer.analysis:make_worker",
) -> Controller:
    """Make and show the window; what needs torch begins after its first paint.

    Parameters
    ----------
    options
        Of :func:`inception_viewer.launch.parser`.
    worker
        What answers questions; tests pass one of their own.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    preferences = Preferences(options.settings)
    theme.choose(options.theme or preferences.theme, preferences.text_scale)
    window = MainWindow(preferences)
    theme.dress()
    if not gc.isenabled():  # launch.py held it
        window.first_painted.connect(_collect_from_now_on)  # before what the worker imports
    poster = Poster(window)
    runner = Runner(worker, poster.post)
    start = Start(
        images=tuple(str(Path(name).absolute()) for name in options.images),
        checkpoint=options.checkpoint,
        device=options.device or "auto",
        theme=options.theme,
        state_file=options.state_json,
    )
    controller = Controller(Session(), runner, window, start)
    window.restore_layout()
    window.show()
    return controller


def _collect_from_now_on() -> None:
    gc.freeze()
    gc.enable()


def run(options: argparse.Namespace) -> int:
    """Open the window, stay until it is closed, and return the exit code."""
    app = make_application()
    app.setQuitOnLastWindowClosed(False)
    controller = open_window(options)
    # Queued: the window is hidden on the screen before anything is waited for.
    controller.window.closing.connect(app.quit, Qt.ConnectionType.QueuedConnection)
    code = app.exec()
    if not controller.close(CLOSE_SECONDS):
        # A worker deep inside a library (importing torch, say) cannot be interrupted, and
        # ending the interpreter under it would crash.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code
