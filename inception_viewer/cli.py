"""The command line: the window, or one of its commands.

Nothing heavy is imported before it is known what is wanted: the window has to be on
screen before torch is.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from . import __version__, launch

if TYPE_CHECKING:
    from .questions import Preprocessing

COMMANDS_HELP = """commands:
  inception-viewer train FOLDER --out FILE.safetensors
                        train a network on FOLDER/class/image
  inception-viewer evaluate FILE FOLDER
                        how often each head is right on FOLDER/class/image
  inception-viewer fit-heads FILE FOLDER
                        fit auxiliary heads to a folder's photos: a new checkpoint
  inception-viewer inspect FILE [--json]
                        say exactly what a checkpoint is, and whether it is read right
  inception-viewer report IMAGE… --out DIR
                        write predictions, maps and an attribution, without a window
  inception-viewer tcav FILE --concept FOLDER --random FOLDER --photos FOLDER --class CLASS
                        say whether a class rests on concepts given by folders of photos
  inception-viewer compare FILE IMAGE… or --group NAME=FOLDER --group NAME=FOLDER
                        say each branch's share along the depth, or what tells groups apart
  inception-viewer compare FILE IMAGE… --with OTHER
                        say how alike two checkpoints see the same photos
  inception-viewer ablate FILE IMAGE… [--unit UNIT]
                        say what each branch is worth, or what touching a unit does
  inception-viewer index FOLDER [--checkpoint FILE] [--show UNIT:CHANNEL]
                        find the photos, and the places in them, that excite each channel most
  inception-viewer get [NAME] [--to FOLDER]
                        download a published checkpoint; without NAME, list them
  inception-viewer COMMAND --help tells more. A photo named like a command is opened
  as ./train.
"""

TORCHRUN_HELP = (
    "Folders of any size: “torchrun --nproc-per-node 4 -m inception_viewer {} …” shares the photos"
    " out among four processes, on one machine or several, and gives the same numbers to the last"
    " bit; see docs/compare.md."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line asks for and return the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments and arguments[0] in COMMANDS:
        return COMMANDS[arguments[0]](arguments[1:])
    if "--version" in arguments:
        print(f"inception-viewer {__version__}")
        return 0
    if {"-h", "--help"} & set(arguments):
        parser = launch.parser()
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
        parser.epilog = COMMANDS_HELP
        parser.print_help()
        return 0
    return launch.main(arguments)


def report(arguments: Sequence[str]) -> int:
    """Run ``inception-viewer report``."""
    options = report_parser().parse_args(arguments)
    from .report import run  # imports torch

    return run(options)


def compare(arguments: Sequence[str]) -> int:
    """Run ``inception-viewer compare``."""
    parser = compare_parser()
    options = parser.parse_intermixed_args(arguments)
    if bool(options.images) == bool(options.groups):
        parser.error("give photos, or groups of them with --group")
    if options.groups and options.other:
        parser.error("--with compares two checkpoints by photos, not by groups")
    from .commands.compare import run  # imports torch

    return run(options)


def ablate(arguments: Sequence[str]) -> int:
    """Run ``inception-viewer ablate``."""
    parser = ablate_parser()
    options = parser.parse_intermixed_args(arguments)
    problem = _ablate_problem(options)
    if problem:
        parser.error(problem)
    from .commands.ablate import run  # imports torch

    return run(options)


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


def evaluate(arguments: Sequence[str]) -> int:
    """Run ``inception-viewer evaluate``."""
    options = evaluate_parser().parse_args(arguments)
    from .commands.evaluate import run  # imports torch

    return run(options)


def fit_heads(arguments: Sequence[str]) -> int:
    """Run ``inception-viewer fit-heads``."""
    options = fit_heads_parser().parse_args(arguments)
    from .commands.fit_heads import run  # imports torch

    return run(options)


def get(arguments: Sequence[str]) -> int:
    """Run ``inception-viewer get``."""
    options = get_parser().parse_args(arguments)
    from .commands.get import run  # without torch

    return run(options)


def index(arguments: Sequence[str]) -> int:
    """Run ``inception-viewer index``."""
    options = index_parser().parse_args(arguments)
    from .commands.index import run  # imports torch

    return run(options)


def inspect(arguments: Sequence[str]) -> int:
    """Run ``inception-viewer inspect``."""
    options = inspect_parser().parse_args(arguments)
    from .commands.inspect import run  # imports torch

    return run(options)


def tcav(arguments: Sequence[str]) -> int:
    """Run ``inception-viewer tcav``."""
    options = tcav_parser().parse_args(arguments)
    from .commands.tcav import run  # imports torch

    return run(options)


def train(arguments: Sequence[str]) -> int:
    """Run ``inception-viewer train``."""
    options = train_parser().parse_args(arguments)
    from .training.command import train  # imports torch

    return train(options)


COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {
    "ablate": ablate,
    "compare": compare,
    "evaluate": evaluate,
    "fit-heads": fit_heads,
    "get": get,
    "index": index,
    "inspect": inspect,
    "report": report,
    "tcav": tcav,
    "train": train,
}
"""The commands by name."""


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
    parser.add_argument("--device", default="cpu", help="cpu, cuda, mps or auto")
    parser.add_argument("--head", default="main", choices=("aux1", "aux2", "main"))
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
        "--position", type=_position, metavar="ROW,COLUMN", help="and only this position of it"
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
        epilog=TORCHRUN_HELP.format("compare FILE --group …"),
    )
    parser.add_argument("checkpoint", metavar="FILE", help="“demo” or a checkpoint's file")
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
        "--most", type=_count, default=20, metavar="N", help="channels to list for groups, 20"
    )
    parser.add_argument("--csv", metavar="CSV", help="write every number to this file")
    parser.add_argument("--json", action="store_true", help="the numbers on stdout, as JSON")
    parser.add_argument("--device", default="cpu", help="cpu, cuda, mps or auto")
    return parser


def ablate_parser() -> argparse.ArgumentParser:
    """Return the command line of ``ablate``."""
    parser = argparse.ArgumentParser(
        prog="inception-viewer ablate",
        description="Ablate each branch before a head in turn and say what a class loses in logit"
        " and probability: a table of nine modules by four branches, for one photo or averaged over"
        " several with the spread. With --unit: the three heads before and after one intervention"
        " on these units together.",
    )
    parser.add_argument("checkpoint", metavar="FILE", help="“demo” or a checkpoint's file")
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
        "--channels", type=_channels, metavar="N,N,…", help="only these channels of the unit"
    )
    parser.add_argument(
        "--mode",
        choices=("zero", "mean", "scale"),
        default="zero",
        help="set to zero, to each channel's mean over --references, or times --factor (a unit)",
    )
    parser.add_argument(
        "--factor", type=_factor, default=0.0, metavar="F", help="of --mode scale, at least 0"
    )
    parser.add_argument("--references", metavar="FOLDER", help="photos for --mode mean")
    parser.add_argument(
        "--target", metavar="CLASS", help="class to look at; else each photo's top one of --head"
    )
    parser.add_argument("--head", default="main", choices=("aux1", "aux2", "main"))
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
    parser.add_argument("--csv", metavar="CSV", help="write every number to this file")
    parser.add_argument("--json", action="store_true", help="the numbers on stdout, as JSON")
    parser.add_argument("--device", default="cpu", help="cpu, cuda, mps or auto")
    return parser


def evaluate_parser() -> argparse.ArgumentParser:
    """Return the command line of ``evaluate``."""
    parser = argparse.ArgumentParser(
        prog="inception-viewer evaluate",
        description="Say how often each head is right on labelled photos: first and among five,"
        " with 95 % intervals, per class, the commonest confusions, calibration, the surest"
        " mistakes. A folder is matched to the class of its name, whatever the case and"
        " punctuation; folders that mean no class are left out and said.",
        epilog=TORCHRUN_HELP.format("evaluate"),
    )
    parser.add_argument("checkpoint", metavar="FILE", help="“demo” or a checkpoint's file")
    parser.add_argument("folder", metavar="FOLDER", help="holds a folder of photos for each class")
    parser.add_argument(
        "--list",
        metavar="LIST",
        help="a path (from FOLDER) and the index or name of a class per line, instead of folders",
    )
    parser.add_argument("--csv", metavar="CSV", help="write one line a photo to this file")
    parser.add_argument("--json", action="store_true", help="all the numbers on stdout, as JSON")
    parser.add_argument(
        "--worst", type=_count, default=50, metavar="N", help="mistakes in JSON, 50"
    )
    parser.add_argument("--bins", type=_count, default=15, metavar="N", help="of calibration, 15")
    parser.add_argument("--device", default="cpu", help="cpu, cuda, mps or auto")
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
    parser.add_argument("checkpoint", metavar="FILE", help="“demo” or a checkpoint's file")
    parser.add_argument("folder", metavar="FOLDER", help="photos, in folders or not")
    parser.add_argument("--out", metavar="FILE", help="the new checkpoint; beside FILE otherwise")
    parser.add_argument(
        "--targets",
        choices=("auto", "main", "labels"),
        default="auto",
        help="what to learn: the main head's answers alone, or the folders' names as well",
    )
    parser.add_argument(
        "--images", type=_count, default=1500, metavar="N", help="photos to use at most, 1500"
    )
    parser.add_argument("--epochs", type=_count, default=40, metavar="N")
    parser.add_argument("--validation-share", type=_share, default=0.1, metavar="SHARE")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument(
        "--preprocessing",
        type=_preprocessing,
        metavar="JSON",
        help="how photos become the input, as the checkpoint's metadata says it; else its own",
    )
    parser.add_argument(
        "--names",
        default="",
        metavar="LIST",
        help="what the classes are called: a list's file, imagenet, imagenet_5h or places365;"
        " else as FILE says",
    )
    parser.add_argument("--device", default="cpu", help="cpu, cuda, mps or auto")
    parser.add_argument("--json", action="store_true", help="events on stdout, a JSON object each")
    parser.add_argument(
        "--background", action="store_true", help="let other programs have the processor first"
    )
    return parser


def index_parser() -> argparse.ArgumentParser:
    """Return the command line of ``index``."""
    parser = argparse.ArgumentParser(
        prog="inception-viewer index",
        description="Find, for every channel of every convolution, the photos in FOLDER that excite"
        " it most and where. What is known is written every half minute; the same command goes on"
        " where it was stopped. Under torchrun several processes share the work.",
    )
    parser.add_argument("folder", metavar="FOLDER", help="photos, in folders or not")
    parser.add_argument("--checkpoint", default="demo", metavar="FILE", help="“demo” or a file")
    parser.add_argument("--out", metavar="FILE", help="the index; else one the window finds")
    parser.add_argument(
        "--most", type=_count, default=9, metavar="N", help="photos kept of each channel, 9"
    )
    parser.add_argument(
        "--show",
        type=_unit_and_channel,
        metavar="UNIT:CHANNEL",
        help="make nothing, but print what the index has: --show inception4a/3x3:17",
    )
    parser.add_argument(
        "--preprocessing",
        type=_preprocessing,
        metavar="JSON",
        help="how photos become the input, as the checkpoint's metadata says it; else its own",
    )
    parser.add_argument("--device", default="cpu", help="cpu, cuda, mps or auto")
    parser.add_argument("--json", action="store_true", help="events on stdout, a JSON object each")
    parser.add_argument(
        "--background", action="store_true", help="let other programs have the processor first"
    )
    return parser


def inspect_parser() -> argparse.ArgumentParser:
    """Return the command line of ``inspect``."""
    parser = argparse.ArgumentParser(
        prog="inception-viewer inspect",
        description="Say what a checkpoint is: family, the real kernel of its “5x5” branches, "
        "normalisation, classes, which heads were trained and how that is known, how photos "
        "become its input and whether the sample photos speak for another way, parameters, "
        "multiply-adds, SHA-256, warnings. Nothing in the file is executed.",
    )
    parser.add_argument("checkpoint", metavar="FILE", help="“demo” or a checkpoint's file")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument("--device", default="cpu", help="cpu, cuda, mps or auto")
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


def tcav_parser() -> argparse.ArgumentParser:
    """Return the command line of ``tcav``."""
    parser = argparse.ArgumentParser(
        prog="inception-viewer tcav",
        description="Say whether a class rests on concepts that are given by example (TCAV, Kim et"
        " al. 2018): on how many of the class's photos its logit rises when a unit moves towards"
        " the concept, whether random directions do the same, and whether the concept can be told"
        " from other photos at all.",
    )
    parser.add_argument("checkpoint", metavar="FILE", help="“demo” or a checkpoint's file")
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
    parser.add_argument("--head", default="main", choices=("aux1", "aux2", "main"))
    parser.add_argument("--runs", type=_count, default=10, metavar="N", help="10")
    parser.add_argument(
        "--most",
        type=_count,
        default=150,
        metavar="N",
        help="photos of each folder at most, 150; of the random one three times as many",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of every draw")
    parser.add_argument("--csv", metavar="CSV", help="write the numbers of every run to this file")
    parser.add_argument("--json", action="store_true", help="all the numbers on stdout, as JSON")
    parser.add_argument("--device", default="cpu", help="cpu, cuda, mps or auto")
    return parser


def train_parser() -> argparse.ArgumentParser:
    """Return the command line of ``train``."""
    parser = argparse.ArgumentParser(
        prog="inception-viewer train",
        description="Train a GoogLeNet with the paper's recipe on FOLDER/class/image and write a "
        "checkpoint. The state is saved often; the same command goes on where it was stopped.",
    )
    parser.add_argument("folder", metavar="FOLDER", help="holds a folder of photos for each class")
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
    group.add_argument("--batch-size", type=_batch_size, metavar="N")
    group.add_argument("--schedule", choices=("cosine", "paper"), help="of the learning rate")
    group.add_argument("--learning-rate", type=_rate, metavar="RATE")
    group.add_argument("--validation-share", type=_share, metavar="SHARE", help="kept apart, 0.1")
    group.add_argument("--seed", type=int, metavar="N")


def _position(text: str) -> tuple[int, int]:
    row, _, column = text.partition(",")
    if not (row.strip().isdecimal() and column.strip().isdecimal()):
        raise argparse.ArgumentTypeError(f"“{text}” is not a row and a column, such as 3,5")
    return int(row), int(column)


def _unit_and_channel(text: str) -> tuple[str, int]:
    unit, _, channel = text.rpartition(":")
    if not unit or not channel.isdecimal():
        raise argparse.ArgumentTypeError(
            f"“{text}” is not a unit and a channel, such as inception4a/3x3:17"
        )
    return unit, int(channel)


def _channels(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() for part in parts):
        raise argparse.ArgumentTypeError(f"“{text}” is not a list of channels, such as 3,5")
    return tuple(dict.fromkeys(map(int, parts)))


def _factor(text: str) -> float:
    return _number(text, lambda value: 0 <= value < float("inf"), "a factor of at least 0")


def _count(text: str) -> int:
    return int(_number(text, lambda value: value >= 1 and value == int(value), "a count"))


def _batch_size(text: str) -> int:
    return int(_number(text, lambda value: value >= 2 and value == int(value), "a count above 1"))


def _rate(text: str) -> float:
    return _number(text, lambda value: 0 < value < float("inf"), "a number above 0")


def _share(text: str) -> float:
    return _number(text, lambda value: 0 <= value < 1, "a share from 0 to below 1")


def _preprocessing(text: str) -> Preprocessing:
    from .fit_events import preprocessing_from_json

    try:
        return preprocessing_from_json(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"“{text}” is {error}") from None


def _number(text: str, fits: Callable[[float], bool], wanted: str) -> float:
    try:
        value = float(text)
        fit = fits(value)
    except (ValueError, OverflowError):
        fit = False
    if not fit:
        raise argparse.ArgumentTypeError(f"“{text}” is not {wanted}")
    return value


if __name__ == "__main__":
    sys.exit(main())
