"""Training: what a folder gives, exact resumption, and what happens when things go wrong."""

from __future__ import annotations

import io
import json
import math
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional

from inception_viewer import cli
from inception_viewer.checkpoints.read import read_checkpoint
from inception_viewer.errors import CheckpointError
from inception_viewer.training.augment import distort, mix, random_crop
from inception_viewer.training.batches import Batches
from inception_viewer.training.console import Console, duration, sentence
from inception_viewer.training.evaluation import evaluate_files, mean_per_class
from inception_viewer.training.export import SQUEEZED, export, unknown
from inception_viewer.training.pace import Pace
from inception_viewer.training.photos import SIDE, FolderError, Photos, Split, draw, scan, unsorted
from inception_viewer.training.recipe import Phase, Recipe, parse_phases, phases_text
from inception_viewer.training.state import StateError, read_state, write_state
from inception_viewer.training.trainer import DivergedError, Trainer

COLOURS = {"blue": (40, 60, 220), "green": (30, 200, 60), "red": (220, 40, 30)}
TINY = Recipe(
    phases=(Phase(64, 1, 0.5), Phase(64, 1, 0.8)),
    batch_size=6,
    learning_rate=0.01,
    warmup_epochs=0.5,
    validation_share=0.25,
    balance=0.5,
    average_decay=0.5,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three classes of eight photos: a colour with noise, 48 x 64 pixels; one is broken."""
    root = tmp_path_factory.mktemp("classes")
    random = np.random.default_rng(0)
    for name, colour in COLOURS.items():
        (root / name).mkdir()
        for index in range(8):
            noise = random.integers(-30, 30, (48, 64, 3))
            pixels = (np.array(colour) + noise).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(root / name / f"{index}.png")
    (root / ".hidden").mkdir()
    (root / "red" / ".thumb.png").write_bytes(b"no photo")
    (root / "red" / "notes.txt").write_bytes(b"no photo")
    return root


@pytest.fixture(scope="module")
def broken(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Split:
    """The same photos, one training photo of each class broken."""
    root = tmp_path_factory.mktemp("broken") / "classes"
    shutil.copytree(folder, root)
    split = scan(root, TINY.validation_share, TINY.seed)
    for label in range(3):
        next(item for item in split.training if item.label == label).path.write_bytes(
            b"\x89PNG\r\n\x1a\n"
        )
    return split


# --- the folder --------------------------------------------------------------------------


def test_the_split_depends_on_names_and_seed_alone(folder: Path) -> None:
    split = scan(folder, 0.25, seed=0)
    assert split.classes == ("blue", "green", "red")
    assert [sum(i.label == c for i in split.validation) for c in range(3)] == [2, 2, 2]
    assert len(split.training) == 18
    assert not {i.path for i in split.training} & {i.path for i in split.validation}
    assert scan(folder, 0.25, seed=0) == split
    assert scan(folder, 0.25, seed=1).validation != split.validation


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda root: root / "none", "is not a folder"),
        (lambda root: root, "holds 1 class folders"),
        (lambda root: (root / "empty").mkdir() or root, "“empty” is empty"),
        (
            lambda root: (root / "one").mkdir() or (root / "one" / "a.jpg").touch() or root,
            "“one” holds 1 photo, of which 1 would be kept apart",
        ),
    ],
)
def test_folders_that_cannot_be_trained_on(tmp_path: Path, make: Any, words: str) -> None:
    (tmp_path / "full").mkdir()
    for index in range(4):
        (tmp_path / "full" / f"{index}.jpg").touch()
    with pytest.raises(FolderError, match=words):
        scan(make(tmp_path), 0.25, 0)


def test_photos_are_squeezed_kept_and_bounded(broken: Split) -> None:
    photos = Photos(limit=2 * SIDE * SIDE * 3)
    bad = [item.path for item in broken.training if item.path.stat().st_size < 9]
    good = [item.path for item in broken.training if item.path not in bad]
    pixels = photos.get(good[0])
    assert pixels is not None
    with Image.open(good[0]) as image:
        expected = image.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    np.testing.assert_array_equal(pixels, np.asarray(expected))
    assert photos.get(good[0]) is pixels
    for path in good[1:3]:
        photos.get(path)
    assert photos.get(good[0]) is not pixels  # it was the oldest of three, two fit
    assert photos.get(bad[0]) is None
    assert "damaged" in photos.skipped[bad[0]]


def test_balanced_draws_follow_the_weights() -> None:
    """A class of n photos is drawn about n * n ** -balance times as often, per epoch."""
    labels = np.repeat([0, 1, 2], [400, 100, 25])
    assert sorted(draw(labels, 0.0, 0, 3)) == list(range(525))
    drawn = labels[draw(labels, 0.6, 0, 3)]
    weights = np.array([400.0, 100.0, 25.0]) ** 0.4
    np.testing.assert_allclose(np.bincount(drawn), 525 * weights / weights.sum(), rtol=0.05)
    np.testing.assert_array_equal(draw(labels, 0.6, 0, 3), draw(labels, 0.6, 0, 3))
    assert (draw(labels, 0.6, 0, 3) != draw(labels, 0.6, 0, 4)).any()


# --- the recipe --------------------------------------------------------------------------


def test_phases_are_read_from_words() -> None:
    assert parse_phases("112x60, 160x24@0.25") == (Phase(112, 60), Phase(160, 24, 0.25))
    again = parse_phases("112x6,160x2@0.3^0.02,160x1@0.35")
    assert again[1:] == (Phase(160, 2, 0.3, 0.02), Phase(160, 1, 0.35))
    assert parse_phases(phases_text(Recipe(phases=again).as_dict()["phases"])) == again
    wrongs = ("", "112", "112x0", "20x3", "112x3@0", "112x3@2", "axb", "112x3,,", "112x3^0")
    for wrong in (*wrongs, "112x3^99", "112x3^", "112x3^a"):
        with pytest.raises(ValueError, match="“"):
            parse_phases(wrong)


def test_the_learning_rate_follows_its_schedule() -> None:
    cosine = Recipe(phases=(Phase(96, 100),), learning_rate=0.1, final_learning_rate=0.0)
    assert cosine.learning_rate_at(0) < 0.001
    assert cosine.learning_rate_at(50) == pytest.approx(0.05)
    assert cosine.learning_rate_at(100) == pytest.approx(0.0)
    paper = Recipe(phases=(Phase(96, 100),), learning_rate=0.1, schedule="paper")
    for epoch in (8, 15.9, 16, 80):  # "decreasing the learning rate by 4% every 8 epochs"
        assert paper.learning_rate_at(epoch) == pytest.approx(0.1 * 0.96 ** (epoch // 8))


def test_the_learning_rate_begins_anew_at_a_restart() -> None:
    """SGDR's equation 5 in each cycle, with its own peak and length."""
    phases = parse_phases("96x6,128x4,128x2^0.02,160x8,160x10^0.01")
    recipe = Recipe(phases=phases, learning_rate=0.1, final_learning_rate=0.001, warmup_epochs=0)
    for begin, end, peak in ((0, 10, 0.1), (10, 20, 0.02), (20, 30, 0.01)):
        for epoch in (begin, begin + 2.5, begin + 7, end - 0.01):
            along = math.cos((epoch - begin) / 10 * math.pi)
            expected = 0.001 + 0.5 * (peak - 0.001) * (1 + along)
            assert recipe.learning_rate_at(epoch) == pytest.approx(expected)
    assert [epoch for epoch in range(40) if recipe.restarts_at(epoch)] == [10, 20]
    assert not any(Recipe().restarts_at(epoch) for epoch in range(99))


def test_a_restart_goes_on_from_the_average_without_momentum(broken: Split, tmp_path: Path) -> None:
    recipe = replace(TINY, phases=(Phase(64, 1, 0.5), Phase(64, 1, 0.5, restart=0.005)))
    trainer = Trainer(broken, recipe, tmp_path / "s.pt")
    trainer.run(3)  # an epoch
    average = {name: value.clone() for name, value in trainer.average.items()}
    weight = trainer.net.get_parameter("fc.linear.weight")
    assert not torch.equal(weight, average["fc.linear.weight"])
    assert trainer.optimizer.state[weight]["momentum_buffer"].abs().max() > 0
    resumed = Trainer(broken, recipe, tmp_path / "s.pt")  # the restart is still to come
    for run in (trainer, resumed):
        run._restart_if_due()
        for name, value in run.net.state_dict().items():
            assert torch.equal(value, average[name]), name
        assert not run.optimizer.state
    trainer.step += 1
    trainer._train_step(torch.rand(2, 3, 64, 64), torch.eye(3)[:2])
    trainer._restart_if_due()  # not in the middle of an epoch
    assert trainer.optimizer.state


def test_a_recipe_survives_its_metadata() -> None:
    recipe = Recipe(phases=parse_phases("112x6,160x2@0.3"), schedule="paper", seed=7)
    assert Recipe.from_dict(json.loads(json.dumps(recipe.as_dict()))) == recipe
    assert [recipe.phase_at(epoch).size for epoch in (0, 5, 6, 7, 99)] == [112, 112, 160, 160, 160]


def test_the_time_left_scales_with_the_area() -> None:
    recipe = Recipe(phases=(Phase(100, 2), Phase(200, 1)))
    pace = Pace(recipe, steps_per_epoch=10)
    assert pace.seconds_left(0) == 0  # nothing is known yet
    for _ in range(7):
        pace.note(0.5, 100)
    assert pace.per_step(200) == pytest.approx(2.0)
    assert pace.seconds_left(5) == pytest.approx(15 * 0.5 + 10 * 2.0)
    assert pace.seconds_left(25) == pytest.approx(5 * 2.0)


# --- augmentation ------------------------------------------------------------------------


def test_crops_cover_the_share_and_aspect_they_promise() -> None:
    """On a photo whose colours are its coordinates, the crop's extent can be read off."""
    ramp = np.linspace(0, 255, SIDE)
    photo = np.zeros((SIDE, SIDE, 3), np.uint8)
    photo[:, :, 0], photo[:, :, 1] = ramp[None, :], ramp[:, None]
    random = np.random.default_rng(0)
    shares, ratios, flipped = [], [], 0
    for _ in range(300):
        crop = random_crop(photo, 64, 0.2, random).astype(float)
        width = (crop[:, -1, 0].mean() - crop[:, 0, 0].mean()) / 255 * 64 / 63
        height = (crop[-1, :, 1].mean() - crop[0, :, 1].mean()) / 255 * 64 / 63
        flipped += width < 0
        shares.append(abs(width) * height)
        ratios.append(abs(width) / height)
    assert crop.shape == (64, 64, 3)
    assert 100 < flipped < 200
    assert 0.17 < min(shares) < 0.25
    assert 0.85 < max(shares) < 1.03
    assert 0.72 < min(ratios) < 0.8
    assert 1.25 < max(ratios) < 1.38


def test_distortion_changes_brightness_contrast_and_saturation_alone() -> None:
    batch = torch.rand(6, 3, 8, 8) * 0.2 + 0.4
    distorted = distort(batch, np.random.default_rng(0), strength=0.3)
    assert not torch.allclose(distorted, batch)
    grey = torch.full((2, 3, 8, 8), 0.5)
    out = distort(grey, np.random.default_rng(1), strength=0.3)
    spread = out.amax((1, 2, 3)) - out.amin((1, 2, 3))
    assert float(spread.max()) < 1e-6  # a grey photo stays grey: only its brightness changes
    torch.testing.assert_close(distort(batch, np.random.default_rng(0), strength=0.0), batch)


def test_mixup_blends_photos_and_targets_alike() -> None:
    images = torch.arange(4.0).view(4, 1, 1, 1).expand(4, 3, 2, 2)
    targets = torch.eye(4)
    mixed, blended = mix(images, targets, 1.0, np.random.default_rng(3))
    torch.testing.assert_close(mixed[:, 0, 0, 0], blended @ torch.arange(4.0))
    torch.testing.assert_close(blended.sum(1), torch.ones(4))
    assert mix(images, targets, 0.0, np.random.default_rng(3))[0] is images


# --- batches and resumption --------------------------------------------------------------


def test_a_batch_depends_on_its_step_alone(broken: Split) -> None:
    """Whatever was made before, broken photos included; the prefetched ones are the same."""
    fresh, used = (Batches(broken, TINY, Photos()) for _ in range(2))
    with ThreadPoolExecutor(2) as pool:
        for step in (0, 1, 2):
            used.make(step, pool)
        later, alone = used.make(3, pool), fresh.make(3, pool)
    assert later is not None
    assert alone is not None
    torch.testing.assert_close(later, alone, rtol=0, atol=0)
    ahead = list(Batches(broken, TINY, Photos()).run(3, 5))
    assert ahead[0] is not None
    torch.testing.assert_close(ahead[0], alone, rtol=0, atol=0)
    images, targets = alone
    assert images.shape[1:] == (3, 64, 64)
    assert targets.shape == (len(images), 3)
    torch.testing.assert_close(targets.sum(1), torch.ones(len(images)))


def test_broken_photos_are_left_out_of_a_batch(broken: Split) -> None:
    batches = list(Batches(broken, TINY, Photos()).run(0, 6))
    sizes = [0 if batch is None else len(batch[0]) for batch in batches]
    assert min(sizes) < 6
    assert max(sizes) == 6


def test_resumed_training_is_the_same_bit_for_bit(broken: Split, tmp_path: Path) -> None:
    whole, events = tmp_path / "whole.pt", []
    straight = Trainer(broken, TINY, whole, report=events.append)
    steps = straight.steps
    assert steps == 6
    straight.run()
    halves = tmp_path / "halves.pt"
    Trainer(broken, TINY, halves).run(3)
    torch.manual_seed(99)  # another process would have another random state
    resumed = Trainer(broken, TINY, halves)
    assert resumed.step == 3
    resumed.run()
    assert resumed.finished
    one, two = read_state(whole), read_state(halves)
    for part in ("net", "average"):
        for name, value in one[part].items():
            assert torch.equal(value, two[part][name]), name
    assert torch.equal(one["random"], two["random"])
    assert one["step"] == two["step"] == steps
    begun = Trainer(broken, TINY, tmp_path / "new.pt").net.state_dict()
    assert not torch.equal(begun["conv1.conv.weight"], one["net"]["conv1.conv.weight"])
    epochs = [event for event in events if event["event"] == "epoch"]
    assert [event["epoch"] for event in epochs] == [1, 2]
    assert epochs[-1]["skipped"] == 3


def test_the_loss_is_the_papers(folder: Path, tmp_path: Path) -> None:
    """Main plus 0.3 of each auxiliary head; one step moves the weights by SGD's formula."""
    split = scan(folder, TINY.validation_share, TINY.seed)
    trainer = Trainer(split, TINY, tmp_path / "s.pt")
    trainer.step = 4
    batch = next(trainer.batches.run(4, 5))
    assert batch is not None
    net = trainer.net.train()
    torch.manual_seed(5)
    with torch.autocast("cpu", torch.bfloat16):
        outputs = net(batch[0].to(memory_format=torch.channels_last))
    losses = {h: functional.cross_entropy(o.float(), batch[1]) for h, o in outputs.items()}
    bias = net.get_parameter("fc.linear.bias")
    before = bias.detach().clone()
    total = losses["main"] + 0.3 * (losses["aux1"] + losses["aux2"])
    (gradient,) = torch.autograd.grad(total, bias)
    torch.manual_seed(5)
    reported = trainer._train_step(*batch)
    assert reported == pytest.approx(float(losses["main"].detach()), rel=1e-4)
    rate = TINY.learning_rate_at(4 / trainer.steps_per_epoch)
    # Nesterov's first step is lr * (gradient + momentum * gradient); biases do not decay.
    torch.testing.assert_close(before - bias.detach(), rate * 1.9 * gradient, rtol=1e-3, atol=1e-7)


# --- the state on disk -------------------------------------------------------------------


@pytest.fixture(scope="module")
def finished(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Split]:
    """A run of three steps, and its split."""
    split = scan(folder, TINY.validation_share, TINY.seed)
    state = tmp_path_factory.mktemp("run") / "state.pt"
    Trainer(split, TINY, state).run(3)
    return state, split


def test_a_full_disk_keeps_the_state_from_before(tmp_path: Path) -> None:
    """The file that is written beside the state is made to lie on a device that is full."""
    path = tmp_path / "state.pt"
    write_state(path, {"step": 1})
    (tmp_path / "state.pt.part").symlink_to("/dev/full")
    with pytest.raises(StateError, match=r"No space left on device; the state .* is kept in"):
        write_state(path, {"step": 2})
    assert torch.load(path, weights_only=True)["step"] == 1
    write_state(path, {"step": 2})
    assert torch.load(path, weights_only=True)["step"] == 2
    assert [item.name for item in tmp_path.iterdir()] == ["state.pt"]


def test_states_that_do_not_fit(finished: tuple[Path, Split], tmp_path: Path) -> None:
    state, split = finished
    with pytest.raises(StateError, match=r"other classes than this folder's .“red”"):
        Trainer(replace(split, classes=("blue", "green", "zebra")), TINY, state)
    with pytest.raises(StateError, match=r"its learning rate is 0.01, not 0.02"):
        Trainer(split, replace(TINY, learning_rate=0.02), state)
    with pytest.raises(StateError, match=r"its phases is 64x1@0.5,64x1@0.8, not 96x1@0.08"):
        Trainer(split, replace(TINY, phases=(Phase(96, 1),)), state)
    rubbish = tmp_path / "rubbish.pt"
    for content in (b"", b"rubbish", state.read_bytes()[:1000]):
        rubbish.write_bytes(content)
        with pytest.raises(StateError, match="damaged, or no state"):
            read_state(rubbish)
    torch.save({"a": 1}, rubbish)
    with pytest.raises(StateError, match="is no state of a training run"):
        read_state(rubbish)
    with pytest.raises(StateError, match="There is no state"):
        read_state(tmp_path / "none.pt")


def test_a_diverging_run_says_so(folder: Path, tmp_path: Path) -> None:
    recipe = replace(TINY, learning_rate=1e20, warmup_epochs=0.0)
    split = scan(folder, TINY.validation_share, TINY.seed)
    with pytest.raises(DivergedError, match="the learning rate 1e\\+20 is too high"):
        Trainer(split, recipe, tmp_path / "state.pt").run()


# --- the checkpoint ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def exported(finished: tuple[Path, Split], tmp_path_factory: pytest.TempPathFactory) -> Path:
    state, split = finished
    out = tmp_path_factory.mktemp("out") / "deep" / "three.safetensors"
    export(state, split, out, licence="CC0", notes="a test")
    return out


def test_the_checkpoint_says_everything(exported: Path, finished: tuple[Path, Split]) -> None:
    weights = read_checkpoint(exported)
    assert weights.classes == ("blue", "green", "red")
    assert weights.preprocessing == SQUEEZED
    assert weights.family == "paper"
    assert weights.variant.kernel_5x5 == 5
    assert set(weights.heads.values()) == {"trained"}
    metadata = weights.metadata
    assert Recipe.from_dict(json.loads(metadata["recipe"])) == TINY
    assert metadata["licence"] == "CC0"
    assert metadata["notes"] == "a test"
    assert metadata["steps"] == "3"
    assert metadata["date"] == time.strftime("%Y-%m-%d", time.gmtime())
    assert "6 photos kept apart, 25% of each class" in metadata["validation"]
    assert exported.stat().st_size < 22 * 2**20
    average = read_state(finished[0])["average"]
    for name, tensor in weights.state.items():
        torch.testing.assert_close(tensor, average[name], rtol=1e-3, atol=1e-6)


def test_its_accuracy_is_what_the_public_interface_measures(
    exported: Path, finished: tuple[Path, Split]
) -> None:
    import inception_viewer as iv

    net = iv.load(exported)
    split = finished[1]
    said = json.loads(net.info.metadata["accuracy"])
    traces = [(net.trace(item.path), item.label) for item in split.validation]
    for head in ("aux1", "aux2", "main"):
        hits = [int(trace.logits[head].argmax()) == label for trace, label in traces]
        assert said[head]["top1"] == pytest.approx(np.mean(hits), abs=1e-4)
    sure = [trace.top("main", 1)[0][1] for trace, _ in traces]
    assert min(sure) - 0.01 <= float(net.info.metadata["unknown_below"]) <= np.median(sure)


def test_the_bound_for_strangers_is_youdens() -> None:
    random = np.random.default_rng(0)
    known, other = random.beta(6, 2, 500), random.beta(2, 4, 200)
    found = unknown(known.astype(np.float32), other.astype(np.float32))
    bound = float(found["unknown_below"])
    assert np.mean(known < bound) <= 0.11

    def gain(at: float) -> float:
        return float(np.mean(other < at) - np.mean(known < at))

    allowed = [b for b in np.linspace(0, 1, 101) if np.mean(known < b) <= 0.10]
    assert gain(bound) >= max(map(gain, allowed)) - 0.01
    assert f"{np.mean(other < bound):.0%} of 200 of other things" in found["unknown"]
    alone = unknown(known.astype(np.float32), np.empty(0, np.float32))
    assert np.mean(known < float(alone["unknown_below"])) == pytest.approx(0.08, abs=0.02)
    assert "other" not in alone["unknown"]
    assert unknown(np.empty(0, np.float32), known.astype(np.float32)) == {}


def test_strangers_are_measured_too(
    folder: Path, finished: tuple[Path, Split], tmp_path: Path
) -> None:
    state, split = finished
    export(state, split, tmp_path / "x.safetensors", strangers=unsorted(folder))
    metadata = read_checkpoint(tmp_path / "x.safetensors").metadata
    assert "of 24 of other things" in metadata["unknown"]


def test_an_empty_folder_of_strangers_is_told_before_the_training(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    words = ["train", str(folder), "--out", str(tmp_path / "y.safetensors")]
    assert cli.main([*words, "--strangers", str(tmp_path / "empty")]) == 2
    assert "There are no photos in" in capsys.readouterr().err
    assert not list(tmp_path.glob("y.*"))  # neither a checkpoint nor a state


def test_mean_per_class_counts_classes_not_photos() -> None:
    right = np.array([True, True, True, False])
    assert mean_per_class(right, [0, 0, 0, 1]) == 0.5
    assert mean_per_class(right, [0, 1, 1, 1]) == pytest.approx((1 + 2 / 3) / 2)


def test_unreadable_photos_are_not_counted(broken: Split, exported: Path) -> None:
    net = read_checkpoint(exported).network()
    accuracy = evaluate_files(net, broken.training, SQUEEZED)
    assert accuracy.photos == len(broken.training) - 3


def test_a_full_disk_while_the_checkpoint_is_written(
    finished: tuple[Path, Split], tmp_path: Path
) -> None:
    out = tmp_path / "x.safetensors"
    (tmp_path / "x.safetensors.part").symlink_to("/dev/full")
    with pytest.raises(CheckpointError, match="No space left"):
        export(*finished, out)
    assert not out.exists()


# --- the command -------------------------------------------------------------------------


def test_the_command_trains_and_goes_on(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "net.safetensors"
    arguments = ["train", str(folder), "--out", str(out), "--device", "cpu"]
    recipe = ["--phases", "64x1@0.5", "--batch-size", "6", "--validation-share", "0.25"]
    assert cli.main([*arguments, *recipe, "--json"]) == 0
    captured = capsys.readouterr()
    events = [json.loads(line) for line in captured.out.splitlines()]
    assert [event["event"] for event in events] == ["start", "epoch", "saved", "done"]
    assert events[0]["steps"] == 3
    assert events[-1]["photos"] == 6
    assert captured.err == ""
    assert read_checkpoint(out).classes == ("blue", "green", "red")
    # Unnamed settings are those of the state; what was finished is only exported again.
    out.unlink()
    assert cli.main(arguments) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "going on from step 3" in captured.err
    assert "right on 6 photos kept apart" in captured.err
    assert cli.main([*arguments, "--learning-rate", "0.5"]) == 2
    assert "its learning rate is 0.06, not 0.5" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--out", "x.pth"], "--out is a .safetensors file"),
        (["--out", "x.safetensors", "--phases", "3"], "--phases cannot be understood"),
        (["--out", "x.safetensors", "--export-only"], "There is no state of a training run"),
    ],
)
def test_mistakes_are_one_sentence(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["train", str(folder), *options]) == 2
    captured = capsys.readouterr().err
    assert words in captured
    assert captured.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_saves_and_ends(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    """The signal comes as training starts; what it interrupts can be gone on with."""
    said = []

    def show(self: Console, event: dict[str, Any]) -> None:
        said.append(event)
        if event["event"] == "start" and event["step"] == 0:
            signal.raise_signal(number)

    monkeypatch.setattr(Console, "__call__", show)
    before = signal.getsignal(number)
    out = tmp_path / "net.safetensors"
    command = ["train", str(folder), "--out", str(out), "--phases", "64x2", "--batch-size", "9"]
    assert cli.main([*command, "--device", "cpu"]) == 128 + number
    assert said[-1] == {"event": "stopped", "step": 1, "steps": 4}
    assert not out.exists()
    assert signal.getsignal(number) == before
    assert read_state(out.with_suffix(".state.pt"))["step"] == 1


@pytest.mark.slow
def test_a_signal_ends_a_real_process(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "net.safetensors"
    command = [sys.executable, "-m", "inception_viewer", "train", str(folder), "--out", str(out)]
    options = ["--phases", "64x2000", "--batch-size", "4", "--device", "cpu", "--json"]
    with subprocess.Popen(
        [*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if json.loads(line)["event"] == "progress":
                break
        process.send_signal(signal.SIGTERM)
        rest = [json.loads(line) for line in process.stdout]
        assert process.stderr is not None
        errors = process.stderr.read()
    assert process.returncode == 128 + signal.SIGTERM
    assert rest[-1]["event"] == "stopped"
    assert rest[-1]["step"] == read_state(out.with_suffix(".state.pt"))["step"] >= 20
    assert errors == ""
    assert not out.exists()


# --- words -------------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def progress(step: int) -> dict[str, Any]:
    return {
        "event": "progress", "step": step, "steps": 99, "epoch": 3, "epochs": 56, "size": 96,
        "loss": 2.3149, "images_per_second": 80.4, "seconds_left": 6360, "skipped": 2,
    }  # fmt: skip


def test_progress_in_words() -> None:
    assert sentence(progress(5)) == (
        "epoch 3 of 56, 96 px, loss 2.31, 80 photos/s, 1 h 46 min left, 2 broken photos skipped"
    )
    assert [duration(s) for s in (0, 40, 61, 3599, 3600, 7260)] == [
        "0 s", "40 s", "1 min", "1 h 0 min", "1 h 0 min", "2 h 1 min",
    ]  # fmt: skip


def test_progress_is_written_over_on_a_terminal_and_rare_elsewhere() -> None:
    terminal, pipe = Terminal(), io.StringIO()
    for stream in (terminal, pipe):
        console = Console(stream)
        for step in range(5):
            console(progress(step))
        console.say("done")
    assert terminal.getvalue().count("\r") == 6
    assert terminal.getvalue().endswith("done".ljust(len(sentence(progress(0)))) + "\n")
    assert pipe.getvalue().count("\n") == 2


def test_nothing_is_left_running(folder: Path, tmp_path: Path) -> None:
    """A run that is stopped early ends its threads."""
    before = set(threading.enumerate())
    trainer = Trainer(scan(folder, 0.25, 0), TINY, tmp_path / "s.pt")
    trainer.stop()
    trainer.run()
    assert trainer.step == 1
    assert not trainer.finished
    assert set(threading.enumerate()) == before
