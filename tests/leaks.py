"""Fails a test that leaves Python threads, or widgets of ours, behind.

What was there before is held weakly: something new can never pass for something old that
died meanwhile, as it could with ``id`` or a thread's number, which are given out again.
"""

from __future__ import annotations

import gc
import re
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING
from weakref import WeakSet

import pytest

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

PATIENCE = 5.0
"""Seconds that a thread which has been told to end has for it."""

OTHERS: Mapping[str, str] = {
    r"threading\._DummyThread .*": (
        "a thread that Python did not start, one of torch's or Qt's, and that asked for its own "
        "name; Python is not told when it ends"
    ),
}
"""Threads that are others' to end: a pattern of ``module.Class name``, and the reason."""


def threads() -> list[threading.Thread]:
    """Every Python thread that runs, but the main one and those of ``OTHERS``."""
    running = [t for t in threading.enumerate() if t is not threading.main_thread()]
    return [t for t in running if not any(re.fullmatch(p, described(t)) for p in OTHERS)]


def widgets() -> list[QWidget]:
    """Every widget there is, shown or not, in a window or alone."""
    module = sys.modules.get("PySide6.QtWidgets")
    app = module.QApplication.instance() if module is not None else None
    return [] if app is None else app.allWidgets()


def described(thing: object) -> str:
    """A thread or widget by its class and name."""
    name = thing.name if isinstance(thing, threading.Thread) else thing.objectName()
    return f"{type(thing).__module__}.{type(thing).__qualname__} {name}".rstrip()


class Before:
    """What was there at a moment, and what has come since."""

    def __init__(self) -> None:
        self.threads = WeakSet(threads())
        self.widgets = WeakSet(widgets())

    def new_threads(self) -> list[threading.Thread]:
        """Threads started since that still run."""
        return [thread for thread in threads() if thread not in self.threads]

    def new_widgets(self) -> list[QWidget]:
        """Widgets of our classes made since, but for parts of a window that was there."""
        return [
            widget
            for widget in widgets()
            if type(widget).__module__.startswith("inception_viewer.")
            and widget not in self.widgets
            and (widget.isWindow() or _root(widget) not in self.widgets)
        ]


def _root(widget: QWidget) -> QWidget:
    while (parent := widget.parentWidget()) is not None:
        widget = parent
    return widget


@contextmanager
def nothing_left(patience: float | None = None) -> Iterator[None]:
    """Compare threads and widgets before and after what runs within."""
    patience = PATIENCE if patience is None else patience
    before = Before()
    yield
    _delete_what_is_due()
    _wait(before, patience)
    if before.new_threads() or before.new_widgets():  # this takes a second once torch is loaded
        _collect()
        _delete_what_is_due()
        _wait(before, min(patience, 1.0))
    left = [described(thing) for thing in (*before.new_threads(), *before.new_widgets())]
    assert not left, f"left behind: {', '.join(left)}"


def _collect() -> None:
    """Collect, with what the worker set aside once torch was loaded."""
    set_aside = gc.get_freeze_count() > 0
    gc.unfreeze()
    gc.collect()
    if set_aside:
        gc.freeze()


def _wait(before: Before, patience: float) -> None:
    deadline = time.monotonic() + patience
    while before.new_threads() and time.monotonic() < deadline:
        time.sleep(0.02)


def _delete_what_is_due() -> None:
    core = sys.modules.get("PySide6.QtCore")
    if core is not None and core.QCoreApplication.instance() is not None:
        core.QCoreApplication.sendPostedEvents(None, core.QEvent.Type.DeferredDelete)


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """Nothing is left of a test and its own fixtures."""
    with nothing_left():
        yield


@pytest.fixture(autouse=True, scope="module")
def nothing_left_behind_by_module() -> Iterator[None]:
    """Nothing is left of what a file's tests share."""
    with nothing_left():
        yield
