"""Classes that are followed: what the predictions view asks for becomes part of the session."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject

from ..followed import following
from ..questions import Predictions
from ..session import Session, State
from .main_window import MainWindow


class Following(QObject):
    """Keeps the session and the predictions view in step."""

    def __init__(self, session: Session, window: MainWindow) -> None:
        super().__init__(window)
        self._session, self._view = session, window.predictions
        self._view.followed_changed.connect(self.use)

    def follow(self, old: State, new: State) -> None:
        """Show the classes that are followed now."""
        if new.followed_classes != old.followed_classes:
            self._view.set_followed(new.followed_classes)

    def use(self, classes: tuple[int, ...]) -> None:
        """Follow these classes of the checkpoint that is looked at."""
        self._session.update(
            lambda now: replace(now, followed=following(now.followed, now.checkpoint, classes))
        )

    def record(self) -> list[dict[str, Any]]:
        """Return each class with its probabilities, as ``--state-json`` writes it."""
        answer, before = self._view.predictions, self._view.untouched
        if answer is None:
            return []
        return [
            {
                "index": index,
                "class": answer.classes[index],
                "probability": _of(answer, index),
                "before": _of(before, index) if before is not None else None,
            }
            for index in self._session.state.followed_classes
            if index < len(answer.classes)
        ]


def _of(answer: Predictions, index: int) -> dict[str, float]:
    return {head: float(values[index]) for head, values in answer.probabilities.items()}
