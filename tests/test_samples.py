"""The sample photos, credited, free to ship and known to the demo; the demo's own page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from inception_viewer import paths
from inception_viewer.api import Network
from inception_viewer.images.decode import decode
from inception_viewer.parsers.folders import train_parser
from inception_viewer.questions import ImageSource

FREE = {"Public domain", "CC0-1.0", "CC-BY-2.0", "CC-BY-2.5", "CC-BY-3.0", "CC-BY-4.0"}


def samples() -> list[dict[str, Any]]:
    return json.loads((folder() / "samples.json").read_text(encoding="utf-8"))


def folder() -> Path:
    return paths.asset("samples")


def test_every_photo_is_credited_and_no_credit_is_left_over() -> None:
    photos = {path.name for path in folder().iterdir() if path.suffix in (".jpg", ".png")}
    assert 8 <= len(photos) <= 12
    assert {sample["file"] for sample in samples()} == photos


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample["file"])
def test_a_sample_is_small_upright_and_free(sample: dict[str, Any]) -> None:
    assert sample["licence"] in FREE
    assert sample["author"]
    assert sample["source"].startswith("https://")
    path = folder() / sample["file"]
    assert path.stat().st_size < 100_000
    decoded = decode(ImageSource(path=str(path)))
    assert 160 < max(decoded.pixels.shape) <= 640
    assert decoded.note == ""
    row = next(
        line
        for line in (folder() / "CREDITS.md").read_text(encoding="utf-8").splitlines()
        if line.startswith(f"| {sample['file']} |")
    )
    for field in ("title", "author", "licence", "source", "changes"):
        assert sample[field] in row


@pytest.fixture(scope="module")
def answers(demo: Network) -> dict[str, list[tuple[str, float]]]:
    """What the demo's main head says of each sample, likeliest first."""
    known = set(demo.classes)
    for sample in samples():
        assert sample["class"] is None or sample["class"] in known
    return {s["file"]: demo.trace(folder() / s["file"]).top("main", 5) for s in samples()}


def test_the_demo_knows_the_samples(answers: dict[str, list[tuple[str, float]]]) -> None:
    known = [sample for sample in samples() if sample["class"]]
    right = [s["file"] for s in known if answers[s["file"]][0][0] == s["class"]]
    assert len(known) >= 8
    assert len(right) == len(known), {f: a[0] for f, a in answers.items()}


def test_some_samples_lie_outside_its_classes(answers: dict[str, list[tuple[str, float]]]) -> None:
    """Of what it does not know it is less sure than of most that it knows."""
    outside = [answers[s["file"]][0][1] for s in samples() if s["class"] is None]
    inside = sorted(answers[s["file"]][0][1] for s in samples() if s["class"])
    assert outside
    assert min(outside) < inside[len(inside) // 2]


def test_the_page_on_the_demo_says_what_its_file_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """``python docs/demo_table.py`` was run after the checkpoint was made."""
    monkeypatch.syspath_prepend(Path(__file__).resolve().parents[1] / "docs")
    import demo_table

    page = demo_table.PAGE.read_text(encoding="utf-8")
    assert page == demo_table.updated(page, demo_table.read_metadata())
    recipe = {
        "phases": [{"size": 96, "epochs": 3, "smallest_crop": 0.25}], "batch_size": 8,
        "learning_rate": 0.05, "schedule": "paper", "validation_share": 0.2, "seed": 4,
    }  # fmt: skip
    accuracy = {"aux1": {"top1": 0.5}, "main": {"top1": 0.875, "mean_per_class": 0.8}}
    words = demo_table.block(
        {"date": "2030-01-02", "accuracy": json.dumps(accuracy), "recipe": json.dumps(recipe)}
    )
    assert "| main | 87.5% | 80.0% |" in words
    assert "| aux1 | 50.0% | not measured |" in words
    command = words.split("```")[1].replace("\\\n", " ").split()
    options = train_parser().parse_args(command[2:])
    assert (options.phases, options.batch_size, options.seed) == ("96x3@0.25", 8, 4)
    assert (options.learning_rate, options.schedule) == (0.05, "paper")
