"""Compare in the real window: what it shows against the notebook, and against plain numpy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import scipy.stats
from PIL import Image
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from window_tools import close, drop, mime_of, open_controller, settle, until

import inception_viewer as iv
from inception_viewer.api import Network
from inception_viewer.paths import asset
from inception_viewer.ui.compare_view import GROUPS, MAP, PROFILE
from inception_viewer.ui.controller import Controller

WORKER = "inception_viewer.analysis:make_worker"
SAMPLES = ("panda.jpg", "rocket.jpg", "crocodile.jpg", "kangaroo.jpg")


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """Eight small photos: two cuts of each sample, one turned over."""
    made = []
    for name in SAMPLES:
        small = Image.open(asset(f"samples/{name}")).convert("RGB").resize((96, 96))
        for kind, picture in (("a", small), ("b", small.transpose(Image.FLIP_LEFT_RIGHT))):
            made.append(tmp_path / f"{Path(name).stem}-{kind}.png")
            picture.save(made[-1])
    return made


@pytest.fixture
def window(photos: list[Path], tmp_path: Path) -> Iterator[Controller]:
    controller = open_controller(WORKER, tmp_path / "settings.ini", *map(str, photos))
    controller.window.show()
    count = len(photos)
    until(
        lambda: len(controller.session.state.images) == count and controller.frames.frame,
        "them",
        60,
    )
    controller.window.menus["show_compare"].trigger()
    until(lambda: not controller.window.compare_tab.compare.is_empty, "the comparisons")
    yield controller
    assert close(controller)


@pytest.fixture(scope="module")
def net() -> Network:
    return iv.load("demo")


def ids(window: Controller, *places: int) -> list[str]:
    return [window.session.state.images[place].id for place in places]


def run(snippet: str) -> dict:
    found: dict = {}
    exec(snippet, found)  # what "Copy as Python" gave
    return found


def test_images_have_the_traces_values_and_are_read_together(window, photos, net, tmp_path):
    view = window.window.compare_tab.compare
    view.picked.emit(ids(window, 0, 2, 5))
    page = view.images
    until(lambda: len(page.sheet.values or {}) == 12, "three photos' maps", 60)
    page.difference.setChecked(True)
    chosen = [photos[place] for place in (0, 2, 5)]
    traces = [net.trace(photo) for photo in chosen]
    for row in range(4):
        unit = page.sheet.rows[row].unit
        means = [trace[unit].astype(np.float64).mean(0) for trace in traces]
        for column, mean in enumerate(means):
            assert np.allclose(page.sheet.cell(row, column), mean, atol=1e-5)
        assert page.sheet.limits[row] == pytest.approx(max(m.max() for m in means), rel=1e-5)
        assert np.allclose(page.sheet.cell(row, 3), means[0] - means[1], atol=1e-5)
    canvas = page.canvas
    pane = canvas.layout_.cell(1, 2)
    QTest.mouseMove(canvas, (pane.topLeft() + QPointF(pane.width() * 0.52, 1)).toPoint())
    until(lambda: canvas.point is not None, "the pointer")
    assert canvas.point[1] == 14
    canvas.setFocus()
    canvas.select(1, 2)
    before = canvas.point
    QTest.keyClick(canvas, Qt.Key.Key_Down)
    assert canvas.point == (before[0] + 1, before[1])
    value = f"{float(traces[2]['inception3a/3x3'].mean(0)[canvas.point]):.3g}"
    assert value in canvas.described()
    QTest.keyClick(canvas, Qt.Key.Key_Plus)
    assert canvas.zoom.factor > 1
    found = run(window.compare_link.snippet())
    for row, maps in enumerate(found["maps"].values()):
        assert np.allclose(maps, [page.sheet.cell(row, c) for c in range(3)], atol=1e-5)
    page._ask = lambda *_: (str(tmp_path / "maps"), "")
    page.save_numbers()
    with np.load(tmp_path / "maps.npz") as saved:
        assert saved["maps"].shape == (4, 3, 28, 28)
        assert np.array_equal(saved["maps"][2, 1], page.sheet.cell(2, 1))
    QTest.keyClick(canvas, Qt.Key.Key_Return)
    assert window.session.state.image == ids(window, 5)[0]


def test_a_profile_is_numpys_and_the_notebooks(window, photos, net):
    view = window.window.compare_tab.compare
    view.picked.emit(ids(window, 1, 4))
    view.show_page(PROFILE)
    page = view.profile
    until(lambda: page.answer is not None, "the profile", 60)
    page.set_measure("energy")
    notebook = iv.branch_profile(net, [photos[1], photos[4]])
    for photo, place in enumerate((1, 4)):
        trace = net.trace(photos[place])
        for m, module in enumerate(page.answer.modules):
            outputs = [f"{module}/{one}" for one in ("1x1", "3x3", "5x5", "pool_proj")]
            squares = [float((trace[o].astype(np.float64) ** 2).sum()) for o in outputs]
            expected = np.array(squares) / sum(squares)
            assert np.allclose(page.chart.shares(m, photo + 1), expected, atol=1e-5)
    assert np.allclose(notebook.shares["energy"], page.answer.shares["energy"], atol=1e-6)
    assert "these 2 photos" in page.sentence.text()
    page.chart.setFocus()
    QTest.keyClick(page.chart, Qt.Key.Key_Right)
    assert page.chart.point == (0, 1)
    shares = page.chart.shares(0, 1)
    assert f"1x1 {100 * shares[0]:.0f} %" in page.words.text()
    assert len(page.table.figures.rows) == 9 * 3
    found = run(window.compare_link.snippet())
    assert np.allclose(found["shares"], page.answer.shares["energy"], atol=1e-6)
    QTest.keyClick(window.window, Qt.Key.Key_Escape)


def test_the_map_lists_the_nearest_by_cosine_at_each_depth(window, photos, net):
    view = window.window.compare_tab.compare
    view.show_page(MAP)
    page = view.map
    until(lambda: page.answer is not None and "5b" in page.sentence.text(), "all depths", 60)
    for unit, depth in (("inception5b", 8), ("inception3a", 0)):
        page.slider.setValue(depth)
        until(lambda unit=unit: page.answer.question.unit == unit, unit)
        rows = np.stack([net.trace(p)[unit].astype(np.float64).mean((1, 2)) for p in photos])
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        assert np.allclose(page.answer.similarity, rows @ rows.T, atol=1e-5)
    page.canvas.setFocus()
    page.canvas._choose(3)
    until(lambda: window.session.state.image == ids(window, 3)[0] and page.canvas.selected == 3)
    settle(0.05)
    order = [j for j in np.argsort(-(rows @ rows[3]), kind="stable") if j != 3]
    assert [row[2] for row in page.table.figures.rows] == [photos[j].name for j in order]


def test_groups_by_drop_and_by_hand_are_scipys(window, photos, net, tmp_path):
    view = window.window.compare_tab.compare
    view.show_page(GROUPS)
    page = view.groups
    until(lambda: page.form.present, "the tray")
    tray = window.window.tray.list
    page.form.new.click()
    tray.selectAll()
    until(lambda: len(page.form.selected) == 8, "the selection")
    page.form.cards[0].add.click()
    page.form.new.click()
    page.form.want([page.form.groups[0], page.form.groups[1].__class__("dropped")])
    folder = tmp_path / "turned"
    folder.mkdir()
    for photo in photos[:5]:
        Image.open(photo).rotate(180).save(folder / photo.name)
    settle(0.1)
    assert drop(window, mime_of([folder]), page.form.cards[1])
    until(lambda: page.form.cards[1].count.text() == "5 photos", "the folder")
    assert len(window.session.state.images) == 8  # it went into the group, not into the tray
    assert page.start.isEnabled()
    page.start.click()
    until(lambda: page.answer is not None and not page.answer.partial, "the answer", 60)
    until(lambda: page.canvas.sheet.rows, "the examples", 30)
    turned = sorted(folder.iterdir())
    unit, channel, effect, p = page.best[0]
    ours, theirs = (
        np.stack([net.trace(photo)[unit].astype(np.float64).mean((1, 2)) for photo in some])
        for some in (photos, turned)
    )
    pooled = np.sqrt((7 * ours.var(0, ddof=1) + 4 * theirs.var(0, ddof=1)) / 11)
    expected = (ours.mean(0) - theirs.mean(0)) / pooled
    assert effect == pytest.approx(expected[channel], rel=1e-2)
    raw = scipy.stats.ttest_ind(ours[:, channel], theirs[:, channel], equal_var=False).pvalue
    assert p >= raw  # corrected for all that were looked at
    looked_at = page.answer.separations["group 1", "dropped"][unit].looked_at
    assert p <= raw * looked_at * 1.05
    sheet = page.canvas.sheet
    assert (sheet.rows[0].unit, sheet.rows[0].channel) == (unit, channel)
    for at, column in enumerate(sheet.columns):
        source = {image.id: image.source for image in window.session.state.images}
        trace = net.trace(source.get(column.image, column.image))
        assert np.allclose(sheet.cell(0, at), trace[unit][channel], atol=1e-3)
    page._ask = lambda *_: (str(tmp_path / "groups.csv"), "")
    page.save_numbers()
    lines = (tmp_path / "groups.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + looked_at
    found = run(window.compare_link.snippet())
    assert found["best"][0][:2] == (unit, channel)
    assert found["best"][0][2] == pytest.approx(effect, rel=1e-2)


def test_a_photo_that_is_painted_over_is_compared_as_it_was(window):
    from dataclasses import replace

    from inception_viewer.intervention_questions import Intervention
    from inception_viewer.touched import intervene

    view = window.window.compare_tab.compare
    until(lambda: view.images.sheet.values, "the maps", 60)
    assert view.note.isHidden()
    plain = np.array(view.images.sheet.cell(1, 0))
    window.session.update(lambda now: intervene(now, Intervention("inception3a/3x3", "zero")))
    until(lambda: not view.note.isHidden(), "the note")
    assert "left out" in view.note.text()
    settle(0.3)
    assert np.array_equal(view.images.sheet.cell(1, 0), plain)
    assert plain.max() > 0
    window.session.update(lambda now: replace(now, touched=()))
    until(view.note.isHidden, "no note")


def test_nothing_is_made_before_the_tab_is_shown(photos, tmp_path):
    controller = open_controller(WORKER, tmp_path / "settings.ini", str(photos[0]))
    controller.window.show()
    until(lambda: controller.frames.frame, "the photo", 60)
    assert not controller.window.compare_tab.is_made
    assert close(controller)
