"""A process that runs our own command line, whose JSON lines become outcomes."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

from ..fit_events import EventError, Noticed, Opened, Progressed, Refused
from ..paths import PACKAGE
from ..runner import Cancelled, Done, Failed, Partial

GRACE_MS = 600
"""What a cancelled process gets to end by itself, unless a kind of it needs more."""
END_MS = 1000
KEPT = 64 << 10
"""Characters of what the process said on stderr, and of lines that are no events, that are kept."""
LONGEST = 1 << 20
"""Bytes that an event may have."""
SIGKILL = 9


@dataclass(frozen=True)
class Sentences:
    """What is said of a process that ended without its own words."""

    unexpected: str
    killed: str
    nonsense: str
    unstarted: str
    changed: str


def program(command: str) -> list[str]:
    """Return the beginning of a command line: this very program and one of its commands."""
    # -P: a folder that happens to hold a torch.py is not looked into.
    return [sys.executable, "-P", "-X", "utf8", "-m", "inception_viewer", command]


class Child(QObject):
    """One question, answered in a process of its own; a subclass says how its lines are read.

    Parameters
    ----------
    question
        What is asked; its ``checkpoint`` is the fingerprint that the process must find.
    arguments
        The program and its arguments.
    """

    told = Signal(object)
    """A :class:`Partial`; its ``answer`` is what is known by then, where that was said."""
    noticed = Signal(object)
    """A sentence (str): something happened on the way."""
    ended = Signal(object)
    """Once: :class:`Done`, :class:`Failed` or :class:`Cancelled`."""

    sentences: Sentences
    grace = GRACE_MS
    """Milliseconds that it gets to end by itself when it is cancelled."""

    def __init__(
        self, question: Any, arguments: Sequence[str], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.question = question
        self._arguments = list(arguments)
        self._rest = b""
        self._strays, self._errors = "", ""
        self._last = Progressed(0.0, None, "starting")
        self._answer: Any = None
        self._failure = ""
        self._cancelled = self._over = False
        self._process = QProcess(self)
        self._process.setProcessEnvironment(_environment())
        self._process.readyReadStandardOutput.connect(self._read)
        self._process.readyReadStandardError.connect(self._read_errors)
        self._process.finished.connect(self._finish)
        self._process.errorOccurred.connect(self._take_error)
        self._patience = QTimer(self, singleShot=True, interval=self.grace)
        self._patience.timeout.connect(self._process.kill)

    def event_of(self, line: str) -> Any:
        """Return what a line says: one of the events, or an answer with ``partial``.

        Raises
        ------
        EventError
            If it is no event.
        """
        raise NotImplementedError

    def clean_up(self) -> None:
        """Take away what the process left unfinished; it has ended by then."""

    def start(self) -> None:
        """Start the process."""
        self._process.start(self._arguments[0], self._arguments[1:])
        self._process.closeWriteChannel()

    def cancel(self) -> None:
        """Ask it to stop, and end it if it does not within the grace."""
        if not self._cancelled and not self._over:
            self._cancelled = True
            self._process.terminate()
            self._patience.start()

    def end_now(self, grace_ms: int = 0) -> None:
        """End it without a word to anybody; returns when it is gone.

        Parameters
        ----------
        grace_ms
            What it gets to write down what it knows; 0 ends it at once.
        """
        if not self._over:
            self._over = True
            if grace_ms:
                self._process.terminate()
                self._process.waitForFinished(grace_ms)
            self._process.kill()
            self._process.waitForFinished(END_MS)
            self.clean_up()

    # --- what it says ---

    def _read(self) -> None:
        *lines, self._rest = (self._rest + self._process.readAllStandardOutput().data()).split(
            b"\n"
        )
        for line in lines:
            self._take_line(line.decode("utf-8", "replace").strip())
        if len(self._rest) > LONGEST:
            self._take_stray(self._rest[:KEPT].decode("utf-8", "replace"))
            self._rest = b""
            self._end_as(self.sentences.nonsense)

    def _take_line(self, line: str) -> None:
        if not line or self._over:
            return
        try:
            event = self.event_of(line)
        except EventError:
            # A library may print something; only what goes on and on is not listened to.
            self._take_stray(line)
            if len(self._strays) >= KEPT:
                self._end_as(self.sentences.nonsense)
            return
        if isinstance(event, Opened):
            if event.fingerprint != self.question.checkpoint:
                self._end_as(self.sentences.changed)
        elif isinstance(event, Noticed):
            self.noticed.emit(event.sentence)
        elif isinstance(event, Refused):
            self._failure = self._failure or event.sentence
        elif isinstance(event, Progressed):
            self._last = event
            self._tell(None)
        elif event.partial:
            self._tell(event)
        else:
            self._answer = event

    def _tell(self, answer: Any) -> None:
        if not self._cancelled:
            last = self._last
            said = Partial(self.question, last.fraction, last.seconds_left, answer, last.text)
            self.told.emit(said)

    def _take_stray(self, line: str) -> None:
        self._strays = f"{self._strays}{line}\n"[:KEPT]

    def _read_errors(self) -> None:
        said = self._process.readAllStandardError().data().decode("utf-8", "replace")
        self._errors = (self._errors + said)[-KEPT:]

    # --- how it ends ---

    def _end_as(self, sentence: str) -> None:
        """End a process that is not to go on, and say why."""
        self._failure = self._failure or sentence
        self._process.kill()

    def _take_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart and not self._over:
            self._over = True
            why = f"{self._arguments[0]}: {self._process.errorString()}"
            self.ended.emit(Failed(self.question, self.sentences.unstarted, why))

    def _finish(self, code: int, status: QProcess.ExitStatus) -> None:
        self._read()
        self._take_line(self._rest.decode("utf-8", "replace").strip())
        self._read_errors()
        self._patience.stop()
        if self._over:
            return
        self._over = True
        self.clean_up()
        self.ended.emit(self._outcome(code, status))

    def _outcome(self, code: int, status: QProcess.ExitStatus) -> Done | Failed | Cancelled:
        if self._answer is not None:  # also where it was done before it could be cancelled
            return Done(self.question, self._answer)
        if self._cancelled:
            return Cancelled(self.question)
        sentence, said = self._failure, self.sentences
        if not sentence and self._strays:
            sentence = said.nonsense
        if not sentence:
            crashed = status == QProcess.ExitStatus.CrashExit
            sentence = said.killed if crashed and code == SIGKILL else said.unexpected
        return Failed(self.question, sentence, self._details(code))

    def _details(self, code: int) -> str:
        said = [f"exit code {code}", self._strays.strip(), self._errors.strip()]
        return "\n\n".join(part for part in said if part)


def _environment() -> QProcessEnvironment:
    """Return this process's environment, with this very program to be imported first."""
    made = QProcessEnvironment.systemEnvironment()
    paths = [str(PACKAGE.parent), *filter(None, [made.value("PYTHONPATH")])]
    made.insert("PYTHONPATH", os.pathsep.join(paths))
    return made
