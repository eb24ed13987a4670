"""The command line: the window, or one of its commands.

Nothing heavy is imported before it is known what is wanted: the window has to be on
screen before torch is.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from . import __version__, launch

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


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line asks for and return the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments and arguments[0] in COMMANDS:
        try:
            return COMMANDS[arguments[0]](arguments[1:])
        except KeyboardInterrupt:  # before the command took the signals, while torch was loading
            print("inception-viewer: stopped.", file=sys.stderr)
            return 130
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
    from .parsers.photos import report_parser

    options = report_parser().parse_args(arguments)
    from .report import run  # imports torch

    return run(options)


def compare(arguments: Sequence[str]) -> int:
    """Run ``inception-viewer compare``."""
    from .parsers.photos import compare_options

    options = compare_options(arguments)
    from .commands.compare import run  # imports torch

    return run(options)


def ablate(arguments: Sequence[str]) -> int:
    """Run ``inception-viewer ablate``."""
    from .parsers.photos import ablate_options

    options = ablate_options(arguments)
    from .commands.ablate import run  # imports torch

    return run(options)


def evaluate(arguments: Sequence[str]) -> int:
    """Run ``inception-viewer evaluate``."""
    from .parsers.folders import evaluate_parser

    options = evaluate_parser().parse_args(arguments)
    from .commands.evaluate import run  # imports torch

    return run(options)


def fit_heads(arguments: Sequence[str]) -> int:
    """Run ``inception-viewer fit-heads``."""
    from .parsers.folders import fit_heads_parser

    options = fit_heads_parser().parse_args(arguments)
    from .commands.fit_heads import run  # imports torch

    return run(options)


def get(arguments: Sequence[str]) -> int:
    """Run ``inception-viewer get``."""
    from .parsers.checkpoints import get_parser

    options = get_parser().parse_args(arguments)
    from .commands.get import run  # without torch

    return run(options)


def index(arguments: Sequence[str]) -> int:
    """Run ``inception-viewer index``."""
    from .parsers.folders import index_parser

    options = index_parser().parse_args(arguments)
    from .commands.index import run  # imports torch

    return run(options)


def inspect(arguments: Sequence[str]) -> int:
    """Run ``inception-viewer inspect``."""
    from .parsers.checkpoints import inspect_parser

    options = inspect_parser().parse_args(arguments)
    from .commands.inspect import run  # imports torch

    return run(options)


def tcav(arguments: Sequence[str]) -> int:
    """Run ``inception-viewer tcav``."""
    from .parsers.photos import tcav_parser

    options = tcav_parser().parse_args(arguments)
    from .commands.tcav import run  # imports torch

    return run(options)


def train(arguments: Sequence[str]) -> int:
    """Run ``inception-viewer train``."""
    from .parsers.folders import train_parser

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


if __name__ == "__main__":
    sys.exit(main())
