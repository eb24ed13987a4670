"""Measure the rows of the budget and print them: ``python -m benchmarks [--json]``."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from .core import REPEATS, Row

ROOT = Path(__file__).resolve().parent.parent
ROWS = (
    "trace",
    "drop_to_painted",
    "integrated_gradients",
    "smooth_grad",
    "occlusion",
    "grad_cam_all_units",
    "branch_importance",
    "paint_832_maps",
    "window_on_screen",
    "longest_stall",
)
"""In the order of the budget's table; each is a module here with ``row(repeats)``."""

Measure = Callable[[str, int], Row]


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    made = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    made.add_argument("--json", action="store_true", help="print one object, row name to figures")
    made.add_argument("--only", metavar="ROW", choices=ROWS, help="measure one row")
    made.add_argument(
        "--repeats", type=int, default=REPEATS, metavar="N", help=f"pairs ({REPEATS} by default)"
    )
    return made


def measure(name: str, repeats: int) -> Row:
    """Measure a row in a process of its own, so that no row finds the leavings of another.

    Windows are opened on Qt's offscreen platform unless ``QT_QPA_PLATFORM`` says otherwise.
    """
    environment = {"QT_QPA_PLATFORM": "offscreen", **os.environ}
    words = [sys.executable, "-m", "benchmarks.child", name, str(repeats)]
    done = subprocess.run(
        words, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT, check=True
    )
    return Row(**json.loads(done.stdout.splitlines()[-1]))


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a table for people."""
    lines = [f"{'row':<22}{'ratio':>8}{'ours':>12}{'peer':>12}{'at most':>12}"]
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        peer = "" if row.peer is None else f"{row.peer:.1f} {row.unit}"
        limit = f"{row.budget:g}" if row.ratio is not None else f"{row.budget:g} {row.unit}"
        verdict = "" if row.within else "  over"
        line = f"{row.name:<22}{ratio:>8}{f'{row.ours:.1f} {row.unit}':>12}{peer:>12}{limit:>12}"
        lines.append(line + verdict + (f"  ({row.note})" if row.note else ""))
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None, measure: Measure = measure) -> int:
    """Measure what is asked for and print it; 1 if a row could not be measured."""
    options = parser().parse_args(argv)
    rows, failed = [], False
    for name in (options.only,) if options.only else ROWS:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        try:
            rows.append(measure(name, options.repeats))
        except subprocess.CalledProcessError as error:
            failed = True
            print(f"{name} could not be measured (exit code {error.returncode})", file=sys.stderr)
    if options.json:
        print(json.dumps({row.name: row.as_json() for row in rows}, indent=1))
    else:
        print(table(rows))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
