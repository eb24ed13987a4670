"""The network's numbers against torchvision's own class and plain functional code."""

from __future__ import annotations

import copy
import gc
import time
import weakref
from collections import Counter
from dataclasses import replace

import pytest
import torch
from oracles import (
    batch,
    calibrate,
    our_state,
    paper_activations,
    randomise,
    relative_error,
    torchvision_activations,
    torchvision_net,
)
from torch import Tensor, nn

from inception_viewer.googlenet import packed, variants
from inception_viewer.googlenet.architecture import (
    INPUT,
    LOGITS,
    GoogLeNet,
    HeadPool,
    OwnMaxPool,
    activations,
    empty,
    fold,
    initialise,
    logits,
    module_path,
)

SIZES = ((224, 224), (288, 352))
TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def peer() -> nn.Module:
    return torchvision_net()


@pytest.fixture(scope="module")
def net(peer: nn.Module) -> GoogLeNet:
    """Our network with the peer's weights."""
    net = empty(variants.torchvision())
    net.load_state_dict(our_state(peer), assign=True)
    return net


def random_net(variant: variants.Variant) -> GoogLeNet:
    net = empty(variant).to_empty(device="cpu")
    randomise(net, seed=1)
    calibrate(net)
    return net


@pytest.fixture(scope="module")
def paper_net() -> GoogLeNet:
    return random_net(variants.paper(37))


def worst(ours: dict[str, Tensor], reference: dict[str, Tensor]) -> tuple[float, str]:
    """The largest relative error of any unit, and that unit; the same units in both."""
    assert set(ours) == set(reference)
    return max((relative_error(ours[name], reference[name]), name) for name in reference)


# --- against torchvision -----------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_every_unit_equals_torchvisions(net: GoogLeNet, peer: nn.Module, size) -> None:
    x = batch(*size, count=2)
    with torch.no_grad():
        error, unit = worst(activations(net, x), torchvision_activations(peer, x))
    assert error < TOLERANCE, unit


def test_the_photo_matters_to_every_unit(peer: nn.Module) -> None:
    """Guards the oracle: with saturated statistics any two networks would agree."""
    with torch.no_grad():
        reference = torchvision_activations(peer, batch(224, 224, count=2))
    for name, value in reference.items():
        assert relative_error(value[0], value[1]) > 0.05, name
        assert float((value != 0).float().mean()) > 0.2, name


def test_input_transform_is_torchvisions_and_optional(net: GoogLeNet, peer: nn.Module) -> None:
    """Without the flag the same weights give other numbers, as torchvision's do."""
    x = batch(96, 96, count=1)
    plain = empty(variants.torchvision(transform_input=False))
    plain.load_state_dict(net.state_dict(), assign=True)
    peer_plain = copy.deepcopy(peer)
    peer_plain.transform_input = False
    with torch.no_grad():
        assert relative_error(plain(x)["main"], peer_plain(x)) < TOLERANCE
        assert relative_error(plain(x)["main"], net(x)["main"]) > 0.01
        torch.testing.assert_close(net.transform(x), peer._transform_input(x))


def test_forward_gives_the_three_heads_logits(net: GoogLeNet, peer: nn.Module) -> None:
    x = batch(224, 224, count=2)
    with torch.no_grad():
        ours, reference = net(x), torchvision_activations(peer, x)
        assert list(ours) == ["aux1", "aux2", "main"]
        for head, unit in (("aux1", "aux1/fc2"), ("aux2", "aux2/fc2"), ("main", "fc")):
            assert relative_error(ours[head], reference[unit]) < TOLERANCE
            one_head = logits(net, net.transform(x), head)
            torch.testing.assert_close(one_head, ours[head])


def test_training_mode_gradients_equal_torchvisions(peer: nn.Module, net: GoogLeNet) -> None:
    """The pools' clones and separate ReLUs change no gradient."""
    x = batch(64, 64, count=2)
    ours, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
    net(ours)["main"].square().sum().backward()
    peer(theirs).square().sum().backward()
    assert relative_error(ours.grad, theirs.grad) < 1e-3
    net.zero_grad(set_to_none=True)
    peer.zero_grad(set_to_none=True)


# --- the paper's variants against plain functions ------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_paper_with_batch_norm_equals_plain_functions(paper_net: GoogLeNet, size) -> None:
    x = batch(*size, count=1)
    with torch.no_grad():
        reference = paper_activations(paper_net.state_dict(), x, lrn=False)
        error, unit = worst(activations(paper_net, x), reference)
    assert error < TOLERANCE, unit


@pytest.mark.parametrize("size", SIZES)
def test_paper_with_lrn_equals_plain_functions(size) -> None:
    """At Caffe's input range (tens, not ones), where the normalisation matters."""
    net = random_net(variants.paper(37, batch_norm=False))
    x = 60 * batch(*size, count=1)
    with torch.no_grad():
        ours = activations(net, x)
        error, unit = worst(ours, paper_activations(net.state_dict(), x, lrn=True))
        without = paper_activations(net.state_dict(), x, lrn=True, skip_lrn=True)
    assert error < TOLERANCE, unit
    assert relative_error(ours["lrn1"], without["lrn1"]) > 0.05
    assert relative_error(ours["lrn2"], without["lrn2"]) > 0.05


def test_unit_names_are_the_papers(net: GoogLeNet) -> None:
    stem = ["conv1", "pool1", "conv2/reduce", "conv2", "pool2"]
    module = ["1x1", "3x3_reduce", "3x3", "5x5_reduce", "5x5", "pool", "pool_proj"]
    head = ["pool", "conv", "fc1", "fc2"]
    assert list(net.names[:5]) == stem
    assert [n for n in net.names if n.startswith("inception3a")] == [
        *(f"inception3a/{unit}" for unit in module),
        "inception3a",
    ]
    assert [n for n in net.names if n.startswith("aux1")] == [f"aux1/{unit}" for unit in head]
    assert net.names[-2:] == ("avgpool", "fc")
    assert len(net.names) == len(set(net.names)) == 5 + 9 * 8 + 2 + 2 * 4 + 2
    lrn = empty(variants.paper(batch_norm=False)).names
    assert [n for n in lrn if "lrn" in n] == ["lrn1", "lrn2"]
    assert lrn.index("lrn1") == lrn.index("pool1") + 1
    assert lrn.index("lrn2") == lrn.index("conv2") + 1


def test_heads_can_be_absent() -> None:
    variant = replace(variants.torchvision(5), heads=("main",))
    net = initialise(variant).eval()
    assert not any(name.startswith("aux") for name in net.names)
    with torch.no_grad():
        assert {head: tuple(v.shape) for head, v in net(batch(64, 64, 1)).items()} == {
            "main": (1, 5)
        }


# --- what the network promises to Captum ----------------------------------------------------


def test_every_relu_is_its_own_used_once_and_not_in_place(paper_net: GoogLeNet) -> None:
    relus = [m for m in paper_net.modules() if isinstance(m, nn.ReLU)]
    calls: Counter[nn.Module] = Counter()
    hooks = [r.register_forward_hook(lambda m, _i, _o: calls.update([m])) for r in relus]
    with torch.no_grad():
        paper_net(batch(64, 64, 1))
    for hook in hooks:
        hook.remove()
    assert len(relus) == 57 + 2 * 2  # convolutions; a convolution and a dense layer per head
    assert not any(relu.inplace for relu in relus)
    assert set(calls.values()) == {1}
    assert len(calls) == len(relus)


def test_nothing_computes_in_place(paper_net: GoogLeNet) -> None:
    """Every unit's value, as its readers saw it, is still that value at the end."""
    seen: dict[str, Tensor] = {}

    def remember(name: str, value: Tensor) -> Tensor:
        seen[name] = value.clone()
        return value

    with torch.no_grad():
        x = paper_net.transform(batch(64, 64, 1))
        kept = paper_net.run({INPUT: x}, paper_net.names, edit=remember)
    for name in paper_net.names:
        assert torch.equal(kept[name], seen[name]), name


def pool_inputs(net: GoogLeNet, x: Tensor) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """What each inner ``nn.MaxPool2d`` receives, and every unit's activation."""
    received: dict[str, Tensor] = {}
    hooks = [
        step.module.pool.register_forward_pre_hook(
            lambda _m, args, name=step.name: received.update({name: args[0]})
        )
        for step in net.steps
        if isinstance(step.module, OwnMaxPool)
    ]
    values = activations(net, x)
    for hook in hooks:
        hook.remove()
    return received, values


def test_max_pools_get_a_tensor_of_their_own_under_gradients(paper_net: GoogLeNet) -> None:
    x = batch(64, 64, 1)
    received, values = pool_inputs(paper_net, x.requires_grad_())
    assert len(received) == 4 + 9
    others = {value.data_ptr() for value in values.values()}
    for name, tensor in received.items():
        assert tensor.data_ptr() not in others, name
        (source,) = paper_net.by_name[name].inputs
        assert torch.equal(tensor, values[source])


def test_without_gradients_max_pools_copy_nothing(paper_net: GoogLeNet) -> None:
    with torch.inference_mode():
        received, values = pool_inputs(paper_net, batch(64, 64, 1))
    for name, tensor in received.items():
        (source,) = paper_net.by_name[name].inputs
        assert tensor.data_ptr() == values[source].data_ptr(), name


def test_a_rule_on_a_pools_input_leaves_the_other_branches_gradients(
    paper_net: GoogLeNet,
) -> None:
    """Captum's max-pool rule replaces the gradient of the tensor the pool receives."""
    source = torch.rand(1, 192, 9, 9, requires_grad=True)
    name = "inception3a"

    def gradient(unit: str) -> Tensor:
        out = paper_net.run({"pool2": source}, [f"{name}/{unit}"])[f"{name}/{unit}"]
        return torch.autograd.grad(out.square().sum(), source)[0]

    def replace_gradient(_module: nn.Module, args: tuple[Tensor, ...]) -> None:
        args[0].register_hook(torch.zeros_like)

    separate = {unit: gradient(unit) for unit in ("1x1", "3x3", "5x5", "pool_proj")}
    pool = paper_net.by_name[f"{name}/pool"].module.pool
    hook = pool.register_forward_pre_hook(replace_gradient)
    whole = paper_net.run({"pool2": source}, [name])[name]
    combined = torch.autograd.grad(whole.square().sum(), source)[0]
    hook.remove()
    assert separate["pool_proj"].abs().max() > 0
    expected = separate["1x1"] + separate["3x3"] + separate["5x5"]
    torch.testing.assert_close(combined, expected, rtol=1e-4, atol=1e-4)


def test_a_deep_copy_is_independent(paper_net: GoogLeNet) -> None:
    x = batch(64, 64, 1)
    twin = copy.deepcopy(paper_net)
    with torch.no_grad():
        before = paper_net(x)["main"]
        assert torch.equal(twin(x)["main"], before)
        for step in twin.steps:
            if step.module is not None:
                assert step.module is twin.get_submodule(module_path(step.name))
                assert step.module is twin.by_name[step.name].module
                assert step.module is not paper_net.by_name[step.name].module
        twin.get_submodule("inception4c.5x5.conv").weight.mul_(-1)
        assert torch.equal(paper_net(x)["main"], before)
        assert relative_error(twin(x)["main"], before) > 1e-3


# --- running a part -----------------------------------------------------------------------


@pytest.mark.parametrize("start", ["conv1", "pool2", "inception4a", "inception4d", "avgpool"])
def test_running_on_from_a_known_unit_equals_the_whole_run(paper_net, start: str) -> None:
    x = batch(96, 128, 2)
    with torch.no_grad():
        whole = activations(paper_net, x)
        later = downstream(paper_net, start)
        known = {start: whole[start]}
        if start == "inception4d":  # a head before it cannot be had from here
            with pytest.raises(KeyError, match="input is needed"):
                paper_net.run(known, ["aux1/fc2"])
        part = paper_net.run(known, later)
    assert later[0] == start
    assert later[-1] == "fc"
    for name in later:
        assert torch.equal(part[name], whole[name]), name


def downstream(net: GoogLeNet, start: str) -> list[str]:
    """Units of which everything they depend on passes through ``start``."""
    found = {start}
    for step in net.steps:
        if found.issuperset(step.inputs):
            found.add(step.name)
    return [name for name in net.names if name in found]


def test_an_edit_is_what_later_units_read(paper_net: GoogLeNet) -> None:
    """Silencing a branch by an edit equals zeros in the concatenation."""
    x = batch(96, 96, 1)

    def mute(name: str, value: Tensor) -> Tensor:
        return torch.zeros_like(value) if name == "inception4b/3x3" else value

    with torch.no_grad():
        whole = activations(paper_net, x)
        muted = paper_net.run({INPUT: x}, paper_net.names, edit=mute)
        table = dict(variants.PAPER_TABLE)["inception4b"]
        by_hand = whole["inception4b"].clone()
        by_hand[:, table.one : table.one + table.three] = 0
        expected = paper_net.run({"inception4b": by_hand}, ["fc"])["fc"]
    assert torch.equal(muted["inception4b"], by_hand)
    assert torch.equal(muted["fc"], expected)
    assert torch.equal(muted["inception4a"], whole["inception4a"])
    assert not torch.equal(muted["fc"], whole["fc"])


def test_a_run_computes_only_what_is_wanted_and_frees_what_is_used(paper_net) -> None:
    alive: dict[str, weakref.ref[Tensor]] = {}
    most = 0

    def watch(name: str, value: Tensor) -> Tensor:
        nonlocal most
        alive[name] = weakref.ref(value)
        most = max(most, sum(ref() is not None for ref in alive.values()))
        return value

    with torch.no_grad():
        kept = paper_net.run({INPUT: batch(64, 64, 1)}, ["aux1/fc2", "inception3b"], edit=watch)
    assert set(kept) == {"aux1/fc2", "inception3b"}
    assert list(alive) == list(paper_net.names[: paper_net.names.index("aux1/fc2") + 1])
    assert {name for name, ref in alive.items() if ref() is not None} == set(kept)
    assert most <= 7  # a module's input and four branches, one wanted unit, the one just made


def test_a_unit_the_network_lacks_is_named(paper_net: GoogLeNet) -> None:
    with pytest.raises(KeyError, match="inception9z"):
        paper_net.run({INPUT: batch(64, 64, 1)}, ["fc", "inception9z"])


# --- folding ------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("family", ["torchvision", "paper"])
def test_the_folded_network_equals_the_unfolded(request, family: str, size) -> None:
    net = request.getfixturevalue("net" if family == "torchvision" else "paper_net")
    before = {key: value.clone() for key, value in net.state_dict().items()}
    folded = fold(net)
    x = batch(*size, count=1)
    with torch.inference_mode():
        reference = activations(net, x)
        for layout in (torch.contiguous_format, torch.channels_last):
            error, unit = worst(activations(folded, x.to(memory_format=layout)), reference)
            assert error < TOLERANCE, unit
    assert not any(isinstance(m, nn.BatchNorm2d) for m in folded.modules())
    assert not any(p.requires_grad for p in folded.parameters())
    assert all(p.requires_grad for p in net.parameters())
    after = net.state_dict()
    assert all(torch.equal(before[key], after[key]) for key in before)


def test_folding_keeps_lrn_and_biases() -> None:
    net = random_net(variants.paper(11, batch_norm=False))
    x = 60 * batch(96, 96, 1)
    with torch.inference_mode():
        error, unit = worst(activations(fold(net), x), activations(net, x))
    assert error < TOLERANCE, unit


def test_folded_maps_are_channels_last(net: GoogLeNet) -> None:
    folded = fold(net)
    with torch.inference_mode():
        values = activations(folded, batch(64, 64, 1))
    for name in ("conv2", "inception4c/3x3", "inception4c", "inception5b/pool"):
        assert values[name].is_contiguous(memory_format=torch.channels_last), name


# --- construction -------------------------------------------------------------------------


def test_empty_takes_no_storage_and_no_random_numbers() -> None:
    state = torch.get_rng_state()
    fastest = min(timed_empty() for _ in range(5))
    assert torch.equal(torch.get_rng_state(), state)
    net = empty(variants.torchvision())
    tensors = [*net.parameters(), *net.buffers()]
    assert all(tensor.is_meta for tensor in tensors)
    assert not net.training
    assert fastest < 0.1


def timed_empty() -> float:
    start = time.perf_counter()
    empty(variants.torchvision())
    return time.perf_counter() - start


def test_initialise_is_he_and_repeatable() -> None:
    variant = variants.paper(10)
    state = torch.get_rng_state()
    first, again, other = initialise(variant, 3), initialise(variant, 3), initialise(variant, 4)
    assert torch.equal(torch.get_rng_state(), state)
    key = "inception4c.3x3.conv.weight"
    weight = first.state_dict()[key]
    assert torch.equal(weight, again.state_dict()[key])
    assert not torch.equal(weight, other.state_dict()[key])
    assert float(weight.std()) == pytest.approx((2 / (128 * 9)) ** 0.5, rel=0.02)
    for name, value in first.state_dict().items():
        assert torch.isfinite(value).all(), name


def test_state_dict_keys_are_torchvisions_one_to_one(peer: nn.Module) -> None:
    ours = empty(variants.torchvision()).state_dict()
    theirs = our_state(peer)
    assert {k: tuple(v.shape) for k, v in ours.items()} == {
        k: tuple(v.shape) for k, v in theirs.items()
    }


@pytest.mark.parametrize("size", [(14, 14), (15, 16), (13, 14), (14, 17), (7, 7)])
def test_head_pool_gives_4x4_and_says_which_pool_it_is(size) -> None:
    x = torch.rand(1, 2, *size)
    paper = HeadPool(variants.paper())
    always = HeadPool(variants.torchvision())
    window = torch.nn.functional.avg_pool2d(x, 5, 3)
    fits = tuple(window.shape[2:]) == (4, 4)
    expected = window if fits else torch.nn.functional.adaptive_avg_pool2d(x, 4)
    assert paper.is_adaptive(*size) is not fits
    assert always.is_adaptive(*size) is True
    assert torch.equal(paper(x), expected)
    assert torch.equal(always(x), torch.nn.functional.adaptive_avg_pool2d(x, 4))


def test_logits_units_are_the_classifiers(net: GoogLeNet) -> None:
    assert [net.by_name[unit].kind for unit in LOGITS.values()] == ["classifier"] * 3


# --- packed for the fast pass ------------------------------------------------------------


@pytest.mark.parametrize("size", [(224, 224), (288, 352), (32, 32), (65, 33)])
@pytest.mark.parametrize("which", ["torchvision", "paper", "lrn", "5h"])
def test_the_packed_network_equals_the_folded_one(
    net: GoogLeNet, paper_net: GoogLeNet, which: str, size: tuple[int, int]
) -> None:
    others = {"lrn": variants.paper(11, batch_norm=False), "5h": variants.inception5h(11)}
    known = {"torchvision": net, "paper": paper_net}
    folded = fold(known[which] if which in known else random_net(others[which]))
    fast = packed.of(folded)
    assert fast is not None
    x = batch(*size, count=1).contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        found = fast.run(INPUT, x)
        again = fast.run(INPUT, batch(224, 256, count=1))  # packed anew for another size
        expected = folded.run({INPUT: x}, folded.names)
    assert tuple(found) == (INPUT, *folded.names)
    assert found.pop(INPUT) is x
    error, unit = worst(found, expected)
    assert error < 1e-5, unit
    assert again["inception3a"].shape[-2:] == (28, 32)


def test_the_packed_network_keeps_branches_once(net: GoogLeNet) -> None:
    """A branch is a view of its module, so it takes no memory of its own."""
    fast = packed.of(fold(net))
    assert fast is not None
    with torch.inference_mode():
        values = fast.run(INPUT, batch(64, 64, count=1))
    whole = values["inception4c"].untyped_storage().data_ptr()
    for branch in ("1x1", "3x3", "5x5", "pool_proj"):
        assert values[f"inception4c/{branch}"].untyped_storage().data_ptr() == whole


def test_only_a_folded_network_in_evaluation_is_packed(net: GoogLeNet) -> None:
    assert packed.of(net) is None  # batch norm is not folded away
    assert packed.of(fold(net).double()) is None
    assert packed.of(fold(net).train()) is None


def test_without_onednn_nothing_is_packed(monkeypatch: pytest.MonkeyPatch, net: GoogLeNet) -> None:
    def missing(self: object, x: Tensor) -> Tensor:
        raise AttributeError("'_OpNamespace' 'mkldnn' object has no attribute")

    packed._works.cache_clear()
    monkeypatch.setattr(packed._Convolutions, "__call__", missing)
    assert packed.of(fold(net)) is None
    packed._works.cache_clear()


def test_packing_a_network_draws_no_random_numbers(net: GoogLeNet) -> None:
    packed._works.cache_clear()
    before = torch.get_rng_state()
    assert packed.of(fold(net)) is not None
    assert torch.equal(before, torch.get_rng_state())


def test_a_packed_network_goes_with_its_network(net: GoogLeNet) -> None:
    folded = fold(net)
    fast = weakref.ref(packed.of(folded))
    del folded
    gc.collect()
    assert fast() is None
