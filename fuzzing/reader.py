"""The process that reads what may be harmful, and watches itself while it does.

It takes paths on standard input, a line each, and answers with a line of JSON each.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

NEVER = (
    "exec", "compile", "import", "code.__new__", "marshal.loads", "pickle.find_class",
    "os.", "subprocess.", "socket.", "ctypes.", "shutil.", "tempfile.", "urllib.", "webbrowser.",
    "signal.", "sys.addaudithook", "sys.set", "fcntl.", "syslog.", "winreg.", "mmap.",
)  # fmt: skip
"""Audit events, or how they begin, of what reading a file must not do."""

HARMLESS = ("os.listdir", "os.scandir")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
ROOM = 3 << 30
"""Bytes of address space beyond what the process has when it starts."""

watched: list[str] | None = None
idle = 0
"""Bytes that the process has before it has read anything that is changed."""


def hook(event: str, args: tuple[Any, ...]) -> None:
    """Note what happens while a file is read."""
    if watched is None or event in HARMLESS:
        return
    if event == "open":
        mode, flags = args[1], args[2]
        writes = isinstance(mode, str) and set(mode) & set("wax+")
        if writes or (isinstance(flags, int) and flags & WRITING):
            watched.append(f"open {args[0]!r} for writing")
    elif event.startswith(NEVER):
        watched.append(f"{event} {str(args)[:200]}")


@contextmanager
def watching() -> Iterator[list[str]]:
    """Note events within."""
    global watched
    noted: list[str] = []
    watched = noted
    try:
        yield noted
    finally:
        watched = None


def memory(what: str) -> int:
    """Return bytes of memory: ``VmHWM`` at most since the last reset, ``VmRSS`` now."""
    try:
        with open("/proc/self/status", encoding="ascii") as file:
            lines = dict(line.split(":", 1) for line in file)
        return int(lines[what].split()[0]) << 10
    except (OSError, KeyError):  # not Linux
        return 0


def reset_peak() -> None:
    """Count the largest memory anew."""
    try:
        with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
            file.write("5")
    except OSError:
        return


def limit_memory() -> None:
    """Let an allocation of any size fail rather than take the computer's memory."""
    try:
        import resource
    except ImportError:  # Windows
        return
    size = memory("VmSize")
    if size:
        resource.setrlimit(resource.RLIMIT_AS, (size + ROOM, size + ROOM))


def answer(path: str) -> dict[str, Any]:
    """Read one file and return what happened."""
    from inception_viewer.checkpoints.read import read_checkpoint
    from inception_viewer.errors import CheckpointError

    reset_peak()
    started = time.process_time()
    with watching() as events:
        try:
            weights = read_checkpoint(path)
            weights.network()
            kind, text = "weights", weights.family
            del weights
        except CheckpointError as error:
            kind, text = "refused", str(error)
        except BaseException as error:
            kind, text = "raised", f"{type(error).__name__}: {error}"[:500]
    return {
        "kind": kind,
        "text": text,
        "seconds": time.process_time() - started,
        "memory": memory("VmHWM") - idle,
        "events": events,
        "left": os.listdir("."),
    }


def main() -> None:
    """Answer until standard input ends."""
    # Everything that a whole file makes the program import is imported before.
    import encodings.utf_8_sig  # noqa: F401

    import torchvision.models  # noqa: F401

    import inception_viewer.checkpoints.read  # noqa: F401

    global idle
    for path in sys.argv[1:]:
        answer(path)
    limit_memory()
    sys.addaudithook(hook)
    idle = memory("VmRSS")
    print(json.dumps({"idle": idle}), flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
