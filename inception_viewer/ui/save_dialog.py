"""The window behind File > Save checkpoint as…: what is saved, how, and where."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from ..checkpoint_questions import SavedCheckpoint, Weight
from ..questions import CheckpointInfo
from ..verdict_questions import Convention
from . import theme
from .saving import words

FILES = f"Checkpoints of Inception Viewer (*{words.ENDING})"


@dataclass(frozen=True)
class Choices:
    """What was chosen: where to, which input, and how numbers are kept."""

    path: str
    input_in_use: bool
    weights: Weight


class SaveDialog(QDialog):
    """Asks how to save the open checkpoint; it writes nothing itself."""

    save_requested = Signal(object)
    """The :class:`Choices`."""
    cancel_requested = Signal()
    """What is being written is not wanted any more."""
    open_requested = Signal(object)
    """The path of what was saved; the dialog then closes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Save checkpoint as")
        self._saved = ""
        self._build()
        self._arrange()
        theme.broadcast.changed.connect(self._restyle)
        self._fit()
        self._refresh()

    # --- building ---

    def _build(self) -> None:
        self.checkpoint, self.classes, self.heads = (self._value() for _ in range(3))
        self.input_in_use, self.input_own = QRadioButton(), QRadioButton()
        self.in_use_words, self.own_words = self._value("muted"), self._value("muted")
        self.float32, self.float16 = QRadioButton(), QRadioButton()
        for pair in ((self.input_in_use, self.input_own), (self.float32, self.float16)):
            group = QButtonGroup(self)
            for button in pair:
                group.addButton(button)
            pair[0].setChecked(True)
        self.path = QLineEdit()
        self.path.setAccessibleName("Where to save it")
        self.path.textChanged.connect(lambda _text: self._refresh())
        self.browse = QPushButton("Choose…")
        self.browse.setAutoDefault(False)
        self.browse.clicked.connect(self._browse)
        self.said = self._value()
        self.said.setMinimumHeight(2 * self.said.fontMetrics().lineSpacing())
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("How much is written")
        policy = self.bar.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.bar.setSizePolicy(policy)
        self.open_button = self._button("Open it", self._open)
        self.save_button = self._button("Save", self._save)
        self.save_button.setDefault(True)
        self.close_button = self._button("Close", self.reject)

    def _value(self, role: str = "") -> QLabel:
        label = QLabel()
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        if role:
            label.setProperty("role", role)
        return label

    def _button(self, text: str, act: object) -> QPushButton:
        made = QPushButton(text)
        made.setAutoDefault(False)
        made.clicked.connect(act)
        return made

    def _arrange(self) -> None:
        grid = theme.GRID
        form = QFormLayout()
        form.setHorizontalSpacing(2 * grid)
        form.setVerticalSpacing(grid)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(_label("Checkpoint"), self.checkpoint)
        form.addRow(_label("Classes"), self.classes)
        form.addRow(_label("Heads"), self.heads)
        inputs = (self.input_in_use, self.in_use_words, self.input_own, self.own_words)
        form.addRow(_label("Input"), _column(*inputs))
        form.addRow(_label("Weights"), _column(self.float32, self.float16))
        place = QHBoxLayout()
        place.setSpacing(grid)
        place.addWidget(self.path, 1)
        place.addWidget(self.browse)
        form.addRow(_label("File"), place)
        bottom = QHBoxLayout()
        bottom.setSpacing(grid)
        bottom.addWidget(self.bar, 1)
        for button in (self.open_button, self.save_button, self.close_button):
            bottom.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[2 * grid] * 4)
        layout.setSpacing(2 * grid)
        layout.addLayout(form)
        layout.addWidget(self.said)
        layout.addStretch(1)
        layout.addLayout(bottom)

    # --- what is shown ---

    def begin(self, path: str) -> None:
        """Start anew with a path that is proposed; its name is selected to be typed over."""
        self._saved = ""
        self.bar.hide()
        self._say("", "")
        self.path.setText(path)
        self.path.setFocus()
        name = Path(path).name
        self.path.setSelection(len(path) - len(name), len(name.removesuffix(words.ENDING)))

    def describe(self, info: CheckpointInfo, own: Convention, chosen: Convention | None) -> None:
        """Show what would be saved; ``chosen`` is the input in use where it is not the own."""
        self.checkpoint.setText(f"{info.name}: {info.verdict}")
        self.classes.setText(words.names(info))
        self.heads.setText(words.heads(info))
        several = chosen is not None
        for widget in (self.input_own, self.own_words):
            widget.setVisible(several)
        self.input_in_use.setText("The one in use" if several else "The checkpoint's own")
        if not several:
            self.input_in_use.setChecked(True)
        self.in_use_words.setText(words.input_words(chosen or own))
        self.input_own.setText("The checkpoint's own")
        self.own_words.setText(words.input_words(own))
        exact, short = (words.megabytes(info.parameters, kind) for kind in words.PER_NUMBER)
        self.float32.setText(f"float32, about {exact}: exactly as they are")
        self.float16.setText(f"float16, about {short}: rounded to three decimal digits")
        self._fit()

    def show_progress(self, fraction: float | None) -> None:
        """Show how much is written; None while nothing is."""
        runs = fraction is not None
        self.bar.setVisible(runs)
        if fraction is not None:
            self._saved = ""
            self._say("", "")
            self.bar.setValue(round(1000 * fraction))
        self.close_button.setText("Cancel" if runs else "Close")
        for widget in (self.path, self.browse, self.float32, self.float16):
            widget.setEnabled(not runs)
        self._refresh()

    def show_saved(self, saved: SavedCheckpoint) -> None:
        """Say that it is on the disk, and offer to open it."""
        self._saved = saved.path
        self._refresh()
        self._say(f"Saved: {saved.path}, {saved.size / 1e6:,.1f} MB.", "")
        self.open_button.setFocus()

    def show_failure(self, sentence: str) -> None:
        """Say why it could not be saved; ``""`` where that was cancelled."""
        self._say(sentence or "Cancelled; nothing was written.", "error" if sentence else "")

    # --- inside ---

    @property
    def runs(self) -> bool:
        """Whether something is being written."""
        return not self.bar.isHidden()

    def _refresh(self) -> None:
        """Say what is wrong with the path, or what Save would do."""
        text = self.path.text()
        if self._saved and Path(text).expanduser().absolute() != Path(self._saved):
            self._saved = ""
        wrong = words.trouble(text)
        self.save_button.setEnabled(not wrong and not self.runs)
        self.open_button.setVisible(bool(self._saved))
        _set_primary(self.open_button, bool(self._saved))
        _set_primary(self.save_button, not self._saved)
        (self.open_button if self._saved else self.save_button).setDefault(True)
        if not self._saved and not self.runs:
            over = words.REPLACED if words.replaces(text) else ""
            self._say(wrong or over, "error" if wrong else "warning")

    def _say(self, sentence: str, role: str) -> None:
        self.said.setText(sentence)
        self.said.setAccessibleName(sentence)
        if self.said.property("role") != role:
            self.said.setProperty("role", role)
            self.said.style().unpolish(self.said)
            self.said.style().polish(self.said)

    def _browse(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, self.windowTitle(), self.path.text(), FILES)
        if path:
            self.path.setText(path if Path(path).suffix else path + words.ENDING)

    def _save(self) -> None:
        weights: Weight = "float16" if self.float16.isChecked() else "float32"
        path = str(Path(self.path.text()).expanduser().absolute())
        self.save_requested.emit(Choices(path, self.input_in_use.isChecked(), weights))

    def _open(self) -> None:
        self.open_requested.emit(self._saved)
        self.accept()

    def reject(self) -> None:
        """Cancel what is being written, else close."""
        if self.runs:
            self.cancel_requested.emit()
        else:
            super().reject()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the size of the text."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "said"):
            self._fit()

    def _restyle(self, _theme: object) -> None:
        self._fit()

    def _fit(self) -> None:
        """Be as high as the texts need, and no less high than before while it is looked at."""
        layout = self.layout()
        assert layout is not None
        layout.activate()
        self.said.setMinimumHeight(2 * self.said.fontMetrics().lineSpacing())
        room = self.screen().availableGeometry().size() - QSize(32, 64)
        wanted = QSize(round(600 * theme.text_scale()), 0)
        if self.isVisible():
            wanted = wanted.expandedTo(self.size())
        needed = layout.totalHeightForWidth(wanted.width())
        wanted.setHeight(max(wanted.height(), needed))
        self.resize(wanted.boundedTo(room))


def _label(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "muted")
    return label


def _column(*widgets: QWidget) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(theme.GRID // 2)
    for widget in widgets:
        if isinstance(widget, QLabel):
            widget.setIndent(3 * theme.GRID)
        column.addWidget(widget)
    return column


def _set_primary(button: QPushButton, primary: bool) -> None:
    button.setProperty("primary", primary)
    button.style().unpolish(button)
    button.style().polish(button)
