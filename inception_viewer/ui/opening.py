"""Opening what people bring: photos, folders, checkpoints; and taking photos out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import perf_counter

from PySide6.QtCore import QObject, Signal

from ..checkpoint_changes import add_checkpoint, close_checkpoint
from ..checkpoint_questions import CloseCheckpoint
from ..questions import (
    CheckpointInfo,
    ForgetImage,
    ImageInfo,
    ImageSource,
    OpenCheckpoint,
    OpenedImages,
    OpenImages,
)
from ..runner import Done, Failed, Outcome, Partial, Runner, Ticket
from ..session import Session, State, remove_image
from .drops import Dropped
from .main_window import MainWindow
from .status_bar import Activity

DEMO = "demo"


class Opening(QObject):
    """Brings photos and checkpoints into the session; what fails is gathered and told."""

    failed = Signal(object)
    """A :class:`Failed`."""
    class_list_brought = Signal(object)
    """The path of a list of class names for the open checkpoint."""
    ended = Signal()
    """Something has been opened, or could not be."""
    refused = Signal(object, object)
    """Failures of one drop, as (name, sentence) pairs, and how many were tried."""

    def __init__(self, session: Session, runner: Runner, window: MainWindow) -> None:
        super().__init__(window)
        self._session, self._runner, self._window = session, runner, window
        self._count = 0
        self._tickets: dict[str, Ticket] = {}
        self._texts: dict[str, str] = {}
        self._gives_way = ""
        """The checkpoint that is closed once the demo has come."""
        self.brought_at: float | None = None
        """When something was last dropped, pasted or opened (``perf_counter``); None: never."""
        self.awaited = ""
        """The photo that came of it, until it has been painted."""

    @property
    def what(self) -> str:
        """What is being opened, the oldest first: ``"Opening demo"``, or ``""``."""
        return next(iter(self._texts.values()), "")

    def take(self, dropped: Dropped, *, look_at_it: bool = True) -> None:
        """Open what a drop, a paste or a dialog brought."""
        self.brought_at = perf_counter()
        for source in dropped.checkpoints:
            self.open_checkpoint(source)
        if dropped.class_list:
            self.class_list_brought.emit(dropped.class_list)
        if dropped.images:
            self.open_images(dropped.images, look_at_it=look_at_it)
        if dropped.refusals:
            self.refused.emit(dropped.refusals, len(dropped.refusals) + len(dropped.images))

    # --- photos ---

    def open_images(
        self, sources: tuple[ImageSource, ...], *, look_at_it: bool = True, quiet: bool = False
    ) -> None:
        """Decode photos; the first one is looked at, at once if it is a file.

        Parameters
        ----------
        sources
            Files, folders or encoded bytes.
        look_at_it
            Whether the first photo becomes the one looked at.
        quiet
            Whether failures are kept to oneself, as with the samples.
        """
        tried = len(sources)
        gathered: list[tuple[str, str]] = []
        batches = [sources]
        if tried > 1:
            batches = [sources[:1], sources[1:]]
        for place, batch in enumerate(batches):
            key = self._key("photos")
            batch_job = _Batch(key, tried, look_at_it and place == 0, place == len(batches) - 1)
            deliver = partial(self._take_images, batch_job, gathered, quiet)
            self._start(key, OpenImages(batch), deliver, live=place == 0, what=_what(batch))

    def _take_images(
        self, batch: _Batch, gathered: list[tuple[str, str]], quiet: bool, outcome: Outcome
    ) -> None:
        if isinstance(outcome, Partial):
            self._progress(batch.key, outcome)
            if outcome.answer is not None:
                self._add(batch, outcome.answer)
            return
        self._end(batch.key)
        if isinstance(outcome, Failed):
            self.failed.emit(outcome)
        if isinstance(outcome, Done):
            self._add(batch, outcome.answer)
            gathered.extend(outcome.answer.failures)
        if batch.last and gathered and not quiet:
            self.refused.emit(tuple(gathered), max(batch.tried, len(gathered)))
        self.ended.emit()

    def _add(self, batch: _Batch, opened: OpenedImages) -> None:
        if not opened.images:
            return
        shown = opened.images[0].id if batch.look_at_it else ""
        if shown and shown != self._session.state.image:
            self.awaited = shown
        batch.look_at_it = False
        self._session.update(
            lambda state: _with_images(state, opened.images, shown), undoable=bool(shown)
        )

    def remove(self, images: tuple[str, ...]) -> None:
        """Take photos out of the tray and release what was computed for them."""

        def without(state: State) -> State:
            for image in images:
                state = remove_image(state, image)
            return state

        self._session.update(without, undoable=False)
        for image in images:
            self._runner.cache.forget(partial(_is_about, image))
            self._runner.live(f"forget {image}", ForgetImage(image), lambda outcome: None)

    # --- checkpoints ---

    def open_checkpoint(self, source: str) -> None:
        """Open ``"demo"`` or a file and look at it."""
        key = self._key("checkpoint")
        name = source if source == "demo" else Path(source).name
        deliver = partial(self._take_checkpoint, key)
        self._start(key, OpenCheckpoint(source), deliver, live=True, what=f"Opening {name}")

    def _take_checkpoint(self, key: str, outcome: Outcome) -> None:
        if isinstance(outcome, Partial):
            self._progress(key, outcome)
            return
        self._end(key)
        if isinstance(outcome, Failed):
            self._gives_way = ""
            self.failed.emit(outcome)
        elif isinstance(outcome, Done):
            info: CheckpointInfo = outcome.answer
            self._session.update(lambda state: add_checkpoint(state, info))
            self._succeed(info)
        self.ended.emit()

    def _succeed(self, info: CheckpointInfo) -> None:
        """Close the last checkpoint once the demo has come in its place."""
        left, self._gives_way = self._gives_way, ""
        if left and left != info.fingerprint and info.source == DEMO:
            self._let_go(left)

    def close_checkpoint(self, checkpoint: str = "") -> None:
        """Close a checkpoint, else the one looked at; the demo takes the place of the last."""
        state = self._session.state
        mark = checkpoint or state.checkpoint
        info = next((c for c in state.checkpoints if c.fingerprint == mark), None)
        if info is None:
            return
        if len(state.checkpoints) > 1:
            self._let_go(mark)
        elif info.source != DEMO:
            self._gives_way = mark
            self.open_checkpoint(DEMO)

    def _let_go(self, checkpoint: str) -> None:
        """Take a checkpoint out and release what was computed with it."""
        self._session.update(partial(close_checkpoint, checkpoint=checkpoint), undoable=False)
        if any(info.fingerprint == checkpoint for info in self._session.state.checkpoints):
            return
        self._runner.lanes["jobs"].empty(lambda ticket: _is_with(checkpoint, ticket.question))
        self._runner.cache.forget(partial(_is_with, checkpoint))
        key = f"close {checkpoint}"
        self._runner.live(key, CloseCheckpoint(checkpoint), lambda outcome: None)

    # --- what runs ---

    def cancel(self, key: str) -> None:
        """Take back one opening."""
        if key in self._tickets:
            self._tickets[key].cancel()

    def _key(self, kind: str) -> str:
        self._count += 1
        return f"{kind} {self._count}"

    def _start(
        self,
        key: str,
        question: OpenImages | OpenCheckpoint,
        deliver: Callable[[Outcome], None],
        *,
        live: bool,
        what: str,
    ) -> None:
        """Ask; each opening has a place of its own, so that none replaces another."""
        self._texts[key] = what
        self._window.status.set_activity(key, Activity(what, None, None, cancellable=not live))
        if live:
            self._tickets[key] = self._runner.live(key, question, deliver)
        else:
            self._tickets[key] = self._runner.submit(question, deliver, view=key)

    def _progress(self, key: str, outcome: Partial) -> None:
        if key in self._tickets and not self._tickets[key].stop.is_set():
            text = f"Opening {outcome.text}" if outcome.text else "Opening"
            activity = Activity(text, outcome.fraction, outcome.seconds_left, cancellable=True)
            self._window.status.set_activity(key, activity)

    def _end(self, key: str) -> None:
        self._tickets.pop(key, None)
        self._texts.pop(key, None)
        self._window.status.set_activity(key, None)


class _Batch:
    """One question about some of a drop's files."""

    def __init__(self, key: str, tried: int, look_at_it: bool, last: bool) -> None:
        self.key, self.tried, self.look_at_it, self.last = key, tried, look_at_it, last


def _with_images(state: State, images: tuple[ImageInfo, ...], shown: str) -> State:
    present = {image.id for image in state.images}
    new = {image.id: image for image in images if image.id not in present}
    if not new and (not shown or shown == state.image):
        return state
    return replace(
        state, images=(*state.images, *new.values()), image=shown or state.image or images[0].id
    )


def _what(batch: tuple[ImageSource, ...]) -> str:
    if len(batch) > 1:
        return f"Opening {len(batch)} files"
    return f"Opening {batch[0].name or Path(batch[0].path).name or 'the pasted picture'}"


def _is_with(checkpoint: str, question: object) -> bool:
    scene = getattr(question, "scene", None)
    mark = scene.checkpoint if scene is not None else getattr(question, "checkpoint", "")
    return bool(mark == checkpoint)


def _is_about(image: str, question: object) -> bool:
    scene = getattr(question, "scene", None)
    return scene is not None and scene.image == image
