"""Commands that run for long beside the window and other programs."""

from __future__ import annotations

import os

NICE = 5
"""By how much a command in the background steps back."""


def get_along(*, background: bool) -> None:
    """Be a good neighbour to the window and other programs; PyTorch is not loaded yet."""
    if background and hasattr(os, "nice"):
        os.nice(NICE)
    # OpenMP's threads wait for each other by spinning, which takes the very time that the
    # others need if anything runs beside them: measured on two cores under load, the same fit
    # of heads took 844 s spinning and 205 s sleeping.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
