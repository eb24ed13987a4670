"""Fitted heads: the file, the numbers, and what is said of heads that do not fit."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from colour_networks import KINDS, SMALL, make_folder, make_weights
from torch import nn

from inception_viewer import cli
from inception_viewer.analysis import answer
from inception_viewer.checkpoints import own
from inception_viewer.checkpoints.read import read_checkpoint
from inception_viewer.checkpoints.weights import Weights
from inception_viewer.errors import CheckpointError, ViewerError
from inception_viewer.fitted import fitted_phrase, read_fitted
from inception_viewer.folder_questions import FitHeads, FittedHeads, PlanFit, Share
from inception_viewer.googlenet.variants import HEADS
from inception_viewer.images.decode import decode
from inception_viewer.images.labelled import LabelledError
from inception_viewer.images.preprocess import prepare
from inception_viewer.lab import Lab
from inception_viewer.questions import ImageSource
from inception_viewer.runner import Cancel
from inception_viewer.training.fitting import find_photos
from inception_viewer.training.heads import (
    Head,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four classes of 18 photos."""
    return make_folder(tmp_path_factory.mktemp("colours") / "photos")


@dataclass
class Fitted:
    """A fit, what it began from, and what its progress was told."""

    weights: Weights
    answer: FittedHeads
    told: list[tuple[float, Any, str]]


class Progress:
    """Collects what it is told; stops at a number of calls or at a text."""

    lane = "jobs"

    def __init__(self, stop: str = "never") -> None:
        self.told: list[tuple[float, Any, str]] = []
        self.stop = stop

    def __call__(self, fraction: float, answer: Any = None, text: str = "") -> None:
        self.told.append((fraction, answer, text))
        if self.stop in text:
            raise Cancel


def ask(
    weights: Weights, folder: Path, out: Path, progress: Progress | None = None, **more: Any
) -> FittedHeads:
    lab = Lab()
    mark = lab.add_weights(weights, "mine").fingerprint
    question = FitHeads(mark, str(folder), **{"out": str(out), "epochs": 8, **more})
    found = answer(question, lab, progress or Progress())
    assert isinstance(found, FittedHeads)
    return found


@pytest.fixture(scope="module")
def plain(folder: Path) -> Weights:
    return make_weights("batch norm", folder)


@pytest.fixture(scope="module", params=KINDS)
def fitted(
    request: pytest.FixtureRequest, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Fitted:
    """A fit of each kind of network; two of them on the main head's answers."""
    weights = make_weights(request.param, folder)
    progress = Progress()
    out = tmp_path_factory.mktemp("fitted") / "new.safetensors"
    targets = "auto" if request.param in ("batch norm", "5h") else "main"
    return Fitted(weights, ask(weights, folder, out, progress, targets=targets), progress.told)


# --- the new checkpoint ------------------------------------------------------------------------


def test_the_trunk_did_not_change_by_a_bit(fitted: Fitted) -> None:
    new = read_checkpoint(fitted.answer.path)
    assert new.variant == replace(fitted.weights.variant, heads=HEADS)
    kept = {key for key in fitted.weights.state if not key.startswith("aux")}
    assert kept == {key for key in new.state if not key.startswith("aux")}
    for key in kept:
        assert torch.equal(new.state[key], fitted.weights.state[key])
    for key in fitted.weights.state.keys() - kept:
        if fitted.weights.state[key].ndim > 1:
            assert not torch.equal(new.state[key], fitted.weights.state[key])


def test_the_file_says_that_its_heads_were_fitted(fitted: Fitted) -> None:
    new, said = read_checkpoint(fitted.answer.path), fitted.answer
    assert new.heads == {"aux1": "fitted", "aux2": "fitted", "main": "trained"}
    assert (said.photos, said.validation) == (62, 10)
    assert fitted_phrase(new.metadata) == "fitted here on 62 images"
    about = read_fitted(new.metadata)
    assert about["targets"] == said.targets
    assert about["heads"]["aux1"]["agreement"] == round(said.heads["aux1"].after.value, 4)
    assert json.loads(new.metadata["accuracy"]) == {"main": {"top1": 0.9}}
    assert new.metadata["licence"] == "free"
    assert new.classes == fitted.weights.classes
    assert new.preprocessing == SMALL
    info = Lab().open_checkpoint(said.path)
    assert "fitted" in info.verdict
    assert fitted_phrase(info.metadata) == "fitted here on 62 images"


def test_agreement_is_that_of_the_file_on_photos_kept_apart(fitted: Fitted, folder: Path) -> None:
    """Counted anew with the unfolded networks before and after, a photo at a time."""
    said = fitted.answer
    paths, labels, _ = find_photos(said.question, fitted.weights.classes)
    assert labels is not None
    old, new = fitted.weights.network(), read_checkpoint(said.path).network()
    apart = list(zip(paths, labels, strict=True))[-said.validation :]
    for name, head in said.heads.items():
        before = after = right = 0
        for path, label in apart:
            array = prepare(decode(ImageSource(path=str(path))).pixels, SMALL).array
            with torch.no_grad():
                was, now = (
                    {k: int(v.argmax()) for k, v in net(torch.tensor(array)[None]).items()}
                    for net in (old, new)
                )
            assert was["main"] == now["main"]
            before += was.get(name, -1) == was["main"]
            after += now[name] == now["main"]
            right += now[name] == label
        assert head.after == Share(after, 10)
        assert head.accuracy == Share(right, 10)
        assert head.state_before == fitted.weights.heads[name]
        if name in fitted.weights.variant.heads:
            assert head.before == Share(before, 10)
        else:
            assert head.before is None
        assert head.fitted
        assert head.after.value >= 0.9  # colours are easy to tell apart
        assert head.chance.value < 0.6
        assert f"on {head.after.value:.0%} of 10 photos" in head.sentence


def test_progress_goes_from_the_photos_to_the_end(fitted: Fitted) -> None:
    fractions = [fraction for fraction, _, _ in fitted.told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1.0)
    partial = [answer for _, answer, _ in fitted.told if answer is not None]
    assert [len(answer.loss) for answer in partial] == list(range(1, 9))
    assert all(answer.partial and answer.path == "" for answer in partial)
    assert partial[-1].heads["aux2"].after == fitted.answer.heads["aux2"].after
    assert fitted.answer.loss[-1] < fitted.answer.loss[0]
    texts = [text for _, _, text in fitted.told]
    assert "32 of 72 photos seen" in texts
    assert any(text.startswith("epoch 8 of 8 on 62 photos, loss ") for text in texts)


def test_one_seed_gives_one_fit(
    plain: Weights, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "inception_viewer.training.fitting.surely_better", lambda after, chance: True
    )
    states = []
    for name, seed in (("one", 0), ("other", 0), ("another", 1)):
        torch.manual_seed(len(states))  # the global random state is not to matter
        out = tmp_path / f"{name}.safetensors"
        states.append(read_checkpoint(ask(plain, folder, out, epochs=1, seed=seed).path).state)
    one, other, another = states
    assert all(torch.equal(one[key], other[key]) for key in one)
    assert not torch.equal(one["aux1.fc1.linear.weight"], another["aux1.fc1.linear.weight"])


def test_what_is_learned_follows_the_folders(plain: Weights, folder: Path, tmp_path: Path) -> None:
    names = plain.classes
    ask_for = FitHeads("", str(folder))
    assert find_photos(ask_for, names)[2] == "labels"
    assert find_photos(replace(ask_for, targets="main"), names)[2] == "main"
    paths, labels, learned = find_photos(ask_for, ("other", *names[1:4], "grey", "x"))
    assert (labels, learned) == (None, "main")
    assert len(paths) == 72
    paths, labels, learned = find_photos(
        replace(ask_for, targets="labels"), ("other", *names[1:4], "grey", "x")
    )
    assert learned == "labels"
    assert labels is not None
    assert len(paths) == len(labels) == 54  # those in the red folder are left out
    with pytest.raises(LabelledError, match="None of the 4 folders"):
        find_photos(replace(ask_for, targets="labels"), ("x", "y"))
    flat = tmp_path / "flat"
    shutil.copytree(folder / "red", flat)
    paths, labels, learned = find_photos(FitHeads("", str(flat), most=5), names)
    assert (len(paths), labels, learned) == (5, None, "main")


# --- before it begins ------------------------------------------------------------------------


@pytest.mark.parametrize("most", [1500, 50])
def test_the_plan_is_what_then_happens(
    plain: Weights, folder: Path, tmp_path: Path, most: int
) -> None:
    lab = Lab()
    mark = lab.add_weights(plain, "mine").fingerprint
    asked = FitHeads(mark, str(folder), out=str(tmp_path / "a.safetensors"), epochs=1, most=most)
    progress = Progress()
    plan = answer(PlanFit(asked), lab, progress)
    found = answer(asked, lab, Progress())
    assert (plan.found, plan.used) == (72, min(most, 72))
    assert plan.used - plan.validation == found.photos
    assert plan.validation == found.validation
    assert plan.targets == found.targets == "labels"
    assert plan.labelled
    assert plan.left_out == ()
    assert plan.feature_bytes == found.feature_bytes
    assert 3.0 < plan.seconds < 3.0 + 60 * found.seconds
    assert [fraction for fraction, _, _ in progress.told][-1] == 1.0
    assert list(tmp_path.glob("*")) == [Path(found.path)] * bool(found.path)


def test_the_plan_says_why_the_folders_are_not_learned(
    plain: Weights, folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(folder, tmp_path / "more")
    shutil.copytree(folder / "red", tmp_path / "more" / "holidays")
    lab = Lab()
    mark = lab.add_weights(plain, "mine").fingerprint
    asked = FitHeads(mark, str(tmp_path / "more"))
    plan = answer(PlanFit(asked), lab, Progress())
    assert (plan.found, plan.targets, plan.labelled) == (90, "main", False)
    assert [left.name for left in plan.left_out] == ["holidays"]
    plan = answer(PlanFit(replace(asked, targets="labels")), lab, Progress())
    assert (plan.found, plan.targets, plan.labelled) == (72, "labels", True)
    with pytest.raises(ViewerError, match="holds 30 photos; to fit heads, at least 40"):
        answer(PlanFit(replace(asked, most=30)), lab, Progress())
    with pytest.raises(Cancel):
        answer(PlanFit(asked), lab, Progress("measuring"))


def test_classes_called_otherwise_are_what_folders_are_compared_with(
    plain: Weights, folder: Path, tmp_path: Path
) -> None:
    """And what the new file names them."""
    names = ("none", "sea", "no other", "meadow", "stone", "brick")
    listed, out = tmp_path / "names.txt", tmp_path / "new.safetensors"
    listed.write_text("\n".join(names))
    found = ask(plain, folder, out, epochs=6, names=str(listed))
    assert found.targets == "main"
    assert read_checkpoint(found.path).classes == names


# --- heads that do not fit --------------------------------------------------------------------


def test_a_head_no_better_than_chance_is_not_called_fitted(
    plain: Weights, folder: Path, tmp_path: Path
) -> None:
    """Photos of which the main head says one thing: naming it always is as good."""
    same = tmp_path / "same"
    same.mkdir()
    for index in range(44):
        shutil.copy(folder / "red" / "red-0.png", same / f"{index}.png")
    found = ask(plain, same, tmp_path / "new.safetensors", epochs=2)
    assert found.path == ""
    assert found.metadata == {}
    assert [path.name for path in tmp_path.iterdir()] == ["same"]
    for head in found.heads.values():
        assert head.after.value == head.chance.value == 1.0
        assert not head.fitted
        assert "no better than chance" in head.sentence


def test_one_head_may_fit_and_the_other_not(
    plain: Weights, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = replace(
        plain,
        variant=replace(plain.variant, heads=("aux2", "main")),
        state={k: v for k, v in plain.state.items() if not k.startswith("aux1")},
        heads={**plain.heads, "aux1": "absent"},
    )
    verdicts = iter([False, True] * 9)
    monkeypatch.setattr(
        "inception_viewer.training.fitting.surely_better", lambda after, chance: next(verdicts)
    )
    found = ask(absent, folder, tmp_path / "new.safetensors", epochs=2)
    new = read_checkpoint(found.path)
    assert new.variant.heads == ("aux2", "main")
    assert new.heads == {"aux1": "absent", "aux2": "fitted", "main": "trained"}
    assert set(read_fitted(new.metadata)["heads"]) == {"aux2"}


# --- what goes wrong ----------------------------------------------------------------------------


def few(root: Path, folder: Path, broken: int) -> Path:
    made = root / "few"
    made.mkdir()
    for index in range(broken):
        (made / f"broken{index}.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    for path in sorted((folder / "red").iterdir()):
        shutil.copy(path, made)
    return made


@pytest.mark.parametrize(
    ("make", "out", "words"),
    [
        (lambda root, folder: root / "none", "a.safetensors", "is not a folder"),
        (lambda root, folder: few(root, folder, 0), "a.safetensors", "holds 18 photos; to fit"),
        (
            lambda root, folder: few(root, folder, 30),
            "a.safetensors",
            r"holds 18 photos that can be read \(30 cannot\); to fit heads, at least 40",
        ),
        (lambda root, folder: folder, "a.pth", "is a .safetensors file, not “a.pth”"),
        (lambda root, folder: folder, "none/a.safetensors", "is not a folder"),
    ],
)
def test_one_sentence_and_nothing_written(
    make: Callable[[Path, Path], Path],
    out: str,
    words: str,
    plain: Weights,
    folder: Path,
    tmp_path: Path,
) -> None:
    photos = make(tmp_path, folder)
    with pytest.raises(ViewerError, match=words):
        ask(plain, photos, tmp_path / out)
    assert not list(tmp_path.rglob("*.safetensors*"))


def test_the_checkpoint_itself_is_kept(plain: Weights, folder: Path, tmp_path: Path) -> None:
    own.save(tmp_path / "mine.safetensors", plain)
    before = (tmp_path / "mine.safetensors").read_bytes()
    lab = Lab()
    mark = lab.open_checkpoint(tmp_path / "mine.safetensors").fingerprint
    question = FitHeads(mark, str(folder), out=str(tmp_path / "." / "mine.safetensors"))
    with pytest.raises(CheckpointError, match="is the checkpoint itself"):
        answer(question, lab, Progress())
    assert (tmp_path / "mine.safetensors").read_bytes() == before


def test_a_full_disk_is_found_out_before_the_work(
    plain: Weights, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"free": 20_000_000})
    monkeypatch.setattr("inception_viewer.training.place.shutil.disk_usage", lambda path: usage)
    progress = Progress()
    with pytest.raises(CheckpointError, match="its disk has less than"):
        ask(plain, folder, tmp_path / "new.safetensors", progress)
    assert progress.told == []


def test_a_disk_that_fills_up_meanwhile(
    plain: Weights, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(CheckpointError, match=r"new.safetensors cannot be written: No space"):
        ask(plain, folder, tmp_path / "new.safetensors", epochs=4)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("stop", ["64 of 72 photos seen", "epoch 2 of 8"])
def test_cancelled_nothing_is_written(
    stop: str, plain: Weights, folder: Path, tmp_path: Path
) -> None:
    progress = Progress(stop)
    with pytest.raises(Cancel):
        ask(plain, folder, tmp_path / "new.safetensors", progress)
    assert stop in progress.told[-1][2]
    assert list(tmp_path.iterdir()) == []


# --- the command line ---------------------------------------------------------------------------


def test_the_command_writes_beside_the_checkpoint(
    plain: Weights, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.safetensors"
    own.save(file, plain)
    (tmp_path / "mine-heads.safetensors").write_bytes(b"of somebody else")
    assert cli.main(["fit-heads", str(file), str(folder), "--epochs", "6"]) == 0
    out = capsys.readouterr().out
    assert f"wrote {tmp_path / 'mine-heads-2.safetensors'}: fitted here on 62 images" in out
    assert "aux1 agrees with the main head on" in out
    assert "10 kept apart" in out
    assert (tmp_path / "mine-heads.safetensors").read_bytes() == b"of somebody else"
    fitted = read_checkpoint(tmp_path / "mine-heads-2.safetensors")
    net = fitted.network()
    assert isinstance(Head(net, "aux1"), nn.Module)
    assert fitted.heads["aux2"] == "fitted"


def test_json_events(
    plain: Weights, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.safetensors"
    own.save(file, plain)
    out = tmp_path / "new.safetensors"
    given = ["fit-heads", str(file), str(folder), "--json", "--out", str(out), "--epochs", "6"]
    assert cli.main(given) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert events[0]["event"] == "opened"
    assert events[1]["event"] == "progress"
    assert set(events[1]) == {"event", "fraction", "seconds_left", "text"}
    epochs = [event for event in events if event["event"] == "epoch"]
    assert [len(event["loss"]) for event in epochs] == list(range(1, 7))
    done = events[-1]
    assert done["event"] == "done"
    assert done["path"] == str(out)
    assert done["heads"]["aux1"]["fitted"] is True
    assert done["fitted"]["images"] == done["photos"] == 62
    assert cli.main(["fit-heads", str(file), str(tmp_path / "none"), "--json"]) == 2
    captured = capsys.readouterr()
    assert json.loads(captured.out.splitlines()[-1])["message"] in captured.err


def test_words_for_what_the_metadata_says() -> None:
    assert fitted_phrase({}) == ""
    assert fitted_phrase({"fitted": '{"images": 1350}'}) == "fitted here on 1,350 images"
    assert fitted_phrase({"fitted": "damaged"}) == fitted_phrase({"fitted": "[1]"}) == ""
