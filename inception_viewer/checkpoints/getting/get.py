"""Have a published checkpoint in its place: the one already there, or a download."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from inception_viewer.checkpoints.catalogue import Published, own_folder, published
from inception_viewer.checkpoints.digests import for_pooch, matches
from inception_viewer.errors import CheckpointError
from inception_viewer.questions import GotCheckpoint, Received

from . import troubles
from .downloader import Downloader, Patience, Report, megabytes
from .part import Part

USUAL = Patience()


def _nobody(received: Received) -> None:
    """Report to nobody."""


def get(
    source: str | Published,
    folder: str | Path = "",
    report: Report = _nobody,
    patience: Patience = USUAL,
) -> GotCheckpoint:
    """Bring a published checkpoint to its place, unless it is there.

    The file has its name only once all of it is there and its digest is right. Whatever
    ``report`` raises ends the download; a later call goes on from where it ended.

    Parameters
    ----------
    source
        A name of :data:`~..catalogue.PUBLISHED`.
    folder
        Where to put it; ``""`` for the place where it is looked for by its name.
    report
        Told often how far it is, also while nothing comes.
    patience
        When to give up on a server.

    Raises
    ------
    CheckpointError
        If it cannot be had, in a sentence, with how to do it by hand if that helps.
    """
    entry = published(source) if isinstance(source, str) else source
    target = Path(folder).expanduser().absolute() / entry.file if folder else entry.path
    try:
        if target.is_file() and matches(target, entry.digest):
            return GotCheckpoint(entry.name, str(target), fetched=False)
        target.parent.mkdir(parents=True, exist_ok=True)
        with _alone(target):
            _check_room(entry, target)
            _retrieve(entry, target, Downloader(entry, target, report, patience))
    except OSError as error:
        raise troubles.of_disk(error, str(target.parent)) from None
    return GotCheckpoint(entry.name, str(target), fetched=True)


def _retrieve(entry: Published, target: Path, downloader: Downloader) -> None:
    """Let pooch fetch and check the file in a folder beside the target, then move it at once.

    Not pooch's own move to its last place: on Windows that copies over a file that is there.
    And the folder takes along what pooch leaves behind in a process that is killed.
    """
    import pooch

    workshop = target.with_name(target.name + ".new")
    shutil.rmtree(workshop, ignore_errors=True)
    try:
        with _quiet(pooch.get_logger()):
            fresh = pooch.retrieve(
                entry.url,
                for_pooch(entry.digest),
                fname=target.name,
                path=workshop,
                downloader=downloader,
            )
        os.replace(fresh, target)
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def _check_room(entry: Published, target: Path) -> None:
    """Find out before the download what would end it: a full disk, a folder of others."""
    tempfile.TemporaryFile(dir=target.parent).close()
    needed = entry.size - Part(target, entry.url).size
    free = shutil.disk_usage(target.parent).free
    if free < needed:
        raise CheckpointError(
            f"The disk with {target.parent} has {megabytes(free)} left, and "
            f"{megabytes(needed)} are needed."
        )


@contextlib.contextmanager
def _alone(target: Path) -> Iterator[None]:
    """Keep other windows and commands from writing the same file meanwhile."""
    import filelock

    mark = hashlib.sha256(str(target).encode()).hexdigest()[:16]
    place = own_folder().parent / "locks" / f"{mark}.lock"
    lock = filelock.FileLock(place, timeout=0)
    # Without a folder of our own to lock in, the digest still keeps it honest.
    with contextlib.suppress(PermissionError, NotADirectoryError):
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire()
        except filelock.Timeout:
            raise CheckpointError(
                f"{target.name} is being downloaded already, by another window or command."
            ) from None
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def _quiet(logger: logging.Logger) -> Iterator[None]:
    """Keep pooch's own lines off stderr; what there is to say is said here."""
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)
