"""Options that several commands have."""

from __future__ import annotations

import argparse

from . import values

TORCHRUN_HELP = (
    "Folders of any size: “torchrun --nproc-per-node 4 -m inception_viewer {} …” shares the photos"
    " out among four processes, on one machine or several, and gives the same numbers to the last"
    " bit; see docs/compare.md."
)


def add_checkpoint(parser: argparse.ArgumentParser) -> None:
    """Add the checkpoint that a command is about."""
    parser.add_argument("checkpoint", metavar="FILE", help="“demo” or a checkpoint's file")


def add_device(parser: argparse.ArgumentParser) -> None:
    """Add where the network computes."""
    parser.add_argument("--device", default="cpu", help="cpu, cuda, mps or auto")


def add_head(parser: argparse.ArgumentParser) -> None:
    """Add which head's classes are meant."""
    parser.add_argument("--head", default="main", choices=("aux1", "aux2", "main"))


def add_numbers(parser: argparse.ArgumentParser) -> None:
    """Add where the numbers go."""
    parser.add_argument("--csv", metavar="CSV", help="write every number to this file")
    parser.add_argument("--json", action="store_true", help="the numbers on stdout, as JSON")


def add_preprocessing(parser: argparse.ArgumentParser) -> None:
    """Add another way in which photos become the input."""
    parser.add_argument(
        "--preprocessing",
        type=values.preprocessing,
        metavar="JSON",
        help="how photos become the input, as the checkpoint's metadata says it; else its own",
    )


def add_long_work(parser: argparse.ArgumentParser) -> None:
    """Add what the window asks of a command that it starts: device, events, patience."""
    add_device(parser)
    parser.add_argument("--json", action="store_true", help="events on stdout, a JSON object each")
    parser.add_argument(
        "--background", action="store_true", help="let other programs have the processor first"
    )
