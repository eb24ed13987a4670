"""The graph against the network it was read from: what feeds what, and what is said of it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
import torch
from torch import Tensor, nn

from inception_viewer.googlenet import variants
from inception_viewer.googlenet.architecture import INPUT, GoogLeNet, empty, initialise
from inception_viewer.googlenet.cost import costs
from inception_viewer.googlenet.graph import graph
from inception_viewer.questions import Graph

THIN = tuple((name, variants.InceptionChannels(2, 2, 2, 2, 2, 2)) for name in variants.MODULES)


@cache
def read(family: str, size: tuple[int, int] = (224, 224)) -> Graph:
    variant = getattr(variants, family)(101)
    return graph(empty(variant), *size)


@cache
def thin_net(lrn: bool) -> GoogLeNet:
    """A quick network in which every change travels on: all weights positive."""
    variant = replace(variants.paper(3, batch_norm=not lrn), table=THIN)
    net = initialise(variant).eval()
    for module in net.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            module.weight.data.abs_()
    return net


def descendants(network: Graph, start: str) -> set[str]:
    found = {start}
    for source, target in network.edges:  # in the order of computation
        if source in found:
            found.add(target)
    return found


@pytest.mark.parametrize("lrn", [False, True])
def test_edges_are_what_feeds_what(lrn: bool) -> None:
    """Changing one unit changes its descendants in the graph, and nothing else."""
    net = thin_net(lrn)
    network = graph(net, 48, 64)
    x = torch.rand(1, 3, 48, 64) + 0.5
    with torch.no_grad():
        before = net.run({INPUT: x}, net.names)
        for changed in net.names:

            def double(name: str, value: Tensor, changed: str = changed) -> Tensor:
                return value * 2 if name == changed else value

            after = net.run({INPUT: x}, net.names, edit=double)
            different = {n for n in net.names if not torch.equal(before[n], after[n])}
            assert different == descendants(network, changed), changed


def test_every_reader_has_an_edge_of_its_own() -> None:
    network = read("paper")
    assert len(network.edges) == len(set(network.edges))
    into = {node.name: [s for s, t in network.edges if t == node.name] for node in network.nodes}
    assert into["inception4a"] == [
        f"inception4a/{unit}" for unit in ("1x1", "3x3", "5x5", "pool_proj")
    ]
    assert into["aux1/pool"] == ["inception4a"]
    assert into["aux2/pool"] == ["inception4d"]
    assert into["inception4b/1x1"] == ["inception4a"]
    assert into["conv1"] == ["input"]
    assert into["input"] == []
    assert into["fc"] == ["avgpool"]


@pytest.mark.parametrize("family", ["paper", "torchvision"])
def test_nodes_are_the_units_in_order(family: str) -> None:
    network = read(family)
    net = empty(getattr(variants, family)(101))
    assert [node.name for node in network.nodes] == ["input", *net.names]
    assert network.input_shape == network.node("input").shape == (3, 224, 224)
    with pytest.raises(KeyError):
        network.node("inception9z")


def test_nodes_carry_costs_at_the_size_asked_for() -> None:
    network = read("paper", (288, 352))
    counted = costs(empty(variants.paper(101)), 288, 352)
    for node in network.nodes:
        cost = counted[node.name]
        assert node.shape == cost.shape
        assert (node.parameters, node.multiply_adds) == (cost.parameters, cost.multiply_adds)
        assert node.field == cost.field
    assert network.node("inception4a").shape == (512, 18, 22)
    assert network.node("conv1").kernel == 7
    assert network.node("conv1").stride == 2


def test_groups_and_branches() -> None:
    network = read("paper")
    groups = {node.name: (node.group, node.branch) for node in network.nodes}
    assert groups["inception4c"] == ("inception4c", "")
    assert groups["inception4c/1x1"] == ("inception4c", "1x1")
    assert groups["inception4c/3x3_reduce"] == ("inception4c", "3x3")
    assert groups["inception4c/5x5"] == ("inception4c", "5x5")
    assert groups["inception4c/pool"] == ("inception4c", "pool")
    assert groups["inception4c/pool_proj"] == ("inception4c", "pool")
    assert groups["aux2/pool"] == ("aux2", "")
    for name in ("input", "conv1", "pool1", "conv2/reduce", "conv2", "pool4", "avgpool", "fc"):
        assert groups[name] == ("", "")
    for module in variants.MODULES:
        assert sum(group == module for group, _ in groups.values()) == 8


def test_torchvisions_5x5_branches_are_said_to_be_3x3() -> None:
    network = read("torchvision")
    for node in network.nodes:
        if node.name.endswith("/5x5"):
            assert node.kernel == 3
            assert "3x3" in node.note
            assert "pytorch/vision#906" in node.note
        elif "5x5" in node.name:
            assert node.note == ""
    assert "2x2" in network.node("pool4").note
    assert network.node("pool4").kernel == 2


def test_the_papers_5x5_branches_need_no_note() -> None:
    network = read("paper")
    noted = {node.name for node in network.nodes if node.note}
    assert noted == {"aux1/pool", "aux2/pool"}
    assert all(n.kernel == 5 for n in network.nodes if n.name.endswith("/5x5"))


@pytest.mark.parametrize(
    ("family", "size", "adaptive"),
    [
        ("paper", (224, 224), False),
        ("paper", (288, 352), True),
        ("torchvision", (224, 224), True),
    ],
)
def test_head_pools_say_which_window_is_used(family, size, adaptive: bool) -> None:
    for head in ("aux1", "aux2"):
        node = read(family, size).node(f"{head}/pool")
        assert node.shape[1:] == (4, 4)
        assert ("adaptive" in node.note) is adaptive
        assert (node.kernel, node.stride) == ((0, 0) if adaptive else (5, 3))
        assert ("at this input size" in node.note) is (adaptive and family == "paper")


def test_kinds() -> None:
    network = graph(empty(variants.paper(batch_norm=False)), 224, 224)
    kinds = {node.name: node.kind for node in network.nodes}
    expected = {
        "input": "input",
        "conv1": "conv",
        "pool1": "max_pool",
        "lrn1": "lrn",
        "inception3a/pool": "max_pool",
        "inception3a": "concat",
        "aux1/pool": "avg_pool",
        "aux1/fc1": "dense",
        "aux1/fc2": "classifier",
        "avgpool": "avg_pool",
        "fc": "classifier",
    }
    assert {name: kinds[name] for name in expected} == expected


def test_too_small_an_input_is_refused() -> None:
    with pytest.raises(ValueError, match="too small"):
        read("paper", (4, 224))
