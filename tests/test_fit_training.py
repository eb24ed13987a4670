"""What fitting heads minimises and reads: gradients, targets, features, first weights."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from colour_networks import KINDS, make_folder, make_weights

from inception_viewer.googlenet import variants
from inception_viewer.googlenet.architecture import activations, fold, initialise
from inception_viewer.googlenet.variants import HEADS
from inception_viewer.images.decode import decode
from inception_viewer.images.preprocess import prepare
from inception_viewer.questions import ImageSource, Preprocessing
from inception_viewer.training.features import Features, compute_features, draw
from inception_viewer.training.heads import (
    HeadRecipe,
    new_heads,
    soft_cross_entropy,
    targets_of,
    train_heads,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four classes of 18 photos."""
    return make_folder(tmp_path_factory.mktemp("colours") / "photos")


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
