"""The inspector's tiles of top photos: where they lie, what is said, the keyboard."""

from __future__ import annotations

from dataclasses import replace

import index_data
import numpy as np
import pytest
import ui_data
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QImage
from window_tools import settle

from inception_viewer.index_questions import TopPhotos
from inception_viewer.ui.attribution.export import MARGIN, export_font
from inception_viewer.ui.top_photos import words
from inception_viewer.ui.top_photos.panel import TopPhotosPanel
from inception_viewer.ui.top_photos.saving import COLUMNS, picture_of
from inception_viewer.ui.top_photos.tile_paint import arrange, placed, reach

GRAPH = ui_data.graph()
Key = Qt.Key


def answer(unit: str = "inception3a/3x3", count: int = 9, gone: tuple[int, ...] = (), **about):
    asked = TopPhotos("/cache/few.index", ui_data.FINGERPRINT, unit, 5)
    return index_data.answer(asked, index_data.info(**about), count, gone)


@pytest.fixture
def panel(qtbot):
    made = TopPhotosPanel()
    qtbot.addWidget(made)
    made.resize(264, 700)
    made.show()
    return made


def shown(panel: TopPhotosPanel, unit: str = "inception3a/3x3", **how) -> TopPhotosPanel:
    panel.show_photos(answer(unit, **how), GRAPH.node(unit))
    settle()
    return panel


@pytest.mark.parametrize(("width", "columns"), [(200, 3), (264, 3), (420, 5), (800, 9)])
def test_rows_are_nearly_even_and_fill_the_width(width: int, columns: int) -> None:
    grid = arrange(9, width, 16)
    assert grid.columns == columns
    assert grid.width <= width
    assert grid.side == 128 or width - grid.width < columns
    tiles = [grid.cell(place) for place in range(9)]
    assert not any(a.intersects(b) for a in tiles for b in tiles if a is not b)
    assert max(tile.bottom() for tile in tiles) == grid.height
    assert grid.at(tiles[7].center().x(), tiles[7].center().y()) == 7


def test_cut_outs_are_at_one_scale_and_where_they_lie_in_the_receptive_field() -> None:
    """A field of 31 pixels that sees 20 beyond the right edge leaves the tile's right empty."""
    field = GRAPH.node("inception3a/3x3").field
    photos = answer().photos
    side = reach(photos, field.size)
    assert side == field.size
    frame = QRectF(10, 20, 2.0 * side, 2.0 * side)
    for photo in photos:
        left, top, right, bottom = photo.box
        row, column = photo.position
        begin = QPointF(column * 8 + 4 - side // 2, row * 8 + 4 - side // 2)
        place = placed(photo, frame, side)
        assert place.topLeft() == QPointF(10 + 2 * (left - begin.x()), 20 + 2 * (top - begin.y()))
        assert (place.width(), place.height()) == (2 * (right - left), 2 * (bottom - top))


def test_a_field_larger_than_the_picture_gives_the_whole_picture() -> None:
    one = answer("inception5b/3x3").photos[4]
    whole = replace(one, box=(0, 0, 224, 224), cut=one.picture)
    assert reach([whole], 500) == 224
    assert placed(whole, QRectF(0, 0, 112, 112), 224) == QRectF(0, 0, 112, 112)


def test_the_strongest_is_looked_at_first_and_the_pointed_one_while_it_is(panel, qtbot) -> None:
    shown(panel)
    assert panel.whole.photo is panel.answer.photos[0]
    tile = panel.tiles.grid().tile(4).center().toPoint()
    qtbot.mouseMove(panel.tiles, tile)
    assert panel.whole.photo is panel.answer.photos[4]
    assert "5 of 9: image_0004.jpg, activation 6.94" in panel.tiles.accessibleDescription()
    panel.tiles.leaveEvent(None)
    assert panel.whole.photo is panel.answer.photos[0]


def test_the_receptive_field_is_outlined_where_it_is(panel) -> None:
    shown(panel)
    left, top, right, bottom = panel.whole.photo.box
    scale = panel.whole.picture_place().width() / 224
    inside = panel.whole.picture_place().adjusted(2, 2, -2, -2)
    wanted = QRectF(left, top, right - left, bottom - top)
    wanted = QRectF(wanted.topLeft() * scale, wanted.size() * scale).intersected(inside)
    assert panel.whole.field_place() == wanted
    assert panel.whole.lines()[0][0] == "image_0000.jpg"


def test_by_keyboard(panel, qtbot) -> None:
    shown(panel)
    opened = []
    panel.opened.connect(opened.append)
    panel.tiles.setFocus()
    columns = panel.tiles.grid().columns
    for key, place in [
        (Key.Key_Right, 1), (Key.Key_Down, 1 + columns), (Key.Key_Left, columns),
        (Key.Key_Up, 0), (Key.Key_Up, 0), (Key.Key_End, 8), (Key.Key_Right, 8), (Key.Key_Home, 0),
    ]:  # fmt: skip
        qtbot.keyClick(panel.tiles, key)
        assert panel.tiles.place == place
    qtbot.keyClick(panel.tiles, Key.Key_End)
    qtbot.keyClick(panel.tiles, Key.Key_Return)
    assert opened == [panel.answer.photos[8]]


def test_a_click_opens_and_a_photo_that_is_gone_says_so(panel, qtbot) -> None:
    shown(panel, gone=(1,))
    opened = []
    panel.opened.connect(opened.append)
    for place in (1, 2):
        where = panel.tiles.grid().tile(place).center().toPoint()
        qtbot.mouseClick(panel.tiles, Qt.MouseButton.LeftButton, pos=where)
    assert opened == [panel.answer.photos[2]]
    qtbot.mouseMove(panel.tiles, panel.tiles.grid().tile(1).center().toPoint())
    assert panel.whole.lines()[-1] == ("image_0001.jpg is not there any more.", "problem")


def test_what_is_said_of_the_index() -> None:
    assert words.about(answer()) == "The strongest 9 of 300 photos in “few”."
    assert words.about(answer(photos=120)) == "The strongest 9 of 120 of 300 photos in “few”."
    assert words.about(answer(count=0)) == "None of the 300 photos in “few” excites this channel."
    assert words.about(answer(count=2)) == (
        "Only 2 of the 300 photos in “few” excite this channel."
    )
    damaged = replace(answer(), info=index_data.info(photos=297, unreadable=3))
    assert words.about(damaged) == "The strongest 9 of 297 photos in “few”; 3 could not be read."
    about = index_data.info(photos=120, unreadable=3)
    assert words.stopped(about) == "Stopped with 177 photos to go."


@pytest.mark.parametrize(
    ("unit", "said"),
    [("inception3a/3x3", ""), ("inception4c/3x3", words.LARGE), ("inception5b/3x3", words.WHOLE)],
)
def test_large_receptive_fields_are_said_to_be(unit: str, said: str) -> None:
    assert words.note(answer(unit), GRAPH.node(unit)) == said


@pytest.mark.parametrize(
    ("unit", "channel", "other"),
    [
        ("pool1", 7, ("conv1", 7)),
        ("inception3a/pool", 7, ("conv2", 7)),
        ("pool3", 127, ("inception3b/1x1", 127)),  # 3b has 128, 192, 96 and 64 channels
        ("pool3", 128, ("inception3b/3x3", 0)),
        ("inception3b", 415, ("inception3b/5x5", 95)),
        ("inception3b", 416, ("inception3b/pool_proj", 0)),
        ("input", 1, ("conv1", 0)),
        ("aux1/fc1", 5, ("aux1/conv", 0)),
    ],
)
def test_what_to_choose_instead(panel, unit: str, channel: int, other: tuple[str, int]) -> None:
    sentence, found = words.instead(GRAPH.node(unit), channel, GRAPH)
    assert found == other
    wanted = []
    panel.channel_wanted.connect(wanted.append)
    shown(panel).show_instead(sentence, found)
    assert panel.unit.text() == f"Look at {other[0]}, channel {other[1]}"
    panel.unit.click()
    assert wanted == [other]
    assert panel.tiles.isHidden()


def test_an_index_that_was_stopped_can_be_gone_on_with(panel) -> None:
    shown(panel, photos=120)
    wanted = []
    panel.go_on_wanted.connect(wanted.append)
    panel.set_progress(None, panel.answer.info)
    panel.go_on.click()
    assert wanted == [panel.answer.info]
    panel.set_progress("121 of 300, 2 min left")
    assert panel.go_on.isHidden()
    assert panel.progress.text() == "Being indexed: 121 of 300, 2 min left."


def test_the_saved_picture_holds_the_cut_outs(panel) -> None:
    """Each 200 pixels wide, pixel for pixel; the caption is in the file, too."""
    given = answer()
    image = picture_of(given, GRAPH.node("inception3a/3x3").field.size, "demo")
    assert "channel 5, of demo" in image.text("Description")
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    pixels = pixels[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)
    line = round(QFontMetricsF(export_font()).height() * 1.3)
    for place in (3, 4):
        cut = given.photos[place].cut
        row, column = divmod(place, COLUMNS)
        at = ((np.arange(len(cut)) + 0.5) * 200 / len(cut)).astype(int)
        rows, columns = MARGIN + row * (208 + line) + at, MARGIN + column * 208 + at
        assert np.array_equal(pixels[np.ix_(rows, columns)], cut)
