"""A lab with two photos, and what tests do to it."""

from __future__ import annotations

import lab_data
import numpy as np
import ui_data
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication

from inception_viewer.grade_measures import MEASURES
from inception_viewer.lab_choice import Choice
from inception_viewer.ui.lab_view import LabView


def open_lab(qtbot) -> LabView:
    """Return a lab on screen that looks at the first of two photos."""
    made = LabView()
    qtbot.addWidget(made)
    made.resize(1200, 760)
    made.set_machine_ready(True)
    made.set_measures(MEASURES)
    made.set_images(lab_data.images())
    made.set_checkpoints((ui_data.checkpoint_info(),))
    made.set_scene(ui_data.checkpoint_info(), ui_data.scene(), ui_data.picture())
    made.show()
    QApplication.processEvents()
    return made


def answer_all(view, **changes) -> None:
    """Give every cell an answer."""
    view.set_answers([lab_data.answer(q, **changes) for q in view.to_explain()])
    finish(view)


def finish(view) -> None:
    """Let the grid draw all that it leaves for later."""
    for _ in range(200):
        QApplication.processEvents()
        if view.canvas.is_settled:
            return
    raise AssertionError("the grid did not settle")


def alone(view, method: str = "integrated_gradients") -> None:
    """One cell only, whose picture is exactly twice the map's size."""
    view.resize(1000, 760)
    view.set_choice(Choice(methods=(method,)))
    QApplication.processEvents()
    assert view.canvas.grid.width == 448


def painted(widget) -> np.ndarray:
    image = QImage(widget.size(), QImage.Format.Format_RGB888)
    image.fill(QColor("#FF00FF"))
    painter = QPainter(image)
    widget.render(painter, QPoint())
    painter.end()
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def picture_pixels(view, place: int = 0) -> np.ndarray:
    box = view.canvas.grid.picture(place).toRect()
    return painted(view.canvas)[box.top() : box.bottom() + 1, box.left() : box.right() + 1]


def words_of(view, place: int) -> str:
    """What screen readers hear of a cell."""
    view.canvas.select(view.canvas.cells[place])
    return view.canvas.accessibleDescription()
