"""Guided backpropagation and deconvolution: hooks on torchvision's own ReLUs, Captum, zennit."""

import copy
import sys
from dataclasses import replace

import numpy as np
import oracles
import pytest
import torch
from captum.attr import GuidedBackprop
from test_attribution import HEADS, TorchvisionHead, cosine, from_torchvision, tiny_net, worst
from torch import nn
from zennit import composites

from inception_viewer.analysis.attribution import guided, ruled, slope
from inception_viewer.analysis.attribution.deep_lift import DeepLift
from inception_viewer.analysis.attribution.relevance import Z_PLUS, relevance_network
from inception_viewer.analysis.attribution.score import logit, neuron
from inception_viewer.attribution_methods import METHODS
from inception_viewer.googlenet import variants
from inception_viewer.googlenet.architecture import INPUT, empty, fold, initialise
from inception_viewer.questions import Neuron

TARGET = 7
UNDER = {"guided_backprop": guided.guided, "deconvolution": guided.deconvolved}
"""The twins by method."""


@pytest.fixture(scope="module")
def theirs():
    """torchvision's own network, float64, without the transform of its input."""
    net = oracles.torchvision_net(20, transform_input=False).double()
    return net.eval().requires_grad_(False)


@pytest.fixture(scope="module")
def ours(theirs):
    """The folded network with torchvision's weights."""
    net = empty(variants.torchvision(20, transform_input=False))
    net.load_state_dict(oracles.our_state(theirs), assign=True)
    return fold(net.eval())


@pytest.fixture(scope="module")
def x():
    """What conv1 receives: two photos, float64."""
    return oracles.batch(96, 104, 2).double()


class HookedReLUs:
    """``torch.nn.functional`` for torchvision's module, with ReLUs of another backward rule."""

    def __init__(self, method):
        self._method = method

    def __getattr__(self, name):
        return getattr(torch.nn.functional, name)

    def relu(self, x, inplace=False):
        if self._method == "guided_backprop":
            out = x.relu()
            if x.requires_grad:
                out.register_hook(lambda gradient: gradient * (gradient > 0))
            return out
        out = x + (x.relu() - x).detach()  # the ReLU's value, the identity's gradient
        if x.requires_grad:
            out.register_hook(lambda gradient: gradient * (gradient > 0))
        return out


@pytest.mark.parametrize("method", UNDER)
@pytest.mark.parametrize("head", HEADS)
def test_the_rules_are_those_of_hooks_on_torchvisions_relus(
    method, head, theirs, ours, x, monkeypatch
):
    monkeypatch.setattr(sys.modules[type(theirs).__module__], "F", HookedReLUs(method))
    model = theirs if head == "main" else TorchvisionHead(theirs, head)
    leaf = x.clone().requires_grad_()
    (expected,) = torch.autograd.grad(model(leaf)[:, TARGET].sum(), leaf)
    monkeypatch.undo()
    found = slope.slope(UNDER[method](ours), x, logit(ours, head, TARGET))
    assert worst(found.gradient, expected) < 1e-9
    (plain,) = torch.autograd.grad(model(leaf)[:, TARGET].sum(), leaf)
    assert abs(cosine(found.gradient, plain)) < 0.5, "nothing but the gradient (FACTS 3)"


SCORES = {
    "logit": lambda net: logit(net, "main", TARGET),
    "difference": lambda net: logit(net, "main", TARGET, 3),
    "channel": lambda net: neuron(net, Neuron("inception4c", 300), (512, 6, 7)),
    "position": lambda net: neuron(net, Neuron("inception4c/3x3", 9, (2, 3)), (256, 6, 7)),
}


@pytest.mark.parametrize("method", UNDER)
@pytest.mark.parametrize("kind", SCORES)
def test_the_rules_are_zennits(kind, method, ours, x):
    """Of a neuron too: ``neuron_guided_backprop`` and ``neuron_deconvolution``."""
    hooked, score = fold_again(ours), SCORES[kind](ours)
    zennits = {
        "guided_backprop": composites.GuidedBackprop, "deconvolution": composites.DeconvNet
    }[method]()  # fmt: skip
    leaf = x.clone().requires_grad_()
    with zennits.context(hooked):
        values = hooked.run({INPUT: leaf}, [score.unit])[score.unit]
        (expected,) = torch.autograd.grad(score.read(values).sum(), leaf)
    found = slope.slope(UNDER[method](ours), x, score)
    assert expected.any()
    assert worst(found.gradient, expected) < 1e-9
    assert METHODS["neuron_" + method].function == METHODS[method].function


def fold_again(net):
    """Return a copy, tensors and all, that hooks may be put on."""
    return copy.deepcopy(net)


@pytest.mark.filterwarnings("ignore:Setting backward hooks on ReLU activations")
def test_guided_backpropagation_is_captums_where_captum_finds_the_relus(ours, x):
    class Main(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = fold_again(ours)

        def forward(self, batch):
            return self.net(batch)["main"]

    expected = GuidedBackprop(Main()).attribute(x.clone().requires_grad_(), target=TARGET)
    found = slope.slope(guided.guided(ours), x, logit(ours, "main", TARGET))
    assert worst(found.gradient, expected.detach()) < 1e-9


def test_a_unit_can_stand_in_the_pixels_place(ours, x):
    net, score = guided.guided(ours), logit(ours, "main", TARGET)
    at_pixels = slope.slope(net, x, score)
    before_pool = slope.slope(net, x, score, "pool3")
    leaf = x.clone().requires_grad_()
    reached = net.run({INPUT: leaf}, ["pool3"])["pool3"]
    assert torch.equal(before_pool.activation, reached.detach())
    (onwards,) = torch.autograd.grad(reached, leaf, before_pool.gradient)
    assert worst(onwards, at_pixels.gradient) < 1e-9
    assert torch.allclose(before_pool.score, at_pixels.score, rtol=1e-12)


def twins(net):
    return {
        "guided": guided.guided(net),
        "deconvolved": guided.deconvolved(net),
        "relevance": relevance_network(net, Z_PLUS, Z_PLUS),
        "rescaled": DeepLift(net)._net,
    }


@pytest.mark.parametrize("padding", ["symmetric", "tensorflow"])
def test_a_network_under_other_rules_computes_the_same_and_leaves_its_own_alone(padding):
    variant = replace(tiny_net().variant, padding=padding, batch_norm_eps=None)
    net = initialise(variant).double().eval().requires_grad_(False)
    before = [id(module) for module in net.modules()]
    x = oracles.batch(65, 72, 2).double()
    for name, twin in twins(net).items():
        leaf = x.clone().requires_grad_()
        expected, found = (one.run({INPUT: leaf}, one.names) for one in (net, twin))
        for unit, value in expected.items():
            assert torch.allclose(found[unit], value, rtol=1e-12, atol=1e-14), (name, unit)
        assert not {id(module) for module in twin.modules()} & set(before)
        ours, theirs = ({p.data_ptr() for p in one.parameters()} for one in (net, twin))
        assert theirs <= ours, "the tensors are shared"
        inside = list(twin.modules())
        for step in twin.steps:
            assert twin.by_name[step.name] is step
            assert step.module is None or any(step.module is module for module in inside)
    assert [id(module) for module in net.modules()] == before
    assert not any(m._forward_hooks or m._backward_hooks for m in net.modules())


def test_modules_that_are_units_themselves_can_be_replaced():
    net = tiny_net()

    class Zero(nn.Module):
        def forward(self, x):
            return x.mean((2, 3), keepdim=True) * 0

    def substitute(module):
        return Zero() if isinstance(module, nn.AdaptiveAvgPool2d) else None

    other = ruled.ruled(net, substitute)
    x = oracles.batch(64, 72, 1).double()
    bias = net.fc.linear.bias
    assert torch.equal(other.run({INPUT: x}, ["fc"])["fc"][0], bias)
    assert not torch.equal(net.run({INPUT: x}, ["fc"])["fc"][0], bias)


def test_a_gradient_gets_the_layout_of_its_activation():
    last = torch.rand(2, 3, 4, 5).contiguous(memory_format=torch.channels_last)
    gradient = ruled.laid_out_as(torch.rand(2, 3, 4, 5), last)
    assert gradient.is_contiguous(memory_format=torch.channels_last)
    assert ruled.laid_out_as(last, torch.rand(2, 3, 4, 5)).is_contiguous()
    assert ruled.laid_out_as(torch.rand(4, 2).T, torch.rand(2, 4)).is_contiguous()


@pytest.mark.parametrize("head", HEADS)
def test_batch_norm_does_not_matter_to_the_rules(head, theirs, ours, x):
    # Folding changes the modules that a rule meets: neither may change the map.
    unfolded = from_torchvision(theirs)
    score = logit(ours, head, TARGET)
    for under in UNDER.values():
        one, other = (slope.slope(under(net), x, score).gradient for net in (ours, unfolded))
        assert worst(one, other) < 1e-9


def test_guided_grad_cam_is_the_product_of_the_two(ours, x):
    from inception_viewer.analysis.attribution import grad_cam, guided_grad_cam
    from inception_viewer.analysis.attribution.task import Task
    from inception_viewer.questions import Preprocessing

    score = logit(ours, "main", TARGET)
    task = Task(ours, x[0].numpy(), Preprocessing(), score, None, {})
    found = guided_grad_cam.explain(task, lambda *_: None)
    coarse = grad_cam.grad_cam(ours, x[0], "inception5b", score, relu=True).map
    fine = slope.slope(guided.guided(ours), x[:1], score).gradient[0].numpy()
    assert worst(found.raw, fine * coarse) < 1e-6
    assert worst(found.map, (fine * coarse).sum(0)) < 1e-6
    elsewhere = guided_grad_cam.explain(
        Task(ours, x[0].numpy(), Preprocessing(), score, "inception4a", {}), lambda *_: None
    )
    assert np.abs(elsewhere.raw - found.raw).max() > 0.1 * np.abs(found.raw).max()
