"""One work by several processes, started by ``torchrun``, whose parts merge exactly.

A process is told its place by the environment that torchrun sets (``RANK``, ``WORLD_SIZE``,
``MASTER_ADDR``, …). Without it there is one process, and nothing of torch.distributed is
imported. Photos are divided in whole batches, contiguous for each process: a photo stands in
the batch that it stands in with one process, and so gives the same numbers to the last bit.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

PATIENCE = timedelta(hours=12)
"""How long a process waits for others: their parts may take longer than its own."""


@dataclass(frozen=True)
class World:
    """The processes that work together, and which of them this is.

    Attributes
    ----------
    rank
        From 0; the first one answers, the others help.
    size
        How many there are.
    """

    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        """Whether this is the process that answers."""
        return self.rank == 0

    def part(self, total: int, unit: int = 1) -> range:
        """Return which of ``total`` things are this process's: whole ``unit``s, in one piece."""
        units = -(-total // unit)
        begin, end = (units * place // self.size for place in (self.rank, self.rank + 1))
        return range(min(total, begin * unit), min(total, end * unit))

    def gather(self, mine: Any) -> list[Any] | None:
        """Return what all processes have, in their order, to the first; None to the others."""
        if self.size == 1:
            return [mine]
        import torch.distributed as dist

        parts: list[Any] | None = [None] * self.size if self.first else None
        dist.gather_object(mine, parts)
        return parts

    def share(self, said: Any) -> Any:
        """Return to all processes what the first one says."""
        if self.size == 1:
            return said
        import torch.distributed as dist

        box = [said if self.first else None]
        dist.broadcast_object_list(box)
        return box[0]


ALONE = World()


@contextmanager
def together() -> Iterator[World]:
    """Join the processes that torchrun started, for as long as the block runs."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield ALONE
        return
    import torch.distributed as dist

    dist.init_process_group("gloo", timeout=PATIENCE)
    try:
        yield World(dist.get_rank(), dist.get_world_size())
    finally:
        dist.destroy_process_group()
