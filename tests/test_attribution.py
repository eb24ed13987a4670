"""Attribution against Captum on torchvision's module, formulas, and finite differences."""

import copy
import gc
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import oracles
import pytest
import torch
from captum.attr import IntegratedGradients, LayerAttribution, LayerGradCam
from torch import nn

from inception_viewer import attribution_methods as methods
from inception_viewer.analysis import attribution
from inception_viewer.analysis.attribution import baselines, grad_cam, integrated_gradients, result
from inception_viewer.analysis.attribution.score import logit
from inception_viewer.checkpoints.weights import Weights
from inception_viewer.errors import QuestionError
from inception_viewer.googlenet import variants
from inception_viewer.googlenet.architecture import INPUT, LOGITS, empty, fold, initialise
from inception_viewer.googlenet.graph import graph
from inception_viewer.images.decode import Decoded
from inception_viewer.images.preprocess import normalise
from inception_viewer.lab import Lab
from inception_viewer.questions import Attribution, ImageSource, Preprocessing, Scene
from inception_viewer.runner import Cancel

HEADS = ("aux1", "aux2", "main")
TINY = tuple(
    (name, variants.InceptionChannels(*row))
    for name, row in zip(variants.MODULES, [(3, 2, 4, 2, 3, 2)] * 9, strict=True)
)


def tiny_net(*, lrn=False, classes=5, seed=0):
    """The paper's network with 12 channels a module: calibrated, float64, frozen."""
    variant = replace(variants.paper(classes, batch_norm=not lrn), table=TINY)
    net = initialise(variant, seed)
    oracles.randomise(net, seed)
    if not lrn:
        oracles.calibrate(net)
    return net.double().eval().requires_grad_(False)


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
    """The folded channels_last network with torchvision's weights."""
    return fold(from_torchvision(theirs))


def from_torchvision(theirs):
    """Our unfolded network with torchvision's weights."""
    net = empty(variants.torchvision(20))
    net.load_state_dict(oracles.our_state(theirs), assign=True)
    return net.eval()


class TorchvisionHead(nn.Module):
    """torchvision's network up to an auxiliary head, which it skips in evaluation mode."""

    def __init__(self, net, head):
        super().__init__()
        self.net, self.head = net, head

    def forward(self, x):
        net = self.net
        x = net.conv3(net.conv2(net.maxpool1(net.conv1(net._transform_input(x)))))
        x = net.maxpool3(net.inception3b(net.inception3a(net.maxpool2(x))))
        x = net.inception4a(x)
        if self.head == "aux1":
            return net.aux1(x)
        return net.aux2(net.inception4d(net.inception4c(net.inception4b(x))))


def cosine(ours, reference):
    a, b = (np.asarray(v, np.float64).ravel() for v in (ours, reference))
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def worst(ours, reference):
    """Largest difference as a share of the reference's largest value."""
    ours, reference = np.asarray(ours, np.float64), np.asarray(reference, np.float64)
    assert ours.shape == reference.shape
    return float(np.abs(ours - reference).max() / np.abs(reference).max())


def logits(net, x, head):
    return net.run({INPUT: x}, [LOGITS[head]])[LOGITS[head]]


# --- descriptions ----------------------------------------------------------------------------


def test_the_descriptions_need_neither_torch_nor_qt():
    code = (
        "import sys, inception_viewer.attribution_methods as m; assert m.METHODS;"
        "print([n for n in ('torch', 'captum', 'PySide6') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", methods.names())
def test_every_method_is_computed_and_described(name):
    method = methods.METHODS[name]
    assert callable(attribution.explainer(method))
    assert method.explanation.count(". ") == 1, "two sentences"
    assert "arXiv:" in method.paper
    settings = method.settings()
    assert list(settings) == [p.name for p in method.parameters]
    for parameter in method.parameters:
        assert parameter.only_with is None or parameter.only_with[0] in settings


def test_settings_are_defaults_overridden_by_what_is_given():
    method = methods.method("integrated_gradients")
    given = {"steps": np.int64(7), "adapt": False, "blur": 3}
    settings = method.settings(given)
    assert settings == {
        "steps": 7, "adapt": "off", "baseline": "black", "baseline_image": "", "blur": 3.0,
        "seed": 0,
    }  # fmt: skip
    assert type(settings["steps"]) is int
    assert type(settings["blur"]) is float
    matters = {p.name: p.matters(settings) for p in method.parameters}
    assert [name for name, does in matters.items() if does] == ["steps", "adapt", "baseline"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"steps": 1}, "goes from 2 to 1000; 1 is not"),
        ({"steps": 2.5}, "a whole number"),
        ({"steps": True}, "a whole number"),
        ({"blur": "wide"}, "a number"),
        ({"blur": float("nan")}, "goes from 0.5 to 100"),
        ({"baseline": "white"}, "one of black, mean, blur, noise, image"),
        ({"adapt": 1}, "one of on, off"),
        ({"step": 20}, "no parameter “step”; it has adapt, baseline"),
    ],
)
def test_settings_that_do_not_fit_are_refused_with_the_reason(given, words):
    with pytest.raises(QuestionError, match=words):
        methods.method("integrated_gradients").settings(given)


def test_layers_are_the_units_with_a_map_that_reach_the_head(tiny, x64):
    drawn = graph(tiny, 64, 72)
    kept = {}
    start = x64[:1].clone().requires_grad_()
    tiny.run({INPUT: start}, tiny.names, kept.setdefault)
    for head in HEADS:
        layers = methods.units_before(drawn, head)
        # Reach, found by gradient: the logits must depend on the unit's activation.
        gradients = torch.autograd.grad(
            kept[LOGITS[head]].sum(), list(kept.values()), retain_graph=True, allow_unused=True
        )
        reached = [
            name
            for (name, value), gradient in zip(kept.items(), gradients, strict=True)
            if gradient is not None and value.dim() == 4 and value.shape[2:].numel() > 1
        ]
        assert list(layers) == reached
        assert methods.DEFAULT_UNIT[head] in layers
    assert (
        methods.units_before(graph(empty(replace(tiny.variant, heads=("main",))), 64, 72), "aux1")
        == ()
    )


@pytest.mark.parametrize(("adapt", "passes"), [("on", 3 + 6 + 10), ("off", 3)])
def test_integrated_gradients_costs_at_most_what_it_says(adapt, passes, tiny, x64, monkeypatch):
    monkeypatch.setattr(integrated_gradients, "TOLERANCE", -1.0)  # never exact enough
    monkeypatch.setattr(methods.parameters, "MAX_STEPS", 10)
    seen = []
    hook = tiny.fc.register_forward_hook(lambda _m, inputs, _o: seen.append(len(inputs[0])))
    integrate(tiny, x64[0], "main", 1, baseline=x64[1], steps=3, adapt=adapt == "on")
    hook.remove()
    settings = methods.method("integrated_gradients").settings({"steps": 3, "adapt": adapt})
    cost = methods.method("integrated_gradients").cost(settings)
    assert sum(seen) == cost.forwards == cost.backwards + 2 == passes + 2
    assert str(cost) == f"at most {passes + 2} forward and {passes} backward passes"


def test_steps_double_up_to_400():
    assert methods.doublings(50, True) == [50, 100, 200, 400]
    assert methods.doublings(150, True) == [150, 300, 400]
    assert methods.doublings(50, False) == [50]
    assert methods.doublings(500, True) == [500]


# --- the integral ----------------------------------------------------------------------------


def test_the_gradient_of_a_linear_score_is_its_weights():
    weight = torch.tensor([[1.0, -2.0], [0.5, 3.0]], dtype=torch.float64)
    start, end = torch.rand(2, 2, 2, dtype=torch.float64)
    mean = integrated_gradients.mean_gradient(lambda z: (z * weight).sum((1, 2)), start, end, 3)
    assert torch.allclose(mean, weight, rtol=0, atol=1e-15)


@pytest.mark.parametrize("batch", [1, 4, 100])
def test_a_polynomial_is_integrated_exactly_whatever_the_batch(batch):
    # Gauss and Legendre's rule of n points is exact up to degree 2n - 1; the gradient of
    # z^8 has degree 7. Along z = a the mean of 8 a^7 over a in [0, 1] is 1.
    start, end = torch.zeros(2, dtype=torch.float64), torch.ones(2, dtype=torch.float64)
    seen = []
    mean = integrated_gradients.mean_gradient(
        lambda z: (z**8).sum(1), start, end, 4, batch, lambda total, share: seen.append(share)
    )
    assert mean == pytest.approx([1, 1], abs=1e-14)
    assert len(seen) == -(-4 // batch)
    assert seen[-1] == pytest.approx(1)


def test_every_batch_covers_the_whole_path():
    # The gradient of z^2 / 2 is z, whose mean over [0, 1] is a half; the first fifth of the
    # path alone would say a tenth.
    start, end = torch.zeros(1, dtype=torch.float64), torch.ones(1, dtype=torch.float64)
    estimates = []
    integrated_gradients.mean_gradient(
        lambda z: (z**2 / 2).sum(1),
        start,
        end,
        50,
        10,
        lambda total, share: estimates.append(float(total) / share),
    )
    assert estimates == pytest.approx([0.5] * 5, abs=0.05)
    assert estimates[-1] == pytest.approx(0.5, abs=1e-12)


def test_a_kink_half_way_is_crossed_to_within_a_step():
    start, end = torch.zeros(1, dtype=torch.float64), torch.ones(1, dtype=torch.float64)
    for kink in (0.5, 0.31, 0.83):
        mean = integrated_gradients.mean_gradient(
            lambda z, kink=kink: torch.relu(z - kink).sum(1), start, end, 50
        )
        assert abs(float(mean) - (1 - kink)) < np.pi / 2 / 50


def test_completeness_error_by_hand():
    parts = torch.tensor([1.0, 2.0, -0.5])
    assert result.completeness_error(parts, 2.0) == pytest.approx(0.25)
    assert result.completeness_error(parts, -2.0) == pytest.approx(2.25)
    # Below a tenth of a logit the difference is taken as a tenth.
    assert result.completeness_error(torch.tensor([0.03]), 0.01) == pytest.approx(0.2)


def integrate(net, x, head, target, **how):
    return integrated_gradients.integrated_gradients(net, x, logit(net, head, target), **how)


def cam(net, x, unit, head, target, **how):
    return grad_cam.grad_cam(net, x, unit, logit(net, head, target), **how)


def cam_all(net, x, head, target, **how):
    return grad_cam.grad_cam_all(net, x, logit(net, head, target), **how)


# --- integrated gradients --------------------------------------------------------------------


def naive_integrated_gradients(net, x, baseline, head, target, steps):
    """Step by step, through conv1, as the paper writes it, on Gauss and Legendre's points."""
    points, weights = np.polynomial.legendre.leggauss(steps)
    total = torch.zeros_like(x)
    for point, weight in zip(points, weights, strict=True):
        place = (baseline + (1 + point) / 2 * (x - baseline))[None].requires_grad_()
        (gradient,) = torch.autograd.grad(logits(net, place, head)[0, target], place)
        total += weight / 2 * gradient[0]
    return (x - baseline) * total


@pytest.mark.parametrize("lrn", [False, True])
@pytest.mark.parametrize("head", HEADS)
def test_the_shortcut_through_conv1_is_exact(head, lrn, tiny, x64):
    net = tiny_net(lrn=True) if lrn else tiny
    x, baseline = x64
    expected = naive_integrated_gradients(net, x, baseline, head, 3, 9)
    found = integrate(net, x, head, 3, baseline=baseline, steps=9, adapt=False)
    assert worst(found.raw, expected) < 1e-6  # float32 output of a float64 sum
    assert worst(found.map, expected.sum(0)) < 1e-6
    ends = logits(net, torch.stack([x, baseline]), head)[:, 3]
    difference = float(ends[0] - ends[1])
    error = abs(float(expected.sum()) - difference) / max(abs(difference), 0.1)
    assert found.completeness_error == pytest.approx(error, rel=1e-6)


@pytest.mark.parametrize("head", ["main", "aux2"])
def test_integrated_gradients_equal_captums_on_torchvisions_module(head, theirs):
    # In float64: in float32 a rounding that flips a max pool's choice moves single pixels.
    theirs = copy.deepcopy(theirs).double()
    ours = fold(from_torchvision(theirs))
    x = oracles.batch(96, 96, 1).double()
    black = (-oracles.MEAN / oracles.STD * torch.ones_like(x)).double()
    model = theirs if head == "main" else TorchvisionHead(theirs, head)
    expected = IntegratedGradients(model).attribute(
        x, black, target=7, n_steps=12, internal_batch_size=8
    )[0]
    start, end = (ours.transform(picture)[0] for picture in (black, x))
    found = integrate(ours, end, head, 7, baseline=start, steps=12)
    assert worst(found.raw, expected) < 1e-5
    assert worst(found.map, expected.sum(0)) < 1e-5
    single = integrate(
        fold(from_torchvision(theirs).float()),
        end.float(),
        head,
        7,
        baseline=start.float(),
        steps=12,
    )
    assert cosine(single.raw, expected) > 0.9999


def test_steps_double_until_the_map_adds_up(tiny, x64, monkeypatch):
    def ask(**how):
        return integrate(tiny, x64[0], "main", 3, baseline=x64[1], **how)

    errors = {steps: ask(steps=steps).completeness_error for steps in (2, 4, 8, 16)}
    enough = min(errors, key=errors.get)
    assert enough > 4, "this photo needs more than one doubling"
    monkeypatch.setattr(integrated_gradients, "TOLERANCE", errors[enough])
    adapted, plain = ask(steps=2, adapt=True), ask(steps=enough)
    assert np.array_equal(adapted.raw, plain.raw)
    assert adapted.completeness_error == errors[enough]
    was = errors[enough // 2]
    assert adapted.note == (
        f"{enough} steps were needed: after {enough // 2} the map was {was:.0%} off its sum."
    )
    assert plain.note == ""


def test_doubling_ends_and_says_what_is_left(tiny, x64, monkeypatch):
    monkeypatch.setattr(integrated_gradients, "TOLERANCE", -1.0)
    monkeypatch.setattr(methods.parameters, "MAX_STEPS", 10)

    def ask(**how):
        return integrate(
            tiny, x64[0], "aux1", 0, baseline=x64[1], about="Baseline: a photo.", **how
        )

    found, exact = ask(steps=4, adapt=True), ask(steps=10)
    assert np.array_equal(found.raw, exact.raw)
    left = f"Baseline: a photo. After 10 steps the map is still {found.completeness_error:.0%} off"
    assert found.note == f"{left} its sum: read it with care."
    assert exact.note == f"{left} its sum: take more steps."


def test_partial_maps_come_with_every_batch_but_the_last(tiny, x64, monkeypatch):
    monkeypatch.setattr(integrated_gradients, "batch_size", lambda *_: 1)
    seen = []
    found = integrate(
        tiny,
        x64[0],
        "main",
        2,
        baseline=x64[1],
        steps=40,
        report=lambda fraction, partial, text: seen.append((fraction, partial, text)),
    )
    fractions = [fraction for fraction, _, _ in seen]
    assert len(seen) == 40
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1)
    assert seen[-1][1:] == (None, "step 40 of 40")
    # Gauss and Legendre's last points weigh next to nothing: all but one make the whole.
    assert cosine(seen[-2][1].raw, found.raw) > 0.999
    assert seen[-2][1].completeness_error is None


def test_cancelling_ends_within_one_batch(tiny, x64, monkeypatch):
    monkeypatch.setattr(integrated_gradients, "batch_size", lambda *_: 3)
    passes = []
    hook = tiny.fc.register_forward_hook(lambda _m, inputs, _o: passes.append(len(inputs[0])))

    def stop(fraction, partial, text):
        raise Cancel

    with pytest.raises(Cancel):
        integrate(tiny, x64[0], "main", 2, baseline=x64[1], steps=30, report=stop)
    hook.remove()
    assert passes == [2, 3]  # both ends of the path, and one batch


def test_a_batch_is_bounded_in_pixels():
    assert integrated_gradients.batch_size(224, 224) == 10
    assert integrated_gradients.batch_size(448, 448) == 2
    assert integrated_gradients.batch_size(2000, 3000) == 1


# --- baselines -------------------------------------------------------------------------------

CAFFE = Preprocessing(
    height=20, width=30, channels="BGR", scale=1.0, mean=(104.0, 117.0, 123.0), std=(1, 1, 1)
)


@pytest.mark.parametrize("how", [Preprocessing(height=20, width=30), CAFFE])
def test_baselines_are_what_the_network_receives_for_such_pictures(how):
    def make(**settings):
        chosen = methods.method("integrated_gradients").settings(settings)
        return baselines.baseline(photo, how, chosen), baselines.describe(how, chosen)

    photo = normalise(oracles.photos()[0][:20, :30], how)
    black, about = make()
    assert np.allclose(black, normalise(np.zeros((20, 30, 3), np.uint8), how), atol=1e-6)
    assert f"{black[0, 0, 0]:.2f}" in about
    mean, about = make(baseline="mean")
    colour = np.array([int(v) for v in about.split("(")[1].split(")")[0].split(",")], np.uint8)
    assert not mean.any()
    assert np.abs(normalise(np.tile(colour, (20, 30, 1)), how)).max() <= 0.5 / 255 / 0.22 * (
        255 if how is CAFFE else 1
    )
    noise, about = make(baseline="noise", seed=4)
    low, high = (normalise(np.full((1, 1, 3), v, np.uint8), how) for v in (0, 255))
    assert (noise >= low - 1e-6).all()
    assert (noise <= high + 1e-6).all()
    assert abs(float(((noise - low) / (high - low)).mean()) - 0.5) < 0.03
    assert "seed 4" in about
    assert np.array_equal(noise, make(baseline="noise", seed=4)[0])
    assert not np.array_equal(noise, make(baseline="noise", seed=5)[0])


def test_blur_has_the_width_it_says_and_does_not_mix_channels():
    dot = np.zeros((3, 61, 61), np.float32)
    dot[1, 30, 30] = 1
    settings = methods.method("integrated_gradients").settings({"baseline": "blur", "blur": 4})
    blurred = baselines.baseline(dot, Preprocessing(), settings)
    assert not blurred[[0, 2]].any()
    assert float(blurred.sum()) == pytest.approx(1, abs=1e-4)
    offsets = np.arange(61) - 30
    assert (blurred[1].sum(0) * offsets**2).sum() == pytest.approx(16, rel=0.01)


# --- Grad-CAM --------------------------------------------------------------------------------


def test_the_last_module_is_class_activation_mapping(tiny, x64):
    # Average pooling and one linear layer follow: the gradient is the weight over the area.
    activation = tiny.run({INPUT: x64[:1]}, ["inception5b"])["inception5b"][0]
    weight = tiny.fc.linear.weight[4].view(-1, 1, 1) / activation[0].numel()
    found = cam(tiny, x64[0], None, "main", 4)
    assert worst(found.raw, activation * weight) < 1e-6
    assert found.map.shape == (64, 72)


@pytest.mark.parametrize(
    ("unit", "head"), [("inception4a", "aux1"), ("inception4b/3x3", "aux2"), ("conv1", "main")]
)
def test_channel_weights_are_the_slopes_of_the_logit(unit, head, tiny, x64):
    # Raising a whole channel by h raises the logit by h times the sum of its gradient.
    x, step = x64[:1], 1e-6
    activation = tiny.run({INPUT: x}, [unit])[unit][0]
    found = cam(tiny, x[0], unit, head, 2)
    for channel in range(0, len(activation), 5):
        values = []
        for sign in (1, -1):

            def shift(name, value, channel=channel, sign=sign):
                if name == unit:
                    value = value.clone()
                    value[:, channel] += sign * step
                return value

            values.append(float(tiny.run({INPUT: x}, [LOGITS[head]], shift)[LOGITS[head]][0, 2]))
        slope = (values[0] - values[1]) / (2 * step) / activation[channel].numel()
        expected = slope * activation[channel].numpy()
        scale = max(np.abs(found.raw).max(), 1e-9)
        assert np.abs(found.raw[channel] - expected).max() < 2e-4 * scale


@pytest.mark.parametrize(
    ("unit", "layer", "head"),
    [
        ("inception5b", "inception5b", "main"),
        ("inception4c", "inception4c", "main"),
        ("inception3a/3x3", "inception3a.branch2.1", "main"),
        ("inception4e/pool_proj", "inception4e.branch4.1", "main"),
        ("pool3", "maxpool3", "main"),
        ("inception4d", "inception4d", "aux2"),
        ("inception3b", "inception3b", "aux1"),
    ],
)
def test_grad_cam_equals_captums_on_torchvisions_module(unit, layer, head, theirs, ours):
    # Whole blocks and modules are comparable: what hooks on batch norm see, torchvision's
    # in-place ReLU overwrites.
    x = oracles.batch(96, 128, 1)
    model = theirs if head == "main" else TorchvisionHead(theirs, head)
    captums = LayerGradCam(model, theirs.get_submodule(layer))
    coarse = captums.attribute(x, target=3, relu_attributions=False)
    expected = LayerAttribution.interpolate(coarse, (96, 128), "bilinear")[0, 0].detach()
    found = cam(ours, ours.transform(x)[0], unit, head, 3)
    assert worst(found.raw.sum(0), coarse[0, 0].detach()) < 1e-3
    assert worst(found.map, expected) < 1e-3
    clipped = cam(ours, ours.transform(x)[0], unit, head, 3, relu=True)
    rectified = LayerAttribution.interpolate(coarse.relu(), (96, 128), "bilinear")[0, 0]
    assert np.abs(clipped.map - rectified.detach().numpy()).max() < 1e-3 * expected.abs().max()
    assert np.array_equal(clipped.raw, found.raw)


@pytest.mark.parametrize(("head", "count"), [("main", 57), ("aux2", 39), ("aux1", 21)])
def test_all_units_from_one_backward_equal_one_by_one(head, count, tiny, x64):
    passes = []
    hook = tiny.conv1.register_forward_hook(lambda *_: passes.append(1))
    maps = cam_all(tiny, x64[0], head, 1)
    assert len(passes) == 1
    hook.remove()
    assert len(maps) == count
    for unit, found in maps.items():
        single = cam(tiny, x64[0], unit, head, 1).map
        assert np.allclose(found, single, rtol=1e-5, atol=1e-7 * np.abs(single).max()), unit


# --- what cannot be answered -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("unit", "head", "target", "words"),
    [
        (None, "aux3", 0, "no head “aux3”"),
        (None, "main", 5, "Class 5 is out of range: this checkpoint's go from 0 to 4"),
        (None, "main", -1, "Class -1 is out of range"),
        ("inception9", "main", 0, "no unit “inception9”"),
        ("inception4b", "aux1", 0, "“inception4b” is not on the way to aux1"),
        ("aux1/conv", "main", 0, "not on the way to main"),
        ("fc", "main", 0, "not on the way to main"),
        ("avgpool", "main", 0, "“avgpool” has no map"),
        ("aux1/fc1", "aux1", 0, "“aux1/fc1” has no map"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(unit, head, target, words, tiny, x64):
    with pytest.raises(QuestionError, match=words):
        cam(tiny, x64[0], unit, head, target)


def test_an_absent_head_is_named_with_those_present(x64):
    net = initialise(replace(variants.paper(3), table=TINY, heads=("main",))).double().eval()
    with pytest.raises(QuestionError, match="no head “aux2”; it has main"):
        integrate(net, x64[0], "aux2", 0, baseline=x64[1], steps=2)


def test_maps_without_meaning_are_explained(x64):
    net = tiny_net()
    layer = net.get_submodule("inception5b.1x1").bn
    layer.weight.zero_()
    layer.bias.fill_(-1.0)
    dead = cam(net, x64[0], "inception5b/1x1", "main", 0)
    assert dead.degenerate == result.ALL_ZERO
    net.fc.linear.weight.fill_(-0.5)  # every channel speaks against every class
    against = cam(net, x64[0], None, "main", 0, relu=True)
    assert against.degenerate == grad_cam.ALL_AGAINST
    assert cam(net, x64[0], None, "main", 0).degenerate == ""
    same = integrate(net, x64[0], "main", 0, baseline=x64[0], steps=2)
    assert same.degenerate == result.ALL_ZERO
    assert same.completeness_error == 0
    for channels in (slice(0, 1), slice(None)):  # one of a dead branch, then all
        net.fc.linear.weight[1, channels] = float("nan")
        broken = integrate(net, x64[0], "main", 1, baseline=x64[1], steps=2, adapt=True)
        assert broken.degenerate == result.NOT_FINITE
    assert cam(net, x64[0], None, "main", 1).degenerate == result.NOT_FINITE


def test_nothing_is_left_behind(tiny, x64):
    def tensors_after(runs):
        for _ in range(runs):
            integrate(tiny, x64[0], "main", 0, baseline=x64[1], steps=4, report=lambda *_: None)
            cam(tiny, x64[0], None, "main", 0)
            cam_all(tiny, x64[0], "aux2", 0)
        gc.collect()
        return sum(issubclass(type(thing), torch.Tensor) for thing in gc.get_objects())

    assert tensors_after(1) == tensors_after(5)
    assert not x64.requires_grad
    assert all(p.grad is None and not p.requires_grad for p in tiny.parameters())
    assert not any(m._forward_hooks or m._backward_hooks for m in tiny.modules())


# --- through the lab -------------------------------------------------------------------------


class Heard:
    """A progress that keeps what it was told."""

    lane = "jobs"

    def __init__(self):
        self.partials = []

    def __call__(self, fraction, answer=None, text=""):
        self.partials.append(answer)


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
        heads={"aux1": "untrained", "aux2": "trained", "main": "trained"},
    )
    lab = Lab()
    info = lab.add_weights(weights, "tiny")
    image = lab.add_image(Decoded(oracles.photos()[1], "coffee"), ImageSource())
    return SimpleNamespace(lab=lab, net=net, scene=Scene(info.fingerprint, image.id, how))


def test_an_answer_explains_the_heads_top_class_and_says_what_was_used(open_lab):
    lab, scene, heard = open_lab.lab, open_lab.scene, Heard()
    given = (("adapt", "off"), ("steps", 12))
    answer = attribution.answer(
        Attribution(scene, "integrated_gradients", parameters=given), lab, heard
    )
    x = open_lab.net.transform(torch.tensor(lab.prepare(scene).array)[None])[0]
    black = torch.tensor(normalise(np.zeros((64, 72, 3), np.uint8), scene.preprocessing))
    ends = logits(open_lab.net, torch.stack([x, black]), "main")
    top = int(ends[0].argmax())
    assert (answer.target, answer.target_name) == (top, ("ant", "bee", "cup", "dog", "eel")[top])
    expected = naive_integrated_gradients(open_lab.net, x, black, "main", top, 12)
    assert cosine(answer.raw, expected) > 0.9999
    difference = float(ends[0, top] - ends[1, top])
    error = abs(float(answer.raw.sum(dtype=np.float64)) - difference) / max(abs(difference), 0.1)
    assert answer.completeness_error == pytest.approx(error, rel=1e-3, abs=1e-3)
    assert answer.parameters == {
        "steps": 12,
        "adapt": "off",
        "baseline": "black",
        "baseline_image": "",
        "blur": 10.0,
        "seed": 0,
    }
    assert answer.note.startswith("Baseline: black, ")
    assert answer.provenance.fingerprint == scene.checkpoint
    assert answer.provenance.seed is None
    assert answer.seconds > 0
    assert not answer.partial
    assert not answer.raw.flags.writeable
    assert heard.partials == [None]  # one batch, and what follows it is the answer


def test_partial_answers_say_that_they_are(open_lab, monkeypatch):
    monkeypatch.setattr(integrated_gradients, "batch_size", lambda *_: 3)
    heard = Heard()
    given = (("adapt", "off"), ("steps", 6))
    question = Attribution(open_lab.scene, "integrated_gradients", parameters=given)
    answer = attribution.answer(question, open_lab.lab, heard)
    first, last = heard.partials
    assert first.partial
    assert first.question == question
    assert first.completeness_error is None
    assert first.raw.shape == answer.raw.shape
    assert last is None
    assert not answer.partial


def test_an_answer_on_an_untrained_head_says_so(open_lab):
    question = Attribution(open_lab.scene, "layer_grad_cam", "aux1", 2)
    answer = attribution.answer(question, open_lab.lab, Heard())
    assert "aux1 was never trained" in answer.note
    assert answer.target_name == "cup"
    assert answer.raw.shape[0] == 12  # inception4a's channels
    assert answer.map.shape == (64, 72)
    trained = Attribution(open_lab.scene, "layer_grad_cam", "aux2", 2)
    assert "trained" not in attribution.answer(trained, open_lab.lab, Heard()).note


def test_the_seed_of_a_random_baseline_is_on_record(open_lab):
    noisy = (("adapt", "off"), ("baseline", "noise"), ("seed", 9), ("steps", 2))
    question = Attribution(open_lab.scene, "integrated_gradients", parameters=noisy)
    assert attribution.answer(question, open_lab.lab, Heard()).provenance.seed == 9


def test_a_method_that_does_not_suit_the_network_says_why(open_lab, monkeypatch):
    method = replace(
        methods.METHODS["layer_grad_cam"], suits=lambda drawn, head: f"Not for {head}."
    )
    monkeypatch.setattr(methods, "METHODS", {"layer_grad_cam": method})
    with pytest.raises(QuestionError, match="Not for aux2"):
        attribution.answer(
            Attribution(open_lab.scene, "layer_grad_cam", "aux2"), open_lab.lab, Heard()
        )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"method": "tea_leaves"}, "no method “tea_leaves”"),
        ({"head": "aux9"}, "no head “aux9”"),
        ({"target": 5}, "Class 5 is out of range"),
        ({"parameters": (("steps", 0),)}, "goes from 2"),
    ],
)
def test_bad_questions_are_answered_by_a_sentence(changes, words, open_lab):
    question = replace(Attribution(open_lab.scene, "integrated_gradients"), **changes)
    with pytest.raises(QuestionError, match=words):
        attribution.answer(question, open_lab.lab, Heard())


# --- other numbers than a logit --------------------------------------------------------------


def test_the_difference_of_two_classes_is_explained_by_the_difference_of_their_maps(open_lab):
    def ask(target, against=None):
        given = (("adapt", "off"), ("steps", 8))
        question = Attribution(
            open_lab.scene, "integrated_gradients", "main", target, None, given, against=against
        )
        return attribution.answer(question, open_lab.lab, Heard())

    one, other, both = ask(1), ask(2), ask(1, against=2)
    assert worst(both.raw, torch.tensor(one.raw - other.raw)) < 1e-4
    assert both.score == pytest.approx(one.score - other.score, abs=1e-4)
    assert both.target_name == "bee against cup"
