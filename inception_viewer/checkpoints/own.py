"""Our own checkpoints: a ``.safetensors`` file that says everything about itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
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
    about = ("format", "version", "variant", "preprocessing", "classes", "heads")
    return Weights(
        variant=variant,
        state=state,
        classes=classes,
        preprocessing=preprocessing,
        family=variant.name,
        heads={head: heads.get(head, "absent") for head in HEADS},
        metadata={key: value for key, value in metadata.items() if key not in about},
        evidence=("The file says all of it itself.",),
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
