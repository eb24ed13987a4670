"""Opening the window in a test, and doing to it what people do."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fake_worker import FakeWorker, write_photo
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget

from inception_viewer.launch import parser
from inception_viewer.ui.application import make_application, open_window
from inception_viewer.ui.controller import Controller

PATIENCE = 20.0


def open_controller(
    worker: FakeWorker | str, settings: Path, *arguments: str, size: tuple[int, int] = (1280, 800)
) -> Controller:
    """Open a window of its own settings with a worker."""
    make_application()
    options = parser().parse_args(["--settings", str(settings), *arguments])
    made = worker if isinstance(worker, str) else worker.make
    controller = open_window(options, made)
    controller.window.resize(*size)
    return controller


def open_photos(worker: FakeWorker, folder: Path, names: Sequence[str]) -> Controller:
    """Open a light window with new photos of these names, and wait for the first."""
    photos = [write_photo(folder / name, seed) for seed, name in enumerate(names)]
    settings = folder / "settings.ini"
    controller = open_controller(worker, settings, *map(str, photos), "--theme", "light")
    until(shows(controller, names[0]), "the first photo")
    return controller


def close(controller: Controller) -> bool:
    """Close the window and end what runs, as the application does."""
    controller.window.close()
    ended = controller.close()
    controller.window.deleteLater()
    settle()
    return ended


def settle(seconds: float = 0.0) -> None:
    """Let the event loop do what is due, and for a while more."""
    deadline = time.monotonic() + seconds
    while True:
        QApplication.sendPostedEvents(None, 52)  # DeferredDelete
        QApplication.processEvents()
        if time.monotonic() >= deadline:
            return
        time.sleep(0.002)


def until(condition: Callable[[], Any], what: str = "", patience: float = PATIENCE) -> Any:
    """Run the event loop until a condition holds, and return its value."""
    deadline = time.monotonic() + patience
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited in vain for {what or condition}"
        settle(0.005)
    return value


def shows(controller: Controller, name: str) -> Callable[[], bool]:
    """Whether every view shows the photo of that name, painted."""

    def check() -> bool:
        frame = controller.frames.frame
        return (
            frame is not None
            and frame.image_name == name
            and controller.frames.settled
            and controller._unpainted is None
        )

    return check


def mime_of(paths: Sequence[Path | str]) -> QMimeData:
    """What a file manager drags."""
    mime = QMimeData()
    mime.setUrls([QUrl(p) if "://" in str(p) else QUrl.fromLocalFile(str(p)) for p in paths])
    return mime


def drop(controller: Controller, mime: QMimeData, over: QWidget | None = None) -> bool:
    """Drag in over a widget, move, drop; the events go to its native window.

    Returns whether the drop was taken.
    """
    window = controller.window
    over = over or window
    handle = over.window().windowHandle()
    place = QPointF(over.mapTo(over.window(), over.rect().center()))
    enter = drag_event(QDragEnterEvent, place, mime)
    QApplication.sendEvent(handle, enter)
    QApplication.sendEvent(handle, drag_event(QDragMoveEvent, place, mime))
    dropped = drag_event(QDropEvent, place, mime)
    QApplication.sendEvent(handle, dropped)
    return bool(enter.isAccepted() and dropped.isAccepted())


def drag_event(kind: type[QDropEvent], place: QPointF, mime: QMimeData) -> QDropEvent:
    """Make a drag or drop event; before Qt 6.12 the drag ones took whole pixels only."""
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    rest = (copy, mime, left, Qt.KeyboardModifier.NoModifier)
    try:
        return kind(place, *rest)
    except TypeError:
        return kind(place.toPoint(), *rest)
