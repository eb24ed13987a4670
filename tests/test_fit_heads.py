"""Fitted heads: the gradient, the features, the file, and what is said of heads that do not fit."""

from __future__ import annotations

import functools
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from oracles import randomise
from PIL import Image
from torch import nn

from inception_viewer import cli
from inception_viewer.analysis import answer
from inception_viewer.checkpoints import own
from inception_viewer.checkpoints.read import read_checkpoint
from inception_viewer.checkpoints.weights import Weights
from inception_viewer.errors import CheckpointError, ViewerError
from inception_viewer.fitted import fitted_phrase, read_fitted
from inception_viewer.folder_questions import FitHeads, FittedHeads, Share
from inception_viewer.googlenet import variants
from inception_viewer.googlenet.architecture import GoogLeNet, activations, fold, initialise
from inception_viewer.googlenet.variants import HEADS, Variant
from inception_viewer.images.decode import decode
from inception_viewer.images.labelled import LabelledError
from inception_viewer.images.preprocess import prepare
from inception_viewer.lab import Lab
from inception_viewer.questions import HeadState, ImageSource, Preprocessing
from inception_viewer.runner import Cancel
from inception_viewer.training.features import Features, compute_features, draw
from inception_viewer.training.fitting import find_photos
from inception_viewer.training.heads import (
    Head,
    HeadRecipe,
    new_heads,
    soft_cross_entropy,
    targets_of,
    train_heads,
)

COLOURS = {
    "Deep Blue": (40, 60, 220),
    "green": (30, 200, 60),
    "grey": (120, 120, 120),
    "red": (220, 40, 30),
}
EACH = 18
SMALL = Preprocessing(64, 64, resize="squeeze")
KINDS = ("batch norm", "LRN", "no heads in the file", "torchvision", "5h")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four classes of 18 photos: a colour with noise, 48 x 64 pixels."""
    root = tmp_path_factory.mktemp("colours") / "photos"
    random = np.random.default_rng(0)
    for name, colour in COLOURS.items():
        (root / name).mkdir(parents=True)
        for index in range(EACH):
            noise = random.integers(-40, 40, (48, 64, 3))
            pixels = (np.array(colour) + noise).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(root / name / f"{name}-{index}.png")
    return root


def variant_of(kind: str) -> Variant:
    made = {
        "batch norm": variants.paper(6),
        "LRN": variants.paper(6, batch_norm=False),
        "no heads in the file": replace(variants.paper(6), heads=("main",)),
        "torchvision": variants.torchvision(6),
        "5h": variants.inception5h(6),
    }
    return made[kind]


def inputs(paths: list[Path]) -> torch.Tensor:
    """The photos as the network receives them, one by one."""
    arrays = [prepare(decode(ImageSource(path=str(path))).pixels, SMALL).array for path in paths]
    return torch.from_numpy(np.stack(arrays))


def teach(net: GoogLeNet, folder: Path) -> None:
    """Solve for a main head that tells the four colours apart: ridge regression on avgpool."""
    paths = [sorted((folder / name).iterdir())[index] for name in COLOURS for index in range(8)]
    with torch.no_grad():
        read = activations(net, inputs(paths))["avgpool"].flatten(1).double()
        centre = read.mean(0)
        x = read - centre
        y = torch.full((len(x), 6), -1.0, dtype=torch.float64)
        for place in range(len(x)):
            y[place, (1, 3, 4, 5)[place // 8]] = 4.0
        gram = x @ x.T + 1e-3 * float((x @ x.T).diagonal().mean()) * torch.eye(len(x)).double()
        weight = (x.T @ torch.linalg.solve(gram, y - y.mean(0))).T
        linear = net.get_submodule("fc.linear")
        linear.weight.copy_(weight)
        linear.bias.copy_(y.mean(0) - weight @ centre)


@functools.cache
def make_weights(kind: str, folder: Path) -> Weights:
    variant = variant_of(kind)
    net = initialise(variant, seed=1)
    randomise(net, 1)
    if variant.batch_norm_eps is not None:
        for module in net.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.reset_running_stats()
                module.momentum = None  # the plain mean
        net.train()
        with torch.no_grad():
            net(inputs([next((folder / name).iterdir()) for name in COLOURS]))
        net.eval()
    teach(net, folder)
    states: dict[str, HeadState] = {
        head: "untrained" if head in variant.heads else "absent" for head in HEADS
    }
    return Weights(
        variant=variant,
        state={k: v.clone() for k, v in net.state_dict().items() if "num_batches" not in k},
        classes=("none", "deep-blue", "no other", "GREEN", "grey", "Red"),
        preprocessing=SMALL,
        family=variant.name,
        heads={**states, "main": "trained"},
        metadata={"accuracy": '{"aux1": {"top1": 0.1}, "main": {"top1": 0.9}}', "licence": "free"},
    )


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


# --- what is minimised ---------------------------------------------------------------------


def test_the_gradient_is_that_of_the_formula() -> None:
    """Of a linear probe: (softmax(x W + b) - t) / N, carried through by hand; and differences."""
    random = np.random.default_rng(0)
    x, weight, bias = random.normal(size=(5, 7)), random.normal(size=(7, 4)), random.normal(size=4)
    targets = random.dirichlet(np.ones(4), 5)
    w = torch.tensor(weight, requires_grad=True)
    b = torch.tensor(bias, requires_grad=True)
    loss = soft_cross_entropy(torch.tensor(x) @ w + b, torch.tensor(targets))
    loss.backward()

    def probabilities(w: np.ndarray) -> np.ndarray:
        powers = np.exp(x @ w + bias)
        return powers / powers.sum(1, keepdims=True)

    def value(w: np.ndarray) -> float:
        return float(-(targets * np.log(probabilities(w))).sum(1).mean())

    difference = (probabilities(weight) - targets) / 5
    assert loss.item() == pytest.approx(value(weight))
    np.testing.assert_allclose(w.grad, x.T @ difference, atol=1e-12)
    np.testing.assert_allclose(b.grad, difference.sum(0), atol=1e-12)
    shift = np.zeros((7, 4))
    shift[2, 3] = 1e-6
    numeric = (value(weight + shift) - value(weight - shift)) / 2e-6
    assert float(w.grad[2, 3]) == pytest.approx(numeric, rel=1e-6)


def test_the_loss_is_least_at_the_main_heads_own_logits() -> None:
    logits = torch.randn(6, 5, generator=torch.Generator().manual_seed(0), requires_grad=True)
    soft_cross_entropy(logits, logits.detach().softmax(1)).backward()
    assert float(logits.grad.abs().max()) < 1e-7


def test_targets_are_the_main_heads_distribution_and_the_labels() -> None:
    main = torch.tensor([[0.0, 2.0, 1.0], [3.0, 0.0, 0.0]])
    features = Features((Path("a"), Path("b")), {}, main, torch.tensor([2, 0]))
    powers = np.exp(main.numpy())
    expected = powers / powers.sum(1, keepdims=True)
    np.testing.assert_allclose(targets_of(features, "main", 0.3), expected, rtol=1e-6)
    expected = 0.7 * expected + 0.3 * np.array([[0, 0, 1], [1, 0, 0]])
    np.testing.assert_allclose(targets_of(features, "labels", 0.3), expected, rtol=1e-6)


# --- what the heads read -------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [64, 224])
def test_features_are_those_of_a_forward_pass(kind: str, size: int, folder: Path) -> None:
    """Of the unfolded network with its heads, photo by photo; at 224 the paper's pool differs."""
    if size == 224 and kind in ("LRN", "no heads in the file"):
        pytest.skip("the two kinds of pool are seen by the others")
    weights = make_weights(kind, folder)
    net = whole = weights.network()
    if weights.variant.heads != HEADS:
        whole = initialise(replace(weights.variant, heads=HEADS))
        whole.load_state_dict(dict(weights.state), strict=False)
    preprocessing = Preprocessing(size, size, resize="squeeze")
    paths = [sorted(path.iterdir())[0] for path in sorted(folder.iterdir())]
    paths.insert(1, folder / "none.png")
    reports: list[int] = []
    features = compute_features(fold(net), paths, [1, 9, 3, 4, 5], preprocessing, reports.append)
    assert features.paths == (paths[0], *paths[2:])
    assert features.labels is not None
    assert features.labels.tolist() == [1, 3, 4, 5]
    assert features.unreadable_count == 1
    assert reports[-1] == 5
    for place, path in enumerate(features.paths):
        array = prepare(decode(ImageSource(path=str(path))).pixels, preprocessing).array
        with torch.no_grad():
            values = activations(whole.eval(), torch.tensor(array)[None])
        for head in ("aux1", "aux2"):
            expected = values[f"{head}/pool"][0]
            found = features.pooled[head][place]
            assert float((found - expected).abs().max()) < 1e-4 * float(expected.abs().max())
        scale = float(values["fc"].abs().max())
        assert float((features.main[place] - values["fc"][0]).abs().max()) < 1e-3 * scale
    assert features.nbytes == 4 * sum(
        4 * values.shape[1] * 16 for values in features.pooled.values()
    ) + 4 * 4 * len(weights.classes)


def test_the_draw_depends_on_names_and_seed_alone(folder: Path, tmp_path: Path) -> None:
    paths = sorted(folder.rglob("*.png"))
    shutil.copytree(folder, tmp_path / "elsewhere" / "photos")
    moved = [tmp_path / "elsewhere" / "photos" / path.relative_to(folder) for path in paths]
    assert draw(paths, 20, 0) == draw(moved, 20, 0)
    assert len(draw(paths, 20, 0)) == 20
    assert draw(paths, 20, 0) != draw(paths, 20, 1)
    assert sorted(draw(paths, 1000, 0)) == list(range(len(paths)))


@pytest.mark.parametrize("factor", [0.01, 1.0, 300.0])
def test_first_weights_fit_features_of_any_size(factor: float) -> None:
    variant = variants.paper(6, batch_norm=False)
    random = torch.Generator().manual_seed(0)
    pooled = {
        "aux1": torch.rand(40, 512, 4, 4, generator=random) * factor,
        "aux2": torch.rand(40, 528, 4, 4, generator=random) * factor,
    }
    features = Features(tuple(Path(str(i)) for i in range(40)), pooled, torch.zeros(40, 6), None)
    for name, head in new_heads(variant, features, 0).items():
        with torch.no_grad():
            conv = head.conv.conv(pooled[name] * head.scale)
            logits = head(pooled[name])
            head.settle()
            settled = head(pooled[name])
        assert float(conv.std()) == pytest.approx(1.0, rel=1e-3)
        assert float(logits.std()) == pytest.approx(0.1, rel=1e-3)
        torch.testing.assert_close(settled, logits, rtol=1e-4, atol=1e-5)
        assert head.scale == 1.0


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
    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
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


def test_training_runs_on_few_photos_and_features_are_not_changed() -> None:
    random = torch.Generator().manual_seed(0)
    pooled = {
        "aux1": torch.rand(5, 512, 4, 4, generator=random),
        "aux2": torch.rand(5, 528, 4, 4, generator=random),
    }
    before = {name: values.clone() for name, values in pooled.items()}
    features = Features(tuple(Path(str(i)) for i in range(5)), pooled, torch.zeros(5, 6), None)
    targets = torch.eye(6)[:5]
    heads = train_heads(variants.paper(6), features, targets, HeadRecipe(epochs=30))
    for name, head in heads.items():
        assert torch.equal(pooled[name], before[name])
        with torch.no_grad():
            assert head(pooled[name]).argmax(1).tolist() == [0, 1, 2, 3, 4]


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
    assert events[0]["event"] == "progress"
    assert set(events[0]) == {"event", "fraction", "seconds_left", "text"}
    done = events[-1]
    assert done["event"] == "done"
    assert done["path"] == str(out)
    assert done["heads"]["aux1"]["fitted"] is True
    assert done["fitted"]["images"] == done["photos"] == 62
    assert cli.main(["fit-heads", str(file), str(tmp_path / "none"), "--json"]) == 2
    captured = capsys.readouterr()
    assert json.loads(captured.out)["message"] in captured.err


def test_words_for_what_the_metadata_says() -> None:
    assert fitted_phrase({}) == ""
    assert fitted_phrase({"fitted": '{"images": 1350}'}) == "fitted here on 1,350 images"
    assert fitted_phrase({"fitted": "damaged"}) == fitted_phrase({"fitted": "[1]"}) == ""
