"""What is to be tested: the folders, the class, where in the network, how often."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from ...attribution_methods import units_before
from ...concept_questions import LEAST, Concept
from ...file_questions import PhotosFound
from ...questions import CheckpointInfo, Preprocessing
from .. import theme
from ..class_chooser import ClassChooser
from ..evaluation.elided_box import ElidedBox
from ..evaluation.thumbnails import ThumbnailStore
from ..hatched_note import HatchedNote
from ..head_words import note
from ..small_label import SmallLabel
from ..wheel import keep_from_wheel
from . import words
from .folder_card import FolderCard
from .tested import Wanted, default_unit, modules_before

OFFERED_HEADS = ("main", "aux2", "aux1")
MOST_CONCEPTS = 12
LAYERS = "*"
"""Stands for all modules on the way to the head."""


class ConceptForm(QScrollArea):
    """The fields; :attr:`wanted` is what they say."""

    changed = Signal()
    look_requested = Signal(object)
    """A folder (str) to look into."""

    def __init__(self, store: ThumbnailStore, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._info: CheckpointInfo | None = None
        self._target_by_hand = False
        self.cards: list[FolderCard] = []
        self.random = FolderCard("random", "Photos of anything else", store)
        self.photos = FolderCard("class", "Photos of the class", store)
        self.add_button = QPushButton("Add a concept")
        self.target, self.head, self.unit = ClassChooser(), QComboBox(), ElidedBox()
        self.runs = _spin("Runs: draws of random photos", 1, 100, 10, " runs")
        self.most = _spin("Photos of each folder at most", LEAST, 100_000, 150, " photos")
        self.seed = _spin("Seed of every draw", 0, 2**31 - 1, 0, "")
        self.noise, self.input = HatchedNote(), SmallLabel("muted")
        self.where = QWidget()
        """The class, the head and the unit, to be put below the rest."""
        self._dress()
        self._arrange()
        self._connect()
        self.add_concept()

    def _dress(self) -> None:
        self.setAccessibleName("What is tested")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.target.set_default_text("Choose the class", "The class whose logit is watched")
        for box, name in ((self.head, "Head"), (self.unit, "Unit")):
            box.setAccessibleName(name)
            box.setSizeAdjustPolicy(box.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.head.setMinimumContentsLength(5)
        self.unit.setMinimumContentsLength(8)
        self.unit.setMaxVisibleItems(20)
        self.unit.setToolTip(
            "Where the concepts are looked for; down the layers takes the time of each of them"
        )
        self.most.setSingleStep(10)
        self.most.setToolTip(
            "Photos of each folder at most, drawn by the seed; of anything else three times as many"
        )
        for head in OFFERED_HEADS:
            self.head.addItem(head, head)
        keep_from_wheel(self.target, self.head, self.unit, self.runs, self.most, self.seed)

    def _arrange(self) -> None:
        grid = theme.GRID
        self._concepts = QVBoxLayout()
        self._concepts.setSpacing(grid)
        fields = _fields()
        for label, field in (
            ("Runs", self.runs), ("At most", self.most), ("Seed", self.seed),
        ):  # fmt: skip
            fields.addRow(label, field)
        self._arrange_where()
        inner = QFrame()
        whole = QVBoxLayout(inner)
        whole.setContentsMargins(0, 0, grid, 0)
        whole.setSpacing(grid)
        whole.addWidget(_section("Concepts"))
        whole.addLayout(self._concepts)
        whole.addWidget(self.add_button, 0, Qt.AlignmentFlag.AlignLeft)
        for part in (self.random, self.photos):
            whole.addWidget(part)
        whole.addLayout(fields)
        whole.addWidget(self.input)
        whole.addStretch()
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self.setFrameShape(self.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAutoFillBackground(False)
        inner.setAutoFillBackground(False)

    def _arrange_where(self) -> None:
        """Put together what is always in sight: the class, the head, the unit."""
        beside = QHBoxLayout()
        beside.setSpacing(theme.GRID)
        beside.addWidget(self.head)
        beside.addWidget(self.unit, 1)
        fields = _fields()
        fields.addRow("Class", self.target)
        fields.addRow("At", beside)
        whole = QVBoxLayout(self.where)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(theme.GRID)
        whole.addLayout(fields)
        whole.addWidget(self.noise)

    def _connect(self) -> None:
        self.add_button.setAutoDefault(False)
        self.add_button.clicked.connect(self._add_and_focus)
        for card in (self.random, self.photos):
            self._follow(card)
        self.photos.changed.connect(self._guess_class)
        self.target.class_chosen.connect(self._choose_class)
        self.head.currentIndexChanged.connect(self._fill_units)
        for spin in (self.runs, self.most, self.seed):
            spin.valueChanged.connect(self.changed)
        self.unit.currentIndexChanged.connect(self.changed)

    def _follow(self, card: FolderCard) -> None:
        card.changed.connect(self.changed)
        card.look_requested.connect(self.look_requested)
        card.more_dropped.connect(self.add_folders)

    # --- concepts ---

    def add_concept(self, folder: str = "", name: str = "") -> FolderCard:
        """Add a concept; without a folder an empty one to drop it on."""
        card = FolderCard("concept", "", self._store)
        self._follow(card)
        card.remove_requested.connect(lambda: self.remove(card))
        self.cards.append(card)
        self._concepts.addWidget(card)
        if folder:
            taken = [other.concept_name for other in self.cards if other is not card]
            card.set_folder(folder, name)
            if not name:
                card.set_name(words.free_name(card.concept_name, taken))
        self.order()
        self._refresh_cards()
        self.changed.emit()
        return card

    def _add_and_focus(self) -> None:
        card = self.add_concept()
        card.name.setFocus()
        self.widget().layout().activate()
        self.ensureWidgetVisible(card)

    def add_folders(self, folders: Sequence[str]) -> None:
        """Take folders as concepts; those without a folder come first."""
        for folder in folders:
            empty = next((card for card in self.cards if not card.path), None)
            if empty is not None:
                empty.set_folder(folder)
            elif len(self.cards) < MOST_CONCEPTS:
                self.add_concept(folder)

    def remove(self, card: FolderCard) -> None:
        """Take a concept away; one stays, if only an empty one."""
        place = self.cards.index(card)
        self.cards.remove(card)
        self._concepts.removeWidget(card)
        card.hide()
        card.deleteLater()
        if not self.cards:
            self.add_concept()
        self.cards[min(place, len(self.cards) - 1)].name.setFocus()
        self._refresh_cards()
        self.changed.emit()

    def order(self) -> None:
        """Let Tab walk the fields as they stand, however late a card was added."""
        stops = [stop for card in self.cards for stop in card.stops]
        stops += [self.add_button, *self.random.stops, *self.photos.stops]
        stops += [self.runs, self.most, self.seed, self.target, self.head, self.unit]
        for one, other in pairwise(stops):
            if one.window() is other.window():
                QWidget.setTabOrder(one, other)

    def _refresh_cards(self) -> None:
        for card in self.cards:
            card.remove_button.setEnabled(len(self.cards) > 1 or bool(card.path))
        self.add_button.setEnabled(len(self.cards) < MOST_CONCEPTS)

    def card_of(self, folder: str) -> list[FolderCard]:
        """Return the cards that have this folder."""
        return [card for card in (*self.cards, self.random, self.photos) if card.path == folder]

    def set_contents(self, folder: str, contents: PhotosFound | str) -> None:
        """Say what a folder holds, wherever it was chosen."""
        for card in self.card_of(folder):
            card.set_contents(contents)
        self._refresh_cards()
        shown = [
            path for card in (*self.cards, self.random, self.photos) for path in card.strip.paths
        ]
        self._store.ask(shown)

    # --- what is chosen ---

    @property
    def wanted(self) -> Wanted:
        """What the fields say."""
        return Wanted(
            words.with_folder([Concept(card.concept_name, card.path) for card in self.cards]),
            self.random.path,
            self.photos.path,
            self.target.target,
            self.head.currentData(),
            self.units,
            self.runs.value(),
            self.most.value(),
            self.seed.value(),
        )

    def set_wanted(self, wanted: Wanted) -> None:
        """Take the folders of a former test."""
        for concept in wanted.concepts:
            empty = next((card for card in self.cards if not card.path), None)
            if empty is not None:
                empty.set_folder(concept.folder, concept.name)
            else:
                self.add_concept(concept.folder, concept.name)
        self.random.set_folder(wanted.random)
        self.photos.set_folder(wanted.photos)

    def _choose_class(self, target: int | None) -> None:
        self._target_by_hand = target is not None
        self.changed.emit()

    def _guess_class(self) -> None:
        """Choose the class that the folder is named by, unless somebody chose one."""
        if self._info is None or self._target_by_hand or not self.photos.path:
            return
        named = words.plain(words.name_of(self.photos.path))
        known = [words.plain(name) for name in self._info.classes]
        if named in known:
            self.target.set_target(known.index(named))
            self.changed.emit()

    # --- what is told ---

    def set_checkpoint(self, info: CheckpointInfo | None, preprocessing: Preprocessing) -> None:
        """Offer a checkpoint's classes, heads and units; what fits stays chosen."""
        other = info is None or self._info is None or info.classes != self._info.classes
        before = self._info
        self._info = info
        if other:
            chosen, target = self.target.target, None
            if chosen is not None and before is not None and info is not None:
                name = before.classes[chosen]
                target = info.classes.index(name) if name in info.classes else None
            self.target.set_classes(() if info is None else info.classes)
            self.target.set_target(target)
            self._target_by_hand = self._target_by_hand and target is not None
            self._guess_class()
        own = info is not None and preprocessing == info.preprocessing
        self.input.setText("" if info is None else words.input_sentence(preprocessing, own))
        self._fill_units()

    def _fill_units(self) -> None:
        """Offer the units on the way to the head; the one that was chosen, if it is there."""
        kept, head = self.unit.currentData(), self.head.currentData()
        with QSignalBlocker(self.unit):
            self.unit.clear()
            if self._info is not None:
                graph = self._info.graph
                modules = modules_before(graph, head)
                if len(modules) > 1:
                    self.unit.addItem(f"Down the layers ({len(modules)})", LAYERS)
                    self.unit.insertSeparator(1)
                for unit in units_before(graph, head):
                    self.unit.addItem(unit, unit)
                self._choose_units(kept, default_unit(graph, head))
        said = note(self._info, head) if self._info is not None else None
        self.noise.say(said.sentence if said is not None and said.is_noise else "")
        self.changed.emit()

    def _choose_units(self, kept: str | None, default: str) -> None:
        for unit in filter(None, (kept, default)):
            if self.unit.findData(unit) >= 0:
                self.unit.setCurrentIndex(self.unit.findData(unit))
                return

    @property
    def units(self) -> tuple[str, ...]:
        """Where the concepts are to be looked for."""
        chosen = self.unit.currentData()
        if self._info is None or not chosen:
            return ()
        if chosen == LAYERS:
            return modules_before(self._info.graph, self.head.currentData())
        return (str(chosen),)


def _fields() -> QFormLayout:
    made = QFormLayout()
    made.setSpacing(theme.GRID)
    made.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    return made


def _section(text: str) -> QLabel:
    made = QLabel(text)
    made.setProperty("role", "section")
    return made


def _spin(name: str, least: int, most: int, value: int, suffix: str) -> QSpinBox:
    made = QSpinBox()
    made.setRange(least, most)
    made.setValue(value)
    made.setSuffix(suffix)
    made.setAccessibleName(name)
    made.setToolTip(name)
    made.setKeyboardTracking(False)
    # The style sheet's padding ends at the box: without this the number touches its frame.
    made.lineEdit().setTextMargins(6, 0, 0, 0)
    return made
