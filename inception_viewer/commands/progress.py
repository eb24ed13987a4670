"""How far a command is, on stderr, and how it is stopped."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TextIO

from inception_viewer.errors import ViewerError
from inception_viewer.questions import Notice, Question
from inception_viewer.runner import Cancel, is_out_of_memory, sentence_of

EVERY = 30.0
"""Seconds between lines where they cannot be written over each other."""
FAILED = 2
"""The exit code when something could not be done; 128 + the signal's number when stopped."""
FIRST = 0.02
"""Share done before which the time left is anybody's guess."""

Tell = Callable[[dict[str, Any]], None]
"""Receives one JSON-able progress event."""


class ConsoleProgress:
    """The progress of a question that was asked on the command line.

    Parameters
    ----------
    people
        Where lines for people go.
    tell
        Receives events instead, for programs.
    """

    lane = "jobs"

    def __init__(self, people: TextIO, tell: Tell | None = None) -> None:
        self.people, self.tell = people, tell
        self.received = 0
        self._live = people.isatty()
        self._started, self._last = time.monotonic(), float("-inf")
        self._width = 0
        self._text = ""

    def __call__(self, fraction: float, answer: Any = None, text: str = "") -> None:
        """Show how far it is; raise Cancel once a signal was received."""
        if self.received:
            raise Cancel
        self._text = text or self._text
        now = time.monotonic()
        if now - self._last < (0.2 if self._live or self.tell else EVERY):
            return
        self._last = now
        elapsed = now - self._started
        left = elapsed * (1 - fraction) / fraction if fraction > FIRST else None
        self._show(fraction, left)

    def notice(self, notice: Notice) -> None:
        """Say what happened on the way; the time left is counted anew from here."""
        self._started = time.monotonic()
        if self.tell is not None:
            self.tell({"event": "notice", "message": notice.sentence})
            return
        self.clear()
        say(notice.sentence)

    def _show(self, fraction: float, left: float | None) -> None:
        if self.tell is not None:
            seconds = None if left is None else round(left)
            event = {"event": "progress", "fraction": round(fraction, 4), "seconds_left": seconds}
            self.tell({**event, "text": self._text})
            return
        words = f"{fraction:4.0%} {self._text}"
        words += "" if left is None else f", {duration(left)} left"
        end = "" if self._live else "\n"
        begin = "\r" if self._live else ""
        print(f"{begin}{words:<{self._width}}", end=end, file=self.people, flush=True)
        self._width = len(words) if self._live else 0

    def clear(self) -> None:
        """Remove the line that is being written over, so that others can follow."""
        if self._width:
            print(f"\r{'':<{self._width}}\r", end="", file=self.people, flush=True)
            self._width = 0

    @contextmanager
    def stoppable(self) -> Iterator[None]:
        """Take the signals that stop a program: the next report then raises Cancel."""

        def stop(number: int, frame: FrameType | None) -> None:
            self.received = number

        numbers = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, stop) for number in numbers}
        try:
            yield
        finally:
            for number, old in before.items():
                signal.signal(number, old)


class EventProgress(ConsoleProgress):
    """Tells programs what is known on the way, too.

    Parameters
    ----------
    answered
        Returns the event of an answer, JSON-able.
    people, tell
        As of :class:`ConsoleProgress`.
    """

    def __init__(
        self, answered: Callable[[Any], dict[str, Any]], people: TextIO, tell: Tell | None = None
    ) -> None:
        super().__init__(people, tell)
        self._answered = answered

    def __call__(self, fraction: float, answer: Any = None, text: str = "") -> None:
        """Show how far it is; raise Cancel once a signal was received."""
        if answer is not None and self.tell is not None:
            self.tell(self._answered(answer))
        super().__call__(fraction, answer, text)


def ask(
    checkpoint: str, device: str, make: Callable[[str], Question], progress: ConsoleProgress
) -> Any:
    """Open a checkpoint, ask the question that ``make`` returns for it, and return the answer.

    Raises
    ------
    ViewerError
        If the checkpoint cannot be opened or the question not answered.
    Cancel
        If a signal stopped it.
    """
    from inception_viewer.analysis import answer
    from inception_viewer.lab import Lab

    with progress.stoppable():
        lab = Lab(device)
        info = lab.attempt(lambda: lab.open_checkpoint(checkpoint), progress.notice)
        try:
            return answer(make(info.fingerprint), lab, progress)
        finally:
            progress.clear()


def attempt(work: Callable[[ConsoleProgress], Any]) -> tuple[Any, int]:
    """Do a command's work; return what came of it and the exit code."""
    progress = ConsoleProgress(sys.stderr)
    try:
        return work(progress), 0
    except Cancel:
        say("stopped; nothing was written.")
        return None, 128 + progress.received
    except Exception as error:
        say(failure(error))
        return None, FAILED


def tell_programs(event: dict[str, Any]) -> None:
    """Print an event as a line; raise Cancel if nobody is left to read what would come of it."""
    # In ASCII: a file's name may hold what no encoding can write.
    if not show(json.dumps(event)):
        raise Cancel


def show(text: str) -> bool:
    """Print a text; False, without complaint, if whoever read it is gone."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        # What Python still holds for them goes nowhere, or it would complain at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    return True


def failure(error: Exception) -> str:
    """Return an error as one sentence; what nobody foresaw is raised again."""
    if isinstance(error, ViewerError) or is_out_of_memory(error):
        return sentence_of(error)
    raise error


def duration(seconds: float) -> str:
    """Return a duration in words: ``"40 s"``, ``"12 min"``, ``"1 h 46 min"``."""
    minutes = round(seconds / 60)
    if seconds < 60:
        return f"{max(0, round(seconds))} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def say(sentence: str) -> None:
    """Write a sentence to stderr."""
    print(f"inception-viewer: {sentence}", file=sys.stderr)
