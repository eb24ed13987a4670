"""The command lines of what asks about photos: report, compare, ablate, tcav."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from . import common, values


def report_parser() -> argparse.ArgumentParser:
    """Return the command line of ``report``."""
    parser = argparse.ArgumentParser(
        prog="inception-viewer report",
        description="Write what the window would show of photos: predictions.json (three heads), "
        "and for each photo the branch maps and the attributions as PNG, the attributions' numbers"
        " in attributions.npz and every activation in activations.npz. One photo's files lie in"
        " DIR itself, those of several in a folder each.",
    )
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="photos or folders of them")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder to write to")
    parser.add_argument("--checkpoint", default="demo", help="“demo” or a .pth, .pt, .safetensors")
    common.add_device(parser)
    common.add_head(parser)
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument(
        "--method", default="integrated_gradients", help="of attribution: a name of iv.methods()"
    )
    ways.add_argument("--methods", metavar="A,B,C", help="several of them, with a picture each")
    parser.add_argument("--target", metavar="CLASS", help="class to explain; else the head's top")
    parser.add_argument(
        "--against", metavar="CLASS", help="explain the target's logit less this class's"
    )
    parser.add_argument("--unit", metavar="UNIT", help="layer, for layer methods; else a neuron's")
    parser.add_argument(
        "--channel", type=int, metavar="N", help="explain this channel of the unit, not a class"
    )
    parser.add_argument(
        "--position",
        type=values.position,
        metavar="ROW,COLUMN",
        help="and only this position of it",
    )
    return parser


def compare_parser() -> argparse.ArgumentParser:
    """Return the command line of ``compare``."""
    parser = argparse.ArgumentParser(
        prog="inception-viewer compare",
        description="With photos: each branch's share of its module along the depth of the network,"
        " beside its share of the channels. With groups of photos: the channels that tell them"
        " apart best, by Cohen's d, with p-values corrected for all channels looked at. With"
        " another checkpoint: CKA of each module, the shares in both, how often their heads agree.",
        epilog=common.TORCHRUN_HELP.format("compare FILE --group …"),
    )
    common.add_checkpoint(parser)
    parser.add_argument("images", nargs="*", metavar="IMAGE", help="photos or folders of them")
    parser.add_argument(
        "--group",
        action="append",
        default=[],
        dest="groups",
        metavar="[NAME=]FOLDER",
        help="a folder of photos; at least two groups, of any size",
    )
    parser.add_argument(
        "--measure",
        choices=("activation", "energy", "active"),
        default="activation",
        help="of which shares are printed: summed activation, squared L2 norm, active positions",
    )
    parser.add_argument(
        "--with", dest="other", metavar="OTHER", help="another checkpoint, before the same photos"
    )
    parser.add_argument("--unit", metavar="UNIT", help="list a unit's or module's channels only")
    parser.add_argument(
        "--most", type=values.count, default=20, metavar="N", help="channels to list for groups, 20"
    )
    common.add_numbers(parser)
    common.add_device(parser)
    return parser


def compare_options(arguments: Sequence[str]) -> argparse.Namespace:
    """Return what ``compare`` is asked for; what does not go together ends the program."""
    parser = compare_parser()
    options = parser.parse_intermixed_args(arguments)
    if bool(options.images) == bool(options.groups):
        parser.error("give photos, or groups of them with --group")
    if options.groups and options.other:
        parser.error("--with compares two checkpoints by photos, not by groups")
    if options.unit is not None and not options.groups:
        parser.error("--unit lists the channels that tell groups apart: it goes with --group")
    return options


def ablate_parser() -> argparse.ArgumentParser:
    """Return the command line of ``ablate``."""
    parser = argparse.ArgumentParser(
        prog="inception-viewer ablate",
        description="Ablate each branch before a head in turn and say what a class loses in logit"
        " and probability: a table of nine modules by four branches, for one photo or averaged over"
        " several with the spread. With --unit: the three heads before and after one intervention"
        " on these units together.",
    )
    common.add_checkpoint(parser)
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="photos or folders of them")
    parser.add_argument(
        "--unit",
        action="append",
        default=[],
        dest="units",
        metavar="UNIT",
        help="touch this unit, such as inception4a/5x5 or inception4a; may be given several times",
    )
    parser.add_argument(
        "--channels", type=values.channels, metavar="N,N,…", help="only these channels of the unit"
    )
    parser.add_argument(
        "--mode",
        choices=("zero", "mean", "scale"),
        default="zero",
        help="set to zero, to each channel's mean over --references, or times --factor (a unit)",
    )
    parser.add_argument(
        "--factor", type=values.factor, default=0.0, metavar="F", help="of --mode scale, at least 0"
    )
    parser.add_argument("--references", metavar="FOLDER", help="photos for --mode mean")
    parser.add_argument(
        "--target", metavar="CLASS", help="class to look at; else each photo's top one of --head"
    )
    common.add_head(parser)
    parser.add_argument(
        "--reductions", action="store_true", help="ablate the 1x1 reductions as well"
    )
    parser.add_argument(
        "--projections",
        action="store_true",
        help="ablate what the pool branch's projection reads as well (“pooled”); without the"
        " projection's output the branch is ablated anyway (“pool”)",
    )
    parser.add_argument(
        "--conductance", action="store_true", help="compute layer conductance beside it"
    )
    common.add_numbers(parser)
    common.add_device(parser)
    return parser


def ablate_options(arguments: Sequence[str]) -> argparse.Namespace:
    """Return what ``ablate`` is asked for; what does not go together ends the program."""
    parser = ablate_parser()
    options = parser.parse_intermixed_args(arguments)
    problem = _ablate_problem(options)
    if problem:
        parser.error(problem)
    return options


def _ablate_problem(options: argparse.Namespace) -> str:
    """Return what does not go together, or ``""``."""
    if bool(options.references) != (options.mode == "mean"):
        return "--mode mean and --references FOLDER go together"
    if options.factor != 0 and options.mode != "scale":
        return "--factor is that of --mode scale"
    if options.units:
        table = options.reductions or options.projections or options.conductance
        if table:
            return "--reductions, --projections and --conductance are of the table: without --unit"
    elif options.channels is not None or options.mode == "scale":
        return "--channels and --mode scale are of a --unit"
    if options.channels is not None and len(options.units) > 1:
        return "--channels are those of one --unit"
    return ""


def tcav_parser() -> argparse.ArgumentParser:
    """Return the command line of ``tcav``."""
    parser = argparse.ArgumentParser(
        prog="inception-viewer tcav",
        description="Say whether a class rests on concepts that are given by example (TCAV, Kim et"
        " al. 2018): on how many of the class's photos its logit rises when a unit moves towards"
        " the concept, whether random directions do the same, and whether the concept can be told"
        " from other photos at all.",
    )
    common.add_checkpoint(parser)
    parser.add_argument(
        "--concept",
        action="append",
        required=True,
        dest="concepts",
        metavar="[NAME=]FOLDER",
        help="photos that show it; may be given several times",
    )
    parser.add_argument("--random", required=True, metavar="FOLDER", help="photos of anything else")
    parser.add_argument("--photos", required=True, metavar="FOLDER", help="photos of the class")
    parser.add_argument(
        "--class", required=True, dest="target", metavar="CLASS", help="its name or index"
    )
    parser.add_argument(
        "--unit",
        action="append",
        dest="units",
        metavar="UNIT",
        help="where the concepts are looked for, inception4d; may be given several times",
    )
    common.add_head(parser)
    parser.add_argument("--runs", type=values.count, default=10, metavar="N", help="10")
    parser.add_argument(
        "--most",
        type=values.count,
        default=150,
        metavar="N",
        help="photos of each folder at most, 150; of the random one three times as many",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of every draw")
    parser.add_argument("--csv", metavar="CSV", help="write the numbers of every run to this file")
    parser.add_argument("--json", action="store_true", help="all the numbers on stdout, as JSON")
    common.add_device(parser)
    return parser
