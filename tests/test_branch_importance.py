"""Branch importance: against torchvision's own class, one hooked forward pass for each branch."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from test_interventions import logits, replaced
from torch import Tensor, nn

import inception_viewer as iv
from inception_viewer.analysis.branch_conductance import disagreements
from inception_viewer.api import Network
from inception_viewer.errors import QuestionError
from inception_viewer.googlenet.variants import BRANCH_OUTPUT, MODULES
from inception_viewer.intervention_questions import BranchImportance, Files


@pytest.fixture(scope="module")
def network(checkpoint: Path) -> Network:
    """The peer's weights, opened by us."""
    return iv.load(checkpoint)


@pytest.fixture(scope="module")
def other(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Another photo."""
    return np.ascontiguousarray(picture[::-1, :, ::-1])


def probability(values: NDArray[np.float32], target: int) -> float:
    """Return a class's probability."""
    return float(torch.softmax(torch.tensor(values, dtype=torch.float64), 0)[target])


def test_all_branches_are_worth_what_naive_ablation_says(
    network: Network, peer: nn.Module, photo: Path
) -> None:
    target = 4
    found = iv.branch_importance(network, photo, target)
    trace = network.trace(photo)
    whole = logits(peer, trace)
    for module in MODULES:
        assert list(found.logit_drop[module]) == list(BRANCH_OUTPUT)
        for branch, output in BRANCH_OUTPUT.items():
            with replaced(peer, f"{module}/{output}", torch.zeros_like):
                without = logits(peer, trace)
            drop = found.logit_drop[module][branch]
            assert drop == pytest.approx(float(whole[target] - without[target]), abs=1e-4)
            lost = probability(whole, target) - probability(without, target)
            assert found.probability_drop[module][branch] == pytest.approx(lost, abs=1e-4)
    assert found.logits[0] == pytest.approx(float(whole[target]), abs=1e-4)
    drops = [drop for row in found.logit_drop.values() for drop in row.values()]
    assert max(map(abs, drops)) > 1e-2  # or the comparison would say nothing


def test_reductions_are_ablated_behind_their_relu(
    network: Network, peer: nn.Module, photo: Path
) -> None:
    found = iv.branch_importance(network, photo, 0, reductions=True)
    trace = network.trace(photo)
    whole = logits(peer, trace)
    for unit, place in (("branch2.0", "3x3_reduce"), ("branch3.0", "5x5_reduce")):
        hook = peer.get_submodule(f"inception4b.{unit}").register_forward_hook(
            lambda _module, _inputs, output: torch.zeros_like(output)
        )
        without = logits(peer, trace)
        hook.remove()
        drop = found.logit_drop["inception4b"][place]
        assert drop == pytest.approx(float(whole[0] - without[0]), abs=1e-4)


def test_an_auxiliary_head_has_only_the_branches_before_it(network: Network, photo: Path) -> None:
    found = iv.branch_importance(network, photo, 3, head="aux1")
    assert list(found.logit_drop) == ["inception3a", "inception3b", "inception4a"]
    touched = network.trace(photo, interventions=[iv.Intervention("inception3b/3x3")])
    lost = network.trace(photo).logits["aux1"][3] - touched.logits["aux1"][3]
    assert found.logit_drop["inception3b"]["3x3"] == pytest.approx(float(lost), abs=1e-4)


def test_means_over_references_stand_in_for_a_branch(
    network: Network, peer: nn.Module, photo: Path, other: NDArray[np.uint8]
) -> None:
    found = iv.branch_importance(network, photo, 2, "mean", references=[photo, other])
    unit = "inception4e/5x5"
    mean = np.mean([network.trace(one)[unit].mean((1, 2)) for one in (photo, other)], axis=0)
    trace = network.trace(photo)

    def constant(output: Tensor) -> Tensor:
        return torch.tensor(mean).view(1, -1, 1, 1).expand_as(output)

    with replaced(peer, unit, constant):
        without = logits(peer, trace)
    lost = float(logits(peer, trace)[2] - without[2])
    assert found.logit_drop["inception4e"]["5x5"] == pytest.approx(lost, abs=1e-4)


def test_several_photos_are_averaged_with_their_spread(
    network: Network, photo: Path, other: NDArray[np.uint8]
) -> None:
    photos = [photo, other, other[:, ::-1]]
    each = [iv.branch_importance(network, one, 5) for one in photos]
    both = iv.branch_importance(network, photos, 5)
    drops = [one.logit_drop["inception5a"]["3x3"] for one in each]
    assert both.photos == 3
    assert both.logit_drop["inception5a"]["3x3"] == pytest.approx(np.mean(drops), abs=1e-5)
    spread = both.logit_spread["inception5a"]["3x3"]
    assert spread == pytest.approx(np.std(drops, ddof=1), abs=1e-5)
    assert spread > 0
    assert each[0].logit_spread["inception5a"]["3x3"] == 0


def test_conductance_of_all_branches_is_that_of_each(network: Network, photo: Path) -> None:
    found = iv.branch_importance(network, photo, 1, conductance=True)
    assert found.conductance is not None
    for module, branch in (("inception3a", "pool"), ("inception4d", "3x3")):
        unit = f"{module}/{BRANCH_OUTPUT[branch]}"
        alone = iv.attribute(
            network, photo, method="layer_conductance", target=1, unit=unit, adapt="off"
        )
        expected = float(alone.raw.sum(dtype=np.float64))
        assert found.conductance[module][branch] == pytest.approx(expected, rel=1e-3, abs=1e-4)
    sums = [sum(row.values()) for row in found.conductance.values()]
    assert np.ptp(sums) < 1e-3 * abs(sums[0])  # each module carries all of the rise


def test_contradictions_are_pointed_out_and_nothing_else() -> None:
    same = {"inception4a": {"1x1": 4.0, "3x3": 3.0, "5x5": 2.0, "pool": 1.0}}
    assert disagreements(same, same) == ()
    (sign,) = disagreements(
        {"inception4a": {"1x1": 4.0, "3x3": 3.0, "5x5": 2.0, "pool": -1.0}}, same
    )
    assert "pool" in sign
    assert "speaks for the class" in sign
    assert "rises" in sign
    turned = {"inception4a": {"1x1": 1.0, "3x3": 3.0, "5x5": 2.0, "pool": 4.0}}
    said = disagreements(turned, same)
    assert [one.split(":")[0] for one in said] == ["inception4a, 1x1", "inception4a, pool"]
    assert "number 4 of 4" in said[0]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"mode": "mean"}, "Choose the photos"),
        ({"target": 12}, "out of range"),
        ({"head": "aux3"}, "no head “aux3”"),
    ],
)
def test_what_cannot_be_asked_is_said(
    network: Network, photo: Path, options: dict[str, object], words: str
) -> None:
    with pytest.raises(QuestionError, match=words):
        iv.branch_importance(network, photo, **options)  # type: ignore[arg-type]


def test_no_photo_is_said(network: Network) -> None:
    with pytest.raises(QuestionError, match="at least one photo"):
        iv.branch_importance(network, [])


def test_a_group_on_the_disk_is_averaged_over_like_open_photos(
    network: Network, photo: Path, other: NDArray[np.uint8], tmp_path: Path
) -> None:
    second, broken = tmp_path / "second.png", tmp_path / "broken.png"
    Image.fromarray(other).save(second)
    broken.write_bytes(b"no photo")
    both = iv.branch_importance(network, [photo, second])
    paths = (str(photo), str(broken), str(second))
    files = Files(network.fingerprint, network.preprocessing, paths, "two")
    found = network._answer(BranchImportance((), files=files))
    assert found.targets == both.targets
    assert found.photos == 2
    assert [path for path, _ in found.failures] == [str(broken)]
    for table in ("logit_drop", "logit_spread", "probability_drop", "probability_spread"):
        for module, row in getattr(both, table).items():
            assert getattr(found, table)[module] == pytest.approx(row, abs=1e-5)
    only_broken = replace(files, paths=(str(broken),))
    with pytest.raises(QuestionError, match="None of these photos"):
        network._answer(BranchImportance((), files=only_broken))
    with pytest.raises(QuestionError, match="at least one photo"):
        network._answer(BranchImportance(()))
