"""What is asked of an adversarial step, and the buttons that do it and take it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from ...edit_questions import Adversarial, AttackMethod
from ...questions import HeadState
from .. import theme
from ..class_chooser import ClassChooser
from ..small_label import SmallLabel
from ..spin_boxes import settle
from ..wheel import keep_from_wheel
from .importance_form import fill_heads
from .run_row import RunRow

METHODS: tuple[tuple[str, AttackMethod, str], ...] = (
    ("FGSM", "fgsm", "One step along the sign of the gradient (Goodfellow et al., 2015)"),
    ("PGD", "pgd", "Several small steps, each kept within the bound (Madry et al., 2018)"),
)
MOST_STEPS = 100


class MisleadForm(QWidget):
    """Signals: ``asked(Adversarial)``, ``taken_back()``, ``cancelled()``."""

    asked = Signal(object)
    taken_back = Signal()
    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._standing: Adversarial | None = None
        self._make_fields()
        self.run = RunRow("Mislead")
        self.run.asked.connect(lambda: self.asked.emit(self.wanted))
        self.run.cancelled.connect(self.cancelled)
        self.back = QPushButton("Take back")
        self.back.setToolTip("Show the network the picture before it was misled")
        self.back.clicked.connect(lambda: self.taken_back.emit())
        self.outcome, self.problem = SmallLabel("plain"), SmallLabel("error")
        self._lay_out()
        self._follow_method()
        self.set_attack(None)
        self.say("")
        self.tell("")

    def _make_fields(self) -> None:
        self.method = QComboBox()
        self.method.setAccessibleName("Method")
        for place, (words, method, tip) in enumerate(METHODS):
            self.method.addItem(words, method)
            self.method.setItemData(place, tip, Qt.ItemDataRole.ToolTipRole)
        self.method.activated.connect(lambda _: self._follow_method())
        self.epsilon = _whole("At most", 1, 64, 4, " of 255")
        self.epsilon.setToolTip("How far each colour value of each pixel may change")
        self.head = QComboBox()
        self.head.setAccessibleName("Head that is misled")
        self.head.addItem("main", "main")
        self.target = ClassChooser()
        self.target.setAccessibleName("Towards")
        self.target.set_default_text(
            "any other class", "Away from the class that the head thinks likeliest"
        )
        self.steps = _whole("Steps", 1, MOST_STEPS, 10, "")
        self.steps.setToolTip("How many steps are taken")
        self.step = QDoubleSpinBox()
        self.step.setAccessibleName("Levels a step")
        self.step.setRange(0.1, 64)
        self.step.setDecimals(1)
        self.step.setSingleStep(0.5)
        self.step.setValue(1.0)
        self.step.setSuffix(" levels")
        self.step.setToolTip("How many grey levels each step goes")
        keep_from_wheel(self.method, self.epsilon, self.head, self.target, self.steps, self.step)
        settle(self.epsilon, self.steps, self.step)
        for box in (self.epsilon, self.steps, self.step):
            box.valueChanged.connect(lambda _: self._refresh())
        for chooser in (self.method, self.head):
            chooser.currentIndexChanged.connect(lambda _: self._refresh())
        self.target.class_chosen.connect(lambda _: self._refresh())

    def _lay_out(self) -> None:
        self._form = QFormLayout()
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setHorizontalSpacing(theme.GRID)
        self._form.setVerticalSpacing(theme.GRID // 2)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for words, field in (
            ("Method", self.method),
            ("At most", self.epsilon),
            ("Head", self.head),
            ("Towards", self.target),
            ("Steps", self.steps),
            ("Each", self.step),
        ):
            label = QLabel(words)
            label.setBuddy(field)
            self._form.addRow(label, field)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, theme.GRID, 0)
        column.setSpacing(theme.GRID)
        column.addLayout(self._form)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.GRID)
        buttons.addWidget(self.run, 1)
        buttons.addWidget(self.back)
        column.addLayout(buttons)
        for widget in (self.problem, self.outcome):
            column.addWidget(widget)
        column.addStretch(1)

    def _follow_method(self) -> None:
        several = self.method.currentData() == "pgd"
        for field in (self.steps, self.step):
            self._form.setRowVisible(field, several)
        self.method.setToolTip(METHODS[self.method.currentIndex()][2])

    def _refresh(self) -> None:
        again = self._standing is not None and self.wanted != self._standing
        self.run.compute.setText("Mislead again" if again else "Mislead")
        self.run.compute.setEnabled(self._standing is None or again)
        self.run.compute.setToolTip(
            "This is done already" if self._standing is not None and not again else ""
        )

    # --- setters ---------------------------------------------------------------------

    @property
    def wanted(self) -> Adversarial:
        """What is chosen; what does not matter to the method is as it is by default."""
        one = Adversarial(
            cast(AttackMethod, self.method.currentData()),
            self.epsilon.value(),
            str(self.head.currentData() or "main"),
            self.target.target,
        )
        if one.method == "fgsm":
            return one
        return Adversarial(
            one.method, one.epsilon, one.head, one.target, self.steps.value(), self.step.value()
        )

    def set_network(self, classes: Sequence[str], heads: Mapping[str, HeadState]) -> None:
        """Offer the classes and heads of a network."""
        self.target.set_classes(classes)
        fill_heads(self.head, heads)
        self._refresh()

    def set_attack(self, attack: Adversarial | None) -> None:
        """Show what stands; where nothing does, what was chosen stays."""
        self._standing = attack
        if attack is not None:
            self._fill(attack)
        had_focus = self.back.hasFocus()
        self.back.setVisible(attack is not None)
        self._refresh()
        if had_focus and attack is None:
            self.run.compute.setFocus(Qt.FocusReason.OtherFocusReason)

    def _fill(self, attack: Adversarial) -> None:
        with QSignalBlocker(self.method), QSignalBlocker(self.head), QSignalBlocker(self.epsilon):
            self.method.setCurrentIndex(self.method.findData(attack.method))
            self.head.setCurrentIndex(max(0, self.head.findData(attack.head)))
            self.epsilon.setValue(attack.epsilon)
        self.target.set_target(attack.target)
        if attack.method == "pgd":
            with QSignalBlocker(self.steps), QSignalBlocker(self.step):
                self.steps.setValue(attack.steps)
                self.step.setValue(attack.step)
        self._follow_method()

    def set_progress(self, fraction: float | None, left: float | None = None) -> None:
        """Show how far a step is; None: none is under way."""
        self.run.set_progress(fraction, left)
        self.back.setEnabled(fraction is None)

    def tell(self, sentence: str) -> None:
        """Tell what came of it; ``""``: nothing is done."""
        self.outcome.setText(sentence)
        self.outcome.setVisible(bool(sentence))

    def say(self, sentence: str) -> None:
        """Say why something could not be done; ``""``: nothing."""
        self.problem.setText(sentence)
        self.problem.setVisible(bool(sentence))


def _whole(name: str, low: int, high: int, value: int, suffix: str) -> QSpinBox:
    box = QSpinBox()
    box.setAccessibleName(name)
    box.setRange(low, high)
    box.setValue(value)
    box.setSuffix(suffix)
    return box
