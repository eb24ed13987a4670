"""Two checkpoints before the same photos: against torchvision's own class with hooks and numpy."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import CLASSES
from numpy.typing import NDArray
from oracles import torchvision_net
from PIL import Image
from torch import Tensor, nn

import inception_viewer as iv
from inception_viewer import cli, comparison_words
from inception_viewer.api import Network
from inception_viewer.comparison_questions import CheckpointsAnswer
from inception_viewer.googlenet.variants import BRANCHES, MODULES

Kept = Mapping[str, NDArray[np.float64]]
BRANCH = dict(zip(BRANCHES, ("branch1", "branch2", "branch3", "branch4"), strict=True))


@pytest.fixture(scope="module")
def other_peer() -> nn.Module:
    """Another network of torchvision's class: other random weights, the same classes."""
    return torchvision_net(len(CLASSES), transform_input=False, seed=9)


@pytest.fixture(scope="module")
def other_file(other_peer: nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("other") / "other.pth"
    torch.save(other_peer.state_dict(), path)
    path.with_suffix(".txt").write_text("\n".join(CLASSES))
    return path


@pytest.fixture(scope="module")
def network(checkpoint: Path) -> Network:
    return iv.load(checkpoint)


@pytest.fixture(scope="module")
def other(other_file: Path) -> Network:
    return iv.load(other_file)


@pytest.fixture(scope="module")
def photos(
    photo: Path, picture: NDArray[np.uint8], tmp_path_factory: pytest.TempPathFactory
) -> list[Path]:
    """Two photos."""
    turned = tmp_path_factory.mktemp("photos") / "turned.png"
    Image.fromarray(np.ascontiguousarray(picture[::-1, :, ::-1])).save(turned)
    return [photo, turned]


@pytest.fixture(scope="module")
def found(network: Network, other: Network, photos: list[Path]) -> CheckpointsAnswer:
    return iv.compare_checkpoints(network, other, photos)


def hooked(peer: nn.Module, trace: iv.Trace) -> Kept:
    """Return what torchvision's class computes in each module and branch, and its logits."""
    kept: dict[str, NDArray[np.float64]] = {}

    def keep(name: str):
        def hook(_module: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
            kept[name] = output[0].double().numpy()

        return hook

    names = [*MODULES, *(f"{m}.{b}" for m in MODULES for b in BRANCH.values())]
    handles = [peer.get_submodule(n).register_forward_hook(keep(n)) for n in names]
    with torch.no_grad():
        made = peer(torch.tensor(trace.input)[None])
    for handle in handles:
        handle.remove()
    return {**kept, "main": getattr(made, "logits", made)[0].double().numpy()}


def test_cka_shares_and_agreement_are_those_of_the_formulas(
    found: CheckpointsAnswer,
    network: Network,
    other: Network,
    peer: nn.Module,
    other_peer: nn.Module,
    photos: list[Path],
) -> None:
    ours = [hooked(peer, network.trace(photo)) for photo in photos]
    theirs = [hooked(other_peer, other.trace(photo)) for photo in photos]
    for row, module in enumerate(MODULES):
        x, y = (
            np.concatenate([one[module].reshape(len(one[module]), -1).T for one in side])
            for side in (ours, theirs)
        )
        x, y = x - x.mean(0), y - y.mean(0)
        # Kornblith et al. (2019), section 3: linear CKA by the features' cross products.
        below = np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y)
        assert found.cka[module] == pytest.approx(np.linalg.norm(y.T @ x) ** 2 / below, abs=1e-5)
        for side, profile in zip((ours, theirs), found.profiles, strict=True):
            for photo, one in enumerate(side):
                sums = np.array([one[f"{module}.{part}"].sum() for part in BRANCH.values()])
                assert np.allclose(
                    profile.shares["activation"][photo, row], sums / sums.sum(), atol=1e-5
                )
    assert 0.01 < min(found.cka.values()) < max(found.cka.values()) < 0.99
    tops = [
        (int(a["main"].argmax()), int(b["main"].argmax()))
        for a, b in zip(ours, theirs, strict=True)
    ]
    assert found.tops["main"] == tuple(tops)
    assert found.agree["main"] == np.mean([a == b for a, b in tops])
    assert found.kinship == "apart"
    assert found.matched < 0.1
    assert not found.differences


def test_networks_trained_on_from_one_another_are_told_by_their_weights(
    network: Network, peer: nn.Module, photos: list[Path], tmp_path: Path
) -> None:
    half = network.save(tmp_path / "half.safetensors", dtype="float16")
    same = iv.compare_checkpoints(network, iv.load(half), photos[0])
    assert (same.kinship, same.matched) == ("same", 1.0)
    state = {key: value.clone() for key, value in peer.state_dict().items()}
    generator = torch.Generator().manual_seed(1)
    for value in state.values():
        if value.ndim == 4:
            value += 0.3 * value.std() * torch.randn(value.shape, generator=generator)
    torch.save(state, tmp_path / "on.pth")
    on = iv.load(tmp_path / "on.pth")
    kin = iv.compare_checkpoints(network, on, photos)
    assert kin.kinship == "kin"
    assert kin.correspond
    for module in ("inception3a", "inception5b"):
        apart = [np.abs(network.trace(p)[module] - on.trace(p)[module]).max() for p in photos]
        largest = max(network.trace(p)[module].max() for p in photos)
        assert kin.differences[module] == pytest.approx((max(apart), largest), rel=1e-4)
    said = comparison_words.difference_sentence(kin)
    most = max(kin.differences, key=lambda name: kin.differences[name][0])
    assert most in said


def test_where_positions_do_not_match_cka_is_missing_and_the_rest_is_there(
    network: Network, other: Network, photos: list[Path]
) -> None:
    smaller = replace(other.preprocessing, height=160, width=160)
    found = iv.compare_checkpoints(
        network, other, photos, preprocessing=(network.preprocessing, smaller)
    )
    assert all(np.isnan(value) for value in found.cka.values())
    assert "28 x 28 positions in the first and 20 x 20 in the second" in found.cka_note
    alone = iv.branch_profile(other, photos, preprocessing=smaller)
    assert np.allclose(found.profiles[1].shares["energy"], alone.shares["energy"], atol=1e-6)
    tops = [int(other.trace(p, preprocessing=smaller).logits["main"].argmax()) for p in photos]
    assert [second for _, second in found.tops["main"]] == tops
    squeezed = replace(other.preprocessing, resize="squeeze")
    found = iv.compare_checkpoints(
        network, other, photos[0], preprocessing=(network.preprocessing, squeezed)
    )
    assert np.isfinite(found.cka["inception3a"])
    assert "cut from the photos in different ways" in found.cka_note


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kinship": "same", "matched": 1.0}, "The same weights in two files"),
        ({"kinship": "kin", "matched": 0.98}, "98 % of the filters"),
        ({"kinship": "apart", "matched": 0.97}, "Not all channels correspond"),
        ({"kinship": "apart", "matched": 0.01}, "channel 12 of one is not channel 12 of the other"),
    ],
)
def test_what_corresponds_is_said(
    found: CheckpointsAnswer, changes: dict[str, object], words: str
) -> None:
    assert words in comparison_words.kinship_sentence(replace(found, **changes))  # type: ignore[arg-type]


def test_agreement_is_said_of_trained_heads_with_the_same_classes(found: CheckpointsAnswer) -> None:
    said = comparison_words.agreement_sentence
    two = replace(found, agree={"aux1": 0.5, "main": 1.0})
    assert said(two) == "The same class comes first in: aux1 1 of 2, main 2 of 2 photos."
    assert said(two, ["aux1"]) == "The same class comes first in: main 2 of 2 photos."
    assert "classes differ" in said(replace(found, agree={"main": None}))
    question = replace(found.question, first=found.question.first[:1])
    one = replace(found, question=question, agree={"aux1": 0.0, "aux2": 1.0, "main": 1.0})
    assert said(one) == "The same class comes first in aux2 and main, another in aux1."


def test_the_command_line_gives_the_same_numbers(
    found: CheckpointsAnswer,
    checkpoint: Path,
    other_file: Path,
    photos: list[Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    table = tmp_path / "two.csv"
    paths = [str(path) for path in photos]
    line = ["compare", str(checkpoint), *paths, "--with", str(other_file)]
    assert cli.main([*line, "--json", "--csv", str(table)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["cka"] == pytest.approx(dict(found.cka), abs=1e-6)
    assert told["agreement"] == pytest.approx(dict(found.agree))
    for place, one in enumerate(told["photos"]):
        for side, profile in enumerate(found.profiles):
            expected = profile.table("energy", place)["inception4c"]
            assert one["shares"]["energy"][side]["inception4c"] == pytest.approx(expected, abs=1e-6)
        first = [CLASSES[top] for top in found.tops["main"][place]]
        assert one["tops"]["main"] == first
    with table.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * 9 * 4
    assert float(rows[-1]["cka_of_all"]) == pytest.approx(found.cka["inception5b"], abs=1e-6)
    share = found.profiles[1].shares["activation"][1, 8, 3]
    assert float(rows[-1]["share_of_activation_second"]) == pytest.approx(share, abs=1e-6)
    with pytest.raises(SystemExit):
        cli.main(["compare", str(checkpoint), "--group=a", "--group=b", "--with", str(other_file)])
    assert "by photos, not by groups" in capsys.readouterr().err
