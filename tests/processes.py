"""Several processes of the command line that work together, as torchrun would start them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

TIMEOUT = 90
"""Seconds after which processes that wait for each other are called hung."""


@dataclass(frozen=True)
class Ended:
    """How one process ended."""

    code: int
    out: str
    err: str


def together(
    *commands: Sequence[str], cwd: str | os.PathLike[str] | None = None, **env: str
) -> list[Ended]:
    """Run commands of Python, one a process, that meet on a free port of this machine.

    They may differ: on another machine a folder may hold something else.
    """
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    started = []
    for rank, command in enumerate(commands):
        place = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": len(commands)}
        place |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
        started.append(
            subprocess.Popen(
                [sys.executable, *command],
                env={**os.environ, **env, **{name: str(value) for name, value in place.items()}},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                cwd=cwd,
            )
        )
    try:
        said = [process.communicate(timeout=TIMEOUT) for process in started]
    finally:
        for process in started:
            process.kill()
    return [Ended(one.returncode, *text) for one, text in zip(started, said, strict=True)]
