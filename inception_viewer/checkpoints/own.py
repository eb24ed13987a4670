"""Our own checkpoints: a ``.safetensors`` file that says everything about itself."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal, cast

import torch
from safetensors.torch import save as to_bytes

from inception_viewer.errors import CheckpointError
from inception_viewer.googlenet.variants import HEADS, InceptionChannels, Lrn, Pool, Variant
from inception_viewer.questions import HeadState, Preprocessing

from .files import Contents
from .weights import Weights, as_float32, check

FORMAT = "inception-viewer"
VERSION = 1
ABOUT = ("format", "version", "variant", "preprocessing", "classes", "heads")
"""The parts of the metadata that make the weights usable; the rest is for people."""
SAYS_ITSELF = "The file says all of it itself."
"""The evidence for what such a file is."""
DTYPES = {"float16": torch.float16, "float32": torch.float32}


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
    try:
        version = int(metadata["version"])
        if version > VERSION:
            raise CheckpointError(
                f"It was saved by a later Inception Viewer (format {version}); update this one."
            )
        variant = variant_from_json(metadata["variant"])
        preprocessing = _preprocessing(json.loads(metadata["preprocessing"]))
        classes = tuple(str(name) for name in json.loads(metadata["classes"]))
        heads = cast(dict[str, HeadState], json.loads(metadata["heads"]))
    except (KeyError, ValueError, TypeError) as error:
        raise CheckpointError(f"What the file says about itself is damaged: {error!r}.") from None
    state = as_float32(contents.tensors)
    check(variant, state, f"a checkpoint of ours ({variant.name})")
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
        heads={head: heads.get(head, "absent") for head in HEADS},
        metadata={key: value for key, value in metadata.items() if key not in ABOUT},
        evidence=(SAYS_ITSELF,),
    )


def save(path: Path, weights: Weights, dtype: Literal["float16", "float32"] = "float32") -> None:
    """Write a checkpoint that :func:`convert` reads.

    Batch norm's counters are dropped. ``weights.metadata`` is kept: ``recipe``, ``date``,
    ``accuracy``, ``licence``, ``notes``, … as strings (JSON where they have structure).

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
        "format": FORMAT,
        "version": str(VERSION),
        "variant": variant_to_json(weights.variant),
        "preprocessing": json.dumps(asdict(weights.preprocessing)),
        "classes": json.dumps(list(weights.classes), ensure_ascii=False),
        "heads": json.dumps(dict(weights.heads)),
    }
    partial = path.with_name(path.name + ".part")
    try:
        partial.write_bytes(to_bytes(tensors, said))
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise CheckpointError(f"{path} cannot be written: {error.strerror or error}.") from None


def save_as(
    weights: Weights,
    path: Path,
    *,
    preprocessing: Preprocessing | None = None,
    transform_input: bool | None = None,
    classes: Sequence[str] | None = None,
    source: str = "",
    dtype: Literal["float16", "float32"] = "float32",
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
    metadata = {key: value for key, value in weights.metadata.items() if key not in ABOUT}
    if source:
        metadata["made_from"] = source
    chosen = replace(
        weights,
        variant=variant,
        preprocessing=preprocessing or weights.preprocessing,
        classes=names,
        metadata=metadata,
    )
    save(path, chosen, dtype)
    return chosen


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


def _preprocessing(values: Mapping[str, Any]) -> Preprocessing:
    return Preprocessing(**{**values, "mean": tuple(values["mean"]), "std": tuple(values["std"])})
