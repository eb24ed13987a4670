"""Checkpoints and folders from a notebook: the command line's numbers, and a plain loop's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from conftest import CLASSES
from file_server import serving
from numpy.typing import NDArray
from oracles import torchvision_activations
from PIL import Image
from torch import nn

import inception_viewer as iv
from inception_viewer import cli
from inception_viewer.checkpoints import catalogue
from inception_viewer.fit_events import preprocessing_as_json
from inception_viewer.images.decode import decode
from inception_viewer.images.preprocess import prepare
from inception_viewer.questions import ImageSource
from inception_viewer.verdict_words import as_json

SMALL = iv.Preprocessing(64, 64, "squeeze")
UNITS = {"aux1": "aux1/fc2", "aux2": "aux2/fc2", "main": "fc"}


@pytest.fixture(scope="module")
def net(checkpoint: Path) -> iv.Network:
    return iv.load(checkpoint)


@pytest.fixture(scope="module")
def folder(picture: NDArray[np.uint8], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three classes of 16 crops of a photo."""
    root, random = tmp_path_factory.mktemp("photos"), np.random.default_rng(0)
    for name in ("thing b", "thing g", "thing k"):
        (root / name).mkdir()
        for place in range(16):
            top, left = (int(random.integers(side - 80)) for side in picture.shape[:2])
            crop = np.ascontiguousarray(picture[top : top + 80, left : left + 80, ::-1])
            Image.fromarray(crop).save(root / name / f"{place:02}.png")
    return root


def told() -> tuple[list[tuple[float, str]], Any]:
    """A list, and a watch that writes to it."""
    seen: list[tuple[float, str]] = []
    return seen, lambda fraction, text: seen.append((fraction, text))


# --- evaluate ------------------------------------------------------------------------


def test_evaluate_is_a_loop_over_torchvisions_own(
    net: iv.Network, folder: Path, peer: nn.Module
) -> None:
    seen, watch = told()
    found = iv.evaluate(net, folder, preprocessing=SMALL, progress=watch)
    right = dict.fromkeys(UNITS, 0)
    among_five = dict.fromkeys(UNITS, 0)
    paths = sorted(folder.rglob("*.png"))
    for path in paths:
        array = prepare(decode(ImageSource(path=str(path))).pixels, SMALL).array
        with torch.inference_mode():
            said = torchvision_activations(peer.eval(), torch.tensor(array)[None])
        truth = CLASSES.index(path.parent.name)
        for head, unit in UNITS.items():
            order = said[unit][0].argsort(descending=True).tolist()
            right[head] += order[0] == truth
            among_five[head] += truth in order[:5]
    assert isinstance(found, iv.EvaluationAnswer)
    assert (found.photos, found.left_out, found.unreadable) == (48, (), ())
    assert {head: one.top1.right for head, one in found.heads.items()} == right
    assert {head: one.top5.right for head, one in found.heads.items()} == among_five
    assert sum(among_five.values()) > 0
    assert seen[-1] == (1.0, "48 of 48 photos")


def test_evaluate_is_the_command(
    net: iv.Network, folder: Path, checkpoint: Path, tmp_path: Path, capfd: Any
) -> None:
    listed = tmp_path / "list.txt"
    lines = [
        f"{path.relative_to(folder)} {CLASSES.index(path.parent.name)}"
        for path in sorted(folder.rglob("*0.png"))
    ]
    listed.write_text("\n".join(lines))
    table = tmp_path / "mine.csv"
    found = iv.evaluate(net, folder, list_file=listed, csv=table, worst=3, bins=5)
    command = ["evaluate", str(checkpoint), str(folder), "--list", str(listed), "--json"]
    theirs = tmp_path / "theirs.csv"
    assert cli.main([*command, "--csv", str(theirs), "--worst", "3", "--bins", "5"]) == 0
    said = json.loads(capfd.readouterr().out)
    assert table.read_text() == theirs.read_text()
    assert said["photos"] == found.photos == len(lines) == 6
    for head, one in found.heads.items():
        assert said["heads"][head]["top1"]["share"] == one.top1.value
        assert len(one.mistakes) <= 3
        assert len(one.calibration.count) == 5


def test_a_watch_that_raises_ends_the_work(net: iv.Network, folder: Path, tmp_path: Path) -> None:
    def stop(fraction: float, text: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        iv.evaluate(net, folder, csv=tmp_path / "photos.csv", progress=stop)
    assert list(tmp_path.iterdir()) == []


# --- fit_heads -----------------------------------------------------------------------


def test_fit_heads_is_the_command(
    net: iv.Network, folder: Path, checkpoint: Path, tmp_path: Path, capfd: Any
) -> None:
    seen, watch = told()
    mine, theirs = tmp_path / "mine.safetensors", tmp_path / "theirs.safetensors"
    found = iv.fit_heads(
        net,
        folder,
        out=mine,
        targets="main",
        most=44,
        epochs=3,
        seed=4,
        preprocessing=SMALL,
        progress=watch,
    )
    assert isinstance(found, iv.FittedHeads)
    options = ["--targets", "main", "--images", "44", "--epochs", "3", "--seed", "4", "--json"]
    options += ["--preprocessing", preprocessing_as_json(SMALL)]
    command = ["fit-heads", str(checkpoint), str(folder), "--out", str(theirs)]
    code = cli.main([*command, *options])
    events = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    done = events[-1]
    assert done["event"] == "done"
    assert (done["photos"], done["validation"]) == (found.photos, found.validation) == (34, 10)
    assert done["loss"] == pytest.approx(found.loss, abs=1e-3)
    for head, one in found.heads.items():
        assert done["heads"][head]["after"] == one.after.value
        assert done["heads"][head]["fitted"] == one.fitted
    assert bool(found.path) == mine.exists() == theirs.exists() == (code == 0)
    assert seen[-1][0] == pytest.approx(1.0)
    if found.path:
        fitted = iv.load(found.path)
        assert "fitted" in fitted.heads.values()
        assert fitted.classes == net.classes


# --- inspect, save -------------------------------------------------------------------


def test_inspect_is_the_command_and_takes_a_network_or_a_path(
    net: iv.Network, checkpoint: Path, capfd: Any
) -> None:
    found = iv.inspect(net)
    assert isinstance(found, iv.Verdict)
    assert cli.main(["inspect", str(checkpoint), "--json"]) == 0
    said = json.loads(capfd.readouterr().out)
    assert said == json.loads(json.dumps(as_json(found)))
    assert as_json(iv.inspect(str(checkpoint))) == as_json(found)
    assert said["family"] == "torchvision"
    assert said["kernel_5x5"] == 3
    assert {head.head: head.state for head in found.heads} == dict(net.heads)
    assert net.info.details is not None
    assert found.head("aux1").top is not None
    assert net.info.details.sha256 == found.sha256  # known at once, without photos


def test_inspect_judges_another_input(demo: iv.Network) -> None:
    caffe = iv.Preprocessing(
        96, 96, "squeeze", channels="BGR", scale=1.0, mean=(104, 117, 123), std=(1, 1, 1)
    )
    seen, watch = told()
    found = iv.inspect(demo, preprocessing=caffe, progress=watch)
    assert found.convention.preprocessing == caffe
    assert found.suggestion is not None
    assert found.suggestion.own.preprocessing == caffe
    assert found.suggestion.better is not None  # the demo's photos were RGB
    assert found.suggestion.better.preprocessing.channels == "RGB"
    assert seen[-1][0] == pytest.approx(1.0)


def test_what_is_saved_is_the_same_network(net: iv.Network, photo: Path, tmp_path: Path) -> None:
    path = net.save(tmp_path / "mine.safetensors")
    again = iv.load(path)
    assert again.classes == net.classes
    assert again.preprocessing == net.preprocessing
    assert again.heads == net.heads
    assert again.info.metadata["made_from"] == "twelve.pth"
    expected = net.trace(photo)
    for head, values in again.trace(photo).logits.items():
        assert np.array_equal(values, expected.logits[head])


def test_what_is_chosen_is_saved(net: iv.Network, tmp_path: Path) -> None:
    names = tuple(f"sort {index}" for index in range(12))
    path = net.save(
        str(tmp_path / "chosen.safetensors"),
        dtype="float16",
        preprocessing=SMALL,
        transform_input=True,
        classes=names,
    )
    again = iv.load(path)
    assert (again.classes, again.preprocessing) == (names, SMALL)
    assert again.variant.transform_input
    whole = net.save(tmp_path / "whole.safetensors")
    assert path.stat().st_size < 0.51 * whole.stat().st_size
    assert not net.variant.transform_input


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("mine.pth", {}, r"saved as \.safetensors, not “mine\.pth”"),
        ("no/mine.safetensors", {}, "cannot be written: No such file or directory"),
        ("mine.safetensors", {"classes": ["one"]}, "1 class names, but the network has 12"),
    ],
)
def test_what_cannot_be_saved_is_a_sentence(
    net: iv.Network, tmp_path: Path, name: str, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(iv.CheckpointError, match=words):
        net.save(tmp_path / name, **options)
    assert list(tmp_path.iterdir()) == []


# --- load, get -----------------------------------------------------------------------


def odd_sources(folder: Path) -> dict[str, Any]:
    (folder / "a folder.pth").mkdir()
    (folder / "loop.pth").symlink_to(folder / "loop.pth")
    (folder / "nowhere.pth").symlink_to(folder / "gone.pth")
    (folder / "text.pth").write_text("hello")
    (folder / "empty.pth").touch()
    files = {name: folder / name for name in ("a folder.pth", "loop.pth", "nowhere.pth")}
    return files | {
        "text": folder / "text.pth",
        "empty": folder / "empty.pth",
        "below a file": folder / "text.pth" / "more.pth",
        "nothing": "",
        "None": None,
        "a number": 3,
        "a list": ["demo"],
        "bytes": b"gone.pth",
        "a zero in it": "a\0b.pth",
        "too long": "x" * 5000,
        "half a surrogate": "\udcff.pth",
        "nobody's home": "~nobody-of-this-name/x.pth",
        "an address": "https://example.org/net.pth",
        "not got": "bvlc",
    }


def test_whatever_cannot_be_loaded_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for what, source in odd_sources(tmp_path).items():
        with pytest.raises(iv.CheckpointError) as caught:
            iv.load(source)
        sentence = str(caught.value)
        assert sentence, what
        assert "\n" not in sentence, what
        assert "Error" not in sentence, what


def test_get_puts_it_where_load_finds_it(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("TORCH_HOME", raising=False)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    content = checkpoint.read_bytes()
    with serving(content) as served:
        real = catalogue.published("torchvision")
        changes = {"url": served.url, "digest": f"sha256:{served.sha256}", "size": len(content)}
        entry = iv.Published(**{**vars(real), **changes})
        monkeypatch.setattr(catalogue, "PUBLISHED", (entry,))
        seen, watch = told()
        path = iv.get("torchvision", progress=watch)
        assert path == entry.path
        assert path.read_bytes() == content
        assert seen[-1][0] == pytest.approx(1.0)
        assert iv.get("torchvision") == path
        assert len(served.log) == 1
    assert iv.load("torchvision").info.source == str(path)
    with pytest.raises(iv.CheckpointError, match="Nothing called “resnet” can be got"):
        iv.get("resnet")


def test_published_says_the_terms() -> None:
    entries = iv.published()
    assert [entry.name for entry in entries] == ["torchvision", "inception5h", "bvlc"]
    assert all(entry.licence and entry.page and entry.size for entry in entries)
