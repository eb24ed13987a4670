"""What the lab is to show: the arrangement, its methods, and what they explain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QComboBox, QFormLayout, QFrame, QScrollArea, QVBoxLayout, QWidget

from ...attribution_methods import DEFAULT_UNIT, METHODS, Cost, Method, units_before
from ...lab_choice import Arrangement, Choice, Explained
from ...questions import CheckpointInfo
from .. import theme
from ..attribution.explained_fields import ExplainedFields
from ..attribution.fields import ParameterFields, align_labels
from ..attribution.method_box import fill_methods
from ..class_chooser import ClassChooser
from ..hatched_note import HatchedNote
from ..head_marks import mark_icon
from ..head_words import NEVER_TRAINED, notes
from ..small_label import SmallLabel
from ..wheel import keep_from_wheel
from .choice import ARRANGEMENTS
from .heading import heading
from .method_list import MethodList

DEPTHS = {"modules": "the modules", "units": "every convolution"}
OFFERED_HEADS = ("main", "aux2", "aux1")


class Chooser(QScrollArea):
    """A form for a :class:`Choice`; only the fields that matter for it are shown."""

    choice_changed = Signal(object)
    """Emitted with the new :class:`Choice` when a person changed it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("What the lab shows")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._checkpoint: CheckpointInfo | None = None
        self._tops: Mapping[str, str] = {}
        self._given: dict[str, tuple[tuple[str, float | int | str], ...]] = {}
        self._filling = False
        self.arrangement = self._box("Arrangement", ARRANGEMENTS)
        self.methods = MethodList()
        self.method, self.layer_method = self._box("Method", {}), self._box("Layer method", {})
        fill_methods(self.method)
        fill_methods(self.layer_method, lambda method: method.needs_unit)
        self.depth_box = self._box("Layers", DEPTHS)
        self.head = self._box("Head", {head: head for head in OFFERED_HEADS})
        self.target = ClassChooser()
        self.layer = self._box("Layer", {})
        self.layer.setMaxVisibleItems(20)
        self.explained = ExplainedFields()
        self.parameters_of = heading()
        self.parameters = ParameterFields()
        self.obstacle = SmallLabel("warning")
        self.noise = HatchedNote()
        self.explanation = SmallLabel("muted")
        self._form = self._lay_out()
        self._connect()
        self.set_choice(Choice())

    # --- what is chosen --------------------------------------------------------------

    @property
    def choice(self) -> Choice:
        """What is chosen."""
        fields = self.explained
        explained = Explained(
            fields.kind,
            str(self.head.currentData()),
            self.target.target,
            fields.against,
            fields.chosen_neuron,
        )
        return Choice(
            self._arrangement,
            self.methods.chosen,
            str(self.method.currentData()),
            str(self.layer_method.currentData()),
            self.layer.currentData(),
            self.depth_box.currentData(),
            explained,
            dict(self._given),
        )

    def set_choice(self, choice: Choice) -> None:
        """Show a choice, without telling of a change."""
        self._filling = True
        for box, value in (
            (self.arrangement, choice.arrangement), (self.method, choice.method),
            (self.layer_method, choice.layer_method), (self.depth_box, choice.depth),
            (self.head, choice.explained.head),
        ):  # fmt: skip
            box.setCurrentIndex(max(0, box.findData(value)))
        self._fill_layers()
        self.layer.setCurrentIndex(max(0, self.layer.findData(choice.unit)))
        self.methods.set_chosen(choice.methods)
        self.target.set_target(choice.explained.target)
        neuron = choice.explained.neuron if choice.explained.kind == "neuron" else None
        self.explained.set_values(choice.explained.against, neuron)
        self._given = dict(choice.parameters)
        self._show_parameters(self._method_in_hand())
        self._fill()
        self._filling = False

    def set_checkpoint(self, checkpoint: CheckpointInfo | None) -> None:
        """Offer a checkpoint's heads, classes, layers and units; what fits stays chosen."""
        before = self._checkpoint
        if checkpoint is before and checkpoint is not None:
            return
        self._checkpoint = checkpoint
        self._filling = True
        self.explained.set_graph(None if checkpoint is None else checkpoint.graph)
        self._call_classes(before)
        self._mark_heads()
        self._fill()
        self._filling = False

    def _call_classes(self, before: CheckpointInfo | None) -> None:
        """Offer the classes as they are called now; what is chosen of the same file stays."""
        now = self._checkpoint
        classes = () if now is None else now.classes
        if before is not None and before.classes == classes:
            return
        same = before is not None and now is not None and before.fingerprint == now.fingerprint
        target, against = self.target.target, self.explained.against
        self.target.set_classes(classes)
        self.explained.set_classes(classes)
        if same:
            self.target.set_target(target)
            self.explained.against_box.set_target(against)

    def _mark_heads(self) -> None:
        """Show each head's mark, and the state of those that were not trained or are not there."""
        ratio, said = self.devicePixelRatioF(), notes(self._checkpoint)
        for place in range(self.head.count()):
            head = str(self.head.itemData(place))
            note = said.get(head)
            words = note.short if note is not None else ""
            self.head.setItemText(place, f"{head} ({words})" if words else head)
            state = note.state if note is not None else "trained"
            self.head.setItemIcon(place, mark_icon(head, state, ratio))
            model = self.head.model()
            assert isinstance(model, QStandardItemModel)
            model.item(place).setEnabled(state != "absent")

    def set_target(self, target: int | None) -> None:
        """Explain this class, without telling of a change."""
        self.target.set_target(target)

    def set_top_classes(self, names: Mapping[str, str]) -> None:
        """Say in the class field what each head's top class is on the open photo."""
        self._tops = dict(names)
        self._name_default()

    def set_channel(self, channel: tuple[str, int] | None) -> None:
        """Offer the channel that is selected in the window."""
        self.explained.set_channel(channel)

    def set_photos(self, photos: Sequence[tuple[str, str]]) -> None:
        """Offer the open photos, as (id, name), where a method compares with another one."""
        self.parameters.set_photos(photos)

    # --- construction ----------------------------------------------------------------

    def _box(self, name: str, choices: Mapping[str, str]) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(name)
        box.setMinimumContentsLength(8)
        box.setSizeAdjustPolicy(box.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for value, words in choices.items():
            box.addItem(words, value)
        keep_from_wheel(box)
        return box

    def _lay_out(self) -> QFormLayout:
        inner = QFrame()
        inner.setProperty("role", "panel")
        form = QFormLayout()
        form.setSpacing(theme.GRID)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        rows: dict[str, QWidget] = {
            "Show": self.arrangement, "Method": self.method, "Method ": self.layer_method,
            "Layers": self.depth_box, "Head": self.head, "Class": self.target, "Layer": self.layer,
        }  # fmt: skip
        for label, widget in rows.items():
            form.addRow(label.strip(), widget)
        whole = QVBoxLayout(inner)
        whole.setContentsMargins(*[theme.GRID] * 4)
        whole.setSpacing(theme.GRID)
        whole.addLayout(form)
        for part in (
            self.noise, self.explained, self.obstacle, self.methods, self.parameters_of,
            self.parameters, self.explanation,
        ):  # fmt: skip
            whole.addWidget(part)
        whole.addStretch()
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        return form

    def _connect(self) -> None:
        keep_from_wheel(self.target)
        for box in (self.arrangement, self.method, self.layer_method, self.depth_box, self.head):
            box.currentIndexChanged.connect(self._refilled)
        self.layer.currentIndexChanged.connect(self._edited)
        self.target.class_chosen.connect(self._edited)
        self.methods.ticked.connect(self._refilled)
        self.methods.current_changed.connect(self._look_at)
        self.explained.changed.connect(self._refilled)
        self.parameters.changed.connect(self._parameters_changed)

    # --- upkeep ----------------------------------------------------------------------

    @property
    def _arrangement(self) -> Arrangement:
        found: Arrangement = self.arrangement.currentData()
        return found

    def _in_use(self) -> list[Method]:
        if self._arrangement == "methods":
            return [METHODS[name] for name in self.methods.chosen]
        box = self.layer_method if self._arrangement == "layers" else self.method
        return [METHODS[str(box.currentData())]]

    def _method_in_hand(self) -> Method:
        """Return the method whose parameters are shown."""
        if self._arrangement != "methods":
            return self._in_use()[0]
        name = self.methods.current or next(iter(self.methods.chosen), "saliency")
        return METHODS[name]

    def _fill(self) -> None:
        """Bring everything in line with what is chosen."""
        arrangement, used = self._arrangement, self._in_use()
        several, layers = arrangement == "methods", arrangement == "layers"
        self.explained.force_neuron(bool(used) and all(m.explains_neuron for m in used))
        of_class = self.explained.kind != "neuron" or any(m.needs_answer for m in used)
        self.methods.setVisible(several)
        for widget, shown in (
            (self.method, not several and not layers), (self.layer_method, layers),
            (self.depth_box, layers), (self.head, arrangement != "heads"), (self.target, of_class),
            (self.layer, not layers and any(method.needs_unit for method in used)),
        ):  # fmt: skip
            self._form.setRowVisible(widget, shown)
        self._fill_layers()
        self._fill_methods()
        self._name_default()
        self._warn_of_noise(of_class)
        why = self.explained.obstacle()
        self.obstacle.setText(why)
        self.obstacle.setVisible(bool(why))
        self._explain()
        self.align()

    def _warn_of_noise(self, of_class: bool) -> None:
        """Say which of the heads that are explained were never trained."""
        every = self._arrangement == "heads"
        noise = [
            one
            for head, one in notes(self._checkpoint).items()
            if one.is_noise and of_class and (every or head == self.head.currentData())
        ]
        names = " and ".join(one.head for one in noise)
        several = f"{names} were {NEVER_TRAINED}: what they say means nothing."
        self.noise.say(several if len(noise) > 1 else "".join(one.sentence for one in noise))
        self.noise.setToolTip("\n".join(one.sentence for one in noise))

    def _fill_layers(self) -> None:
        head = "main" if self._arrangement == "heads" else str(self.head.currentData())
        chosen = self.layer.currentData()
        with QSignalBlocker(self.layer):
            self.layer.clear()
            self.layer.addItem(f"{DEFAULT_UNIT[head]} (default)", None)
            if self._checkpoint is not None:
                for unit in units_before(self._checkpoint.graph, head):
                    self.layer.addItem(unit, unit)
            self.layer.setCurrentIndex(max(0, self.layer.findData(chosen)))

    def _fill_methods(self) -> None:
        self.methods.set_costs(self.cost)
        info, head = self._checkpoint, str(self.head.currentData())

        def misfit(method: Method) -> str:
            return "" if info is None else method.suits(info.graph, head)

        self.methods.set_misfits(misfit)

    def cost(self, method: Method) -> Cost:
        """Return what a method takes as it is set."""
        return method.cost(method.settings(dict(self._given.get(method.name, ()))))

    def _show_parameters(self, method: Method) -> None:
        self.parameters.set_method(method)
        self.parameters.set_values(dict(self._given.get(method.name, ())))

    def _explain(self) -> None:
        method = self._method_in_hand()
        self.parameters_of.setText(method.title)
        several = self._arrangement == "methods"
        self.parameters_of.setVisible(several)
        self.parameters.setVisible(bool(method.parameters))
        said = (method.explanation, method.misleads, method.paper)
        self.explanation.setText("\n\n".join(filter(None, said)))

    def align(self) -> None:
        """Let the fields begin in one line."""
        boxes = (
            self.arrangement, self.method, self.layer_method, self.depth_box, self.head,
            self.target, self.layer,
        )  # fmt: skip
        above = [self._form.labelForField(box) for box in boxes]
        align_labels([*above, *self.explained.labels, *self.parameters.labels])

    def _name_default(self) -> None:
        head = str(self.head.currentData())
        top = self._tops.get(head, "")
        if self._arrangement in ("photos", "heads"):
            whose = "photo" if self._arrangement == "photos" else "head"
            self.target.set_default_text("each its own top", f"The top class of each {whose}")
            return
        text, whose = (f"{top} (top)", f", now {top}") if top else ("top class", "")
        self.target.set_default_text(text, f"The top class of {head}{whose}")

    def _look_at(self, name: str) -> None:
        """Show the parameters of the method that the keyboard is on."""
        if name in METHODS:
            self._show_parameters(METHODS[name])
            self._explain()
            self.align()

    def _refilled(self) -> None:
        if not self._filling:
            self._filling = True
            self._show_parameters(self._method_in_hand())
            self._fill()
            self._filling = False
            self._edited()

    def _parameters_changed(self) -> None:
        method = self._method_in_hand()
        self._given[method.name] = self.parameters.given
        self._fill_methods()
        self._edited()

    def _edited(self) -> None:
        if not self._filling:
            self.choice_changed.emit(self.choice)
