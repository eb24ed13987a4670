"""The Input page: what is done to the photo, beside the pictures before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QGuiApplication, QImage, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QMenu,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from ...edit_questions import Adversarial, Distortion
from ...images.differences import FACTORS, enlarged, fitting_factor, measured
from ...questions import HeadState, Pixels, Scene
from .. import theme
from ..attribution.export import save_picture
from ..compare.saving import ask, ask_dialog, plain, written
from ..maps.restyle import panel, scrolling, see_through
from ..pictures import image_of
from ..small_label import SmallLabel
from ..wheel import keep_from_wheel
from .changed_pictures import ChangedPictures, Trio
from .distort_form import DistortForm
from .input_export import composed
from .input_words import (
    BEFORE,
    Against,
    difference_sentence,
    export_caption,
    factor_text,
    titles,
)
from .mislead_form import MisleadForm

FORM_WIDTH = 296, 400
"""Least and most of the sliders, in logical pixels at text scale 1."""
BESIDE_FROM = 520
"""Logical pixels at text scale 1 from which the pictures stand beside the sliders."""
LOW, BESIDE_WHERE_LOW = 480, 464
"""In a page that is lower than this they do so from this on: one above the other they are tiny."""
PNG = "PNG picture (*.png)"


class InputPage(QWidget):
    """Sliders and the adversarial step on one side, pictures on the other.

    Signals: ``moved(Distortion, ended)``, ``misled(Adversarial)``, ``taken_back()``,
    ``cancelled()``, ``copy_python_requested()``, ``shown()`` when it comes into sight.
    """

    moved = Signal(object, bool)
    misled = Signal(object)
    taken_back = Signal()
    cancelled = Signal()
    copy_python_requested = Signal()
    shown = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.distort, self.attack = DistortForm(), MisleadForm()
        self.pictures = ChangedPictures()
        self.sentence, self.note = SmallLabel("muted"), SmallLabel("muted")
        self.note.hide()
        self._standing: Adversarial | None = None
        self._seen: tuple[Pixels, Pixels, Pixels] | None = None
        self._photo, self._done = "", ""
        self._scene: Scene | None = None
        self.shown_factor = 1.0
        self._connect_forms()
        self._make_tools()
        self._lay_out()
        self.set_pictures(None)
        theme.broadcast.changed.connect(self._restyle)

    def _connect_forms(self) -> None:
        self.distort.moved.connect(self.moved)
        self.attack.asked.connect(self.misled)
        self.attack.taken_back.connect(self.taken_back)
        self.attack.cancelled.connect(self.cancelled)

    def _make_tools(self) -> None:
        self.against = QComboBox()
        self.against.setAccessibleName("What the picture is compared with")
        self.against.setToolTip("What the picture is compared with")
        for data, words in BEFORE.items():
            self.against.addItem(words, data)
        self.factor = QComboBox()
        self.factor.setAccessibleName("How much the difference is enlarged")
        self.factor.setToolTip(
            "How much the difference is enlarged; to fit: the largest fills the scale"
        )
        self.factor.addItem("To fit", None)
        for one in FACTORS:
            self.factor.addItem(factor_text(one), one)
        self.against.setMinimumContentsLength(6)
        self.against.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        for box in (self.against, self.factor):
            box.activated.connect(lambda _: self._fill())
        keep_from_wheel(self.against, self.factor)
        self.take = QToolButton()
        self.take.setText("Take along")
        self.take.setToolTip("Copy or save the pictures")
        self.take.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.take.setMenu(self._take_menu(QMenu(self.take)))

    def _take_menu(self, menu: QMenu) -> QMenu:
        for text, act in (
            ("Copy the pictures", self.copy_picture),
            ("Save the pictures…", self._ask_pictures),
            ("Save what the network sees…", self._ask_seen),
            ("Copy as Python", self.copy_python_requested.emit),
        ):
            menu.addAction(text).triggered.connect(lambda _=False, act=act: act())
        return menu

    def _lay_out(self) -> None:
        self.forms = QStackedWidget()
        for form in (self.distort, self.attack):
            self.forms.addWidget(form)
        inside = panel()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.forms)
        self.area = scrolling(inside)
        see_through(self.area)
        self._left = QWidget()
        left = QVBoxLayout(self._left)
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(theme.GRID)
        left.addLayout(self._lay_out_kinds())
        left.addWidget(self.area, 1)
        tools = QHBoxLayout()
        tools.setSpacing(theme.GRID)
        tools.addWidget(self.against, 4)
        tools.addWidget(self.factor)
        tools.addStretch(1)
        below = QHBoxLayout()
        below.setSpacing(theme.GRID)
        below.addWidget(self.sentence, 1)
        below.addWidget(self.take, 0, Qt.AlignmentFlag.AlignTop)
        right = QVBoxLayout()
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(theme.GRID)
        right.addLayout(tools)
        right.addWidget(self.pictures, 1 << 8)
        right.addLayout(below)
        right.addWidget(self.note)
        right.addStretch(1)
        self._body = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._body.setContentsMargins(0, 0, 0, 0)
        self._body.setSpacing(2 * theme.GRID)
        self._body.addWidget(self._left)
        self._body.addLayout(right, 1)

    def _lay_out_kinds(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(0)
        group = QButtonGroup(self)
        self.kinds = []
        for place, (words, tip) in enumerate(
            (
                ("Distort", "Shift, rotate, scale, crop, blur, noise and contrast"),
                ("Mislead", "An adversarial step: FGSM or PGD"),
            )
        ):
            button = QToolButton()
            button.setText(words)
            button.setToolTip(tip)
            button.setCheckable(True)
            group.addButton(button, place)
            row.addWidget(button)
            self.kinds.append(button)
        row.addStretch(1)
        row.addWidget(self.distort.clear)
        kept = self.distort.clear.sizePolicy()
        kept.setRetainSizeWhenHidden(True)
        self.distort.clear.setSizePolicy(kept)
        self.kinds[0].setChecked(True)
        group.idToggled.connect(lambda place, on: self._turn(place) if on else None)
        return row

    def _turn(self, place: int) -> None:
        self.forms.setCurrentIndex(place)
        self.distort.clear.setVisible(place == 0)
        self.area.verticalScrollBar().setValue(0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the pictures above the sliders where there is no room beside them."""
        super().resizeEvent(event)
        self._share_room()

    def _restyle(self, _: object) -> None:
        if isValid(self):
            self._share_room()

    def _share_room(self) -> None:
        scale = max(1.0, theme.text_scale())
        least = BESIDE_WHERE_LOW if self.height() < LOW * scale else BESIDE_FROM
        beside = self.width() >= least * scale
        ways = QBoxLayout.Direction
        self._body.setDirection(ways.LeftToRight if beside else ways.BottomToTop)
        narrow, most = (round(width * scale) for width in FORM_WIDTH)
        wide = min(most, max(narrow, 2 * self.width() // 5))
        self._left.setMinimumWidth(wide if beside else 0)
        self._left.setMaximumWidth(wide if beside else 1 << 16)
        self.against.setMaximumWidth(round(20 * theme.GRID * scale))
        self._bound()

    def _bound(self) -> None:
        """Give the pictures the height that they fill, so that what is said stands below."""
        self._body.activate()
        said = sum(w.sizeHint().height() + theme.GRID for w in (self.take, self.factor))
        room = self.height() - said - theme.GRID
        self.pictures.setMaximumHeight(self.pictures.useful_height(self.pictures.width(), room))

    def showEvent(self, event: QShowEvent) -> None:
        """Tell that it is seen."""
        super().showEvent(event)
        self.shown.emit()

    # --- setters ---------------------------------------------------------------------

    def set_network(self, classes: Sequence[str], heads: Mapping[str, HeadState]) -> None:
        """Offer the classes and heads of a network to mislead."""
        self.attack.set_network(classes, heads)

    def set_input(self, distortion: Distortion, attack: Adversarial | None) -> None:
        """Show what is done to the photo looked at."""
        self.distort.set_distortion(distortion)
        if attack != self._standing:
            self.attack.set_attack(attack)
        self._standing = attack

    def set_pictures(
        self,
        seen: tuple[Pixels, Pixels, Pixels] | None,
        photo: str = "",
        done: str = "",
        scene: Scene | None = None,
    ) -> None:
        """Show pictures: as it was, before it was misled, and as the network sees it.

        Parameters
        ----------
        seen
            Three pictures (height, width, 3) of one size; the second is the third where
            nothing misleads. None while they are not known.
        photo
            The photo's name.
        done
            What is done, in words, for captions.
        scene
            What they are of.
        """
        misled = seen is not None and seen[1] is not seen[2]
        had = self._seen is not None and self._seen[1] is not self._seen[2]
        self._seen, self._photo, self._done, self._scene = seen, photo, done, scene
        model = self.against.model()
        model.item(1).setEnabled(misled)
        if misled != had and seen is not None:
            with QSignalBlocker(self.against):
                self.against.setCurrentIndex(1 if misled else 0)
        self._fill()

    def tell_outcome(self, sentence: str) -> None:
        """Tell what came of misleading."""
        self.attack.tell(sentence)

    def drop(self) -> None:
        """Let go of a slider whose photo has gone."""
        self.distort.drop()

    @property
    def compared(self) -> Against:
        """What the picture is compared with."""
        return cast(Against, self.against.currentData())

    def _pair(self) -> tuple[Pixels, Pixels] | None:
        if self._seen is None:
            return None
        return self._seen[1 if self.compared == "attack" else 0], self._seen[2]

    def _fill(self) -> None:
        pair = self._pair()
        self.take.setEnabled(pair is not None)
        self.note.hide()
        if pair is None:
            self.pictures.set_trio(None)
            self.sentence.setText("")
            return
        found = measured(*pair)
        chosen = self.factor.currentData()
        factor = fitting_factor(found.largest) if chosen is None else float(chosen)
        self.shown_factor = factor
        words = titles(self.compared, factor)
        self.pictures.set_trio(Trio(*pair, enlarged(*pair, factor), words))
        self.sentence.setText(difference_sentence(found, factor))

    # --- taking along ----------------------------------------------------------------

    def picture(self) -> QImage | None:
        """Return the three pictures with their caption, or None without a photo."""
        trio = self.pictures.trio
        if trio is None or self._scene is None:
            return None
        said, outcome = self.sentence.text(), self.attack.outcome.text()
        caption = export_caption(self._photo, self._done, self.compared, said, outcome, self._scene)
        return composed(trio, caption)

    def copy_picture(self) -> None:
        """Put the pictures on the clipboard."""
        image = self.picture()
        if image is not None:
            QGuiApplication.clipboard().setImage(image)

    def save_pictures(self, path: Path) -> None:
        """Write the pictures and their caption as PNG; what became of it is said."""
        image = self.picture()
        if image is not None:
            self._say(written(lambda: save_picture(image, path), path))

    def save_seen(self, path: Path) -> None:
        """Write exactly what the network sees, pixel for pixel, as PNG."""
        if self._seen is None:
            return
        image = image_of(self._seen[2])
        image.setText("Description", f"{self._photo}: {self._done}." if self._done else self._photo)
        self._say(written(lambda: save_picture(image, path), path))

    def _ask_pictures(self) -> None:
        path = ask(self, ask_dialog, "Save the pictures", self._file("before-after"), PNG)
        if path is not None:
            self.save_pictures(path)

    def _ask_seen(self) -> None:
        path = ask(self, ask_dialog, "Save what the network sees", self._file("input"), PNG)
        if path is not None:
            self.save_seen(path)

    def _file(self, kind: str) -> str:
        return f"{plain(Path(self._photo).stem)}-{kind}.png"

    def _say(self, sentence: str) -> None:
        self.note.setText(sentence)
        self.note.show()
