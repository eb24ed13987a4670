"""What is shown, written to a file after each full paint (``--state-json``).

Tests of the real window and anyone's script read it; it is replaced whole, so that a
reader never meets half of it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..changed_inputs import MARKS
from ..edit_questions import Brush, Edit
from ..edit_words import edited_words, painted_share, painted_words
from ..intervention_words import touched_words
from ..questions import AttributionAnswer, Predictions
from ..session import State
from .frames import Frame

TOP = 5


class StateFile:
    """Writes records to one file, and only where they differ from the last one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._last = ""
        self._paints = 0

    def write(self, record: Mapping[str, Any]) -> bool:
        """Write a record, numbered ``"paint"``; False if it says nothing new."""
        text = json.dumps(record, indent=1, sort_keys=True)
        if text == self._last:
            return False
        self._last = text
        self._paints += 1
        whole = json.dumps({**record, "paint": self._paints}, indent=1)
        beside = self.path.with_name(self.path.name + ".part")
        beside.write_text(whole, encoding="utf-8")
        os.replace(beside, self.path)
        return True


def record(
    state: State,
    frame: Frame | None,
    attribution: AttributionAnswer | None,
    facts: Mapping[str, Any],
) -> dict[str, Any]:
    """Return what is shown, ready for JSON.

    Parameters
    ----------
    state
        Of the session.
    frame
        What the views show; None while they are empty.
    attribution
        The answer that the attribution view shows.
    facts
        What only the window knows: the photo that each view holds (``views``), headline,
        busy, errors, theme, seconds since the drop.
    """
    checkpoint = state.open_checkpoint
    return {
        "scene": _scene(frame),
        "checkpoint": checkpoint.name if checkpoint else None,
        "checkpoints": [info.name for info in state.checkpoints],
        "unit": frame.maps.unit if frame else None,
        "channel": list(state.channel) if state.channel and frame else None,
        "head": state.attribution.head,
        "heads": dict(checkpoint.heads) if checkpoint else {},
        "images": [{"id": image.id, "name": image.name} for image in state.images],
        "predictions": _predictions(frame.overview.predictions) if frame else None,
        "attribution": _attribution(attribution),
        "compared": _compared(state),
        "device": state.machine.device if state.machine else None,
        "trace_seconds": frame.overview.provenance.seconds if frame else None,
        **facts,
    }


def _scene(frame: Frame | None) -> dict[str, Any] | None:
    if frame is None:
        return None
    scene = frame.scene
    return {
        "checkpoint": scene.checkpoint,
        "checkpoint_name": frame.checkpoint_name,
        "image": scene.image,
        "image_name": frame.image_name,
        "preprocessing": asdict(scene.preprocessing),
        "edited": edited_words(scene),
        "painted": painted_words(scene),
        "painted_share": painted_share(scene),
        "edits": [_edit(edit) for edit in scene.edits],
        "touched": touched_words(scene.interventions, most=len(scene.interventions)),
        "interventions": [asdict(one) for one in scene.interventions],
    }


def _compared(state: State) -> dict[str, Any]:
    present = [image.id for image in state.images]
    photos = state.compared.photos(present)
    found = state.compared.found
    groups = [
        {**asdict(one), "count": one.counted(present, found)} for one in state.compared.groups
    ]
    return {"photos": list(photos), "groups": groups}


def _edit(edit: Edit) -> dict[str, Any]:
    if not isinstance(edit, Brush):
        return {"kind": MARKS[type(edit)], **asdict(edit)}
    # Not by ``asdict``, which copies every point: a picture can have thousands of them.
    strokes = [
        {"points": one.points, "radius": one.radius, "erases": one.erases} for one in edit.strokes
    ]
    return {"kind": MARKS[Brush], "fill": edit.fill, "strokes": strokes}


def _predictions(predictions: Predictions) -> dict[str, list[dict[str, Any]]]:
    return {
        head: [
            {"index": index, "class": name, "probability": probability}
            for index, name, probability in predictions.top(head, TOP)
        ]
        for head in predictions.probabilities
    }


def _attribution(answer: AttributionAnswer | None) -> dict[str, Any] | None:
    if answer is None:
        return None
    return {
        "method": answer.question.method,
        "head": answer.question.head,
        "image": answer.question.scene.image,
        "target": answer.target,
        "target_name": answer.target_name,
        "sum": float(answer.map.sum()),
        "completeness_error": answer.completeness_error,
        "seconds": answer.seconds,
        "partial": answer.partial,
        "degenerate": answer.degenerate,
        "note": answer.note,
    }
