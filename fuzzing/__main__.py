"""The long run: ``python -m fuzzing --minutes 30 --seed 7``."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded

from .case import Bench
from .changes import Change, changes
from .originals import MAKERS, original
from .watcher import Watcher

BATCH = 200
"""Files of one dialect before the next has its turn."""


class FoundError(Exception):
    """A file that was not read as it should be."""


def explore(bench: Bench, cases: int, seed: int) -> None:
    """Have so many changed files read.

    Raises
    ------
    FoundError
        With what is wrong, the smallest changes that show it, and where the file was kept.
    """
    smallest: list[tuple[str, list[Change]]] = []

    @seeded(seed)
    @settings(
        max_examples=cases,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
        report_multiple_bugs=False,
    )
    @given(changes())
    def each(made: list[Change]) -> None:
        fault = bench.run(made)
        if fault is not None:
            smallest[:] = [(fault, made)]
            raise FoundError(fault.partition(":")[0])

    try:
        each()
    except FoundError:
        fault, made = smallest[0]
        path = bench.keep(made, Path("fuzzing-found"))
        raise FoundError(
            f"{bench.original.name}, seed {seed}: {fault}\n  {made}\n  kept as {path}; "
            f"again with: python -m fuzzing --read {path}"
        ) from None


def long_run(minutes: float, seed: int, names: list[str], folder: Path) -> int:
    """Go round the dialects until the time is up; return how many faults were found."""
    workplace = folder / "workplace"
    workplace.mkdir()
    whole = {name: original(name, folder) for name in names}
    warm = folder / "whole.pth"
    warm.write_bytes(whole[names[0]].data)
    end, faults, total = time.monotonic() + 60 * minutes, 0, Counter[str]()
    with Watcher(workplace, (warm,)) as watcher:
        while time.monotonic() < end:
            for name in names:
                bench = Bench(whole[name], watcher, folder)
                faults += _reported(bench, seed)
                total += bench.outcomes
                print(
                    f"{name}: {dict(bench.outcomes)}, {bench.slowest:.2f} s and "
                    f"{bench.largest >> 20} MB at most",
                    flush=True,
                )
                if time.monotonic() > end:
                    break
            seed += 1
    print(f"{sum(total.values()):,} files, {dict(total)}, {faults} faults")
    return faults


def _reported(bench: Bench, seed: int) -> int:
    try:
        explore(bench, BATCH, seed)
    except FoundError as found:
        print(f"FAULT {found}", flush=True)
        return 1
    return 0


def read_one(path: Path, folder: Path) -> int:
    """Have one file read, print what happened, and return whether something was wrong."""
    with Watcher(folder) as watcher:
        outcome = watcher.read(path.resolve())
    print(outcome)
    fault = outcome.fault(path.stat().st_size)
    print(fault or "nothing is wrong with that")
    return fault is not None


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m fuzzing", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=0, help="of the first round; then counted up")
    parser.add_argument("--dialect", choices=MAKERS, action="append", help="default: all of them")
    parser.add_argument("--read", type=Path, metavar="FILE", help="read this file and no other")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fuzzing-") as name:
        if given.read is not None:
            return read_one(given.read, Path(name))
        names = given.dialect or list(MAKERS)
        return int(long_run(given.minutes, given.seed, names, Path(name)) > 0)


if __name__ == "__main__":
    sys.exit(main())
