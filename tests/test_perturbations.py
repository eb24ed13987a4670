"""Hiding parts of a photo: against Captum, the whole network, and exact Shapley values."""

from dataclasses import replace

import numpy as np
import oracles
import pytest
import torch
from captum.attr import FeatureAblation, Occlusion
from test_attribution import TINY, Heard, from_torchvision, open_lab, tiny_net, worst

from inception_viewer import attribution_methods as methods
from inception_viewer.analysis import attribution
from inception_viewer.analysis.attribution import (
    hidden,
    occlusion,
    result,
    segments,
    strips,
)
from inception_viewer.analysis.attribution.score import logit, neuron
from inception_viewer.errors import QuestionError
from inception_viewer.googlenet import variants
from inception_viewer.googlenet.architecture import INPUT, fold, initialise
from inception_viewer.images.preprocess import normalise
from inception_viewer.questions import Attribution, Neuron, Preprocessing
from inception_viewer.runner import Cancel

__all__ = ["open_lab"]
SUPERPIXELS = ("feature_ablation", "shapley_value_sampling", "lime", "kernel_shap")


@pytest.fixture(scope="module")
def tiny():
    return tiny_net()


@pytest.fixture(scope="module")
def x64():
    """What conv1 receives: two photos (3, 64, 72), float64."""
    return oracles.batch(64, 72, 2).double()


@pytest.fixture(scope="module")
def theirs():
    return oracles.torchvision_net(classes=20).requires_grad_(False)


@pytest.fixture(scope="module")
def ours(theirs):
    return fold(from_torchvision(theirs))


def family(name):
    """A tiny network of each family, float64: they differ in pools, padding and norms."""
    made = {
        "paper": variants.paper(5),
        "torchvision": variants.torchvision(5),
        "bvlc": variants.paper(5, batch_norm=False),
        "5h": variants.inception5h(5),
    }[name]
    net = initialise(replace(made, table=TINY, transform_input=False), 3)
    oracles.randomise(net, 3)
    if made.batch_norm_eps is not None:
        oracles.calibrate(net)
    return net.double().eval().requires_grad_(False)


# --- strips ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["paper", "torchvision", "bvlc", "5h"])
def test_strips_give_what_the_whole_network_gives(name):
    net, score = family(name), None
    generator = torch.Generator().manual_seed(1)
    for height, width in ((64, 72), (75, 97)):
        x = oracles.batch(height, width, 1)[0].double()
        score = logit(net, "main", 2)
        made = strips.Strips(net, x, score)
        assert made.score == pytest.approx(float(score.of_input(net, x[None])[0]), rel=1e-12)
        for first, rows in ((0, 5), (height // 2, 9), (height - 3, 3), (1, 1), (0, height)):
            changed = torch.randn(2, 3, rows, width, generator=generator, dtype=torch.float64)
            copies = x.expand(2, -1, -1, -1).clone()
            copies[:, :, first : first + rows] = changed
            expected = score.of_input(net, copies)
            assert made.scores(changed, first).numpy() == pytest.approx(expected.numpy(), rel=1e-9)


def test_strips_end_where_the_score_is(tiny, x64):
    rows = x64[1:, :, 20:27]
    copy = x64[:1].clone()
    copy[:, :, 20:27] = rows
    for unit in ("conv1", "conv2/reduce", "pool2", "inception3a/5x5_reduce", "inception3a"):
        shape = tuple(tiny.run({INPUT: x64[:1]}, [unit])[unit].shape[1:])
        score = neuron(tiny, Neuron(unit, 1), shape)
        expected = float(score.of_input(tiny, copy)[0])
        found = strips.Strips(tiny, x64[0], score).scores(rows, 20)
        assert float(found[0]) == pytest.approx(expected, rel=1e-10)


def test_strips_compute_few_rows(tiny, monkeypatch):
    x = oracles.batch(224, 224, 1)[0].double()
    read, compute = {}, strips._compute

    def watched(module, window, padded):
        out = compute(module, window, padded)
        read[id(module)] = out.shape[2]
        return out

    monkeypatch.setattr(strips, "_compute", watched)
    strips.Strips(tiny, x, logit(tiny, "main", 0)).scores(x[None, :, 104:120] * 0, 104)
    rows = {step.name: read.get(id(step.module)) for step in tiny.steps}
    # 16 rows of 224: conv1's kernel of 7 at a stride of 2 reads them from 11 places.
    assert rows["conv1"] == 11
    assert rows["conv2"] <= 9
    assert rows["inception3b/3x3"] <= 21
    assert rows["inception5a/3x3"] is None, "most of a map is computed whole"


# --- occlusion -------------------------------------------------------------------------------


def test_occlusion_averages_as_captum_does(theirs, ours):
    x = oracles.batch(96, 90, 1)
    black = (-oracles.MEAN / oracles.STD).expand_as(x)
    with torch.no_grad():
        expected = Occlusion(theirs).attribute(
            x, (3, 20, 20), (3, 12, 12), baselines=black, target=7, perturbations_per_eval=16
        )[0]
    start, end = (ours.transform(picture)[0] for picture in (black, x))
    found = occlusion.occlusion(
        ours, end, logit(ours, "main", 7), baseline=start, window=20, stride=12
    )
    # 7 windows down and 7 across, the last ones cut off, and the photo itself.
    assert occlusion.starts(96, 20, 12) == [0, 12, 24, 36, 48, 60, 72, 84]
    assert found.forwards == 8 * 7 + 1
    for channel in range(3):
        assert worst(found.map, expected[channel]) < 1e-4
    assert worst(found.raw.sum(0), torch.tensor(found.map)) < 1e-6
    with torch.no_grad():
        assert found.score == pytest.approx(float(theirs(x)[0, 7]), rel=1e-4)


def test_maps_come_row_by_row_and_cancel_ends_within_one_batch(tiny, x64, monkeypatch):
    monkeypatch.setattr(occlusion, "AT_ONCE", 1)  # 10 photos of this size
    heard, batches = [], []
    hook = tiny.fc.register_forward_hook(lambda _m, inputs, _o: batches.append(len(inputs[0])))
    score, how = logit(tiny, "main", 1), {"baseline": x64[1], "window": 4, "stride": 4}
    found = occlusion.occlusion(tiny, x64[0], score, **how, report=lambda *told: heard.append(told))
    # 16 rows of 18 windows, each in two batches of 9.
    assert batches == [1] + [9] * 32
    assert [told[0] for told in heard] == pytest.approx([(i + 1) / 32 for i in range(32)])
    partials = [told[1] for told in heard]
    assert [one is None for one in partials] == [True, False] * 15 + [True, True]
    first = partials[1]
    assert np.array_equal(first.map[:4], found.map[:4])
    assert first.map[:4].any()
    assert not first.map[4:].any()
    assert heard[3][2] == "window 36 of 288"
    batches.clear()

    def stop(*told):
        raise Cancel

    with pytest.raises(Cancel):
        occlusion.occlusion(tiny, x64[0], score, **how, report=stop)
    hook.remove()
    assert batches == [1, 9]


@pytest.mark.parametrize(
    ("window", "stride", "words"),
    [(65, 8, r"65 pixels is larger than what the network sees \(72 x 64\)"), (8, 9, "leaves gaps")],
)
def test_windows_that_make_no_sense(window, stride, words, tiny, x64):
    with pytest.raises(QuestionError, match=words):
        occlusion.occlusion(
            tiny,
            x64[0],
            logit(tiny, "main", 1),
            baseline=x64[1],
            window=window,
            stride=stride,
        )


# --- superpixels -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "how",
    [
        Preprocessing(height=40, width=30),
        Preprocessing(
            height=40,
            width=30,
            channels="BGR",
            scale=1.0,
            mean=(104.0, 117.0, 123.0),
            std=(1, 1, 1),
        ),
    ],
)
def test_superpixels_are_of_the_picture_that_the_network_sees(how):
    picture = oracles.photos()[2][:40, :30]
    assert np.array_equal(segments.seen(normalise(picture, how), how), picture)


@pytest.mark.parametrize("count", [4, 7, 40, 200])
def test_there_are_at_most_as_many_superpixels_as_asked_for(count):
    how = Preprocessing()
    picture = oracles.photos()[1][:224, :224]
    settings = methods.method("lime").settings({"segments": count, "compactness": 30.0})
    found = segments.segments(normalise(picture, how), how, settings)
    numbers = np.unique(found)
    assert numbers.tolist() == list(range(len(numbers)))
    assert count // 2 < len(numbers) <= count


def test_superpixels_follow_the_edges_of_the_photo():
    how = Preprocessing(height=60, width=60)
    picture = np.zeros((60, 60, 3), np.uint8)
    picture[:, 25:] = (250, 200, 40)
    settings = methods.method("lime").settings({"segments": 12})
    found = segments.segments(normalise(picture, how), how, settings)
    left, right = (np.bincount(side.ravel(), minlength=12) for side in np.hsplit(found, [25]))
    # SLIC smooths a little: next to none of a superpixel is on the other side of the edge.
    assert (np.minimum(left, right) <= 0.03 * (left + right)).all()
    even = segments.grid(60, 60, 12)
    left, right = (np.bincount(side.ravel(), minlength=12) for side in np.hsplit(even, [25]))
    assert (np.minimum(left, right) > 0.3 * (left + right)).any()


@pytest.mark.parametrize(
    ("height", "width", "count", "rows", "columns"),
    [
        (60, 60, 9, 3, 3),
        (60, 60, 11, 3, 3),
        (40, 160, 16, 2, 8),
        (3, 2, 200, 3, 2),
        (9, 9, 2, 1, 2),
    ],
)
def test_a_grid_is_nearly_square_and_even(height, width, count, rows, columns):
    found = segments.grid(height, width, count)
    assert found.shape == (height, width)
    assert found.max() + 1 == rows * columns <= count
    assert len(np.unique(found[0])) == columns
    sizes = np.bincount(found.ravel())
    assert sizes.max() <= 2 * sizes.min()


def hiding(net, photos, count=6, target=3):
    """A photo in a grid of superpixels, before another photo."""
    x, baseline = photos
    grid = segments.grid(x.shape[-2], x.shape[-1], count)
    return hidden.Hidden(net, x, baseline, grid, logit(net, "main", target), "About.")


def test_what_is_hidden_is_the_baselines(tiny, x64):
    made = hiding(tiny, x64)
    kept = np.random.default_rng(0).random((5, made.count)) < 0.5
    for row, value in zip(kept, made.scores(kept), strict=True):
        photo = x64[0].clone()
        for segment in np.flatnonzero(~row):
            photo[:, made.segments == segment] = x64[1][:, made.segments == segment]
        assert value == pytest.approx(float(made._score.of_input(tiny, photo[None])[0]), rel=1e-9)
    assert made.forwards == 5


def test_a_superpixels_value_is_spread_over_its_pixels(tiny, x64):
    made = hiding(tiny, x64)
    values = np.arange(1.0, 7.0)
    found = made.result(values, (21.5, 0.5), "So.", complete=True)
    assert found.raw.shape == (3, 64, 72)
    for segment, value in enumerate(values):
        inside = made.segments == segment
        assert found.raw[:, inside].sum() == pytest.approx(value, rel=1e-5)
        assert np.ptp(found.map[inside]) == 0
    assert found.completeness_error == pytest.approx(0, abs=1e-12)
    assert (found.note, found.score, found.baseline_score) == ("About. So.", 21.5, 0.5)


def test_feature_ablation_equals_captums(theirs, ours):
    how = Preprocessing(height=96, width=90)
    settings = methods.method("feature_ablation").settings({"regions": "grid", "segments": 9})
    array = oracles.batch(96, 90, 1)[0]
    task = attribution.Task(ours, array.numpy(), how, logit(ours, "main", 7), None, settings)
    grid = torch.tensor(segments.grid(96, 90, 9))
    black = (-oracles.MEAN / oracles.STD).expand(1, 3, 96, 90)
    with torch.no_grad():
        expected = FeatureAblation(theirs).attribute(
            array[None], baselines=black, target=7, feature_mask=grid[None, None]
        )
    explain = attribution.explainer(methods.method("feature_ablation"))
    found = explain(task, result.silent)
    assert worst(found.map * (96 * 90 // 9), expected[0, 0]) < 1e-4
    assert "9 regions (a regular grid). Baseline: black" in found.note


# --- through the lab -------------------------------------------------------------------------


def ask(lab, method, heard=None, **given):
    question = Attribution(lab.scene, method, "main", 2, parameters=tuple(sorted(given.items())))
    return attribution.answer(question, lab.lab, heard or Heard())


@pytest.mark.parametrize("name", SUPERPIXELS)
def test_the_same_seed_gives_the_same_map(name, open_lab):
    few = {"segments": 6}
    if name != "feature_ablation":
        few |= {"samples": 12, "seed": 5}
    one, again = (ask(open_lab, name, **few) for _ in range(2))
    assert np.array_equal(one.map, again.map)
    assert one.raw.shape == (3, 64, 72)
    assert one.raw.sum(0) == pytest.approx(one.map, rel=1e-5, abs=1e-9)
    assert "superpixels (SLIC)" in one.note
    if name == "feature_ablation":
        assert one.provenance.seed is None
    else:
        assert one.provenance.seed == 5
        assert not np.array_equal(one.map, ask(open_lab, name, **few | {"seed": 6}).map)


@pytest.mark.parametrize("name", ["shapley_value_sampling", "kernel_shap"])
def test_what_promises_to_add_up_does(name, open_lab):
    found = ask(open_lab, name, samples=10, segments=8, baseline="blur")
    difference = found.score - found.baseline_score
    assert found.raw.sum(dtype=np.float64) == pytest.approx(difference, abs=1e-4)
    assert found.completeness_error < 1e-4
    assert "Baseline: the photo blurred" in found.note


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("feature_ablation", {"segments": 9}),
        ("shapley_value_sampling", {"segments": 7, "samples": 3}),
        ("lime", {"segments": 7, "samples": 31}),
        ("kernel_shap", {"segments": 9, "samples": 31}),
        ("occlusion", {"window": 16, "stride": 12}),
    ],
)
def test_costs_are_at_most_what_is_said(name, given, open_lab):
    net = open_lab.lab.network(open_lab.scene.checkpoint, "jobs")
    open_lab.lab.trace(open_lab.scene, "jobs")
    passes = []
    hook = net.fc.register_forward_hook(lambda _m, inputs, _o: passes.append(len(inputs[0])))
    found = ask(open_lab, name, **given)
    hook.remove()
    cost = methods.method(name).cost(methods.method(name).settings(given))
    assert sum(passes) == found.forwards
    assert found.forwards <= cost.forwards
    assert found.backwards == cost.backwards == 0
    if name != "occlusion":
        assert found.forwards > 0.6 * cost.forwards


def test_occlusions_cost_is_that_of_224_pixels():
    settings = methods.method("occlusion").settings()
    assert methods.method("occlusion").cost(settings).forwards == 27 * 27 + 1


@pytest.mark.parametrize("name", [*SUPERPIXELS, "occlusion"])
def test_a_score_that_is_not_finite_is_explained(name, open_lab):
    score = logit(open_lab.net, "main", 1)
    broken = replace(score, read=lambda at: at[:, 1] * float("nan"))
    method = methods.method(name)
    task = attribution.Task(
        open_lab.net,
        open_lab.lab.prepare(open_lab.scene).array,
        open_lab.scene.preprocessing,
        broken,
        None,
        method.settings({"segments": 4} if name in SUPERPIXELS else {"stride": 16}),
    )
    found = attribution.explainer(method)(task, result.silent)
    assert found.degenerate == result.NOT_FINITE
