"""Names for a checkpoint's classes, from the best source there is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path


def class_names(
    path: Path, count: int, metadata: Mapping[str, str]
) -> tuple[tuple[str, ...], str | None]:
    """Return ``count`` class names, and a warning where something did not fit.

    Looked for in this order: a ``.txt`` or ``.json`` file beside the checkpoint with the
    same stem, the file's own metadata, ImageNet's names for 1000 classes, ``"class 0"``, ….
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
    if count == 1000:
        return imagenet_names(), warning
    return tuple(f"class {index}" for index in range(count)), warning or (
        "The file does not name its classes; put a text file of the same name beside it, "
        "one class a line."
    )


def read_names(path: Path) -> tuple[str, ...]:
    """Read class names: a line each, a JSON list, or a JSON object of index to name.

    What cannot be read gives no names.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return ()
    if path.suffix == ".json":
        return _from_json(text)
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _from_json(text: str) -> tuple[str, ...]:
    try:
        loaded = json.loads(text)
    except ValueError:
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
