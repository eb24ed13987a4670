"""What a training run says while it runs: lines for people, or JSON for programs."""

from __future__ import annotations

import json
import time
from typing import Any, TextIO

from inception_viewer.googlenet.variants import HEADS

EVERY = 30.0
"""Seconds between progress lines where they cannot be written over each other."""


class Console:
    """Receives a run's events.

    Parameters
    ----------
    people
        Where lines for people go.
    programs
        Where one JSON object a line goes, or None.
    """

    def __init__(self, people: TextIO, programs: TextIO | None = None) -> None:
        self.people, self.programs = people, programs
        self._live = people.isatty()
        self._last = -EVERY
        self._width = 0

    def __call__(self, event: dict[str, Any]) -> None:
        """Show one event."""
        if self.programs is not None:
            print(json.dumps(event, ensure_ascii=False), file=self.programs, flush=True)
            return
        words = sentence(event)
        if event["event"] == "progress":
            self._progress(words)
        elif words:
            self.say(words)

    def say(self, words: str) -> None:
        """Write a line that stays."""
        print(f"\r{words:<{self._width}}" if self._width else words, file=self.people, flush=True)
        self._width = 0

    def _progress(self, words: str) -> None:
        if self._live:
            print(f"\r{words:<{self._width}}", end="", file=self.people, flush=True)
            self._width = len(words)
        elif time.monotonic() - self._last >= EVERY:
            print(words, file=self.people, flush=True)
            self._last = time.monotonic()


def sentence(event: dict[str, Any]) -> str:
    """Return an event in words, or ``""`` for one that people need not see."""
    kind = event["event"]
    if kind == "start":
        again = f", going on from step {event['step']}" if event["step"] else ""
        return (
            f"{event['training']} photos of {event['classes']} classes to train on,"
            f" {event['validation']} kept apart; {event['steps']} steps on {event['device']}{again}"
        )
    if kind == "progress":
        broken = f", {event['skipped']} broken photos skipped" if event["skipped"] else ""
        return (
            f"epoch {event['epoch']} of {event['epochs']}, {event['size']} px,"
            f" loss {event['loss']:.2f}, {event['images_per_second']:.0f} photos/s,"
            f" {duration(event['seconds_left'])} left{broken}"
        )
    if kind == "epoch":
        shares = ", ".join(f"{head} {event['top1'][head]:.1%}" for head in _heads(event))
        return f"after epoch {event['epoch']}: right on photos kept apart: {shares}"
    if kind == "stopped":
        return f"stopped at step {event['step']} of {event['steps']}; the same command goes on"
    return _end(event) if kind == "done" else ""


def _end(event: dict[str, Any]) -> str:
    words = f"wrote {event['path']}"
    if event["top1"]:
        shares = (
            f"{head} {event['top1'][head]:.1%} (mean per class {event['mean_per_class'][head]:.1%})"
            for head in _heads(event)
        )
        words += f"; right on {event['photos']} photos kept apart: {', '.join(shares)}"
    skipped = event["skipped"]
    return f"{words}; {skipped} broken photos were skipped" if skipped else words


def _heads(event: dict[str, Any]) -> list[str]:
    return [head for head in HEADS if head in event["top1"]]


def duration(seconds: float) -> str:
    """Return a duration in words: ``"40 s"``, ``"12 min"``, ``"1 h 46 min"``."""
    minutes = round(seconds / 60)
    if seconds < 60:
        return f"{max(0, round(seconds))} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
