"""Evaluation: every number against torchvision in a plain loop, scikit-learn and scipy."""

from __future__ import annotations

import csv
import json
import signal
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skimage.data
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracles import photos as five_photos
from oracles import torchvision_activations
from PIL import Image
from scipy.stats import binomtest
from sklearn.metrics import balanced_accuracy_score, confusion_matrix
from torch import nn
from torchvision import transforms
from torchvision.models import GoogLeNet_Weights

from inception_viewer import cli
from inception_viewer.analysis import answer
from inception_viewer.analysis.evaluation.rows import open_rows
from inception_viewer.analysis.evaluation.tally import Tally, answers
from inception_viewer.analysis.whole_table import TableError
from inception_viewer.checkpoints.labels import inception5h_names
from inception_viewer.commands.progress import ConsoleProgress
from inception_viewer.errors import QuestionError
from inception_viewer.folder_questions import Evaluate, EvaluationAnswer, LeftOut, Share
from inception_viewer.images import batches as batches_module
from inception_viewer.images.batches import batches
from inception_viewer.images.labelled import LabelledError, from_folders, from_list
from inception_viewer.images.naming import ClassNames
from inception_viewer.lab import Lab
from inception_viewer.questions import Preprocessing
from inception_viewer.runner import Cancel

HEADS = {"aux1": "aux1/fc2", "aux2": "aux2/fc2", "main": "fc"}
CLASSES = tuple(f"thing {letter}" for letter in "abcdefghijkl")
PHOTOS = 22


@dataclass
class Labelled:
    """Photos in folders, and what torchvision's own network says of each."""

    root: Path
    paths: list[Path]
    labels: np.ndarray
    logits: dict[str, np.ndarray]


def folder_name(label: int) -> str:
    """The class's name as people write it: other case, other punctuation."""
    return (CLASSES[label].upper(), CLASSES[label].replace(" ", "_"), CLASSES[label])[label % 3]


def crops() -> list[Image.Image]:
    """So many different pictures, 90 to 140 pixels a side."""
    random = np.random.default_rng(3)
    made = []
    for index in range(PHOTOS):
        whole = five_photos()[index % 5]
        side = int(random.integers(90, 140))
        top = int(random.integers(whole.shape[0] - side))
        left = int(random.integers(whole.shape[1] - side))
        made.append(
            Image.fromarray(np.ascontiguousarray(whole[top : top + side, left : left + side]))
        )
    return made


@pytest.fixture(scope="module")
def labelled(peer: nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Labelled:
    """Photos labelled so that the main head is right on a third, nearly on another."""
    root = tmp_path_factory.mktemp("labelled")
    prepare = transforms.Compose(
        [
            transforms.Resize(256),
            transforms.CenterCrop(224),
            transforms.ToTensor(),
            transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        ]
    )
    paths, labels = [], []
    logits: dict[str, list[np.ndarray]] = {head: [] for head in HEADS}
    for index, picture in enumerate(crops()):
        with torch.inference_mode():
            said = torchvision_activations(peer.eval(), prepare(picture)[None])
        for head, unit in HEADS.items():
            logits[head].append(said[unit][0].numpy())
        order = said["fc"][0].argsort(descending=True).tolist()
        label = order[(0, 1, 7)[index % 3]]
        (root / folder_name(label)).mkdir(exist_ok=True)
        paths.append(root / folder_name(label) / f"{index}.png")
        picture.save(paths[-1])
        labels.append(label)
    (root / "nobody knows").mkdir()
    Image.fromarray(skimage.data.coffee()).save(root / "nobody knows" / "a.png")
    (root / folder_name(labels[0]) / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no more")
    crops()[0].save(root / "loose.png")
    return Labelled(root, paths, np.array(labels), {h: np.stack(v) for h, v in logits.items()})


def silent(fraction: float, answer: Any = None, text: str = "") -> None:
    """A progress that nobody watches."""


silent.lane = "jobs"  # type: ignore[attr-defined]


def opened(checkpoint: Path) -> tuple[Lab, str]:
    lab = Lab()
    return lab, lab.open_checkpoint(checkpoint).fingerprint


@pytest.fixture(scope="module")
def measured(labelled: Labelled, checkpoint: Path) -> tuple[EvaluationAnswer, list[Any]]:
    """The evaluation, and what its progress was told."""
    lab, mark = opened(checkpoint)
    told: list[Any] = []

    def progress(fraction: float, answer: Any = None, text: str = "") -> None:
        told.append((fraction, answer, text))

    progress.lane = "jobs"  # type: ignore[attr-defined]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("inception_viewer.analysis.evaluation.PARTIAL_EVERY", 0.0)
        return answer(Evaluate(mark, str(labelled.root), worst=4), lab, progress), told


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits.astype(np.float64) - logits.max())
    return powers / powers.sum()


# --- the numbers ---------------------------------------------------------------------------


@pytest.mark.parametrize("head", HEADS)
def test_shares_are_those_of_a_plain_loop_over_torchvision(
    head: str, measured: tuple[EvaluationAnswer, Any], labelled: Labelled
) -> None:
    first = five = 0
    right, right5, count = (np.zeros(len(CLASSES), int) for _ in range(3))
    for logits, label in zip(labelled.logits[head], labelled.labels, strict=True):
        best = sorted(range(len(CLASSES)), key=lambda index: -logits[index])[:5]
        first += best[0] == label
        five += label in best
        right[label] += best[0] == label
        right5[label] += label in best
        count[label] += 1
    found = measured[0].heads[head]
    assert (found.top1.right, found.top1.of) == (first, PHOTOS)
    assert (found.top5.right, found.top5.of) == (five, PHOTOS)
    np.testing.assert_array_equal(found.right, right)
    np.testing.assert_array_equal(found.right5, right5)
    np.testing.assert_array_equal(measured[0].count, count)
    if head == "main":
        assert first == 8  # as the photos were labelled: 0 and not all is what is tested
        assert five == 15


@pytest.mark.parametrize("head", HEADS)
def test_confusion_and_mean_per_class_are_scikit_learns(
    head: str, measured: tuple[EvaluationAnswer, Any], labelled: Labelled
) -> None:
    said = labelled.logits[head].argmax(1)
    expected = confusion_matrix(labelled.labels, said, labels=range(len(CLASSES)))
    confusion = measured[0].heads[head].confusion
    np.testing.assert_array_equal(confusion.matrix(len(CLASSES)), expected)
    with np.errstate(all="ignore"):
        recalls = np.diag(expected) / expected.sum(1)
    assert measured[0].mean_per_class(head) == pytest.approx(np.nanmean(recalls))
    if set(said) <= set(labelled.labels):
        mean = balanced_accuracy_score(labelled.labels, said)
        assert measured[0].mean_per_class(head) == pytest.approx(mean)
    off = expected - np.diag(np.diag(expected))
    assert confusion.worst(1)[0][2] == off.max()
    assert sum(count for _, _, count in confusion.worst(1000)) == off.sum()


@pytest.mark.parametrize("head", HEADS)
def test_calibration_is_that_of_a_plain_loop(
    head: str, measured: tuple[EvaluationAnswer, Any], labelled: Labelled
) -> None:
    chances = np.array([softmax(row) for row in labelled.logits[head]])
    top, hit = chances.max(1), chances.argmax(1) == labelled.labels
    found = measured[0].heads[head].calibration
    error = 0.0
    for place, (low, high) in enumerate(zip(found.edges, found.edges[1:], strict=False)):
        last = place == len(found.count) - 1
        inside = (top >= low) & ((top < high) | last)
        assert found.count[place] == inside.sum()
        if inside.any():
            assert found.confidence[place] == pytest.approx(top[inside].mean(), abs=1e-3)
            assert found.accuracy[place] == pytest.approx(hit[inside].mean())
            error += inside.sum() / PHOTOS * abs(hit[inside].mean() - top[inside].mean())
        else:
            assert np.isnan(found.accuracy[place])
    assert len(found.count) == 15
    assert found.expected_error == pytest.approx(error, abs=1e-3)


def test_the_surest_mistakes_come_first(
    measured: tuple[EvaluationAnswer, Any], labelled: Labelled
) -> None:
    wrong = []
    for path, label, row in zip(
        labelled.paths, labelled.labels, labelled.logits["main"], strict=True
    ):
        chances = softmax(row)
        if chances.argmax() != label:
            said = int(chances.argmax())
            wrong.append((float(chances[said]), str(path), int(label), said, chances[label]))
    wrong.sort(reverse=True)
    found = measured[0].heads["main"].mistakes
    assert len(found) == 4 < len(wrong)
    for mistake, (chance, path, was, said, truth) in zip(found, wrong, strict=False):
        assert (mistake.path, mistake.was, mistake.said) == (path, was, said)
        assert mistake.probability == pytest.approx(chance, abs=1e-3)
        assert mistake.probability_of_truth == pytest.approx(truth, abs=1e-3)


@pytest.mark.parametrize(("right", "of"), [(0, 7), (7, 7), (3, 7), (640, 787), (1, 1)])
def test_intervals_are_scipys(right: int, of: int) -> None:
    expected = binomtest(right, of).proportion_ci(0.95, "wilson")
    assert Share(right, of).interval == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert Share(right, of).value == right / of


def test_of_nothing_nothing_is_known() -> None:
    assert Share(0, 0).interval == (0.0, 1.0)
    assert np.isnan(Share(0, 0).value)


@given(st.lists(st.integers(-3, 3), min_size=2, max_size=9), st.data())
def test_rank_is_the_place_in_a_stable_order(values: list[int], data: st.DataObject) -> None:
    label = data.draw(st.integers(0, len(values) - 1))
    logits = np.array([values], np.float32)
    found = answers(logits, np.array([label]))
    order = np.argsort(-logits[0], kind="stable").tolist()
    assert found.rank[0] == order.index(label)
    assert found.said[0] == order[0]
    assert found.probability[0] == pytest.approx(softmax(logits[0]).max())


def test_logits_that_are_no_numbers_are_said() -> None:
    with pytest.raises(QuestionError, match="not finite"):
        answers(np.array([[0.0, np.nan]], np.float32), np.array([1]))


# --- what is left out, and partial answers ----------------------------------------------------


def test_what_could_not_be_measured_is_named(
    measured: tuple[EvaluationAnswer, Any], labelled: Labelled
) -> None:
    found = measured[0]
    assert found.photos == PHOTOS
    assert found.found == PHOTOS + 1
    assert found.unreadable_count == 1
    path, problem = found.unreadable[0]
    assert Path(path).name == "broken.jpg"
    assert "broken.jpg" in problem
    assert set(found.left_out) == {
        LeftOut("nobody knows", 1, "no class of this network is named so"),
        LeftOut("", 1, "they lie in no class's folder"),
    }


def test_progress_and_partial_answers(measured: tuple[EvaluationAnswer, list[Any]]) -> None:
    final, told = measured
    fractions = [fraction for fraction, _, _ in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert len(told) == 3  # 23 photos in batches of 8
    partial = told[0][1]
    assert partial.partial
    assert not final.partial
    assert 7 <= partial.photos <= 8
    assert partial.heads["main"].top1.of == partial.photos
    assert told[0][2] == "8 of 23 photos"
    assert told[-1][1].heads["main"].top1 == final.heads["main"].top1


def test_memory_does_not_grow_with_the_photos() -> None:
    """After 20,000 photos of 1,000 classes nothing is as long as the photos."""
    tally = Tally("main", "trained", 1000, 15, 10)
    random = np.random.default_rng(0)
    sure = []
    for batch in range(20):
        labels = random.integers(0, 5, 1000)
        logits = np.zeros((1000, 1000), np.float32)
        logits[np.arange(1000), random.integers(0, 5, 1000)] = random.uniform(1, 9, 1000)
        given = answers(logits, labels)
        tally.add(given, labels, ["photo"] * 1000, batch)
        sure += given.probability[given.said != labels].tolist()
    assert len(tally.pairs) == 25
    assert [m.probability for m in tally.result().mistakes] == sorted(sure, reverse=True)[:10]
    assert tally.photos == 20_000


def test_only_the_next_batch_is_read_ahead(
    labelled: Labelled, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []
    real = batches_module.decode

    def counting(source: Any) -> Any:
        read.append(source.path)
        return real(source)

    monkeypatch.setattr(batches_module, "decode", counting)
    paths = [labelled.root / "none.png", *labelled.paths]
    made = batches(paths, Preprocessing(64, 48, resize="squeeze"), 4)
    first = next(made)
    assert first.places == (1, 2, 3)
    assert first.array.shape == (3, 3, 64, 48)
    assert first.failures[0][0] == 0
    assert "no longer there" in first.failures[0][1]
    assert len(read) <= 8
    made.close()
    assert len(read) <= 8
    assert not [t for t in threading.enumerate() if t.name.startswith("photos")]


# --- labels ------------------------------------------------------------------------------------


def imagenet() -> tuple[str, ...]:
    return tuple(GoogLeNet_Weights.IMAGENET1K_V1.meta["categories"])


@pytest.mark.parametrize(
    ("classes", "text", "found"),
    [
        (("Car side", "car-wheel"), "car_side", (0,)),
        (("Car side", "car-wheel"), "CAR WHEEL", (1,)),
        (("Car side", "car-wheel"), "car", ()),
        (("Ünder", "b"), "ünder", (0,)),
        (("a b", "ab"), "ab", (1,)),  # the very name comes first
        (("a b", "ab"), "A_B", (0, 1)),
        (("tench, Tinca tinca", "goldfish"), "tench", (0,)),
        (("tench, Tinca tinca", "goldfish"), "Tinca tinca", ()),
        (("a", "b"), "!?", ()),
    ],
)
def test_names_are_matched(classes: tuple[str, ...], text: str, found: tuple[int, ...]) -> None:
    assert ClassNames(classes).find(text) == found


@pytest.mark.parametrize(
    ("identity", "name"),
    [("n01440764", "tench"), ("n15075141", "toilet tissue"), ("n03642806", "laptop")],
)
def test_wordnet_ids_mean_the_class_in_either_order(identity: str, name: str) -> None:
    """The names are torchvision's and the authors'; n01440764 is the first of the sorted ids."""
    sorted_names, five_h = imagenet(), inception5h_names()
    (index,) = ClassNames(sorted_names).find(identity)
    assert sorted_names[index] == name
    (other,) = ClassNames(five_h).find(identity)
    assert five_h[other].startswith(name)
    assert index != other
    assert ClassNames([f"class {i}" for i in range(1000)]).find(identity) == ()


def test_two_classes_of_one_name_are_not_guessed_between(tmp_path: Path) -> None:
    for name in ("crane", "heron"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.jpg").touch()
    found = from_folders(tmp_path, ("crane", "heron", "crane"))
    assert found.labels == (1,)
    assert found.left_out == (LeftOut("crane", 1, "2 classes of this network are named so"),)


def test_folders_may_be_numbered(tmp_path: Path) -> None:
    for name in ("00002", "11"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.jpg").touch()
    assert from_folders(tmp_path, CLASSES).labels == (2, 11)
    (tmp_path / "12").mkdir()
    with pytest.raises(LabelledError, match="None of the 3 folders"):
        from_folders(tmp_path, CLASSES)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda root: root / "none", "is not a folder"),
        (lambda root: root, "holds no folders named by the network's classes"),
        (lambda root: (root / "zebra").mkdir() or root, "None of the 1 folders in .*“zebra”"),
        (lambda root: (root / "thing a").mkdir() or root, "holds photos and is named like"),
    ],
)
def test_folders_without_labelled_photos(tmp_path: Path, make: Any, words: str) -> None:
    with pytest.raises(LabelledError, match=words):
        from_folders(make(tmp_path), CLASSES)


def test_a_list_gives_paths_and_classes(tmp_path: Path) -> None:
    text = (
        "# made by hand\n\nILSVRC/val 1.JPEG 11\na b.jpg thing c\n/abs/c.jpg\tTHING-D\n"
        "d.jpg 12\ne.jpg zebra\nf.jpg zebra\nlonely.jpg\n"
    )
    (tmp_path / "val.txt").write_text(text, encoding="utf-8")
    found = from_list(tmp_path / "val.txt", Path("/photos"), CLASSES)
    expected = (Path("/photos/ILSVRC/val 1.JPEG"), Path("/photos/a b.jpg"), Path("/abs/c.jpg"))
    assert tuple(found.paths) == expected
    assert tuple(found.paths[1:][1:]) == expected[2:]
    assert found.labels == (11, 2, 3)
    assert [(left.name, left.photos) for left in found.left_out] == [
        ("12", 1),
        ("zebra", 2),
        ("lonely.jpg", 1),
    ]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, "cannot be read"),
        (b"\xff\xfe\x00\x81", "is not text"),
        (b"", "names no photo with a class"),
        (b"a.jpg zebra\n", "such as “zebra”"),
    ],
)
def test_lists_that_do_not_do(tmp_path: Path, data: bytes | None, words: str) -> None:
    if data is not None:
        (tmp_path / "val.txt").write_bytes(data)
    with pytest.raises(LabelledError, match=words):
        from_list(tmp_path / "val.txt", tmp_path, CLASSES)


def test_a_list_is_measured_like_folders(
    measured: tuple[EvaluationAnswer, Any], labelled: Labelled, checkpoint: Path, tmp_path: Path
) -> None:
    pairs = zip(labelled.paths, labelled.labels, strict=True)
    lines = [f"{path.relative_to(labelled.root)} {label}" for path, label in pairs]
    (tmp_path / "val.txt").write_text("\n".join(lines))
    lab, mark = opened(checkpoint)
    question = Evaluate(mark, str(labelled.root), list_file=str(tmp_path / "val.txt"))
    found = answer(question, lab, silent)
    assert found.heads["aux1"].top1 == measured[0].heads["aux1"].top1
    assert found.heads["main"].top5 == measured[0].heads["main"].top5
    np.testing.assert_array_equal(found.count, measured[0].count)
    assert found.left_out == ()
    assert not question.cached


def test_photos_that_all_are_broken(tmp_path: Path, checkpoint: Path) -> None:
    (tmp_path / "thing a").mkdir()
    (tmp_path / "thing a" / "a.png").write_bytes(b"nothing")
    lab, mark = opened(checkpoint)
    with pytest.raises(LabelledError, match=r"None of the 1 photos .* can be read: “a.png”"):
        answer(Evaluate(mark, str(tmp_path)), lab, silent)


# --- the command line ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def told(
    labelled: Labelled, checkpoint: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """What ``evaluate --json --csv`` says."""
    out = tmp_path_factory.mktemp("told") / "photos.csv"
    with pytest.MonkeyPatch.context() as patch:
        lines: list[str] = []
        patch.setattr("builtins.print", lambda *words, **kw: lines.append((words, kw)))
        code = cli.main(
            ["evaluate", str(checkpoint), str(labelled.root), "--json", "--csv", str(out)]
        )
    assert code == 0
    (said,) = (words[0] for words, kw in lines if "file" not in kw)
    with out.open(encoding="utf-8", newline="") as stream:
        return json.loads(said), list(csv.DictReader(stream))


def test_json_has_the_numbers(
    told: tuple[dict[str, Any], Any], measured: tuple[EvaluationAnswer, Any]
) -> None:
    said, found = told[0], measured[0]
    for name, head in found.heads.items():
        assert said["heads"][name]["top1"]["share"] == head.top1.value
        assert said["heads"][name]["top1"]["low"] == head.top1.interval[0]
        assert said["heads"][name]["right_per_class"] == head.right.tolist()
        pairs = np.array(said["heads"][name]["confusion"])
        assert pairs[:, 2].sum() == PHOTOS
        bins = said["heads"][name]["calibration"]
        assert [part["photos"] for part in bins] == head.calibration.count.tolist()
        assert bins[0]["accuracy"] is None or bins[0]["photos"]
    assert said["unreadable"]["count"] == 1
    assert {left["name"] for left in said["left_out"]} == {"nobody knows", ""}
    assert said["classes"] == list(CLASSES)


def test_csv_has_a_line_a_photo(told: tuple[Any, list[dict[str, str]]], labelled: Labelled) -> None:
    rows = {row["path"]: row for row in told[1]}
    assert len(rows) == len(told[1]) == PHOTOS + 1
    for path, label, row in zip(
        labelled.paths, labelled.labels, labelled.logits["aux2"], strict=True
    ):
        line = rows[str(path)]
        assert line["class"] == CLASSES[label]
        assert line["aux2_said"] == CLASSES[int(row.argmax())]
        assert float(line["aux2_probability"]) == pytest.approx(softmax(row).max(), abs=1e-3)
        assert int(line["aux2_rank"]) == 1 + int((row > row[label]).sum())
        assert line["problem"] == ""
    (broken,) = (row for row in told[1] if row["problem"])
    assert broken["path"].endswith("broken.jpg")
    assert broken["main_said"] == ""


def test_people_are_told_in_lines(
    labelled: Labelled,
    checkpoint: Path,
    measured: tuple[EvaluationAnswer, Any],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["evaluate", str(checkpoint), str(labelled.root)]) == 0
    out = capsys.readouterr().out
    low, high = measured[0].heads["main"].top1.interval
    assert f"first {8 / PHOTOS:.1%} ({low:.1%} to {high:.1%})" in out
    assert "left out: “nobody knows” (1 photo): no class of this network is named so" in out
    assert "1 photos could not be read" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["{none}", "{folder}"], "none.pth"),
        (["{checkpoint}", "{none}"], "is not a folder"),
        (["{checkpoint}", "{folder}", "--csv", "{none}/x/y.csv"], "y.csv cannot be written"),
        (["{checkpoint}", "{folder}", "--list", "{none}"], "cannot be read"),
    ],
)
def test_one_sentence_and_exit_code_2(
    arguments: list[str],
    words: str,
    labelled: Labelled,
    checkpoint: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    places = {"none": tmp_path / "none.pth", "folder": labelled.root, "checkpoint": checkpoint}
    given = [argument.format(**places) for argument in arguments]
    assert cli.main(["evaluate", *given]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert words in captured.err
    assert captured.err.startswith("inception-viewer: ")
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it(
    number: signal.Signals,
    labelled: Labelled,
    checkpoint: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = signal.getsignal(number)
    monkeypatch.setattr(
        ConsoleProgress, "_show", lambda self, fraction, left: signal.raise_signal(number)
    )
    out = tmp_path / "photos.csv"
    given = ["evaluate", str(checkpoint), str(labelled.root), "--csv", str(out)]
    assert cli.main(given) == 128 + number
    assert capsys.readouterr().err == "inception-viewer: stopped; nothing was written.\n"
    assert list(tmp_path.iterdir()) == []
    assert signal.getsignal(number) == before


def test_cancelled_nothing_is_written(labelled: Labelled, checkpoint: Path, tmp_path: Path) -> None:
    kept = tmp_path / "photos.csv"
    kept.write_text("from before")
    lab, mark = opened(checkpoint)
    calls = []

    def progress(fraction: float, answer: Any = None, text: str = "") -> None:
        calls.append(fraction)
        if len(calls) == 2:
            raise Cancel

    progress.lane = "jobs"  # type: ignore[attr-defined]
    with pytest.raises(Cancel):
        answer(Evaluate(mark, str(labelled.root), csv=str(kept)), lab, progress)
    assert len(calls) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["photos.csv"]
    assert kept.read_text() == "from before"
    assert not [t for t in threading.enumerate() if t.name.startswith("photos")]


def test_a_full_disk_is_one_sentence(
    labelled: Labelled, checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab, mark = opened(checkpoint)

    def full(self: Any, *_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("inception_viewer.analysis.evaluation.rows.Rows.add", full)
    with pytest.raises(Exception, match=r"photos.csv cannot be written: No space left on device"):
        answer(Evaluate(mark, str(labelled.root), csv=str(tmp_path / "photos.csv")), lab, silent)
    assert list(tmp_path.iterdir()) == []


def test_a_csv_does_not_replace_a_photo(tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    Image.new("RGB", (9, 9)).save(photo)
    before = photo.read_bytes()
    with (
        pytest.raises(TableError, match="is no table but something else, and is kept"),
        open_rows(str(photo), ["main"], ["cat"]),
    ):
        pass
    assert photo.read_bytes() == before
    assert list(tmp_path.iterdir()) == [photo]
