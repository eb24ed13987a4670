"""State dicts as training scripts wrap them; PyTorch writes the files, torchvision judges."""

from __future__ import annotations

import argparse
import collections
import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from oracles import batch, relative_error, torchvision_activations, torchvision_net
from torch import Tensor, nn

from inception_viewer.checkpoints.read import read_checkpoint
from inception_viewer.checkpoints.weights import Weights, fingerprint
from inception_viewer.errors import CheckpointError

State = dict[str, Tensor]


class Settings:
    """A class that the reader has never heard of, as hyperparameters hold them."""

    def __init__(self) -> None:
        self.learning_rate = 0.1

    def __reduce__(self) -> tuple[Any, ...]:
        return print, ("this must never be printed",)


class AttributeDict(dict[str, Any]):
    """A dictionary of a class of its own, as Lightning's."""


@pytest.fixture(scope="module")
def state(peer: nn.Module) -> State:
    return dict(peer.state_dict())


@pytest.fixture(scope="module")
def weights(checkpoint: Path) -> Weights:
    return read_checkpoint(checkpoint)


def written(path: Path, contents: Any, **how: Any) -> Path:
    torch.save(contents, path, **how)
    return path


def sentence(path: Path) -> str:
    with pytest.raises(CheckpointError) as caught:
        read_checkpoint(path)
    text = str(caught.value)
    assert "\n" not in text
    assert text.endswith(".")
    return text.removeprefix(f"{path.name}: ")


def prefixed(state: State, prefix: str) -> State:
    return {prefix + name: tensor for name, tensor in state.items()}


def lightning(state: State) -> dict[str, Any]:
    """What Lightning's ``Trainer.save_checkpoint`` writes of a module with the net inside."""
    return {
        "epoch": 3,
        "global_step": 120,
        "pytorch-lightning_version": "2.4.0",
        "state_dict": collections.OrderedDict(
            {**prefixed(state, "model."), "criterion.weight": torch.ones(12)}
        ),
        "loops": {"fit_loop": {"state_dict": {}, "epoch_progress": {"total": {"ready": 4}}}},
        "callbacks": {"ModelCheckpoint{'monitor': 'val'}": {"best_model_score": torch.tensor(0.4)}},
        "optimizer_states": [adam(state)],
        "lr_schedulers": [{"last_epoch": 4, "_last_lr": [0.01]}],
        "hparams_name": "kwargs",
        "hyper_parameters": AttributeDict(settings=Settings(), path=Path("x"), rate=0.1),
    }


def adam(state: State) -> dict[str, Any]:
    """An optimizer's state: as many tensors as the network, twice."""
    moments = {i: {"step": torch.tensor(4.0), "exp_avg": t, "exp_avg_sq": t} for i, t in
               enumerate(t for t in list(state.values())[:8])}  # fmt: skip
    return {"state": moments, "param_groups": [{"lr": 0.1, "params": list(range(8))}]}


def reference_script(state: State) -> dict[str, Any]:
    """What torchvision's ``references/classification/train.py`` writes, with ``--model-ema``."""
    averaged = {name: tensor + 1 for name, tensor in state.items()}
    return {
        "model": state,
        "optimizer": adam(state),
        "lr_scheduler": {"last_epoch": 4},
        "epoch": 4,
        "args": argparse.Namespace(model="googlenet", lr=0.1, data_path=Path("/data")),
        "model_ema": {"n_averaged": torch.tensor(3), **prefixed(averaged, "module.")},
    }


WRAPPED: dict[str, Callable[[State], Any]] = {
    "state_dict around model": lambda s: {"state_dict": prefixed(s, "model.")},
    "model around state_dict": lambda s: {"model": {"state_dict": s, "epoch": 3}, "best": 0.9},
    "three levels": lambda s: {"run": {"net": {"weights": prefixed(s, "module.model.")}}},
    "Lightning": lightning,
    "torchvision's reference script": reference_script,
    "parameters": lambda s: {
        n: nn.Parameter(t, requires_grad=t.is_floating_point()) for n, t in s.items()
    },
    "a name of its own": lambda s: {"googlenet_best": s, "classes": ["a", "b"]},
    "average first": lambda s: {"state_dict_ema": {n: t + 1 for n, t in s.items()}, "net": s},
    "a class of its own": lambda s: AttributeDict(state_dict=s),
    "student and teacher": lambda s: {
        **{f"teacher.{n}": t + 1 for n, t in s.items()},
        **prefixed(s, "student."),
    },
}


@pytest.mark.parametrize("kind", WRAPPED)
def test_wrappers_change_nothing(
    kind: str, state: State, weights: Weights, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = read_checkpoint(written(tmp_path / "wrapped.ckpt", WRAPPED[kind](state)))
    assert fingerprint(found) == fingerprint(weights)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("kind", ["torchvision's reference script", "average first"])
def test_averaged_weights_beside_the_plain_ones_are_said(
    kind: str, state: State, tmp_path: Path
) -> None:
    found = read_checkpoint(written(tmp_path / "two.pth", WRAPPED[kind](state)))
    named = "model_ema" if "reference" in kind else "state_dict_ema"
    other = "model" if "reference" in kind else "net"
    expected = f"The file holds weights twice, also as “{named}”; those of “{other}” were read."
    assert expected in found.warnings
    assert f"The weights lie under “{other}”." in found.evidence


def test_two_networks_under_one_roof_are_said(state: State, tmp_path: Path) -> None:
    found = read_checkpoint(written(tmp_path / "two.pth", WRAPPED["student and teacher"](state)))
    said = "The file holds more than one GoogLeNet; “student.” was read, “teacher.” was not."
    assert said in found.warnings
    assert "Its names begin with “student.”." in found.evidence


def test_averages_alone_are_read(state: State, weights: Weights, tmp_path: Path) -> None:
    """``torch.optim.swa_utils.AveragedModel.state_dict()``."""
    averaged = {"n_averaged": torch.tensor(7), **prefixed(state, "module.")}
    found = read_checkpoint(written(tmp_path / "swa.pth", {"ema": averaged}))
    assert fingerprint(found) == fingerprint(weights)


# --- ways of writing -----------------------------------------------------------------


@pytest.mark.parametrize(
    "how",
    [
        {"_use_new_zipfile_serialization": False},
        {"_use_new_zipfile_serialization": False, "pickle_protocol": 4},
        {"pickle_protocol": 4},
        {"pickle_protocol": 5},
    ],
    ids=str,
)
def test_every_format_of_torch_save_is_read(
    how: dict[str, Any], state: State, weights: Weights, tmp_path: Path
) -> None:
    found = read_checkpoint(written(tmp_path / "how.pth", {"state_dict": state, "lr": 0.5}, **how))
    assert fingerprint(found) == fingerprint(weights)


@pytest.mark.parametrize("legacy", [False, True])
def test_views_and_other_layouts_are_read_as_they_are(
    legacy: bool, state: State, weights: Weights, tmp_path: Path
) -> None:
    """Parts of one storage, transposed and channels-last tensors."""
    flat = torch.cat([t.reshape(-1) for t in state.values() if t.is_floating_point()])
    odd, at = dict(state), 0
    for name, tensor in state.items():
        if tensor.is_floating_point():
            odd[name] = flat[at : at + tensor.numel()].view(tensor.shape)
            at += tensor.numel()
    odd["fc.weight"] = state["fc.weight"].t().contiguous().t()
    odd["conv3.conv.weight"] = state["conv3.conv.weight"].contiguous(
        memory_format=torch.channels_last
    )
    path = written(tmp_path / "odd.pth", odd, _use_new_zipfile_serialization=not legacy)
    assert fingerprint(read_checkpoint(path)) == fingerprint(weights)


@pytest.mark.parametrize("device", ["cuda:0", "mps", "xla:0", "hpu:3"])
def test_devices_that_are_not_here_do_not_matter(
    device: str, state: State, weights: Weights, tmp_path: Path
) -> None:
    """The device stands in the pickle as text; as ``torch.save`` writes it there."""
    path = written(tmp_path / "gpu.pth", state, _use_new_zipfile_serialization=False)
    marked = b"X\x03\x00\x00\x00cpu", b"X" + len(device).to_bytes(4, "little") + device.encode()
    data = path.read_bytes()
    assert data.count(marked[0]) == 1
    path.write_bytes(data.replace(*marked))
    assert fingerprint(read_checkpoint(path)) == fingerprint(weights)


def test_files_without_check_sums_are_read(state: State, weights: Weights, tmp_path: Path) -> None:
    before = torch.serialization.get_crc32_options()
    torch.serialization.set_crc32_options(False)
    try:
        path = written(tmp_path / "none.pth", state)
    finally:
        torch.serialization.set_crc32_options(before)
    assert fingerprint(read_checkpoint(path)) == fingerprint(weights)


# --- what is beside the weights, and in their place ---------------------------------------


def test_tensors_of_the_script_are_left_out_and_said(
    state: State, weights: Weights, tmp_path: Path
) -> None:
    found = read_checkpoint(
        written(tmp_path / "more.pth", {**state, "loss.weight": torch.ones(12)})
    )
    assert fingerprint(found) == fingerprint(weights)
    said = "1 tensor that no GoogLeNet has were left out: “loss.weight”."
    assert said.replace("were", "was") in found.warnings
    found.network()


def test_a_network_with_more_in_it_is_refused(state: State, tmp_path: Path) -> None:
    more = {**state, "inception4b.branch5.conv.weight": torch.ones(2, 3)}
    assert sentence(written(tmp_path / "more.pth", more)) == (
        "It looks like a torchvision-style GoogLeNet, but it has "
        "“inception4b.branch5.conv.weight” of shape (2, 3) besides, which torchvision's has not."
    )


def test_the_first_landmark_may_be_what_is_missing(state: State, tmp_path: Path) -> None:
    few = {n: t for n, t in state.items() if n != "inception3a.branch1.conv.weight"}
    assert sentence(written(tmp_path / "few.pth", few)) == (
        "It looks like a torchvision-style GoogLeNet, but “inception3a.branch1.conv.weight” of "
        "shape (64, 192, 1, 1) is missing."
    )


def test_three_missing_tensors_are_all_named(state: State, tmp_path: Path) -> None:
    gone = ["conv1.bn.bias", "inception4d.branch4.1.conv.weight", "fc.bias"]
    few = prefixed({n: t for n, t in state.items() if n not in gone}, "net.")
    assert sentence(written(tmp_path / "few.pth", few)) == (
        "It looks like a torchvision-style GoogLeNet, but “conv1.bn.bias” of shape (64,), "
        "“inception4d.branch4.1.conv.weight” of shape (64, 512, 1, 1) and “fc.bias” of shape "
        "(12,) are missing."
    )


ODD: dict[str, tuple[Callable[[Tensor], Tensor], str]] = {
    "sparse": (lambda w: w.to_sparse(), "is a sparse tensor"),
    "quantised": (
        lambda w: torch.quantize_per_tensor(w, 0.1, 0, torch.qint8),
        "is a quantised tensor",
    ),
    "meta": (lambda w: w.to("meta"), "is a tensor without numbers (of the device “meta”)"),
    "complex": (lambda w: w.to(torch.complex64), "holds complex64 numbers"),
    "int64": (lambda w: w.long(), "holds int64 numbers"),
    "expanded": (lambda w: torch.ones(1, 1, 1, 1).expand_as(w), "repeats its numbers"),
    "large": (
        lambda w: torch.ones(1, 1).expand(1 << 20, 1 << 19),
        "has shape (1048576, 524288) where",
    ),
}


@pytest.mark.parametrize("kind", ODD)
@pytest.mark.filterwarnings("ignore:.*quantize_per_tensor:UserWarning")
@pytest.mark.filterwarnings("ignore:.*quantized:DeprecationWarning")
def test_tensors_that_are_no_plain_weights_are_one_sentence(
    kind: str, state: State, tmp_path: Path
) -> None:
    make, words = ODD[kind]
    tensor = make(torch.ones(64, 3, 7, 7))
    text = sentence(written(tmp_path / "odd.pth", {**state, "conv1.conv.weight": tensor}))
    assert f"“conv1.conv.weight” {words}" in text


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        (lambda: nn.Sequential(nn.Linear(2, 2)), "a whole pickled model?"),
        (lambda: {"model": nn.Linear(2, 2), "epoch": 3}, "a whole pickled model?"),
        (lambda: {"model": Settings()}, "holds Python objects"),
        (lambda: {"conv1.conv.weight": torch.ones(2).numpy()}, "NumPy arrays instead of tensors"),
        (lambda: {"epoch": 3}, "no weights by name"),
        (lambda: [torch.ones(3)], "no weights by name"),
    ],
)
def test_what_holds_no_weights_by_name(
    contents: Callable[[], Any], words: str, tmp_path: Path
) -> None:
    for legacy in (False, True):
        path = written(tmp_path / "x.pth", contents(), _use_new_zipfile_serialization=not legacy)
        text = sentence(path)
        assert words in text
        assert "state_dict()" in text


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_pickles_that_torch_save_did_not_write(protocol: int, tmp_path: Path) -> None:
    path = tmp_path / "x.pkl"
    path.write_bytes(pickle.dumps({"model": Settings()}, protocol))
    assert "save the model's state_dict()" in sentence(path)
    path.write_bytes(pickle.dumps({"conv1.conv.weight": torch.ones(3)}, protocol))
    assert sentence(path) == (
        "The file was written by pickle itself; save the model's state_dict() with torch.save."
    )


# --- TorchScript -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """torchvision's class scripted, traced and frozen, with transform_input on and off."""
    folder, found = tmp_path_factory.mktemp("programs"), {}
    for transform in (False, True):
        net = torchvision_net(12, transform_input=transform).eval()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # newer versions of PyTorch want torch.export
            scripted = torch.jit.script(net)
            made = {
                "scripted": scripted,
                "traced": torch.jit.trace(net, batch(64, 64, count=1)),
                "frozen": torch.jit.freeze(scripted),
            }
            for kind, program in made.items():
                found[f"{kind} {transform}"] = folder / f"{kind}-{transform}.pt"
                program.save(found[f"{kind} {transform}"])
    return found


@pytest.mark.parametrize("transform", [False, True])
@pytest.mark.parametrize("kind", ["scripted", "traced"])
def test_torchscript_gives_the_logits_of_torchvisions_class(
    kind: str, transform: bool, programs: dict[str, Path]
) -> None:
    found = read_checkpoint(programs[f"{kind} {transform}"])
    net = torchvision_net(12, transform_input=transform).eval()
    x = batch(224, 224, count=1)
    with torch.no_grad():
        reference = torchvision_activations(net, x)
        ours = found.network()(x)
    assert f"The program in the file says transform_input={transform}." in found.evidence
    for head, unit in (("aux1", "aux1/fc2"), ("aux2", "aux2/fc2"), ("main", "fc")):
        assert relative_error(ours[head], reference[unit]) < 1e-4
    assert "nothing of it was run" in found.evidence[0]
    expected = {**net.state_dict()}
    assert torch.equal(found.state["fc.linear.weight"], expected["fc.weight"])
    assert len(found.state) == sum(not n.endswith("num_batches_tracked") for n in expected)


def test_frozen_torchscript_says_what_to_save_instead(programs: dict[str, Path]) -> None:
    text = sentence(programs["frozen False"])
    assert text.startswith("This TorchScript program was frozen (torch.jit.freeze")
    assert text.endswith("save it before that, or the model's state_dict().")
