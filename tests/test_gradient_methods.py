"""Saliency, SmoothGrad and their kin, GradientShap, CAM: Captum, formulas, counted passes."""

from dataclasses import replace

import numpy as np
import oracles
import pytest
import torch
import torch.nn.functional as F
from captum.attr import InputXGradient, NoiseTunnel, Saliency
from test_attribution import HEADS, TINY, TorchvisionHead, cosine, tiny_net, worst

from inception_viewer import attribution_methods as methods
from inception_viewer.analysis import attribution
from inception_viewer.analysis.attribution import (
    class_activation,
    distribution,
    front,
    fused,
    gradient_shap,
    integrated_gradients,
    many,
    noise,
    saliency,
    slope,
)
from inception_viewer.analysis.attribution.score import logit, neuron
from inception_viewer.analysis.attribution.task import Task
from inception_viewer.errors import QuestionError
from inception_viewer.googlenet import variants
from inception_viewer.googlenet.architecture import INPUT, empty, fold, initialise
from inception_viewer.googlenet.graph import graph
from inception_viewer.questions import Neuron, Preprocessing

TARGET = 7
TUNNEL = ("smooth_grad", "smooth_grad_squared", "var_grad")


def quiet(*_):
    """Report to nobody."""


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
    """One photo as conv1 receives it, (3, 96, 96), float64."""
    return oracles.batch(96, 96, 1)[0].double()


def task(net, x, method, head="main", target=TARGET, **given):
    how = Preprocessing(height=x.shape[1], width=x.shape[2])
    settings = methods.METHODS[method].settings(given)
    return Task(net, x.numpy(), how, logit(net, head, target), None, settings)


def model(theirs, head):
    return theirs if head == "main" else TorchvisionHead(theirs, head)


# --- against Captum on torchvision's module ------------------------------------------------------


@pytest.mark.parametrize("head", HEADS)
def test_saliency_and_input_x_gradient_equal_captums(head, theirs, ours, x):
    for method, captums in (
        (saliency.saliency, lambda net: Saliency(net).attribute),
        (saliency.input_x_gradient, lambda net: InputXGradient(net).attribute),
    ):
        options = {"abs": False} if method is saliency.saliency else {}
        attribute = captums(model(theirs, head))
        expected = attribute(x[None].clone().requires_grad_(), target=TARGET, **options)[0]
        found = method(task(ours, x, "saliency", head), quiet)
        assert worst(found.raw, expected.detach()) < 1e-6
        assert worst(found.map, expected.detach().sum(0)) < 1e-6
        assert found.score == pytest.approx(float(model(theirs, head)(x[None])[0, TARGET]))
        assert (found.forwards, found.backwards) == (1, 1)


TYPES = {"smooth_grad": "smoothgrad", "smooth_grad_squared": "smoothgrad_sq", "var_grad": "vargrad"}


@pytest.mark.parametrize("method", TUNNEL)
@pytest.mark.parametrize("of", ["saliency", "input_x_gradient"])
def test_the_noise_tunnel_equals_captums_on_the_same_noise(
    method, of, theirs, ours, x, monkeypatch
):
    share, samples, seed = 0.15, 5, 3
    sigma = share * float(x.max() - x.min())
    copies = torch.stack(list(noise.noisy(x, sigma, samples, seed)))
    # Captum draws for itself: its generator is handed our copies.
    captums = NoiseTunnel(Saliency(theirs) if of == "saliency" else InputXGradient(theirs))
    drawn = iter([copies])
    monkeypatch.setattr(torch, "normal", lambda *_: next(drawn) - x)
    options = {"abs": False} if of == "saliency" else {}
    expected = captums.attribute(
        x[None].clone().requires_grad_(),
        nt_type=TYPES[method],
        nt_samples=samples,
        stdevs=sigma,
        target=TARGET,
        **options,
    )
    monkeypatch.undo()
    monkeypatch.setattr(noise, "batch_size", lambda *_, **__: 2)
    asked = task(ours, x, method, of=of, samples=samples, seed=seed, noise=share)
    found = getattr(noise, method)(asked, quiet)
    assert worst(found.raw, expected[0].detach()) < 1e-6
    assert worst(found.map, expected[0].detach().sum(0)) < 1e-6


# --- the noise tunnel ----------------------------------------------------------------------------


def test_noise_is_gaussian_of_the_share_that_is_asked_for_and_repeats_with_the_seed(x):
    assert noise.spread(x, 0.15) == pytest.approx(0.15 * float(x.max() - x.min()))
    copies = torch.stack(list(noise.noisy(x, 0.4, 20, seed=5)))
    added = (copies - x).numpy().ravel()
    assert abs(added.mean()) < 0.005
    assert added.std() == pytest.approx(0.4, rel=0.01)
    assert np.mean(np.abs(added) < 0.4) == pytest.approx(0.6827, abs=0.005)
    assert abs(np.corrcoef(added[: x.numel()], added[x.numel() : 2 * x.numel()])[0, 1]) < 0.02
    assert torch.equal(torch.stack(list(noise.noisy(x, 0.4, 20, seed=5))), copies)
    assert not torch.equal(next(noise.noisy(x, 0.4, 1, seed=6)), copies[0])


STATISTICS = {
    noise.Mean: lambda values: values.mean(0),
    noise.MeanSquare: lambda values: (values**2).mean(0),
    noise.Variance: lambda values: values.var(0),
}


@pytest.mark.parametrize("statistic", STATISTICS)
@pytest.mark.parametrize("sizes", [(7,), (3, 3, 1), (1,) * 7, (2, 5)])
def test_statistics_do_not_depend_on_the_batches(statistic, sizes):
    values = 100 + torch.randn(7, 3, 4, 5, generator=torch.Generator().manual_seed(0)).double()
    ticks = []

    def attribute(batch, tick):
        tick()
        return batch

    grown = statistic(many.Many(attribute))
    for batch in values.split(sizes):
        grown.add(batch.contiguous(memory_format=torch.channels_last), lambda: ticks.append(1))
    assert len(ticks) == len(sizes)
    assert worst(grown.value(), STATISTICS[statistic](values.numpy())) < 1e-10


@pytest.mark.parametrize("of", noise.PREPARE)
def test_the_mean_is_that_of_the_methods_own_maps(of):
    # One after the other, by the method itself, as its description computes it.
    net = fold(tiny_net().float())
    x = oracles.batch(64, 72, 1)[0]
    own = {"adapt": "off"} if of == "integrated_gradients" else {}
    asked = task(net, x, "smooth_grad", target=2, of=of, samples=3, seed=1, noise=0.1)
    maps = []
    for copy in noise.noisy(x, noise.spread(x, 0.1), 3, 1):
        alone = task(net, copy, of, target=2, **own)
        maps.append(attribution.explainer(methods.METHODS[of])(alone, quiet).raw)
    found = noise.smooth_grad(asked, quiet)
    assert worst(found.raw, np.mean(maps, 0)) < 1e-4
    assert worst(found.map, np.mean(maps, 0).sum(0)) < 1e-4
    varied = noise.var_grad(replace(asked), quiet)
    assert worst(varied.raw, np.var(maps, 0)) < 1e-3
    assert methods.METHODS[of].title in found.note
    assert "seed 1" in found.note


def test_the_tunnel_takes_the_methods_that_say_so():
    allowed = [name for name, method in methods.METHODS.items() if method.noise]
    assert list(noise.PREPARE) == [name for name in noise.PREPARE if name in allowed]
    for method in TUNNEL:
        of = methods.METHODS[method].parameters[0]
        assert {name for name, _ in of.choices} == set(allowed) == set(noise.PREPARE)
        assert of.default == "saliency"


def test_without_noise_smooth_grad_is_the_method_and_var_grad_is_nothing(ours, x):
    plain = saliency.saliency(task(ours, x, "saliency"), quiet)
    same = noise.smooth_grad(task(ours, x, "smooth_grad", noise=0.0, samples=3), quiet)
    assert worst(same.raw, plain.raw) < 1e-6
    nothing = noise.var_grad(task(ours, x, "var_grad", noise=0.0, samples=3), quiet)
    assert np.abs(nothing.raw).max() < 1e-12 * np.abs(plain.raw).max() ** 2 + 1e-20


def test_batches_are_even():
    assert [noise._even(25, most) for most in (10, 8, 25, 100, 1)] == [9, 7, 25, 25, 1]


# --- the shortcut behind conv1 -------------------------------------------------------------------


@pytest.mark.parametrize(
    "variant", [variants.paper(5), variants.inception5h(5)], ids=lambda v: v.name
)
@pytest.mark.parametrize("unit", ["fc", "aux1/fc2", "pool1", "conv1"])
def test_the_front_is_the_network_itself(variant, unit):
    net = initialise(replace(variant, table=TINY))
    oracles.randomise(net)
    net = net.double().eval().requires_grad_(False)
    x = oracles.batch(65, 72, 2).double()
    shape = tuple(net.run({INPUT: x}, [unit])[unit].shape[1:])
    if unit in ("conv1", "pool1"):
        score = neuron(net, Neuron(unit, 2), shape)
    else:
        score = logit(net, {"fc": "main", "aux1/fc2": "aux1"}[unit], 1)
    split = front.Front(net, score)
    expected = slope.slope(net, x, score)
    place = split.affine(x).detach().requires_grad_()
    scores = split.score(place)
    assert torch.allclose(scores, expected.score, rtol=1e-10)
    (gradient,) = torch.autograd.grad(scores.sum(), place)
    for photo in range(2):
        back = split.back(gradient[photo], x[photo])
        assert worst(back, expected.gradient[photo]) < 1e-9


@pytest.mark.parametrize("head", HEADS)
def test_the_fused_network_has_the_same_values_and_gradients(head):
    net = fold(tiny_net().float())
    quick = fused.fused(net)
    assert quick is fused.fused(net), "made once"
    x = oracles.batch(65, 72, 3)
    score = logit(net, head, 2)
    expected, found = (slope.slope(one, x, score) for one in (net, quick))
    assert torch.allclose(found.score, expected.score, rtol=1e-4)
    for photo in range(3):
        assert cosine(found.gradient[photo], expected.gradient[photo]) > 0.9999
    units = ["conv1", "pool1", "inception4a"]
    values, quickly = (one.run({INPUT: x}, units) for one in (net, quick))
    for unit in units:
        assert worst(quickly[unit], values[unit]) < 1e-5


def test_where_nothing_can_be_fused_the_network_itself_is_used(monkeypatch):
    assert fused.can_pack(fold(tiny_net().float())), "this machine's torch can"
    for net in (tiny_net(), tiny_net().float(), fold(tiny_net())):
        assert fused.fused(net) is net
    monkeypatch.setattr(fused, "can_pack", lambda net: False)
    net = fold(tiny_net().float())
    assert fused.fused(net) is net


def test_the_sum_over_photos_is_torchs():
    batch = torch.randn(4, 3, 5, 6, generator=torch.Generator().manual_seed(0))
    for laid in (batch, batch.contiguous(memory_format=torch.channels_last), batch[..., 0]):
        assert torch.allclose(slope.sum_over_photos(laid), laid.sum(0), atol=1e-6)


# --- GradientShap --------------------------------------------------------------------------------


def test_draws_spread_over_baselines_and_ways():
    chosen, at = gradient_shap.draws(50, 3, seed=2)
    assert sorted(np.bincount(chosen)) == [16, 17, 17]
    for baseline in range(3):
        mine = np.sort(at[chosen == baseline])
        parts = np.floor(mine * len(mine)).astype(int)
        assert parts.tolist() == list(range(len(mine))), "one in each equal part of the way"
    again, other = gradient_shap.draws(50, 3, seed=2), gradient_shap.draws(50, 3, seed=3)
    assert np.array_equal(again[1], at)
    assert not np.array_equal(other[1], at)
    few, _ = gradient_shap.draws(2, 5, seed=0)
    assert few.tolist() == [0, 1]


def test_gradient_shap_tends_to_the_mean_of_integrated_gradients():
    net = fold(tiny_net().float())
    x = oracles.batch(64, 72, 1)[0]
    asked = task(net, x, "gradient_shap", target=2, samples=300)
    baselines = distribution.baselines_of(asked)
    assert len(baselines) == 3
    expected = np.mean(
        [
            integrated_gradients.integrated_gradients(
                net, x, asked.score, baseline=baseline, steps=400
            ).raw
            for baseline in baselines
        ],
        0,
    )
    found = gradient_shap.explain(asked, quiet)
    assert cosine(found.raw, expected) > 0.95
    few = gradient_shap.explain(task(net, x, "gradient_shap", target=2, samples=9), quiet)
    assert cosine(few.raw, expected) < cosine(found.raw, expected)
    ends = asked.score.of_input(net, torch.cat([x[None], baselines]))
    due = float(ends[0] - ends[1:].mean())
    assert found.score - found.baseline_score == pytest.approx(due, abs=1e-5)
    error = abs(float(found.raw.sum(dtype=np.float64)) - due) / max(abs(due), 0.1)
    assert found.completeness_error == pytest.approx(error, rel=1e-3, abs=1e-5)
    assert f"{found.completeness_error:.0%} off its sum" in found.note
    assert "on the average" in found.note


def test_baselines_can_be_other_photos_named_by_commas():
    net = fold(tiny_net().float())
    x = oracles.batch(64, 72, 3)
    asked = task(net, x[0], "gradient_shap", target=2, baselines="images", baseline_images="a, b")
    photos = {"a": x[1].numpy(), "b": x[2].numpy()}
    asked = replace(asked, other_photo=photos.__getitem__)
    assert torch.equal(distribution.baselines_of(asked), x[1:])
    assert methods.METHODS["gradient_shap"].cost(asked.settings).forwards == 60 + 2 + 1
    empty_handed = replace(asked, settings={**asked.settings, "baseline_images": " , "})
    with pytest.raises(QuestionError, match="Choose the photos"):
        distribution.baselines_of(empty_handed)


def test_blurred_baselines_differ_in_width_and_random_ones_in_every_pixel(x):
    x = x.float()
    net = fold(tiny_net().float())
    blurred = distribution.baselines_of(
        task(net, x, "gradient_shap", target=1, baselines="blur", count=4)
    )
    detail = blurred.diff(dim=-1).abs().mean((1, 2, 3))
    assert (detail.diff() > 0).all(), "from the most to the least blurred"
    drawn = {
        seed: distribution.baselines_of(
            task(net, x, "gradient_shap", target=1, baselines="noise", count=3, seed=seed)
        )
        for seed in (0, 1)
    }
    every = torch.cat(list(drawn.values())).flatten(1)
    assert len({tuple(picture[:50].tolist()) for picture in every}) == 6, "no two alike"


# --- class activation mapping --------------------------------------------------------------------


def test_class_activation_is_the_papers_formula(ours, x):
    found = class_activation.explain(task(ours, x, "class_activation_map"), quiet)
    values = ours.run({INPUT: x[None]}, ["inception5b", "fc"])
    activation, linear = values["inception5b"][0], ours.fc.linear
    expected = linear.weight[TARGET].view(-1, 1, 1) * activation / activation[0].numel()
    assert worst(found.raw, expected) < 1e-6
    enlarged = F.interpolate(expected.sum(0)[None, None], (96, 96), mode="bilinear")[0, 0]
    assert worst(found.map, enlarged) < 1e-6
    total = float(expected.sum()) + float(linear.bias[TARGET])
    assert total == pytest.approx(float(values["fc"][0, TARGET]), rel=1e-9)
    assert found.score == pytest.approx(total, rel=1e-6)
    assert found.baseline_score == pytest.approx(float(linear.bias[TARGET]), rel=1e-6)
    assert found.completeness_error < 1e-6


def test_class_activation_of_a_difference_is_the_difference(ours, x):
    one, other = (
        class_activation.explain(task(ours, x, "class_activation_map", target=t), quiet)
        for t in (1, 2)
    )
    asked = replace(task(ours, x, "class_activation_map"), score=logit(ours, "main", 1, 2))
    both = class_activation.explain(asked, quiet)
    assert worst(both.raw, one.raw - other.raw) < 1e-5
    assert both.completeness_error < 1e-6


def test_class_activation_says_where_it_does_not_exist(ours, x):
    suits = methods.METHODS["class_activation_map"].suits
    drawn = graph(ours, 96, 96)
    assert suits(drawn, "main") == ""
    assert "aux1 has two dense layers" in suits(drawn, "aux1")
    assert "aux2 has two dense layers" in suits(drawn, "aux2")
    asked = task(ours, x, "class_activation_map")
    with pytest.raises(QuestionError, match="of inception5b"):
        class_activation.explain(replace(asked, unit="inception4a"), quiet)
    shape = tuple(ours.run({INPUT: x[None]}, ["inception4a"])["inception4a"].shape[1:])
    unit = neuron(ours, Neuron("inception4a", 1), shape)
    with pytest.raises(QuestionError, match="a neuron has other methods"):
        class_activation.explain(replace(asked, score=unit), quiet)
    assert not methods.METHODS["class_activation_map"].needs_unit
