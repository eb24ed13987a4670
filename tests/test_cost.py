"""Costs by formula against running networks: PyTorch's shapes, flop counter, gradients."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from measured import FAMILIES, linear_run, meta_net, multiply_adds, seen, spans

from inception_viewer.googlenet import paper_table, variants
from inception_viewer.googlenet.architecture import INPUT, GoogLeNet, activations, empty
from inception_viewer.googlenet.cost import Cost, Window, costs
from inception_viewer.googlenet.graph import graph


def meta_shapes(net: GoogLeNet, height: int, width: int) -> dict[str, tuple[int, ...]]:
    """Shapes that PyTorch itself gives, by running the network without storage."""
    with torch.no_grad():
        values = activations(net, torch.empty(1, 3, height, width, device="meta"))
    return {name: (*value.shape[1:], 1, 1)[:3] for name, value in values.items()}


# --- shapes -----------------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("size", [(224, 224), (288, 352), (97, 131), (225, 63)])
def test_shapes_are_pytorchs(family: str, size: tuple[int, int]) -> None:
    net = meta_net(family)
    counted = {name: cost.shape for name, cost in costs(net, *size).items() if name != INPUT}
    assert counted == meta_shapes(net, *size)


@settings(derandomize=True, deadline=None, max_examples=25)
@given(
    st.integers(31, 700),
    st.integers(31, 700),
    st.sampled_from(["torchvision", "paper", "inception5h"]),
)
def test_shapes_are_pytorchs_at_any_size(height: int, width: int, family: str) -> None:
    net = meta_net(family)
    counted = costs(net, height, width)
    for name, shape in meta_shapes(net, height, width).items():
        assert counted[name].shape == shape, name


@pytest.mark.parametrize(("family", "least"), [("torchvision", 15), ("paper", 31), ("floor", 61)])
def test_too_small_an_input_is_refused_where_pytorch_refuses_it(family: str, least: int) -> None:
    net = meta_net(family)
    for side in (1, 2, least - 2, least - 1):
        with pytest.raises(RuntimeError):
            meta_shapes(net, side, 224)
        with pytest.raises(ValueError, match=f"An input of {side} x 224 pixels is too small"):
            costs(net, side, 224)
    for side in (least, least + 1):
        assert (
            costs(net, side, 224)["inception5b"].shape == meta_shapes(net, side, 224)["inception5b"]
        )


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.data())
def test_windows_follow_pytorchs_rule(data: st.DataObject) -> None:
    """All pools there could be, ``ceil_mode`` and padding together included."""
    kernel = data.draw(st.integers(1, 7))
    padding, stride = data.draw(st.integers(0, kernel // 2)), data.draw(st.integers(1, 5))
    length, ceil_mode = data.draw(st.integers(1, 30)), data.draw(st.booleans())
    count = Window(kernel, stride, padding, ceil_mode).count(length)
    try:
        pooled = F.max_pool1d(torch.zeros(1, 1, length), kernel, stride, padding, 1, ceil_mode)
    except RuntimeError:
        assert count == 0
    else:
        assert count == pooled.shape[-1]


# --- parameters and multiply-adds ----------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES)
def test_parameters_are_those_of_the_modules(family: str) -> None:
    net = meta_net(family)
    counted = costs(net, 224, 224)
    for step in net.steps:
        parameters = [] if step.module is None else list(step.module.parameters())
        assert counted[step.name].parameters == sum(p.numel() for p in parameters), step.name
        weights = sum(p.numel() for p in parameters if p.ndim > 1)
        assert counted[step.name].weights == weights, step.name
    assert sum(c.parameters for c in counted.values()) == sum(p.numel() for p in net.parameters())


@pytest.mark.parametrize("family", ["torchvision", "paper", "lrn", "inception5h"])
@pytest.mark.parametrize("size", [(224, 224), (288, 352)])
def test_multiply_adds_are_half_the_counted_flops(family: str, size: tuple[int, int]) -> None:
    measured, total = multiply_adds(family, size)
    counted = {name: cost.multiply_adds for name, cost in costs(meta_net(family), *size).items()}
    assert counted.pop(INPUT) == 0
    assert counted == measured
    assert sum(counted.values()) == total
    assert total > 1.5e9


def test_torchvisions_own_parameter_count() -> None:
    """13,004,888 with heads and 6,624,904 without, as torchvision documents them."""
    counted = costs(meta_net("torchvision"), 224, 224)
    assert sum(c.parameters for c in counted.values()) == 13_004_888
    main = sum(c.parameters for n, c in counted.items() if not n.startswith("aux"))
    assert main == 6_624_904


# --- the paper's Table 1 -------------------------------------------------------------------

MODULE_CLAIMS = {
    "inception3a": (159.5, 128),
    "inception3b": (379.0, 304),
    "inception4a": (366.75, 73.6),
    "inception4b": (438.0, 88),
    "inception4c": (497.5, 100),
    "inception4d": (590.5, 119),
    "inception4e": (847.0, 170),
    "inception5a": (1018.0, 51.1),
    "inception5b": (1409.0, 71),
}
"""Weights / 1024 and multiply-adds / 10^6 that the channel table comes to, by hand."""


def counts(variant: variants.Variant) -> dict[str, paper_table.Count]:
    network = graph(empty(variant), 224, 224)
    return {claim.unit: paper_table.count(network, claim) for claim in paper_table.TABLE}


def test_modules_count_to_the_channel_table() -> None:
    counted = counts(variants.paper())
    for module, (parameters, operations) in MODULE_CLAIMS.items():
        assert counted[module].kilo_parameters == parameters, module
        digits = 1 if isinstance(operations, float) else 0
        assert round(counted[module].mega_operations, digits) == operations, module


def test_the_papers_claims_and_where_they_differ() -> None:
    """Multiply-adds round to the printed ones but for conv1, 4a and 5a; each says why."""
    counted = counts(variants.paper())
    differing = []
    for claim in paper_table.TABLE:
        assert counted[claim.unit].output == claim.output, claim.row
        if claim.mega_operations != round(counted[claim.unit].mega_operations) and (
            claim.mega_operations is not None
        ):
            differing.append(claim.unit)
            assert claim.reason, claim.row
    assert differing == ["conv1", "inception4a", "inception5a"]
    assert counted["conv2"].kilo_parameters == 112
    assert counted["fc"].kilo_parameters == 1000
    assert counted["conv1"].mega_operations == pytest.approx(118.0, abs=0.05)


def test_the_reasons_given_are_right() -> None:
    """With Inception 5h's channels the printed numbers come out."""
    released = counts(variants.inception5h())
    claims = paper_table.claims_by_unit()
    for unit in ("inception4a", "inception5a"):
        assert round(released[unit].mega_operations) == claims[unit].mega_operations
    assert round(released["inception4b"].kilo_parameters) == claims["inception4b"].kilo_parameters
    assert released["inception4a"].kilo_parameters == pytest.approx(363.4, abs=0.05)
    separable = (7 + 7) * 3 * 64
    assert separable / 1000 == pytest.approx(claims["conv1"].kilo_parameters, abs=0.05)
    assert round(separable * 112 * 112 / 1e6) == claims["conv1"].mega_operations


def test_depth_is_the_papers_22_layers() -> None:
    assert sum(claim.depth for claim in paper_table.TABLE) == paper_table.LAYERS
    ratio = paper_table.alexnet_ratio(graph(empty(variants.paper()), 224, 224))
    assert ratio == pytest.approx(9, abs=0.5)


# --- receptive fields by gradient support ----------------------------------------------------


@pytest.mark.parametrize(
    ("family", "size"),
    [
        ("torchvision", (73, 803)),
        ("paper", (224, 224)),
        ("floor", (900, 71)),
        ("inception5h", (73, 803)),
    ],
)
def test_receptive_fields_are_the_support_of_the_gradient(
    family: str, size: tuple[int, int]
) -> None:
    """The middle and the corners; more families, sizes and places are in test_proofs.py.

    One long side, longer than 5b's field of 715, so that no field is cut off on both sides.
    """
    counted = costs(meta_net(family), *size)
    x, values = linear_run(family, size)
    for name, value in values.items():
        height, width = value.shape[2:]
        assert (height, width) == counted[name].shape[1:]
        for place in {(0, 0), (height // 2, width // 2), (height - 1, width - 1)}:
            expected = spans(counted[name].field, place, size)
            assert seen(value, x, *place) == expected, (name, place)


def test_dense_units_see_the_whole_input() -> None:
    counted = costs(meta_net("paper"), 224, 352)
    for name in ("avgpool", "fc", "aux1/fc1", "aux2/fc2"):
        assert spans(counted[name].field, (0, 0), (224, 352)) == (0, 223, 0, 351)
        assert counted[name].field.stride == 0


def test_published_receptive_fields() -> None:
    """Araujo et al. (Distill, 2019) compute the stem's; 5x5 branches widen modules by 4 jumps."""
    counted = costs(meta_net("paper"), 224, 224)
    fields = {name: counted[name].field for name in ("conv1", "pool1", "conv2", "pool2")}
    assert {name: field.size for name, field in fields.items()} == {
        "conv1": 7,
        "pool1": 11,
        "conv2": 19,
        "pool2": 27,
    }
    assert counted["inception3a"].field.size == 27 + 4 * 8
    assert counted["inception3a/3x3"].field.size == 27 + 2 * 8
    assert costs(meta_net("torchvision"), 224, 224)["inception3a/5x5"].field.size == 27 + 2 * 8


def test_an_adaptive_pools_uneven_cells_are_exact() -> None:
    """14 positions into 4 cells: 0-3, 3-6, 7-10, 10-13 of inception4a's."""
    counted: dict[str, Cost] = costs(meta_net("torchvision"), 224, 224)
    source_field, field = counted["inception4a"].field, counted["aux1/pool"].field
    for cell, (first, last) in enumerate([(0, 3), (3, 6), (7, 10), (10, 13)]):
        expected = (source_field.span(first, 224)[0], source_field.span(last, 224)[1])
        assert field.span(cell, 224) == expected
        assert counted["aux1/conv"].field.span(cell, 224, axis=1) == expected
