"""Hostile files are one sentence each: nothing runs, hangs, grows or is written."""

from __future__ import annotations

import io
import json
import os
import pickle
import socket
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tensorflow_files
import torch
from hostile_files import ALL_SHAPES, NAME, PYTORCH, SAFETENSORS, archive, entry, one, tensor
from safetensors.torch import save_file

from fuzzing.originals import MAKERS, REAL, original
from fuzzing.watcher import Watcher
from inception_viewer.checkpoints.pickle_values import MOST_STEPS, Made, Name, read_pickle
from inception_viewer.checkpoints.read import read_checkpoint
from inception_viewer.checkpoints.weights import MOST_CLASSES
from inception_viewer.errors import CheckpointError


@pytest.fixture(scope="module")
def watcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watcher]:
    folder = tmp_path_factory.mktemp("watched")
    (folder / "workplace").mkdir()
    warm = folder / "whole.pth"
    warm.write_bytes(original("torchvision.pth", folder).data)
    with Watcher(folder / "workplace", (warm,)) as one_watcher:
        yield one_watcher


def refused(watcher: Watcher, path: Path, size: int = 0) -> str:
    """The sentence with which the watched reader refuses a file, without doing harm."""
    outcome = watcher.read(path)
    assert outcome.fault(size) is None
    assert outcome.kind == "refused"
    return outcome.text.removeprefix(f"{path.name}: ")


# --- PyTorch's files ---------------------------------------------------------------------


@pytest.mark.parametrize("case", PYTORCH)
def test_hostile_archives(case: str, watcher: Watcher, tmp_path: Path) -> None:
    data, words = PYTORCH[case]
    path = tmp_path / "hostile.pth"
    path.write_bytes(data)
    assert words in refused(watcher, path, len(data))


@pytest.fixture(scope="module")
def lacking_one(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, dict[str, bytes]]:
    """The pickle and the records of a GoogLeNet without :data:`NAME`."""
    path = tmp_path_factory.mktemp("lacking") / "whole.pth"
    whole = torch.load(io.BytesIO(original("torchvision.pth", path.parent).data))
    torch.save({name: tensor for name, tensor in whole.items() if name != NAME}, path)
    with zipfile.ZipFile(path) as saved:
        records = {name.split("/", 1)[1]: saved.read(name) for name in saved.namelist()}
    records["data/0"] = records["data/0"].ljust(64 * 192 * 4, b"\0")
    pickled, _ = records.pop("data.pkl"), records.pop("version")
    assert pickled.endswith(b"u.")
    return pickled[:-2], records


@pytest.mark.parametrize("case", [None, *ALL_SHAPES])
def test_tensors_that_claim_what_cannot_be(
    case: str | None,
    lacking_one: tuple[bytes, dict[str, bytes]],
    watcher: Watcher,
    tmp_path: Path,
) -> None:
    """All other tensors of a GoogLeNet are there, so that the one is looked at."""
    pickled, records = lacking_one
    value = tensor() if case is None else ALL_SHAPES[case]
    path = tmp_path / "hostile.pth"
    path.write_bytes(archive(pickled + entry(NAME, value) + b"u.", records))
    if case is None:
        assert watcher.read(path).kind == "weights"
    else:
        assert f"“{NAME}”" in refused(watcher, path, path.stat().st_size)


def test_no_step_of_a_pickle_calls_anything() -> None:
    """Python's own pickles of things that run code when loaded, as values that do nothing."""

    class Evil:
        def __init__(self, *args: object) -> None:
            self.args = args

        def __reduce__(self) -> tuple[object, ...]:
            return os.system, ("touch evil",), {"state": 1}, iter([1, 2]), iter([("a", 1)])

    for protocol in (2, 3, 4, 5):
        found, end = read_pickle(pickle.dumps([Evil(), 7], protocol))
        made, seven = found
        assert seven == 7
        assert isinstance(made, Made)
        assert made.by == Name("posix", "system")
        assert made.args == ("touch evil",)
        assert made.state == {"state": 1}
        assert made.items == {"a": 1}
        assert end == len(pickle.dumps([Evil(), 7], protocol))
    assert not Path("evil").exists()


@pytest.mark.parametrize(
    "value",
    [
        None,
        [True, False, 0, 255, 256, -1, 1 << 31, -(1 << 80), 1.5, "text “ü”"],
        {"a": (1, (2, 3), ()), 3: [[], {}], 2.5: None, True: "x"},
        {"x" * 300: "y" * 70_00},
        ("twice",) * 3,
    ],
)
def test_plain_values_are_what_pickle_makes_of_them(value: object) -> None:
    for protocol in (2, 3, 4, 5):
        data = pickle.dumps(value, protocol)
        assert read_pickle(b"??" + data, 2) == (pickle.loads(data), len(data) + 2)


def test_the_most_steps_are_taken_in_time(watcher: Watcher, tmp_path: Path) -> None:
    """A pickle that ends just before the bound, of the step that takes longest."""
    path = tmp_path / "long.pth"
    path.write_bytes(one(first=b"c\n\n)R0" * (MOST_STEPS // 4 - 1000)))
    outcome = watcher.read(path)
    assert outcome.kind == "refused"
    assert outcome.fault(path.stat().st_size) is None


# --- safetensors and ours ------------------------------------------------------------------


@pytest.mark.parametrize("case", SAFETENSORS)
def test_hostile_safetensors(case: str, watcher: Watcher, tmp_path: Path) -> None:
    data, words = SAFETENSORS[case]
    path = tmp_path / "hostile.safetensors"
    path.write_bytes(data)
    assert words in refused(watcher, path, len(data))


def variant(**changes: object) -> str:
    with Path("assets/demo.safetensors").open("rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    return json.dumps({**json.loads(header["__metadata__"]["variant"]), **changes})


OWN: dict[str, dict[str, str]] = {
    "no variant": {"variant": "{}"},
    "classes beyond": {"variant": variant(classes=MOST_CLASSES + 1)},
    "no classes": {"variant": variant(classes=0)},
    "classes of text": {"variant": variant(classes="3")},
    "channels beyond": {"variant": variant(table=[["inception3a", {"one": 1 << 40}]])},
    "no table": {"variant": variant(table=[])},
    "kernel even": {"variant": variant(kernel_5x5=4)},
    "kernel negative": {"variant": variant(kernel_5x5=-3)},
    "pool of nothing": {"variant": variant(pools=[{"kernel": 0, "stride": 0}] * 4)},
    "heads made up": {"variant": variant(heads=["main", "main"])},
    "padding made up": {"variant": variant(padding="none")},
    "lrn of nothing": {"variant": variant(lrn={"size": 0, "alpha": 1, "beta": 1, "k": 1})},
    "eps infinite": {"variant": variant(batch_norm_eps=float("inf"))},
    "deep variant": {"variant": "[" * 100_000},
    "input beyond": {"preprocessing": '{"height":1000000,"mean":[0,0,0],"std":[1,1,1]}'},
    "input of nothing": {"preprocessing": '{"width":0,"mean":[0,0,0],"std":[1,1,1]}'},
    "division by nothing": {"preprocessing": '{"mean":[0,0,0],"std":[1,0,1]}'},
    "mean NaN": {"preprocessing": '{"mean":[0,NaN,0],"std":[1,1,1]}'},
    "two channels": {"preprocessing": '{"mean":[0,0],"std":[1,1]}'},
    "deep classes": {"classes": "[" * 100_000},
    "classes no list": {"classes": '{"a":1}'},
    "heads no states": {"heads": '{"main":"perfect"}'},
    "heads no object": {"heads": "[]"},
    "version no number": {"version": "one"},
    "evidence no list": {"evidence": "{}"},
}


@pytest.mark.parametrize("case", OWN)
def test_what_one_of_our_files_cannot_say_of_itself(
    case: str, watcher: Watcher, tmp_path: Path
) -> None:
    said = {
        "format": "inception-viewer", "version": "1", "variant": variant(), "heads": "{}",
        "preprocessing": '{"mean":[0,0,0],"std":[1,1,1]}', "classes": "[]",
    }  # fmt: skip
    path = tmp_path / "own.safetensors"
    save_file({"a": torch.zeros(4)}, path, said)
    assert "conv1.conv.weight” of shape (64, 3, 7, 7), " in refused(watcher, path)
    save_file({"a": torch.zeros(4)}, path, {**said, **OWN[case]})
    (part,) = OWN[case]
    assert refused(watcher, path) == (
        f"What the file says about itself is damaged: its “{part}” cannot be."
    )


def test_names_that_cannot_be_read_are_none(watcher: Watcher, tmp_path: Path) -> None:
    """In the metadata of another program's file, and in a file beside it."""
    whole = torch.load(io.BytesIO(original("torchvision.pth", tmp_path).data))
    path = tmp_path / "named.safetensors"
    for names in ("[" * 100_000, '{"a":1}', "[[1],{},null]", '{"9' + "9" * 9000 + '":"a"}'):
        save_file(whole, path, {"classes": names})
        path.with_suffix(".json").write_text(names)
        outcome = watcher.read(path)
        assert outcome.kind == "weights"
        assert outcome.fault(path.stat().st_size) is None
    os.truncate(path.with_suffix(".json"), 1 << 40)
    assert watcher.read(path).kind == "weights"


# --- TensorFlow's ----------------------------------------------------------------------------


def test_one_number_for_many_does_not_take_the_memory(watcher: Watcher, tmp_path: Path) -> None:
    """Legal in a graph, and a few bytes: as many classes as there may be, in three heads."""
    path = tmp_path / "tiny.pb"
    for classes, kind in ((MOST_CLASSES, "weights"), (MOST_CLASSES + 1, "refused")):
        nodes = [tensorflow_files.node("input", "Placeholder", dtype=tensorflow_files.FLOAT)]
        for name, array in tensorflow_files.weights(0, 2).items():
            sizes = (*array.shape[:-1], classes) if name.startswith("softmax") else array.shape
            value = tensorflow_files.tensor(np.zeros(1, np.float32), "values", sizes)
            dtype = tensorflow_files.FLOAT
            nodes.append(
                tensorflow_files.node(
                    name, "Const", dtype=dtype, value=tensorflow_files.data(8, value)
                )
            )
        path.write_bytes(b"".join(nodes))
        outcome = watcher.read(path)
        assert outcome.fault(path.stat().st_size) is None
        assert outcome.kind == kind


# --- what is no file -----------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes have no names on Windows")
def test_pipes_devices_and_loops_are_refused_at_once(watcher: Watcher, tmp_path: Path) -> None:
    pipe, loop, link = tmp_path / "pipe.pth", tmp_path / "loop.pth", tmp_path / "link.pth"
    os.mkfifo(pipe)
    loop.symlink_to(loop)
    link.symlink_to(pipe)
    plug = tmp_path / "plug.pth"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(plug)[-100:] if len(str(plug)) > 100 else str(plug))
        for path, words in (
            (pipe, "This is a pipe, not a checkpoint file."),
            (link, "This is a pipe, not a checkpoint file."),
            (Path("/dev/zero"), "This is a device, not a checkpoint file."),
            (Path("/dev/full"), "This is a device, not a checkpoint file."),
            (plug, "This is not a plain file, so no checkpoint."),
            (tmp_path, "This is a folder, not a checkpoint file."),
        ):
            assert refused(watcher, path) == words
    assert refused(watcher, loop).startswith("The file cannot be read: ")
    assert refused(watcher, tmp_path / "a\0b.pth") == "a?b.pth: There is no such file."
    assert refused(watcher, pipe / "below.pth").startswith("The file cannot be read: ")


@pytest.mark.parametrize(
    "start",
    [b"PK\x03\x04", b"\x80\x02", b"\x0a\x05abcde", b"\x02\0\0\0\0\0\0\0{}", b"\0", b"text"],
    ids=["zip", "pickle", "protobuf", "safetensors", "zeros", "text"],
)
def test_huge_empty_files_are_refused_at_once(
    start: bytes, watcher: Watcher, tmp_path: Path
) -> None:
    path = tmp_path / "huge.pth"
    path.write_bytes(start)
    os.truncate(path, 1 << 42)
    assert refused(watcher, path)


def test_a_file_that_changes_while_it_is_read_is_noticed(tmp_path: Path) -> None:
    from inception_viewer.checkpoints.files import read_file

    path = tmp_path / "changing.safetensors"
    save_file({"a": torch.zeros(1000), "b": torch.ones(1000)}, path)
    contents = read_file(path)
    assert float(contents.tensors["a"].sum()) == 0
    os.truncate(path, 5000)
    with pytest.raises(CheckpointError, match="changed while it was read"):
        contents.tensors["b"]


def test_a_file_that_is_overwritten_later_does_not_change_the_weights(
    checkpoint: Path, tmp_path: Path
) -> None:
    """A training script that saves over its checkpoint: a mapped file would end us."""
    for suffix in ("pth", "safetensors"):
        path = tmp_path / f"training.{suffix}"
        if suffix == "pth":
            path.write_bytes(checkpoint.read_bytes())
        else:
            save_file(torch.load(checkpoint, weights_only=True), path)
        weights = read_checkpoint(path)
        before = float(weights.state["fc.linear.weight"].sum())
        with path.open("r+b") as file:
            file.write(os.urandom(1 << 16))
            file.truncate(1 << 16)
        assert float(weights.state["fc.linear.weight"].sum()) == before


# --- memory ----------------------------------------------------------------------------------


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="measured on Linux")
@pytest.mark.parametrize("name", MAKERS)
def test_memory_at_real_size(name: str, watcher: Watcher, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(original(name, tmp_path, REAL).data)
    size = path.stat().st_size
    outcome = watcher.read(path)
    assert outcome.kind == "weights"
    assert outcome.fault(size) is None
    # Measured: 0.6 to 2.4 times the file; beyond that something is copied once more.
    assert outcome.memory < 2.5 * size + (30 << 20)
