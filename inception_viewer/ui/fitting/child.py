"""The process that fits heads: what it is asked on its command line, and what is said of it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from ... import fit_events
from ...fit_files import unfinished
from ...folder_questions import FitHeads
from ..child import Child, Sentences, program

SENTENCES = Sentences(
    unexpected="The program that fits the heads ended unexpectedly; nothing was written.",
    killed=(
        "The program that fits the heads was ended by the system, perhaps for want of memory;"
        " nothing was written."
    ),
    nonsense=(
        "The program that fits the heads said what cannot be understood; nothing was written."
    ),
    unstarted="The program that fits the heads could not be started.",
    changed="The checkpoint's file has changed since it was opened; open it again, then fit.",
)


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
    made = program("fit-heads")
    made += ["--json", "--background", "--out", question.out, "--targets", question.targets]
    made += ["--images", str(question.most), "--epochs", str(question.epochs)]
    made += ["--validation-share", repr(question.validation_share), "--seed", str(question.seed)]
    made += ["--device", device or "cpu"]
    if question.preprocessing is not None:
        made += ["--preprocessing", fit_events.preprocessing_as_json(question.preprocessing)]
    if question.names:
        made += ["--names", question.names]
    return [*made, "--", source, question.folder]


class FitChild(Child):
    """One fit in a process of its own; a partial answer comes after each epoch."""

    sentences = SENTENCES
    question: FitHeads

    def event_of(self, line: str) -> fit_events.Event:
        """Return what a line says about the fit."""
        return fit_events.read(line, self.question)

    def clean_up(self) -> None:
        """Take away the half of a file."""
        with suppress(OSError):
            unfinished(Path(self.question.out)).unlink(missing_ok=True)
