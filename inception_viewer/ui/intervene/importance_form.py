"""What is asked of the table of branches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QWidget

from ...intervention_questions import AblationMode
from ...questions import HeadState
from .. import theme
from ..class_chooser import ClassChooser
from ..lines import Lines
from ..wheel import keep_from_wheel
from .heats import Shown
from .run_row import RunRow

Over = str
"""``"photo"``, ``"tray"``, or ``"group "`` and the group's name."""
GROUP = "group "


@dataclass(frozen=True)
class Wanted:
    """What to compute.

    ``over`` is this photo, all of the tray or a group of photos; the rest is as
    :class:`~inception_viewer.intervention_questions.BranchImportance` has it.
    """

    over: Over = "photo"
    head: str = "main"
    target: int | None = None
    mode: AblationMode = "zero"
    reductions: bool = False
    conductance: bool = False


class ImportanceForm(Lines):
    """One or more lines of choices, and the button that computes.

    Signals: ``changed(Wanted)``, ``shown_changed("logit" or "probability")``.
    """

    changed = Signal(object)
    shown_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, margin=0)
        self.over = _box("Over which photos", (("This photo", "photo"), ("The tray", "tray")))
        self.target = ClassChooser()
        self.target.setMaximumWidth(16 * theme.GRID)
        self.target.set_default_text("Top class", "Each photo's top class")
        self.head = _box("Head", (("main", "main"),))
        self.mode = _box(
            "What a branch is set to",
            (("To zero", "zero"), ("To the mean", "mean")),
        )
        self.mode.setToolTip("What a branch is set to: zero, or its mean over the tray's photos")
        self.reductions = QCheckBox("Reductions")
        self.reductions.setToolTip(
            "Ablate the 1x1 reductions before the 3x3 and the 5x5, too, and the max pool before the"
            " projection. The projection is the output: without it the branch is gone."
        )
        self.conductance = QCheckBox("Conductance")
        self.conductance.setToolTip(
            "Compute beside it what layer conductance credits each branch with (seconds a photo)"
        )
        self.shown = _box("What is shown", (("Logit", "logit"), ("Probability", "probability")))
        self.run = RunRow("Compute")
        keep_from_wheel(self.over, self.target, self.head, self.mode, self.shown)
        self.hold(self.over, self.target, self.head, self.mode)
        self.hold(self.reductions, self.conductance, self.run, self.shown)
        self._connect()

    def _connect(self) -> None:
        for box in (self.over, self.head, self.mode):
            box.activated.connect(lambda _: self.changed.emit(self.wanted))
        for check in (self.reductions, self.conductance):
            check.toggled.connect(lambda _: self.changed.emit(self.wanted))
        self.target.class_chosen.connect(lambda _: self.changed.emit(self.wanted))
        self.shown.activated.connect(lambda _: self.shown_changed.emit(self.what_is_shown))

    @property
    def wanted(self) -> Wanted:
        """What is chosen."""
        return Wanted(
            str(self.over.currentData()),
            str(self.head.currentData()),
            self.target.target,
            cast(AblationMode, self.mode.currentData()),
            self.reductions.isChecked(),
            self.conductance.isChecked(),
        )

    @property
    def what_is_shown(self) -> Shown:
        """Which of the two tables is shown."""
        return cast(Shown, self.shown.currentData())

    def set_network(self, classes: Sequence[str], heads: Mapping[str, HeadState]) -> None:
        """Offer the classes and heads of a network."""
        self.target.set_classes(classes)
        fill_heads(self.head, heads)

    def set_photos(self, count: int, groups: Sequence[tuple[str, int]] = ()) -> None:
        """Say how many photos there are in the tray, and in groups by their names."""
        kept = self.over.currentData()
        with QSignalBlocker(self.over):
            self.over.clear()
            self.over.addItem("This photo", "photo")
            self.over.addItem(f"The tray ({count})", "tray")
            for name, photos in groups:
                self.over.addItem(f"{name} ({photos})", GROUP + name)
            self.over.setCurrentIndex(max(0, self.over.findData(kept)))


def fill_heads(box: QComboBox, heads: Mapping[str, HeadState]) -> None:
    """Offer the heads that a network has; the one that was chosen stays so if it can."""
    kept = box.currentData()
    with QSignalBlocker(box):
        box.clear()
        for head, state in heads.items():
            if state != "absent":
                words = f"{head} (untrained)" if state == "untrained" else head
                box.addItem(words, head)
        found = box.findData(kept)
        box.setCurrentIndex(found if found >= 0 else box.count() - 1)


def _box(name: str, choices: Sequence[tuple[str, str]]) -> QComboBox:
    made = QComboBox()
    made.setAccessibleName(name)
    made.setToolTip(name)
    made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    for words, data in choices:
        made.addItem(words, data)
    return made
