"""Start the window: read the command line, look before leaping into Qt, and go.

Standard library only: what is missing must be found out before it is imported.
"""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Sequence
from pathlib import Path

from . import preflight

CANNOT_START = 2
"""The exit code when the window cannot be opened on this machine."""


def parser() -> argparse.ArgumentParser:
    """Return the window's command line."""
    made = argparse.ArgumentParser(
        prog="inception-viewer", description="Show what happens inside GoogLeNet."
    )
    made.add_argument("images", nargs="*", metavar="IMAGE", help="photos or folders to open")
    made.add_argument("--checkpoint", default="demo", help="“demo” or a .pth, .pt, .safetensors")
    made.add_argument("--device", help="cpu, cuda, mps or auto (the default)")
    made.add_argument(
        "--theme", choices=("light", "dark", "system"), help="colours, for this run only"
    )
    made.add_argument(
        "--state-json",
        type=Path,
        metavar="FILE",
        help="write what is shown to FILE after each full paint",
    )
    made.add_argument(
        "--settings", type=Path, metavar="FILE", help="keep layout and preferences in FILE"
    )
    return made


def hold_the_collector() -> None:
    """Start without garbage collection; the window lets it begin after its first paint.

    What is imported stays: to go through it again and again is a tenth of the start.
    """
    gc.disable()


def main(argv: Sequence[str] | None = None) -> int:
    """Open the window and return the exit code, 0 once it is closed.

    What hinders a start (a missing package, a missing system library, no display) is
    told in one message on stderr, and the exit code is 2.
    """
    options = parser().parse_args(argv)
    problem = preflight.problem()
    if problem:
        print(f"inception-viewer: {problem}", file=sys.stderr)
        return CANNOT_START
    hold_the_collector()
    try:
        from .ui.application import run

        return run(options)
    finally:
        gc.enable()
