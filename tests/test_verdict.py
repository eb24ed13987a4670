"""The verdict as a whole, and what is saved of it.

The references are torchvision's own class and torch's flop counter.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from caffe_files import caffemodel, googlenet, random_blobs
from oracles import torchvision_net
from spoilt import (
    TRAINED,
    Silent,
    answers,
    changed,
    demo_weights,
    noise,
    spoilt,
    states,
)
from tensorflow_files import graph
from tensorflow_files import weights as fiveh_weights
from torch.utils.flop_counter import FlopCounterMode

from inception_viewer import paths, samples
from inception_viewer.analysis import answer
from inception_viewer.checkpoints import own, verdict
from inception_viewer.checkpoints.catalogue import PUBLISHED
from inception_viewer.checkpoints.read import read_checkpoint
from inception_viewer.checkpoints.torchvision_dialect import theirs
from inception_viewer.checkpoints.verdict import Case, open_case, with_heads
from inception_viewer.checkpoints.weights import Weights, fingerprint
from inception_viewer.errors import CheckpointError
from inception_viewer.googlenet.architecture import fold
from inception_viewer.lab import Lab
from inception_viewer.questions import ImageSource, Preprocessing, Scene
from inception_viewer.verdict_questions import Convention, Judge, Verdict

__all__ = ["demo_weights"]
"""Fixtures."""


# --- the whole verdict -------------------------------------------------------------------


def test_parameters_and_multiply_adds_are_torchvisions(tmp_path: Path) -> None:
    """Against torchvision's own class, counted by torch's flop counter."""
    peer = torchvision_net(12, transform_input=False)
    torch.save(peer.state_dict(), tmp_path / "twelve.pth")
    weights = read_checkpoint(tmp_path / "twelve.pth")
    said = verdict.verdict(open_case(weights, "", tmp_path / "twelve.pth"))
    assert said.parameters == sum(parameter.numel() for parameter in peer.parameters())
    x = torch.zeros(1, 3, 224, 224)
    with torch.no_grad(), FlopCounterMode(display=False) as main:
        peer.eval()(x)
    assert said.multiply_adds_main == main.get_total_flops() // 2
    with torch.no_grad(), FlopCounterMode(display=False) as whole:
        peer.train()(x.repeat(2, 1, 1, 1))
    peer.eval()
    assert said.multiply_adds == whole.get_total_flops() // 4
    assert said.sha256 == hashlib.sha256((tmp_path / "twelve.pth").read_bytes()).hexdigest()
    assert (said.family, said.kernel_5x5, said.normalisation) == ("torchvision", 3, "batch_norm")


def test_a_published_file_is_known_by_its_bytes(
    demo: Weights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "net.bin"
    path.write_bytes(b"weights" * 100)
    digest = f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    entry = replace(PUBLISHED[0], digest=digest, size=700)
    monkeypatch.setattr(verdict, "PUBLISHED", (entry,))
    case = open_case(demo, "", path)
    assert case.published == entry
    assert not case.undecided
    assert {one.head: one.state for one in case.heads()} == {
        "aux1": "untrained",
        "aux2": "untrained",
        "main": "trained",
    }
    assert case.heads()[0].evidence[0].startswith("Known: ")
    path.write_bytes(b"Weights" * 100)
    assert open_case(demo, "", path).published is None


def test_the_digest_in_a_name_is_checked(demo: Weights, tmp_path: Path) -> None:
    data = b"something"
    right = hashlib.sha256(data).hexdigest()[:8]
    for name, warned in ((f"net-{right}.pth", False), ("net-0badc0de.pth", True)):
        (tmp_path / name).write_bytes(data)
        said = verdict.verdict(open_case(demo, "", tmp_path / name))
        assert any("it was changed, renamed or damaged" in w for w in said.warnings) is warned


def test_warnings_follow_the_verdict(demo: Weights) -> None:
    wrong = ("Never trained: aux1, aux2; what they say means nothing.", "Something else.")
    case = open_case(replace(demo, warnings=wrong), "")
    assert with_heads(case.weights, case.heads()).warnings == ("Something else.",)
    spoiled = changed(demo, {"aux2.fc2.linear.weight": torch.zeros(101, 1024)})
    found = with_heads(spoiled, open_case(spoiled, "").heads())
    assert found.warnings == ("Never trained: aux2; what they say means nothing.",)
    assert found.heads["aux2"] == "untrained"


def test_where_class_names_come_from(demo: Weights, tmp_path: Path) -> None:
    assert verdict.class_source(demo, None) == "the file itself"
    plain = replace(demo, evidence=())
    beside = tmp_path / "net.txt"
    beside.write_text("\n".join(demo.classes))
    assert verdict.class_source(plain, tmp_path / "net.pth") == "net.txt, beside the file"
    said = replace(plain, metadata={"classes": str(list(demo.classes)).replace("'", '"')})
    assert verdict.class_source(said, None) == "the file itself"
    numbered = replace(plain, classes=tuple(f"class {i}" for i in range(101)))
    assert verdict.class_source(numbered, None) == "nowhere: they are numbered"
    for count, words in ((1000, "ImageNet's 1000"), (1008, "Inception 5h's"), (365, "Places365")):
        usual = replace(plain, variant=replace(demo.variant, classes=count))
        assert verdict.class_source(usual, None).startswith(words)


def test_noise_is_untrained_wherever_it_is_shown(demo: Weights, tmp_path: Path) -> None:
    """A file of ours that calls its heads trained, opened by the lab: no view shows them so."""
    own.save(tmp_path / "noise.safetensors", spoilt(demo, ("aux1",), noise))
    lab = Lab()
    info = lab.open_checkpoint(tmp_path / "noise.safetensors")
    assert info.heads == {**TRAINED, "aux1": "untrained"}
    assert lab.truth(info.fingerprint).heads == info.heads
    assert "aux1 untrained" in info.verdict
    assert any("Never trained: aux1" in warning for warning in info.warnings)
    assert info.details is not None
    assert info.details.head("aux1").state == "untrained"
    said: Verdict = answer(Judge(info.fingerprint), lab, Silent())
    assert {one.head: one.state for one in said.heads} == info.heads
    assert said.suggestion is not None
    assert said.suggestion.better is None


def test_judging_is_asked_of_the_lab(photo: Path) -> None:
    lab = Lab()
    info = lab.open_checkpoint("demo")
    assert info.details is not None
    assert info.details.suggestion is None
    said: Verdict = answer(Judge(info.fingerprint), lab, Silent())
    assert said.phrase == info.verdict == "paper, true 5x5, batch norm, heads trained"
    assert said.fingerprint == info.fingerprint
    assert said.suggestion is not None
    assert said.suggestion.own.preprocessing == info.preprocessing
    assert said.suggestion.photos == 12
    image = lab.open_image(ImageSource(path=str(photo)))
    scene = Scene(info.fingerprint, image.id, said.suggestion.ranked[-1].preprocessing)
    assert lab.trace(scene).logits["main"].shape == (101,)  # any of them can be put into a scene


# --- save as -----------------------------------------------------------------------------


def of_every_dialect(dialect: str, demo: Weights, folder: Path) -> Weights:
    if dialect == "torchvision":
        path = folder / "net.pth"
        torch.save({theirs(name): tensor for name, tensor in demo.state.items()}, path)
    elif dialect == "caffe":
        layers = googlenet(12)
        path = folder / "net.caffemodel"
        path.write_bytes(caffemodel(layers, random_blobs(layers)))
    elif dialect == "5h":
        path = folder / "net.pb"
        path.write_bytes(graph(fiveh_weights(0)))
    else:
        return demo
    return read_checkpoint(path)


@pytest.mark.parametrize("dialect", ["ours", "torchvision", "caffe", "5h"])
def test_any_checkpoint_can_be_saved_as_one_of_ours(
    dialect: str, demo: Weights, tmp_path: Path
) -> None:
    weights = of_every_dialect(dialect, demo, tmp_path)
    path = tmp_path / "saved.safetensors"
    own.save_as(weights, path, source="net.pb")
    again = read_checkpoint(path)
    assert fingerprint(again) == fingerprint(weights)
    assert again.variant == weights.variant
    assert again.family == weights.family
    assert again.classes == weights.classes
    assert again.preprocessing == weights.preprocessing
    assert again.heads == weights.heads
    assert again.metadata["made_from"] == "net.pb"
    assert not list(tmp_path.glob("*.part"))


def test_what_was_chosen_is_saved(demo: Weights, tmp_path: Path) -> None:
    path = tmp_path / "chosen.safetensors"
    names = [f"thing {index}" for index in range(101)]
    made = Preprocessing(channels="BGR", scale=1.0, mean=(104.0, 117.0, 123.0), std=(1.0, 1.0, 1.0))
    own.save_as(
        demo, path, preprocessing=made, transform_input=True, classes=names, dtype="float16"
    )
    again = read_checkpoint(path)
    assert again.preprocessing == made
    assert again.variant == replace(demo.variant, transform_input=True)
    assert again.classes == tuple(names)
    assert all(torch.equal(again.state[name], demo.state[name]) for name in demo.state)
    assert again.metadata["licence"] == demo.metadata["licence"]
    before = path.read_bytes()
    with pytest.raises(CheckpointError, match=r"There are 3 class names, but the network has 101"):
        own.save_as(demo, path, classes=names[:3])
    assert path.read_bytes() == before


def test_a_case_without_a_file(demo: Weights, tmp_path: Path) -> None:
    case: Case = open_case(demo, "f" * 64, tmp_path / "gone.pth")
    assert (case.path, case.sha256, case.published) == (None, "", None)
    assert verdict.verdict(case).sha256 == ""


@pytest.mark.parametrize(
    "made",
    [
        Preprocessing(height=8, width=8, resize="squeeze"),
        Preprocessing(height=100_000, width=100_000, resize="squeeze"),
        Preprocessing(scale=1e38, mean=(0.0, 0.0, 0.0), std=(1e-3, 1e-3, 1e-3)),
    ],
    ids=["small", "large", "not a number"],
)
@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")
def test_an_impossible_input_calls_no_witness(demo: Weights, made: Preprocessing) -> None:
    net = fold(demo.network())
    assert samples.answers(net, samples.pictures(made), made) == {}
    assert samples.suggest(net, Convention("odd", made), tuple(TRAINED), demo.state) is None


def test_samples_that_are_missing_leave_the_weights_as_witness(
    demo: Weights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples._pictures.cache_clear()
    monkeypatch.setattr(paths, "asset_folders", lambda: (tmp_path,))
    assert samples.pictures(demo.preprocessing) == ()
    assert states(demo, answers(demo) or None) == TRAINED
    samples._pictures.cache_clear()
