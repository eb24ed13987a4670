"""What to fit to, how, and where the new checkpoint goes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from ...fit_files import SUFFIX, refusal
from ...folder_questions import FitHeads
from .. import theme
from ..elided_field import ElidedField
from ..small_label import SmallLabel
from ..wheel import keep_from_wheel

TARGETS = (
    ("auto", "Folder names, if all are classes"),
    ("main", "The main head's answers only"),
    ("labels", "Folder names as well"),
)
"""What the heads can learn, in the words of the box."""
MOST = 1_000_000
NO_SOURCE = "Name a file for the new checkpoint."


class FitForm(QScrollArea):
    """The fields; :meth:`question` is what they say."""

    changed = Signal()
    """Something was changed that matters to what fitting would take."""
    place_changed = Signal()
    """Another file is to be written."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._source: Path | None = None
        self.folder = self._field("Folder of photos", "Choose or drop a folder of photos")
        self.choose_folder = self._chooser("Choose the folder of photos", self._ask_folder)
        self.most = self._spin("Photos to use at most", 40, MOST, 1500, " photos")
        self.share = self._spin("Share kept apart to measure the agreement", 1, 50, 10, " %")
        self.targets = self._target_box()
        self.epochs = self._spin("Passes over the photos", 1, 1000, 40, " epochs")
        self.seed = self._spin("Seed of the draw, the split and the first weights", 0, 2**31 - 1, 0)
        self.place = self._field("File of the new checkpoint", "NAME.safetensors")
        self.choose_place = self._chooser("Choose the file of the new checkpoint", self._ask_place)
        self.refusal = SmallLabel("error")
        self._arrange()
        self._connect()
        keep_from_wheel(self.most, self.share, self.targets, self.epochs, self.seed)

    # --- what is chosen ---

    def question(self, checkpoint: str) -> FitHeads:
        """Return what the fields ask of a checkpoint."""
        return FitHeads(
            checkpoint,
            self.folder.text().strip(),
            out=self.place.text().strip(),
            targets=self.targets.currentData(),
            most=self.most.value(),
            validation_share=self.share.value() / 100,
            epochs=self.epochs.value(),
            seed=self.seed.value(),
        )

    def set_folder(self, folder: str) -> None:
        """Put a folder into its field."""
        self.folder.setText(folder)

    def set_place(self, place: str, source: str) -> None:
        """Offer a file for the new checkpoint; ``source`` is the one that must be kept."""
        self._source = Path(source) if source and source != "demo" else None
        self.place.setText(place)
        self._check_place()

    @property
    def obstacle(self) -> str:
        """Why the file cannot be written, or ``""``."""
        text = self.place.text().strip()
        return refusal(Path(text).absolute(), self._source) if text else NO_SOURCE

    @property
    def replaces(self) -> bool:
        """Whether a file of that name is there."""
        text = self.place.text().strip()
        return bool(text) and Path(text).is_file()

    # --- construction ---

    def _field(self, name: str, placeholder: str) -> ElidedField:
        made = ElidedField()
        made.setAccessibleName(name)
        made.setPlaceholderText(placeholder)
        made.setAcceptDrops(False)  # the dialog takes them: as a folder, not as text
        made.textChanged.connect(made.setToolTip)
        return made

    def _chooser(self, name: str, ask: object) -> QPushButton:
        made = QPushButton("Choose…")
        made.setAccessibleName(name)
        made.setAutoDefault(False)
        made.clicked.connect(ask)
        return made

    def _spin(self, name: str, least: int, most: int, value: int, suffix: str = "") -> QSpinBox:
        made = QSpinBox()
        made.setRange(least, most)
        made.setValue(value)
        made.setSuffix(suffix)
        made.setGroupSeparatorShown(bool(suffix))
        made.setAccessibleName(name)
        made.setToolTip(name)
        made.setKeyboardTracking(False)
        made.setSingleStep(100 if most == MOST else 1)
        # The style sheet's padding ends at the box: without this the number touches its frame.
        made.lineEdit().setTextMargins(6, 0, 0, 0)
        return made

    def _target_box(self) -> QComboBox:
        made = QComboBox()
        made.setAccessibleName("What the heads learn")
        made.setToolTip(
            "What the main head answers is always learned; the folders' names besides,"
            " where they are classes of the network"
        )
        for name, text in TARGETS:
            made.addItem(text, name)
        made.setSizeAdjustPolicy(made.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        made.setMinimumContentsLength(12)
        return made

    def _arrange(self) -> None:
        form = QFormLayout()
        form.setSpacing(theme.GRID)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("Photos", _row(self.folder, self.choose_folder))
        form.addRow("At most", self.most)
        form.addRow("Kept apart", self.share)
        form.addRow("Learn", self.targets)
        form.addRow("Epochs", self.epochs)
        form.addRow("Seed", self.seed)
        form.addRow("New file", _row(self.place, self.choose_place))
        form.addRow("", self.refusal)
        inner = QWidget()
        whole = QVBoxLayout(inner)
        whole.setContentsMargins(0, 0, theme.GRID, 0)
        whole.addLayout(form)
        whole.addStretch()
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self.setFrameShape(self.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(self.horizontalScrollBarPolicy().ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)

    def _connect(self) -> None:
        for spin in (self.most, self.share, self.epochs, self.seed):
            spin.valueChanged.connect(self.changed)
        self.targets.currentIndexChanged.connect(self.changed)
        self.folder.textChanged.connect(self.changed)
        self.place.textChanged.connect(self._check_place)

    # --- upkeep ---

    def _check_place(self) -> None:
        said = self.obstacle
        if not said and self.replaces:
            said = "There is a file of this name; it is replaced at the end."
        self.refusal.set_role("error" if self.obstacle else "warning")
        self.refusal.setText(said)
        self.refusal.setVisible(bool(said))
        self.place_changed.emit()

    def _ask_folder(self) -> None:
        path = QFileDialog.getExistingDirectory(
            self, "Choose a folder of photos", self.folder.text()
        )
        if path:
            self.folder.setText(path)

    def _ask_place(self) -> None:
        kinds = f"Checkpoints (*{SUFFIX})"
        path, _ = QFileDialog.getSaveFileName(self, "The new checkpoint", self.place.text(), kinds)
        if path:
            self.place.setText(path if Path(path).suffix else path + SUFFIX)


def _row(field: QWidget, button: QWidget) -> QWidget:
    made = QWidget()
    layout = QHBoxLayout(made)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(theme.GRID)
    layout.addWidget(field, 1)
    layout.addWidget(button)
    return made


def absolute(question: FitHeads) -> FitHeads:
    """Return the question with whole paths: the process runs elsewhere."""
    return replace(
        question,
        folder=str(Path(question.folder).absolute()) if question.folder else "",
        out=str(Path(question.out).absolute()) if question.out else "",
    )
