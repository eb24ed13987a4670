"""The sample photos: every one credited and free to ship, and known to the demo."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from inception_viewer import paths
from inception_viewer.images.decode import decode
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
def answers() -> dict[str, list[tuple[str, float]]]:
    """What the demo's main head says of each sample, likeliest first."""
    import inception_viewer as iv

    net = iv.load("demo")
    known = set(net.classes)
    for sample in samples():
        assert sample["class"] is None or sample["class"] in known
    return {s["file"]: net.trace(folder() / s["file"]).top("main", 5) for s in samples()}


def test_the_demo_knows_the_samples(answers: dict[str, list[tuple[str, float]]]) -> None:
    known = [sample for sample in samples() if sample["class"]]
    right = [s["file"] for s in known if answers[s["file"]][0][0] == s["class"]]
    assert len(known) >= 8
    assert len(right) >= len(known) - 1, {f: a[0] for f, a in answers.items()}


def test_some_samples_lie_outside_its_classes(answers: dict[str, list[tuple[str, float]]]) -> None:
    """Of what it does not know it is less sure than of most that it knows."""
    outside = [answers[s["file"]][0][1] for s in samples() if s["class"] is None]
    inside = sorted(answers[s["file"]][0][1] for s in samples() if s["class"])
    assert outside
    assert min(outside) < inside[len(inside) // 2]
