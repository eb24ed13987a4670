"""Throw the demo's auxiliary heads away, fit them again, and say how good both are.

``python docs/refit_heads.py CALTECH101`` needs the photos that the demo was trained on; the
folder is described in ``demo-checkpoint.md``. The heads are fitted to photos that the demo
was trained on, 1,500 in all, and both kinds are measured on the photos that were kept apart
from its training: no photo is used for both.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from inception_viewer.analysis import answer
from inception_viewer.checkpoints import own
from inception_viewer.folder_questions import Evaluate, EvaluationAnswer
from inception_viewer.lab import Lab
from inception_viewer.training.photos import Labelled, scan

HEADS = ("aux1", "aux2")


class Silent:
    """A progress that nobody looks at."""

    lane = "jobs"

    def __call__(self, fraction: float, answer: object = None, text: str = "") -> None:
        """Go on."""


def main() -> int:
    """Do it; 0 if each head reaches 90 % of the trained one within ten minutes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="Caltech 101, a folder for each class")
    parser.add_argument("--images", type=int, default=1500)
    parser.add_argument("--targets", default="auto", choices=("auto", "main", "labels"))
    parser.add_argument("--seed", type=int, default=3)
    given = parser.parse_args()
    split = scan(given.folder, 0.1, 0)  # as the demo was trained
    order = np.random.default_rng(given.seed).permutation(len(split.training))[: given.images]
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        copy((split.training[index] for index in order), place / "fit")
        copy(split.validation, place / "apart")
        return compare(place, given.targets)


def compare(place: Path, targets: str) -> int:
    """Fit to ``place/fit``, measure on ``place/apart``, print both and return the exit code."""
    lab = Lab()
    demo = lab.open_checkpoint("demo")
    bare = place / "bare.safetensors"
    weights = lab.truth(demo.fingerprint)
    state = {key: value for key, value in weights.state.items() if not key.startswith("aux")}
    states = {**weights.heads, "aux1": "absent", "aux2": "absent"}
    variant = replace(weights.variant, heads=("main",))
    own.save(bare, replace(weights, variant=variant, state=state, heads=states))
    command = [sys.executable, "-m", "inception_viewer", "fit-heads", str(bare)]
    options = ["--targets", targets, "--out", str(place / "new.safetensors")]
    began = time.monotonic()
    if subprocess.run([*command, str(place / "fit"), *options], check=False).returncode:
        return 1
    seconds = time.monotonic() - began
    print(f"{seconds:.0f} s in all", flush=True)
    fitted = lab.open_checkpoint(place / "new.safetensors")
    before, after = (measured(lab, one.fingerprint, place / "apart") for one in (demo, fitted))
    print(f"measured on {after.photos} photos that neither were trained on")
    shares = []
    for head in HEADS:
        old, new = (each.heads[head].top1 for each in (before, after))
        shares.append(new.value / old.value)
        print(f"{head}: trained {old.value:.2%}, fitted {new.value:.2%}: {shares[-1]:.1%} of it")
    return 0 if min(shares) >= 0.9 and seconds < 600 else 1


def measured(lab: Lab, checkpoint: str, folder: Path) -> EvaluationAnswer:
    """Return how good each head is."""
    found: EvaluationAnswer = answer(Evaluate(checkpoint, str(folder)), lab, Silent())
    return found


def copy(photos: Iterable[Labelled], folder: Path) -> None:
    """Put photos into folders named by their classes."""
    for photo in photos:
        place = folder / photo.path.parent.name
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy(photo.path, place)


if __name__ == "__main__":
    sys.exit(main())
