"""One row, measured in this process: ``python -m benchmarks.child ROW REPEATS``."""

from __future__ import annotations

import importlib
import json
import os
import sys
from dataclasses import asdict


def main() -> None:
    """Measure the row and print it as the last line."""
    name, repeats = sys.argv[1], int(sys.argv[2])
    row = importlib.import_module(f"benchmarks.{name}").row(repeats)
    print(json.dumps(asdict(row)), flush=True)
    # What was measured has been told; taking windows and threads down is no part of it.
    os._exit(0)


if __name__ == "__main__":
    main()
