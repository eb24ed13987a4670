"""A channel's top photos as a picture file, with what they are below."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QFontMetricsF, QImage, QPainter

from ...index_questions import TopPhotosAnswer
from .. import theme
from ..attribution.export import export_font
from ..compare.saving import on_paper, plain
from ..pictures import image_of
from . import words
from .tile_paint import Grid, paint_number, paint_tile, reach

SIDE = 200
COLUMNS = 5


def name_for(answer: TopPhotosAnswer) -> str:
    """Return the name of the file to offer."""
    asked = answer.question
    return plain(f"top-photos-{asked.unit}-{asked.channel}") + ".png"


def caption(answer: TopPhotosAnswer, checkpoint: str) -> str:
    """Return what the picture shows, and where it comes from."""
    asked, info = answer.question, answer.info
    made = info.preprocessing
    how = "squeezed to" if made.resize == "squeeze" else "cut to"
    lines = [
        f"Top photos of {asked.unit}, channel {asked.channel}, of {checkpoint}"
        f" ({info.fingerprint[:12]}), cut out at the receptive field, with the channel's"
        f" activation. {words.about(answer)} Input {how} {made.width}x{made.height}.",
        ", ".join("/".join(Path(photo.path).parts[-2:]) for photo in answer.photos),
    ]
    return "\n".join(lines)


def picture_of(answer: TopPhotosAnswer, field: int, checkpoint: str) -> QImage:
    """Return the tiles on white with a caption.

    Parameters
    ----------
    answer
        What is shown.
    field
        Size of the unit's receptive field in pixels; 0 where it is not known.
    checkpoint
        Its name.
    """
    font = export_font()
    photos, line = answer.photos, float(round(QFontMetricsF(font).height() * 1.3))
    grid, side = Grid(len(photos), COLUMNS, SIDE, line), reach(photos, field)

    def paint(painter: QPainter) -> None:
        for place, photo in enumerate(photos):
            image = image_of(photo.cut) if photo.cut is not None else None
            painter.setFont(font)
            paint_tile(painter, photo, image, grid.tile(place), side, theme.LIGHT)
            paint_number(painter, photo, grid, place, font, theme.LIGHT.text)

    return on_paper(grid.width, round(grid.height), caption(answer, checkpoint), paint)
