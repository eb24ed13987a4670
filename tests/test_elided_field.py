"""Names of classes can be read in the form, or are shortened with all of it in the tooltip."""

from __future__ import annotations

import numpy as np
import pytest
import ui_data
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from inception_viewer.ui import theme
from inception_viewer.ui.attribution_view import AttributionView
from inception_viewer.ui.elided_field import ElidedField
from inception_viewer.ui.maps.footer import Footer

LONG = "American Staffordshire terrier, Staffordshire terrier"


@pytest.fixture
def view(qtbot, light) -> AttributionView:
    made = AttributionView()
    qtbot.addWidget(made)
    made.set_machine_ready(True)
    made.set_checkpoint(ui_data.checkpoint_info())
    made.set_photo(ui_data.overview().picture)
    made.resize(560, 280)  # what is left for it in a window of 1024x640
    made.show()
    qtbot.waitExposed(made)
    return made


def name_top(view: AttributionView, name: str) -> ElidedField:
    view.form.set_top_classes(dict.fromkeys(("main", "aux2", "aux1"), name))
    field = view.form.target.lineEdit()
    assert isinstance(field, ElidedField)
    return field


@pytest.mark.parametrize("scale", [1.0, 1.4])
def test_every_class_of_the_demo_can_be_read(view: AttributionView, scale: float) -> None:
    theme.apply("light", scale)
    view.resize(round(560 * scale), 280)
    QApplication.processEvents()
    cut = [name for name in ui_data.CLASSES if name_top(view, name).is_cut]
    assert cut == []
    assert not name_top(view, "hedgehog").is_cut
    assert name_top(view, LONG).is_cut


def test_a_long_name_is_shortened_and_whole_in_the_tooltip(view: AttributionView) -> None:
    field = name_top(view, LONG)
    assert field.shown_text.startswith("American Staff")
    assert field.shown_text.endswith("\N{HORIZONTAL ELLIPSIS}")
    assert field.text() == f"{LONG} (top)"
    assert f"The top class of main, now {LONG}" in view.form.target.toolTip()
    view.form.target.set_target(3)
    assert view.form.target.toolTip().startswith(ui_data.CLASSES[3])


def test_the_ellipsis_is_what_is_painted(view: AttributionView) -> None:
    shortened = name_top(view, LONG)
    picture = painted(shortened)
    shortened.setText(shortened.shown_text.rstrip("\N{HORIZONTAL ELLIPSIS}"))
    same = painted(shortened)
    # The same letters in the same places, and the dots behind them.
    columns = np.flatnonzero((picture != same).any(axis=0))
    assert columns.size > 0
    assert columns.min() > picture.shape[1] - 24


def painted(field: ElidedField) -> np.ndarray:
    image = field.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return rows[:, : image.width()].copy()


def test_all_of_it_is_there_to_be_edited(view: AttributionView, qtbot) -> None:
    field = name_top(view, LONG)
    view.activateWindow()
    field.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(field.hasFocus)
    assert not field.is_cut
    assert field.shown_text == field.text()


def test_a_large_window_gives_the_form_more_room(view: AttributionView) -> None:
    narrow = view.form.width()
    view.resize(1400, 500)
    QApplication.processEvents()
    assert view.form.width() > narrow + 40
    assert not name_top(view, "American Staffordshire").is_cut


def test_the_line_below_the_maps_uses_all_its_room(qtbot, light) -> None:
    footer = Footer()
    qtbot.addWidget(footer)
    footer.set_range("4.71", "viridis", "range of inception3a")
    footer.set_words("3x3, channel 16: maximum 2.98, mean 0.429, active at 67 % of the positions")
    needed = footer.words.sizeHint().width() + footer.meaning.sizeHint().width()
    footer.resize(needed + footer.bar.sizeHint().width() + 3 * theme.GRID, 24)
    footer.show()
    qtbot.waitExposed(footer)
    assert footer.words.shown_text == footer.words.text()
    assert footer.meaning.shown_text == "range of inception3a"
