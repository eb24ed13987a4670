"""The process that indexes a folder: its command line, and what is said of it."""

from __future__ import annotations

from ... import fit_events, index_events
from ...index_questions import BuildIndex
from ..child import Child, Sentences, program

SENTENCES = Sentences(
    unexpected="The program that indexes ended unexpectedly; what it had written is kept.",
    killed=(
        "The program that indexes was ended by the system, perhaps for want of memory;"
        " what it had written is kept."
    ),
    nonsense="The program that indexes said what cannot be understood; it was ended.",
    unstarted="The program that indexes could not be started.",
    changed="The checkpoint's file has changed since it was opened; open it again, then index.",
)
GRACE_MS = 5000
"""A batch is finished and what is known written before it ends."""
LEAVING_MS = 2000
"""The same while the window closes; it is hidden by then."""


def command(question: BuildIndex, source: str, device: str) -> list[str]:
    """Return the program and its arguments for an index.

    Parameters
    ----------
    question
        What to index.
    source
        What the checkpoint was opened from.
    device
        Where networks run, ``""`` for the CPU.
    """
    made = [*program("index"), "--json", "--background", "--checkpoint", source]
    made += ["--device", device or "cpu", "--most", str(question.most)]
    if question.out:
        made += ["--out", question.out]
    if question.preprocessing is not None:
        made += ["--preprocessing", fit_events.preprocessing_as_json(question.preprocessing)]
    return [*made, "--", question.folder]


class IndexChild(Child):
    """One indexing; a partial answer comes each time that the file was written."""

    sentences = SENTENCES
    grace = GRACE_MS
    question: BuildIndex

    def event_of(self, line: str) -> index_events.Event:
        """Return what a line says about the index."""
        return index_events.read(line, self.question)
