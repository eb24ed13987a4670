"""The program's window, open on a checkpoint of its own, for the rows that measure it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

from PySide6.QtCore import QEventLoop, QMimeData, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication

from inception_viewer.launch import parser
from inception_viewer.ui.application import make_application, open_window
from inception_viewer.ui.controller import Controller

from .photos import jpeg

PATIENCE = 120.0
QUIET = 0.15
"""Seconds of rest after which nothing is expected to begin by itself."""


class Bench:
    """Does to the window what people do, and waits for what comes of it.

    Parameters
    ----------
    controller
        Of the open window.
    folder
        Where dropped files are written.
    """

    def __init__(self, controller: Controller, folder: Path) -> None:
        self.controller, self._folder = controller, folder
        self._count = 10

    def unseen(self) -> Path:
        """Return a new photo, on the disk."""
        self._count += 1
        path = self._folder / f"photo {self._count}.jpg"
        path.write_bytes(jpeg(self._count))
        return path

    def drop(self, path: Path) -> float:
        """Drop a file on the native window; return when, by ``perf_counter``.

        The drag is over the window and painted before: the drop alone is timed.
        """
        window = self.controller.window
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(path))])
        place = QPointF(window.rect().center())
        what = (Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, _NO_KEYS)
        for kind in (QDragEnterEvent, QDragMoveEvent):
            QApplication.sendEvent(window.windowHandle(), kind(place.toPoint(), *what))
        self.wait(lambda: True, least=0.05)
        event = QDropEvent(place, *what)
        dropped_at = perf_counter()
        QApplication.sendEvent(window.windowHandle(), event)
        return dropped_at

    def drop_and_wait(self, path: Path) -> float:
        """Drop a photo; return the milliseconds until every view has painted it."""
        loop, painted_at = QEventLoop(), []

        def see(record: dict[str, Any]) -> None:
            if record["scene"]["image_name"] == path.name:
                painted_at.append(perf_counter())
                loop.quit()

        self.controller.frame_painted.connect(see)
        dropped_at = self.drop(path)
        QTimer.singleShot(int(1000 * PATIENCE), loop, loop.quit)
        if not painted_at:
            loop.exec()
        self.controller.frame_painted.disconnect(see)
        if not painted_at:
            raise TimeoutError(f"{path.name} was not painted; {self.complaints()}")
        return 1000 * (painted_at[0] - dropped_at)

    def rest(self) -> None:
        """Take all photos but the first out of the tray and wait until nothing runs."""
        images = self.controller.session.state.images
        if len(images) > 1:
            self.controller.opening.remove(tuple(image.id for image in images[1:]))
        self.settle()

    def idle(self) -> bool:
        """Whether nothing runs, and the window shows what is looked at."""
        controller = self.controller
        lanes = controller.runner.lanes.values()
        shown = controller.frames.frame is not None and controller.frames.settled
        return shown and not any(lane.busy for lane in lanes)

    def wait(self, condition: Callable[[], bool], least: float = 0.0, steady: float = 0.0) -> None:
        """Run the event loop until a condition holds.

        Parameters
        ----------
        condition
            Looked at every 5 ms.
        least
            Seconds to wait anyhow.
        steady
            Seconds for which it must have held: one thing's end may start the next.
        """
        started = held_since = perf_counter()
        while True:
            now, held = perf_counter(), condition()
            held_since = held_since if held else now
            if held and now - started >= least and now - held_since >= steady:
                return
            if now - started > PATIENCE:
                raise TimeoutError(f"waited {PATIENCE:.0f} s in vain; {self.complaints()}")
            loop = QEventLoop()
            QTimer.singleShot(5, loop.quit)
            loop.exec()

    def settle(self) -> None:
        """Wait until nothing runs any more, the tray's verdicts included."""
        self.wait(self.idle, steady=QUIET)

    def complaints(self) -> str:
        """Return what the window complains of."""
        return "; ".join(self.controller.window.messages.sentences) or "the window says nothing"


_NO_KEYS = Qt.KeyboardModifier.NoModifier


@contextmanager
def opened(
    checkpoint: Path | str,
    photos: Sequence[Path] | None = None,
    size: tuple[int, int] = (1280, 800),
) -> Iterator[Bench]:
    """Open the window and wait until it shows its first photo.

    Parameters
    ----------
    checkpoint
        A file, or ``"demo"``.
    photos
        What the command line names; empty for the program's own samples, None for one
        photo of ours.
    size
        Of the window, in logical pixels.
    """
    make_application(["benchmark"])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if photos is None:
            photos = (folder / "first.jpg",)
            photos[0].write_bytes(jpeg(1))
        words = ["--settings", str(folder / "settings.ini"), "--theme", "light", "--device", "cpu"]
        words += ["--checkpoint", str(checkpoint), *map(str, photos)]
        controller = open_window(parser().parse_args(words))
        controller.window.resize(*size)
        bench = Bench(controller, folder)
        bench.wait(bench.idle, least=0.5, steady=QUIET)
        yield bench
        controller.window.close()
        controller.close()
