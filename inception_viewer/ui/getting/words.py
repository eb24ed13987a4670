"""What the dialog says of a checkpoint that can be got, and of one on its way."""

from __future__ import annotations

from html import escape

from ...checkpoints.catalogue import Published
from ...checkpoints.getting.part import Part
from ...questions import Received
from .. import theme
from ..progress import left_text


def megabytes(size: int) -> str:
    """Return ``"52.1 MB"``, in millions of bytes."""
    return f"{size / 1e6:.1f} MB"


def state(entry: Published, received: Received | None) -> str:
    """Return where it is, in a few words; ``received`` while it is on its way."""
    if received is not None:
        return f"{100 * received.received // max(1, received.total)} % have arrived"
    if entry.seems_here():
        return "on this computer"
    kept = kept_bytes(entry)
    return f"{megabytes(kept)} of it are here" if kept else f"{megabytes(entry.size)} to get"


def kept_bytes(entry: Published) -> int:
    """Return how much an earlier, unfinished download left that can be gone on with."""
    part = Part(entry.path, entry.url)
    return part.size if part.resumable() else 0


def amount(received: Received) -> str:
    """Return ``"31.2 of 52.1 MB"``, or what there is to say instead."""
    if received.note:
        return received.note[:1].upper() + received.note[1:]
    return f"{received.received / 1e6:.1f} of {megabytes(received.total)}"


def progress(received: Received) -> str:
    """Return the same and how long it takes: ``"31.2 of 52.1 MB, 12 s left"``."""
    have, left = amount(received), left_text(received.seconds_left)
    return f"{have}, {left}" if left and not received.note else have


def page(entry: Published, failure: str = "") -> str:
    """Return everything about it as HTML, the terms and the source included."""
    colours = theme.current()
    said = f"<p style='color: {colours.error}'>{escape(failure)}</p>" if failure else ""
    algorithm, _, digest = entry.digest.partition(":")
    rows = (
        ("Size", f"about {megabytes(entry.size)}"),
        ("Licence", _link(entry.licence_url, entry.licence)),
        ("Source", _link(entry.page, entry.page)),
        ("Comes from", escape(entry.url)),
        ("Goes to", f"{escape(str(entry.path))}<br>A file put there by hand is found, too."),
        ("Checked by", f"{algorithm} {digest}"),
    )
    cells = "".join(
        f"<tr><td style='padding-right: 12px; color: {colours.muted}'>{label}</td>"
        f"<td>{words}</td></tr>"
        for label, words in rows
    )
    return (
        f"{said}<h3>{escape(entry.title)}</h3><p>{escape(entry.about)}</p>"
        f"<table cellspacing='4'>{cells}</table>"
    )


def _link(address: str, words: str) -> str:
    colour = theme.current().accent
    return f"<a style='color: {colour}' href='{escape(address)}'>{escape(words)}</a>"
