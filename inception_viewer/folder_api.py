"""The public Python interface to checkpoints as files and to folders of photos.

What the commands ``inspect``, ``evaluate``, ``fit-heads``, ``index`` and ``get`` do, for a
notebook: the same questions, and the same numbers.
"""

from __future__ import annotations

from os import PathLike, fspath
from pathlib import Path

from . import arguments
from .analysis.indexing import place_for
from .api import Network, Watch, load
from .checkpoints.catalogue import PUBLISHED, Published
from .folder_questions import Evaluate, EvaluationAnswer, FitHeads, FittedHeads, Targets
from .index_questions import (
    MOST,
    BuildIndex,
    IndexAnswer,
    IndexInfo,
    TopPhotos,
    TopPhotosAnswer,
)
from .questions import Preprocessing, Received
from .verdict_questions import Judge, Verdict

Source = str | PathLike[str] | Network

MOST_BINS = 1000
"""Of a calibration curve."""


def inspect(
    checkpoint: Source,
    *,
    device: str = "cpu",
    preprocessing: Preprocessing | None = None,
    progress: Watch | None = None,
) -> Verdict:
    """Say exactly what a checkpoint is, with the sample photos as witnesses.

    Parameters
    ----------
    checkpoint
        A network from :func:`load`, or what :func:`load` takes.
    device
        Where to run it, if it is not open yet.
    preprocessing
        An input to judge instead of the checkpoint's own.
    progress
        Called with the share done in [0, 1] and a few words; it takes seconds.

    Returns
    -------
    Verdict
        ``.family``, ``.kernel_5x5``, ``.normalisation``, ``.heads`` with the evidence for
        each, ``.convention``, ``.suggestion``, ``.sha256``, ``.warnings``, ….

    Raises
    ------
    CheckpointError
        If it cannot be opened, in one sentence.
    QuestionError
        If this machine lacks the device.
    """
    net = checkpoint if isinstance(checkpoint, Network) else load(checkpoint, device=device)
    verdict: Verdict = net._answer(Judge(net.fingerprint, preprocessing), progress)
    return verdict


def evaluate(
    net: Network,
    folder: str | PathLike[str],
    *,
    list_file: str | PathLike[str] = "",
    csv: str | PathLike[str] = "",
    preprocessing: Preprocessing | None = None,
    bins: int = 15,
    worst: int = 50,
    progress: Watch | None = None,
) -> EvaluationAnswer:
    """Say how often each head is right on labelled photos.

    Parameters
    ----------
    net
        From :func:`load`.
    folder
        ``FOLDER/class/image``: each folder is the class of its name, whatever the case and
        punctuation. With a list, what its paths start from.
    list_file
        A text file with a path and the index or name of a class per line, instead of folders.
    csv
        A file to write one line a photo to.
    preprocessing
        How photos become inputs; None for the checkpoint's own.
    bins
        Of the calibration curve, 1 to 1,000.
    worst
        How many mistakes of each head are kept, the surest first.
    progress
        Called with the share done in [0, 1] and a few words.

    Returns
    -------
    EvaluationAnswer
        ``.heads["main"].top1.value`` and ``.interval``, ``.top5``, ``.right`` per class,
        ``.confusion``, ``.calibration``, ``.mistakes``; ``.left_out`` and ``.unreadable``.

    Raises
    ------
    ViewerError
        If the folder or the list gives no labelled photos, or ``csv`` cannot be written.
    """
    question = Evaluate(
        net.fingerprint,
        arguments.folder(folder, "folder of photos"),
        list_file=arguments.file(list_file, "list"),
        preprocessing=arguments.preprocessing(preprocessing),
        csv=arguments.file(csv, "table to write"),
        bins=arguments.within(bins, "number of bins", 1, MOST_BINS),
        worst=arguments.count(worst, "number of mistakes"),
    )
    made = question.preprocessing or net.preprocessing
    net._lab.graph(net.fingerprint, made.height, made.width)  # says whether it is too small
    measured: EvaluationAnswer = net._answer(question, progress)
    return measured


def fit_heads(
    net: Network,
    folder: str | PathLike[str],
    *,
    out: str | PathLike[str] = "",
    targets: Targets = "auto",
    most: int = 1500,
    validation_share: float = 0.1,
    epochs: int = 40,
    seed: int = 0,
    preprocessing: Preprocessing | None = None,
    progress: Watch | None = None,
) -> FittedHeads:
    """Fit the two auxiliary heads to a folder of photos, and write a new checkpoint.

    The rest of the network stays as it is, and so does ``net``: ``load(answer.path)`` is the
    network with the new heads.

    Parameters
    ----------
    net
        From :func:`load`.
    folder
        Photos, to any depth.
    out
        The ``.safetensors`` file to write; ``""`` for one beside the checkpoint's file.
    targets
        What to learn: ``"main"``, what the main head answers; ``"labels"``, the folders' names
        as well; ``"auto"``, the labels if every folder is named like a class.
    most
        Photos to use at most, drawn by the seed.
    validation_share
        Share of them, in [0, 1), that is kept apart to measure on.
    epochs
        Passes over the others.
    seed
        Of the draw, the split, the heads' first weights and the dropout.
    preprocessing
        How photos become inputs; None for the checkpoint's own.
    progress
        Called with the share done in [0, 1] and a few words.

    Returns
    -------
    FittedHeads
        ``.path`` of the new checkpoint, ``""`` if no head fits better than chance;
        ``.heads["aux1"].before``, ``.after`` and ``.chance``: agreement with the main head on
        the photos kept apart.

    Raises
    ------
    ViewerError
        If the folder has too few photos, or the file cannot be written.
    """
    question = FitHeads(
        net.fingerprint,
        fspath(folder),
        out=fspath(out),
        targets=targets,
        most=most,
        validation_share=validation_share,
        epochs=epochs,
        seed=seed,
        preprocessing=preprocessing,
    )
    fitted: FittedHeads = net._answer(question, progress)
    return fitted


def index(
    net: Network,
    folder: str | PathLike[str],
    out: str | PathLike[str] | None = None,
    most: int = MOST,
    *,
    preprocessing: Preprocessing | None = None,
    progress: Watch | None = None,
) -> IndexAnswer:
    """Find the photos, and the places in them, that excite each channel of a network most.

    What is known is written every half minute, and when it is stopped: the same call goes on
    from there, and returns at once if all is known. Under ``torchrun`` several processes share
    the work.

    Parameters
    ----------
    net
        From :func:`load`.
    folder
        Photos, to any depth.
    out
        The index file to write; None for one in the user's cache folder, where the window
        looks.
    most
        Photos that are kept of each channel, 1 to 100.
    preprocessing
        How photos become inputs; None for the checkpoint's own.
    progress
        Called with the share done in [0, 1] and a few words.

    Returns
    -------
    IndexAnswer
        ``.info.path``, ``.info.photos``, ``.failures``; :func:`top_photos` looks into it.

    Raises
    ------
    ViewerError
        If the folder holds no photos, or the file cannot be written or is something else.
    """
    question = BuildIndex(
        net.fingerprint,
        arguments.folder(folder, "folder of photos"),
        arguments.file(out, "index"),
        arguments.preprocessing(preprocessing),
        arguments.whole(most, "number of photos"),
    )
    found: IndexAnswer = net._answer(question, progress)
    return found


def top_photos(
    net: Network,
    index: IndexAnswer | IndexInfo | str | PathLike[str],
    unit: str,
    channel: int,
) -> TopPhotosAnswer:
    """Return the photos that excite a channel most, cut out at its receptive field.

    Parameters
    ----------
    net
        From :func:`load`.
    index
        What :func:`index` returned, an index file, or the folder that was indexed.
    unit, channel
        A convolution (``"inception4a/3x3"``) and its channel.

    Returns
    -------
    TopPhotosAnswer
        ``.photos``, the strongest first, each with ``.path``, ``.activation``, ``.position``,
        ``.box``, ``.picture``, ``.cut``, and ``.problem`` if it is gone or has changed.

    Raises
    ------
    ViewerError
        If there is no such index, unit or channel.
    """
    question = TopPhotos(
        _index_file(net, index),
        net.fingerprint,
        arguments.name(unit, "unit"),
        arguments.whole(channel, "channel"),
    )
    found: TopPhotosAnswer = net._answer(question)
    return found


def _index_file(net: Network, index: IndexAnswer | IndexInfo | str | PathLike[str]) -> str:
    if isinstance(index, IndexAnswer):
        return index.info.path
    if isinstance(index, IndexInfo):
        return index.path
    path = Path(arguments.folder(index, "index"))
    if not path.is_dir():
        return str(path)
    asked = BuildIndex(net.fingerprint, str(path))
    return str(place_for(asked, net.preprocessing, path.absolute()))


def published() -> tuple[Published, ...]:
    """Return the checkpoints that :func:`get` can download: name, size, licence, source, …."""
    return PUBLISHED


def get(name: str, *, folder: str | PathLike[str] = "", progress: Watch | None = None) -> Path:
    """Download a published checkpoint, unless it is there already.

    What was cut off or stopped goes on from there; the file has its name only once it is whole
    and its digest is right. Look at the licence first: :func:`published`.

    Parameters
    ----------
    name
        ``"torchvision"``, ``"inception5h"`` or ``"bvlc"``.
    folder
        Where to put it; ``""`` for the place where :func:`load` finds it by its name.
    progress
        Called with the share received in [0, 1] and a few words.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    CheckpointError
        If it cannot be had, in a sentence, with how to do it by hand if that helps.
    """
    from .checkpoints.getting.get import get as getting  # pooch is seldom needed

    def report(received: Received) -> None:
        if progress is not None:
            share = min(1.0, received.received / max(1, received.total))
            progress(share, received.note or f"{received.received / 1e6:.1f} MB")

    return Path(getting(name, fspath(folder), report).path)
