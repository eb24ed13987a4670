"""Row ``paint_832_maps``: the 832 maps of inception5a on screen, against as many ImageItems."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle

import numpy as np
from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

from inception_viewer.questions import MapGroup, MapsAnswer, Preprocessing, Provenance, Scene
from inception_viewer.ui import theme
from inception_viewer.ui.application import make_application
from inception_viewer.ui.feature_maps_view import FeatureMapsView

from .core import REPEATS, Row, Timed, interleave, timed

BUDGET = 0.1
BRANCHES = (
    ("1x1", "1x1", 256),
    ("3x3", "3x3", 320),
    ("5x5", "5x5", 128),
    ("pool", "pool_proj", 128),
)
"""Branch, unit and channels of inception5a, which are 832 together."""
SIDE = 7
SIZE = (1280, 800)
COLUMNS = 40


class Stage(QMainWindow):
    """A window that tells when what had to be painted has been."""

    painted = Signal()

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self.count = 0
        self.setCentralWidget(content)
        self.resize(*SIZE)
        self.show()

    def event(self, event: QEvent) -> bool:
        """Count the paints."""
        done = super().event(event)
        self.count += event.type() == QEvent.Type.UpdateRequest
        return done

    def until_painted(self, change: Callable[[], object]) -> None:
        """Change something and run the event loop until that has been painted."""
        before = self.count
        change()
        while self.count == before:
            QApplication.processEvents()


def row(repeats: int = REPEATS) -> Row:
    """Measure new maps in our view against the same maps in pyqtgraph's ImageItems.

    Both keep their widgets and items and are given other values; both windows are of one
    size, and all maps are in sight in both.
    """
    make_application(["benchmark"])
    theme.apply("light", 1.0)
    answers = [synthetic(seed) for seed in range(4)]
    figures = interleave(_ours(answers), _peer(answers), repeats, rest=QApplication.processEvents)
    return Row("paint_832_maps", *figures, "ms", BUDGET)


def _ours(answers: list[MapsAnswer]) -> Timed:
    view = FeatureMapsView()
    stage, turns = Stage(view), cycle(answers)
    view.set_maps(answers[-1])
    for _ in range(20):
        QApplication.processEvents()
    assert sum(grid.layout_.count for grid in view.grids) == 832
    assert view.area.verticalScrollBar().maximum() == 0, "some maps are out of sight"
    return timed(lambda: stage.until_painted(lambda: view.set_maps(next(turns))))


def _peer(answers: list[MapsAnswer]) -> Timed:
    import pyqtgraph

    graphics = pyqtgraph.GraphicsView()
    scene_box = pyqtgraph.ViewBox(lockAspect=True, invertY=True, enableMenu=False)
    graphics.setCentralItem(scene_box)
    table = pyqtgraph.colormap.get("viridis").getLookupTable(nPts=256)
    items = []
    for place in range(832):
        item = pyqtgraph.ImageItem(np.zeros((SIDE, SIDE), np.float32), axisOrder="row-major")
        item.setLookupTable(table)
        item.setPos(place % COLUMNS * (SIDE + 1), place // COLUMNS * (SIDE + 1))
        scene_box.addItem(item)
        items.append(item)
    scene_box.autoRange()
    stage, turns = Stage(graphics), cycle(answers)

    def change() -> None:
        groups = next(turns).groups
        high = max(float(group.maximum.max()) for group in groups)
        maps = (map_ for group in groups for map_ in group.maps)
        for item, map_ in zip(items, maps, strict=True):
            item.setImage(map_, levels=(0, high), autoLevels=False)

    return timed(lambda: stage.until_painted(change))


def synthetic(seed: int) -> MapsAnswer:
    """Return maps of inception5a: as if after a ReLU, half of them zero."""
    random = np.random.default_rng(seed)
    scene, groups = Scene("5e" * 32, "ab" * 32, Preprocessing()), []
    for branch, unit, channels in BRANCHES:
        maps = np.maximum(random.normal(size=(channels, SIDE, SIDE)), 0).astype(np.float32)
        figures = maps.max((1, 2)), maps.mean((1, 2)), (maps > 0).mean((1, 2), dtype=np.float32)
        groups.append(MapGroup(f"inception5a/{unit}", branch, maps, *figures))
    provenance = Provenance(scene.checkpoint, scene.preprocessing, 0.016)
    return MapsAnswer("inception5a", scene, tuple(groups), provenance)
