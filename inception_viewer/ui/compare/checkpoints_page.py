"""Two checkpoints before the same photos: heads, branches, shares, CKA."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QRectF, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ...comparison_questions import PROFILE_MEASURES, ProfileMeasure
from ...comparison_words import (
    OVER_POSITIONS,
    agreement_sentence,
    checkpoint_rows,
    difference_sentence,
    kinship_sentence,
)
from ...questions import CheckpointInfo, ImageInfo
from .. import theme
from ..attribution.export import export_font, save_picture
from ..evaluation.elided_box import ElidedBox
from ..evaluation.running_row import RunningRow
from ..maps.elided import ElidedLabel
from ..maps.restyle import panel, see_through
from ..small_label import SmallLabel
from . import saving
from .exporting import CSV, PNG, ExportingPage, MeasureBox
from .heads_pair import HeadsPair
from .pair import LETTERS, Pair
from .pair_canvas import PairCanvas
from .pair_paint import Ink, paint

ALONE = "Comparing takes a second checkpoint: open one, or get a published one."
OWN_SCALES = (
    "Each network's module has colours of its own: values of two networks are not on one scale."
)
WORKING = "Comparing the two networks…"
STOPPED = "Shares and CKA were not computed."


class Area(QScrollArea):
    """Leaves it to what gets the keyboard to say which part of it should be in sight."""

    def focusNextPrevChild(self, forwards: bool) -> bool:
        """Move the keyboard on, without Qt's scrolling to the middle of what is larger."""
        return bool(QWidget.focusNextPrevChild(self, forwards))


class CheckpointsPage(ExportingPage):
    """Signals and setters only."""

    other_chosen = Signal(object)
    """Emitted with the fingerprint of the checkpoint to compare with."""
    stepped = Signal(object)
    """Emitted with -1 or +1: the photo before or after."""
    opened = Signal(object)
    """Emitted with the unit (str) to look at."""
    open_requested = Signal()
    get_requested = Signal()
    asked = Signal()
    """Emitted to compute what was stopped."""
    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.pair: Pair | None = None
        self._photos: tuple[ImageInfo, ...] = ()
        self._said = ""
        self.first, self.other = ElidedLabel(), ElidedBox()
        self.measure = MeasureBox()
        self.back, self.on = QToolButton(), QToolButton()
        self.photo, self.running = ElidedLabel(), RunningRow()
        self.again = QPushButton("Compute them")
        self.sentence, self.note = SmallLabel("text"), SmallLabel("muted")
        self.heads, self.canvas = HeadsPair(), PairCanvas()
        self.words = ElidedLabel()
        self._dress()
        self._arrange()
        self._connect()
        self.set_photos((), 0)

    def _dress(self) -> None:
        self.other.setAccessibleName("The checkpoint to compare with")
        self.other.setMinimumWidth(96)
        for button, arrow, words in (
            (self.back, Qt.ArrowType.LeftArrow, "The photo before"),
            (self.on, Qt.ArrowType.RightArrow, "The next photo"),
        ):
            button.setArrowType(arrow)
            button.setToolTip(words)
            button.setAccessibleName(words)
            button.setFixedSize(theme.TARGET + 4, theme.TARGET + 4)
        self.sentence.setAccessibleName("Whether channels correspond, and what agrees")
        self.words.setProperty("role", "muted")
        self._dress_export("Export the comparison of the checkpoints")

    def _arrange(self) -> None:
        grid = theme.GRID
        which = QHBoxLayout()
        which.setSpacing(grid)
        for part in (QLabel("A"), self.first, QLabel("B"), self.other):
            which.addWidget(part)
        which.addStretch(1)
        which.addWidget(self.export)
        what = QHBoxLayout()
        what.setSpacing(grid)
        what.addWidget(self.back)
        what.addWidget(self.on)
        what.addWidget(self.photo, 1)
        what.addWidget(self.measure)
        self.area = self._scrolled()
        shown = QWidget()
        column = QVBoxLayout(shown)
        column.setContentsMargins(grid, grid, grid, 4)
        column.setSpacing(grid // 2)
        column.addLayout(which)
        column.addLayout(what)
        column.addWidget(self.area, 1)
        column.addWidget(self.words)
        self.stack = QStackedWidget()
        self.stack.addWidget(self._alone())
        self.stack.addWidget(shown)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.running)
        layout.addWidget(self.stack, 1)

    def _scrolled(self) -> QScrollArea:
        inside = panel()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, theme.GRID, theme.GRID)
        column.setSpacing(theme.GRID)
        column.addWidget(self.sentence)
        column.addWidget(self.again, 0, Qt.AlignmentFlag.AlignLeft)
        for part in (self.heads, self.canvas, self.note):
            column.addWidget(part)
        column.addStretch()
        area = Area()
        area.setWidget(inside)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        see_through(area)
        return area

    def _alone(self) -> QWidget:
        """Return what shows while there is one checkpoint only."""
        self.open, self.get = QPushButton("Open checkpoint…"), QPushButton("Get…")
        sentence = QLabel(ALONE)
        sentence.setWordWrap(True)
        sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        sentence.setProperty("role", "muted")
        buttons = QHBoxLayout()
        buttons.addStretch()
        for button in (self.open, self.get):
            buttons.addWidget(button)
        buttons.addStretch()
        made = QWidget()
        column = QVBoxLayout(made)
        column.setContentsMargins(*[2 * theme.GRID] * 4)
        column.setSpacing(2 * theme.GRID)
        column.addStretch()
        column.addWidget(sentence)
        column.addLayout(buttons)
        column.addStretch()
        return made

    def _connect(self) -> None:
        self.again.clicked.connect(lambda: self.asked.emit())
        self.open.clicked.connect(lambda: self.open_requested.emit())
        self.get.clicked.connect(lambda: self.get_requested.emit())
        self.other.activated.connect(lambda _: self.other_chosen.emit(self.other.currentData()))
        self.back.clicked.connect(lambda: self.stepped.emit(-1))
        self.on.clicked.connect(lambda: self.stepped.emit(1))
        self.measure.activated.connect(lambda _: self._draw())
        self.running.cancel_requested.connect(self.cancelled)
        self.running.cancel_button.setToolTip("Heads and maps stay (Esc)")
        self.canvas.opened.connect(self.opened)
        for part in (self.heads, self.canvas):
            part.pointed.connect(lambda _: self._tell())
            part.shown.connect(lambda box, part=part: self._scroll_to(part, box))

    # --- what is told ----------------------------------------------------------------

    def set_checkpoints(self, first: CheckpointInfo, others: Sequence[CheckpointInfo]) -> None:
        """Say which one is looked at, and which it can be compared with."""
        self.stack.setCurrentIndex(int(bool(others)))
        self.first.setText(first.name)
        known = [self.other.itemData(place) for place in range(self.other.count())]
        if known == [info.fingerprint for info in others]:
            return
        with QSignalBlocker(self.other):
            kept = self.other.currentData()
            self.other.clear()
            for info in others:
                self.other.addItem(info.name, info.fingerprint)
                tip = f"{info.name}\n{info.verdict}"
                self.other.setItemData(self.other.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
            self.other.setCurrentIndex(max(0, self.other.findData(kept)))

    @property
    def chosen_other(self) -> str:
        """The fingerprint of the checkpoint to compare with; ``""`` if there is none."""
        return str(self.other.currentData() or "")

    @property
    def chosen_measure(self) -> ProfileMeasure:
        """What the shares are of."""
        return self.measure.chosen

    def set_photos(self, photos: Sequence[ImageInfo], place: int) -> None:
        """Say which photos are chosen, and which of them is shown."""
        self._photos = tuple(photos)
        count = len(photos)
        self.photo.setText(f"{place + 1} of {count}: {photos[place].name}" if count else "")
        self.back.setEnabled(place > 0)
        self.on.setEnabled(place < count - 1)

    def set_pair(self, pair: Pair | None, said: str = "", *, held: bool = False) -> None:
        """Show what is known; where the numbers are not there, ``said`` is told.

        ``held`` offers to compute them.
        """
        self.pair, self._said = pair, said
        self.again.setVisible(held and pair is not None and pair.answer is None)
        self._draw()

    def set_progress(self, fraction: float | None, text: str = "") -> None:
        """Say how far it is; None: nothing runs."""
        self.running.setVisible(fraction is not None)
        if fraction is not None:
            self.running.set_progress(fraction, text)

    def _draw(self) -> None:
        pair = self.pair
        if pair is not None:
            pair = Pair(pair.sides, pair.answer, pair.photo, self.chosen_measure)
            self.pair = pair
        self.heads.set_pair(pair)
        self.canvas.set_pair(pair)
        self.sentence.setText(self.said())
        known = pair is not None and pair.answer is not None
        self.note.setText(f"{OWN_SCALES} {OVER_POSITIONS}" if known else "")
        self._tell()

    def said(self) -> str:
        """Return whether channels correspond, how far they differ, and what agrees."""
        pair = self.pair
        if pair is None or pair.answer is None:
            return self._said
        answer = pair.answer
        sentences = (
            kinship_sentence(answer),
            difference_sentence(answer),
            agreement_sentence(answer, pair.untrained),
            answer.cka_note,
        )
        return " ".join(filter(None, sentences))

    def _tell(self) -> None:
        told = self.canvas.told() or self.heads.told()
        self.words.setText(told or "Double-click a map, or press Enter on it, to look at its unit.")

    def _scroll_to(self, part: QWidget, box: QRectF) -> None:
        at = part.mapTo(self.area.widget(), box.center().toPoint())
        self.area.ensureVisible(at.x(), at.y(), round(box.width() / 2), round(box.height() / 2) + 8)

    # --- export ----------------------------------------------------------------------

    def caption(self) -> str:
        """Return what stands below a saved picture."""
        pair = self.pair
        if pair is None:
            return ""
        photo = self._photos[pair.photo].name if self._photos else ""
        what = PROFILE_MEASURES[self.chosen_measure]
        count = len(pair.answer.question.first) if pair.answer is not None else 0
        over = f" CKA over {count} photo{'s' * (count != 1)}." if count else ""
        about = f"{_named(pair)} before {photo}. Shares are of {what}."
        return f"{about} {self.said()}{over} {self.note.text()} {self.left_out}".strip()

    def picture(self) -> QImage:
        """Return heads and modules as a picture on white, with what is said below."""
        font, pair = export_font(), self.pair
        small = export_font()
        small.setPixelSize(round(font.pixelSize() * 0.85))
        heads = self.heads.layout_of(1200.0, small, 1.0)
        modules = self.canvas.layout_of(1200.0, small)
        height = heads.height + 2 * theme.GRID + modules.total[1]

        def draw(painter: QPainter) -> None:
            if pair is not None:
                ink = Ink(painter, theme.LIGHT, font, small)
                self.heads.paint(ink, pair, heads)
                painter.translate(0, heads.height + 2 * theme.GRID)
                paint(ink, pair, modules)

        return saving.on_paper(1200, round(height), self.caption(), draw)

    def save_picture(self) -> None:
        """Ask for a file and write the picture to it."""
        self._save("Save the picture", "checkpoints.png", PNG, self._write_picture)

    def save_numbers(self) -> None:
        """Ask for a file and write every number to it."""
        if self.pair is not None and self.pair.answer is not None:
            self._save("Save the numbers", "checkpoints.csv", CSV, self._write_numbers)

    def _write_picture(self, path: Path) -> None:
        save_picture(self.picture(), path)

    def _write_numbers(self, path: Path) -> None:
        assert self.pair is not None
        assert self.pair.answer is not None
        names = [photo.name for photo in self._photos]
        classes = [side.info.classes for side in self.pair.sides]
        saving.save_rows(checkpoint_rows(self.pair.answer, names, classes), path)


def _named(pair: Pair) -> str:
    named = (
        f"{letter} {side.info.name} ({side.info.fingerprint[:12]})"
        for letter, side in zip(LETTERS, pair.sides, strict=True)
    )
    return " and ".join(named)
