"""Synthetic tests of concepts, and folders of small photos: seeded, made without torch."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import ui_data
from PIL import Image

from inception_viewer.concept_questions import (
    Concept,
    ConceptAnswer,
    ConceptResult,
    TestConcepts,
)
from inception_viewer.questions import CheckpointInfo
from inception_viewer.ui.concepts.tested import Tested, Wanted

CONCEPTS = (Concept("striped", "/photos/striped"), Concept("spotted", "/photos/spotted"))
SIDE = 48


def wanted(units: tuple[str, ...] = ("inception4d",), **changed: object) -> Wanted:
    """What a filled form says."""
    made = Wanted(CONCEPTS, "/photos/random", "/photos/cup", 98, units=units, runs=4)
    return replace(made, **changed)


def question(asked: Wanted, unit: str = "inception4d") -> TestConcepts:
    """The question about one of the units."""
    target = asked.target or 0
    folders = (asked.concepts, asked.random, asked.photos)
    numbers = (asked.runs, asked.most, asked.seed, ui_data.PREPROCESSING, len(asked.units))
    return TestConcepts(ui_data.FINGERPRINT, unit, asked.head, target, *folders, *numbers)


def result(
    name: str, score: float, p_value: float, accuracy: float, runs: int = 4
) -> ConceptResult:
    """A concept's scores, around a mean."""
    scores = tuple(score + 0.02 * (2 * run - runs + 1) / max(1, runs - 1) for run in range(runs))
    note = "" if accuracy > 0.6 else f"“{name}” cannot be told."
    return ConceptResult(name, scores, p_value, accuracy, 24, note, f"So it is of “{name}”.")


def answer(asked: TestConcepts, runs: int | None = None) -> ConceptAnswer:
    """What a worker would say: the first concept is significant, the second is no direction."""
    count = asked.runs if runs is None else runs
    kinds = ((0.9, 0.001, 0.95), (0.3, 0.02, 0.51), (0.5, 0.7, 0.9), (0.1, 0.01, 0.8))
    results = tuple(
        result(one.name, *kinds[place % len(kinds)], count)
        for place, one in enumerate(asked.concepts)
    )
    chance = tuple(0.4 + 0.1 * (run % 3 - 1) for run in range(count))
    return ConceptAnswer(
        *(asked, results, chance, ui_data.CLASSES[asked.target], 11, 60),
        replace(ui_data.provenance(), fingerprint=asked.checkpoint),
        (("/photos/cup/bad.jpg", "It is cut short."),),
        partial=count < asked.runs,
    )


def whole(
    asked: Wanted | None = None, info: CheckpointInfo | None = None, *, running: bool = False
) -> Tested:
    """A whole test."""
    asked = asked or wanted()
    answers = tuple(answer(question(asked, unit)) for unit in asked.units)
    return Tested(info or ui_data.checkpoint_info(), asked, answers, running)


# --- folders -------------------------------------------------------------------------------


def noise(generator: np.random.Generator) -> np.ndarray:
    """A photo of nothing."""
    coarse = generator.integers(0, 256, (6, 6, 3), np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((SIDE, SIDE), Image.Resampling.BICUBIC))


def striped(generator: np.random.Generator) -> np.ndarray:
    """The same with strong upright stripes."""
    wave = 90 * np.sign(np.sin(np.arange(SIDE) * generator.uniform(0.8, 1.2)))
    return np.clip(0.5 * noise(generator) + 64 + wave[None, :, None], 0, 255).astype(np.uint8)


def folder(path: Path, make: object, count: int, seed: int) -> Path:
    """Write a folder of photos."""
    path.mkdir(parents=True)
    generator = np.random.default_rng(seed)
    for number in range(count):
        Image.fromarray(make(generator)).save(path / f"{number}.png")
    return path


def folders(root: Path) -> dict[str, Path]:
    """Write what a test needs: two concepts, anything else, a class."""
    return {
        "striped": folder(root / "striped", striped, 24, 0),
        "more": folder(root / "more", noise, 24, 2),
        "random": folder(root / "random", noise, 40, 1),
        "cup": folder(root / "cup", striped, 9, 3),
        "few": folder(root / "few", noise, 3, 4),
    }
