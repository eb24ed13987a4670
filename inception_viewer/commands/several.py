"""Commands that ``torchrun`` may start in several processes, of which the first one speaks."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, TextIO

from inception_viewer.analysis.parallel import SaidByFirstError, take_own_gpu, together
from inception_viewer.runner import Cancel

from .progress import FAILED, ConsoleProgress, Tell, failure, say


def speaks() -> bool:
    """Return whether this process is the one that speaks: the first of several, or the only."""
    return os.environ.get("RANK", "0") == "0"


class SharedProgress(ConsoleProgress):
    """The progress of a command of which only the first of several processes speaks."""

    def __init__(self, people: TextIO, tell: Tell | None = None) -> None:
        super().__init__(people, tell)
        self.silent = not speaks()

    def _show(self, fraction: float, left: float | None) -> None:
        if not self.silent:
            super()._show(fraction, left)


@contextmanager
def joined(progress: ConsoleProgress, device: str) -> Iterator[None]:
    """Join the processes that torchrun started, if it did; each takes a GPU of its own."""

    def check() -> None:
        if progress.received:
            raise Cancel

    with ExitStack() as caught, together(check):
        # Only now: while a process waits for others to come, a signal is to end it at once.
        caught.enter_context(progress.stoppable())
        if device in ("cuda", "auto"):
            take_own_gpu()
        yield


def attempt(work: Callable[[SharedProgress], Any], device: str, stopped: str) -> tuple[Any, int]:
    """Do a command's work in all processes; return what came of it and the exit code.

    Parameters
    ----------
    work
        What each process does, given its progress.
    device
        That is asked for.
    stopped
        What is said if a signal ends it.
    """
    progress = SharedProgress(sys.stderr)
    try:
        with joined(progress, device):
            found = work(progress)
    except Cancel:
        if not progress.silent:
            say(stopped)
        return None, 128 + progress.received
    except SaidByFirstError:
        return None, FAILED
    except Exception as error:
        say(failure(error))
        return None, FAILED
    return found, 0
