"""What a channel or position sees: against Captum, formulas, and the layer's own numbers."""

import copy

import numpy as np
import oracles
import pytest
import torch
import torch.nn.functional as F
from captum.attr import NeuronConductance, NeuronGradient, NeuronIntegratedGradients
from test_attribution import Heard, TorchvisionHead, from_torchvision, open_lab, tiny_net, worst

from inception_viewer import attribution_methods as methods
from inception_viewer.analysis import attribution
from inception_viewer.analysis.attribution import integrated_gradients, layer_paths, neurons
from inception_viewer.analysis.attribution.score import logit, neuron
from inception_viewer.analysis.attribution.slope import slope
from inception_viewer.errors import QuestionError
from inception_viewer.googlenet.architecture import INPUT, fold
from inception_viewer.questions import Attribution, Neuron

__all__ = ["open_lab"]
NEURON_METHODS = tuple(name for name, m in methods.METHODS.items() if m.explains_neuron)


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


def score_of(net, x, unit, channel, position=None):
    """A neuron's score; ``x`` is what conv1 receives, (1, 3, H, W)."""
    shape = tuple(net.run({INPUT: x}, [unit])[unit].shape[1:])
    return neuron(net, Neuron(unit, channel, position), shape)


PLACES = [
    ("inception4a", "inception4a", 384, (2, 3)),
    ("inception4c/3x3", "inception4c.branch2.1", 173, (0, 5)),
    ("pool2", "maxpool2", 97, (6, 1)),
]


def scale_of(theirs):
    """What the gradient at torchvision's input is times that at conv1: the input transform's."""
    return (oracles.STD / 0.5).double()[0] if theirs.transform_input else 1


@pytest.mark.parametrize(("unit", "layer", "channel", "place"), PLACES)
def test_the_gradient_of_a_position_equals_captums(
    unit, layer, channel, place, theirs, ours, photo
):
    x = photo[0]
    start = ours.transform(x)
    expected = NeuronGradient(theirs, theirs.get_submodule(layer)).attribute(
        x.clone().requires_grad_(), (channel, *place)
    )[0]
    found = slope(ours, start, score_of(ours, start, unit, channel, place)).gradient[0]
    assert worst(found * scale_of(theirs), expected) < 1e-6


@pytest.mark.parametrize(("unit", "layer", "channel", "place"), PLACES)
def test_integrated_gradients_of_a_position_equal_captums(
    unit, layer, channel, place, theirs, ours, photo
):
    x, black = photo
    start, end = ours.transform(black), ours.transform(x)
    expected = NeuronIntegratedGradients(theirs, theirs.get_submodule(layer)).attribute(
        x, (channel, *place), black, n_steps=9, internal_batch_size=9
    )[0]
    found = integrated_gradients.integrated_gradients(
        ours, end[0], score_of(ours, end, unit, channel, place), baseline=start[0], steps=9
    )
    assert worst(found.raw, expected.detach()) < 1e-6
    change = found.score - found.baseline_score
    error = abs(found.raw.sum(dtype=np.float64) - change) / max(abs(change), 0.1)
    assert found.completeness_error == pytest.approx(error, rel=1e-3, abs=1e-6)


@pytest.mark.parametrize("head", ["main", "aux2"])
@pytest.mark.parametrize(("unit", "layer", "channel", "place"), PLACES)
def test_conductance_through_a_position_equals_captums(
    unit, layer, channel, place, head, theirs, ours, photo
):
    x, black = photo
    start, end = ours.transform(black)[0], ours.transform(x)[0]
    model = theirs if head == "main" else TorchvisionHead(theirs, head)
    expected = NeuronConductance(model, theirs.get_submodule(layer)).attribute(
        x, (channel, *place), black, target=7, n_steps=9, method="gausslegendre"
    )[0]
    through = score_of(ours, end[None], unit, channel, place)
    answer = logit(ours, head, 7)
    found = neurons.conductance(ours, end, through, answer, baseline=start, steps=9)
    assert worst(found.raw, expected.detach()) < 1e-6
    assert found.completeness_error is None
    ends = answer.of_input(ours, torch.stack([end, start])).tolist()
    assert (found.score, found.baseline_score) == pytest.approx(tuple(ends))


@pytest.mark.parametrize("unit", ["inception5b", "inception4d", "conv1", "pool1"])
def test_conductance_through_all_channels_is_integrated_gradients(unit, tiny, x64):
    """Everything passes through a module: its channels share out the whole."""
    x, baseline = x64
    answer, steps = logit(tiny, "main", 3), 1 if unit in ("conv1", "pool1") else 4
    channels = tiny.run({INPUT: x64[:1]}, [unit])[unit].shape[1]
    parts = [
        neurons.conductance(
            tiny, x, score_of(tiny, x64[:1], unit, channel), answer, baseline=baseline, steps=steps
        ).raw
        for channel in range(channels)
    ]
    whole = integrated_gradients.integrated_gradients(
        tiny, x, answer, baseline=baseline, steps=steps
    )
    assert worst(np.sum(parts, 0, dtype=np.float64), torch.tensor(whole.raw)) < 1e-4
    # What flows through a channel is the layer's own conductance there, however it came in.
    layer = layer_paths.conductance(
        layer_paths.Way(tiny, answer, baseline, x), unit, steps=steps
    ).raw.sum((1, 2), dtype=np.float64)
    sums = np.array([part.sum(dtype=np.float64) for part in parts])
    assert sums == pytest.approx(layer, abs=1e-5 * np.abs(layer).max())


def test_what_a_channel_of_conv1_answers_to_is_its_filter(open_lab):
    """Deconvolution lets all positions through, guided backpropagation the active ones."""
    channel, net = 7, open_lab.lab.network(open_lab.scene.checkpoint)
    weight, active = (
        net.conv1.conv.weight[channel : channel + 1],
        open_lab.lab.trace(open_lab.scene)["conv1"],
    )
    for name, sent in (
        ("neuron_deconvolution", np.ones_like(active[channel])),
        ("neuron_guided_backprop", active[channel] > 0),
        ("neuron_gradient", active[channel] > 0),
    ):
        question = Attribution(open_lab.scene, name, neuron=Neuron("conv1", channel))
        found = attribution.answer(question, open_lab.lab, Heard())
        sent = torch.tensor(sent).float()[None, None]
        expected = F.conv_transpose2d(sent, weight, stride=2, padding=3, output_padding=1)[0]
        assert worst(found.raw, expected) < 1e-5
        assert worst(found.map, expected.sum(0)) < 1e-5
        assert found.score == pytest.approx(float(active[channel].sum()), rel=1e-5)


# --- through the lab --------------------------------------------------------------------------


def ask(lab, method, **how):
    given = (
        (("steps", 3),) if "steps" in {p.name for p in methods.method(method).parameters} else ()
    )
    given += (("adapt", "off"),) if method == "neuron_integrated_gradients" else ()
    question = Attribution(lab.scene, method, parameters=tuple(sorted(given)), **how)
    return attribution.answer(question, lab.lab, Heard())


@pytest.mark.parametrize("name", NEURON_METHODS)
def test_the_strongest_channel_is_explained_unless_another_is_named(name, open_lab):
    activation = open_lab.lab.trace(open_lab.scene)["inception5b"]
    strongest = int(activation.max((1, 2)).argmax())
    found = ask(open_lab, name, target=2)
    assert found.target_name.startswith(f"inception5b, channel {strongest}")
    assert found.raw.shape == (3, 64, 72)
    assert found.raw.any()
    named = ask(open_lab, name, target=2, neuron=Neuron("inception5b", strongest))
    assert np.array_equal(found.raw, named.raw)
    place = ask(open_lab, name, target=2, neuron=Neuron("inception4a/3x3", 1, (2, 3)))
    assert place.target_name.startswith("inception4a/3x3, channel 1 at row 2, column 3")
    assert not np.array_equal(place.raw, found.raw)


@pytest.mark.parametrize("name", NEURON_METHODS)
def test_costs_are_at_most_what_is_said(name, open_lab):
    net = open_lab.lab.network(open_lab.scene.checkpoint, "jobs")
    open_lab.lab.trace(open_lab.scene, "jobs")
    passes = []
    first = net.conv1.conv
    hook = first.register_forward_hook(lambda _m, inputs, _o: passes.append(len(inputs[0])))
    found = ask(open_lab, name, target=1, neuron=Neuron("inception4a", 3))
    hook.remove()
    cost = methods.method(name).cost(found.parameters)
    assert (found.forwards, found.backwards) == (cost.forwards, cost.backwards)
    assert sum(passes) <= cost.forwards


def test_only_conductance_is_about_a_class_and_a_neuron_at_once(open_lab):
    found = ask(open_lab, "neuron_conductance", head="aux2", target=2, against=1)
    assert found.target == 2
    assert found.target_name.endswith(", for cup against bee")
    assert found.target_name.startswith("inception4d, "), "aux2's own last module"
    logits = open_lab.lab.trace(open_lab.scene).logits["aux2"]
    assert found.score == pytest.approx(float(logits[2] - logits[1]), abs=1e-4)
    assert "that the photo adds to the score flow through this neuron" in found.note
    other = ask(open_lab, "neuron_conductance", head="aux2", target=3)
    assert not np.array_equal(other.raw, found.raw)
    assert "never trained" in ask(open_lab, "neuron_conductance", head="aux1", target=2).note
    plain = ask(open_lab, "neuron_gradient", head="aux1")
    assert plain.target == -1
    assert "never trained" not in plain.note


def test_the_answer_explained_through_a_neuron_is_the_heads_top_class(open_lab):
    logits = open_lab.lab.trace(open_lab.scene).logits["main"]
    assert ask(open_lab, "neuron_conductance").target == int(logits.argmax())


@pytest.mark.parametrize(
    ("name", "where", "words"),
    [
        ("neuron_gradient", Neuron("inception9"), "no unit “inception9”"),
        ("neuron_gradient", Neuron("inception4a", 12), "has channels 0 to 11, not 12"),
        ("neuron_gradient", Neuron("inception4a", 1, (0, 4)), "rows 0 to 3 and columns 0 to 3"),
        ("neuron_gradient", Neuron("aux1/fc1", 1), "“aux1/fc1” has no map"),
        ("neuron_conductance", Neuron("aux1/conv", 1), "not on the way to main"),
    ],
)
def test_neurons_that_make_no_sense(name, where, words, open_lab):
    with pytest.raises(QuestionError, match=words):
        ask(open_lab, name, neuron=where)
