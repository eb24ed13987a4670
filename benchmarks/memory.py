"""What each attribution method takes: ``python -m benchmarks.memory [METHOD ...] [--json]``.

Each method runs at its defaults on the demo network and its first sample photo, in a process
of its own: seconds, passes, how well it adds up, the peak of the resident memory over that of
the idle program, and whether a hundred runs leave any of it behind (twenty, where a run takes
more than a few passes of the network). Linux only: elsewhere the peak cannot be read as it is here.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).resolve().parent.parent
PHOTO = "cup.jpg"
PEAK = 1.5e9
"""Bytes over idle that the peak must stay under (issue 4)."""
GROWTH = 30e6
"""Bytes by which the resident memory may wander over all runs but the first few."""
MANY, SOME = 100, 20
"""Runs of a method that takes up to :data:`CHEAP` passes, and of one that takes more."""
CHEAP = 10
SETTLING = 5
"""Runs after which caches and the allocator's arenas have filled."""


@dataclass(frozen=True)
class Taken:
    """What one method takes.

    Attributes
    ----------
    seconds
        Of the quickest run.
    completeness_error, conserved
        As the answer has them, or None.
    degenerate
        Why the map should not be read, or ``""``.
    idle, peak
        Resident bytes before the first run, network open and photo traced; the most over it
        during all runs.
    runs, growth
        How many; resident bytes after the last less those after the fifth.
    same
        Whether the last run's map is the first's, bit for bit.
    """

    method: str
    seconds: float
    forwards: int
    backwards: int
    completeness_error: float | None
    conserved: float | None
    degenerate: str
    note: str
    idle: int
    peak: int
    runs: int
    growth: int
    same: bool

    @property
    def within(self) -> bool:
        """Whether it keeps to the bounds."""
        return self.peak < PEAK and self.growth < GROWTH


def measure(method: str, runs: int | None = None) -> Taken:
    """Measure a method in a process of its own; ``runs`` None for as many as its cost allows."""
    words = [sys.executable, "-m", "benchmarks.memory", method, "--child", str(runs or 0)]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, cwd=ROOT, check=True)
    return Taken(**json.loads(done.stdout.splitlines()[-1]))


def run(method: str, runs: int) -> Taken:
    """Measure a method in this process, which should have done nothing else."""
    import inception_viewer as iv
    from inception_viewer import paths

    net, photo = iv.load("demo"), paths.asset("samples") / PHOTO
    net.trace(photo)
    idle = _resident()
    # From here on the peak is the method's: loading has one of its own.
    Path("/proc/self/clear_refs").write_text("5")
    seconds: list[float] = []
    sizes: list[int] = []
    first, wanted = b"", runs or SOME
    while len(sizes) < wanted:
        started = perf_counter()
        answer = iv.attribute(net, photo, method=method)
        seconds.append(perf_counter() - started)
        sizes.append(_resident())
        first = first or answer.map.tobytes()
        if not runs and answer.forwards + answer.backwards <= CHEAP:
            wanted = MANY
    return Taken(
        method=method,
        seconds=round(min(seconds), 3),
        forwards=answer.forwards,
        backwards=answer.backwards,
        completeness_error=answer.completeness_error,
        conserved=answer.conserved,
        degenerate=answer.degenerate,
        note=answer.note,
        idle=idle,
        peak=_resident("VmHWM") - idle,
        runs=len(sizes),
        growth=sizes[-1] - sizes[min(SETTLING, len(sizes)) - 1],
        same=first == answer.map.tobytes(),
    )


def _resident(which: str = "VmRSS") -> int:
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    found = re.search(rf"{which}:\s+(\d+) kB", status)
    assert found is not None
    return 1024 * int(found[1])


def table(rows: Sequence[Taken]) -> str:
    """Return the rows as a table in Markdown."""
    lines = [
        "| method | seconds | forwards | backwards | adds up within | peak over idle | "
        "runs | growth |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        error = "" if row.completeness_error is None else f"{row.completeness_error:.2%}"
        if row.conserved is not None:
            error = f"conserved {row.conserved:.1%}"
        cells = f"{row.seconds:.2f} | {row.forwards} | {row.backwards} | {error}"
        memory = f"{row.peak / 1e6:.0f} MB | {row.runs} | {row.growth / 1e6:+.1f} MB"
        verdict = ("" if row.within else " **over**") + (" **differs**" if not row.same else "")
        lines.append(f"| `{row.method}` | {cells} | {memory}{verdict} |")
        if row.degenerate:
            lines[-1] += f" {row.degenerate}"
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure what is asked for and print it; 1 if a bound is broken."""
    from inception_viewer.attribution_methods import names

    made = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    made.add_argument("methods", nargs="*", metavar="METHOD", help="all by default")
    made.add_argument("--json", action="store_true", help="print one object a line")
    made.add_argument("--runs", type=int, metavar="N", help=f"{MANY}, or {SOME} if it takes long")
    made.add_argument("--child", type=int, help=argparse.SUPPRESS)
    options = made.parse_args(argv)
    if options.child is not None:
        print(json.dumps(asdict(run(options.methods[0], options.child))), flush=True)
        return 0
    rows = []
    for name in options.methods or names():
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        rows.append(measure(name, options.runs))
        if options.json:
            print(json.dumps(asdict(rows[-1])), flush=True)
    if not options.json:
        print(table(rows))
    return int(not all(row.within and row.same for row in rows))


if __name__ == "__main__":
    sys.exit(main())
