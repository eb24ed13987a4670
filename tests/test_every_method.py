"""What all 32 methods have in common, on a tiny network of each family and on the demo."""

import importlib
import pkgutil
from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import numpy as np
import oracles
import pytest
import torch
from scipy.ndimage import gaussian_filter
from test_attribution import TINY, Heard

from inception_viewer import attribution_methods as methods
from inception_viewer import paths
from inception_viewer.analysis import attribution
from inception_viewer.checkpoints.weights import Weights
from inception_viewer.errors import QuestionError
from inception_viewer.googlenet import variants
from inception_viewer.googlenet.architecture import INPUT, LOGITS, GoogLeNet, initialise
from inception_viewer.images.decode import Decoded, decode
from inception_viewer.images.preprocess import normalise
from inception_viewer.lab import Lab
from inception_viewer.questions import Attribution, ImageSource, Neuron, Preprocessing, Scene

NAMES = methods.names()
HERE = Preprocessing(height=64, width=72, short_side=72)
FEW = {
    "steps": 6, "adapt": "off", "samples": 10, "regions": "grid", "segments": 6,
    "window": 24, "stride": 20, "count": 2, "penalty": 1e-4,
}  # fmt: skip
"""Settings under which every method is quick."""
FAMILIES = {
    "torchvision": variants.torchvision(5),
    "paper": variants.paper(5),
    "bvlc": variants.paper(5, batch_norm=False),
    "inception5h": variants.inception5h(5),
}
BASELINES = ("black", "mean", "blur", "noise", "image")


@cache
def lab_of(family):
    """A lab with a tiny network of a family and two photos, and the scene of the first."""
    made = replace(FAMILIES[family], table=TINY)
    net = initialise(made, 2)
    oracles.randomise(net, 2)
    if made.batch_norm_eps is not None:
        oracles.calibrate(net)
    heads = dict.fromkeys(made.heads, "trained")
    weights = Weights(made, net.eval().state_dict(), tuple("abcde"), HERE, family, heads)
    lab = Lab()
    info = lab.add_weights(weights, family)
    photo, other = (
        lab.add_image(Decoded(pixels, "photo"), ImageSource()) for pixels in oracles.photos()[:2]
    )
    scene = Scene(info.fingerprint, photo.id, HERE)
    return SimpleNamespace(lab=lab, scene=scene, other=other.id)


def ask(name, family="paper", heard=None, target=3, given=None, unit=None, **how):
    made = lab_of(family)
    known = {parameter.name for parameter in methods.method(name).parameters}
    settings = {key: value for key, value in FEW.items() if key in known} | (given or {})
    asked = (name, "main", target, unit, tuple(sorted(settings.items())))
    return attribution.answer(Attribution(made.scene, *asked, **how), made.lab, heard or Heard())


def with_setting(setting):
    return [n for n in NAMES if setting in {p.name for p in methods.method(n).parameters}]


def takes_long(name):
    """Whether a method takes more than a few passes, whatever its settings."""
    return methods.method(name).cost(methods.method(name).settings()).forwards > 10


# --- every network ----------------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", NAMES)
def test_every_method_answers_for_every_network_or_says_why_not(name, family):
    if name.endswith("lrp") and FAMILIES[family].lrn is not None:
        with pytest.raises(QuestionError, match="no rule for local response normalisation"):
            ask(name, family)
        return
    found, method = ask(name, family), methods.method(name)
    assert found.map.shape == (64, 72)
    assert found.map.dtype == found.raw.dtype == np.float32
    if method.target_kind == "layer":
        # TensorFlow's padding rounds up, and 72 is not a multiple of 32.
        assert found.raw.shape == ((12, 2, 3) if family == "inception5h" else (12, 2, 2))
    else:
        assert found.raw.shape == (3, 64, 72)
        assert np.abs(found.raw.sum(0) - found.map).max() < 1e-5 * np.abs(found.map).max()
    assert not found.degenerate
    assert np.isfinite(found.raw).all()
    assert found.raw.any()
    assert (found.completeness_error is None) == (not method.completeness)
    if method.completeness == "exact" and "steps" not in found.parameters:
        assert found.completeness_error < 1e-3


@pytest.mark.parametrize("name", NAMES)
def test_the_same_question_has_the_same_answer_bit_for_bit(name):
    for given in ({}, {"baseline": "noise"}, {"baselines": "noise"}):
        if given.keys() <= set(methods.method(name).settings()):
            one, again = (ask(name, given=given) for _ in range(2))
            assert one.raw.tobytes() == again.raw.tobytes()
            assert one.map.tobytes() == again.map.tobytes()
            random = bool(given) or "samples" in one.parameters
            assert one.provenance.seed == (0 if random else None)


@pytest.mark.parametrize("name", [n for n in NAMES if not methods.method(n).explains_neuron])
def test_the_score_is_the_logit_or_the_difference_of_two(name):
    made = lab_of("paper")
    logits = made.lab.trace(made.scene).logits["main"]
    one, both = ask(name), ask(name, against=1)
    if one.score is not None:
        assert one.score == pytest.approx(float(logits[3]), abs=1e-4)
        assert both.score == pytest.approx(float(logits[3] - logits[1]), abs=1e-4)
    assert both.target_name == "d against b"
    assert not np.array_equal(one.raw, both.raw)


@pytest.mark.parametrize("name", NAMES)
def test_a_position_of_a_unit_is_explained_by_every_method(name):
    """The pixels' methods explain it as they do a class; a layer's say what drives it."""
    made = lab_of("paper")
    activation = made.lab.trace(made.scene)["inception4b/3x3"]
    row, column = (int(i) for i in np.unravel_index(activation[1].argmax(), activation.shape[1:]))
    unit = Neuron("inception4b/3x3", 1, (row, column))
    if name == "class_activation_map":
        with pytest.raises(QuestionError, match="a neuron has other methods"):
            ask(name, neuron=unit)
        return
    layer = "inception4a" if methods.method(name).target_kind == "layer" else None
    found = ask(name, neuron=unit, unit=layer)
    assert found.target_name.startswith(f"inception4b/3x3, channel 1 at row {row}, column {column}")
    assert found.raw.any()
    if name == "neuron_conductance":
        assert found.target_name.endswith(", for d")
    elif found.score is not None:
        assert found.score == pytest.approx(float(activation[1].max()), abs=1e-4)


# --- baselines --------------------------------------------------------------------------------


def picture(kind):
    """What the network receives for a baseline, (3, 64, 72), made anew."""
    made = lab_of("paper")
    photo = made.lab.prepare(made.scene).array
    if kind == "black":
        return normalise(np.zeros((64, 72, 3), np.uint8), HERE)
    if kind == "mean":
        return np.zeros_like(photo)
    if kind == "blur":
        return np.stack([gaussian_filter(plane, 10, mode="nearest") for plane in photo])
    if kind == "noise":
        pixels = np.random.default_rng(0).integers(0, 256, (3, 64, 72))
        return normalise(pixels.transpose(1, 2, 0).astype(np.uint8), HERE)
    return made.lab.prepare(replace(made.scene, image=made.other)).array


@pytest.mark.parametrize("kind", BASELINES)
@pytest.mark.parametrize("name", with_setting("baseline"))
def test_every_baseline_is_what_the_map_is_compared_with(name, kind):
    made = lab_of("paper")
    given = {"baseline": kind} | ({"baseline_image": made.other} if kind == "image" else {})
    # At the last unit the gradient does not depend on the photo.
    unit = "inception4e" if name == "layer_internal_influence" else None
    found = ask(name, given=given, unit=unit)
    assert found.raw.any()
    if kind != "black":
        assert not np.array_equal(found.raw, ask(name, unit=unit).raw)
    if found.baseline_score is None:
        assert name in ("occlusion", "layer_internal_influence")
        return
    net = made.lab.network(made.scene.checkpoint)
    x = net.transform(torch.tensor(picture(kind))[None])
    unit = "inception5b" if name == "neuron_integrated_gradients" else LOGITS["main"]
    at = net.run({INPUT: x}, [unit])[unit][0]
    channel = int(made.lab.trace(made.scene)["inception5b"].max((1, 2)).argmax())
    expected = at[3] if unit == LOGITS["main"] else at[channel].sum()
    assert found.baseline_score == pytest.approx(float(expected), rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("name", with_setting("baseline"))
def test_compared_with_itself_a_photo_has_nothing_to_explain(name):
    if name == "layer_internal_influence":
        return  # a mean gradient, which the photo has whatever it is compared with
    itself = {"baseline": "image", "baseline_image": lab_of("paper").scene.image}
    found = ask(name, given=itself)
    assert np.abs(found.raw).max() < 1e-6
    assert found.degenerate.startswith("The map is zero everywhere") or found.raw.any()


# --- cost, progress, cancelling ---------------------------------------------------------------


@pytest.fixture
def in_pairs(monkeypatch):
    """Batches of two photos everywhere."""
    for module in pkgutil.iter_modules(attribution.__path__):
        loaded = importlib.import_module(f"{attribution.__name__}.{module.name}")
        if hasattr(loaded, "batch_size"):
            monkeypatch.setattr(loaded, "batch_size", lambda *_, **__: 2)


@pytest.mark.parametrize("name", NAMES)
def test_no_more_than_a_few_photos_are_run_between_two_reports(name, in_pairs, monkeypatch):
    """A report is where a run is cancelled: a batch, or the two ends of a way, and the next."""
    events = []
    run = GoogLeNet.run

    def watched(net, known, wanted, edit=None):
        events.append(len(next(iter(known.values()))))
        return run(net, known, wanted, edit)

    class Noting(Heard):
        def __call__(self, fraction, answer=None, text=""):
            assert 0 <= fraction <= 1
            events.append("report")

    made = lab_of("paper")
    made.lab.trace(made.scene, "jobs")
    monkeypatch.setattr(GoogLeNet, "run", watched)
    found = ask(name, heard=Noting())
    assert "report" in events
    between = [0]
    for event in events:
        between = [*between, 0] if event == "report" else [*between[:-1], between[-1] + event]
    assert max(between) <= 6
    cost = methods.method(name).cost(found.parameters)
    assert found.forwards <= cost.forwards
    assert found.backwards <= cost.backwards
    if not name.startswith("occlusion"):  # its cost is that of 224 pixels
        assert found.forwards >= 0.5 * min(cost.forwards, 12)


@pytest.mark.parametrize("name", [n for n in NAMES if takes_long(n)])
def test_whatever_takes_long_shows_partial_maps_or_at_least_how_far_it_is(name, in_pairs):
    heard = Heard()
    final = ask(name, heard=heard)
    shown = [partial for partial in heard.partials if partial is not None]
    assert len(heard.partials) >= 2
    # Least squares over all samples: before the last of them there is no map.
    assert bool(shown) == (name not in ("lime", "kernel_shap"))
    for partial in shown:
        assert partial.partial
        assert partial.raw.shape == final.raw.shape
        assert np.isfinite(partial.raw).all()
    assert not final.partial


# --- without meaning --------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_map_that_is_not_finite_is_explained(name, monkeypatch):
    made = lab_of("paper")
    net = made.lab.network(made.scene.checkpoint, "jobs")
    broken = initialise(replace(net.variant), 0).eval().requires_grad_(False)
    broken.load_state_dict(net.state_dict())
    neuron = methods.method(name).explains_neuron
    for weights in broken.parameters() if neuron else (broken.fc.linear.weight,):
        weights[:] = float("nan")
    monkeypatch.setattr(made.lab, "network", lambda *_: broken)
    found = ask(name)
    assert "not finite" in found.degenerate


def test_a_map_that_limes_penalty_left_nothing_of_says_so():
    found = ask("lime", given={"penalty": 10.0})
    assert not found.raw.any()
    assert "the penalty outweighs" in found.degenerate
    assert "6 of them got no weight" in found.note


# --- at real size -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cup():
    """The demo in a lab, its sample photo, and the way from black to it."""
    lab = Lab()
    info = lab.open_checkpoint("demo")
    photo = lab.add_image(decode(ImageSource(path=str(paths.asset("samples/cup.jpg")))))
    return SimpleNamespace(lab=lab, scene=Scene(info.fingerprint, photo.id, info.preprocessing))


@pytest.mark.parametrize("module", ["inception3b", "inception4e", "inception5b"])
def test_on_the_demo_the_four_branches_conductance_sums_to_their_modules(module, cup):
    """Each of the five maps is computed by itself, of the whole network at 224 x 224."""
    few = (("adapt", "off"), ("steps", 4))

    def conductance(unit):
        question = Attribution(cup.scene, "layer_conductance", "main", None, unit, few)
        return attribution.answer(question, cup.lab, Heard())

    whole = conductance(module)
    parts = [conductance(f"{module}/{b}") for b in ("1x1", "3x3", "5x5", "pool_proj")]
    sums = [part.raw.sum(dtype=np.float64) for part in parts]
    assert sum(sums) == pytest.approx(whole.raw.sum(dtype=np.float64), rel=1e-4)
    together = np.concatenate([part.raw for part in parts])
    assert np.abs(together - whole.raw).max() < 1e-4 * np.abs(whole.raw).max()
    assert min(map(abs, sums)) > 0
    assert len({part.forwards for part in parts} | {whole.forwards}) == 1
