"""One work by several processes, started by ``torchrun``, whose parts merge exactly.

A process is told its place by the environment that torchrun sets (``RANK``, ``WORLD_SIZE``,
``MASTER_ADDR``, …). Without it there is one process, and nothing of torch.distributed is
imported. Photos are divided in whole batches, contiguous for each process: a photo stands in
the batch that it stands in with one process, and so gives the same numbers to the last bit.

Whoever fails, or is stopped, leaves a note for the others, who look for one twice a second
(:meth:`World.check`) and while they wait: nobody works on for nothing, and nobody waits forever.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from inception_viewer.errors import QuestionError, ViewerError
from inception_viewer.machine import gave_out

PATIENCE = timedelta(hours=12)
"""How long a process waits for others: their parts may take longer than its own."""
JOINING = timedelta(minutes=15)
"""How long a process waits for the others to come."""
PARTING = 5.0
"""Seconds that a process that failed waits for it to be heard."""
LOOK_EVERY = 0.5
"""Seconds between two looks for another's note."""
POLL = 0.02
"""Seconds between two looks whether all others have come."""


class OtherFailedError(ViewerError):
    """What went wrong in another process, or that one is gone."""


class SaidByFirstError(QuestionError):
    """What the first process says, too: it is enough if that one does."""


class _Notes:
    """What processes leave for each other, outside of the collective calls."""

    def __init__(self, store: Any, rank: int, size: int) -> None:
        self._store, self._rank, self._size = store, rank, size
        self._looked = float("-inf")

    WRONG = "inception viewer: wrong"

    def look(self) -> None:
        """Raise OtherFailedError if another process failed; looks now and then only."""
        now = time.monotonic()
        if now - self._looked >= LOOK_EVERY:
            self._looked = now
            if why := self.read():
                raise OtherFailedError(why)

    def read(self) -> str:
        """Return what went wrong elsewhere, or ``""``."""
        try:
            if self._store.check([self.WRONG]):
                return str(self._store.get(self.WRONG).decode())
        except RuntimeError:  # the notes lie with the first process
            return "The first process is gone."
        return ""

    def leave(self, why: str) -> bool:
        """Tell the others what went wrong; True once the first process has heard of it."""
        with suppress(RuntimeError):
            self._store.compare_set(self.WRONG, "", why)
            self._store.set(f"{self.WRONG}: heard {self._rank}", "yes")
            # The notes go with the first process: it waits for all. The others wait for it,
            # because torchrun stops it, with a signal, as soon as one of them has ended.
            whom = range(1, self._size) if self._rank == 0 else range(1)
            until = time.monotonic() + PARTING
            while not self._store.check([f"{self.WRONG}: heard {rank}" for rank in whom]):
                if time.monotonic() > until:
                    return False
                time.sleep(POLL)
            return True
        return False


def _no_watch() -> None:
    """Let everything go on."""


@dataclass(frozen=True)
class World:
    """The processes that work together, and which of them this is.

    Attributes
    ----------
    rank
        From 0; the first one answers, the others help.
    size
        How many there are.
    watch
        Called while others are waited for; may raise to end that.
    """

    rank: int = 0
    size: int = 1
    watch: Callable[[], None] = field(default=_no_watch, repr=False, compare=False)
    _notes: _Notes | None = field(default=None, repr=False, compare=False)

    @property
    def first(self) -> bool:
        """Whether this is the process that answers."""
        return self.rank == 0

    def part(self, total: int, unit: int = 1) -> range:
        """Return which of ``total`` things are this process's: whole ``unit``s, in one piece."""
        units = -(-total // unit)
        begin, end = (units * place // self.size for place in (self.rank, self.rank + 1))
        return range(min(total, begin * unit), min(total, end * unit))

    def check(self) -> None:
        """Raise OtherFailedError if another process failed; call it once a batch."""
        if self._notes is not None:
            self._notes.look()

    def gather(self, mine: Any) -> list[Any] | None:
        """Return what all processes have, in their order, to the first; None to the others."""
        if self.size == 1:
            return [mine]
        import torch.distributed as dist

        parts: list[Any] | None = [None] * self.size if self.first else None
        with self._met():
            dist.gather_object(mine, parts)
        return parts

    def share(self, said: Any) -> Any:
        """Return to all processes what the first one says."""
        if self.size == 1:
            return said
        import torch.distributed as dist

        box = [said if self.first else None]
        with self._met():
            dist.broadcast_object_list(box)
        return box[0]

    def collect(self, mine: Iterable[bytes]) -> Iterator[bytes]:
        """Yield to the first process the pieces of the others, in their order; none to those.

        One piece is in memory at a time. All of them have to go through it to the end.
        """
        if self.size == 1:
            return
        import torch.distributed as dist

        with self._met():
            if not self.first:
                for piece in mine:
                    dist.send_object_list([piece], 0)
                dist.send_object_list([b""], 0)
                return
        for rank in range(1, self.size):
            while piece := self._received(rank):
                yield piece

    def _received(self, rank: int) -> bytes:
        import torch.distributed as dist

        box: list[bytes] = [b""]
        with self._calling():
            dist.recv_object_list(box, rank)
        return box[0]

    def meet(self) -> None:
        """Wait until all processes have come here; signals and others' notes end it."""
        if self.size > 1:
            with self._met():
                pass

    @contextmanager
    def _met(self) -> Iterator[None]:
        import torch.distributed as dist

        with self._calling():
            work = dist.barrier(async_op=True)
            while not work.is_completed():
                self.watch()
                self.check()
                time.sleep(POLL)
            work.wait()
            yield

    @contextmanager
    def _calling(self) -> Iterator[None]:
        """Say in people's words that a process broke off."""
        try:
            yield
        except RuntimeError as error:
            why = self._notes.read() if self._notes else ""
            raise OtherFailedError(why or "Another of the processes is gone.") from error


ALONE = World()


def several() -> bool:
    """Return whether this process is one of several that torchrun started."""
    return os.environ.get("WORLD_SIZE", "1") != "1"


_joined: list[World] = []
_blocks = itertools.count()
_meetings: dict[tuple[str, str], tuple[Any, int, int]] = {}


@contextmanager
def together(watch: Callable[[], None] = _no_watch) -> Iterator[World]:
    """Join the processes that torchrun started, for as long as the block runs.

    Within such a block another one is the same. What is raised in it ends the others' too, with
    OtherFailedError; in others than the first it becomes SaidByFirstError once that one knows.

    Parameters
    ----------
    watch
        Called while others are waited for; may raise to end that.
    """
    if _joined or not several():
        yield _joined[0] if _joined else ALONE
        return
    world, notes = _join(watch)
    _joined.append(world)
    try:
        yield world
        world.meet()
    except BaseException as error:
        heard = notes.leave(_note(error, world))
        if heard and not world.first and isinstance(error, ViewerError):
            raise SaidByFirstError(str(error)) from error
        raise
    finally:
        _joined.clear()
        _part_ways()


@contextmanager
def unchanged_device(world: World, device: str) -> Iterator[None]:
    """Say that a GPU failed where an answer cannot begin anew on the CPU.

    One of several processes cannot: the others' parts would not fit.
    """
    try:
        yield
    except RuntimeError as error:
        why = gave_out(error, device) if world.size > 1 else ""
        if not why:
            raise
        raise QuestionError(f"{why} in process {world.rank}, and all were stopped.") from error


def _join(watch: Callable[[], None]) -> tuple[World, _Notes]:
    import torch.distributed as dist
    from torch.distributed.distributed_c10d import PrefixStore

    try:
        store, rank, size = _met_at()
        # What was said in an earlier block, of a script that has several, is not said again.
        store = PrefixStore(f"inception-viewer {next(_blocks)}", store)
        dist.init_process_group("gloo", store=store, rank=rank, world_size=size, timeout=PATIENCE)
    except (RuntimeError, ValueError) as error:
        raise OtherFailedError(
            f"The other processes cannot be reached ({str(error).splitlines()[0]})."
        ) from error
    notes = _Notes(store, rank, size)
    return World(rank, size, watch, notes), notes


def _met_at() -> tuple[Any, int, int]:
    """Return where processes leave word, which they keep, this one's rank and their number."""
    from torch.distributed.rendezvous import rendezvous

    where = os.environ.get("MASTER_ADDR", ""), os.environ.get("MASTER_PORT", "")
    if where not in _meetings:
        _meetings[where] = next(iter(rendezvous("env://", timeout=JOINING)))
    return _meetings[where]


def _part_ways() -> None:
    import torch.distributed as dist

    with suppress(RuntimeError):
        dist.destroy_process_group()


def _note(error: BaseException, world: World) -> str:
    """Return what the others are told."""
    if isinstance(error, ViewerError):
        return str(error)
    name = f"{type(error).__name__}: {error}" if isinstance(error, Exception) else ""
    return (
        f"Process {world.rank} failed ({name})." if name else f"Process {world.rank} was stopped."
    )


def take_own_gpu() -> None:
    """Take the GPU of this process's place on its machine, if there is one for each."""
    place = os.environ.get("LOCAL_RANK", "")
    if not place.isdecimal():
        return
    import torch

    if torch.cuda.is_available():
        torch.cuda.set_device(int(place) % torch.cuda.device_count())
