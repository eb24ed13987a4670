"""The command lines of what is about a checkpoint alone: inspect, get."""

from __future__ import annotations

import argparse

from . import common


def inspect_parser() -> argparse.ArgumentParser:
    """Return the command line of ``inspect``."""
    parser = argparse.ArgumentParser(
        prog="inception-viewer inspect",
        description="Say what a checkpoint is: family, the real kernel of its “5x5” branches, "
        "normalisation, classes, which heads were trained and how that is known, how photos "
        "become its input and whether the sample photos speak for another way, parameters, "
        "multiply-adds, SHA-256, warnings. Nothing in the file is executed.",
    )
    common.add_checkpoint(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    common.add_device(parser)
    return parser


def get_parser() -> argparse.ArgumentParser:
    """Return the command line of ``get``."""
    parser = argparse.ArgumentParser(
        prog="inception-viewer get",
        description="Download a published checkpoint and print its path. Its licence and source "
        "are shown first. What was cut off or stopped goes on from there; the file has its name "
        "only once it is whole and its digest is right. Proxies are those of the environment.",
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="left out: list what there is")
    parser.add_argument(
        "--to", metavar="FOLDER", help="where to; else where it is looked for by its name"
    )
    return parser
