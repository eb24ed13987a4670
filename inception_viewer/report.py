"""``inception-viewer report``: what the window shows of photos, in files."""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from . import api, drawings, report_attributions
from .analysis.trace import Trace
from .errors import ImageError, ViewerError
from .fitted import fitted_heads
from .googlenet.variants import BRANCH_OUTPUT, BRANCHES
from .images.decode import Decoded, decode
from .images.sources import find, named
from .questions import ImageSource, Notice
from .report_attributions import Choice, Explained, explain

TOP = 5
"""Classes that predictions.json lists for each head."""
ACTIVATIONS = "activations.npz"
FAILED = 2
"""The exit code when something could not be done; everything else still is."""


class ReportError(ViewerError):
    """A report that cannot be written."""


def run(options: argparse.Namespace) -> int:
    """Write a report and return the exit code; each thing that fails is one sentence on stderr."""
    try:
        wanted = report_attributions.choice(options)
        net = api.opened(options.checkpoint, options.device, _tell)
        sources = [ImageSource(path=path) for path in options.images]
        failures = write(net, sources, Path(options.out), wanted)
    except ViewerError as error:
        print(f"inception-viewer: {error}", file=sys.stderr)
        return FAILED
    for _, reason in failures:
        print(f"inception-viewer: {reason}", file=sys.stderr)
    return FAILED if failures else 0


def _tell(notice: Notice) -> None:
    print(f"inception-viewer: {notice.sentence}", file=sys.stderr)


def write(
    net: api.Network,
    sources: Sequence[ImageSource],
    out: Path,
    wanted: Choice | None = None,
) -> tuple[tuple[str, str], ...]:
    """Write the report on photos.

    Parameters
    ----------
    net
        The network.
    sources
        Photos and folders of them. One photo's files lie in ``out`` itself, those of
        several in a folder each; predictions.json says where.
    out
        Folder to write to; made if need be.
    wanted
        The attributions.

    Returns
    -------
    tuple
        (name, one sentence) of every photo, and of every method for a photo, that failed.

    Raises
    ------
    ReportError
        If nothing can be written to ``out``.
    QuestionError
        If the network has no such head, class, unit or method.
    """
    found = find(sources)
    failures = list(found.failures)
    entries: list[dict[str, Any]] = []
    folders = _folders(out, found.sources)
    try:
        for source, folder in zip(found.sources, folders, strict=True):
            try:
                photo = decode(source)
            except ImageError as error:
                failures.append((named(source).name, str(error)))
                continue
            explained = explain(net, photo, wanted or Choice())
            failures += report_attributions.failures(photo.name, explained)
            entries.append(_photo(net, source, photo, folder, out, explained))
        _write_json(out / "predictions.json", _predictions(net, entries, failures))
    except OSError as error:
        raise ReportError(f"{out} cannot be written to: {error.strerror or error}.") from error
    return tuple(failures)


def _folders(out: Path, sources: Sequence[ImageSource]) -> list[Path]:
    """Return a folder for each photo: ``out`` for a single one, else one named after it."""
    if len(sources) == 1:
        return [out]
    taken: set[str] = set()
    folders = []
    for source in sources:
        stem = re.sub(r"[^\w.-]+", "_", Path(source.path).stem).strip("._") or "photo"
        name, count = stem, 1
        while name.casefold() in taken:
            count += 1
            name = f"{stem}-{count}"
        taken.add(name.casefold())
        folders.append(out / name)
    return folders


def _photo(
    net: api.Network,
    source: ImageSource,
    photo: Decoded,
    folder: Path,
    out: Path,
    explained: Explained,
) -> dict[str, Any]:
    """Write one photo's files and return its entry of predictions.json."""
    trace = net.trace(photo.pixels)
    attributions = report_attributions.entries(explained)
    maps = _write_photo(net, trace, explained, photo.name, folder)
    height, width = photo.pixels.shape[:2]
    return {
        "name": photo.name,
        "source": source.path,
        "width": width,
        "height": height,
        "note": photo.note,
        "crop": list(trace.crop),
        "heads": {head: _head(net, trace, head) for head in trace.heads},
        "attribution": attributions[0],
        "attributions": attributions,
        "files": _files(maps, explained, folder.relative_to(out).as_posix()),
    }


def _write_photo(
    net: api.Network, trace: Trace, explained: Explained, name: str, folder: Path
) -> dict[str, str]:
    """Write one photo's pictures and activations; return the file of each module's maps."""
    folder.mkdir(parents=True, exist_ok=True)
    maps = _write_maps(net, trace, name, folder)
    report_attributions.save(explained, trace.picture, _subtitle(net, name), folder)
    np.savez_compressed(folder / ACTIVATIONS, **_activations(trace))
    return maps


def _files(maps: Mapping[str, str], explained: Explained, where: str) -> dict[str, Any]:
    """Return a photo's files as predictions.json names them: from its own folder on."""
    prefix = "" if where == "." else f"{where}/"
    pictures = report_attributions.pictures(explained)
    return {
        "maps": {module: prefix + name for module, name in maps.items()},
        "attribution": prefix + next(iter(pictures.values())),
        "attributions": {method: prefix + name for method, name in pictures.items()},
        "arrays": prefix + report_attributions.ARRAYS,
        "activations": prefix + ACTIVATIONS,
    }


def _activations(trace: Trace) -> dict[str, Any]:
    return {"input": trace.input, **{name: trace[name] for name in trace.names}}


def _write_maps(net: api.Network, trace: Trace, name: str, folder: Path) -> dict[str, str]:
    written = {}
    notes = {node.name: node.note for node in net.info.graph.nodes}
    subtitle = (
        f"{_subtitle(net, name)}; one scale for the module; a crossed-out channel is nowhere active"
    )
    for module in (node.name for node in net.info.graph.nodes if node.kind == "concat"):
        branches = []
        for branch in BRANCHES:
            unit = f"{module}/{BRANCH_OUTPUT[branch]}"
            branches.append(drawings.Branch(branch, trace[unit], notes[unit]))
        written[module] = f"maps_{module}.png"
        drawings.branch_maps(module, branches, subtitle).save(folder / written[module])
    return written


def _subtitle(net: api.Network, name: str) -> str:
    return f"{name}; checkpoint {net.info.name} {net.fingerprint[:12]}"


def _head(net: api.Network, trace: Trace, head: str) -> dict[str, Any]:
    logits, probabilities = trace.logits[head], trace.probabilities[head]
    order = np.argsort(-probabilities, kind="stable")[:TOP]
    return {
        "state": net.heads[head],
        "note": fitted_heads(net.heads, net.info.metadata).get(head, ""),
        "top": [
            {
                "class": net.classes[index],
                "index": int(index),
                "probability": float(probabilities[index]),
                "logit": float(logits[index]),
            }
            for index in order
        ],
    }


def _predictions(
    net: api.Network, entries: list[dict[str, Any]], failures: Sequence[tuple[str, str]]
) -> dict[str, Any]:
    info = net.info
    return {
        "checkpoint": {
            "name": info.name,
            "source": info.source,
            "fingerprint": net.fingerprint,
            "verdict": info.verdict,
            "classes": len(net.classes),
            "heads": dict(info.heads),
            "warnings": list(info.warnings),
        },
        "preprocessing": asdict(net.preprocessing),
        "device": net.device,
        "images": entries,
        "failures": [{"name": name, "reason": reason} for name, reason in failures],
    }


def _write_json(path: Path, values: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(_plain(values), indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def _plain(value: Any) -> Any:
    """Replace what JSON cannot hold: not-a-number and infinities become null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
