"""What is compared, written to files: pictures with a caption, numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter
from PySide6.QtWidgets import QFileDialog, QWidget

from .. import theme
from ..attribution.export import MARGIN, export_font
from .maps_layout import arrange
from .maps_paint import Look
from .rows import Sheet

if TYPE_CHECKING:
    from .maps_canvas import MapsCanvas

Ask = Callable[..., tuple[str, str]]
COLUMN = 264.0
"""Width of a map in a saved picture."""


def plain(name: str) -> str:
    """Return a name that any file system takes."""
    return "".join(c if c.isalnum() or c in "-_" else "-" for c in name)[:80] or "maps"


def ask(parent: QWidget, dialog: Ask, title: str, name: str, kinds: str) -> Path | None:
    """Ask where to write; None if the dialog was left. A missing ending is added."""
    path, _ = dialog(parent.window(), title, name, kinds)
    if not path:
        return None
    found = Path(path)
    return found if found.suffix else found.with_suffix(Path(name).suffix)


ask_dialog: Ask = QFileDialog.getSaveFileName


def written(act: Callable[[], None], path: Path) -> str:
    """Write, and return in one sentence what became of it."""
    try:
        act()
    except OSError as error:
        return f"{path} cannot be written: {error.strerror or error}."
    return f"Saved {path.name}."


def on_paper(width: int, height: int, caption: str, paint: Callable[[QPainter], None]) -> QImage:
    """Return what ``paint`` paints, on white, with a caption below.

    Parameters
    ----------
    width, height
        Of what is painted, in pixels.
    caption
        Also in the file's own description.
    paint
        Called with a painter whose origin is the corner of the room there is.
    """
    font = export_font()
    wide = max(width, 900)
    room = QRectF(0, 0, wide, 4000)
    flags = int(Qt.TextFlag.TextWordWrap)
    said = QFontMetricsF(font).boundingRect(room, flags, caption)
    total = height + int(np.ceil(said.height())) + 3 * MARGIN
    image = QImage(wide + 2 * MARGIN, total, QImage.Format.Format_RGB32)
    image.fill(QColor(theme.LIGHT.panel))
    image.setText("Description", caption)
    painter = QPainter(image)
    painter.translate(MARGIN, MARGIN)
    painter.save()
    paint(painter)
    painter.restore()
    painter.setFont(font)
    painter.setPen(QColor(theme.LIGHT.text))
    painter.drawText(QRectF(0, height + MARGIN, wide, said.height() + 4), flags, caption)
    painter.end()
    return image


def maps_picture(canvas: MapsCanvas, caption: str) -> QImage:
    """Return compared maps as a picture: as on the screen, larger, in the light theme."""
    sheet, font = canvas.sheet, export_font()
    small = QFont(font)
    small.setPixelSize(round(font.pixelSize() * 0.85))
    line = float(int(QFontMetricsF(font).height()))
    metrics = QFontMetricsF(font)
    gutter = 40 + max(
        QFontMetricsF(small).horizontalAdvance("channel 888"),
        *(metrics.horizontalAdvance(row.name) for row in sheet.rows), 0.0
    )  # fmt: skip
    height, width = sheet.shape
    parted = sheet.difference is not None
    across = (COLUMN + 8) * max(1, sheet.count) + gutter + 120.0 * (2 if parted else 1)
    room = across, 1e6
    words = float(int(gutter)), 120.0, line
    layout = arrange(room, max(1, sheet.count), len(sheet.rows), height / width, words, parted)
    look = Look(theme.LIGHT, font, small, canvas.zoom, canvas.point)
    size = round(layout.total_width), round(layout.total_height)
    return on_paper(
        *size, caption, lambda painter: canvas.draw(painter, layout, look, QRectF(0, 0, *size))
    )


def array_of(sheet: Sheet) -> np.ndarray:
    """Return the maps (rows, photos, height, width), float32; nan where one is not known."""
    found = np.full((len(sheet.rows), len(sheet.columns), *sheet.shape), np.nan, np.float32)
    for (row, column), values in (sheet.values or {}).items():
        found[row, column] = values
    return found


def save_maps(sheet: Sheet, path: Path) -> None:
    """Write ``maps``, and what its rows and photos are, as ``.npz``.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    held = io.BytesIO()
    np.savez(
        held,
        maps=array_of(sheet),
        rows=np.array([row.words for row in sheet.rows]),
        photos=np.array([column.name for column in sheet.columns]),
        images=np.array([column.image for column in sheet.columns]),
    )
    path.write_bytes(held.getvalue())


def save_rows(rows: Sequence[Sequence[object]], path: Path) -> None:
    """Write a table as CSV, the first row its heading.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    held = io.StringIO()
    csv.writer(held, lineterminator="\n").writerows(rows)
    path.write_text(held.getvalue(), encoding="utf-8")
