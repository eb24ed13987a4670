"""``inception-viewer train``: from a folder to a checkpoint."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import torch

from inception_viewer.errors import ViewerError
from inception_viewer.machine import check_device

from .console import Console
from .evaluation import Accuracy
from .export import LICENCE, export
from .photos import Split, scan, unsorted
from .recipe import Recipe, parse_phases
from .state import StateError, read_state
from .trainer import Trainer

FAILED = 2
"""The exit code when something hinders the run; 128 + the signal's number when stopped."""


def train(options: argparse.Namespace) -> int:
    """Train, or go on training, and write the checkpoint; return the exit code."""
    console = Console(sys.stderr, sys.stdout if options.json else None)
    try:
        return _train(options, console)
    except ViewerError as error:
        if options.json:
            console({"event": "error", "message": str(error)})
        print(f"inception-viewer: {error}", file=sys.stderr)
        return FAILED
    except BrokenPipeError:
        # Whoever read the events is gone; the state was saved on the way. What Python
        # still holds for them goes nowhere, or it would complain at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _train(options: argparse.Namespace, console: Console) -> int:
    out = Path(options.out)
    if out.suffix != ".safetensors":
        raise StateError(f"--out is a .safetensors file, not {out.name}.")
    state_file = Path(options.state) if options.state else out.with_suffix(".state.pt")
    recipe = _recipe(options, state_file)
    split = scan(Path(options.folder), recipe.validation_share, recipe.seed)
    strangers = unsorted(Path(options.strangers)) if options.strangers else []
    device = _device(options.device)
    skipped = 0
    if not options.export_only:
        trainer = Trainer(
            split,
            recipe,
            state_file,
            device=device,
            report=console,
            save_every=options.save_every,
        )
        stopped = _run(trainer, lambda: console(_start(trainer, split, device)))
        skipped = len(trainer.photos.skipped)
        if not trainer.finished:
            console({"event": "stopped", "step": trainer.step, "steps": trainer.steps})
            return 128 + stopped
    accuracy = export(
        state_file,
        split,
        out,
        licence=options.licence or LICENCE,
        notes=options.notes,
        strangers=strangers,
        device=device,
    )
    console(_done(out, accuracy, skipped))
    return 0


def _recipe(options: argparse.Namespace, state_file: Path) -> Recipe:
    """Return the recipe of the options; of the state where none is named."""
    named: dict[str, Any] = {
        name: getattr(options, name)
        for name in ("batch_size", "schedule", "learning_rate", "seed", "validation_share")
        if getattr(options, name) is not None
    }
    if options.phases:
        try:
            named["phases"] = parse_phases(options.phases)
        except ValueError as error:
            raise StateError(f"--phases cannot be understood: {error}.") from None
    base = Recipe()
    if state_file.exists():
        base = Recipe.from_dict(read_state(state_file)["recipe"])
    return replace(base, **named)


def _device(name: str) -> str:
    # Metal computes in bfloat16 on some systems only: it is taken where it is asked for.
    return check_device("cuda" if name == "auto" and torch.cuda.is_available() else name)


def _run(trainer: Trainer, announce: Callable[[], None]) -> int:
    """Announce the run and train until the end or a signal; return its number, or 0."""
    received = [0]

    def stop(number: int, frame: FrameType | None) -> None:
        received[0] = number
        trainer.stop()

    with _handling(stop):
        announce()
        trainer.run()
    return received[0]


@contextmanager
def _handling(handler: Any) -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def _start(trainer: Trainer, split: Split, device: str) -> dict[str, Any]:
    return {
        "event": "start",
        "classes": len(split.classes),
        "training": len(split.training),
        "validation": len(split.validation),
        "step": trainer.step,
        "steps": trainer.steps,
        "device": device,
    }


def _done(out: Path, accuracy: Accuracy, skipped: int) -> dict[str, Any]:
    return {
        "event": "done",
        "path": str(out),
        "photos": accuracy.photos,
        "top1": accuracy.top1,
        "mean_per_class": accuracy.mean_per_class,
        "skipped": skipped,
    }
