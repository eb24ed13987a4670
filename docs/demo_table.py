"""Write the demo checkpoint's own numbers into docs/demo-checkpoint.md.

Run after a new ``assets/demo.safetensors`` was made: ``python docs/demo_table.py``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import safe_open

from inception_viewer.training.recipe import phases_text

HERE = Path(__file__).resolve().parent
PAGE = HERE / "demo-checkpoint.md"
CHECKPOINT = HERE.parent / "assets" / "demo.safetensors"
BEGIN, END = "<!-- numbers of the file: begin -->\n", "<!-- numbers of the file: end -->\n"


def block(metadata: Mapping[str, str]) -> str:
    """Return what the page says of a checkpoint, from its metadata."""
    accuracy: dict[str, dict[str, float]] = json.loads(metadata["accuracy"])
    lines = ["| head | right first | mean per class |", "|---|---|---|"]
    for head, shares in accuracy.items():
        cells = (_percent(shares.get(name)) for name in ("top1", "mean_per_class"))
        lines.append(f"| {head} | {' | '.join(cells)} |")
    lines += ["", f"Made on {metadata['date']}. {_validation(metadata)}".rstrip()]
    if metadata.get("unknown"):
        lines += ["", f"Told from photos of other things: {metadata['unknown']}."]
    if metadata.get("notes"):
        lines += ["", metadata["notes"]]
    if "recipe" in metadata:
        lines += ["", "```", *_command(json.loads(metadata["recipe"])), "```"]
    return "\n".join(lines) + "\n"


def _percent(share: float | None) -> str:
    return "not measured" if share is None else f"{share:.1%}"


def _validation(metadata: Mapping[str, str]) -> str:
    words = metadata.get("validation", "")
    return f"Measured on {words}." if words else ""


def _command(recipe: Mapping[str, Any]) -> list[str]:
    return [
        "inception-viewer train caltech101 --out demo.safetensors \\",
        f"    --phases {phases_text(recipe['phases'])} \\",
        f"    --batch-size {recipe['batch_size']} --learning-rate {recipe['learning_rate']:g}"
        f" --schedule {recipe['schedule']} \\",
        f"    --validation-share {recipe['validation_share']:g} --seed {recipe['seed']}",
    ]


def updated(page: str, metadata: Mapping[str, str]) -> str:
    """Return the page with its block replaced."""
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return head + BEGIN + block(metadata) + END + tail


def read_metadata(path: Path = CHECKPOINT) -> dict[str, str]:
    """Return what a ``.safetensors`` file says of itself."""
    with safe_open(path, framework="numpy") as file:
        return dict(file.metadata() or {})


if __name__ == "__main__":
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(updated(page, read_metadata()), encoding="utf-8")
