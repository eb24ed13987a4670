"""Profiles, groups, neighbours and checkpoints, against numpy and scipy on plain traces."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.stats
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import nn

import inception_viewer as iv
from inception_viewer.analysis.checkpoint_comparison import Alignment
from inception_viewer.analysis.photo_map import cosines, neighbours_kept, principal
from inception_viewer.analysis.separating import cohens_d, holm, welch
from inception_viewer.api import Network
from inception_viewer.errors import QuestionError
from inception_viewer.googlenet.variants import BRANCH_OUTPUT, BRANCHES, MODULES
from inception_viewer.moments import Moments

Pixels = NDArray[np.uint8]


@pytest.fixture(scope="module")
def network(checkpoint: Path) -> Network:
    """The peer's weights, opened by us."""
    return iv.load(checkpoint)


@pytest.fixture(scope="module")
def photos(picture: Pixels) -> list[Pixels]:
    """Eight photos: four of the cat, shifted, and four in false colours."""
    shifted = [np.roll(picture, 17 * number, 1) for number in range(4)]
    return [*shifted, *(np.ascontiguousarray(255 - one) for one in shifted)]


def pooled(network: Network, photo: Pixels, unit: str) -> NDArray[np.float64]:
    """Return a photo's mean activation of each of a unit's channels."""
    return network.trace(photo)[unit].astype(np.float64).mean((1, 2))


# --- profile ---


def test_a_profile_is_plain_sums_of_the_trace(network: Network, photos: list[Pixels]) -> None:
    found = iv.branch_profile(network, photos[:2])
    for row, photo in enumerate(photos[:2]):
        trace = network.trace(photo)
        for place, module in enumerate(MODULES):
            parts = [
                trace[f"{module}/{BRANCH_OUTPUT[branch]}"].astype(np.float64) for branch in BRANCHES
            ]
            whole = trace[module].astype(np.float64)
            for measure, of in {
                "activation": np.sum,
                "energy": lambda x: np.linalg.norm(x) ** 2,
                "active": lambda x: np.sum(x > 0),
            }.items():
                expected = [of(part) / of(whole) for part in parts]
                assert np.allclose(found.shares[measure][row, place], expected, atol=1e-6)
            assert np.allclose(found.mean[row, place], [part.mean() for part in parts])
            assert np.allclose(found.norm[row, place], [np.linalg.norm(part) for part in parts])
            assert np.allclose(found.active[row, place], [(part > 0).mean() for part in parts])
    assert found.table("activation", 1)["inception3a"]["5x5"] == found.shares["activation"][1, 0, 2]


def test_shares_of_channels_are_table_1s(network: Network) -> None:
    found = iv.branch_profile(network, np.zeros((64, 64, 3), np.uint8)).channels
    assert found[0] == pytest.approx(np.array([64, 128, 32, 32]) / 256)
    assert found[8] == pytest.approx(np.array([384, 384, 128, 128]) / 1024)


def test_a_dead_module_has_no_shares(network: Network) -> None:
    from inception_viewer.analysis.branch_profile import profile_of

    measured = np.zeros((1, 9, 4, 4))
    measured[..., 3] = 1
    found = profile_of(None, measured, np.zeros((9, 4)), None)  # type: ignore[arg-type]
    assert not found.shares["activation"].any()
    assert np.isfinite(found.shares["energy"]).all()


# --- groups ---


def test_effects_and_p_values_are_those_of_scipy_on_plain_traces(
    network: Network, photos: list[Pixels]
) -> None:
    found = iv.compare_groups(network, {"cats": photos[:4], "false": photos[4:]})
    unit = "inception4a/3x3"
    ours, theirs = (
        np.stack([pooled(network, photo, unit) for photo in some])
        for some in (photos[:4], photos[4:])
    )
    assert np.allclose(found.mean("cats", unit), ours.mean(0), atol=1e-5)
    assert np.allclose(found.spread("false", unit), theirs.std(0, ddof=1), atol=1e-5)
    one = found.separations["cats", "false"][unit]
    varies = (ours.std(0) > 1e-4) & (theirs.std(0) > 1e-4)
    assert varies.sum() > 20
    spread = np.sqrt((ours.var(0, ddof=1) + theirs.var(0, ddof=1)) / 2)  # groups of one size
    expected = (ours.mean(0) - theirs.mean(0)) / np.where(spread > 0, spread, 1)
    assert np.allclose(one.effect[varies], expected[varies], rtol=1e-2, atol=1e-3)
    assert one.n == (4, 4)
    assert one.looked_at == sum(values.shape[1] for values in found.pooled["cats"].values())
    best = found.best("cats", "false", unit, 3)
    assert [row[1] for row in best] == list(one.order[:3])
    assert abs(best[0][2]) == np.nanmax(np.abs(one.effect))


def test_welch_is_scipys() -> None:
    generator = np.random.default_rng(0)
    first, second = generator.normal(0.4, 2, (12, 30)), generator.normal(0, 1, (7, 30))
    expected = scipy.stats.ttest_ind(first, second, equal_var=False).pvalue
    assert np.allclose(welch(Moments.of(first), Moments.of(second)), expected, rtol=1e-10)
    constant = np.hstack([first[:, :1] * 0 + 1, first[:, 1:]])
    other = np.hstack([second[:, :1] * 0 + 1, second[:, 1:]])
    both = welch(Moments.of(constant), Moments.of(other))
    assert both[0] == 1
    assert np.allclose(both[1:], expected[1:])


def test_effects_are_cohens_by_hand() -> None:
    first = np.array([[1.0, 5.0], [3.0, 5.0]])
    second = np.array([[0.0, 5.0], [1.0, 5.0], [2.0, 5.0]])
    # Variances 2 and 1 with 1 and 2 degrees of freedom: pooled 4/3.
    effect = cohens_d(Moments.of(first), Moments.of(second))
    assert effect[0] == pytest.approx(1 / np.sqrt(4 / 3))
    assert np.isnan(effect[1])


def test_holm_by_hand() -> None:
    assert holm(np.array([0.01, 0.04, 0.03, 0.005])) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm(np.array([0.9, 0.8])) == pytest.approx([1.0, 1.0])


def test_a_folder_and_its_photos_are_the_same_group(
    network: Network, photos: list[Pixels], tmp_path: Path
) -> None:
    for number, photo in enumerate(photos[:4]):
        Image.fromarray(photo).save(tmp_path / f"{number}.png")
    (tmp_path / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    found = iv.compare_groups(network, {"folder": tmp_path, "arrays": photos[:4]})
    assert len(found.failures) == 1
    assert "torn.png" in found.failures[0][0]
    for unit in ("conv1", "inception5b/3x3"):
        ours, theirs = found.pooled["folder"][unit], found.pooled["arrays"][unit]
        assert np.allclose(ours, theirs, rtol=1e-3, atol=1e-4)
    assert found.predicted["folder"] == found.predicted["arrays"]


def test_a_comparison_asked_again_goes_on_where_it_stopped(
    network: Network, photos: list[Pixels], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from inception_viewer.analysis import pooling
    from inception_viewer.comparison_questions import CompareGroups, Group

    for number, photo in enumerate(photos):
        Image.fromarray(photo).save(tmp_path / f"{number}.png")
    paths = tuple(str(tmp_path / f"{number}.png") for number in range(8))
    groups = Group("first", paths=paths[:4]), Group("second", paths=paths[4:])
    question = CompareGroups(network.fingerprint, network.preprocessing, groups)

    def stop(fraction: float, text: str) -> None:
        if fraction >= 0.5:
            raise KeyboardInterrupt

    monkeypatch.setattr(pooling, "batch_size", lambda *_: 2)
    with pytest.raises(KeyboardInterrupt):
        network._answer(question, stop)
    read: list[Path] = []
    truly = pooling.batches

    def batches(paths: list[Path], *rest: object) -> object:
        read.extend(paths)
        return truly(paths, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(pooling, "batches", batches)
    found = network._answer(question)
    assert [path.name for path in read] == ["2.png", "3.png", "6.png", "7.png"]
    fresh = iv.load(network.info.source)._answer(question)
    unit = "inception4e/pool_proj"
    assert np.allclose(found.pooled["first"][unit], fresh.pooled["first"][unit], atol=1e-5)


@pytest.mark.parametrize(
    ("names", "counts", "words"),
    [
        (["a"], [3], "at least two groups"),
        (["a", "b"], [3, 1], "“b” has fewer than two photos"),
        (["a", "b"], [3, 501], "501 photos; at most 500"),
    ],
)
def test_groups_that_cannot_be_compared_are_said(
    network: Network, names: list[str], counts: list[int], words: str
) -> None:
    groups = {name: ["x.png"] * count for name, count in zip(names, counts, strict=True)}
    with pytest.raises(QuestionError, match=words):
        iv.compare_groups(network, groups)


# --- photos among each other ---


def test_neighbours_are_those_of_the_cosine(network: Network, photos: list[Pixels]) -> None:
    found = iv.photo_map(network, photos, "inception4b")
    rows = np.stack([pooled(network, photo, "inception4b") for photo in photos])
    for place in range(8):
        expected = [
            rows[place] @ row / np.linalg.norm(rows[place]) / np.linalg.norm(row) for row in rows
        ]
        assert np.allclose(found.similarity[place], expected, atol=1e-5)
    nearest = found.nearest(0)
    assert len(nearest) == 7
    assert nearest[0][0] in (1, 2, 3)
    assert [s for _, s in nearest] == sorted((s for _, s in nearest), reverse=True)


def test_the_map_is_sklearns_principal_components() -> None:
    from sklearn.decomposition import PCA

    rows = np.random.default_rng(1).normal(size=(9, 20)) * np.arange(20)
    points, explained = principal(rows)
    peer = PCA(2, svd_solver="full").fit(rows)
    expected = peer.transform(rows)
    signs = np.sign((points * expected).sum(0))
    assert np.allclose(points, expected * signs)
    assert explained == pytest.approx(peer.explained_variance_ratio_)
    assert (points[np.abs(points).argmax(0), [0, 1]] > 0).all()


def test_a_map_by_tsne_is_sklearns_and_the_same_again(
    network: Network, photos: list[Pixels]
) -> None:
    from sklearn.manifold import TSNE

    found = iv.photo_map(network, photos, "inception4b", method="tsne", perplexity=2, seed=3)
    rows = np.stack([pooled(network, photo, "inception4b") for photo in photos])
    peer = TSNE(2, perplexity=2, init="pca", random_state=3)
    expected = peer.fit_transform(rows.astype(np.float32).astype(np.float64))
    # Its steps enlarge what rounding leaves: who is whose neighbour is what must be the same.
    assert np.array_equal(_neighbours(found.points), _neighbours(expected))
    again = iv.photo_map(network, photos, "inception4b", method="tsne", perplexity=2, seed=3)
    assert np.array_equal(found.points, again.points)
    assert found.explained is None
    assert found.perplexity == 2
    assert iv.photo_map(network, photos, "conv1", method="tsne").perplexity == 7 / 3
    assert not neighbours_kept(np.ones((6, 4)), 1.0, 0).any()
    with pytest.raises(QuestionError, match="at least 5 photos; choose PCA"):
        iv.photo_map(network, photos[:4], "inception4b", method="tsne")


def _neighbours(points: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return each point's three nearest."""
    apart = np.linalg.norm(points[:, None] - points[None], axis=-1)
    return np.argsort(apart, axis=1)[:, 1:4]


def test_identical_and_dead_photos_do_not_break_the_map() -> None:
    points, explained = principal(np.ones((3, 5)))
    assert not points.any()
    assert explained == (0.0, 0.0)
    same = cosines(np.array([[0, 0], [1, 2]], np.float32))
    assert same == pytest.approx(np.array([[0, 0], [0, 1.0]]))


# --- checkpoints ---


def test_alignment_is_its_definition_and_ignores_rotations() -> None:
    generator = np.random.default_rng(2)
    x, y = generator.normal(size=(50, 6)), generator.normal(size=(50, 4))
    y[:, 0] += x[:, 1]

    def aligned(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
        found = Alignment()
        for part in (slice(0, 20), slice(20, 50)):
            found.add(torch.tensor(a[part]), torch.tensor(b[part]))
        return found.value()

    # By Gram matrices of the examples, Kornblith et al., equations 3 and 4.
    centring = np.eye(50) - 1 / 50
    k, m = (centring @ z @ z.T @ centring for z in (x, y))
    expected = np.trace(k @ m) / np.sqrt(np.trace(k @ k) * np.trace(m @ m))
    assert aligned(x, y) == pytest.approx(expected)
    assert 0.01 < expected < 0.99
    turned, _ = np.linalg.qr(generator.normal(size=(6, 6)))
    assert aligned(x, 3 * x @ turned + 5) == pytest.approx(1)
    assert np.isnan(aligned(x, np.full((50, 4), 0.1)))


def test_two_checkpoints_are_compared_by_what_can_be(
    network: Network, peer: nn.Module, photo: Path, tmp_path: Path
) -> None:
    other = {key: value.clone() for key, value in peer.state_dict().items()}
    # Another order of a branch's channels: the same network, channel numbers aside.
    order = torch.randperm(208, generator=torch.Generator().manual_seed(0))
    for key in [k for k in other if k.startswith("inception4a.branch2.1.")]:
        if other[key].dim():
            other[key] = other[key][order]
    whole = torch.arange(512)
    whole[192:400] = 192 + order
    for branch in ("branch1.", "branch2.0.", "branch3.0.", "branch4.1."):
        key = f"inception4b.{branch}conv.weight"
        other[key] = other[key][:, whole]
    other["aux1.conv.conv.weight"] = other["aux1.conv.conv.weight"][:, whole]
    path = tmp_path / "turned.pth"
    torch.save(other, path)
    turned = iv.load(path)
    lab = network._lab
    second = lab.open_checkpoint(path)
    from inception_viewer.comparison_questions import CompareCheckpoints
    from inception_viewer.questions import Scene

    with network._scene(photo, None) as scene:
        found = network._answer(
            CompareCheckpoints(
                (scene,), (Scene(second.fingerprint, scene.image, scene.preprocessing),)
            )
        )
    assert not found.correspond
    assert all(value == pytest.approx(1, abs=1e-5) for value in found.cka.values())
    assert found.agree == {"aux1": None, "aux2": None, "main": None}  # classes without names
    ours, theirs = (one.shares["activation"] for one in found.profiles)
    assert np.allclose(ours, theirs, atol=1e-5)
    assert np.allclose(
        turned.trace(photo).logits["main"], network.trace(photo).logits["main"], atol=1e-3
    )
