"""TensorFlow's files that cannot be opened, told by how they begin and end."""

from __future__ import annotations

import re
from pathlib import Path

TABLE_END = bytes.fromhex("57fb808b247547db")
"""The last bytes of LevelDB's tables, in which checkpoints keep their names."""

SEARCHED = 1 << 20
"""How much of a table is searched for a name: the first stands near its beginning."""

SAVED_MODEL = re.compile(rb"\x08\x01\x12[\x80-\xff]{0,9}[\x00-\x7f]\x0a")
"""Schema version 1, then a graph that begins with its description."""

TEXT_GRAPH = re.compile(rb"(\s|#[^\n]*\n)*(node|versions|library)\s*\{")

SLIM = re.compile(rb"Inception(V\d|ResnetV2)(?=/)")
"""Before the names of every variable of TF-slim's networks."""


def looks_like(path: Path, start: bytes) -> str | None:
    """Return what a file of TensorFlow's is, in words, or None if it is none that is known.

    ``start`` is how it begins.
    """
    if re.search(r"\.data-\d{5}-of-\d{5}$", path.name):
        return f"one part of a TensorFlow checkpoint, numbers without names; {_INSTEAD}"
    if SAVED_MODEL.match(start):
        return f"a TensorFlow SavedModel; {_INSTEAD}"
    if TEXT_GRAPH.match(start):
        return "a TensorFlow graph as text (pbtxt); save it in the binary form (.pb) instead"
    if _end(path) == TABLE_END:
        return _table(path)
    return None


_INSTEAD = "frozen graphs (.pb) are what can be opened"


def _end(path: Path) -> bytes:
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - len(TABLE_END)))
        return file.read()


def _table(path: Path) -> str:
    with path.open("rb") as file:
        name = SLIM.search(file.read(SEARCHED))
    if name is None:
        return f"a TensorFlow checkpoint; {_INSTEAD}"
    network = name[0].decode()
    if network == "InceptionV1":
        return (
            "a checkpoint of TF-slim's inception_v1, a GoogLeNet with batch norm that cannot be "
            "opened here; Inception 5h is the one of TensorFlow's that can"
        )
    return f"a checkpoint of TF-slim's {network}, which is no GoogLeNet"
