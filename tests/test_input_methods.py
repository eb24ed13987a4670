"""Every input method through the lab: passes counted, heads, neurons, seeds, cancelling, leaks."""

import gc
from types import SimpleNamespace

import numpy as np
import oracles
import pytest
import torch
from test_attribution import HEADS, Heard, tiny_net, worst
from test_gradient_methods import TUNNEL, quiet, task

from inception_viewer import attribution_methods as methods
from inception_viewer.analysis import attribution
from inception_viewer.analysis.attribution import (
    deep_lift,
    gradient_shap,
    noise,
)
from inception_viewer.checkpoints.weights import Weights
from inception_viewer.errors import QuestionError
from inception_viewer.googlenet.architecture import GoogLeNet, fold
from inception_viewer.images.decode import Decoded
from inception_viewer.lab import Lab
from inception_viewer.questions import Attribution, ImageSource, Neuron, Preprocessing, Scene
from inception_viewer.runner import Cancel

MINE = (
    "saliency", "input_x_gradient", "smooth_grad", "smooth_grad_squared", "var_grad",
    "gradient_shap", "deep_lift", "deep_lift_shap", "guided_backprop", "deconvolution",
    "guided_grad_cam", "lrp", "class_activation_map",
)  # fmt: skip
QUICK = {
    **{method: {"samples": 5} for method in TUNNEL},
    "gradient_shap": {"samples": 5},
    "deep_lift_shap": {"baselines": "noise", "count": 4},
}
"""Settings under which a method is quick and has more than one batch."""


@pytest.fixture(scope="module")
def open_lab():
    """A lab with a tiny network and a photo, and the scene of both."""
    net = tiny_net().float()
    how = Preprocessing(height=64, width=72, short_side=72)
    weights = Weights(
        variant=net.variant,
        state=net.state_dict(),
        classes=("ant", "bee", "cup", "dog", "eel"),
        preprocessing=how,
        family="paper",
        heads=dict.fromkeys(HEADS, "trained"),
    )
    lab = Lab()
    info = lab.add_weights(weights, "tiny")
    image = lab.add_image(Decoded(oracles.photos()[1], "coffee"), ImageSource())
    return SimpleNamespace(lab=lab, scene=Scene(info.fingerprint, image.id, how))


@pytest.fixture
def counted(monkeypatch):
    """The photos that went through the network, forwards and backwards, since the test began."""
    count = SimpleNamespace(forwards=0, backwards=0, batches=[])
    run, grad = GoogLeNet.run, torch.autograd.grad

    def counting_run(net, known, wanted, edit=None):
        size = len(next(iter(known.values())))
        count.forwards += size
        count.batches.append(size)
        return run(net, known, wanted, edit)

    def counting_grad(outputs, inputs, *args, **kwargs):
        # A score: one number a photo. conv1's transpose and a layer's weights are no passes.
        one = outputs[0] if isinstance(outputs, tuple | list) else outputs
        leaf = inputs[0] if isinstance(inputs, tuple | list) else inputs
        if one.dim() <= 1 and leaf.dim() == 4:
            count.backwards += max(one.numel(), 1)
        return grad(outputs, inputs, *args, **kwargs)

    monkeypatch.setattr(GoogLeNet, "run", counting_run)
    monkeypatch.setattr(torch.autograd, "grad", counting_grad)
    return count


def ask(open_lab, method, head="main", target=1, heard=None, **changes):
    given = tuple(sorted((QUICK.get(method, {}) | changes.pop("given", {})).items()))
    question = Attribution(open_lab.scene, method, head, target, None, given, **changes)
    return attribution.answer(question, open_lab.lab, heard or Heard())


@pytest.mark.parametrize("method", MINE)
def test_passes_are_counted_and_at_most_what_the_description_says(
    method, open_lab, counted, monkeypatch
):
    for module in (noise, gradient_shap, deep_lift):
        monkeypatch.setattr(module, "batch_size", lambda *_, **__: 2)
    answer = ask(open_lab, method)
    cost = methods.METHODS[method].cost(answer.parameters)
    assert (answer.forwards, answer.backwards) == (counted.forwards, counted.backwards)
    assert counted.forwards <= cost.forwards
    assert counted.backwards <= cost.backwards
    if method not in TUNNEL:
        assert cost == methods.Cost(counted.forwards, counted.backwards)


@pytest.mark.parametrize("of", noise.PREPARE)
def test_the_tunnels_passes_are_counted_for_every_method_it_takes(of, open_lab, counted):
    answer = ask(open_lab, "smooth_grad", given={"of": of, "samples": 3})
    cost = methods.METHODS["smooth_grad"].cost(answer.parameters)
    assert (answer.forwards, answer.backwards) == (counted.forwards, counted.backwards)
    assert counted.forwards <= cost.forwards
    assert counted.backwards <= cost.backwards


@pytest.mark.parametrize("method", MINE)
@pytest.mark.parametrize("head", HEADS)
def test_every_method_answers_for_every_head_that_it_suits(method, head, open_lab):
    if method == "class_activation_map" and head != "main":
        with pytest.raises(QuestionError, match="two dense layers"):
            ask(open_lab, method, head)
        return
    answer = ask(open_lab, method, head)
    assert answer.map.shape == (64, 72)
    assert np.isfinite(answer.raw).all()
    if method != "class_activation_map":
        assert answer.raw.shape == (3, 64, 72)
        scale = np.abs(answer.map).max()
        assert np.allclose(answer.map, answer.raw.sum(0), atol=1e-5 * scale)
    assert (answer.completeness_error is None) == (not methods.METHODS[method].completeness)
    assert (answer.conserved is None) == (method != "lrp")
    if method in ("deep_lift", "deep_lift_shap", "class_activation_map"):
        assert answer.completeness_error < 1e-3
    again = ask(open_lab, method, head)
    assert np.array_equal(again.raw, answer.raw)


@pytest.mark.parametrize("method", [m for m in MINE if m != "class_activation_map"])
def test_neurons_and_differences_can_be_explained(method, open_lab):
    unit = Neuron("inception4b", 3)
    answer = ask(open_lab, method, neuron=unit)
    assert answer.target_name == "inception4b, channel 3"
    assert np.abs(answer.raw).max() > 0
    both = ask(open_lab, method, against=2)
    assert both.target_name == "bee against cup"
    assert not np.array_equal(both.raw, ask(open_lab, method).raw)


@pytest.mark.parametrize("method", ["saliency", "input_x_gradient", "deep_lift"])
def test_linear_methods_explain_a_difference_by_the_difference(method, open_lab):
    one, other, both = (
        ask(open_lab, method, target=1),
        ask(open_lab, method, target=2),
        ask(open_lab, method, target=1, against=2),
    )
    assert worst(both.raw, one.raw - other.raw) < 1e-4


@pytest.mark.parametrize("method", [*TUNNEL, "gradient_shap"])
def test_the_seed_is_on_record_and_matters(method, open_lab):
    one, other = (ask(open_lab, method, given={"seed": seed}) for seed in (4, 5))
    assert one.provenance.seed == 4
    assert one.parameters["seed"] == 4
    assert not np.array_equal(one.raw, other.raw)
    assert ask(open_lab, "deep_lift_shap").provenance.seed == 0
    colours = ask(open_lab, "deep_lift_shap", given={"baselines": "colours"})
    assert colours.provenance.seed is None


class Impatient(Heard):
    """Cancels when it hears for the n-th time."""

    def __init__(self, patience):
        super().__init__()
        self.patience = patience

    def __call__(self, fraction, answer=None, text=""):
        assert 0 <= fraction <= 1
        super().__call__(fraction, answer, text)
        if len(self.partials) >= self.patience:
            raise Cancel


@pytest.mark.parametrize("method", [*TUNNEL, "gradient_shap", "deep_lift_shap"])
@pytest.mark.parametrize("patience", [1, 3])
def test_cancelling_ends_within_one_batch_and_partial_maps_come_before(
    method, patience, open_lab, counted, monkeypatch
):
    for module in (noise, gradient_shap, deep_lift):
        monkeypatch.setattr(module, "batch_size", lambda *_, **__: 1)
    heard = Impatient(patience)
    with pytest.raises(Cancel):
        ask(open_lab, method, heard=heard)
    assert sum(counted.batches) <= 2 * patience
    shown = [partial for partial in heard.partials if partial is not None]
    assert len(shown) == (0 if patience == 1 else 1 if method in TUNNEL else 2)
    for partial in shown:
        assert partial.partial
        assert partial.raw.shape == (3, 64, 72)


def test_nothing_is_left_behind(open_lab):
    def tensors_after(runs):
        for _ in range(runs):
            for method in MINE:
                ask(open_lab, method)
        gc.collect()
        return sum(issubclass(type(thing), torch.Tensor) for thing in gc.get_objects())

    assert tensors_after(1) == tensors_after(2)
    net = open_lab.lab.network(open_lab.scene.checkpoint, "jobs")
    assert all(p.grad is None and not p.requires_grad for p in net.parameters())
    assert not any(m._forward_hooks or m._backward_hooks for m in net.modules())


def test_maps_without_meaning_are_explained(open_lab):
    net = fold(tiny_net().float())
    broken = fold(tiny_net().float())
    broken.fc.linear.weight[1] = float("nan")
    x = oracles.batch(64, 72, 1)[0]
    for method in MINE:
        explain = attribution.explainer(methods.METHODS[method])
        given = QUICK.get(method, {})
        found = explain(task(broken, x, method, target=1, **given), quiet)
        assert "not finite" in found.degenerate, method
    against = fold(tiny_net().float())
    against.fc.linear.weight[:] = -0.5  # every channel speaks against every class
    found = attribution.explainer(methods.METHODS["guided_grad_cam"])(
        task(against, x, "guided_grad_cam", target=1), quiet
    )
    assert "no evidence for the class anywhere" in found.degenerate
    same = attribution.explainer(methods.METHODS["deep_lift"])(
        task(net, torch.zeros_like(x), "deep_lift", target=1, baseline="mean"), quiet
    )
    assert "zero everywhere" in same.degenerate
    assert same.completeness_error == 0
