"""The form of an input: a chooser, numbers, size and crop, each with what is wrong beside it."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from .. import theme
from ..small_label import SmallLabel
from ..wheel import keep_from_wheel
from .draft import BY_HAND, CHOICES, Fields

ORDERS = (("RGB", "RGB: red first"), ("BGR", "BGR: blue first"))
CUTS = (
    ("short_side", "Shorter side to a length, then the centre"),
    ("squeeze", "Squeezed, whatever the shape"),
)
FLAG = "transform_input"
FLAG_WORDS = (
    "The network turns ImageNet's normalisation into 2x \N{MINUS SIGN} 1, as torchvision's does."
)


class InputForm(QWidget):
    """Shows :class:`Fields` and tells when somebody changes them."""

    edited = Signal(object)
    """The :class:`Fields` as they are now."""
    chosen = Signal(object)
    """The id (str) of a named convention that was chosen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fills = False
        self._said: dict[str, SmallLabel] = {}
        self.choice = self._box(CHOICES, "Convention")
        self.order = self._box(ORDERS, "Order of the channels")
        self.cut = self._box(CUTS, "How a photo is cut")
        self.scale = self._line("Scale of the values, which are 0 to 255")
        self.mean = [self._line(f"Mean of channel {place}, subtracted") for place in (1, 2, 3)]
        self.std = [self._line(f"Standard deviation of channel {place}") for place in (1, 2, 3)]
        self.height_, self.width_ = self._line("Height in pixels"), self._line("Width in pixels")
        self.short_side = self._line("Shorter side in pixels, before the crop")
        self.flag = QCheckBox(FLAG)
        self.flag.setAccessibleDescription(FLAG_WORDS)
        self.flag.toggled.connect(lambda _on: self._edited())
        self.letters = [SmallLabel("muted") for _ in range(3)]
        self._arrange()
        self.choice.activated.connect(self._choose)
        for box in (self.order, self.cut):
            box.currentIndexChanged.connect(lambda _index: self._edited())
        self._follow()

    # --- building ---

    def _box(self, entries: tuple[tuple[str, str], ...], name: str) -> QComboBox:
        box = QComboBox()
        for value, words in entries:
            box.addItem(words, value)
        box.setAccessibleName(name)
        box.setMinimumContentsLength(12)
        box.setSizeAdjustPolicy(box.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        keep_from_wheel(box)
        return box

    def _line(self, name: str) -> QLineEdit:
        line = QLineEdit()
        line.setAccessibleName(name)
        line.setToolTip(name)
        line.setMinimumWidth(6 * theme.GRID)
        line.textEdited.connect(lambda _text: self._edited())
        return line

    def _arrange(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, theme.GRID, 0)
        grid.setHorizontalSpacing(2 * theme.GRID)
        grid.setVerticalSpacing(theme.GRID)
        grid.setColumnStretch(1, 1)
        self._rows = 0
        self._add(grid, "Convention", self.choice)
        self._add(grid, "Order", self.order)
        self._add(grid, "Scale", self.scale, says="scale")
        self._add(grid, "", *self.letters)
        self._add(grid, "Mean", *self.mean, says="mean")
        self._add(grid, "Std", *self.std, says="std")
        times = QLabel("\N{MULTIPLICATION SIGN}")
        self._add(grid, "Size", self.height_, times, self.width_, says="size")
        self._add(grid, "Cut", self.cut)
        self._add(grid, "Shorter side", self.short_side, says="short_side")
        grid.addWidget(self.flag, self._rows, 0, 1, 2)
        words = SmallLabel("muted")
        words.setText(FLAG_WORDS)
        words.setContentsMargins(3 * theme.GRID, 0, 0, 0)
        grid.addWidget(words, self._rows + 1, 0, 1, 2)
        grid.setRowStretch(self._rows + 2, 1)

    def _add(self, grid: QGridLayout, label: str, *widgets: QWidget, says: str = "") -> None:
        """Add a row: a label, its fields, and room for a sentence below them."""
        words = QLabel(label)
        words.setProperty("role", "muted")
        words.setMinimumHeight(theme.TARGET if label else 0)
        row = QHBoxLayout()
        row.setSpacing(theme.GRID)
        for widget in widgets:
            row.addWidget(widget, 0 if type(widget) is QLabel else 1)
        if not says:
            grid.addWidget(words, self._rows, 0)
            grid.addLayout(row, self._rows, 1)
        else:
            said = self._said[says] = SmallLabel("error")
            said.hide()
            column = QVBoxLayout()
            column.setSpacing(2)
            column.addLayout(row)
            column.addWidget(said)
            grid.addWidget(words, self._rows, 0, Qt.AlignmentFlag.AlignTop)
            grid.addLayout(column, self._rows, 1)
        self._rows += 1

    # --- values ---

    @property
    def fields(self) -> Fields:
        """What stands in the form."""
        mean, std = ([line.text() for line in lines] for lines in (self.mean, self.std))
        return Fields(
            channels=self.order.currentData(),
            scale=self.scale.text(),
            mean=(mean[0], mean[1], mean[2]),
            std=(std[0], std[1], std[2]),
            height=self.height_.text(),
            width=self.width_.text(),
            resize=self.cut.currentData(),
            short_side=self.short_side.text(),
            transform_input=self.flag.isChecked(),
        )

    def set_fields(self, fields: Fields) -> None:
        """Fill the form; nobody is told."""
        self._fills = True
        self.order.setCurrentIndex(self.order.findData(fields.channels))
        self.cut.setCurrentIndex(self.cut.findData(fields.resize))
        self.flag.setChecked(fields.transform_input)
        lines = (self.scale, *self.mean, *self.std, self.height_, self.width_, self.short_side)
        texts = (
            *(fields.scale, *fields.mean, *fields.std),
            *(fields.height, fields.width, fields.short_side),
        )
        for line, text in zip(lines, texts, strict=True):
            if line.text() != text:
                line.setText(text)
                line.setCursorPosition(0)
        self._fills = False
        self._follow()

    @property
    def choice_id(self) -> str:
        """The named convention that is marked."""
        return str(self.choice.currentData())

    def set_choice(self, choice: str) -> None:
        """Mark the named convention that the fields are."""
        self.choice.setCurrentIndex(self.choice.findData(choice))

    def set_sentences(self, errors: Mapping[str, str], notes: Mapping[str, str]) -> None:
        """Say below each field what is wrong with it, or what may surprise."""
        fields = {"scale": [self.scale], "mean": self.mean, "std": self.std}
        fields["size"], fields["short_side"] = [self.height_, self.width_], [self.short_side]
        for name, said in self._said.items():
            sentence = errors.get(name) or notes.get(name, "")
            said.set_role("error" if name in errors else "warning")
            said.setText(sentence)
            said.setVisible(bool(sentence))
            for line in fields[name]:
                line.setAccessibleDescription(sentence)

    def _edited(self) -> None:
        self._follow()
        if not self._fills:
            self.edited.emit(self.fields)

    def _choose(self, _index: int) -> None:
        choice = self.choice_id
        if choice != BY_HAND:  # which is what the fields are already
            self.chosen.emit(choice)

    def _follow(self) -> None:
        """Name the channels in the network's order, and grey out what has no meaning."""
        for label, letter in zip(self.letters, self.order.currentData(), strict=True):
            label.setText({"R": "red", "G": "green", "B": "blue"}[letter])
        self.short_side.setEnabled(self.cut.currentData() == "short_side")
