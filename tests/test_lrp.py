"""LRP against zennit's composites, loops written from the papers, and its conservation."""

import copy
from dataclasses import replace

import numpy as np
import oracles
import pytest
import torch
from test_attribution import HEADS, cosine, tiny_net, worst
from torch import nn
from zennit import composites, rules, types

import inception_viewer as iv
from inception_viewer import attribution_methods as methods
from inception_viewer.analysis.attribution import layer_rules, lrp, relevance, slope
from inception_viewer.analysis.attribution.score import Score, logit, neuron
from inception_viewer.analysis.attribution.task import Task
from inception_viewer.errors import QuestionError
from inception_viewer.googlenet import variants
from inception_viewer.googlenet.architecture import INPUT, fold, initialise
from inception_viewer.googlenet.graph import graph
from inception_viewer.questions import Neuron, Preprocessing

COMPOSITES = ("epsilon_plus", "epsilon", "gamma", "alpha1_beta0")
TARGET = 2


@pytest.fixture(scope="module")
def net():
    """The tiny network, folded, float64: convolutions have biases that matter."""
    return fold(tiny_net())


@pytest.fixture(scope="module")
def bare(net):
    """The same without any bias."""
    other = copy.deepcopy(net)
    for module in other.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            module.bias.zero_()
    return other


@pytest.fixture(scope="module")
def x():
    """What conv1 receives, of either sign: two photos, float64."""
    return oracles.batch(64, 72, 2).double()


def explain(net, x, score, **given):
    """The method's result for one photo (3, H, W)."""
    how = Preprocessing(height=x.shape[1], width=x.shape[2])
    settings = methods.METHODS["lrp"].settings(given)
    return lrp.explain(Task(net, x.numpy(), how, score, None, settings), lambda *_: None)


# --- one layer, by loops -------------------------------------------------------------------------


def dense_by_hand(x, weight, bias, incoming, part, epsilon):
    """Bach et al., section on local renormalisation: R_i = sum over j of part_ij / sum part R_j."""
    relevance = np.zeros(len(x))
    for j in range(len(incoming)):
        shares = [part(x[i] * weight[j, i]) for i in range(len(x))]
        whole = sum(shares) + part(bias[j])
        whole += epsilon if whole >= 0 else -epsilon
        for i in range(len(x)):
            relevance[i] += shares[i] / whole * incoming[j]
    return relevance


PARTS = {
    "epsilon": (relevance.epsilon_rule(1e-3), lambda z: z, 1e-3),
    "z+": (relevance.Z_PLUS, lambda z: max(z, 0.0), relevance.STABILISER),
    "gamma": (relevance.gamma_rule(0.25), lambda z: z + 0.25 * max(z, 0.0), relevance.STABILISER),
}


@pytest.mark.parametrize("rule", PARTS)
@pytest.mark.parametrize("convolution", [False, True])
def test_a_layer_hands_relevance_down_as_the_papers_write_it(rule, convolution):
    generator = np.random.default_rng(3)
    weight, bias, x = (generator.normal(size=s) for s in ((6, 5), (6,), (5,)))
    layer = nn.Conv2d(5, 6, 1) if convolution else nn.Linear(5, 6)
    shape = (1, 5, 1, 1) if convolution else (1, 5)
    layer = layer.double().requires_grad_(False)
    layer.weight.copy_(torch.tensor(weight).view_as(layer.weight))
    layer.bias.copy_(torch.tensor(bias))
    chosen, part, epsilon = PARTS[rule]
    leaf = torch.tensor(x).view(shape).requires_grad_()
    z = relevance._Relevant(layer, chosen)(leaf)
    assert torch.equal(z, layer(leaf.detach()))
    # Only what is active hands anything down: the gamma rule is for z > 0.
    incoming = generator.random(6) * (z.detach().flatten().numpy() > 0)
    (gradient,) = torch.autograd.grad(z, leaf, (torch.tensor(incoming).view_as(z) / z).detach())
    found = (leaf * gradient).detach().flatten().numpy()
    assert worst(found, dense_by_hand(x, weight, bias, incoming, part, epsilon)) < 1e-12


# --- the whole network, against zennit -----------------------------------------------------------


def zennits(composite, epsilon=1e-6, gamma=0.25):
    """zennit's composite of that name; it has none that is gamma or z+ throughout."""
    if composite == "epsilon_plus":
        return composites.EpsilonPlus(epsilon=epsilon)
    base = composites.layer_map_base()
    every = {
        "epsilon": [(types.Linear, rules.Epsilon(epsilon=epsilon))],
        "alpha1_beta0": [(types.Linear, rules.AlphaBeta(alpha=1, beta=0))],
        "gamma": [
            (types.Convolution, rules.Gamma(gamma=gamma)),
            (nn.Linear, rules.Epsilon(epsilon=epsilon)),
        ],
    }
    return composites.LayerMapComposite(layer_map=base + every[composite])


def zennits_relevance(net, x, score, composite, unit=INPUT):
    hooked, leaf = copy.deepcopy(net), x.clone().requires_grad_()
    with composite.context(hooked):
        reached = {INPUT: leaf} | hooked.run({INPUT: leaf}, {unit, score.unit} - {INPUT})
        values = reached[score.unit]
        start = values.detach().clone().requires_grad_()
        (share,) = torch.autograd.grad(score.read(start).sum(), start)
        (found,) = torch.autograd.grad(values, reached[unit], values.detach() * share)
    return found


@pytest.mark.parametrize("composite", COMPOSITES)
@pytest.mark.parametrize("head", HEADS)
def test_composites_are_zennits(composite, head, net, x):
    score = logit(net, head, TARGET)
    expected = zennits_relevance(net, x[:1], score, zennits(composite))
    found = explain(net, x[0], score, composite=composite)
    assert worst(found.raw, expected[0]) < 1e-5
    assert worst(found.map, expected[0].sum(0)) < 1e-5
    due = float(score.of_input(net, x[:1])[0])
    assert found.score == pytest.approx(due, rel=1e-9)
    assert found.conserved == pytest.approx(float(expected.sum()) / due, rel=1e-4, abs=1e-6)
    assert f"Relevance conserved: {found.conserved:.1%}" in found.note


@pytest.mark.parametrize("composite", COMPOSITES)
@pytest.mark.parametrize("unit", ["pool1", "inception3b", "inception4a/3x3_reduce", "inception4a"])
def test_the_relevance_of_a_unit_is_zennits(unit, composite, net, x):
    score = logit(net, "main", TARGET)
    expected = zennits_relevance(net, x[:1], score, zennits(composite), unit)
    how = Preprocessing(height=x.shape[2], width=x.shape[3])
    settings = methods.METHODS["layer_lrp"].settings({"composite": composite})
    task = Task(net, x[0].numpy(), how, score, unit, settings)
    found = layer_rules.explain_lrp(task, lambda *_: None)
    assert worst(found.raw, expected[0]) < 1e-5
    if "/" not in unit:
        assert found.conserved == pytest.approx(float(expected.sum()) / found.score, rel=1e-3)


def test_differences_and_neurons_are_handed_down_too(net, x):
    shape = tuple(net.run({INPUT: x[:1]}, ["inception4b"])["inception4b"].shape[1:])
    for score in (logit(net, "main", 1, 3), neuron(net, Neuron("inception4b", 4), shape)):
        expected = zennits_relevance(net, x[:1], score, zennits("epsilon_plus"))
        assert worst(explain(net, x[0], score).raw, expected[0]) < 1e-5


def test_epsilon_and_gamma_matter(net, x):
    score = logit(net, "main", TARGET)
    for composite, name, value in (("epsilon", "epsilon", 0.5), ("gamma", "gamma", 2.0)):
        found = explain(net, x[0], score, composite=composite, **{name: value})
        expected = zennits_relevance(net, x[:1], score, zennits(composite, **{name: value}))
        assert worst(found.raw, expected[0]) < 1e-4
        assert cosine(found.raw, explain(net, x[0], score, composite=composite).raw) < 0.999


# --- what is said of them ------------------------------------------------------------------------


@pytest.mark.parametrize("head", HEADS)
def test_epsilon_is_input_times_gradient_as_its_label_says(head, net, x):
    score = logit(net, head, TARGET)
    plain = slope.slope(net, x[:1], score)
    found = explain(net, x[0], score, composite="epsilon", epsilon=1e-9)
    assert worst(found.raw, (plain.activation * plain.gradient)[0]) < 1e-5
    assert "equals input times gradient" in found.note
    labels = dict(methods.METHODS["lrp"].parameters[0].choices)
    assert "equals input x gradient" in labels["epsilon"]


@pytest.mark.parametrize("composite", COMPOSITES)
@pytest.mark.parametrize("head", HEADS)
def test_without_biases_relevance_is_conserved_at_every_level(composite, head, bare, x):
    score = logit(bare, head, TARGET)
    found = explain(bare, x[0], score, composite=composite, epsilon=1e-9)
    assert found.conserved == pytest.approx(1, abs=1e-3)
    settings = methods.METHODS["lrp"].settings({"composite": composite, "epsilon": 1e-9})
    twin = lrp.network(bare, settings)
    for unit in ("pool1", "conv2", "inception3b"):
        at = slope.slope(twin, x[:1], score, unit)
        assert float((at.activation * at.gradient).sum()) == pytest.approx(
            float(at.score), rel=1e-3
        )


def test_biases_may_be_left_out_of_z_plus(net, x):
    every = composites.layer_map_base()
    every += [(types.Linear, rules.AlphaBeta(alpha=1, beta=0, zero_params="bias"))]
    expected = zennits_relevance(
        net, x[:1], logit(net, "main", TARGET), composites.LayerMapComposite(layer_map=every)
    )
    score = logit(net, "main", TARGET)
    found = explain(net, x[0], score, composite="alpha1_beta0", biases=False)
    assert worst(found.raw, expected[0]) < 1e-4
    assert found.conserved > explain(net, x[0], score, composite="alpha1_beta0").conserved


def test_on_a_trained_network_biases_take_most_of_it_unless_they_may_not(demo, photo):
    for head in ("aux1", "main"):
        shared, kept = (
            iv.attribute(demo, photo, method="lrp", head=head, biases=biases)
            for biases in (True, False)
        )
        assert 0 < shared.conserved < 0.3
        assert "the rest went to biases" in shared.note
        assert "with “Biases take their share” off, inputs get it" in shared.note
        assert kept.conserved == pytest.approx(1, abs=0.1)
        assert cosine(shared.map, kept.map) > 0.8


def test_what_is_said_of_the_share_that_arrived():
    """By default biases take theirs, as under zennit's and Captum's rules of these names."""
    settings = methods.METHODS["lrp"].settings
    assert settings()["biases"] == "on"
    said = lrp.conservation(0.043, settings())
    assert said.startswith("Relevance conserved: 4.3%; the rest went to biases on the way")
    assert "off, inputs get it" not in lrp.conservation(0.01, settings({"composite": "gamma"}))
    spared = settings({"biases": "off"})
    assert "dense layers' biases" in lrp.conservation(0.99, spared)
    more = lrp.conservation(1.045, spared)
    assert more.startswith("Relevance conserved: 104.5%; what is more was added")
    assert "the rest" not in more


def test_z_plus_of_a_positive_score_knows_no_evidence_against(net, x):
    targets = range(5)
    target = max(targets, key=lambda t: float(logit(net, "main", t).of_input(net, x[:1])[0]))
    score = logit(net, "main", target)
    found = explain(net, x[0], score, composite="alpha1_beta0")
    assert found.score > 0
    assert found.raw.min() >= 0
    assert explain(net, x[0], score, composite="gamma").raw.min() < 0


def test_a_score_of_zero_has_nothing_to_hand_down(net, x):
    zero = Score("fc", lambda logits: logits[:, 0] * 0, "nothing")
    found = explain(net, x[0], zero)
    assert found.conserved is None
    assert "the score is zero" in found.note
    assert "zero everywhere" in found.degenerate


# --- what has no rule ----------------------------------------------------------------------------


def test_response_normalisation_is_refused_with_the_reason(x):
    for variant in (variants.paper(5, batch_norm=False), variants.inception5h(5)):
        lrn = initialise(replace(variant, table=tiny_net().variant.table)).double().eval()
        why = methods.METHODS["lrp"].suits(graph(lrn, 64, 72), "main")
        assert "local response normalisation" in why
        with pytest.raises(QuestionError, match="local response normalisation"):
            explain(lrn, x[0], logit(lrn, "main", 1))
        with pytest.raises(ValueError, match="LocalResponseNorm"):
            relevance.relevance_network(lrn, relevance.Z_PLUS, relevance.Z_PLUS)
    with pytest.raises(ValueError, match="BatchNorm2d"):
        relevance.relevance_network(tiny_net(), relevance.Z_PLUS, relevance.Z_PLUS)
    assert methods.METHODS["lrp"].suits(graph(fold(tiny_net()), 64, 72), "main") == ""
