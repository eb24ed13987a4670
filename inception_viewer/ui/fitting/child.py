"""The process that fits heads: our own command line, whose JSON lines become outcomes."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

from ... import fit_events
from ...fit_events import EventError, Noticed, Opened, Progressed, Refused
from ...fit_files import unfinished
from ...folder_questions import FitHeads, FittedHeads
from ...paths import PACKAGE
from ...runner import Cancelled, Done, Failed, Partial

GRACE_MS = 600
"""What a cancelled fit gets to end by itself."""
END_MS = 1000
KEPT = 64 << 10
"""Characters of what the process said on stderr, and of lines that are no events, that are kept."""
LONGEST = 1 << 20
"""Bytes that an event may have."""

UNEXPECTED = "The program that fits the heads ended unexpectedly; nothing was written."
KILLED = (
    "The program that fits the heads was ended by the system, perhaps for want of memory;"
    " nothing was written."
)
NONSENSE = "The program that fits the heads said what cannot be understood; nothing was written."
UNSTARTED = "The program that fits the heads could not be started."
CHANGED = "The checkpoint's file has changed since it was opened; open it again, then fit."
SIGKILL = 9


def command(question: FitHeads, source: str, device: str) -> list[str]:
    """Return the program and its arguments for a fit.

    Parameters
    ----------
    question
        What to fit to; ``out`` names the file.
    source
        What the checkpoint was opened from.
    device
        Where networks run, ``""`` for the CPU.
    """
    # -P: a folder that happens to hold a torch.py is not looked into.
    made = [sys.executable, "-P", "-X", "utf8", "-m", "inception_viewer", "fit-heads"]
    made += ["--json", "--background", "--out", question.out, "--targets", question.targets]
    made += ["--images", str(question.most), "--epochs", str(question.epochs)]
    made += ["--validation-share", repr(question.validation_share), "--seed", str(question.seed)]
    made += ["--device", device or "cpu"]
    if question.preprocessing is not None:
        made += ["--preprocessing", fit_events.preprocessing_as_json(question.preprocessing)]
    if question.names:
        made += ["--names", question.names]
    return [*made, "--", source, question.folder]


class FitChild(QObject):
    """One fit in a process of its own.

    Parameters
    ----------
    question
        What is asked; its ``checkpoint`` is the fingerprint that the process must find.
    arguments
        The program and its arguments, as :func:`command` returns them.
    """

    told = Signal(object)
    """A :class:`Partial`; its ``answer`` is a :class:`FittedHeads` after each epoch, else None."""
    noticed = Signal(object)
    """A sentence (str): something happened on the way."""
    ended = Signal(object)
    """Once: :class:`Done`, :class:`Failed` or :class:`Cancelled`."""

    def __init__(
        self, question: FitHeads, arguments: Sequence[str], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.question = question
        self._arguments = list(arguments)
        self._rest = b""
        self._strays, self._errors = "", ""
        self._last = Progressed(0.0, None, "starting")
        self._answer: FittedHeads | None = None
        self._failure = ""
        self._cancelled = self._over = False
        self._process = QProcess(self)
        self._process.setProcessEnvironment(_environment())
        self._process.readyReadStandardOutput.connect(self._read)
        self._process.readyReadStandardError.connect(self._read_errors)
        self._process.finished.connect(self._finish)
        self._process.errorOccurred.connect(self._take_error)
        self._patience = QTimer(self, singleShot=True, interval=GRACE_MS)
        self._patience.timeout.connect(self._process.kill)

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

    def end_now(self) -> None:
        """End it at once, without a word to anybody; returns when it is gone."""
        if not self._over:
            self._over = True
            self._process.kill()
            self._process.waitForFinished(END_MS)
            self._clean_up()

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
            self._end_as(NONSENSE)

    def _take_line(self, line: str) -> None:
        if not line or self._over:
            return
        try:
            event = fit_events.read(line, self.question)
        except EventError:
            # A library may print something; only what goes on and on is not listened to.
            self._take_stray(line)
            if len(self._strays) >= KEPT:
                self._end_as(NONSENSE)
            return
        if isinstance(event, Opened):
            if event.fingerprint != self.question.checkpoint:
                self._end_as(CHANGED)
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

    def _tell(self, answer: FittedHeads | None) -> None:
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
            self.ended.emit(Failed(self.question, UNSTARTED, why))

    def _finish(self, code: int, status: QProcess.ExitStatus) -> None:
        self._read()
        self._take_line(self._rest.decode("utf-8", "replace").strip())
        self._read_errors()
        self._patience.stop()
        if self._over:
            return
        self._over = True
        self._clean_up()
        self.ended.emit(self._outcome(code, status))

    def _outcome(self, code: int, status: QProcess.ExitStatus) -> Done | Failed | Cancelled:
        if self._answer is not None:  # also where it was done before it could be cancelled
            return Done(self.question, self._answer)
        if self._cancelled:
            return Cancelled(self.question)
        sentence = self._failure
        if not sentence and self._strays:
            sentence = NONSENSE
        if not sentence:
            crashed = status == QProcess.ExitStatus.CrashExit
            sentence = KILLED if crashed and code == SIGKILL else UNEXPECTED
        return Failed(self.question, sentence, self._details(code))

    def _details(self, code: int) -> str:
        said = [f"exit code {code}", self._strays.strip(), self._errors.strip()]
        return "\n\n".join(part for part in said if part)

    def _clean_up(self) -> None:
        with suppress(OSError):
            unfinished(Path(self.question.out)).unlink(missing_ok=True)


def _environment() -> QProcessEnvironment:
    """Return this process's environment, with this very program to be imported first."""
    made = QProcessEnvironment.systemEnvironment()
    paths = [str(PACKAGE.parent), *filter(None, [made.value("PYTHONPATH")])]
    made.insert("PYTHONPATH", os.pathsep.join(paths))
    return made
