"""Class names are changed without computing anything, and nothing says the old ones."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import numpy as np
import pytest
import torch
from oracles import torchvision_net
from torchvision.models import GoogLeNet_Weights

from inception_viewer import paths
from inception_viewer.analysis import answer
from inception_viewer.analysis import trace as tracing
from inception_viewer.checkpoint_questions import CLASS_LISTS, NameClasses, title_of
from inception_viewer.errors import ClassListError, QuestionError
from inception_viewer.lab import Lab
from inception_viewer.questions import CheckpointInfo, Glance, ImageSource, Overview, Scene
from inception_viewer.verdict_questions import Judge


class Quiet:
    """A progress that nobody watches."""

    lane = "live"

    def __call__(self, fraction: float, answer: object = None, text: str = "") -> None:
        """Go on."""


@pytest.fixture
def lab(checkpoint: Path) -> Lab:
    lab = Lab()
    lab.open_checkpoint(checkpoint)
    return lab


def only(lab: Lab) -> CheckpointInfo:
    (info,) = lab._infos.values()
    return info


def named(lab: Lab, names: str) -> CheckpointInfo:
    found = answer(NameClasses(only(lab).fingerprint, names), lab, Quiet())
    assert isinstance(found, CheckpointInfo)
    return found


@pytest.fixture
def names(tmp_path: Path) -> Path:
    path = tmp_path / "birds & bees.csv"
    path.write_text("index,name\n" + "".join(f"{11 - i},bird {i}\n" for i in range(12)))
    return path


BIRDS = tuple(f"bird {11 - i}" for i in range(12))


def test_every_answer_has_the_new_names_and_the_numbers_stay(
    lab: Lab, photo: Path, names: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = only(lab)
    scene = Scene(own.fingerprint, lab.open_image(ImageSource(path=str(photo))).id,
                  own.preprocessing)  # fmt: skip
    before = answer(Overview(scene, "inception3a"), lab, Quiet())

    def refuse(*_: object) -> None:
        raise AssertionError("the network ran")

    monkeypatch.setattr("inception_viewer.lab.compute", refuse)
    info = named(lab, str(names))
    assert info.classes == BIRDS
    assert info.names == str(names)
    after = answer(Overview(scene, "inception3a"), lab, Quiet())
    assert after.predictions.classes == BIRDS
    np.testing.assert_array_equal(
        after.predictions.logits["main"], before.predictions.logits["main"]
    )
    assert answer(Glance(scene), lab, Quiet()).classes == BIRDS
    trace = lab.trace(scene)
    place = int(np.argmax(trace.logits["main"]))
    assert trace.top("main", 1)[0][0] == BIRDS[place]
    back = named(lab, "")
    assert (back.classes, back.names) == (own.classes, "")
    assert answer(Glance(scene), lab, Quiet()).classes == own.classes
    assert lab.trace(scene).top("main", 1)[0][0] == own.classes[place]
    assert tracing.compute is not refuse


def test_the_verdict_says_where_the_names_are_from(lab: Lab, names: Path) -> None:
    mark, own = only(lab).fingerprint, only(lab)
    assert own.details is not None
    assert "beside the file" in own.details.class_source
    info = named(lab, str(names))
    assert info.details is not None
    assert info.details.class_source == names.name
    judged = answer(Judge(mark), lab, Quiet())
    assert judged.class_source == names.name
    assert named(lab, "").details == own.details
    assert answer(Judge(mark), lab, Quiet()).class_source == own.details.class_source


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("one\ntwo\n", "It has 2 classes, but the network 12"),
        ("", "holds no class names"),
        ("\n".join(f"{max(i, 1)} bird" for i in range(12)), "two classes the index 1"),
    ],
)
def test_a_list_that_does_not_fit_changes_nothing(
    text: str, words: str, lab: Lab, tmp_path: Path
) -> None:
    own = only(lab)
    path = tmp_path / "list.txt"
    path.write_text(text)
    with pytest.raises(ClassListError, match=words):
        named(lab, str(path))
    with pytest.raises(ClassListError, match="This list has 1,000 classes, but the network has 12"):
        named(lab, "imagenet")
    assert only(lab) == own


def test_names_of_a_checkpoint_that_is_not_open(lab: Lab, names: Path) -> None:
    with pytest.raises(QuestionError, match="not open any more"):
        answer(NameClasses("f" * 64, str(names)), lab, Quiet())


def test_opened_once_more_it_has_its_own_names(lab: Lab, checkpoint: Path, names: Path) -> None:
    own = only(lab)
    named(lab, str(names))
    again = lab.open_checkpoint(checkpoint)
    assert again.fingerprint == own.fingerprint
    assert (again.classes, again.names) == (own.classes, "")
    assert named(lab, "").classes == own.classes


@pytest.mark.parametrize("entry", CLASS_LISTS, ids=lambda one: one.id)
def test_lists_that_come_with_the_program(entry: object, tmp_path: Path) -> None:
    net = torchvision_net(entry.count, transform_input=False, seed=1)  # type: ignore[attr-defined]
    torch.save(net.state_dict(), tmp_path / "net.pth")
    plain = tmp_path / "net.txt"
    plain.write_text("\n".join(f"no {i}" for i in range(entry.count)))  # type: ignore[attr-defined]
    lab = Lab()
    assert lab.open_checkpoint(tmp_path / "net.pth").classes[3] == "no 3"
    found = named(lab, entry.id).classes  # type: ignore[attr-defined]
    if entry.id == "imagenet":  # type: ignore[attr-defined]
        assert list(found) == GoogLeNet_Weights.IMAGENET1K_V1.meta["categories"]
    elif entry.id == "places365":  # type: ignore[attr-defined]
        lines = paths.asset("labels/places365.txt").read_text().split()
        assert list(found) == lines
        assert (found[0], found[364]) == ("airfield", "zen_garden")
    else:
        lines = paths.asset("labels/ilsvrc2012_order.txt").read_text().splitlines()
        assert [found[i + 1] for i in range(1000)] == [line.split(" ", 1)[1] for line in lines]
        assert found[0].startswith("dummy")
        assert all(name.startswith("dummy") for name in found[1001:])


def test_titles() -> None:
    assert title_of("") == "the file's own"
    assert title_of("places365") == "Places365"
    assert title_of("/home/me/birds & bees.csv") == "birds & bees.csv"
    assert title_of("C:\\me\\birds.csv") == "birds.csv"


def test_a_closed_checkpoint_is_released(checkpoint: Path, photo: Path) -> None:
    lab = Lab()
    info = lab.open_checkpoint(checkpoint)
    other = lab.open_checkpoint("demo")
    scene = Scene(info.fingerprint, lab.open_image(ImageSource(path=str(photo))).id,
                  info.preprocessing)  # fmt: skip
    lab.trace(scene)
    lab.network(info.fingerprint, "jobs", folded=False)
    weights = lab.truth(info.fingerprint)
    kept = [weakref.ref(weights.state["conv1.conv.weight"])]
    kept += [weakref.ref(net) for net in (lab.network(info.fingerprint),)]
    del weights
    lab.close_checkpoint(info.fingerprint)
    gc.collect()
    assert [ref() for ref in kept] == [None, None]
    assert not any(key.checkpoint == info.fingerprint for key in lab._traces._values)
    with pytest.raises(QuestionError, match="not open any more"):
        lab.trace(scene)
    assert (
        lab.trace(Scene(other.fingerprint, scene.image, other.preprocessing)).logits["main"].any()
    )
    lab.close_checkpoint(info.fingerprint)  # closed twice is closed
