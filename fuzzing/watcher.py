"""Has files read by a process of their own, and judges what happened there."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).parents[1]
MOST_SECONDS = 5.0
"""Of the processor, for one file."""
PATIENCE = 40.0
"""Seconds by the clock after which a reader counts as hung; other programs may run too."""
MOST_MEMORY = 500 << 20
"""Bytes beyond twice the file."""
LONGEST_SENTENCE = 700


@dataclass(frozen=True)
class Outcome:
    """What became of one file.

    Attributes
    ----------
    kind
        ``"weights"``, ``"refused"``, ``"raised"``, ``"died"`` or ``"hung"``.
    text
        The family, the sentence, or what was raised.
    seconds
        Of the processor.
    memory
        Bytes that the reader took at most, beyond those it had before.
    events
        Forbidden things that it did, and files that it left.
    """

    kind: str
    text: str
    seconds: float = 0.0
    memory: int = 0
    events: tuple[str, ...] = ()

    def fault(self, size: int) -> str | None:
        """Return what is wrong with it, for a file of ``size`` bytes, or None."""
        if self.kind not in ("weights", "refused"):
            return f"{self.kind}: {self.text}"
        if self.events:
            return f"it did what reading must not: {'; '.join(self.events)}"
        if self.seconds > MOST_SECONDS:
            return f"it took {self.seconds:.1f} s"
        if self.memory > 2 * size + MOST_MEMORY:
            return f"it took {self.memory >> 20} MB for a file of {size >> 20} MB"
        if self.kind == "refused" and not one_sentence(self.text):
            return f"not one sentence: {self.text!r}"
        return None


def one_sentence(text: str) -> bool:
    """Whether an error reads as a sentence for people."""
    plain = text.endswith(".") and text.isprintable() and len(text) <= LONGEST_SENTENCE
    foreign = ("Traceback", "Error:", "Errno", "object at 0x")
    return plain and not any(word in text for word in foreign)


class Watcher:
    """A reading process, started again whenever a file ends it.

    Parameters
    ----------
    folder
        Where it works; nothing may appear there.
    warm
        Whole files that are read first, so that all imports are done.
    """

    def __init__(self, folder: Path, warm: tuple[Path, ...] = ()) -> None:
        self.folder, self.warm = folder, warm
        self.idle = 0
        self._start()

    def __enter__(self) -> Watcher:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def read(self, path: Path) -> Outcome:
        """Have a file read."""
        try:
            self._process.stdin.write(json.dumps(str(path)) + "\n")
            self._process.stdin.flush()
        except OSError:
            return self._lost("died")
        try:
            line = self._lines.get(timeout=PATIENCE)
        except queue.Empty:
            return self._lost("hung")
        if not line:
            return self._lost("died")
        said = json.loads(line)
        events = (*said["events"], *(f"left {name}" for name in said["left"]))
        return Outcome(said["kind"], said["text"], said["seconds"], said["memory"], events)

    def _lost(self, kind: str) -> Outcome:
        self._process.kill()
        status = self._process.wait()
        self._end()
        self._start()
        return Outcome(kind, f"the reader ended with status {status}")

    def _start(self) -> None:
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "fuzzing.reader", *map(str, self.warm)]
        self._process: Any = subprocess.Popen(
            command,
            cwd=self.folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self.idle = json.loads(self._lines.get(timeout=300))["idle"]

    def _listen(self) -> None:
        process, lines = self._process, self._lines
        for line in process.stdout:
            lines.put(line)
        lines.put("")

    def _end(self) -> None:
        self._process.stdin.close()
        self._process.wait()
        self._listener.join()
        self._process.stdout.close()
