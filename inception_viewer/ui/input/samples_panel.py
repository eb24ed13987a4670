"""How sure the network is on the sample photos under each known convention."""

from __future__ import annotations

from types import NoneType

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ...checkpoints.inputs import KNOWN, same_range
from ...verdict_questions import Suggestion, Sureness
from .. import theme
from ..checkpoint.card import short_name, tag
from ..checkpoint.judgement import Judgement
from ..small_label import SmallLabel
from .draft import SHORT

COLUMNS = ("Input", "Tells apart", "Top class", "Misfit")
HINTS = (
    "",
    "How much the answers differ from photo to photo, in nats: sure answers that are the same "
    "for every photo have none",
    "The mean probability of the main head's top class",
    "How far conv1's output is from what batch norm recorded in training, in nats",
)
EXCHANGED = "but red and blue exchanged"
PICK = "Enter or a click fills the form with an input."
PLACE = Qt.ItemDataRole.UserRole


class SamplesPanel(QWidget):
    """A list of conventions, the best first; it asks for nothing itself."""

    picked = Signal(object)
    """The :class:`Sureness` whose convention is wanted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.judgement = Judgement()
        self.judgement.text.setAccessibleName("Whether the samples have been asked")
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.list = QTreeWidget()
        self.list.setAccessibleName("Known inputs, the best first")
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setAllColumnsShowFocus(True)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setColumnCount(len(COLUMNS))
        self.list.setHeaderLabels(COLUMNS)
        for column, hint in enumerate(HINTS):
            self.list.headerItem().setToolTip(column, hint)
        header = self.list.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.hint = SmallLabel("muted")
        self.hint.setText(PICK)
        self.list.itemClicked.connect(self._pick)
        self.list.itemActivated.connect(self._pick)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[2 * theme.GRID] * 4)
        layout.setSpacing(theme.GRID)
        layout.addWidget(self.judgement)
        layout.addWidget(self.sentence)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.hint)
        layout.addStretch()
        self._ranked: tuple[Sureness, ...] = ()
        self._asked = False
        self.judgement.asked.connect(self._note_asked)
        self.set_suggestion(None)

    def set_suggestion(self, suggestion: Suggestion | None) -> None:
        """List what the samples say; None: they have not been asked."""
        if suggestion is not None and suggestion.ranked == self._ranked:
            return
        self._ranked = suggestion.ranked if suggestion is not None else ()
        self.list.clear()
        self.sentence.setText(suggestion.sentence if suggestion is not None else "")
        for widget in (self.sentence, self.list, self.hint):
            widget.setVisible(suggestion is not None)
        if suggestion is not None:
            for place, one in enumerate(suggestion.ranked):
                self.list.addTopLevelItem(_row(one, suggestion, place))
            place = suggestion.ranked.index(suggestion.own)
            self.list.setCurrentItem(self.list.topLevelItem(place))
            self._take_focus()
            self.list.setColumnHidden(3, all(one.misfit is None for one in suggestion.ranked))

    def _take_focus(self) -> None:
        """Go on from the button that asked, which is gone; nobody is torn from a field."""
        asked, self._asked = self._asked, False
        if asked and isinstance(self.window().focusWidget(), QPushButton | NoneType):
            self.list.setFocus()

    def _note_asked(self) -> None:
        self._asked = True

    def _pick(self, item: QTreeWidgetItem, _column: int = 0) -> None:
        self.picked.emit(self._ranked[item.data(0, PLACE)])


def words(one: Sureness, suggestion: Suggestion) -> str:
    """Return a convention in a few words: by its name, or by how it differs from the one in use."""
    own, mark = suggestion.own.convention, tag(one, suggestion)
    if one != suggestion.own and same_range(one.convention, own):
        made = one.preprocessing
        cut = "squeezed" if made.resize == "squeeze" else f"cut from shorter side {made.short_side}"
        return f"In use, but {cut}" + (f" ({mark})" if mark else "")
    place = next((i for i, known in enumerate(KNOWN) if same_range(one.convention, known)), None)
    name = SHORT[place] if place is not None else short_name(one, suggestion)
    if name.endswith(EXCHANGED):
        name = f"In use, {EXCHANGED}"
    return f"{name} ({mark})" if mark else name


def _misfit(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}"


def _row(one: Sureness, suggestion: Suggestion, place: int) -> QTreeWidgetItem:
    mark = tag(one, suggestion)
    texts = [words(one, suggestion), f"{one.information:.2f}", f"{one.top:.0%}"]
    item = QTreeWidgetItem([*texts, _misfit(one.misfit)])
    item.setData(0, PLACE, place)
    item.setSizeHint(0, QSize(0, theme.TARGET))
    item.setToolTip(0, one.convention.name)
    for column in range(1, len(COLUMNS)):
        item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    if mark:
        font = item.font(0)
        font.setBold(True)
        item.setFont(0, font)
    return item
