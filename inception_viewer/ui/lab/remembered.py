"""What of the lab is remembered from one run to the next, as text; no Qt here.

Which class, channel or photo was explained is not: it belongs to what is open.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from ...attribution_methods import METHODS, Method
from ...errors import QuestionError
from ...lab_choice import Choice, Given
from .choice import ARRANGEMENTS
from .drawing import PERCENTILES, Drawing, Scale

KEPT = ("arrangement", "methods", "method", "layer_method", "depth", "parameters")


@dataclass(frozen=True)
class Remembered:
    """The choice, how maps are drawn (``scales``: own or shared, by arrangement), the grades."""

    choice: Choice = field(default_factory=Choice)
    drawing: Drawing = field(default_factory=Drawing)
    scales: Mapping[str, Scale] = field(default_factory=dict)
    measures: tuple[str, ...] | None = None


def to_text(kept: Remembered) -> str:
    """Return what is kept as JSON."""
    choice = asdict(kept.choice)
    made = {
        "choice": {name: choice[name] for name in KEPT},
        "drawing": asdict(kept.drawing),
        "scales": dict(kept.scales),
        "measures": kept.measures,
    }
    return json.dumps(made)


def from_text(text: str) -> Remembered:
    """Return what was kept; whatever does not fit any more is as shipped."""
    try:
        found = json.loads(text)
    except ValueError:
        return Remembered()
    if not isinstance(found, dict):
        return Remembered()
    scales = _table(found, "scales")
    measures = found.get("measures")
    return Remembered(
        _choice(_table(found, "choice")),
        _drawing(_table(found, "drawing")),
        {n: s for n, s in scales.items() if n in ARRANGEMENTS and s in ("own", "shared")},
        tuple(map(str, measures)) if isinstance(measures, list) else None,
    )


def _table(found: dict[str, Any], name: str) -> dict[str, Any]:
    value = found.get(name)
    return value if isinstance(value, dict) else {}


def _choice(found: dict[str, Any]) -> Choice:
    made = Choice()
    methods = found.get("methods")
    if isinstance(methods, list):
        made = replace(made, methods=tuple(n for n in METHODS if n in methods))
    if found.get("arrangement") in ARRANGEMENTS:
        made = replace(made, arrangement=found["arrangement"])
    if found.get("method") in METHODS:
        made = replace(made, method=found["method"])
    layer = METHODS.get(str(found.get("layer_method")))
    if layer is not None and layer.needs_unit:
        made = replace(made, layer_method=layer.name)
    if found.get("depth") in ("modules", "units"):
        made = replace(made, depth=found["depth"])
    given = _table(found, "parameters")
    parameters = {name: _given(METHODS[name], given[name]) for name in METHODS if name in given}
    return replace(made, parameters=parameters)


def _given(method: Method, pairs: Any) -> Given:
    """Return the parameters that are still good; another photo may not be open any more."""
    known = {p.name: p for p in method.parameters if p.kind != "image"}
    made = []
    for pair in pairs if isinstance(pairs, list) else ():
        if isinstance(pair, list) and len(pair) == 2 and pair[0] in known:
            try:
                made.append((str(pair[0]), known[pair[0]].check(pair[1])))
            except QuestionError:
                continue
    return tuple(sorted(made))


def _drawing(found: dict[str, Any]) -> Drawing:
    made = Drawing()
    good: dict[str, Any] = {}
    for one in fields(Drawing):
        value, default = found.get(one.name), getattr(made, one.name)
        if type(value) is type(default):
            good[one.name] = value
    made = replace(made, **good)
    return replace(
        made,
        scale=made.scale if made.scale in ("own", "shared") else "own",
        channels=made.channels if made.channels in ("sum", "rgb") else "sum",
        percentile=made.percentile if made.percentile in PERCENTILES else Drawing().percentile,
        opacity=min(1.0, max(0.0, made.opacity)),
    )
