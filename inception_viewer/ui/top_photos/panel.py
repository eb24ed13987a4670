"""What the section "Top photos" holds: the index, the photo looked at, the tiles; or what to do."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from ...index_questions import IndexInfo, TopPhotosAnswer
from ...questions import Node
from .. import theme
from ..wheel import keep_from_wheel
from . import words
from .tiles import PhotoTiles
from .whole_photo import WholePhoto


class TopPhotosPanel(QWidget):
    """Shows what it is given; it asks for nothing itself."""

    index_wanted = Signal()
    """A folder is to be indexed."""
    file_wanted = Signal()
    """Another index file is to be opened."""
    go_on_wanted = Signal(object)
    """The :class:`IndexInfo` of an index that is to be finished."""
    index_chosen = Signal(object)
    """The path of one of several indexes."""
    channel_wanted = Signal(object)
    """The channel, (unit, index), to look at instead of one without top photos."""
    opened = Signal(object)
    """The :class:`TopPhoto` to look at."""
    resized = Signal()
    """Other parts are shown: the sections below have to move."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.answer: TopPhotosAnswer | None = None
        self._node: Node | None = None
        self._info: IndexInfo | None = None
        self._instead: tuple[str, int] | None = None
        self._offered: tuple[tuple[IndexInfo, ...], str] = ((), "")
        self._build()
        self._lay_out()
        self.tiles.looked.connect(self._look)
        self.tiles.opened.connect(self.opened)
        self.show_looking()

    def _build(self) -> None:
        self.chooser = QComboBox()
        self.chooser.setAccessibleName("Index")
        self.chooser.setToolTip("The indexes of this checkpoint and input")
        self.chooser.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.chooser.setMinimumContentsLength(8)
        self.chooser.activated.connect(
            lambda place: self.index_chosen.emit(self.chooser.itemData(place))
        )
        keep_from_wheel(self.chooser)
        self.about, self.progress = self._label(), self._label()
        self.failure, self.note = self._label("error"), self._label()
        self.progress.setMinimumHeight(theme.TARGET)  # with a button beside it or without
        self.sentence = self._label("")
        self.whole, self.tiles = WholePhoto(), PhotoTiles()
        self.go_on = self._button("Go on", self._ask_to_go_on)
        self.index = self._button("Index a folder\N{HORIZONTAL ELLIPSIS}", self.index_wanted.emit)
        self.index.setProperty("primary", True)
        self.file = self._button("Open an index\N{HORIZONTAL ELLIPSIS}", self.file_wanted.emit)
        self.unit = self._button("", lambda: self.channel_wanted.emit(self._instead))

    def _label(self, role: str = "muted") -> QLabel:
        made = QLabel()
        made.setWordWrap(True)
        made.setTextFormat(Qt.TextFormat.PlainText)
        if role:
            made.setProperty("role", role)
        made.hide()
        return made

    def _button(self, text: str, act: object) -> QPushButton:
        made = QPushButton(text)
        made.setMinimumHeight(theme.TARGET)
        made.clicked.connect(act)
        return made

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID)
        state = QHBoxLayout()
        state.setSpacing(theme.GRID)
        state.addWidget(self.progress, 1)
        state.addWidget(self.go_on, 0, Qt.AlignmentFlag.AlignTop)
        buttons = QVBoxLayout()
        buttons.setSpacing(theme.GRID)
        for button in (self.index, self.file, self.unit):
            buttons.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.chooser)
        column.addWidget(self.failure)
        column.addWidget(self.about)
        column.addLayout(state)
        for part in (self.whole, self.tiles, self.note, self.sentence):
            column.addWidget(part)
        column.addLayout(buttons)

    # --- what it shows ---

    def set_indexes(self, infos: Sequence[IndexInfo], chosen: str) -> None:
        """Offer these indexes, where there are several."""
        if (tuple(infos), chosen) == self._offered:
            return
        self._offered = tuple(infos), chosen
        self.chooser.clear()
        for info in infos:
            self.chooser.addItem(words.entry(info), info.path)
            self.chooser.setItemData(
                self.chooser.count() - 1, info.folder, Qt.ItemDataRole.ToolTipRole
            )
            if info.path == chosen:
                self.chooser.setCurrentIndex(self.chooser.count() - 1)
        self.chooser.setVisible(len(infos) > 1)

    def set_failure(self, sentence: str) -> None:
        """Say why an index could not be used; ``""`` takes it away."""
        self._say(self.failure, sentence)
        self.resized.emit()

    def set_progress(self, text: str | None, unfinished: IndexInfo | None = None) -> None:
        """Say how far an indexing is, or that one was stopped; None for neither."""
        self._info = unfinished
        said = words.stopped(unfinished) if unfinished is not None else ""
        had = not self.progress.isHidden()
        self._say(self.progress, words.building(text) if text is not None else said)
        offered = text is None and unfinished is not None
        if self.go_on.hasFocus() and not offered:
            self.focusPreviousChild()  # the next one is far below, and would be scrolled to
        self.go_on.setVisible(offered)
        if had == self.progress.isHidden():
            self.resized.emit()

    def show_photos(
        self,
        answer: TopPhotosAnswer,
        node: Node | None,
        *,
        other_input: bool = False,
        touched: bool = False,
    ) -> None:
        """Show a channel's top photos.

        Parameters
        ----------
        answer
            What they are.
        node
            The unit; None where it is not known.
        other_input, touched
            Whether the index was made with another input than is in use, and whether
            something is done to the network now.
        """
        self.answer, self._node = answer, node
        size = 0
        if node is not None:
            size = node.field.size if node.field.stride else 1 << 16
        self.tiles.set_photos(answer.photos, size)
        self._say(self.about, words.about(answer))
        self.about.setToolTip(answer.info.folder)
        special = (words.OTHER_INPUT if other_input else "", words.TOUCHED if touched else "")
        self._say(self.note, " ".join(filter(None, (words.note(answer, node), *special))))
        self._show(self.tiles, self.whole, kept=bool(answer.photos))

    def show_looking(self) -> None:
        """Say that it is not known yet whether there is an index."""
        self._show_sentence(words.LOOKING)

    def show_none(self) -> None:
        """Say that there is no index, and what to do."""
        self._show_sentence(words.NONE, self.index, self.file)

    def show_first(self) -> None:
        """Say that the first photos are being looked at."""
        self._show_sentence(words.FIRST)

    def show_unusable(self) -> None:
        """Offer what can be done where the index cannot be used; the failure says why."""
        self._show_sentence("", self.index, self.file)

    def show_instead(self, sentence: str, channel: tuple[str, int] | None) -> None:
        """Say that a unit has no top photos and which channel to choose in its place."""
        self._instead = channel
        if channel is not None:
            self.unit.setText(f"Look at {channel[0]}, channel {channel[1]}")
        self.chooser.hide()
        self._offered = (), ""
        self._say(self.failure, "")
        self.set_progress(None)
        self._show_sentence(sentence, *([self.unit] if channel is not None else []))

    def _show_sentence(self, sentence: str, *buttons: QPushButton) -> None:
        self.answer = None
        self.tiles.set_photos((), 0)
        for label in (self.about, self.note):
            self._say(label, "")
        self._show(*buttons, kept=True)
        self._say(self.sentence, sentence)
        self.resized.emit()

    def _show(self, *parts: QWidget, kept: bool) -> None:
        self.sentence.hide()
        for part in (self.whole, self.tiles, self.index, self.file, self.unit):
            part.setVisible(kept and part in parts)
        self.resized.emit()

    def _say(self, label: QLabel, text: str) -> None:
        label.setText(text)
        label.setVisible(bool(text))

    # --- what people do ---

    def _look(self, place: int) -> None:
        photo = self.tiles.photos[place] if place >= 0 else None
        self.whole.set_photo(photo, self._node.field if self._node is not None else None)

    def _ask_to_go_on(self) -> None:
        if self._info is not None:
            self.go_on_wanted.emit(self._info)
