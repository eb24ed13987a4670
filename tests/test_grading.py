"""Grades against RISE's and ROAD's definitions written anew, Captum's metrics, and formulas."""

import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace
from typing import get_args

import captum.metrics
import numpy as np
import oracles
import pytest
import scipy.stats
import torch
from captum.attr import Saliency
from test_attribution import tiny_net
from torch import nn

import inception_viewer as iv
from inception_viewer import attribution_methods, grade_measures, grade_questions
from inception_viewer.analysis import answer, attribution, grading
from inception_viewer.analysis.attribution.result import Result, to_numpy
from inception_viewer.analysis.attribution.score import Score, logit, neuron
from inception_viewer.analysis.attribution.task import Task
from inception_viewer.analysis.grading import (
    erasing,
    imputation,
    infidelity,
    ordering,
    randomisation,
    road,
    sensitivity,
    similarity,
)
from inception_viewer.analysis.grading.subject import Subject
from inception_viewer.errors import QuestionError
from inception_viewer.googlenet.architecture import INPUT, LOGITS, GoogLeNet
from inception_viewer.images.decode import from_array
from inception_viewer.lab import Lab
from inception_viewer.questions import (
    Attribution,
    AttributionAnswer,
    Neuron,
    Preprocessing,
    Provenance,
    Scene,
)
from inception_viewer.runner import Cancel

HERE = Preprocessing(40, 48)


@pytest.fixture(scope="module")
def tiny():
    return tiny_net()


@pytest.fixture(scope="module")
def photo():
    """A preprocessed photo (3, 40, 48), float64."""
    return oracles.batch(40, 48, 1)[0].double().numpy()


def quiet(fraction, graded, text):
    pass


def given(question, map_, raw=None, target=0, name="thing", parameters=None, degenerate=""):
    where = Provenance("", HERE, 0.0)
    map_ = np.asarray(map_, np.float32)
    raw = map_[None] if raw is None else np.asarray(raw, np.float32)
    return AttributionAnswer(
        question, map_, raw, target, name, None, 0.0, parameters or {}, where, degenerate
    )


def subject(net, array, map_, *, method="occlusion", target=2, raw=None, seed=0, explain=None):
    question = Attribution(Scene("", "", HERE), method, target=target)
    task = Task(net, array, HERE, logit(net, "main", target), None, {})
    return Subject(task, explain, given(question, map_, raw, target), seed)


def probabilities(net, pictures):
    """The three heads are not needed here: main's softmax, (N, classes), float64."""
    with torch.no_grad():
        values = net.run({INPUT: net.transform(torch.as_tensor(pictures))}, ["fc"])["fc"]
    return torch.softmax(values, 1).numpy()


class Linear(nn.Module):
    """A network of one layer: its logits are the weights times the photo."""

    def __init__(self, shape, classes=3, seed=0):
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        weight = torch.randn(classes, *shape, generator=generator, dtype=torch.float64)
        self.weight = nn.Parameter(weight / np.sqrt(np.prod(shape)), requires_grad=False)
        self.variant = SimpleNamespace(heads=("main",), classes=classes)
        self.seen = []

    def transform(self, x):
        return x

    def run(self, known, wanted):
        self.seen.append(len(known[INPUT]))
        return {"fc": torch.einsum("nchw,kchw->nk", known[INPUT], self.weight)}


# --- descriptions ----------------------------------------------------------------------------


def test_the_descriptions_need_neither_torch_nor_qt():
    code = (
        "import sys, inception_viewer.grade_measures as m; assert m.MEASURES;"
        "print([n for n in ('torch', 'captum', 'PySide6', 'scipy') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_measure_is_described_and_computed():
    names = get_args(grade_questions.MeasureName)
    assert grade_measures.names() == names == tuple(grading.MEASURED) == iv.measures()
    for name, one in grade_measures.MEASURES.items():
        assert one.name == name
        assert one.explanation.count(". ") == 1, "two sentences"
        assert "arXiv:" in one.paper
    with pytest.raises(QuestionError, match="There is no measure “beauty”; there are deletion, "):
        grade_measures.measure("beauty")


@pytest.mark.parametrize("name", grade_measures.names())
def test_measures_cost_what_they_say(name, tiny, photo):
    runs = []

    def explain(task, report):
        runs.append(1)
        map_ = np.random.default_rng(len(runs)).normal(size=(40, 48)).astype(np.float32)
        return Result(map_[None], map_)

    passes = []
    hook = tiny.fc.register_forward_hook(lambda _m, inputs, _o: passes.append(len(inputs[0])))
    map_ = np.random.default_rng(0).normal(size=(40, 48))
    grading.MEASURED[name](subject(tiny, photo, map_, explain=explain), quiet)
    hook.remove()
    described = grade_measures.measure(name)
    assert len(runs) == described.explanations
    # 40 x 48 pixels do not divide into as many steps as 224 x 224 do.
    steps = -(-40 * 48 // -(-40 * 48 // 224))
    saved = 2 * (224 - steps) if name in ("deletion", "insertion") else 0
    assert sum(passes) == described.forwards - saved


# --- deletion and insertion ------------------------------------------------------------------


def rise(net, photo, map_, target, mode):
    """RISE's evaluation, as its paper and code describe it, step by step; curve and area."""
    pixels = photo[0].size
    step = int(np.ceil(pixels / 224))
    if mode == "deletion":
        start, finish = photo.copy(), np.zeros_like(photo)
    else:
        # The reflected tails of a Gaussian of sigma 5 about the middle of 11 pixels.
        positions = np.arange(-20, 21)
        weights = np.exp(-(positions**2) / (2 * 5.0**2))
        weights /= weights.sum()
        line = np.zeros(11)
        for offset, weight in zip(positions, weights, strict=True):
            line[np.pad(np.arange(11), 33, "symmetric")[33 + 5 + offset]] += weight
        padded = np.pad(photo, ((0, 0), (5, 5), (5, 5)))
        start, finish = np.zeros_like(photo), photo
        for row in range(11):
            for column in range(11):
                part = padded[:, row : row + photo.shape[1], column : column + photo.shape[2]]
                start = start + line[row] * line[column] * part
    order = np.argsort(-map_.ravel(), kind="stable")
    current, pictures = start.copy(), []
    for begin in range(0, pixels + step, step):
        pictures.append(current.copy())
        for index in order[begin : begin + step]:
            row, column = divmod(int(index), photo.shape[2])
            current[:, row, column] = finish[:, row, column]
    curve = probabilities(net, np.stack(pictures[: int(np.ceil(pixels / step)) + 1]))[:, target]
    return curve, (curve.sum() - curve[0] / 2 - curve[-1] / 2) / (len(curve) - 1)


@pytest.mark.parametrize("mode", ["deletion", "insertion"])
def test_deletion_and_insertion_are_rises(mode, tiny, photo):
    map_ = np.random.default_rng(1).normal(size=(40, 48)).astype(np.float32)
    curve, area = rise(tiny, photo, map_, 2, mode)
    assert np.ptp(curve) > 0.01, "the photo matters"
    found = grading.MEASURED[mode](subject(tiny, photo, map_), quiet)
    mine = found.curves["this map"]
    assert len(curve) == len(mine.y) == 214 + 1  # 1920 pixels, 9 at a time
    assert mine.y == pytest.approx(curve, abs=1e-6)
    assert (mine.x[0], mine.x[-1]) == (0, 1)
    assert found.value == mine.area == pytest.approx(area, abs=1e-9)
    chance = found.curves["a random order"]
    order = np.random.default_rng(0).permutation(40 * 48)
    shuffled = np.empty(40 * 48)
    shuffled[order] = -np.arange(40 * 48)
    expected, chance_area = rise(tiny, photo, shuffled.reshape(40, 48), 2, mode)
    assert chance.y == pytest.approx(expected, abs=1e-6)
    assert chance.area == pytest.approx(chance_area, abs=1e-9)
    assert f"is {area:.2f} on average" in found.sentence
    assert f"in a random order {chance_area:.2f}" in found.sentence


def test_a_photo_of_rises_size_takes_a_row_a_step():
    assert erasing.step_size(224 * 224) == 224


def test_the_area_is_the_trapezoid_rules():
    values = np.random.default_rng(0).random(17)
    assert erasing.area(values) == pytest.approx(np.trapezoid(values, np.linspace(0, 1, 17)))


def test_equal_values_go_in_rises_order():
    map_ = np.array([[1.0, 2.0], [2.0, 0.0]], np.float32)
    order = np.flip(np.argsort(map_.reshape(-1, 4), axis=1, kind="stable"), axis=-1)[0]
    assert list(np.argsort(ordering.by_map(map_).ravel())) == list(order) == [2, 1, 0, 3]


def test_contributions_of_a_linear_network_cannot_be_beaten():
    net = Linear((3, 20, 24), classes=2)
    photo = np.random.default_rng(0).normal(size=(3, 20, 24)) * 3
    # Of two classes the probability rises with the difference of their logits.
    parts = ((net.weight[1] - net.weight[0]).numpy() * photo).sum(0)
    best = erasing.deletion(subject(net, photo, parts, target=1), quiet)
    worst = erasing.deletion(subject(net, photo, -parts, target=1), quiet)
    others = [
        erasing.deletion(subject(net, photo, parts, target=1, seed=seed), quiet)
        for seed in range(5)
    ]
    chances = [found.curves["a random order"].area for found in others]
    assert best.value < min(chances)
    assert max(chances) < worst.value
    assert len(set(chances)) == 5
    assert "the map finds what the network needs" in best.sentence
    assert "the map does worse than chance" in worst.sentence
    assert erasing.FINE_GRAINED in worst.note
    assert best.note == ""


def test_a_class_that_is_hardly_seen_is_said():
    net = Linear((3, 20, 24), classes=2)
    photo = -20 * net.weight[1].numpy() + 20 * net.weight[0].numpy()
    found = erasing.deletion(subject(net, photo, photo.sum(0), target=1), quiet)
    assert "The network hardly sees it in this photo" in found.note


def test_two_classes_and_neurons_are_watched_by_their_own_measure(tiny, photo):
    map_ = np.random.default_rng(1).normal(size=(40, 48))
    plain = subject(tiny, photo, map_)
    task = replace(plain.task, score=logit(tiny, "main", 2, against=4))
    question = replace(plain.question, against=4)
    two = Subject(task, None, given(question, map_, target=2, name="cup against ewer"))
    values = probabilities(tiny, photo[None])[0]
    expected = values[2] / (values[2] + values[4])
    found = erasing.deletion(two, quiet)
    assert found.curves["this map"].y[0] == pytest.approx(expected, abs=1e-6)
    assert "the probability of “cup” rather than “ewer” is" in found.sentence

    wanted = Neuron("inception4a/3x3", 1)
    score = neuron(tiny, wanted, (4, 4, 5))
    question = replace(plain.question, neuron=wanted, target=None)
    unit = Subject(replace(task, score=score), None, given(question, map_, target=-1))
    found = erasing.deletion(unit, quiet)
    assert found.curves["this map"].y[0] == pytest.approx(1)
    with torch.no_grad():
        at = [
            float(tiny.run({INPUT: x}, ["inception4a/3x3"])["inception4a/3x3"][0, 1].sum())
            for x in (torch.zeros(1, 3, 40, 48).double(), torch.tensor(photo[None]))
        ]
    assert found.curves["this map"].y[-1] == pytest.approx(at[0] / at[1], abs=1e-6)
    assert "the activation of inception4a/3x3, channel 1" in found.sentence

    mute = Score("fc", lambda values: values[:, 0] * 0, "nothing")
    found = erasing.deletion(replace_score(unit, mute), quiet)
    assert np.isnan(found.value)
    assert found.sentence.startswith("The channel is silent on this photo")
    assert road.road(replace_score(unit, mute), quiet).sentence == found.sentence


def replace_score(one, score):
    return replace(one, task=replace(one.task, score=score))


# --- ROAD ------------------------------------------------------------------------------------


def densely_imputed(photo, gone):
    """Each pixel that is gone equals the weighted mean of the neighbours there are."""
    height, width = gone.shape
    places = [tuple(place) for place in np.argwhere(gone)]
    matrix, right = np.zeros((len(places), len(places))), np.zeros((len(places), len(photo)))
    for line, (row, column) in enumerate(places):
        total = 0.0
        for down in (-1, 0, 1):
            for across in (-1, 0, 1):
                place = row + down, column + across
                inside = 0 <= place[0] < height and 0 <= place[1] < width
                if not inside or (down, across) == (0, 0):
                    continue
                weight = 2.0 if 0 in (down, across) else 1.0
                total += weight
                if gone[place]:
                    matrix[line, places.index(place)] -= weight
                else:
                    right[line] += weight * photo[:, place[0], place[1]]
        matrix[line, line] += total
    filled = photo.copy()
    for place, values in zip(places, np.linalg.solve(matrix, right), strict=True):
        filled[:, place[0], place[1]] = values
    return filled


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_imputation_equals_a_dense_solve(share, monkeypatch):
    generator = np.random.default_rng(3)
    photo, gone = generator.normal(size=(3, 11, 14)), generator.random((11, 14)) < share
    gone[0, 0] = gone[0, 1] = gone[-1, 5] = True  # a corner and edges
    monkeypatch.setattr(imputation, "NOISE", 0.0)
    filled = imputation.imputed(photo, gone, 0)
    assert filled == pytest.approx(densely_imputed(photo, gone), abs=1e-12)


def test_holes_in_a_slope_are_filled_by_the_slope(monkeypatch):
    monkeypatch.setattr(imputation, "NOISE", 0.0)
    rows, columns = np.mgrid[:40, :50]
    photo = np.stack([2.0 * rows - columns, 0 * rows + 7.0, columns / 3])
    gone = np.zeros((40, 50), bool)
    gone[5:35, 4:46] = True
    assert imputation.imputed(photo, gone, 0) == pytest.approx(photo, abs=1e-9)


def test_noise_is_small_by_seed_and_in_the_holes_only():
    generator = np.random.default_rng(3)
    photo, gone = 5 * generator.normal(size=(3, 60, 60)), generator.random((60, 60)) < 0.5
    one, same, other = (imputation.imputed(photo, gone, seed) for seed in (0, 0, 1))
    assert np.array_equal(one, same)
    assert np.array_equal(one[:, ~gone], photo[:, ~gone])
    difference = (one - other)[:, gone]
    assert difference.std() == pytest.approx(0.01 * photo.std() * np.sqrt(2), rel=0.05)


def test_road_is_its_definition(monkeypatch):
    monkeypatch.setattr(imputation, "NOISE", 0.0)
    net = Linear((3, 12, 15), classes=3)
    generator = np.random.default_rng(0)
    photo, map_ = 4 * generator.normal(size=(3, 12, 15)), generator.normal(size=(12, 15))
    found = road.road(subject(net, photo, map_, target=1), quiet)
    order, means = np.argsort(-map_.ravel()), []
    for name, sequence in (("most", order), ("least", order[::-1])):
        values = []
        for tenths in range(1, 10):
            gone = np.zeros(180, bool)
            gone[sequence[: 18 * tenths]] = True
            filled = densely_imputed(photo, gone.reshape(12, 15))
            values.append(probabilities(net, filled[None])[0, 1])
        means.append(np.mean(values))
        drawn = found.curves[f"{name} relevant first"]
        assert drawn.x == pytest.approx(np.arange(10) / 10)
        assert drawn.y[1:] == pytest.approx(values, abs=1e-6)
        assert drawn.y[0] == pytest.approx(probabilities(net, photo[None])[0, 1], abs=1e-6)
    assert found.value == pytest.approx((means[1] - means[0]) / 2, abs=1e-12)
    assert len(found.curves["a random order"].y) == 10


def test_road_knows_a_good_map_from_a_bad_one():
    net = Linear((3, 40, 40), classes=2)
    difference = (net.weight[1] - net.weight[0]).numpy()
    photo = np.random.default_rng(0).normal(size=(3, 40, 40)) * 2
    photo[:, 10:20, 10:20] += 12 * difference[:, 10:20, 10:20] * 40
    parts = (difference * photo).sum(0)
    right = road.road(subject(net, photo, parts, target=1), quiet)
    wrong = road.road(subject(net, photo, -parts, target=1), quiet)
    assert right.value == pytest.approx(-wrong.value, abs=1e-6)
    assert right.value > road.TELLING
    assert "tells what matters from what does not" in right.sentence
    assert "the wrong way round" in wrong.sentence


# --- infidelity ------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["occlusion", "saliency"])
def test_infidelity_equals_captums(method, tiny, photo, monkeypatch):
    monkeypatch.setattr(infidelity, "SQUARES", 24)
    generator = np.random.default_rng(2)
    raw = generator.normal(size=photo.shape).astype(np.float32)
    one = subject(tiny, photo, raw.sum(0), method=method, raw=raw, seed=5)
    hidden = torch.from_numpy(infidelity.squares((40, 48), 24, 5))[:, None]

    def perturb(inputs):
        assert len(inputs) == 24
        lost = hidden.expand_as(inputs)
        perturbation = inputs * lost if method == "saliency" else lost.double()
        return perturbation, inputs * ~lost

    def forward(x):
        return tiny.run({INPUT: x}, ["fc"])["fc"][:, 2]

    expected = captum.metrics.infidelity(
        forward,
        perturb,
        torch.tensor(photo[None]),
        torch.tensor(raw[None]).double(),
        n_perturb_samples=24,
        normalize=True,
    )
    found = infidelity.infidelity(one, quiet)
    assert found.value == pytest.approx(float(expected), rel=1e-5)


def test_a_map_that_adds_up_foretells_everything():
    net = Linear((3, 40, 44))
    photo = np.random.default_rng(0).normal(size=(3, 40, 44))
    weight = net.weight[1].numpy()
    exact = infidelity.infidelity(subject(net, photo, (weight * photo).sum(0), target=1), quiet)
    slope = infidelity.infidelity(
        subject(net, photo, weight.sum(0), method="saliency", raw=weight, target=1), quiet
    )
    any_ = np.random.default_rng(1).normal(size=(40, 44))
    chance = infidelity.infidelity(subject(net, photo, any_, target=1), quiet)
    assert exact.value < 1e-10
    assert slope.value < 1e-10
    assert chance.value > 0.01
    assert "The map foretells 100% of" in exact.sentence
    assert "it says well how much things matter" in slope.sentence
    assert "do not read amounts from it" in chance.sentence
    # Squares that change nothing leave nothing to foretell.
    blank = infidelity.infidelity(subject(net, photo * 0, any_, target=1), quiet)
    assert blank.value == 0
    assert "nothing to foretell" in blank.note


def test_slopes_are_known_by_their_method_and_their_signs(tiny, photo):
    raw = np.random.default_rng(0).normal(size=photo.shape)

    def is_slope(method, raw, **parameters):
        one = subject(tiny, photo, raw.sum(0), method=method, raw=raw)
        return infidelity._is_slope(replace(one, answer=replace(one.answer, parameters=parameters)))

    assert is_slope("saliency", raw)
    assert is_slope("smooth_grad", raw, of="saliency")
    assert not is_slope("smooth_grad", raw, of="integrated_gradients")
    assert not is_slope("smooth_grad_squared", raw**2, of="saliency")
    assert not is_slope("layer_grad_cam", raw[:, :7, :7])
    assert set(attribution_methods.names()) >= infidelity.SLOPES


def test_squares_lie_within_the_photo_and_differ_in_size():
    hidden = infidelity.squares((64, 72), 300, 0)
    sides = np.sqrt(hidden.sum((1, 2)))
    assert sides == pytest.approx(np.round(sides))
    assert (sides.min(), sides.max()) == (4, 21)  # 64 / 16 and 64 / 3
    assert hidden.any(0).mean() > 0.95, "hardly a pixel is never hidden"
    assert not np.array_equal(hidden, infidelity.squares((64, 72), 300, 1))


# --- sensitivity -----------------------------------------------------------------------------


def saliency(net, target):
    def explain(task, report):
        report(0.5, None, "")
        x = task.received(task.array)[None].requires_grad_()
        (found,) = torch.autograd.grad(task.score.of_input(task.net, x)[0], x)
        return Result(to_numpy(found[0]), to_numpy(found[0].sum(0)))

    return explain


def test_sensitivity_equals_captums(tiny, photo):
    explain = saliency(tiny, 2)
    one = subject(tiny, photo, np.zeros((40, 48)), seed=3, explain=explain)
    raw = explain(one.task, quiet).raw
    one = subject(tiny, photo, raw.sum(0), raw=raw, seed=3, explain=explain)
    generator = np.random.default_rng(3)
    noisy = [sensitivity.changed(one, generator) for _ in range(10)]

    def perturb(inputs):
        return torch.tensor(np.stack(noisy))

    theirs = Saliency(lambda x: tiny.run({INPUT: x}, ["fc"])["fc"])

    def explanation(inputs):
        (x,) = inputs if isinstance(inputs, tuple) else (inputs,)
        return (theirs.attribute(x.requires_grad_(), target=2, abs=False),)

    expected = captum.metrics.sensitivity_max(
        explanation,
        torch.tensor(photo[None]),
        perturb,
        n_perturb_samples=10,
    )
    found = sensitivity.sensitivity_max(one, quiet)
    assert found.value == pytest.approx(float(expected), rel=1e-5)
    assert found.value > 0.01


def test_pixels_change_by_a_grey_level_whatever_the_preprocessing(tiny, photo):
    one = subject(tiny, photo, np.zeros((40, 48)))
    for made in (HERE, Preprocessing(scale=1.0, mean=(104, 117, 123), std=(1.0, 1.0, 1.0))):
        changed_ = sensitivity.changed(
            replace(one, task=replace(one.task, preprocessing=made)), np.random.default_rng(0)
        )
        levels = (changed_ - photo) * np.array(made.std).reshape(3, 1, 1) / made.scale
        assert levels.max() == pytest.approx(1 if made.scale == 1 else 1 / 255 * 255, rel=1e-2)
        assert levels.min() == pytest.approx(-1, rel=1e-2)


def test_slopes_of_a_linear_network_are_steady():
    net = Linear((3, 20, 24))
    photo = np.random.default_rng(0).normal(size=(3, 20, 24))
    weight = net.weight[2].numpy()
    one = subject(net, photo, weight.sum(0), raw=weight, explain=saliency(net, 2))
    found = sensitivity.sensitivity_max(one, quiet)
    assert found.value < 1e-6
    assert "change by less than 1% of their size: the map is steady." in found.sentence

    def fickle(task, report):
        raw = to_numpy(torch.tensor(weight) * (1 if np.array_equal(task.array, photo) else -1))
        return Result(raw, raw.sum(0))

    found = sensitivity.sensitivity_max(replace(one, explain=fickle), quiet)
    assert found.value == pytest.approx(2)
    assert "up to 200% of their size" in found.sentence


# --- parameter randomisation -----------------------------------------------------------------


def test_a_map_that_ignores_the_weights_stays_as_it_is(tiny, photo):
    map_ = np.random.default_rng(0).normal(size=(40, 48)).astype(np.float32)
    one = subject(tiny, photo, map_, explain=lambda task, report: Result(map_[None], map_))
    found = randomisation.randomisation(one, quiet)
    assert found.value == pytest.approx(1)
    for drawn in found.curves.values():
        assert drawn.y == pytest.approx(np.ones(13))
    assert "it would look like this whatever the network had learnt" in found.sentence


def test_a_map_of_the_top_layers_weights_falls_at_once(tiny, photo):
    def explain(task, report):
        weights = task.net.fc.linear.weight[2].repeat(40 * 48)[: 40 * 48]
        map_ = to_numpy(weights.reshape(40, 48))
        return Result(map_[None], map_)

    map_ = explain(SimpleNamespace(net=tiny), None).map
    found = randomisation.randomisation(subject(tiny, photo, map_, explain=explain), quiet)
    assert found.curves["rank correlation"].y[0] < 0.9
    assert len(set(found.curves["rank correlation"].y)) == 1, "nothing else matters to it"
    assert found.labels == (
        *("fc", "inception5b", "inception5a", "inception4e", "inception4d", "inception4c"),
        *("inception4b", "inception4a", "inception3b", "inception3a"),
        *("conv2", "conv2/reduce", "conv1"),
    )
    assert found.curves["rank correlation"].x == pytest.approx(np.arange(1, 14) / 13)


def test_the_networks_own_weights_are_never_touched(tiny, photo):
    before = {name: (value.data_ptr(), value.clone()) for name, value in tiny.state_dict().items()}
    seen = []

    def explain(task, report):
        seen.append(task.net)
        return saliency(task.net, 2)(task, report)

    raw = saliency(tiny, 2)(subject(tiny, photo, np.zeros((40, 48))).task, quiet).raw
    one = subject(tiny, photo, raw.sum(0), raw=raw, explain=explain)
    found = randomisation.randomisation(one, quiet)
    for name, value in tiny.state_dict().items():
        assert value.data_ptr() == before[name][0]
        assert torch.equal(value, before[name][1])
    assert found.value < 0.7
    assert abs(found.curves["rank correlation"].y[-1]) < 0.3
    # The cascade: whatever was shuffled stays so, and what is below is the lab's own.
    layers = list(randomisation.stages(one.task).values())
    for place, net in enumerate(seen):
        done = {unit for units in layers[: place + 1] for unit in units}
        for step in tiny.steps:
            for name, mine in step.module.named_parameters() if step.module else ():
                other = net.by_name[step.name].module.get_parameter(name)
                if step.name not in done:
                    assert other.data_ptr() == mine.data_ptr()
                    continue
                assert torch.equal(other.flatten().sort().values, mine.flatten().sort().values)
                assert mine.numel() < 8 or not torch.equal(other, mine)
                if place:
                    earlier = seen[place - 1].by_name[step.name].module.get_parameter(name)
                    fresh = step.name in layers[place]
                    assert (other.data_ptr() == earlier.data_ptr()) is not fresh


def test_stages_are_what_lies_on_the_way(tiny, photo):
    one = subject(tiny, photo, np.zeros((40, 48)))
    deep = ("inception3b", "inception3a", "conv2", "conv2/reduce", "conv1")

    def stages(score, through=None):
        return randomisation.stages(replace(one.task, score=score, answer_score=through))

    first = stages(logit(tiny, "aux1", 0))
    assert tuple(first) == ("aux1/fc2", "aux1/fc1", "aux1/conv", "inception4a", *deep)
    assert sorted(unit.split("/")[1] for unit in first["inception4a"]) == [
        *("1x1", "3x3", "3x3_reduce", "5x5", "5x5_reduce", "pool_proj")
    ]
    inner = stages(neuron(tiny, Neuron("inception4a/3x3", 0), (4, 4, 5)))
    assert tuple(inner) == ("inception4a", *deep)
    assert sorted(inner["inception4a"]) == ["inception4a/3x3", "inception4a/3x3_reduce"]
    both = stages(neuron(tiny, Neuron("conv2", 0), (4, 4, 5)), logit(tiny, "main", 0))
    assert len(both) == 13


def test_a_map_that_goes_blank_counts_as_lost(tiny, photo):
    map_ = np.random.default_rng(0).normal(size=(40, 48)).astype(np.float32)
    blank = np.zeros_like(map_)
    one = subject(tiny, photo, map_, explain=lambda task, report: Result(blank[None], blank))
    found = randomisation.randomisation(one, quiet)
    assert found.value == 0
    assert found.note == "The map is blank once the weights down to fc are shuffled."


def test_steps_are_not_doubled_for_shuffled_networks(tiny, photo):
    seen = []

    def explain(task, report):
        seen.append(dict(task.settings))
        return Result(map_[None], map_)

    map_ = np.random.default_rng(0).normal(size=(40, 48)).astype(np.float32)
    one = subject(tiny, photo, map_, explain=explain)
    settings = {"adapt": "on", "steps": 7}
    randomisation.randomisation(replace(one, task=replace(one.task, settings=settings)), quiet)
    assert seen == [{"adapt": "off", "steps": 7}] * 13


def test_likenesses_are_spearmans_and_wangs():
    generator = np.random.default_rng(0)
    one = generator.normal(size=(20, 24)).astype(np.float32).round(1)  # with equal values
    other = (one + generator.normal(size=(20, 24))).astype(np.float32).round(1)
    expected = scipy.stats.spearmanr(one.ravel(), other.ravel()).statistic
    assert similarity.rank_correlation(one, other) == pytest.approx(expected)
    assert similarity.rank_correlation(one, one * 0) == 0
    a, b = (v.astype(np.float64) / np.abs(v).max() for v in (one, other))
    values = []
    for row in range(20 - 6):
        for column in range(24 - 6):
            x, y = (v[row : row + 7, column : column + 7].ravel() for v in (a, b))
            cov = np.cov(x, y)
            c1, c2 = (0.01 * 2) ** 2, (0.03 * 2) ** 2
            bright = (2 * x.mean() * y.mean() + c1) / (x.mean() ** 2 + y.mean() ** 2 + c1)
            values.append(bright * (2 * cov[0, 1] + c2) / (cov[0, 0] + cov[1, 1] + c2))
    assert similarity.structure(one, other) == pytest.approx(np.mean(values), abs=1e-9)


# --- progress, cancelling, seeds -------------------------------------------------------------


def count_passes(monkeypatch, passes):
    """Note the photos of every pass, of twins too."""
    run = GoogLeNet.run

    def counted(net, known, *rest):
        passes.append(len(known[INPUT]))
        return run(net, known, *rest)

    monkeypatch.setattr(GoogLeNet, "run", counted)


def noisy_explain(task, report):
    report(0.5, None, "half")
    return saliency(task.net, 2)(task, report)


@pytest.mark.parametrize("name", grade_measures.names())
def test_measures_report_and_can_be_cancelled(name, tiny, photo, monkeypatch):
    monkeypatch.setattr("inception_viewer.analysis.grading.subject.batch_size", lambda *_, **__: 20)
    map_ = np.random.default_rng(0).normal(size=(40, 48)).astype(np.float32)
    one = subject(tiny, photo, map_, explain=noisy_explain)
    seen, passes = [], []
    count_passes(monkeypatch, passes)
    found = grading.MEASURED[name](
        one, lambda fraction, graded, text: seen.append((fraction, graded, text))
    )
    fractions = [fraction for fraction, _, _ in seen]
    assert fractions == sorted(fractions)
    assert fractions[0] >= 0
    assert fractions[-1] <= 1 + 1e-9
    assert len(seen) >= len(passes)
    assert max(passes) <= 20
    for _, graded, _ in seen:
        for label, drawn in (graded.curves if graded else {}).items():
            whole = found.curves[label]
            assert np.array_equal(drawn.y, whole.y[: len(drawn.y)])
            assert np.array_equal(drawn.x, whole.x[: len(drawn.x)])

    passes.clear()
    count = 0

    def stop(fraction, graded, text):
        nonlocal count
        count += 1
        if count == 4:
            raise Cancel

    with pytest.raises(Cancel):
        grading.MEASURED[name](one, stop)
    assert len(passes) <= 4, "not one pass after the word"
    again = grading.MEASURED[name](one, quiet)
    assert again.value == found.value
    assert again.sentence == found.sentence
    for label, drawn in found.curves.items():
        assert np.array_equal(drawn.y, again.curves[label].y)
        assert not drawn.y.flags.writeable
    other = grading.MEASURED[name](replace(one, seed=1), quiet)
    label = "a random order"
    if label in found.curves:
        assert not np.array_equal(found.curves[label].y, other.curves[label].y)
    else:
        assert other.value != found.value


# --- the whole way ---------------------------------------------------------------------------

SMALL = Preprocessing(64, 64, short_side=64)


class Telling:
    lane = "live"

    def __init__(self):
        self.seen = []

    def __call__(self, fraction, answer=None, text=""):
        self.seen.append((fraction, answer, text))


@pytest.fixture(scope="module")
def opened(checkpoint, picture):
    lab = Lab()
    info = lab.open_checkpoint(checkpoint)
    image = lab.add_image(from_array(picture))
    return lab, Scene(info.fingerprint, image.id, SMALL)


def test_grades_begin_with_the_map_that_is_known(opened, monkeypatch):
    lab, scene = opened
    question = Attribution(scene, "layer_grad_cam", target=3)
    asked = []
    explained = attribution.answer
    monkeypatch.setattr(attribution, "answer", lambda *a: asked.append(1) or explained(*a))
    progress = Telling()
    found = answer(grade_questions.Grade(question, "road", 7), lab, progress)
    answer(grade_questions.Grade(question, "infidelity"), lab, Telling())
    assert len(asked) == 1
    assert found.provenance.seed == 7
    assert found.provenance.preprocessing == SMALL
    assert not found.partial
    fractions = [fraction for fraction, _, _ in progress.seen]
    assert fractions == sorted(fractions)
    partials = [partial for _, partial, _ in progress.seen if partial]
    assert partials
    assert all(partial.partial and partial.question == found.question for partial in partials)
    # The same numbers without the lab.
    task, explain = attribution.task_of(question, lab, progress)
    expected = road.road(Subject(task, explain, explained(question, lab, progress), 7), quiet)
    assert found.value == expected.value

    lab.forget_image("another")
    assert lab.attributions.get(question) is not None
    answer(question, lab, Telling())
    kept = lab.attributions.get(question)
    assert kept is not None
    lab.attributions.forget()
    assert lab.attributions.get(question) is None


def test_what_the_window_attributed_is_graded_as_it_is(opened, monkeypatch):
    lab, scene = opened
    question = Attribution(scene, "saliency", target=1)
    answer(question, lab, Telling())
    monkeypatch.setattr(attribution, "answer", None)
    found = answer(grade_questions.Grade(question, "infidelity"), lab, Telling())
    assert np.isfinite(found.value)


def test_a_map_that_should_not_be_read_is_not_graded(opened):
    lab, scene = opened
    question = Attribution(scene, "saliency", target=2)
    zeros = np.zeros((64, 64))
    lab.attributions.put(question, given(question, zeros, degenerate="The map is zero."))
    found = answer(grade_questions.Grade(question, "deletion"), lab, Telling())
    assert np.isnan(found.value)
    assert found.sentence == "The map is zero."
    assert found.curves == {}


def test_the_public_function_gives_the_same_number(checkpoint, picture, opened):
    lab, scene = opened
    net = iv.load(checkpoint)
    asked = {"method": "layer_grad_cam", "target": "thing d", "preprocessing": SMALL}
    found = iv.grade(net, picture, measure="road", measure_seed=7, **asked)
    question = Attribution(scene, "layer_grad_cam", target=3)
    expected = answer(grade_questions.Grade(question, "road", 7), lab, Telling())
    assert found.value == expected.value
    assert len(net._lab.attributions) == 0, "the photo is let go, and its maps with it"
    with pytest.raises(QuestionError, match="There is no measure “beauty”"):
        iv.grade(net, picture, measure="beauty", **asked)
    with pytest.raises(QuestionError, match="There is no method “magic”"):
        iv.grade(net, picture, method="magic")


def test_every_kind_of_method_can_be_graded(opened):
    lab, scene = opened
    kinds = (
        Attribution(scene, "smooth_grad", target=3, parameters=(("samples", 2),)),
        Attribution(
            scene, "layer_conductance", target=3, parameters=(("adapt", "off"), ("steps", 2))
        ),
        Attribution(scene, "neuron_gradient", neuron=Neuron("inception4a/3x3", 18)),
        Attribution(scene, "saliency", head="aux1", target=3, against=4),
    )
    for question in kinds:
        for measure in ("road", "sensitivity_max", "randomisation"):
            found = answer(grade_questions.Grade(question, measure), lab, Telling())
            assert np.isfinite(found.value), (question.method, measure)
    assert LOGITS["aux1"] in found.labels
