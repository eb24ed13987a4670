"""The pictures of ``docs/attribution.md``: every method on one photo, as reports draw it.

``docs/screenshots.py`` makes them. What the maps took is measured meanwhile and kept in
``docs/attribution_measured.json``, from which ``docs/attribution_tables.py`` fills the page.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import inception_viewer as iv
from inception_viewer import drawings
from inception_viewer.attribution_methods import METHODS, Method
from inception_viewer.questions import AttributionAnswer

HERE = Path(__file__).resolve().parent
PHOTO = HERE.parent / "assets" / "samples" / "panda.jpg"
FOLDER = "methods"
"""Of the pictures, within the folder of pictures."""
MEASURED = HERE / "attribution_measured.json"
UNIT = "inception4c"
"""Of the layers and neurons in the pictures: behind it the layer methods differ."""
AGAIN = 0.5
"""Seconds under which a method is timed three times; the median counts."""
QUALITY = 85
"""Of the JPEGs; their colours are not thinned out, for maps are all fine detail."""


def file_name(method: str) -> str:
    """Return the name of a method's picture, within :data:`FOLDER`."""
    return f"{method}.jpg"


def make(names: Collection[str], images: Path) -> Iterator[Path]:
    """Draw some methods' pictures, and note what they took.

    Parameters
    ----------
    names
        Of :data:`~inception_viewer.attribution_methods.METHODS`.
    images
        The folder of pictures; theirs is :data:`FOLDER` within it.

    Yields
    ------
    Path
        Each picture that was written.
    """
    net = iv.load("demo")
    picture = net.trace(PHOTO).picture
    (images / FOLDER).mkdir(parents=True, exist_ok=True)
    iv.attribute(net, PHOTO, method="saliency")  # what is made once is made now
    for name in names:
        method = METHODS[name]
        answer, seconds = _explained(net, method)
        drawn = drawings.attribution(
            picture,
            answer.map,
            method.title,
            _subtitle(method, answer),
            _lines(answer),
            panels=("photo", "overlay"),
            width=max(answer.map.shape),
        )
        path = images / FOLDER / file_name(name)
        drawn.save(path, quality=QUALITY, subsampling=0, optimize=True)
        _note(name, answer, seconds)
        yield path


def _explained(net: iv.Network, method: Method) -> tuple[AttributionAnswer, float]:
    """Return a method's answer at its default settings, and the seconds that it took."""
    unit = UNIT if method.needs_unit or method.explains_neuron else None
    seconds: list[float] = []
    while not seconds or (seconds[0] < AGAIN and len(seconds) < 3):
        begun = time.perf_counter()
        answer = iv.attribute(net, PHOTO, method=method.name, unit=unit)
        seconds.append(time.perf_counter() - begun)
    return answer, median(seconds)


def _subtitle(method: Method, answer: AttributionAnswer) -> str:
    if answer.target < 0 or method.explains_neuron:
        return answer.target_name
    where = answer.question.unit or method.fixed_unit
    return f"{answer.question.head}: {answer.target_name}" + (f", at {where}" if where else "")


def _lines(answer: AttributionAnswer) -> list[str]:
    """Return how the map fares at its own check."""
    if answer.conserved is not None:
        return [f"relevance conserved: {answer.conserved:.1%}"]
    if answer.completeness_error is not None:
        return [f"completeness error {answer.completeness_error:.2%}"]
    return []


def read_measured() -> dict[str, dict[str, Any]]:
    """Return what was measured, by method: ``seconds``, ``forwards``, ``backwards``."""
    if not MEASURED.exists():
        return {}
    found: dict[str, dict[str, Any]] = json.loads(MEASURED.read_text(encoding="utf-8"))
    return found


def _note(name: str, answer: AttributionAnswer, seconds: float) -> None:
    known = read_measured()
    known[name] = {
        "seconds": float(f"{seconds:.2g}"),
        "forwards": answer.forwards,
        "backwards": answer.backwards,
    }
    ordered = {method: known[method] for method in METHODS if method in known}
    MEASURED.write_text(json.dumps(ordered, indent=1) + "\n", encoding="utf-8")
