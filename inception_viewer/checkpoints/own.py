"""Our own checkpoints: a ``.safetensors`` file that says everything about itself."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors.torch import save as to_bytes

from inception_viewer.errors import CheckpointError
from inception_viewer.googlenet.variants import InceptionChannels, Lrn, Pool, Variant
from inception_viewer.questions import Preprocessing

from . import own_checks
from .files import Contents
from .weights import Weights, check

FORMAT = "inception-viewer"
VERSION = 1
ABOUT = ("format", "version", "variant", "preprocessing", "classes", "heads")
"""The parts of the metadata that make the weights usable; the rest is for people."""
SENTENCES = ("evidence", "warnings")
"""Of the file that it was made from, as JSON lists; left out where there are none."""
SAYS_ITSELF = "The file says all of it itself."
"""The evidence for what such a file is."""
INPUT_GUESSED = ("The file does not say how its input is",)
NAMES_MISSING = ("The file does not name its classes", "The class names in")
"""How the dialects' warnings begin that a choice by hand settles."""
DTYPES = {"float16": torch.float16, "float32": torch.float32}
BLOCK = 4 << 20
"""Bytes written between two reports."""

Step = Callable[[float], None]
"""Told the share that is written; may raise to stop."""


def _silent(share: float) -> None:
    """Go on."""


def recognise(contents: Contents) -> bool:
    """Whether the file's metadata says that it is one of ours."""
    return contents.metadata.get("format") == FORMAT


def convert(contents: Contents) -> Weights:
    """Turn the file into :class:`Weights`.

    Raises
    ------
    CheckpointError
        If it is of a later format, its metadata is damaged or a tensor does not fit.
    """
    metadata = dict(contents.metadata)
    version = own_checks.said(metadata, "version", int)
    if version > VERSION:
        raise CheckpointError(
            f"It was saved by a later Inception Viewer (format {version}); update this one."
        )
    variant = own_checks.said(metadata, "variant", _possible_variant)
    preprocessing = own_checks.said(metadata, "preprocessing", _preprocessing)
    classes = own_checks.said(metadata, "classes", own_checks.class_names)
    heads = own_checks.said(metadata, "heads", own_checks.heads)
    evidence, warnings = (own_checks.said(metadata, key, _sentences, "[]") for key in SENTENCES)
    what = f"a checkpoint of ours ({own_checks.readable_name(variant.name)})"
    state = own_checks.state(contents.tensors, variant, what)
    check(variant, state, what)
    if len(classes) != variant.classes:
        raise CheckpointError(
            f"It names {len(classes)} classes, but its network has {variant.classes}."
        )
    return Weights(
        variant=variant,
        state=state,
        classes=classes,
        preprocessing=preprocessing,
        family=variant.name,
        heads=heads,
        metadata={k: v for k, v in metadata.items() if k not in (*ABOUT, *SENTENCES)},
        warnings=warnings,
        evidence=(SAYS_ITSELF, *evidence),
    )


def save(
    path: Path,
    weights: Weights,
    dtype: Literal["float16", "float32"] = "float32",
    step: Step = _silent,
) -> None:
    """Write a checkpoint that :func:`convert` reads; under its name it is there whole or not.

    Batch norm's counters are dropped. ``weights.metadata`` is kept: ``recipe``, ``date``,
    ``accuracy``, ``licence``, ``notes``, … as strings (JSON where they have structure).
    ``step`` is told the share that is written.

    Raises
    ------
    CheckpointError
        If a weight does not fit ``dtype``, or the file cannot be written.
    """
    tensors = {name: t.to(DTYPES[dtype]).contiguous() for name, t in weights.state.items()}
    for name, tensor in tensors.items():
        if not bool(torch.isfinite(tensor).all()):
            raise CheckpointError(f"“{name}” has values that {dtype} cannot hold; use float32.")
    said = {
        **weights.metadata,
        **_kept_sentences(weights),
        "format": FORMAT,
        "version": str(VERSION),
        "variant": variant_to_json(weights.variant),
        "preprocessing": json.dumps(asdict(weights.preprocessing)),
        "classes": json.dumps(list(weights.classes), ensure_ascii=False),
        "heads": json.dumps(dict(weights.heads)),
    }
    data = to_bytes(tensors, said)
    try:
        _write_whole(path, data, step)
    except OSError as error:
        raise CheckpointError(f"{path} cannot be written: {error.strerror or error}.") from None


def _write_whole(path: Path, data: bytes, step: Step) -> None:
    """Write beside the path and put the file in its place once it is on the disk."""
    partial = path.with_name(path.name + ".part")
    whole = memoryview(data)
    try:
        with partial.open("wb") as file:
            for begin in range(0, len(data), BLOCK):
                step(begin / len(data))
                file.write(whole[begin : begin + BLOCK])
            file.flush()
            os.fsync(file.fileno())
        step(1.0)
        partial.replace(path)
    except BaseException:  # cancelled, too
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise


def _kept_sentences(weights: Weights) -> dict[str, str]:
    """Return the metadata that keeps what was found out about the weights' first file."""
    evidence = [said for said in weights.evidence if said != SAYS_ITSELF]
    lists = {"evidence": evidence, "warnings": list(weights.warnings)}
    return {key: json.dumps(said, ensure_ascii=False) for key, said in lists.items() if said}


def _sentences(text: str) -> tuple[str, ...]:
    """Read what :func:`_kept_sentences` made.

    Raises
    ------
    ValueError, TypeError
        If it is something else.
    """
    said = json.loads(text)
    if not isinstance(said, list):
        raise TypeError(f"a list of sentences was expected, not {text[:40]!r}")
    return tuple(str(sentence) for sentence in said)


def save_as(
    weights: Weights,
    path: Path,
    *,
    preprocessing: Preprocessing | None = None,
    transform_input: bool | None = None,
    classes: Sequence[str] | None = None,
    source: str = "",
    dtype: Literal["float16", "float32"] = "float32",
    step: Step = _silent,
) -> Weights:
    """Write any checkpoint as one of ours, with what was chosen for it.

    Parameters
    ----------
    weights
        A checkpoint of any dialect.
    path
        The ``.safetensors`` to write; an existing one is replaced once all is written.
    preprocessing, transform_input
        The input as it was chosen; None for the checkpoint's own.
    classes
        The class names as they were chosen; None for the checkpoint's own.
    source
        What it is made from, for the metadata: the file's name.
    dtype
        Of the weights in the file.
    step
        Told the share that is written; may raise to stop, and then nothing was written.

    Returns
    -------
    Weights
        What was written, but for the rounding to ``dtype``.

    Raises
    ------
    CheckpointError
        As :func:`save`; or if there are more or fewer names than classes.
    """
    names = weights.classes if classes is None else tuple(classes)
    if len(names) != weights.variant.classes:
        raise CheckpointError(
            f"There are {len(names)} class names, but the network has {weights.variant.classes}."
        )
    variant = weights.variant
    if transform_input is not None:
        variant = replace(variant, transform_input=transform_input)
    # What a safetensors of another dialect says in these places is in the weights by now.
    metadata = {k: v for k, v in weights.metadata.items() if k not in (*ABOUT, *SENTENCES)}
    if source:
        metadata["made_from"] = source
    chosen = replace(
        weights,
        variant=variant,
        preprocessing=preprocessing or weights.preprocessing,
        classes=names,
        metadata=metadata,
        warnings=_still_true(weights, preprocessing is not None, classes is not None),
    )
    save(path, chosen, dtype, step)
    return chosen


def _still_true(weights: Weights, input_chosen: bool, names_chosen: bool) -> tuple[str, ...]:
    """Return the warnings, but those of guesses that somebody has decided since."""
    over = (INPUT_GUESSED if input_chosen else ()) + (NAMES_MISSING if names_chosen else ())
    return tuple(said for said in weights.warnings if not said.startswith(over))


def variant_to_json(variant: Variant) -> str:
    """Return every field of a variant as JSON."""
    return json.dumps(asdict(variant))


def variant_from_json(text: str) -> Variant:
    """Rebuild a variant from :func:`variant_to_json`.

    Raises
    ------
    ValueError, KeyError, TypeError
        If the text is no such JSON.
    """
    values: dict[str, Any] = json.loads(text)
    return Variant(
        **{
            **values,
            "table": tuple((name, InceptionChannels(**row)) for name, row in values["table"]),
            "lrn": Lrn(**values["lrn"]) if values["lrn"] else None,
            "pools": tuple(Pool(**pool) for pool in values["pools"]),
            "heads": tuple(values["heads"]),
        }
    )


def _possible_variant(text: str) -> Variant:
    return own_checks.variant(variant_from_json(text))


def _preprocessing(text: str) -> Preprocessing:
    values: dict[str, Any] = json.loads(text)
    made = {**values, "mean": tuple(values["mean"]), "std": tuple(values["std"])}
    return own_checks.preprocessing(Preprocessing(**made))
