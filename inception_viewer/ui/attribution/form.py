"""What to explain and how: method, head, class, layer and the method's parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QFrame,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ...attribution_methods import DEFAULT_UNIT, METHODS, Method, units_before
from ...questions import CheckpointInfo, HeadState
from ...session import AttributionSettings
from .. import theme
from ..class_chooser import ClassChooser
from ..hatched_note import HatchedNote
from ..head_marks import SIDE, mark_icon
from ..head_words import WORDS, note
from ..small_label import SmallLabel
from ..wheel import keep_from_wheel
from .explained_fields import ExplainedFields
from .fields import ParameterFields, align_labels
from .method_box import fill_methods

HEADS = ("main", "aux2", "aux1")
"""As offered: the network's own answer first."""
FIELDS = ("method", "head", "target", "layer")
"""What every method has, from top to bottom."""


class AttributionForm(QScrollArea):
    """A form made from the methods' descriptions; scrolls where there is little room."""

    settings_changed = Signal(object)
    """Emitted with the :class:`AttributionSettings` that a person chose."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("What to explain")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its fields have it, and scroll into view
        self._checkpoint: CheckpointInfo | None = None
        self._tops: Mapping[str, str] = {}
        self._filling = False
        self.method = self._box("Method")
        fill_methods(self.method)
        self.head = self._box("Head")
        self.head.setIconSize(QSize(SIDE, SIDE))
        self.target = ClassChooser()
        self.layer = self._box("Layer")
        self.layer.setMaxVisibleItems(20)
        self.explained = ExplainedFields()
        self.parameters = ParameterFields()
        self.misfit = SmallLabel("warning")
        self.head_note = HatchedNote()
        self.explanation = SmallLabel("muted")
        keep_from_wheel(self.method, self.head, self.target, self.layer)
        self._form = self._lay_out()
        self.method.currentIndexChanged.connect(self._method_chosen)
        self.head.currentIndexChanged.connect(self._head_chosen)
        self.layer.currentIndexChanged.connect(self._edited)
        self.target.class_chosen.connect(self._edited)
        self.parameters.changed.connect(self._edited)
        self.explained.changed.connect(self._explained_chosen)
        self.set_checkpoint(None)

    # --- what is chosen --------------------------------------------------------------

    @property
    def settings(self) -> AttributionSettings:
        """What is chosen; parameters at their defaults are left out."""
        return AttributionSettings(
            self.chosen_method.name,
            str(self.head.currentData()),
            self.target.target,
            self.layer.currentData() if self.chosen_method.needs_unit else None,
            self.parameters.given,
            self.explained.against,
            self.explained.neuron,
        )

    @property
    def chosen_method(self) -> Method:
        """The method that is chosen."""
        return METHODS[str(self.method.currentData())]

    def set_settings(self, settings: AttributionSettings) -> None:
        """Show settings, without telling of a change; an unknown method is left as it was."""
        self._filling = True
        row = self.method.findData(settings.method)
        if row >= 0:
            self.method.setCurrentIndex(row)
        self.head.setCurrentIndex(max(0, self.head.findData(settings.head)))
        self.target.set_target(settings.target)
        self.explained.set_values(settings.against, settings.neuron)
        self._fill()
        if row >= 0:
            self.parameters.set_values(dict(settings.parameters))
        self.layer.setCurrentIndex(max(0, self.layer.findData(settings.unit)))
        self._filling = False

    def set_checkpoint(self, checkpoint: CheckpointInfo | None) -> None:
        """Offer a checkpoint's heads, classes and layers; what fits stays chosen."""
        before = self.settings if self.head.count() else AttributionSettings()
        old = () if self._checkpoint is None else self._checkpoint.classes
        classes = () if checkpoint is None else checkpoint.classes
        self._checkpoint = checkpoint
        self._filling = True
        self._fill_heads({} if checkpoint is None else checkpoint.heads)
        self.explained.set_graph(None if checkpoint is None else checkpoint.graph)
        if classes != old:
            self.target.set_classes(classes)
            self.explained.set_classes(classes)
            before = replace(before, target=None, against=None)
        self._filling = False
        self.set_settings(before)

    def set_photos(self, photos: Sequence[tuple[str, str]]) -> None:
        """Offer the open photos, as (id, name), where a method compares with another one."""
        self.parameters.set_photos(photos)

    def set_top_classes(self, names: Mapping[str, str]) -> None:
        """Say in the class field what each head's top class is on the open photo."""
        self._tops = dict(names)
        self._name_default()

    def obstacle(self) -> str:
        """Return why what is chosen cannot be computed, or ``""``."""
        if self._checkpoint is None:
            return "Open a checkpoint first."
        head = str(self.head.currentData())
        if self._checkpoint.heads.get(head, "absent") == "absent":
            return f"{self._checkpoint.name} has no head {head}; choose another head."
        if self.explained.obstacle():
            return self.explained.obstacle()
        return self.chosen_method.suits(self._checkpoint.graph, head)

    # --- construction ----------------------------------------------------------------

    def _box(self, name: str) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(name)
        box.setMinimumContentsLength(8)
        box.setSizeAdjustPolicy(box.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        return box

    def _lay_out(self) -> QFormLayout:
        inner = QFrame()
        inner.setProperty("role", "panel")
        form = QFormLayout()
        form.setSpacing(theme.GRID)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for name in FIELDS:
            label = {"target": "Class"}.get(name, name.capitalize())
            form.addRow(label, getattr(self, name))
        whole = QVBoxLayout(inner)
        whole.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        whole.setSpacing(theme.GRID)
        whole.addLayout(form)
        for widget in (
            self.head_note,
            self.explained,
            self.parameters,
            self.misfit,
            self.explanation,
        ):
            whole.addWidget(widget)
        whole.addStretch()
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        return form

    # --- upkeep ----------------------------------------------------------------------

    def _fill_heads(self, states: Mapping[str, HeadState]) -> None:
        chosen = self.head.currentData()
        self.head.clear()
        for head in HEADS:
            state = states.get(head, "absent") if states else "trained"
            word = "" if state == "trained" else self._words(head, state)
            shown = f"{head} ({word})" if word else head
            self.head.addItem(mark_icon(head, state, self.devicePixelRatioF()), shown, head)
            model = self.head.model()
            assert isinstance(model, QStandardItemModel)
            model.item(self.head.count() - 1).setEnabled(state != "absent")
        self.head.setCurrentIndex(max(0, self.head.findData(chosen)))

    def _fill(self) -> None:
        """Bring everything in line with the method and the head that are chosen."""
        method = self.chosen_method
        self.parameters.set_method(method)
        self.parameters.setVisible(bool(method.parameters))
        said = (method.explanation, method.misleads, method.paper)
        self.explanation.setText("\n\n".join(filter(None, said)))
        self.method.setToolTip(method.explanation)
        self._fill_layers()
        self._form.setRowVisible(self.layer, method.needs_unit)
        self.explained.force_neuron(method.explains_neuron)
        of_class = self.explained.kind != "neuron" or method.needs_answer
        self._form.setRowVisible(self.target, of_class)
        self.align()
        self._name_default()
        why = self.obstacle() if self._checkpoint is not None else ""
        self.head_note.say(self._head_sentence())
        self.misfit.setText(why)
        self.misfit.setVisible(bool(why))

    def _words(self, head: str, state: HeadState) -> str:
        return WORDS[state] if self._checkpoint is None else note(self._checkpoint, head).words

    def _head_sentence(self) -> str:
        """Return what must be known of the head that is chosen, or ``""``."""
        info, head = self._checkpoint, str(self.head.currentData())
        if info is None or info.heads.get(head) != "untrained":
            return ""
        return note(info, head).sentence

    def align(self) -> None:
        """Let the fields of the method's own form begin where those above it do."""
        above = [self._form.labelForField(getattr(self, name)) for name in FIELDS]
        align_labels([*above, *self.explained.labels, *self.parameters.labels])

    def _fill_layers(self) -> None:
        head, chosen = str(self.head.currentData()), self.layer.currentData()
        filling, self._filling = self._filling, True
        self.layer.clear()
        self.layer.addItem(f"{DEFAULT_UNIT[head]} (default)", None)
        if self._checkpoint is not None:
            for unit in units_before(self._checkpoint.graph, head):
                self.layer.addItem(unit, unit)
        self.layer.setCurrentIndex(max(0, self.layer.findData(chosen)))
        self.layer.setToolTip(f"The units on the way to {head} that have a map")
        self._filling = filling

    def _name_default(self) -> None:
        head = str(self.head.currentData())
        top = self._tops.get(head, "")
        # The name comes first and the rest is short: there is little room.
        text, whose = (f"{top} (top)", f", now {top}") if top else ("top class", "")
        self.target.set_default_text(text, f"The top class of {head}{whose}")

    def _method_chosen(self) -> None:
        if not self._filling:
            self._fill()
            self._edited()

    def _explained_chosen(self) -> None:
        self._fill()
        self._edited()

    def _head_chosen(self) -> None:
        if not self._filling:
            self._fill()
            self._edited()

    def _edited(self) -> None:
        if not self._filling:
            self.settings_changed.emit(self.settings)
