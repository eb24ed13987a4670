"""A verdict in words and as JSON: what the card and ``inception-viewer inspect`` say alike.

Neither torch nor Qt is imported.
"""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from .questions import Preprocessing
from .verdict_questions import HeadVerdict, Suggestion, Sureness, Verdict

NORMALISATION = {
    "batch_norm": "batch norm",
    "lrn": "local response normalisation",
    "none": "none",
}

Line = tuple[str, str]
"""A label, ``""`` where it is the one above, and what there is to say."""


def lines(verdict: Verdict) -> tuple[Line, ...]:
    """Return the card: labelled lines, in the order in which they matter."""
    said: list[Line] = [("Verdict", verdict.phrase)]
    if verdict.known_as:
        said.append(("Known file", f"{verdict.known_as}, as published, byte for byte"))
    said += _block("Recognised by", verdict.recognised)
    said += [
        ("“5x5” branch", _kernel(verdict.kernel_5x5)),
        ("Normalisation", NORMALISATION.get(verdict.normalisation, verdict.normalisation)),
        ("Classes", f"{verdict.classes:,}; names from {verdict.class_source}"),
    ]
    for head in verdict.heads:
        said += _block(f"Head {head.head}", (_state(head), *head.evidence))
    said.append(("Input", verdict.convention.name))
    if verdict.suggestion is not None:
        said += _block("Samples", _samples(verdict.suggestion))
    adds = f"{verdict.multiply_adds_main / 1e9:.3f} billion for a photo"
    if verdict.multiply_adds > verdict.multiply_adds_main:
        adds += f", {verdict.multiply_adds / 1e9:.3f} with the auxiliary heads"
    said += [("Parameters", f"{verdict.parameters:,}"), ("Multiply-adds", adds)]
    if verdict.sha256:
        said.append(("SHA-256", verdict.sha256))
    said += _block("Warnings", verdict.warnings or ("none",))
    return tuple(said)


def as_text(verdict: Verdict) -> str:
    """Return the card as text, a column of labels and one of values."""
    shown = lines(verdict)
    width = max(len(label) for label, _ in shown) + 2
    return "\n".join(f"{label:<{width}}{value}".rstrip() for label, value in shown)


def _block(label: str, values: tuple[str, ...]) -> list[Line]:
    return [(label if place == 0 else "", value) for place, value in enumerate(values)]


def _kernel(kernel: int) -> str:
    if kernel == 5:
        return "true 5x5"
    return f"really {kernel}x{kernel} (pytorch/vision#906)"


def _state(head: HeadVerdict) -> str:
    if head.top is None or head.entropy is None:
        return head.state
    return f"{head.state}; mean top probability {head.top:.0%}, entropy {head.entropy:.2f} nats"


def _samples(suggestion: Suggestion) -> tuple[str, ...]:
    return (suggestion.sentence, *(_sureness(one, suggestion) for one in suggestion.ranked))


def _sureness(one: Sureness, suggestion: Suggestion) -> str:
    mark = "*" if one == suggestion.own else ">" if one == suggestion.better else " "
    fit = "" if one.misfit is None else f", misfit {one.misfit:.3g}"
    return (
        f"{mark} {one.information:.2f} nats, top {one.top:.0%}, entropy {one.entropy:.2f}"
        f"{fit}: {one.convention.name}"
    )


# --- for programs --------------------------------------------------------------------


def as_json(verdict: Verdict) -> dict[str, Any]:
    """Return the verdict as JSON-able values; what is not a number is null."""
    suggestion = verdict.suggestion
    values = {
        "verdict": verdict.phrase,
        "family": verdict.family,
        "recognised": list(verdict.recognised),
        "known_as": verdict.known_as or None,
        "kernel_5x5": verdict.kernel_5x5,
        "normalisation": verdict.normalisation,
        "classes": verdict.classes,
        "class_source": verdict.class_source,
        "heads": {head.head: head.state for head in verdict.heads},
        "evidence": {head.head: _evidence(head) for head in verdict.heads},
        "preprocessing": _preprocessing(
            verdict.convention.preprocessing, verdict.convention.transform_input
        ),
        "convention": verdict.convention.name,
        "suggestion": None if suggestion is None else _suggestion(suggestion),
        "parameters": verdict.parameters,
        "multiply_adds": verdict.multiply_adds,
        "multiply_adds_main": verdict.multiply_adds_main,
        "fingerprint": verdict.fingerprint,
        "sha256": verdict.sha256 or None,
        "warnings": list(verdict.warnings),
        "metadata": dict(verdict.metadata),
    }
    finite: dict[str, Any] = _finite(values)
    return finite


def _evidence(head: HeadVerdict) -> dict[str, Any]:
    values = asdict(head)
    del values["head"], values["state"]
    return {"sentences": list(values.pop("evidence")), **values}


def _preprocessing(made: Preprocessing, transform_input: bool) -> dict[str, Any]:
    return {**asdict(made), "transform_input": transform_input}


def _suggestion(suggestion: Suggestion) -> dict[str, Any]:
    return {
        "sentence": suggestion.sentence,
        "photos": suggestion.photos,
        "better": None if suggestion.better is None else suggestion.better.convention.name,
        "ranked": [
            {
                "convention": one.convention.name,
                "preprocessing": _preprocessing(
                    one.convention.preprocessing, one.convention.transform_input
                ),
                "in_use": one == suggestion.own,
                **{
                    key: getattr(one, key)
                    for key in ("top", "entropy", "information", "agreement", "misfit")
                },
            }
            for one in suggestion.ranked
        ],
    }


def _finite(values: Any) -> Any:
    """Return JSON-able values with null for what JSON has no number for."""
    if isinstance(values, dict):
        return {key: _finite(value) for key, value in values.items()}
    if isinstance(values, list | tuple):
        return [_finite(value) for value in values]
    return None if isinstance(values, float) and not math.isfinite(values) else values
