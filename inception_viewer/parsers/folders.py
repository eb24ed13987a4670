"""The command lines of what takes a folder: evaluate, fit-heads, index, train."""

from __future__ import annotations

import argparse

from . import common, values


def evaluate_parser() -> argparse.ArgumentParser:
    """Return the command line of ``evaluate``."""
    parser = argparse.ArgumentParser(
        prog="inception-viewer evaluate",
        description="Say how often each head is right on labelled photos: first and among five,"
        " with 95 % intervals, per class, the commonest confusions, calibration, the surest"
        " mistakes. A folder is matched to the class of its name, whatever the case and"
        " punctuation; folders that mean no class are left out and said.",
        epilog=common.TORCHRUN_HELP.format("evaluate"),
    )
    common.add_checkpoint(parser)
    parser.add_argument(
        "folder",
        type=values.folder,
        metavar="FOLDER",
        help="holds a folder of photos for each class",
    )
    parser.add_argument(
        "--list",
        metavar="LIST",
        help="a path (from FOLDER) and the index or name of a class per line, instead of folders",
    )
    parser.add_argument("--csv", metavar="CSV", help="write one line a photo to this file")
    parser.add_argument("--json", action="store_true", help="all the numbers on stdout, as JSON")
    parser.add_argument(
        "--worst", type=values.count, default=50, metavar="N", help="mistakes in JSON, 50"
    )
    parser.add_argument(
        "--bins", type=values.bins, default=15, metavar="N", help="of calibration, 15"
    )
    common.add_device(parser)
    return parser


def fit_heads_parser() -> argparse.ArgumentParser:
    """Return the command line of ``fit-heads``."""
    parser = argparse.ArgumentParser(
        prog="inception-viewer fit-heads",
        description="Fit the two auxiliary heads to the photos in FOLDER, the rest of the network"
        " staying as it is, and write a new checkpoint. They learn what the main head answers,"
        " and the classes as well if every folder in FOLDER is named like a class of the network."
        " A head that fits no better than chance is said to, and not kept.",
    )
    common.add_checkpoint(parser)
    parser.add_argument(
        "folder", type=values.folder, metavar="FOLDER", help="photos, in folders or not"
    )
    parser.add_argument("--out", metavar="FILE", help="the new checkpoint; beside FILE otherwise")
    parser.add_argument(
        "--targets",
        choices=("auto", "main", "labels"),
        default="auto",
        help="what to learn: the main head's answers alone, or the folders' names as well",
    )
    parser.add_argument(
        "--images", type=values.count, default=1500, metavar="N", help="photos to use at most, 1500"
    )
    parser.add_argument("--epochs", type=values.count, default=40, metavar="N")
    parser.add_argument("--validation-share", type=values.share, default=0.1, metavar="SHARE")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    common.add_preprocessing(parser)
    parser.add_argument(
        "--names",
        default="",
        metavar="LIST",
        help="what the classes are called: a list's file, imagenet, imagenet_5h or places365;"
        " else as FILE says",
    )
    common.add_long_work(parser)
    return parser


def index_parser() -> argparse.ArgumentParser:
    """Return the command line of ``index``."""
    parser = argparse.ArgumentParser(
        prog="inception-viewer index",
        description="Find, for every channel of every convolution, the photos in FOLDER that excite"
        " it most and where. What is known is written every half minute; the same command goes on"
        " where it was stopped. Under torchrun several processes share the work.",
    )
    parser.add_argument(
        "folder", type=values.folder, metavar="FOLDER", help="photos, in folders or not"
    )
    parser.add_argument("--checkpoint", default="demo", metavar="FILE", help="“demo” or a file")
    parser.add_argument("--out", metavar="FILE", help="the index; else one the window finds")
    parser.add_argument(
        "--most", type=values.count, default=9, metavar="N", help="photos kept of each channel, 9"
    )
    parser.add_argument(
        "--show",
        type=values.unit_and_channel,
        metavar="UNIT:CHANNEL",
        help="make nothing, but print what the index has: --show inception4a/3x3:17",
    )
    common.add_preprocessing(parser)
    common.add_long_work(parser)
    return parser


def train_parser() -> argparse.ArgumentParser:
    """Return the command line of ``train``."""
    parser = argparse.ArgumentParser(
        prog="inception-viewer train",
        description="Train a GoogLeNet with the paper's recipe on FOLDER/class/image and write a "
        "checkpoint. The state is saved often; the same command goes on where it was stopped.",
    )
    parser.add_argument(
        "folder",
        type=values.folder,
        metavar="FOLDER",
        help="holds a folder of photos for each class",
    )
    parser.add_argument("--out", required=True, metavar="FILE", help="checkpoint, .safetensors")
    parser.add_argument("--state", metavar="FILE", help="state of the run; beside FILE otherwise")
    parser.add_argument(
        "--export-only", action="store_true", help="write the checkpoint from the state as it is"
    )
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    parser.add_argument("--json", action="store_true", help="events on stdout, a JSON object each")
    parser.add_argument("--save-every", type=float, default=180.0, metavar="SECONDS")
    parser.add_argument("--licence", default="", help="terms, for the checkpoint's metadata")
    parser.add_argument("--notes", default="", help="for the checkpoint's metadata")
    parser.add_argument(
        "--strangers",
        metavar="FOLDER",
        help="photos of other things, to choose from what probability on a photo is known",
    )
    _add_recipe(parser)
    return parser


def _add_recipe(parser: argparse.ArgumentParser) -> None:
    """Add the recipe's options; unnamed ones are the state's, or the recipe's defaults."""
    group = parser.add_argument_group("recipe")
    group.add_argument(
        "--phases",
        metavar="SIZExEPOCHS[@CROP][^RATE],…",
        help="such as 112x60,160x24@0.25,160x12@0.25^0.02: input size, epochs, least share of a"
        " photo that a crop covers, learning rate of a warm restart from the averaged weights",
    )
    group.add_argument("--batch-size", type=values.batch_size, metavar="N")
    group.add_argument("--schedule", choices=("cosine", "paper"), help="of the learning rate")
    group.add_argument("--learning-rate", type=values.rate, metavar="RATE")
    group.add_argument(
        "--validation-share", type=values.share, metavar="SHARE", help="kept apart, 0.1"
    )
    group.add_argument("--seed", type=int, metavar="N")
