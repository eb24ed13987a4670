"""The tray alone: what it shows and what it reports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import ui_data
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from inception_viewer.ui import theme
from inception_viewer.ui.tray_model import VERDICT, fit_words, split_verdict
from inception_viewer.ui.tray_view import TrayView

COLOURS = ((255, 0, 0), (0, 255, 0), (0, 0, 255))


def photos() -> tuple:
    made = []
    for place, colour in enumerate(COLOURS):
        pixels = np.full((120, 160, 3), colour, np.uint8)
        info = ui_data.photo(f"photo{place}.png", f"{place:064d}")
        made.append(replace(info, thumbnail=pixels))
    return tuple(made)


@pytest.fixture
def tray(light: None) -> Iterator[TrayView]:
    view = TrayView()
    view.resize(200, 500)
    view.set_images(photos(), f"{1:064d}")
    view.show()
    QTest.qWaitForWindowExposed(view)
    yield view
    view.close()
    view.deleteLater()


def colour_at(view: TrayView, row: int) -> tuple[int, int, int]:
    """The colour in the middle of a row's thumbnail, as painted."""
    rect = view.list.visualRect(view.model.index(row))
    picture = view.list.viewport().grab().toImage()
    ratio = picture.devicePixelRatio()
    x, y = (theme.GRID + 28) * ratio, rect.center().y() * ratio
    return picture.pixelColor(int(x), int(y)).getRgb()[:3]


def test_thumbnails_are_painted_in_order(tray: TrayView) -> None:
    assert [colour_at(tray, row) for row in range(3)] == list(COLOURS)
    assert tray.count.text() == "3 photos"


def test_the_shown_photo_is_marked_and_current(tray: TrayView) -> None:
    assert tray.list.currentIndex().row() == 1
    picture = tray.list.viewport().grab().toImage()
    bars = [
        picture.pixelColor(1, tray.list.visualRect(tray.model.index(row)).center().y()).name()
        for row in range(3)
    ]
    assert [bar == theme.current().accent.lower() for bar in bars] == [False, True, False]


def test_showing_another_photo_reports_nothing(tray: TrayView) -> None:
    reported = []
    tray.image_selected.connect(reported.append)
    tray.set_images(photos(), f"{2:064d}")
    assert tray.list.currentIndex().row() == 2
    assert reported == []


def test_clicks_and_arrow_keys_report_the_photo(tray: TrayView) -> None:
    reported = []
    tray.image_selected.connect(reported.append)
    place = tray.list.visualRect(tray.model.index(2)).center()
    QTest.mouseClick(tray.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    QTest.keyClick(tray.list, Qt.Key.Key_Up)
    QTest.keyClick(tray.list, Qt.Key.Key_Home)
    assert reported == [f"{n:064d}" for n in (2, 1, 0)]


def test_delete_asks_to_remove_all_that_are_selected(tray: TrayView) -> None:
    asked = []
    tray.remove_requested.connect(asked.append)
    tray.list.setCurrentIndex(tray.model.index(0))
    QTest.keyClick(tray.list, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(tray.list, Qt.Key.Key_Delete)
    assert asked == [(f"{0:064d}", f"{1:064d}")]
    assert len(tray.model.images) == 3  # asking is not doing


def test_verdicts_stand_with_their_photos(tray: TrayView) -> None:
    tray.set_verdicts({f"{2:064d}": "cup 97 %"})
    assert [tray.model.index(row).data(VERDICT) for row in range(3)] == ["", "", "cup 97 %"]
    words = tray.model.index(2).data(Qt.ItemDataRole.AccessibleTextRole)
    assert "photo2.png" in words
    assert "cup 97 %" in words


def test_a_narrow_tray_shortens_the_class_and_keeps_the_number(qapp: QApplication) -> None:
    metrics = QFontMetrics(theme.font())
    assert split_verdict("grand piano 97 %") == ("grand piano", " 97 %")
    fitted = fit_words("a very long class name 97 %", metrics, 90, True)
    assert fitted.endswith("… 97 %")
    assert metrics.horizontalAdvance(fitted) <= 90
    assert fit_words("cup 97 %", metrics, 900, True) == "cup 97 %"


def test_without_photos_it_says_what_to_do(tray: TrayView) -> None:
    opened = []
    tray.open_requested.connect(lambda: opened.append(True))
    tray.set_images((), "")
    assert tray.is_empty
    assert "Drop one" in tray.empty.sentence.text()
    QTest.mouseClick(tray.empty.button, Qt.MouseButton.LeftButton)
    assert opened == [True]


def test_rows_grow_with_the_text(tray: TrayView) -> None:
    before = tray.list.visualRect(tray.model.index(0)).height()
    theme.apply("light", 2.0)
    QApplication.processEvents()
    after = tray.list.visualRect(tray.model.index(0)).height()
    assert after > before
