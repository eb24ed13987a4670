"""The index of a folder, against torchvision's own class photo by photo and a plain sort."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from oracles import torchvision_activations
from PIL import Image
from torch import nn

import inception_viewer as iv
from inception_viewer import cli, fit_events, index_events
from inception_viewer.analysis.indexing import building, files
from inception_viewer.analysis.indexing.files import IndexFileError
from inception_viewer.analysis.indexing.looking import Look
from inception_viewer.analysis.indexing.places import alone
from inception_viewer.analysis.indexing.table import NOBODY, empty
from inception_viewer.api import Network
from inception_viewer.errors import QuestionError, ViewerError
from inception_viewer.fit_events import preprocessing_as_json
from inception_viewer.images.listing import FolderError
from inception_viewer.index_questions import BuildIndex, FindIndexes
from inception_viewer.questions import Preprocessing
from inception_viewer.runner import Cancel

SIDE = 64
SMALL = Preprocessing(SIDE, SIDE, "squeeze")
MOST = 4
PHOTOS = 36
"""More than the 32 that make a batch at this size."""


@pytest.fixture(scope="module", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A cache folder of these tests: not even locks are left in anybody's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def network(checkpoint: Path) -> Network:
    """The peer's weights, opened by us."""
    return iv.load(checkpoint)


@pytest.fixture(scope="module")
def folder(picture: NDArray[np.uint8], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photos in three folders, and what is none; made by no order that is theirs."""
    root = tmp_path_factory.mktemp("photos")
    generator = np.random.default_rng(0)
    for number in generator.permutation(PHOTOS):
        place = root / ("", "b", "a/deep")[number % 3]
        place.mkdir(parents=True, exist_ok=True)
        top, left = generator.integers(0, 100), generator.integers(0, 180)
        part = picture[top : top + 100, left : left + 120]
        turned = part if number % 2 else 255 - part
        Image.fromarray(np.ascontiguousarray(turned)).save(place / f"{number}.png")
    (root / "b" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no more")
    (root / "b" / "words.txt").write_text("no photo")
    (root / ".hidden.png").write_bytes((root / "0.png").read_bytes())
    (root / "link").symlink_to(root / "b", target_is_directory=True)
    return root


@pytest.fixture(scope="module")
def made(network: Network, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the folder."""
    out = tmp_path_factory.mktemp("index") / "whole.npz"
    found = iv.index(network, folder, out, MOST, preprocessing=SMALL)
    info = found.info
    assert (info.photos, info.found, info.unreadable) == (PHOTOS, PHOTOS + 1, 1)
    assert info.complete
    assert [Path(path).name for path, _ in found.failures] == ["broken.jpg"]
    return out


def listed(folder: Path) -> list[Path]:
    """The photos in the order that is promised: a folder's own ones, then those of its folders."""
    own = sorted(p for p in folder.iterdir() if p.suffix in (".png", ".jpg") and p.name[0] != ".")
    folders = sorted(p for p in folder.iterdir() if p.is_dir() and not p.is_symlink())
    return own + [path for inner in folders for path in listed(inner)]


# --- against a naive computation -------------------------------------------------------


def test_the_best_are_those_of_a_plain_sort(
    network: Network, peer: nn.Module, folder: Path, made: Path
) -> None:
    paths = [path for path in listed(folder) if path.name != "broken.jpg"]
    naive = [naively(peer, path) for path in paths]
    compared = 0
    for unit, channels in (("conv1", 64), ("inception4a/3x3", 208), ("aux2/conv", 128)):
        maps = np.stack([one[unit].reshape(channels, -1) for one in naive])
        tops = maps.max(2)
        for channel in range(0, channels, 7):
            order = np.lexsort((np.arange(len(paths)), -tops[:, channel]))[:MOST]
            best = [n for n in order if tops[n, channel] > 1e-4]
            found = iv.top_photos(network, made, unit, channel).photos[: len(best)]
            values = tops[best, channel]
            assert np.allclose([one.activation for one in found], values, rtol=1e-4, atol=1e-4)
            gaps = np.abs(np.diff(tops[:, channel][np.argsort(-tops[:, channel])][: MOST + 1]))
            if len(best) < MOST or gaps.min() < 1e-3:
                continue  # rounding decides which comes first
            assert [one.path for one in found] == [str(paths[n]) for n in best]
            for one, number in zip(found, best, strict=True):
                side = round(maps.shape[2] ** 0.5)
                row, column = one.position
                assert maps[number, channel, row * side + column] >= one.activation - 1e-3
            compared += 1
    assert compared > 20


def naively(peer: nn.Module, path: Path) -> dict[str, NDArray[np.float32]]:
    """Every unit's activation on one photo, by torchvision's class."""
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR))
    x = (pixels / 255 - SMALL.mean) / SMALL.std
    batch = torch.from_numpy(x.astype(np.float32)).permute(2, 0, 1)[None]
    with torch.inference_mode():
        found = torchvision_activations(peer.eval(), batch)
    return {name: value[0].numpy() for name, value in found.items()}


def test_equal_activations_go_to_the_earlier_photo_however_it_is_divided() -> None:
    generator = np.random.default_rng(1)
    values = generator.integers(-24, 4, (30, 50)).clip(0).astype(np.float32)
    positions = generator.integers(0, 9, (30, 50)).astype(np.int32)
    sums = generator.integers(0, 99, 30).astype(np.uint32)
    expected = np.lexsort((np.broadcast_to(np.arange(30)[:, None], values.shape), -values), 0)[:5]

    def table(begin: int, end: int, step: int) -> Any:
        made = empty(50, 5)
        for at in range(begin, end, step):
            some = slice(at, min(end, at + step))
            made = made.add(values[some], np.arange(30)[some], positions[some], sums[some])
        return made

    channels = np.arange(50)
    best = values[expected, channels].T
    for found in (table(0, 30, 1), table(0, 30, 7), table(0, 12, 4).merged(table(12, 30, 30))):
        assert (found.values == best).all()
        assert (found.photos == np.where(best > 0, expected.T, NOBODY)).all()
        taken = found.photos != NOBODY
        assert (found.positions == positions[expected, channels].T)[taken].all()
        assert (found.sums == sums[expected].T)[taken].all()
    assert not taken.all()


def test_of_equal_positions_the_first_in_row_order_is_kept(network: Network) -> None:
    net = network._lab.network(network.fingerprint)
    graph = network._lab.graph(network.fingerprint, SIDE, SIDE)
    look = Look(net, graph)
    grey = np.full((2, 3, SIDE, SIDE), 0.3, np.float32)
    grey[1, :, 40:] = 1
    values, positions = look.at(grey, np.zeros(look.channels, np.float32))
    with torch.inference_mode():
        x = net.transform(net.place(torch.from_numpy(grey)))
        maps = net.run({"input": x}, ["conv1"])["conv1"].flatten(2).numpy()
    assert (values[:, :64] == maps.max(2)).all()
    alive = values[:, :64] > 0
    assert (positions[:, :64] == maps.argmax(2))[alive].all()
    assert ((maps == maps.max(2, keepdims=True)).sum(2)[alive] > 1).any()


# --- stopped, gone on with, shared -----------------------------------------------------


class Stopping:
    """A progress that takes the question back at a call."""

    lane = "jobs"

    def __init__(self, at: int = 0) -> None:
        self.at, self.texts, self.notices = at, [], []

    def __call__(self, fraction: float, answer: Any = None, text: str = "") -> None:
        self.texts.append(text)
        if len(self.texts) == self.at:
            raise Cancel

    def notice(self, notice: Any) -> None:
        self.notices.append(notice.sentence)


def test_a_stopped_index_goes_on_and_comes_out_the_same(
    network: Network, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "batch_size", lambda *_: 5)
    whole, out = tmp_path / "whole.npz", tmp_path / "stopped.npz"
    iv.index(network, folder, whole, MOST, preprocessing=SMALL)
    asked = BuildIndex(network.fingerprint, str(folder), str(out), SMALL, MOST)
    for at, expected in ((3, "15"), (2, "25")):
        with pytest.raises(Cancel):
            building.answer(asked, network._lab, Stopping(at))
        assert files.read_info(out).photos + files.read_info(out).unreadable == int(expected)
    last = Stopping()
    assert building.answer(asked, network._lab, last).info.complete
    assert last.texts == ["30 of 37 photos", "35 of 37 photos", "37 of 37 photos"]
    assert out.read_bytes() == whole.read_bytes()
    again = Stopping()
    assert building.answer(asked, network._lab, again).info.photos == PHOTOS
    assert not again.texts


def test_a_changed_folder_is_indexed_anew(
    network: Network, folder: Path, made: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy", symlinks=True))
    out = tmp_path / "index.npz"
    iv.index(network, copy, out, MOST, preprocessing=SMALL)
    shutil.rmtree(copy / "a")
    watch = Stopping()
    asked = BuildIndex(network.fingerprint, str(copy), str(out), SMALL, MOST)
    found = building.answer(asked, network._lab, watch)
    assert (found.info.found, found.info.photos) == (25, 24)
    assert "anew" in watch.notices[0]
    before = made.read_bytes()
    with pytest.raises(IndexFileError, match="another folder"):
        building.answer(replace(asked, out=str(made)), network._lab, watch)
    assert made.read_bytes() == before


def test_two_processes_make_the_same_file_as_one(
    folder: Path,
    made: Path,
    checkpoint: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    out = tmp_path / "two.npz"
    asked = ["index", str(folder), "--out", str(out), "--checkpoint", str(checkpoint)]
    asked += ["--most", str(MOST), "--preprocessing", preprocessing_as_json(SMALL)]
    for name, value in {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}.items():
        monkeypatch.setenv(name, value)
    second = subprocess.Popen(
        [sys.executable, "-m", "inception_viewer", *asked],
        env={**os.environ, "RANK": "1", "OMP_NUM_THREADS": str(torch.get_num_threads())},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    monkeypatch.setenv("RANK", "0")
    code = cli.main(asked)
    said = second.communicate(timeout=60)
    assert (code, second.returncode, said[0]) == (0, 0, ""), said
    assert f"of {PHOTOS} in {folder}" in capsys.readouterr().out
    assert out.read_bytes() == made.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["two.npz"]


def test_nobody_writes_an_index_that_is_being_written(
    network: Network, folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "index.npz"
    with alone(out), pytest.raises(IndexFileError, match="being written already"):
        iv.index(network, folder, out)
    assert not out.exists()


# --- files and folders that do not do ----------------------------------------------------


def test_foreign_and_damaged_files_are_refused_and_kept(
    network: Network, folder: Path, made: Path, checkpoint: Path, tmp_path: Path
) -> None:
    good = made.read_bytes()
    for name, content in hostile(made, checkpoint):
        out = tmp_path / f"{name}.npz"
        out.write_bytes(content)
        with pytest.raises(IndexFileError, match=r"is no index of photos"):
            files.read(out)
        with pytest.raises(IndexFileError, match=r"is no index of photos"):
            iv.index(network, folder, out, MOST, preprocessing=SMALL)
        assert out.read_bytes() == content
    out.write_bytes(good)
    assert files.read(out).info(out) == files.read_info(out)


def hostile(made: Path, checkpoint: Path) -> list[tuple[str, bytes]]:
    """Files that are no index, by what is wrong with them."""
    arrays = dict(np.load(made))
    about = json.loads(arrays["about"].tobytes())
    found: list[tuple[str, bytes]] = [
        ("text", b"not an index"),
        ("empty", b""),
        ("checkpoint", checkpoint.read_bytes()),
        ("cut", made.read_bytes()[:-100]),
        ("bomb", saved(made.parent, np.savez_compressed, arrays)),
    ]
    names = arrays["names"].tobytes()
    for name, change in {
        "outside": {"names": text(b"/etc/x.png" + names[names.index(b"\0") :])},
        "above": {"names": text(b"../x.png" + names[names.index(b"\0") :])},
        "version": {"about": text(json.dumps({**about, "version": 2}).encode())},
        "nested": {"about": text(b"[" * 100_000)},
        "done": {"about": text(json.dumps({**about, "done": 9}).encode())},
        "sizes": {"about": text(json.dumps({**about, "most": 10**9}).encode())},
        "rising": {"values": arrays["values"][:, ::-1].copy()},
        "positions": {"positions": arrays["positions"] + 10**6},
        "short": {"photos": arrays["photos"][:-1]},
        "pickle": {"sums": arrays["sums"].astype(object)},
    }.items():
        found.append((name, saved(made.parent, np.savez, {**arrays, **change})))
    with zipfile.ZipFile(made.parent / "claims.zip", "w") as archive:
        for name, array in arrays.items():
            head = {"descr": "<f4", "fortran_order": False, "shape": (10**12, 4)}
            with archive.open(f"{name}.npy", "w") as entry:
                np.lib.format.write_array_header_1_0(entry, head)
                entry.write(array.tobytes())
    return [*found, ("claims", (made.parent / "claims.zip").read_bytes())]


def text(content: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(content, np.uint8)


def saved(place: Path, save: Any, arrays: dict[str, Any]) -> bytes:
    save(place / "spoilt.npz", **arrays)
    return (place / "spoilt.npz").read_bytes()


def test_what_cannot_be_indexed_is_said(network: Network, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "index.npz"
    with pytest.raises(FolderError, match="is not a folder"):
        iv.index(network, tmp_path / "nowhere", out)
    with pytest.raises(FolderError, match="holds no photos"):
        iv.index(network, tmp_path, out)
    (tmp_path / "bad.png").write_bytes(b"nothing")
    with pytest.raises(FolderError, match="None of the 1 photos"):
        iv.index(network, tmp_path, out, preprocessing=SMALL)
    with pytest.raises(IndexFileError, match="cannot be written"):
        iv.index(network, folder, tmp_path / "no" / "such.npz", preprocessing=SMALL)
    with pytest.raises(QuestionError, match="1 to 100"):
        iv.index(network, folder, out, most=0)


def test_a_folder_that_goes_away_ends_it_and_loses_nothing(
    network: Network, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "batch_size", lambda *_: 5)
    copy = Path(shutil.copytree(folder, tmp_path / "copy", symlinks=True))

    class Leaving(Stopping):
        def __call__(self, *_: Any) -> None:
            shutil.rmtree(copy, ignore_errors=True)

    asked = BuildIndex(network.fingerprint, str(copy), str(tmp_path / "i.npz"), SMALL, MOST)
    with pytest.raises(FolderError, match="is gone; what was found in it is kept"):
        building.answer(asked, network._lab, Leaving())
    assert files.read_info(tmp_path / "i.npz").photos >= 5


# --- looked at -----------------------------------------------------------------------------

STEM = [(7, 2, 3), (3, 2, 0), (1, 1, 0), (3, 1, 1), (3, 2, 0)]
LAYERS = {"conv1": STEM[:1], "conv2": STEM[:4], "inception3a/5x5": [*STEM, (1, 1, 0), (3, 1, 1)]}
"""Kernel, stride and padding of all layers up to some units of torchvision's network."""


@pytest.mark.parametrize("unit", LAYERS)
def test_a_cut_is_what_the_position_can_see(network: Network, made: Path, unit: str) -> None:
    edges = 0
    for channel in range(8):
        for one in iv.top_photos(network, made, unit, channel).photos:
            with Image.open(one.path) as image:
                seen = np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BILINEAR))
            (top, bottom), (left, right) = (seen_by(at, LAYERS[unit]) for at in one.position)
            assert (one.picture == seen).all()
            expected = seen[max(0, top) : bottom + 1, max(0, left) : right + 1]
            assert one.cut is not None
            assert one.cut.shape == expected.shape
            assert (one.cut == expected).all()
            edges += one.cut.shape[:2] != (bottom - top + 1, right - left + 1)
    assert edges


def seen_by(position: int, layers: list[tuple[int, int, int]]) -> tuple[int, int]:
    """First and last pixel, from the last layer back to the input."""
    first = last = position
    for kernel, stride, padding in reversed(layers):
        first, last = first * stride - padding, last * stride - padding + kernel - 1
    return first, last


def test_photos_that_are_gone_or_changed_keep_their_rows(
    network: Network, folder: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy", symlinks=True))
    index = iv.index(network, copy, tmp_path / "i.npz", MOST, preprocessing=SMALL)
    first, second, *_ = iv.top_photos(network, index, "conv2", 1).photos
    assert first.problem == second.problem == ""
    Path(first.path).unlink()
    Image.new("RGB", (90, 90), "red").save(second.path)
    now = iv.top_photos(network, index.info, "conv2", 1).photos
    assert [one.activation for one in now[:2]] == [first.activation, second.activation]
    assert (now[0].picture, now[0].cut) == (None, None)
    assert now[0].problem
    assert now[0].box == first.box
    assert "changed" in now[1].problem
    assert (now[1].picture == (255, 0, 0)).all()  # type: ignore[union-attr]
    assert now[2].problem == ""


def test_an_index_of_another_network_or_channel_is_refused(
    network: Network, made: Path, tmp_path: Path
) -> None:
    index = files.read(made)
    other = tmp_path / "other.npz"
    files.write(replace(index, subject=replace(index.subject, fingerprint="f" * 64)), other)
    for path, unit, channel, why in (
        (other, "conv1", 0, "another network"),
        (made, "conv1", 64, "0 to 63"),
        (made, "pool1", 0, "no convolution"),
        (tmp_path / "none.npz", "conv1", 0, "no index"),
    ):
        with pytest.raises(ViewerError, match=why):
            iv.top_photos(network, path, unit, channel)


def test_indexes_in_the_cache_are_found_and_shown(
    network: Network,
    checkpoint: Path,
    folder: Path,
    made: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    asked = ["index", str(folder), "--checkpoint", str(checkpoint)]
    asked += ["--preprocessing", preprocessing_as_json(SMALL), "--json"]
    assert cli.main(asked) == 0
    question = BuildIndex(network.fingerprint, str(folder), "", SMALL)
    events = [index_events.read(line, question) for line in capsys.readouterr().out.splitlines()]
    assert events[0] == fit_events.Opened(network.fingerprint)
    assert isinstance(events[1], fit_events.Progressed)
    assert [Path(path).name for path, _ in events[-1].failures] == ["broken.jpg"]  # type: ignore[union-attr]
    found = network._answer(FindIndexes(network.fingerprint, SMALL))
    assert found == (events[-1].info,)  # type: ignore[union-attr]
    assert network._answer(FindIndexes(network.fingerprint, network.preprocessing)) == ()
    assert cli.main([*asked, "--show", "inception4a/3x3:5"]) == 0
    shown = json.loads(capsys.readouterr().out)["photos"]
    best = iv.top_photos(network, made, "inception4a/3x3", 5).photos
    assert [one["path"] for one in shown[:MOST]] == [one.path for one in best]
    assert [one["box"] for one in shown[:MOST]] == [list(one.box) for one in best]
    assert cli.main([*asked, "--show", "inception4a/3x3:5000"]) == 2
    assert "0 to 207" in capsys.readouterr().err
