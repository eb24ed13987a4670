"""The tray's photos on a map, at any depth, and which are most like the one looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QRectF, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QFont, QImage, QPainter, QPixmap
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QSlider,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from ...comparison_questions import LEAST_TSNE, MapMethod, PhotoMapAnswer
from ...comparison_words import how_words
from ...questions import Graph, ImageInfo
from .. import theme
from ..attribution.export import export_font, save_picture
from ..pictures import pixmap_of
from ..small_label import SmallLabel
from . import saving
from .exporting import CSV, PNG, ExportingPage
from .figures_table import FiguresTable
from .photo_canvas import PhotoCanvas
from .photo_points import agreement, agreement_words, points_of

LAST = "inception5b"
METHODS: dict[MapMethod, tuple[str, str]] = {
    "pca": ("PCA", "two principal components; distances between all photos mean something"),
    "tsne": (
        "t-SNE",
        f"keeps neighbours together, far distances mean nothing; from {LEAST_TSNE} photos on "
        "(perplexity 30 or a third of the other photos, seed 0)",
    ),
}
"""How photos are laid out: the name, and what there is to know of it."""


class PhotoMapPage(ExportingPage):
    """The depth, the map and the list of the nearest photos."""

    unit_changed = Signal(object)
    """Emitted with the unit (str) that the photos are laid out by."""
    method_changed = Signal()
    image_selected = Signal(object)
    """Emitted with the id of the photo to look at."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._images: tuple[ImageInfo, ...] = ()
        self._modules: tuple[str, ...] = ()
        self._nearest: list[tuple[int, float]] = []
        self._pixmaps: dict[str, QPixmap] = {}
        self._answer: PhotoMapAnswer | None = None
        self._labels: tuple[str, ...] = ()
        self.slider, self.unit = QSlider(Qt.Orientation.Horizontal), QComboBox()
        self.method = QComboBox()
        self.canvas, self.table = PhotoCanvas(), FiguresTable("Photos by likeness")
        self.whose, self.sentence = QLabel(), SmallLabel("text")
        self._dress()
        self._arrange()
        self._connect()

    def _dress(self) -> None:
        self.slider.setAccessibleName("Depth")
        self.slider.setToolTip("From the first module to the last")
        self.slider.setPageStep(1)
        self.slider.setMinimumWidth(120)
        self.slider.setMinimumHeight(theme.TARGET)
        self.unit.setAccessibleName("By which unit the photos are compared")
        self.unit.setMaxVisibleItems(20)
        self.unit.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        for method, (name, tip) in METHODS.items():
            self.method.addItem(name, method)
            self.method.setItemData(self.method.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self.method.setAccessibleName("How the photos are laid out")
        self.method.setToolTip("\n".join(f"{name}: {tip}" for name, tip in METHODS.values()))
        self.whose.setProperty("role", "section")
        self.sentence.setAccessibleName("How the classes come apart")
        self._dress_export("Export the map of the photos")

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(theme.GRID)
        for words in ("3a", "5b"):
            row.addWidget(QLabel(words))
        row.insertWidget(1, self.slider, 1)
        row.addWidget(self.unit)
        row.addWidget(self.method)
        row.addWidget(self.export)
        self.beside = beside = QWidget()
        column = QVBoxLayout(beside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.whose)
        column.addWidget(self.table, 1)
        self.splitter = QSplitter()
        self.splitter.addWidget(self.canvas)
        self.splitter.addWidget(beside)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setStretchFactor(0, 3)
        self.splitter.setStretchFactor(1, 2)
        self.splitter.setHandleWidth(theme.GRID)
        beside.setMinimumWidth(31 * theme.GRID)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, 4)
        layout.setSpacing(theme.GRID)
        layout.addLayout(row)
        layout.addWidget(self.sentence)
        layout.addWidget(self.splitter, 1)

    def _connect(self) -> None:
        self.slider.valueChanged.connect(lambda at: self.choose(self._modules[at]))
        self.unit.activated.connect(lambda at: self.choose(str(self.unit.itemText(at))))
        self.method.activated.connect(lambda _: self.method_changed.emit())
        self.canvas.chosen.connect(lambda at: self.image_selected.emit(self._images[at].id))
        self.table.row_opened.connect(self._open)

    @property
    def stops(self) -> tuple[QWidget, ...]:
        """What Tab walks, in order."""
        return self.slider, self.unit, self.method, self.export, self.canvas, self.table

    @property
    def chosen_unit(self) -> str:
        """By which unit the photos are laid out."""
        return self.unit.currentText()

    @property
    def chosen_method(self) -> MapMethod:
        """How the photos are laid out."""
        method: MapMethod = self.method.currentData()
        return method

    @property
    def answer(self) -> PhotoMapAnswer | None:
        """What is shown."""
        return self._answer

    @property
    def modules(self) -> tuple[str, ...]:
        """The modules, in order."""
        return self._modules

    # --- what is told ----------------------------------------------------------------

    def set_graph(self, graph: Graph) -> None:
        """Offer the units that photos can be compared by."""
        names = [node.name for node in graph.nodes if node.kind in ("conv", "concat")]
        if names == [self.unit.itemText(at) for at in range(self.unit.count())]:
            return
        kept = self.chosen_unit
        self._modules = tuple(node.name for node in graph.nodes if node.kind == "concat")
        self.unit.clear()
        self.unit.addItems(names)
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, len(self._modules) - 1)
        self._point_at(kept if kept in names else LAST)

    def choose(self, unit: str) -> None:
        """Lay the photos out by this unit."""
        self._point_at(unit)
        self.unit_changed.emit(unit)

    def _point_at(self, unit: str) -> None:
        self.unit.setCurrentIndex(max(0, self.unit.findText(unit)))
        module = unit.split("/")[0]
        if module in self._modules:
            with QSignalBlocker(self.slider):
                self.slider.setValue(self._modules.index(module))

    def set_map(
        self, answer: PhotoMapAnswer | None, images: Sequence[ImageInfo], labels: Sequence[str]
    ) -> None:
        """Show these photos, in the answer's order; labels are predicted classes, or ``""``."""
        self._answer, self._images, self._labels = answer, tuple(images), tuple(labels)
        kept = {image.id for image in images}
        self._pixmaps = {one: picture for one, picture in self._pixmaps.items() if one in kept}
        for image in images:
            if image.id not in self._pixmaps:
                self._pixmaps[image.id] = pixmap_of(image.thumbnail)
        pixmaps = [self._pixmaps[image.id] for image in images]
        self.canvas.set_map(answer, [image.name for image in images], labels, pixmaps)
        self._list()

    def set_selected(self, image: str) -> None:
        """Say which photo is looked at."""
        ids = [one.id for one in self._images]
        self.canvas.select(ids.index(image) if image in ids else None)
        self._list()

    def set_depths(self, answers: Mapping[str, PhotoMapAnswer]) -> None:
        """Say how the classes come apart, by the answers of the modules that are known."""
        labels = list(self._labels)
        fitting = {
            module: agreement(answers[module], labels)
            for module in self._modules
            if module in answers and len(answers[module].points) == len(labels)
        }
        self.sentence.setText(agreement_words(fitting))

    def _list(self) -> None:
        place, answer = self.canvas.selected, self._answer
        self.beside.setVisible(answer is not None)
        self.export.setEnabled(answer is not None)
        if place is None or answer is None:
            self._nearest = []
            self.whose.setText("Choose a photo")
            self.table.set_rows((), [])
            return
        self._nearest = answer.nearest(place)
        self.whose.setText(f"Most like {self._images[place].name}")
        rows = [
            (cosine, self._labels[other], self._images[other].name)
            for other, cosine in self._nearest
        ]
        self.table.set_rows(("cosine", "says", "photo"), rows)
        self.table.horizontalHeader().setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)

    def _open(self, place: int) -> None:
        self.image_selected.emit(self._images[self._nearest[place][0]].id)

    # --- export ----------------------------------------------------------------------

    def caption(self) -> str:
        """Return what stands below a saved picture."""
        answer = self._answer
        assert answer is not None
        mark = answer.provenance.fingerprint[:12]
        return (
            f"{len(self._images)} photos by {answer.question.unit}: {how_words(answer)} of the "
            f"channels' mean activations. {self.sentence.text()} Checkpoint {mark}. {self.left_out}"
        )

    def picture(self) -> QImage:
        """Return the map as a picture on white, with its caption."""
        font = QFont(export_font())
        size = QSize(1320, 840)
        place = QRectF(0, 0, size.width(), size.height())
        assert self._answer is not None
        points = points_of(self._answer.points, place.adjusted(48, 16, -16, -64))

        def paint(painter: QPainter) -> None:
            self.canvas.paint(painter, place, points, theme.LIGHT, font)

        return saving.on_paper(size.width(), size.height(), self.caption(), paint)

    def rows(self) -> list[tuple[str | float, ...]]:
        """Return a line for each photo: where it is, its class, its likeness to the others."""
        assert self._answer is not None
        names = [image.name for image in self._images]
        heading = ("photo", "image", "predicted", "first", "second", *names)
        rows: list[tuple[str | float, ...]] = [heading]
        rows += [
            (
                *(image.name, image.id, self._labels[place]),
                *map(float, self._answer.points[place]),
                *map(float, self._answer.similarity[place]),
            )
            for place, image in enumerate(self._images)
        ]
        return rows

    def save_picture(self) -> None:
        """Ask for a file and write the picture to it."""
        if self._answer is not None:
            picture = self.picture()
            name = "photos.png"
            self._save("Save the picture", name, PNG, lambda path: save_picture(picture, path))

    def save_numbers(self) -> None:
        """Ask for a file and write every number to it."""
        if self._answer is not None:
            rows = self.rows()
            name = "photos.csv"
            self._save("Save the numbers", name, CSV, lambda path: saving.save_rows(rows, path))
