"""Names for a checkpoint's classes, from the best source there is."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from inception_viewer import paths

LARGEST = 16 << 20
"""Bytes of a file of names; ImageNet's 21,841 take one million."""

Usual = Mapping[int, Callable[[], tuple[str, ...]]]
"""The names that a family's networks usually have, by the number of classes."""


def class_names(
    path: Path, count: int, metadata: Mapping[str, str], usual: Usual | None = None
) -> tuple[tuple[str, ...], str | None]:
    """Return ``count`` class names, and a warning where something did not fit.

    Looked for in this order: a ``.txt`` or ``.json`` file beside the checkpoint with the
    same stem, the file's own metadata, the family's ``usual`` names (ImageNet's for 1000
    classes, unless told otherwise), ``"class 0"``, ….
    """
    warning = None
    for suffix in (".txt", ".json"):
        beside = path.with_suffix(suffix)
        if not beside.is_file():
            continue
        names = read_names(beside)
        if len(names) == count:
            return names, None
        warning = (
            f"The class names in {beside.name} were not used: "
            f"it has {len(names)} and the network {count}."
        )
    named = _from_json(metadata.get("classes", ""))
    if len(named) == count:
        return named, warning
    usual = {1000: imagenet_names} if usual is None else usual
    if count in usual:
        return usual[count](), warning
    return tuple(f"class {index}" for index in range(count)), warning or (
        "The file does not name its classes; put a text file of the same name beside it, "
        "one class a line."
    )


def read_names(path: Path) -> tuple[str, ...]:
    """Read class names: a line each, a JSON list, or a JSON object of index to name.

    What cannot be read gives no names.
    """
    try:
        if path.stat().st_size > LARGEST:
            return ()
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return ()
    if path.suffix == ".json":
        return _from_json(text)
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _from_json(text: str) -> tuple[str, ...]:
    try:
        loaded = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    if isinstance(loaded, dict) and "classes" in loaded:
        loaded = loaded["classes"]
    if isinstance(loaded, dict):
        try:
            loaded = [loaded[key] for key in sorted(loaded, key=int)]
        except ValueError:
            return ()
    return tuple(str(name) for name in loaded) if isinstance(loaded, list) else ()


def imagenet_names() -> tuple[str, ...]:
    """Return ImageNet's 1000 class names, sorted by WordNet id."""
    # Imported here: torchvision takes a second to import and few checkpoints need it.
    from torchvision.models import GoogLeNet_Weights

    return tuple(GoogLeNet_Weights.IMAGENET1K_V1.meta["categories"])


def inception5h_names() -> tuple[str, ...]:
    """Return the 1008 names of Inception 5h: ImageNet's in the order of ILSVRC 2012.

    Index 0 and the last seven are dummies, which no photo was ever labelled with.
    """
    text = paths.asset("labels/ilsvrc2012_order.txt").read_text(encoding="utf-8")
    known = [line.partition(" ")[2] for line in text.splitlines()]
    return ("dummy 0", *known, *(f"dummy {index}" for index in range(len(known) + 1, 1008)))


def places365_names() -> tuple[str, ...]:
    """Return Places365's class names, in the order of its networks (its own category index)."""
    return tuple(paths.asset("labels/places365.txt").read_text(encoding="utf-8").split())
