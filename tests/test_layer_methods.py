"""Attributions of a unit: against Captum, finite differences, and what has to add up."""

import copy
from dataclasses import replace

import numpy as np
import oracles
import pytest
import torch
from captum.attr import (
    InternalInfluence,
    LayerConductance,
    LayerGradientXActivation,
    LayerIntegratedGradients,
)
from test_attribution import (
    TINY,
    Heard,
    TorchvisionHead,
    from_torchvision,
    open_lab,
    tiny_net,
    worst,
)

from inception_viewer import attribution_methods as methods
from inception_viewer.analysis import attribution
from inception_viewer.analysis.attribution import (
    integrated_gradients,
    layer_once,
    layer_paths,
    onward,
    rates,
    result,
)
from inception_viewer.analysis.attribution.layer_paths import Way
from inception_viewer.analysis.attribution.score import logit, neuron
from inception_viewer.errors import QuestionError
from inception_viewer.googlenet import variants
from inception_viewer.googlenet.architecture import INPUT, LOGITS, fold, initialise
from inception_viewer.questions import Attribution, Neuron
from inception_viewer.runner import Cancel

__all__ = ["open_lab"]
LAYER_METHODS = tuple(name for name, method in methods.METHODS.items() if method.needs_unit)
PATH_METHODS = ("layer_conductance", "layer_internal_influence", "layer_integrated_gradients")
BRANCHES = ("1x1", "3x3", "5x5", "pool_proj")


@pytest.fixture(scope="module")
def tiny():
    return tiny_net()


@pytest.fixture(scope="module")
def x64():
    """What conv1 receives: two photos (3, 64, 72), float64."""
    return oracles.batch(64, 72, 2).double()


@pytest.fixture(scope="module")
def theirs():
    return oracles.torchvision_net(classes=20).double().requires_grad_(False)


@pytest.fixture(scope="module")
def ours(theirs):
    return fold(from_torchvision(copy.deepcopy(theirs)))


@pytest.fixture(scope="module")
def photo():
    """A photo as torchvision's network wants it, and black, (1, 3, 96, 96), float64."""
    x = oracles.batch(96, 96, 1).double()
    return x, (-oracles.MEAN / oracles.STD).double().expand_as(x).contiguous()


def total(found):
    return found.raw.sum(dtype=np.float64)


def way_of(net, photos, head="main", target=3):
    x, baseline = photos
    return Way(net, logit(net, head, target), baseline, x)


def torchvision_way(net, photo, head="main"):
    x, black = (net.transform(picture)[0] for picture in photo)
    return Way(net, logit(net, head, 7), black, x)


UNITS = [
    ("inception4c", "inception4c", "main"),
    ("inception4e/3x3", "inception4e.branch2.1", "main"),
    ("inception3b", "inception3b", "aux1"),
    ("pool3", "maxpool3", "main"),
]


def captums(method, theirs, layer, head):
    return method(
        theirs if head == "main" else TorchvisionHead(theirs, head), theirs.get_submodule(layer)
    )


# --- rates of change -------------------------------------------------------------------------


@pytest.mark.parametrize("family", ["paper", "torchvision", "lrn", "5h"])
def test_rates_are_those_of_finite_differences(family, x64):
    made = {
        "paper": variants.paper(5),
        "torchvision": variants.torchvision(5),
        "lrn": variants.paper(5, batch_norm=False),
        "5h": variants.inception5h(5),
    }[family]
    net = initialise(replace(made, table=TINY), 1)
    oracles.randomise(net, 1)
    if made.batch_norm_eps is not None:
        oracles.calibrate(net)
    net = net.double().eval().requires_grad_(False)
    units = [
        "conv1",
        "pool1",
        "lrn1",
        "pool2",
        "inception4a",
        "inception4d/pool",
        "inception5b",
        "aux1/conv",
    ]
    units = [unit for unit in units if unit in net.by_name]
    # Noise, so that there are no even areas: where a pool has two equal maxima it has no rate.
    x = x64 + 0.01 * torch.randn(x64.shape, generator=torch.Generator().manual_seed(0))
    step, rate = 1e-9, (x64[0] - x64[1])[None]
    found = rates.moving(net, x, rate, units)
    with torch.no_grad():
        after, before = (net.run({INPUT: x + sign * step * rate}, units) for sign in (1, -1))
        here = net.run({INPUT: x}, units)
    for unit in units:
        assert worst(found[unit].value, here[unit]) < 1e-12
        assert worst(found[unit].rate, (after[unit] - before[unit]) / (2 * step)) < 1e-4, unit


# --- conductance -----------------------------------------------------------------------------


@pytest.mark.parametrize("unit", ["conv1", "pool2", "inception3b", "inception4d", "inception5b"])
def test_a_module_carries_what_integrated_gradients_add_up_to(unit, tiny, x64):
    way = way_of(tiny, x64)
    whole = integrated_gradients.integrated_gradients(
        tiny, way.end, way.score, baseline=way.start, steps=7
    )
    found = layer_paths.conductance(way, unit, steps=7)
    assert total(found) == pytest.approx(total(whole), rel=1e-4)
    assert found.completeness_error == pytest.approx(whole.completeness_error, rel=1e-9)
    assert (found.score, found.baseline_score) == pytest.approx((whole.score, whole.baseline_score))
    assert found.map.shape == (64, 72)


def test_the_four_branches_add_up_to_their_module(tiny, x64, monkeypatch):
    monkeypatch.setattr(methods.parameters, "MAX_STEPS", 12)
    way = way_of(tiny, x64)
    for module in ("inception3a", "inception4c", "inception5b"):
        whole = layer_paths.conductance(way, module, steps=9, adapt=True)
        parts = [
            layer_paths.conductance(way, f"{module}/{b}", steps=9, adapt=True) for b in BRANCHES
        ]
        together = np.concatenate([part.raw for part in parts])
        assert np.abs(together - whole.raw).max() < 1e-6 * np.abs(whole.raw).max()
        assert [part.completeness_error for part in parts] == [None] * 4
        assert {part.forwards for part in parts} == {whole.forwards}, "all take the same steps"
        for branch, part in zip(BRANCHES, parts, strict=True):
            carried = f"{module}/{branch} carries {total(part):+.3g} of the"
            assert carried in part.note


def test_conductance_is_the_gradient_times_the_rate_of_change(tiny, x64):
    """By the definition: at each point a gradient, and a finite difference of the unit."""
    way, unit, step = way_of(tiny, x64, "aux2", 1), "inception4b/5x5", 1e-6
    points, weights = integrated_gradients.gauss_legendre(5)
    expected = 0
    for point, weight in zip(points, weights, strict=True):
        near = [x64[1] + at * (x64[0] - x64[1]) for at in (point, point + step, point - step)]
        here, after, before = tiny.run({INPUT: torch.stack(near)}, [unit])[unit]

        def instead(name, value, here=here):
            return here[None].requires_grad_() if name == unit else value

        values = tiny.run({INPUT: near[0][None]}, [unit, LOGITS["aux2"]], instead)
        (gradient,) = torch.autograd.grad(values[LOGITS["aux2"]][0, 1], values[unit])
        expected = expected + weight * gradient[0] * (after - before) / (2 * step)
    assert worst(layer_paths.conductance(way, unit, steps=5).raw, expected) < 1e-4


@pytest.mark.parametrize(("unit", "layer", "head"), UNITS)
def test_conductance_approaches_captums(unit, layer, head, theirs, ours, photo):
    """Captum's differences from point to point become rates as the points become many.

    On a short way, because it takes many: the gradient jumps with every ReLU that switches.
    """
    near = photo[0], photo[0] * 0.9 + photo[1] * 0.1
    exact = layer_paths.conductance(torchvision_way(ours, near, head), unit, steps=40)
    distances = []
    for steps in (6, 40):
        expected = captums(LayerConductance, theirs, layer, head).attribute(
            *near, target=7, n_steps=steps, internal_batch_size=20
        )[0]
        distances.append(float(np.linalg.norm(exact.raw - expected.detach().numpy())))
    size = np.linalg.norm(exact.raw)
    assert distances[1] < 0.15 * size
    assert distances[1] < 0.5 * distances[0]


# --- internal influence, integrated gradients, gradient times activation ----------------------


@pytest.mark.parametrize(("unit", "layer", "head"), UNITS)
def test_internal_influence_equals_captums(unit, layer, head, theirs, ours, photo):
    x, black = photo
    expected = captums(InternalInfluence, theirs, layer, head).attribute(
        x, black, target=7, n_steps=11, internal_batch_size=11
    )[0]
    found = layer_paths.internal_influence(torchvision_way(ours, photo, head), unit, steps=11)
    assert worst(found.raw, expected.detach()) < 1e-5
    assert found.completeness_error is None


@pytest.mark.parametrize(("unit", "layer", "head"), UNITS)
def test_layer_integrated_gradients_equal_captums(unit, layer, head, theirs, ours, photo):
    x, black = photo
    expected = captums(LayerIntegratedGradients, theirs, layer, head).attribute(
        x, black, target=7, n_steps=11, internal_batch_size=11
    )[0]
    found = layer_paths.layer_integrated_gradients(
        torchvision_way(ours, photo, head), unit, steps=11
    )
    assert worst(found.raw, expected.detach()) < 1e-5


def test_a_branch_adds_up_to_what_its_own_change_adds(tiny, x64):
    unit, way = "inception4c/3x3", way_of(tiny, x64)
    was = tiny.run({INPUT: x64[1:]}, [unit])[unit]

    def as_before(name, value):
        return was if name == unit else value

    without = tiny.run({INPUT: x64[:1]}, ["fc"], as_before)["fc"][0, 3]
    found = layer_paths.layer_integrated_gradients(way, unit, steps=200)
    assert found.baseline_score == pytest.approx(float(without), rel=1e-9)
    gap = abs(total(found) - (found.score - found.baseline_score))
    error = gap / max(abs(found.score - found.baseline_score), 0.1)
    assert found.completeness_error == pytest.approx(error, rel=1e-3, abs=1e-6)
    assert error < 0.05


@pytest.mark.parametrize(("unit", "layer", "head"), UNITS)
def test_gradient_times_activation_equals_captums(unit, layer, head, theirs, ours, photo):
    expected = captums(LayerGradientXActivation, theirs, layer, head).attribute(photo[0], target=7)[
        0
    ]
    found = explained("layer_gradient_x_activation", torchvision_way(ours, photo, head), unit)
    assert worst(found.raw, expected.detach()) < 1e-6
    assert (found.forwards, found.backwards) == (1, 1)


class Reports:
    """Keeps what it is told."""

    def __init__(self):
        self.told = []

    def __call__(self, *told):
        self.told.append(told)


def explained(name, way, unit, **given):
    """Compute a method as the lab does, from what conv1 receives on."""
    net = copy.copy(way.net)
    net.transform = lambda x: way.end[None]
    method = methods.method(name)
    task = attribution.Task(
        net, np.zeros((3, 8, 8), np.float32), None, way.score, unit, method.settings(given)
    )
    return attribution.explainer(method)(task, result.silent)


@pytest.mark.parametrize("name", ["layer_conductance", "layer_integrated_gradients"])
def test_steps_double_until_the_error_is_small(name, tiny, x64, monkeypatch):
    function = {
        "layer_conductance": layer_paths.conductance,
        "layer_integrated_gradients": layer_paths.layer_integrated_gradients,
    }[name]
    way = way_of(tiny, x64)
    errors = {n: function(way, "inception3b", steps=n).completeness_error for n in (2, 4, 8, 16)}
    enough = min(errors, key=errors.get)
    assert enough > 2
    for module in (layer_paths, integrated_gradients):
        monkeypatch.setattr(module, "TOLERANCE", errors[enough])
    adapted = function(way, "inception3b", steps=2, adapt=True)
    assert np.array_equal(adapted.raw, function(way, "inception3b", steps=enough).raw)
    assert f"{enough} steps were needed" in adapted.note


def test_partial_maps_of_a_path_are_estimates_of_the_whole(tiny, x64, monkeypatch):
    monkeypatch.setattr(layer_paths, "batch_size", lambda *_, **__: 4)
    for function in (
        layer_paths.conductance,
        layer_paths.internal_influence,
        layer_paths.layer_integrated_gradients,
    ):
        heard = Reports()
        found = function(way_of(tiny, x64), "inception4a", steps=40, report=heard)
        assert len(heard.told) == 10
        assert heard.told[-1][:2] == (pytest.approx(1), None)
        gaps = [np.linalg.norm(told[1].raw - found.raw) for told in heard.told[:-1]]
        assert gaps[-1] < 0.3 * gaps[0]
        assert gaps[4] < np.linalg.norm(found.raw), "half of the points tell something"


@pytest.mark.parametrize("name", [*PATH_METHODS, "layer_ablation"])
def test_cancelling_ends_within_one_batch(name, open_lab, monkeypatch):
    monkeypatch.setattr(layer_paths, "batch_size", lambda *_, **__: 3)
    monkeypatch.setattr(layer_once, "batch_size", lambda *_, **__: 3)
    net = open_lab.lab.network(open_lab.scene.checkpoint, "jobs")
    passes = []
    hook = net.fc.register_forward_hook(lambda _m, inputs, _o: passes.append(len(inputs[0])))

    class Stop(Heard):
        def __call__(self, *_, **__):
            raise Cancel

    question = Attribution(open_lab.scene, name, "main", 2, "inception4a")
    with pytest.raises(Cancel):
        attribution.answer(question, open_lab.lab, Stop())
    hook.remove()
    assert passes[-1] == 3
    assert sum(passes) <= 2 + 3


# --- DeepLift, LRP ----------------------------------------------------------------------------


@pytest.mark.parametrize("module", ["inception3a", "inception4c", "inception5b"])
def test_deep_lift_of_branches_adds_up_to_their_module_and_that_to_the_difference(module, open_lab):
    def lift(unit):
        question = Attribution(open_lab.scene, "layer_deep_lift", "main", 1, unit)
        return attribution.answer(question, open_lab.lab, Heard())

    whole, parts = lift(module), [lift(f"{module}/{branch}") for branch in BRANCHES]
    assert whole.completeness_error < 1e-3
    difference = whole.score - whole.baseline_score
    assert total(whole) == pytest.approx(difference, rel=1e-3, abs=1e-4)
    together = np.concatenate([part.raw for part in parts])
    assert np.abs(together - whole.raw).max() < 1e-4 * np.abs(whole.raw).max()
    assert {part.completeness_error for part in parts} == {None}
    assert "one of several ways to the score" in parts[0].note


def test_relevance_of_branches_adds_up_to_their_module(open_lab):
    def relevance(unit, **given):
        question = Attribution(
            open_lab.scene, "layer_lrp", "main", 1, unit, tuple(sorted(given.items()))
        )
        return attribution.answer(question, open_lab.lab, Heard())

    whole = relevance("inception4c")
    together = np.concatenate([relevance(f"inception4c/{branch}").raw for branch in BRANCHES])
    assert np.abs(together - whole.raw).max() < 1e-4 * np.abs(whole.raw).max()
    assert whole.conserved == pytest.approx(total(whole) / whole.score, rel=1e-4)
    assert relevance("inception4c/1x1").conserved is None
    # Behind the last module there is a linear layer: relevance is what each value adds.
    last = relevance(None, composite="epsilon")
    activation = open_lab.lab.trace(open_lab.scene)["inception5b"]
    weight = open_lab.net.fc.linear.weight[1].detach().numpy().reshape(-1, 1, 1)
    assert last.raw == pytest.approx(activation * weight / activation[0].size, rel=1e-3, abs=1e-5)


# --- ablation ---------------------------------------------------------------------------------


def without(net, x, unit, channels, head="main", target=3):
    def gone(name, value):
        if name == unit:
            value = value.clone()
            value[:, channels] = 0
        return value

    return float(net.run({INPUT: x[None]}, [LOGITS[head]], gone)[LOGITS[head]][0, target])


@pytest.mark.parametrize(
    ("unit", "head"),
    [
        ("inception4b/3x3", "main"),
        ("inception4a", "aux1"),
        ("inception5b", "main"),
        ("pool2", "main"),
    ],
)
def test_ablating_a_channel_costs_what_the_network_loses_without_it(unit, head, tiny, x64):
    score = logit(tiny, head, 3)
    heard = []
    found = layer_once.ablation(tiny, x64[0], unit, score, report=lambda *told: heard.append(told))
    whole = float(score.of_input(tiny, x64[:1])[0])
    activation = tiny.run({INPUT: x64[:1]}, [unit])[unit][0]
    channels = len(activation)
    for channel in range(0, channels, max(1, channels // 12)):
        lost = whole - without(tiny, x64[0], unit, [channel], head)
        assert found.raw[channel].sum(dtype=np.float64) == pytest.approx(lost, rel=1e-4, abs=1e-7)
        if activation[channel].any():
            share = activation[channel] / activation[channel].sum()
            assert found.raw[channel] == pytest.approx((lost * share).numpy(), rel=1e-4, abs=1e-7)
    assert found.score == pytest.approx(whole)
    assert heard[-1][:2] == (1, None)


def test_ablating_a_branch_sets_all_its_channels_to_zero(tiny, x64):
    score = logit(tiny, "main", 3)
    found = layer_once.ablation(tiny, x64[0], "inception4c", score, by="branch")
    whole, first = float(score.of_input(tiny, x64[:1])[0]), 0
    for branch in BRANCHES:
        size = tiny.by_name[f"inception4c/{branch}"].module.conv.out_channels
        channels = slice(first, first + size)
        lost = whole - without(tiny, x64[0], f"inception4c/{branch}", slice(None))
        assert found.raw[channels].sum(dtype=np.float64) == pytest.approx(lost, rel=1e-4, abs=1e-7)
        first = channels.stop
    single = layer_once.ablation(tiny, x64[0], "inception4c/3x3", score, by="branch")
    assert (
        single.note == "inception4c/3x3 has no branches: all its channels were set to zero at once."
    )
    assert total(single) == pytest.approx(found.raw[3:7].sum(dtype=np.float64))


# --- all of them ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LAYER_METHODS)
@pytest.mark.parametrize(
    ("unit", "head", "shape"),
    [
        (None, "main", (12, 2, 2)),
        (None, "aux1", (12, 4, 4)),
        ("conv1", "aux2", (64, 32, 36)),
        ("inception3a/3x3_reduce", "aux1", (2, 8, 9)),
        ("inception4d/pool", "main", (12, 4, 4)),
        ("aux2/conv", "aux2", (128, 4, 4)),
    ],
)
def test_every_method_takes_every_unit_with_a_map(name, unit, head, shape, open_lab):
    few = {"steps": 2, "adapt": "off"}
    known = {parameter.name for parameter in methods.method(name).parameters}
    given = tuple(sorted((key, value) for key, value in few.items() if key in known))
    question = Attribution(open_lab.scene, name, head, 1, unit, given)
    net = open_lab.lab.network(open_lab.scene.checkpoint, "jobs")
    passes = []
    hook = net.conv1.conv.register_forward_hook(
        lambda _m, inputs, _o: passes.append(len(inputs[0]))
    )
    found = attribution.answer(question, open_lab.lab, Heard())
    hook.remove()
    assert found.raw.shape == shape
    assert found.map.shape == (64, 72)
    assert np.isfinite(found.raw).all()
    assert found.degenerate or found.raw.any()
    cost = methods.method(name).cost(methods.method(name).settings(dict(given)))
    assert found.forwards <= cost.forwards
    assert found.backwards <= cost.backwards
    # Rates are carried by convolutions without a module; DeepLift and LRP have a twin.
    assert sum(passes) <= found.forwards


@pytest.mark.parametrize("name", LAYER_METHODS)
@pytest.mark.parametrize(
    ("unit", "head", "words"),
    [
        ("inception9", "main", "no unit “inception9”"),
        ("inception4b", "aux1", "not on the way to aux1"),
        ("avgpool", "main", "“avgpool” has no map"),
        ("aux1/fc1", "aux1", "“aux1/fc1” has no map"),
    ],
)
def test_units_that_make_no_sense_are_refused(name, unit, head, words, open_lab):
    with pytest.raises(QuestionError, match=words):
        attribution.answer(Attribution(open_lab.scene, name, head, 1, unit), open_lab.lab, Heard())


def test_a_layer_can_be_asked_how_it_drives_a_neuron(tiny, x64):
    unit = "inception4a"
    shape = tuple(tiny.run({INPUT: x64[:1]}, [unit])[unit].shape[1:])
    score = neuron(tiny, Neuron(unit, 4), shape)
    way = Way(tiny, score, x64[1], x64[0])
    few, many = (layer_paths.conductance(way, "inception3b", steps=n) for n in (10, 160))
    assert many.completeness_error < min(0.15, 0.5 * few.completeness_error)
    assert onward.carries_all(tiny, "inception3b", score)
    assert not onward.carries_all(tiny, "inception4a/3x3", score)
    with pytest.raises(QuestionError, match="is what is explained"):
        layer_paths.conductance(way, unit, steps=2)
