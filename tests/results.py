"""Results of the longer proofs, in ``tests/stored``: written by them, checked by the others.

Each says what it was measured with, and the digests of the files it depends on. When one of
those changes the result says nothing any more, and the proof has to be run again.
"""

from __future__ import annotations

import ast
import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FOLDER = Path(__file__).resolve().parent / "stored"
COMMAND = "python -m pytest -m slow"
PACKAGES = ("torch", "torchvision", "numpy", "pillow")


def write(name: str, found: Mapping[str, Any], files: Iterable[str]) -> None:
    """Store what a proof found; ``files`` are those it depends on, from the root on."""
    said = {
        "command": f"{COMMAND} -k {name}",
        "measured_with": {
            "python": platform.python_version(),
            "machine": platform.machine(),
            **{package: version(package) for package in PACKAGES},
        },
        "files": {file: digest(ROOT / file) for file in files},
        "found": found,
    }
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.json").write_text(_lines(said) + "\n", encoding="utf-8")


def read(name: str) -> dict[str, Any]:
    """A stored result, as :func:`write` stored it."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def names() -> list[str]:
    """Every stored result."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def outdated(name: str) -> list[str]:
    """The files a result depends on that are not those it was measured with."""
    return [file for file, known in read(name)["files"].items() if digest(ROOT / file) != known]


def digest(path: Path) -> str:
    """SHA-256 of a file; of Python, of what it does: not its comments, docstrings and layout."""
    if path.suffix != ".py":
        return hashlib.sha256(path.read_bytes()).hexdigest()
    tree = _plain(ast.parse(path.read_text(encoding="utf-8")))
    return hashlib.sha256(repr(tree).encode()).hexdigest()


def _plain(node: Any) -> Any:
    """A syntax tree as tuples that are the same in every version of Python."""
    if isinstance(node, list):
        return [_plain(item) for item in node if not _is_docstring(item)]
    if not isinstance(node, ast.AST):
        return node
    if isinstance(node, ast.JoinedStr):  # Python 3.12.1 has empty parts here, others have not
        parts = [_plain(item) for item in node.values]
        return ("JoinedStr", [part for part in parts if part != ("Constant", ("value", ""))])
    fields = ((name, _plain(value)) for name, value in ast.iter_fields(node))
    return (type(node).__name__, *(field for field in fields if field[1] not in (None, [])))


def _is_docstring(node: Any) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _lines(value: Any, indent: int = 0) -> str:
    """JSON with a line for everything that holds no mappings."""
    if not isinstance(value, dict) or not any(isinstance(v, dict | list) for v in value.values()):
        return json.dumps(value, ensure_ascii=False)
    room = " " * (indent + 1)
    rows = [f"{room}{json.dumps(key)}: {_lines(item, indent + 1)}" for key, item in value.items()]
    return "{\n" + ",\n".join(rows) + f"\n{' ' * indent}}}"
