"""The process that fits heads, played by a script: what it says, how it ends, what it leaves."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import fit_data
import pytest
from fit_data import child, opened, progress, said
from window_tools import settle, until

from inception_viewer import fit_events
from inception_viewer.fit_files import unfinished
from inception_viewer.folder_questions import FitHeads
from inception_viewer.runner import Cancelled, Done, Failed
from inception_viewer.ui.child import KEPT
from inception_viewer.ui.fitting.child import SENTENCES, FitChild

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
def asked(tmp_path: Path) -> FitHeads:
    return FitHeads("f" * 64, str(tmp_path), out=str(tmp_path / "new.safetensors"))


class Watched:
    """A child and everything that it was heard to say."""

    def __init__(self, question: FitHeads, *steps: tuple[str, object]) -> None:
        self.child = FitChild(question, child(*steps))
        self.told, self.ended, self.notices = [], [], []
        self.child.told.connect(self.told.append)
        self.child.ended.connect(self.ended.append)
        self.child.noticed.connect(self.notices.append)
        self.child.start()

    def end(self, patience: float = 10.0) -> Done | Failed | Cancelled:
        until(lambda: self.ended, "the end", patience)
        settle(0.05)
        assert len(self.ended) == 1
        return self.ended[0]

    @property
    def pid(self) -> int:
        return self.child._process.processId()


def gone(pid: int) -> bool:
    """Whether a process has ended, and has been waited for."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_progress_epochs_and_the_end(asked: FitHeads) -> None:
    halfway = fit_data.answer(asked, epochs=1, partial=True)
    whole = fit_data.answer(asked, epochs=2, path=asked.out)
    watched = Watched(
        asked,
        opened(asked),
        progress(0.4, "600 of 1500 photos seen", 30.0),
        said({"event": "notice", "message": "The GPU gave out."}),
        said(fit_events.answered(halfway)),
        said(fit_events.answered(whole)),
    )
    outcome = watched.end()
    assert isinstance(outcome, Done)
    assert outcome.answer.__dict__ == whole.__dict__
    first, second = watched.told
    assert (first.fraction, first.seconds_left) == (0.4, 30.0)
    assert first.text == "600 of 1500 photos seen"
    assert first.answer is None
    assert second.answer.__dict__ == halfway.__dict__
    assert watched.notices == ["The GPU gave out."]


def test_events_in_pieces_and_without_a_last_newline(asked: FitHeads) -> None:
    whole = said(fit_events.answered(fit_data.answer(asked, path=asked.out)))[1]
    data = "\n" + progress(0.5, "fünf von zehn")[1] + "\r\n" + whole
    raw = data.encode().decode("latin-1")
    pieces = [("raw", raw[at : at + 300]) for at in range(0, len(raw), 300)]
    steps = [step for piece in pieces for step in (piece, ("wait", 0.01))]
    watched = Watched(asked, *steps)
    assert isinstance(watched.end(), Done)
    assert [partial.text for partial in watched.told] == ["fünf von zehn"]


def test_a_refusal_is_told_as_it_is(asked: FitHeads) -> None:
    sentence = "/photos holds 18 photos; to fit heads, at least 40 are needed."
    refusal = said(fit_events.refused(sentence))
    outcome = Watched(asked, refusal, ("err", "inception-viewer: no"), ("exit", 2)).end()
    assert isinstance(outcome, Failed)
    assert outcome.sentence == sentence
    assert outcome.details == "exit code 2\n\ninception-viewer: no"


@pytest.mark.parametrize("code", [0, 1])
def test_an_end_without_a_result(asked: FitHeads, code: int) -> None:
    outcome = Watched(asked, opened(asked), ("err", "Traceback: it broke"), ("exit", code)).end()
    assert isinstance(outcome, Failed)
    assert outcome.sentence == SENTENCES.unexpected
    assert outcome.details == f"exit code {code}\n\nTraceback: it broke"


def test_ended_by_the_system(asked: FitHeads) -> None:
    watched = Watched(
        asked, opened(asked), ("file", str(unfinished(Path(asked.out)))), ("wait", 30)
    )
    until(lambda: unfinished(Path(asked.out)).exists())
    os.kill(watched.pid, 9)
    outcome = watched.end()
    assert isinstance(outcome, Failed)
    assert outcome.sentence == SENTENCES.killed
    assert not unfinished(Path(asked.out)).exists()


def test_a_stray_line_is_passed_over(asked: FitHeads) -> None:
    whole = said(fit_events.answered(fit_data.answer(asked, path=asked.out)))
    outcome = Watched(asked, ("say", "Using a library of 1998"), whole).end()
    assert isinstance(outcome, Done)


@pytest.mark.parametrize(
    "step", [("say", "no events here"), ("raw", "\x00\xff\xfe"), ("long", 2_000_000)]
)
def test_nonsense_alone_is_a_failure(asked: FitHeads, step: tuple[str, object]) -> None:
    outcome = Watched(asked, step).end()
    assert isinstance(outcome, Failed)
    assert outcome.sentence == SENTENCES.nonsense
    assert len(outcome.details) > len("exit code 0\n\n")


def test_endless_nonsense_is_ended(asked: FitHeads) -> None:
    watched = Watched(asked, ("flood", None))
    until(lambda: watched.pid)
    pid = watched.pid
    outcome = watched.end()
    assert isinstance(outcome, Failed)
    assert outcome.sentence == SENTENCES.nonsense
    assert gone(pid)
    assert len(outcome.details) < 3 * KEPT


def test_another_checkpoint_than_the_open_one(asked: FitHeads) -> None:
    other = replace(asked, checkpoint="0" * 64)
    started = time.monotonic()
    outcome = Watched(asked, opened(other), ("wait", 30)).end()
    assert isinstance(outcome, Failed)
    assert outcome.sentence == SENTENCES.changed
    assert time.monotonic() - started < 10


def test_a_program_that_is_not_there(asked: FitHeads, tmp_path: Path) -> None:
    made, ended = FitChild(asked, [str(tmp_path / "none"), "x"]), []
    made.ended.connect(ended.append)
    made.start()
    until(lambda: ended)
    assert ended[0].sentence == SENTENCES.unstarted
    assert str(tmp_path / "none") in ended[0].details


# --- cancelled, closed -----------------------------------------------------------------


@pytest.mark.parametrize("deaf", [False, True])
def test_cancelled_it_is_gone_within_a_second(asked: FitHeads, deaf: bool) -> None:
    """Also while it writes the file, and where it does not listen."""
    half = unfinished(Path(asked.out))
    steps = [opened(asked), ("file", str(half)), progress(0.9, "writing"), ("wait", 60)]
    watched = Watched(asked, *([("deaf", None)] if deaf else []), *steps)
    until(lambda: watched.told, "the child")
    assert half.exists()
    pid, started = watched.pid, time.monotonic()
    watched.child.cancel()
    watched.child.cancel()
    assert isinstance(watched.end(), Cancelled)
    assert time.monotonic() - started < 1.0 + 0.05
    assert gone(pid)
    assert not list(Path(asked.folder).iterdir())


def test_what_was_done_before_it_could_be_cancelled_is_done(asked: FitHeads) -> None:
    whole = said(fit_events.answered(fit_data.answer(asked, path=asked.out)))
    watched = Watched(asked, ("deaf", None), progress(0.9, ""), ("wait", 0.2), whole)
    until(lambda: watched.told)
    watched.child.cancel()
    assert isinstance(watched.end(), Done)


def test_after_a_cancel_nothing_more_is_told(asked: FitHeads) -> None:
    watched = Watched(asked, ("deaf", None), progress(0.1, "a"), ("wait", 0.2), progress(0.2, "b"))
    until(lambda: watched.told)
    watched.child.cancel()
    assert isinstance(watched.end(), Cancelled)
    assert [partial.text for partial in watched.told] == ["a"]


def test_ended_with_the_program(asked: FitHeads) -> None:
    half = unfinished(Path(asked.out))
    steps = [("deaf", None), ("file", str(half)), progress(0.9, ""), ("wait", 60)]
    watched = Watched(asked, *steps)
    until(lambda: watched.told)
    pid, started = watched.pid, time.monotonic()
    watched.child.end_now()
    assert time.monotonic() - started < 1.0
    assert gone(pid)
    assert not half.exists()
    settle(0.1)
    assert watched.ended == []
