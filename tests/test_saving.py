"""Save checkpoint as: what is written is what was shown, whole or not at all."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from oracles import torchvision_net
from PIL import Image
from safetensors import safe_open
from torch import nn
from torchvision.transforms import v2

from inception_viewer import paths
from inception_viewer.analysis import answer
from inception_viewer.checkpoint_questions import NameClasses, SaveCheckpoint, SavedCheckpoint
from inception_viewer.checkpoints.inputs import KNOWN, adapted
from inception_viewer.checkpoints.read import read_checkpoint
from inception_viewer.errors import CheckpointError
from inception_viewer.lab import Lab
from inception_viewer.questions import CheckpointInfo, ImageSource, Preprocessing, Scene
from inception_viewer.runner import Cancel
from inception_viewer.verdict_questions import Convention

NAMES = tuple(f"Ding „{letter}“" for letter in "abcdefghijkl")


class Quiet:
    """A progress that remembers, and stops where it is told to."""

    lane = "files"

    def __init__(self, stop_at: float = 2.0) -> None:
        self.shares: list[float] = []
        self._stop_at = stop_at

    def __call__(self, fraction: float, answer: object = None, text: str = "") -> None:
        self.shares.append(fraction)
        if fraction >= self._stop_at:
            raise Cancel


@pytest.fixture
def lab() -> Lab:
    return Lab()


@pytest.fixture
def opened(lab: Lab, checkpoint: Path) -> CheckpointInfo:
    return lab.open_checkpoint(checkpoint)


def save(lab: Lab, info: CheckpointInfo, path: Path, **choices: object) -> SavedCheckpoint:
    saved = answer(SaveCheckpoint(info.fingerprint, str(path), **choices), lab, Quiet())
    assert isinstance(saved, SavedCheckpoint)
    return saved


def logits(lab: Lab, info: CheckpointInfo, photo: Path, made: Preprocessing) -> NDArray[np.float32]:
    image = lab.open_image(ImageSource(path=str(photo)))
    return lab.trace(Scene(info.fingerprint, image.id, made)).logits["main"]


# --- there and back ---------------------------------------------------------------------


def test_a_torchvision_file_comes_back_as_the_network_that_it_was(
    lab: Lab, opened: CheckpointInfo, photo: Path, peer: nn.Module, tmp_path: Path
) -> None:
    saved = save(lab, opened, tmp_path / "copy.safetensors")
    assert saved.size == (tmp_path / "copy.safetensors").stat().st_size
    again = Lab()
    info = again.open_checkpoint(saved.path)
    assert info.fingerprint == opened.fingerprint
    for name in ("family", "classes", "preprocessing", "heads", "parameters", "least_size"):
        assert getattr(info, name) == getattr(opened, name), name
    found = logits(again, info, photo, info.preprocessing)
    np.testing.assert_array_equal(found, logits(lab, opened, photo, opened.preprocessing))
    resize = v2.Compose([v2.Resize(256, antialias=True), v2.CenterCrop(224)])
    x = v2.functional.pil_to_tensor(resize(Image.open(photo))).float() / 255
    made = info.preprocessing
    with torch.no_grad():
        right = peer.eval()(v2.functional.normalize(x, list(made.mean), list(made.std))[None])[0]
    np.testing.assert_allclose(found, right.numpy(), atol=2e-3)


def test_what_was_found_out_about_the_file_is_kept(
    lab: Lab, opened: CheckpointInfo, checkpoint: Path, tmp_path: Path
) -> None:
    path = tmp_path / "copy.safetensors"
    save(lab, opened, path)
    first, second = read_checkpoint(checkpoint), read_checkpoint(path)
    assert second.metadata["made_from"] == checkpoint.name
    assert set(first.evidence) < set(second.evidence)
    assert set(first.warnings) <= set(second.warnings)  # the input is a guess still
    assert any("does not say how its input" in said for said in second.warnings)
    # Saved once more, nothing is said twice.
    third = Lab()
    save(third, third.open_checkpoint(path), tmp_path / "again.safetensors")
    once_more = read_checkpoint(tmp_path / "again.safetensors")
    assert sorted(once_more.evidence) == sorted(second.evidence)
    assert once_more.warnings == second.warnings


def test_an_input_chosen_by_hand_settles_the_guess_about_it(
    lab: Lab, opened: CheckpointInfo, tmp_path: Path
) -> None:
    path = tmp_path / "chosen.safetensors"
    made = Preprocessing(160, 192, "squeeze", 180, "BGR", 1.0, (104, 117, 123), (1, 2, 3))
    save(lab, opened, path, preprocessing=made)
    found = read_checkpoint(path)
    assert found.preprocessing == made
    assert not any("does not say how its input" in said for said in found.warnings)


@pytest.mark.parametrize(
    ("was", "wants", "known"), [(False, True, 0), (True, False, 4), (True, True, 2)]
)
def test_the_flag_is_saved_and_the_numbers_stay_plain(
    was: bool, wants: bool, known: int, photo: Path, tmp_path: Path
) -> None:
    """What the window showed with the folded input, the saved file says with the plain one."""
    peer = torchvision_net(3, transform_input=was, seed=2)
    path = tmp_path / f"net{'-1378be20' if was else ''}.pth"  # by its name the flag is on
    torch.save(peer.state_dict(), path)
    lab = Lab()
    info = lab.open_checkpoint(path)
    assert lab.truth(info.fingerprint).variant.transform_input == was
    wanted = Convention("", KNOWN[known].preprocessing, transform_input=wants)
    shown = logits(lab, info, photo, adapted(wanted, was))
    path = tmp_path / "saved.safetensors"
    save(lab, info, path, preprocessing=wanted.preprocessing, transform_input=wants)
    again = Lab()
    saved = again.open_checkpoint(path)
    assert again.truth(saved.fingerprint).variant.transform_input == wants
    assert saved.preprocessing == wanted.preprocessing
    assert (saved.fingerprint == info.fingerprint) == (was == wants)
    found = logits(again, saved, photo, saved.preprocessing)
    np.testing.assert_allclose(found, shown, atol=1e-3 * float(np.abs(shown).max()))


def test_half_precision_rounds_the_weights(
    lab: Lab, opened: CheckpointInfo, tmp_path: Path
) -> None:
    exact = save(lab, opened, tmp_path / "exact.safetensors")
    half = save(lab, opened, tmp_path / "half.safetensors", weights="float16")
    assert half.size < 0.51 * exact.size
    with safe_open(half.path, framework="pt") as file:
        kernel = file.get_tensor("conv1.conv.weight")
    assert kernel.dtype == torch.float16
    truth = lab.truth(opened.fingerprint).state["conv1.conv.weight"]
    assert torch.equal(kernel, truth.half())


def test_names_in_use_are_saved(lab: Lab, opened: CheckpointInfo, tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("\n".join(NAMES), encoding="utf-8")
    answer(NameClasses(opened.fingerprint, str(names)), lab, Quiet())
    save(lab, opened, tmp_path / "named.safetensors")
    found = read_checkpoint(tmp_path / "named.safetensors")
    assert found.classes == NAMES
    assert Lab().open_checkpoint(tmp_path / "named.safetensors").classes == NAMES


def test_numbered_classes_that_got_names_need_no_warning_any_more(
    peer: nn.Module, tmp_path: Path
) -> None:
    torch.save(peer.state_dict(), tmp_path / "plain.pth")
    lab = Lab()
    info = lab.open_checkpoint(tmp_path / "plain.pth")
    assert any("does not name its classes" in said for said in info.warnings)
    (tmp_path / "list.txt").write_text("\n".join(NAMES), encoding="utf-8")
    answer(NameClasses(info.fingerprint, str(tmp_path / "list.txt")), lab, Quiet())
    save(lab, info, tmp_path / "named.safetensors")
    found = Lab().open_checkpoint(tmp_path / "named.safetensors")
    assert found.classes == NAMES
    assert not any("does not name its classes" in said for said in found.warnings)


def test_states_of_heads_are_saved(tmp_path: Path) -> None:
    """The demo's copy with states of its own: what the window knew is what the file says."""
    lab = Lab()
    info = lab.open_checkpoint("demo")
    heads = tuple(
        replace(one, state="untrained") if one.head == "aux1" else one
        for one in info.details.heads  # type: ignore[union-attr]
    )
    known = replace(info, details=replace(info.details, heads=heads))  # type: ignore[type-var]
    lab._infos[info.fingerprint] = known
    save(lab, info, tmp_path / "copy.safetensors")
    found = read_checkpoint(tmp_path / "copy.safetensors")
    assert dict(found.heads) == {"aux1": "untrained", "aux2": "trained", "main": "trained"}
    assert found.metadata["licence"] == info.metadata["licence"]


# --- whole or not at all ----------------------------------------------------------------


@contextmanager
def files_of_at_most(count: int) -> Iterator[None]:
    """Let the system refuse to make any file longer, as a full disk does."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (count, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_leaves_what_was_there(
    lab: Lab, opened: CheckpointInfo, tmp_path: Path
) -> None:
    path = tmp_path / "there.safetensors"
    path.write_bytes(b"of before")
    with files_of_at_most(9 << 20), pytest.raises(CheckpointError, match="cannot be written"):
        save(lab, opened, path)
    assert path.read_bytes() == b"of before"
    assert os.listdir(tmp_path) == [path.name]
    save(lab, opened, path)  # with room it goes
    assert read_checkpoint(path).classes == opened.classes


def test_a_cancelled_one_leaves_what_was_there(
    lab: Lab, opened: CheckpointInfo, tmp_path: Path
) -> None:
    path = tmp_path / "there.safetensors"
    path.write_bytes(b"of before")
    for share in (0.0, 0.5, 1.0):
        progress = Quiet(stop_at=share)
        with pytest.raises(Cancel):
            answer(SaveCheckpoint(opened.fingerprint, str(path)), lab, progress)
        assert path.read_bytes() == b"of before"
        assert os.listdir(tmp_path) == [path.name]
        assert progress.shares == sorted(progress.shares)


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("no folder/x.safetensors", "There is no folder"),
        ("x.pth", "must end in .safetensors"),
        ("x", "must end in .safetensors"),
        ("folder.safetensors", "is a folder"),
    ],
)
def test_places_that_are_none(
    place: str, words: str, lab: Lab, opened: CheckpointInfo, tmp_path: Path
) -> None:
    (tmp_path / "folder.safetensors").mkdir()
    with pytest.raises(CheckpointError, match=words):
        save(lab, opened, tmp_path / place)
    assert os.listdir(tmp_path) == ["folder.safetensors"]


def test_the_demo_is_never_replaced(lab: Lab, opened: CheckpointInfo, tmp_path: Path) -> None:
    demo = paths.asset("demo.safetensors")
    before = demo.stat()
    link = tmp_path / "link.safetensors"
    link.symlink_to(demo)
    for path in (demo, link, demo.parent / "." / demo.name):
        with pytest.raises(CheckpointError, match="came with the program"):
            save(lab, opened, path)
    after = demo.stat()
    assert (after.st_mtime_ns, after.st_size) == (before.st_mtime_ns, before.st_size)


def test_the_file_that_is_open_may_be_replaced(
    lab: Lab, opened: CheckpointInfo, photo: Path, tmp_path: Path
) -> None:
    path = tmp_path / "own.safetensors"
    save(lab, opened, path)
    mine = Lab()
    info = mine.open_checkpoint(path)
    before = logits(mine, info, photo, info.preprocessing).copy()
    made = Preprocessing(resize="squeeze")
    save(mine, info, path, preprocessing=made)
    assert read_checkpoint(path).preprocessing == made
    mine._traces.forget()
    np.testing.assert_array_equal(logits(mine, info, photo, info.preprocessing), before)
