"""DeepLift against loops written from the paper, Captum where it is right, and its own sum."""

import sys
from dataclasses import replace

import numpy as np
import oracles
import pytest
import torch
from captum.attr import DeepLift as CaptumsDeepLift
from test_attribution import HEADS, TINY, TorchvisionHead, cosine, tiny_net, worst
from torch import nn

import inception_viewer as iv
from inception_viewer.analysis.attribution import deep_lift, rescale
from inception_viewer.analysis.attribution.deep_lift import DeepLift
from inception_viewer.analysis.attribution.score import Score, logit, neuron
from inception_viewer.analysis.attribution.task import Task
from inception_viewer.attribution_methods import METHODS
from inception_viewer.googlenet import variants
from inception_viewer.googlenet.architecture import INPUT, empty, fold, initialise
from inception_viewer.googlenet.same_padding import SameMaxPool2d
from inception_viewer.images.preprocess import normalise
from inception_viewer.questions import Neuron, Preprocessing


def numbers(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def pulled(rule, x, reference, sent):
    """What a rule makes of the multipliers that it is sent."""
    rule(reference)
    leaf = x.clone().requires_grad_()
    (found,) = torch.autograd.grad(rule(leaf), leaf, sent)
    rule.reference = None
    return found


# --- each nonlinearity -------------------------------------------------------------------------


def test_a_relu_sends_the_quotient_of_differences():
    x = torch.tensor([[3.0, -2.0, 1.0, 2.0, -1.0, 0.0]], dtype=torch.float64)
    x0 = torch.tensor([[1.0, -1.0, -3.0, 2.0, -1.0, -2.0]], dtype=torch.float64)
    found = pulled(rescale.RescaledReLU(), x, x0, torch.full_like(x, 2.0))
    # (3-1)/(3-1), 0, (1-0)/(1+3), equal: the slope (1 and 0), (0-0)/(0+2)
    assert found.tolist() == [[2.0, 0.0, 0.5, 2.0, 0.0, 0.0]]


def max_pool_by_hand(x, x0, sent, kernel, stride):
    """One map (H, W), windows that start at the corner, none beyond the end."""
    found = np.zeros(x.shape)
    for i, row in enumerate(range(0, x.shape[0] - kernel + 1, stride)):
        for j, column in enumerate(range(0, x.shape[1] - kernel + 1, stride)):
            window = np.s_[row : row + kernel, column : column + kernel]
            rise = x[window].max() - x0[window].max()
            chosen = x if rise >= 0 else x0
            at = np.unravel_index(np.argmax(chosen[window]), (kernel, kernel))
            place = row + at[0], column + at[1]
            found[place] += sent[i, j] * rise / (x[place] - x0[place])
    return found


@pytest.mark.parametrize(("kernel", "stride"), [(3, 2), (3, 1), (2, 2)])
def test_a_max_pool_adds_up_what_overlapping_windows_send(kernel, stride):
    x, x0 = numbers(2, 2, 3, 9, 11)
    pool = nn.MaxPool2d(kernel, stride)
    sent = numbers(*pool(x).shape, seed=1)
    found = pulled(rescale.RescaledMaxPool(pool), x, x0, sent)
    for photo in range(2):
        for channel in range(3):
            maps = (value[photo, channel].numpy() for value in (x, x0, sent))
            expected = max_pool_by_hand(*maps, kernel, stride)
            assert worst(found[photo, channel], expected) < 1e-12


POOLS = [
    nn.MaxPool2d(3, 2, ceil_mode=True),
    nn.MaxPool2d(3, 1, padding=1),
    SameMaxPool2d(3, 2),
    SameMaxPool2d(5, 3),
]


@pytest.mark.parametrize("pool", POOLS, ids=str)
@pytest.mark.parametrize("size", [(8, 9), (7, 12)])
def test_what_a_max_pool_sends_adds_up(pool, size):
    x, x0 = numbers(2, 2, 3, *size)
    sent = numbers(*pool(x).shape, seed=1)
    found = pulled(rescale.RescaledMaxPool(pool), x, x0, sent)
    made, due = (
        (v.double()).sum((1, 2, 3)) for v in (found * (x - x0), sent * (pool(x) - pool(x0)))
    )
    assert torch.allclose(made, due, rtol=1e-12)
    plain = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(pool(plain), plain, sent)
    assert torch.equal(pulled(rescale.RescaledMaxPool(pool), x, x.clone(), sent), gradient)


NORMS = [
    nn.LocalResponseNorm(5, 1e-1, 0.75, 1.0),
    nn.LocalResponseNorm(11, 1.1e-1, 0.5, 2.0),
    nn.LocalResponseNorm(4, 2e-1, 0.75, 1.5),
]


@pytest.mark.parametrize("norm", NORMS, ids=str)
def test_what_a_response_normalisation_sends_adds_up(norm):
    x, x0 = numbers(2, 2, 13, 4, 5)
    x0[:, 3] = x[:, 3]  # where value by value the quotient would be infinite
    sent = numbers(2, 13, 4, 5, seed=1)
    found = pulled(rescale.RescaledNorm(norm), x, x0, sent)
    made, due = (v.sum((1, 2, 3)) for v in (found * (x - x0), sent * (norm(x) - norm(x0))))
    assert torch.allclose(made, due, rtol=1e-9)
    assert float(found.abs().max()) < 100


@pytest.mark.parametrize("norm", NORMS, ids=str)
def test_near_the_reference_a_response_normalisation_has_its_slope(norm):
    x = numbers(2, 13, 4, 5)
    sent = numbers(2, 13, 4, 5, seed=1)
    leaf = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(norm(leaf), leaf, sent)
    near = x + 1e-7 * numbers(2, 13, 4, 5, seed=2)
    assert worst(pulled(rescale.RescaledNorm(norm), near, x, sent), gradient) < 1e-5


def test_a_response_normalisations_multipliers_by_loops():
    norm, size, alpha, beta, k = nn.LocalResponseNorm(3, 0.3, 0.75, 1.0), 3, 0.3, 0.75, 1.0
    x, x0, sent = (numbers(1, 6, 1, 1, seed=seed)[0, :, 0, 0].numpy() for seed in range(3))

    def scale(values, c):
        around = sum(values[j] ** 2 for j in range(c - 1, c + 2) if 0 <= j < 6)
        return k + alpha * around / size

    expected = np.zeros(6)
    for c in range(6):
        u, u0 = scale(x, c), scale(x0, c)
        expected[c] += sent[c] * (u**-beta + u0**-beta) / 2
        slope = (u**-beta - u0**-beta) / (u - u0)
        for j in range(c - 1, c + 2):
            if 0 <= j < 6:
                mean = (x[c] + x0[c]) / 2
                expected[j] += sent[c] * mean * slope * alpha / size * (x[j] + x0[j])
    shaped = (torch.tensor(v)[None, :, None, None] for v in (x, x0, sent))
    found = pulled(rescale.RescaledNorm(norm), *shaped)
    assert worst(found[0, :, 0, 0], expected) < 1e-12


# --- the whole network ---------------------------------------------------------------------------


def variant_net(**changes):
    """A tiny network of another kind, without batch norm unless it has it."""
    base = variants.paper(5, batch_norm="lrn" not in changes)
    net = initialise(replace(base, table=TINY, **changes))
    oracles.randomise(net)
    if net.variant.batch_norm_eps is not None:
        oracles.calibrate(net)
    return net.double().eval().requires_grad_(False)


KINDS = {
    "batch norm": {},
    "response normalisation": {"lrn": variants.Lrn(5, 1e-2, 0.75, 1.0)},
    "TensorFlow's padding": {"lrn": variants.Lrn(11, 1e-2, 0.5, 2.0), "padding": "tensorflow"},
    "adaptive pools": {"head_pool": "adaptive"},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("head", HEADS)
def test_the_attributions_add_up_whatever_the_network(kind, head):
    net = variant_net(**KINDS[kind])
    x = oracles.batch(65, 90, 4).double()
    score = logit(net, head, 3)
    found = DeepLift(net)(x[:2], x[2:], score)
    ends = score.of_input(net, x)
    assert torch.allclose(found.score, ends[:2], rtol=1e-9)
    assert torch.allclose(found.reference_score, ends[2:], rtol=1e-9)
    due = ends[:2] - ends[2:]
    assert float(due.abs().max()) > 1e-3, "there must be something to explain"
    assert torch.allclose(found.attributions.sum((1, 2, 3)), due, rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("unit", ["conv1", "pool1", "conv2", "pool2", "inception3b", "inception4e"])
def test_they_add_up_at_every_bottleneck(unit):
    net = tiny_net()
    x = oracles.batch(64, 72, 2).double()
    score = logit(net, "main", 2)
    found = DeepLift(net)(x[:1], x[1:], score, unit)
    values = net.run({INPUT: x}, [unit])[unit]
    assert torch.allclose(found.difference[0], values[0] - values[1], rtol=1e-9)
    due = score.of_input(net, x)
    assert float(found.attributions.sum()) == pytest.approx(float(due[0] - due[1]), rel=1e-9)


def test_one_reference_serves_many_photos_and_nothing_is_kept():
    net = tiny_net()
    x = oracles.batch(64, 72, 4).double()
    score = logit(net, "aux2", 1)
    lift = DeepLift(net)
    together = lift(x[:3], x[3:], score)
    for photo in range(3):
        alone = lift(x[photo : photo + 1], x[3:], score)
        assert torch.allclose(alone.attributions[0], together.attributions[photo], rtol=1e-9)
    assert all(rule.reference is None for rule in lift._rules)
    with pytest.raises(IndexError):
        lift(x[:1], x[3:], Score("fc", lambda at: at[:, 99], ""))
    assert all(rule.reference is None for rule in lift._rules), "after an error too"


def test_a_neuron_can_be_explained():
    net = tiny_net()
    x = oracles.batch(64, 72, 2).double()
    shape = net.run({INPUT: x[:1]}, ["inception4b"])["inception4b"].shape[1:]
    for position in (None, (1, 2)):
        score = neuron(net, Neuron("inception4b", 4, position), tuple(shape))
        found = DeepLift(net)(x[:1], x[1:], score)
        ends = score.of_input(net, x)
        assert float(found.attributions.sum()) == pytest.approx(float(ends[0] - ends[1]), rel=1e-8)


class Chain(nn.Module):
    """A network on which Captum's DeepLift adds up: no branches, no max pools."""

    def __init__(self):
        super().__init__()
        self.parts = nn.Sequential(
            nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), nn.AvgPool2d(2, 2),
            nn.Conv2d(6, 8, 3, padding=1), nn.ReLU(),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 7), nn.ReLU(), nn.Linear(7, 5),
        )  # fmt: skip

    def forward(self, x):
        return self.parts(x)


@pytest.mark.filterwarnings("ignore:Setting forward, backward hooks")
@pytest.mark.filterwarnings("ignore:.*ReLU.*")
def test_the_rules_are_captums_where_captum_is_right():
    torch.manual_seed(0)
    chain = Chain().double().requires_grad_(False)
    x, x0 = numbers(2, 2, 3, 12, 16)
    expected = CaptumsDeepLift(chain).attribute(x.requires_grad_(), x0, target=3)
    mine = Chain().double().requires_grad_(False)
    mine.load_state_dict(chain.state_dict())
    for index, part in enumerate(mine.parts):
        new = rescale.rescaled(part)
        if new is not None:
            mine.parts[index] = new
    mine(x0)
    leaf = x.detach().clone().requires_grad_()
    (multipliers,) = torch.autograd.grad(mine(leaf)[:, 3].sum(), leaf)
    assert worst((multipliers * (x - x0)).detach(), expected.detach()) < 1e-9


class Written:
    """DeepLift of torchvision's module, written anew: y = y0 + m (x - x0), m held constant.

    Called first with the reference and then with the photo, layer by layer in one order. Where
    windows of a max pool overlap, the backward pass of ``gather`` adds up.
    """

    def __init__(self):
        self.kept, self.turn = [], None

    def __getattr__(self, name):
        return getattr(torch.nn.functional, name)

    def _other(self, x):
        """The reference's input of the same layer; None while it is the reference's turn."""
        if self.turn is None:
            self.kept.append(x.detach())
            return None
        self.turn += 1
        return self.kept[self.turn - 1]

    def relu(self, x, inplace=False):
        x0 = self._other(x)
        if x0 is None:
            return x.relu()
        slope = ((x.relu() - x0.relu()) / (x - x0)).detach()
        return x.relu().detach() + slope * (x - x.detach())

    def pool(self, module, x):
        x0 = self._other(x)
        windows = {"kernel_size": module.kernel_size, "stride": module.stride}
        windows |= {"padding": module.padding, "ceil_mode": module.ceil_mode}
        y, at = torch.nn.functional.max_pool2d(x, **windows, return_indices=True)
        if x0 is None:
            return y
        y0, at0 = torch.nn.functional.max_pool2d(x0, **windows, return_indices=True)
        at = torch.where(y > y0, at, at0).flatten(2)
        chosen, chosen0 = (v.flatten(2).gather(2, at).view_as(y) for v in (x, x0))
        slope = ((y - y0) / (chosen - chosen0)).nan_to_num().detach()
        return y.detach() + slope * (chosen - chosen.detach())


@pytest.mark.parametrize("head", HEADS)
def test_on_torchvisions_module_the_multipliers_are_those_of_the_rules_written_anew(
    head, monkeypatch
):
    theirs = oracles.torchvision_net(20, transform_input=False).double()
    theirs = theirs.eval().requires_grad_(False)
    ours = empty(variants.torchvision(20, transform_input=False))
    ours.load_state_dict(oracles.our_state(theirs), assign=True)
    ours = fold(ours.eval())
    x, x0 = oracles.batch(80, 96, 2).double()[:, None]
    written = Written()
    monkeypatch.setattr(sys.modules[type(theirs).__module__], "F", written)
    monkeypatch.setattr(nn.MaxPool2d, "forward", lambda module, x: written.pool(module, x))
    model = theirs if head == "main" else TorchvisionHead(theirs, head)
    units = {"inception3b": "inception3b", "inception3b/3x3": "inception3b.branch2.1"}
    reached, reference = {}, {}
    for unit, layer in units.items():
        theirs.get_submodule(layer).register_forward_hook(
            lambda _module, _inputs, out, unit=unit: reached.update({unit: out})
        )
    model(x0)
    reference.update(reached)
    written.turn, leaf = 0, x.clone().requires_grad_()
    score = model(leaf)[:, 7].sum()
    expected, *inner = torch.autograd.grad(score, [leaf, *(reached[unit] for unit in units)])
    monkeypatch.undo()
    found = DeepLift(ours)(x, x0, logit(ours, head, 7))
    assert worst(found.multipliers, expected) < 1e-6
    assert cosine(found.multipliers, expected) > 1 - 1e-9
    for unit, multipliers in zip(units, inner, strict=True):
        at_unit = DeepLift(ours)(x, x0, logit(ours, head, 7), unit)
        # Where a unit is the same for both, its multiplier is a convention that nothing meets.
        difference = (reached[unit] - reference[unit]).detach()
        assert worst(at_unit.attributions, multipliers * difference) < 1e-6


# --- as a method ---------------------------------------------------------------------------------


def task(net, x, method, score, **given):
    how = Preprocessing(height=x.shape[1], width=x.shape[2])
    return Task(net, x, how, score, None, METHODS[method].settings(given))


def test_several_baselines_are_the_mean_of_each():
    net = fold(tiny_net().float())
    x = oracles.batch(64, 72, 1)[0].numpy()
    score = logit(net, "main", 2)
    found = deep_lift.explain_shap(task(net, x, "deep_lift_shap", score), lambda *_: None)
    how = Preprocessing(height=64, width=72)
    grey = [normalise(np.full((64, 72, 3), value, np.uint8), how) for value in (0, 255)]
    pictures = [np.zeros((3, 64, 72), np.float32), *grey]
    each = DeepLift(net)(
        torch.tensor(x)[None].expand(3, -1, -1, -1), torch.tensor(np.stack(pictures)), score
    )
    assert worst(found.raw, each.attributions.mean(0)) < 1e-5
    assert found.baseline_score == pytest.approx(float(each.reference_score.mean()), abs=1e-5)
    assert found.completeness_error < 1e-3
    assert "black, the mean colour and white" in found.note
    assert "on the average" in found.note


@pytest.mark.parametrize("kind", ["blur", "noise"])
def test_the_baselines_number_and_seed_matter(kind):
    net = fold(tiny_net().float())
    x = oracles.batch(64, 72, 1)[0].numpy()
    score = logit(net, "main", 2)

    def ask(**given):
        asked = task(net, x, "deep_lift_shap", score, baselines=kind, **given)
        return deep_lift.explain_shap(asked, lambda *_: None)

    three, again, two, other = ask(count=3), ask(count=3), ask(count=2), ask(count=3, seed=1)
    assert np.array_equal(three.raw, again.raw)
    assert cosine(three.raw, two.raw) < 0.9999
    assert np.array_equal(three.raw, other.raw) == (kind == "blur")
    assert (three.forwards, three.backwards) == (6, 3)
    assert three.completeness_error < 1e-3


@pytest.mark.parametrize("baseline", ["black", "blur", "noise"])
@pytest.mark.parametrize("head", HEADS)
def test_on_a_trained_network_the_error_is_under_a_thousandth(baseline, head, demo, photo):
    found = iv.attribute(demo, photo, method="deep_lift", head=head, baseline=baseline)
    assert found.completeness_error < 1e-3
    assert found.completeness_error < 1e-5, "by far: it is a matter of rounding alone"
    total = float(found.raw.sum(dtype=np.float64))
    assert total == pytest.approx(found.score - found.baseline_score, abs=1e-3)
    assert found.degenerate == ""
