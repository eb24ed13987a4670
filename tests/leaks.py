"""Fails a test that leaves threads or widgets of ours behind."""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections.abc import Iterator

import pytest

OURS = ("inception-", "photos", "batches")


def our_threads() -> set[threading.Thread]:
    """The running threads that our code starts."""
    return {t for t in threading.enumerate() if t.name.startswith(OURS) and t.is_alive()}


def our_windows() -> set[int]:
    """Identities of the top-level widgets of our own classes."""
    widgets = sys.modules.get("PySide6.QtWidgets")
    app = widgets.QApplication.instance() if widgets is not None else None
    if app is None:
        return set()
    return {
        id(widget)
        for widget in app.topLevelWidgets()
        if type(widget).__module__.startswith("inception_viewer")
    }


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """Compare threads and top-level widgets before and after each test."""
    threads, windows = our_threads(), our_windows()
    yield
    deadline = time.monotonic() + 5
    while our_threads() - threads and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not our_threads() - threads, "threads were left running"
    if our_windows() - windows:
        from PySide6.QtCore import QCoreApplication, QEvent

        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        if our_windows() - windows:  # collecting takes a second once torch is loaded
            gc.collect()
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert not our_windows() - windows, "windows were left open"
