"""A list of class names that the user opens, for a network whose file has none or wrong ones.

Lists of this kind go round in many forms: a name a line; ``index name`` or ``name index``
a line (Places365); a WordNet id before the name (Caffe's ``synset_words.txt``); tables; JSON
lists, objects of index to name (Keras) or of name to index (torchvision's ``class_to_idx``).
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inception_viewer.errors import ClassListError

LARGEST = 16 << 20
"""Bytes that a list may have; ImageNet's 21,841 names take one."""

INDEX_FIRST = re.compile(r"(\d{1,9})(?:\s*[,;:=\t|]\s*|\s+)(\S.*)")
INDEX_LAST = re.compile(r"(.*\S)(?:\s*[,;:=\t|]\s*|\s+)(\d{1,9})")
WORDNET_FIRST = re.compile(r"n\d{8}[\s,;:]+(\S.*)")
"""``n01440764 tench, Tinca tinca``."""

NAME_KEYS = ("name", "label", "class", "class_name", "english", "title")
INDEX_KEYS = ("index", "id", "class_id", "idx", "number")
"""What the entries of a JSON list of objects are called."""

Row = tuple[int | None, str]
"""The index that a list gives a class, if it does, and its name."""


def read_class_list(path: str | Path, count: int) -> tuple[str, ...]:
    """Read a network's class names from a ``.txt``, ``.csv``, ``.tsv`` or ``.json`` file.

    Parameters
    ----------
    path
        The file. Where it gives every class an index, from 0 or from 1, the names are
        sorted by it; else they are taken as they stand.
    count
        How many classes the network has.

    Raises
    ------
    ClassListError
        In one sentence that starts with the file's name: it cannot be read, holds no
        names, gives an index twice or not at all, or has another length.
    """
    path = Path(path).expanduser()
    try:
        names = _ordered(_rows(_text(path), path.suffix.lower()))
        if len(names) != count:
            raise ClassListError(f"It has {_classes(len(names))}, but the network {count:,}.")
    except ClassListError as error:
        raise ClassListError(f"{path.name}: {error}") from None
    return names


def _classes(count: int) -> str:
    return "1 class" if count == 1 else f"{count:,} classes"


def _text(path: Path) -> str:
    """Return the file's text: UTF-8, UTF-16 with its mark, or Windows' own encoding."""
    try:
        if path.stat().st_size > LARGEST:
            raise ClassListError("It is too large for a list of class names.")
        data = path.read_bytes()
    except FileNotFoundError:
        raise ClassListError("There is no such file.") from None
    except OSError as error:
        raise ClassListError(f"It cannot be read: {error.strerror or error}.") from None
    encodings = ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise ClassListError("It is not a text file.")


def _rows(text: str, suffix: str) -> list[Row]:
    if suffix == ".json":
        rows = _from_json(text)
    elif suffix == ".tsv":
        rows = _from_table(text, "\t")
    elif suffix == ".csv":
        first = text.partition("\n")[0]
        rows = _from_table(text, max(",;\t", key=first.count))
    else:
        rows = _from_lines([line.strip() for line in text.splitlines() if line.strip()])
    if not rows:
        raise ClassListError("It holds no class names.")
    return rows


# --- text ----------------------------------------------------------------------------


def _from_lines(lines: list[str]) -> list[Row]:
    """Read a name a line, with an index before or after it if all lines have one."""
    if not lines:
        return []
    first = [INDEX_FIRST.fullmatch(line) for line in lines]
    if all(first):
        return _without_wordnet([(int(found[1]), found[2]) for found in first if found])
    last = [INDEX_LAST.fullmatch(line) for line in lines]
    if all(last):
        rows: list[Row] = [(int(found[2]), found[1]) for found in last if found]
        if _start(rows) is not None:  # “ward 3”, “ward 7” are names
            return rows
    return _without_wordnet([(None, line) for line in lines])


def _without_wordnet(rows: list[Row]) -> list[Row]:
    """Drop the WordNet ids in front of the names, if all have one."""
    found = [WORDNET_FIRST.fullmatch(name) for _, name in rows]
    if all(found):
        return [(row[0], match[1]) for row, match in zip(rows, found, strict=True) if match]
    return rows


# --- tables --------------------------------------------------------------------------


def _from_table(text: str, delimiter: str) -> list[Row]:
    """Read a table: the column of indices, if there is one, and the first column of names."""
    try:
        lines = text.splitlines()
        read = list(csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True))
    except csv.Error as error:
        raise ClassListError(f"It is not a table of comma-separated values: {error}.") from None
    table = [[cell.strip() for cell in row] for row in read]
    table = [row for row in table if any(row)]
    if not table:
        return []
    width = min(len(row) for row in table)
    head, body = table[0], table[1:]
    index = next((c for c in range(width) if body and _all_numbers(body, c)), None)
    if index is not None and head[index].isdecimal():
        body = table  # the first row is a class too
    elif index is None:
        body = body if _is_header(head) else table
    if index is not None and width == 1:  # numbers alone are names
        index = None
    columns = [c for c in range(width) if c != index]
    plain = [c for c in columns if not all(re.fullmatch(r"n\d{8}", row[c]) for row in body)]
    column = _named(head, body, plain or columns)
    return [(None if index is None else int(row[index]), row[column]) for row in body]


def _all_numbers(rows: Sequence[Sequence[str]], column: int) -> bool:
    return all(re.fullmatch(r"\d{1,9}", row[column]) for row in rows)


def _is_header(row: Sequence[str]) -> bool:
    return any(cell.lower() in (*NAME_KEYS, *INDEX_KEYS, "names", "classes") for cell in row)


def _named(head: Sequence[str], body: Sequence[Sequence[str]], columns: Sequence[int]) -> int:
    """Return the column with the names: by its heading, else the first."""
    if body and body[0] is not head:
        for column in columns:
            if head[column].lower() in (*NAME_KEYS, "names", "classes"):
                return column
    return columns[0]


# --- JSON ----------------------------------------------------------------------------


def _from_json(text: str) -> list[Row]:
    try:
        loaded = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ClassListError(f"It is not JSON: {error}.") from None
    for key in ("classes", "class_names", "names", "labels", "categories"):
        if isinstance(loaded, dict) and isinstance(loaded.get(key), list | dict):
            loaded = loaded[key]
    if isinstance(loaded, list):
        rows = [_entry(value) for value in loaded]
    elif isinstance(loaded, dict):
        rows = [_pair(key, value) for key, value in loaded.items()]
    else:
        raise ClassListError("It is neither a JSON list nor a JSON object.")
    if any(row[0] is None for row in rows):
        rows = [(None, name) for _, name in rows]
    return rows


def _pair(key: str, value: Any) -> Row:
    """Read an entry of a JSON object: index to name, or name to index."""
    if re.fullmatch(r"\d{1,9}", key):
        return int(key), _entry(value)[1]
    if isinstance(value, int) and not isinstance(value, bool):
        return value, key
    raise ClassListError(f"“{key}” is neither the index of a class nor a name with one.")


def _entry(value: Any) -> Row:
    """Read an entry of a JSON list: a name, ``[id, name]`` or an object that has a name."""
    if isinstance(value, str):
        return None, value.strip()
    if isinstance(value, list) and value and all(isinstance(part, str) for part in value):
        return None, value[-1].strip()
    if isinstance(value, dict):
        name = next((value[key] for key in NAME_KEYS if isinstance(value.get(key), str)), None)
        index = next((value[key] for key in INDEX_KEYS if type(value.get(key)) is int), None)
        if name is not None:
            return index, name.strip()
    raise ClassListError(f"{json.dumps(value)[:60]} is no class name.")


# --- order ---------------------------------------------------------------------------


def _start(rows: Sequence[Row]) -> int | None:
    """Return the first index, 0 or 1, if the indices run on from it without a gap."""
    indices = sorted(index for index, _ in rows if index is not None)
    first = indices[0] if len(indices) == len(rows) else -1
    runs = first in (0, 1) and indices == list(range(first, first + len(indices)))
    return first if runs else None


def _ordered(rows: Sequence[Row]) -> tuple[str, ...]:
    if any(not name for _, name in rows):
        raise ClassListError("It has a class without a name.")
    if any(index is None for index, _ in rows):
        return tuple(name for _, name in rows)
    if _start(rows) is None:
        raise ClassListError(_gap(sorted(index for index, _ in rows if index is not None)))
    return tuple(name for _, name in sorted(rows, key=lambda row: row[0] or 0))


def _gap(indices: Sequence[int]) -> str:
    """Say what is wrong with sorted indices that do not run on."""
    if indices[0] not in (0, 1):
        return f"Its indices start at {indices[0]} instead of 0 or 1."
    for place, index in enumerate(indices[1:], 1):
        if index == indices[place - 1]:
            return f"It gives two classes the index {index}."
        if index != indices[place - 1] + 1:
            return f"It has no class of index {indices[place - 1] + 1}."
    raise AssertionError("these indices run on")
