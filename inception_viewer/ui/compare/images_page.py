"""Photos side by side: the same maps of each, on one scale, with the difference of any two."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QMenu,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ...questions import MapsAnswer
from .. import theme
from ..attribution.export import save_picture
from ..attribution.words import number
from ..maps.elided import ElidedLabel
from . import saving
from .exporting import PNG, ExportingPage
from .maps_canvas import HINT, SHORT_HINT, MapsCanvas
from .rows import KINDS, Column, Kind, Sheet, letter, sheet_of

ALONE = "This is one photo: open another, or tick more, and they stand beside it."
NO_CHANNEL = "Select a channel in the feature maps, and it is compared here."
NO_MAPS = "This unit has no map: select a convolution, a pool or a module in the network."
MENU = "Save the picture…", "Save the numbers…"


class ImagesPage(ExportingPage):
    """The tools, the maps, and a line that says what is read."""

    opened = Signal(object)
    """Emitted with (photo id, (unit, channel) or None): what to look at."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns: tuple[Column, ...] = ()
        self._answers: Mapping[str, MapsAnswer] = {}
        self._channel: tuple[str, int] | None = None
        self._unit, self._caption = "", ""
        self.canvas = MapsCanvas()
        self.kind, self.shared = QComboBox(), QCheckBox("One scale")
        self.first, self.second = QComboBox(), QComboBox()
        self.difference = QCheckBox("Difference")
        self.words = ElidedLabel()
        self._dress()
        self._arrange()
        self._connect()

    def _dress(self) -> None:
        for kind, words in KINDS.items():
            self.kind.addItem(words, kind)
        for box in (self.kind, self.first, self.second):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.kind.setAccessibleName("Which maps are compared")
        self.shared.setToolTip(
            "One scale for all rows; else each row has its own, the same for all photos"
        )
        self.difference.setToolTip("Show the maps of one photo less those of another")
        self.first.setAccessibleName("Difference: this photo")
        self.second.setAccessibleName("Difference: less this photo")
        for box in (self.first, self.second):
            box.setFixedWidth(7 * theme.GRID)
        self.words.setProperty("role", "muted")
        self._dress_export("Export the compared maps", *MENU)

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, 0)
        row.setSpacing(theme.GRID)
        for part in (self.kind, self.shared, self.difference, self.first, self.second):
            row.addWidget(part)
        row.addStretch()
        row.addWidget(self.export)
        self.scrolled = QScrollArea()
        self.scrolled.setWidget(self.canvas)
        self.scrolled.setWidgetResizable(True)
        self.scrolled.setFrameShape(QFrame.Shape.NoFrame)
        self.scrolled.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.scrolled.setBackgroundRole(self.scrolled.backgroundRole().Base)
        self.scrolled.viewport().installEventFilter(self)
        foot = QHBoxLayout()
        foot.setContentsMargins(theme.GRID, 0, theme.GRID, 4)
        foot.addWidget(self.words)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GRID)
        layout.addLayout(row)
        layout.addWidget(self.scrolled, 1)
        layout.addLayout(foot)

    def _connect(self) -> None:
        self.kind.activated.connect(lambda _: self._draw())
        for box in (self.shared, self.difference):
            box.toggled.connect(lambda _: self._draw())
        for choice in (self.first, self.second):
            choice.activated.connect(lambda _: self._draw())
        self.canvas.pointed.connect(lambda _: self._tell())
        self.canvas.selected_changed.connect(lambda _: self._tell())
        self.canvas.shown.connect(self._scroll_to)
        self.canvas.opened.connect(self._open)
        self.canvas.menu_requested.connect(self._offer)

    @property
    def stops(self) -> tuple[QWidget, ...]:
        """What Tab walks, in order."""
        tools = (self.kind, self.shared, self.difference, self.first, self.second, self.export)
        return (*tools, self.canvas)

    @property
    def chosen_kind(self) -> Kind:
        """Which maps are rows."""
        kind: Kind = self.kind.currentData()
        return kind

    @property
    def sheet(self) -> Sheet:
        """What is drawn."""
        return self.canvas.sheet

    # --- what is told ----------------------------------------------------------------

    def set_subject(self, unit: str, channel: tuple[str, int] | None, caption: str) -> None:
        """Say which unit and channel it is about, and what a saved picture says below."""
        self._unit, self._channel, self._caption = unit, channel, caption
        self._draw()

    def set_columns(self, columns: tuple[Column, ...], answers: Mapping[str, MapsAnswer]) -> None:
        """Show these photos; those whose maps are not among the answers are still to come."""
        before = len(self._columns)
        self._columns, self._answers = columns, answers
        if len(columns) != before:
            self._name_columns()
        self._draw()

    def _name_columns(self) -> None:
        count = len(self._columns)
        for box, wanted in ((self.first, 0), (self.second, 1)):
            kept = box.currentIndex()
            box.clear()
            box.addItems([letter(one) for one in range(count)])
            box.setCurrentIndex(kept if 0 <= kept < count else min(wanted, count - 1))
        if self.first.currentIndex() == self.second.currentIndex() and count > 1:
            self.second.setCurrentIndex(int(self.first.currentIndex() == 0))
        self.difference.setEnabled(count > 1)
        if count < 2:
            with QSignalBlocker(self.difference):
                self.difference.setChecked(False)

    def _pair(self) -> tuple[int, int] | None:
        pair = self.first.currentIndex(), self.second.currentIndex()
        return pair if self.difference.isChecked() and min(pair) >= 0 else None

    def _draw(self) -> None:
        pair = self._pair()
        for box in (self.first, self.second):
            box.setEnabled(pair is not None)
        sheet = sheet_of(
            self._columns, self._answers, self.chosen_kind, self._channel,
            self.shared.isChecked(), pair,
        )  # fmt: skip
        self.canvas.set_sheet(sheet)
        self._tell()

    def _tell(self) -> None:
        """Say what is read, or what there is to do."""
        self.words.setText(self._said())
        self.words.setToolTip(HINT)

    def _said(self) -> str:
        sheet = self.sheet
        if not sheet.rows:
            if not self._answers:
                return ""
            selected = self.chosen_kind == "selected"
            has_maps = next(iter(self._answers.values())).groups
            return NO_CHANNEL if selected and has_maps else NO_MAPS
        row, point = sheet.rows[self.canvas.selected[0]], self.canvas.point
        if point is None:
            return ALONE if len(sheet.columns) == 1 else SHORT_HINT
        values = (sheet.cell(self.canvas.selected[0], at) for at in range(len(sheet.columns)))
        told = [
            f"{letter(at)} {number(float(one[point]))}"
            for at, one in enumerate(values)
            if one is not None
        ]
        return f"{row.words}, row {point[0]}, column {point[1]}: {', '.join(told)}"

    # --- by hand ---------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Give the maps the width there is."""
        if event.type() == QEvent.Type.Resize and watched is self.scrolled.viewport():
            bar = self.scrolled.verticalScrollBar().sizeHint().width()
            room = self.scrolled.maximumViewportSize()
            self.canvas.set_room(float(room.width() - bar), float(room.height()))
        return False

    def _scroll_to(self, box: QRectF) -> None:
        x, y = round(box.center().x()), round(box.center().y())
        self.scrolled.ensureVisible(x, y, round(box.width() / 2), round(box.height() / 2) + 8)

    def _open(self, at: tuple[int, int]) -> None:
        row, column = at
        if column < len(self._columns):
            shown = self.sheet.rows[row] if 0 <= row < len(self.sheet.rows) else None
            channel = None
            if shown is not None and shown.channel is not None:
                channel = shown.unit, shown.channel
            self.opened.emit((self._columns[column].image, channel))

    def _offer(self, place: QPoint) -> None:
        menu = QMenu(self)
        self._fill_menu(menu, *MENU)
        menu.exec(place)
        menu.deleteLater()

    # --- export ----------------------------------------------------------------------

    def picture(self) -> QImage:
        """Return what is drawn as a picture on white, with the caption below."""
        return saving.maps_picture(self.canvas, f"{self._caption} {self.left_out}".strip())

    def save_picture(self) -> None:
        """Ask for a file and write the picture to it."""
        name = f"compare-{saving.plain(self._unit)}.png"
        title = "Save the picture"
        self._save(title, name, PNG, lambda path: save_picture(self.picture(), path))

    def save_numbers(self) -> None:
        """Ask for a file and write the maps to it: (rows, photos, height, width)."""
        name = f"compare-{saving.plain(self._unit)}.npz"
        title, kinds = "Save the numbers", "NumPy (*.npz)"
        self._save(title, name, kinds, lambda path: saving.save_maps(self.sheet, path))
