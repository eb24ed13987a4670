"""Events of a fit: what is written is read back, and what is no event is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import fit_data
import pytest

from inception_viewer import cli, fit_events
from inception_viewer.checkpoints import own
from inception_viewer.commands.fit_heads import question_of
from inception_viewer.fit_events import EventError, Noticed, Opened, Progressed, Refused
from inception_viewer.fit_files import place_beside, refusal, unfinished
from inception_viewer.folder_questions import FitHeads
from inception_viewer.parsers.folders import fit_heads_parser
from inception_viewer.questions import Preprocessing
from inception_viewer.ui.fitting.child import command

ASKED = FitHeads("f" * 64, "/photos", out="/tmp/new.safetensors")
OWN = Preprocessing(64, 72, "squeeze", 80, "BGR", 1.0, (104.0, 117.0, 123.0), (1.0, 2.0, 0.1))


def line(event: dict[str, object]) -> str:
    return json.dumps(event, ensure_ascii=False)


@pytest.mark.parametrize("partial", [True, False])
def test_what_is_known_is_read_as_it_was(partial: bool) -> None:
    heads = (
        fit_data.head("aux1", None, 130),
        fit_data.head("aux2", 3, 20, fitted=False, right=19),
    )
    path = "" if partial else "/tmp/new.safetensors"
    answer = replace(
        fit_data.answer(ASKED, *heads, path=path, partial=partial),
        unreadable=(("/photos/ä.jpg", "It is damaged."),),
        unreadable_count=7,
    )
    read = fit_events.read(line(fit_events.answered(answer)), ASKED)
    assert read.__dict__ == answer.__dict__


def test_the_other_events() -> None:
    progress = {"event": "progress", "fraction": 0.25, "seconds_left": 3, "text": "x"}
    assert fit_events.read(line(progress), ASKED) == Progressed(0.25, 3.0, "x")
    unknown = {**progress, "seconds_left": None}
    assert fit_events.read(line(unknown), ASKED) == Progressed(0.25, None, "x")
    assert fit_events.read(line(fit_events.opened("abc")), ASKED) == Opened("abc")
    assert fit_events.read(line(fit_events.refused("No.")), ASKED) == Refused("No.")
    notice = {"event": "notice", "message": "The GPU gave out."}
    assert fit_events.read(line(notice), ASKED) == Noticed("The GPU gave out.")


DONE = fit_events.answered(fit_data.answer(ASKED, path="/x.safetensors"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Using device: cpu",
        "3",
        "[]",
        "null",
        '{"event": 3}',
        '{"event": "progress", "fraction": "a third", "seconds_left": null, "text": ""}',
        '{"event": "progress"}',
        line({**DONE, "targets": "other"}),
        line({**DONE, "loss": 3}),
        line({**DONE, "heads": {"aux1": {}}}),
        line({**DONE, "heads": {"aux1": {**DONE["heads"]["aux1"], "counts": {"after": [1]}}}}),
        line(DONE)[:-20],
    ],
)
def test_what_is_no_event(text: str) -> None:
    with pytest.raises(EventError):
        fit_events.read(text, ASKED)


def test_a_preprocessing_goes_through_the_command_line() -> None:
    """What the window asks arrives in the process as the very same question."""
    asked = replace(
        ASKED,
        targets="labels",
        most=77,
        validation_share=0.07,
        epochs=5,
        seed=123,
        names="/lists/-mine.txt",
        preprocessing=OWN,
        folder="/photos/--with dashes",
    )
    arguments = command(asked, "/checkpoints/-x.pth", "cuda")
    assert arguments[arguments.index("-m") + 1 :][:2] == ["inception_viewer", "fit-heads"]
    options = fit_heads_parser().parse_args(arguments[arguments.index("fit-heads") + 1 :])
    assert question_of(options, asked.checkpoint) == asked
    assert (options.checkpoint, options.device) == ("/checkpoints/-x.pth", "cuda")
    assert options.json
    assert options.background


@pytest.mark.parametrize(
    "text",
    ["{}", "x", '{"height": 5, "mean": [1, 2], "std": [1, 1, 1]}', '{"a": 1}']
    + [
        json.dumps({**json.loads(fit_events.preprocessing_as_json(OWN)), **wrong})
        for wrong in ({"height": 0}, {"width": 2.5}, {"resize": "x"}, {"channels": "GBR"})
    ],
)
def test_a_preprocessing_that_is_none(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["fit-heads", "demo", "/photos", "--preprocessing", text])
    assert "is no preprocessing" in capsys.readouterr().err


# --- files ------------------------------------------------------------------------------


def test_a_file_beside_the_checkpoint_that_is_not_there_yet(tmp_path: Path) -> None:
    source = tmp_path / "googlenet-1378be20.pth"
    first, second = (tmp_path / f"googlenet-1378be20-heads{n}.safetensors" for n in ("", "-2"))
    assert place_beside(source) == first
    first.write_bytes(b"")
    assert place_beside(source) == second


def test_files_that_cannot_be_written(tmp_path: Path) -> None:
    source = tmp_path / "mine.safetensors"
    source.write_bytes(b"")
    link = tmp_path / "link.safetensors"
    link.symlink_to(source)
    good = tmp_path / "new.safetensors"
    assert refusal(good, source) == ""
    assert "is the checkpoint itself" in refusal(source, source)
    assert "is the checkpoint itself" in refusal(link, source)
    assert "is a .safetensors file" in refusal(tmp_path / "new.pth", source)
    assert "is not a folder" in refusal(tmp_path / "none" / "new.safetensors", source)
    assert refusal(source, None) == ""


def test_the_unfinished_file_is_the_one_that_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a killed fit leaves is looked for under the name that ``save`` gives it."""
    seen = []
    monkeypatch.setattr(Path, "replace", lambda self, target: seen.append((self, target)))
    place = tmp_path / "new.safetensors"
    own._write_whole(place, b"weights", lambda share: None)
    assert seen == [(unfinished(place), place)]
