"""The numbers of the Intervene tab in the window, against torchvision's own class and the API."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from test_interventions import logits, replaced
from torch import nn
from window_tools import close, open_controller, settle, until

import inception_viewer as iv
from inception_viewer.intervention_questions import Intervention
from inception_viewer.intervention_words import importance_rows
from inception_viewer.photo_groups import Compared, GroupDraft
from inception_viewer.touched import set_interventions
from inception_viewer.ui import commands
from inception_viewer.ui.controller import Controller
from inception_viewer.ui.intervene.importance_page import ImportancePage
from inception_viewer.ui.intervene.words import signed

UNIT = "inception4a/5x5"


@pytest.fixture(scope="module")
def photos(photo: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two photos: the cat, and the cat upside down."""
    other = tmp_path_factory.mktemp("other") / "turned.png"
    Image.open(photo).rotate(180).save(other)
    return [photo, other]


@pytest.fixture(scope="module")
def network(checkpoint: Path) -> iv.Network:
    return iv.load(checkpoint)


@pytest.fixture(scope="module")
def opened(
    checkpoint: Path, photos: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Controller]:
    """A window with its real worker, torchvision's weights and both photos; the cat shows."""
    settings = tmp_path_factory.mktemp("settings") / "settings.ini"
    worker = "inception_viewer.analysis:make_worker"
    arguments = (
        *map(str, photos),
        "--device",
        "cpu",
        "--checkpoint",
        str(checkpoint),
        "--theme",
        "light",
    )
    controller = open_controller(worker, settings, *arguments)
    until(lambda: len(controller.session.state.images) == 2, "the photos", 60)
    image = next(one for one in controller.session.state.images if one.name == photos[0].name)
    controller.select_image(image.id)
    until(lambda: shown(controller), "the first frame", 60)
    controller.window.menus["show_intervene"].trigger()
    yield controller
    assert close(controller)


@pytest.fixture
def window(opened: Controller) -> Iterator[Controller]:
    yield opened
    opened.session.update(lambda state: set_interventions(state, ()))
    until(lambda: shown(opened))


def shown(window: Controller) -> bool:
    frame = window.frames.frame
    return bool(window.frames.settled and frame and frame.scene == window.session.state.scene)


def answers(window: Controller) -> Any:
    until(lambda: shown(window))
    return window.frames.frame.overview.predictions


def test_switched_off_in_the_window_is_torchvisions_with_zeros(
    window: Controller, network: iv.Network, peer: nn.Module, photos: list[Path]
) -> None:
    plain = network.trace(photos[0])
    action = next(
        a for a in window.window.network.context_menu(UNIT).actions() if a.text() == "Switch off"
    )
    action.trigger()
    with replaced(peer, UNIT, torch.zeros_like):
        expected = logits(peer, plain)
    found = answers(window).logits["main"]
    assert np.abs(found - expected).max() < 1e-4
    assert np.abs(found - plain.logits["main"]).max() > 1e-3
    # The ghosts are the values before, and maps and thumbnails are those after.
    until(lambda: window.window.predictions._untouched is not None)
    ghost = window.window.predictions._untouched.logits["main"]
    assert np.abs(ghost - logits(peer, plain)).max() < 1e-4
    assert window.frames.frame.overview.largest[UNIT] == 0


def test_a_dragged_slider_ends_at_torchvisions_scaled_branch(
    window: Controller, network: iv.Network, peer: nn.Module, photos: list[Path]
) -> None:
    plain = network.trace(photos[0])
    window.intervening.do(Intervention(UNIT, "scale", factor=1.0))
    until(lambda: shown(window))
    (row,) = window.window.intervene.touched.rows
    row.slider.setSliderDown(True)
    for value in (120, 150, 180):
        row.slider.setSliderPosition(value)
        settle(0.02)
    row.slider.setSliderDown(False)
    with replaced(peer, UNIT, lambda output: output * 1.8):
        expected = logits(peer, plain)
    assert np.abs(answers(window).logits["main"] - expected).max() < 1e-4


def test_what_is_touched_is_copied_as_python_that_gives_the_same(
    window: Controller, photos: list[Path]
) -> None:
    first, second = (image.id for image in window.session.state.images)
    for one in (
        Intervention(UNIT, "scale", (1, 5), 1.5),
        Intervention("inception3b", "mean", images=(first, second)),
        Intervention("inception4d/1x1", "patch", images=(second,)),
    ):
        window.intervening.do(one)
    found = answers(window).logits
    commands.copy_python(window, "predictions")
    names: dict[str, Any] = {}
    exec(QGuiApplication.clipboard().text(), names)
    for head, values in found.items():
        np.testing.assert_allclose(names[f"{head}_logits"], values, atol=1e-4)


def compute(window: Controller) -> ImportancePage:
    view = window.window.intervene
    view.show_page(view.importance)
    view.importance.form.run.compute.click()
    until(lambda: not view.importance.form.run.running, patience=120)
    assert view.importance.answer is not None
    assert not view.importance.answer.partial
    return view.importance


def test_table_is_torchvisions_one_hooked_pass_for_each_cell(
    window: Controller, network: iv.Network, peer: nn.Module, photos: list[Path]
) -> None:
    window.intervening.do(Intervention("conv2"))  # which the table must leave out
    until(lambda: shown(window))
    page = compute(window)
    assert "left out" in page.aside.text()
    plain = network.trace(photos[0])
    whole = logits(peer, plain)
    target = int(whole.argmax())
    heat = page.lost.table.heat
    assert heat is not None
    assert (len(heat.rows), heat.columns) == (9, ["1x1", "3x3", "5x5", "pool"])
    for module, column in (("inception3a", "pool"), ("inception4a", "5x5"), ("inception5b", "1x1")):
        unit = f"{module}/{'pool_proj' if column == 'pool' else column}"
        with replaced(peer, unit, torch.zeros_like):
            lost = float(whole[target] - logits(peer, plain)[target])
        assert heat.values[module][column] == pytest.approx(lost, abs=1e-4)
        assert heat.texts[module, column] == signed(heat.values[module][column])
    again = iv.branch_importance(network, photos[0])
    for module, row in again.logit_drop.items():
        assert heat.values[module] == pytest.approx(row, abs=1e-5)


def test_a_cell_selects_its_unit_and_switches_it_off(window: Controller) -> None:
    page = compute(window)
    table = page.lost.table
    place = table.rect_of(("inception4e", "pool")).center()
    QTest.mouseClick(table, Qt.MouseButton.LeftButton, pos=QPointF(place).toPoint())
    until(lambda: window.frames.settled)
    assert window.session.state.unit == "inception4e/pool_proj"
    assert "inception4e/pool" in page.cell.text()
    QTest.keyClick(table, Qt.Key.Key_Left)
    assert table.focused == ("inception4e", "5x5")
    assert "inception4e/5x5" in table.accessibleDescription()
    QTest.keyClick(table, Qt.Key.Key_Return)
    assert window.session.state.unit == "inception4e/5x5"
    page.off.click()
    drop = page.answer.logit_drop["inception4e"]["5x5"]
    target = page.answer.targets[0]
    lost = page.answer.logits[0] - answers(window).logits["main"][target]
    assert lost == pytest.approx(drop, abs=1e-4)


def test_over_the_tray_with_means_and_reductions(
    window: Controller, network: iv.Network, photos: list[Path], tmp_path: Path
) -> None:
    form = window.window.intervene.importance.form
    form.over.setCurrentIndex(1)
    form.mode.setCurrentIndex(1)
    form.reductions.setChecked(True)
    page = compute(window)
    again = iv.branch_importance(
        network, list(photos), mode="mean", references=photos, reductions=True, projections=True
    )
    assert page.answer.photos == 2
    for table in ("logit_drop", "probability_drop", "logit_spread", "probability_spread"):
        for module, row in getattr(again, table).items():
            assert getattr(page.answer, table)[module] == pytest.approx(row, abs=1e-4)
    path = tmp_path / "table.csv"
    page.table_requested.emit(importance_rows(page.answer, page._classes), str(path))
    until(lambda: path.exists() and not window.runner.lanes["files"].busy)
    with path.open(encoding="utf-8", newline="") as file:
        read = list(csv.DictReader(file))
    assert len(read) == 9 * 7
    first = next(r for r in read if (r["module"], r["branch"]) == ("inception3a", "3x3_reduce"))
    drop = page.answer.logit_drop["inception3a"]["3x3_reduce"]
    assert float(first["logit_drop"]) == drop
    commands.copy_python(window, "intervene")
    names: dict[str, Any] = {}
    exec(QGuiApplication.clipboard().text(), names)
    assert names["found"].logit_drop["inception5a"] == pytest.approx(
        page.answer.logit_drop["inception5a"], abs=1e-5
    )
    form.reductions.setChecked(False)
    form.over.setCurrentIndex(0)
    form.mode.setCurrentIndex(0)


@pytest.mark.slow
def test_conductances_table_adds_up_to_the_logits_rise(
    window: Controller, peer: nn.Module, network: iv.Network, photos: list[Path]
) -> None:
    form = window.window.intervene.importance.form
    form.conductance.setChecked(True)
    page = compute(window)
    plain = network.trace(photos[0])
    black = network.trace(np.zeros((224, 224, 3), np.uint8))
    target = page.answer.targets[0]
    rise = float(logits(peer, plain)[target] - logits(peer, black)[target])
    heat = page.credit.table.heat
    again = iv.branch_importance(network, photos[0], conductance=True)
    for module, row in heat.values.items():
        assert row == pytest.approx(again.conductance[module], abs=1e-5)
        # What the sum over points leaves out is the same for every module, and little.
        total = sum(row.values())
        assert total == pytest.approx(sum(heat.values["inception3a"].values()), abs=1e-4)
        assert abs(total - rise) < 0.15 * sum(map(abs, row.values()))
    assert len(page.answer.disagreements) == len(heat.marked)
    said = set(page.stories.text().splitlines())
    assert said == set(page.answer.disagreements)
    image = page.picture()
    assert image is not None
    assert all(sentence in image.text("Description") for sentence in said)
    form.conductance.setChecked(False)


def test_cancelling_keeps_what_is_shown(window: Controller) -> None:
    page = compute(window)
    before = page.lost.table.heat.values
    page.form.conductance.setChecked(True)
    page.form.run.compute.click()
    assert page.form.run.running
    window.window.status.cancel_newest()
    until(lambda: not page.form.run.running)
    until(lambda: not window.runner.lanes["jobs"].busy, patience=60)
    page.form.conductance.setChecked(False)
    assert page.lost.table.heat.values is before


def test_decisive_channels_do_what_is_said_when_intervened_with(
    window: Controller, network: iv.Network, photos: list[Path]
) -> None:
    view, module = window.window.intervene, "inception5b"
    window.select_unit(f"{module}/3x3")
    view.show_page(view.decisive)
    page = view.decisive
    assert page.module == module
    page.run.compute.click()
    until(lambda: not page.run.running, patience=120)
    found = page.answer
    assert found is not None
    again = iv.decisive_channels(network, photos[0], module)
    assert (found.keeps, found.flips) == (again.keeps, again.flips)
    page.flips.do.click()
    assert int(answers(window).logits["main"].argmax()) == found.becomes != found.target
    assert window.session.state.interventions == (Intervention(module, "zero", found.flips),)
    page.keeps.do.click()
    window.intervening.put_back(Intervention(module, "zero", found.flips))
    assert int(answers(window).logits["main"].argmax()) == found.target
    (only,) = window.session.state.interventions
    assert len(only.channels) == found.channels - len(found.keeps)
    page.flips.show_them.click()
    until(lambda: shown(window) and window.frames.frame.maps.unit == module)
    assert window.window.tabs.currentWidget() is window.window.maps
    trace = network.trace(photos[0])
    framed = {
        grid.content.group.unit: grid._marked for grid in window.window.maps.grids if grid.content
    }
    assert sum(map(len, framed.values())) == len(found.flips)
    starts = np.cumsum([0, *(trace[unit].shape[0] for unit in framed)])
    places = {
        int(start) + channel
        for start, some in zip(starts, framed.values(), strict=False)
        for channel in some
    }
    assert places == set(found.flips)
    window.window.menus["show_intervene"].trigger()


def test_over_a_group_of_files(
    window: Controller, network: iv.Network, photos: list[Path], tmp_path: Path
) -> None:
    folder = tmp_path / "turned"
    folder.mkdir()
    for photo in photos:
        Image.open(photo).rotate(180).save(folder / photo.name)
    paths = tuple(sorted(map(str, folder.iterdir())))
    sorted_ = Compared(groups=(GroupDraft("turned", files=paths),))
    window.session.update(lambda state: replace(state, compared=sorted_))
    form = window.window.intervene.importance.form
    place = form.over.findText(f"turned ({len(paths)})")
    form.over.setCurrentIndex(place)
    form.over.activated.emit(place)
    page = compute(window)
    again = iv.branch_importance(network, list(paths))
    assert page.answer.photos == len(paths)
    for table in ("logit_drop", "probability_spread"):
        for module, row in getattr(again, table).items():
            assert getattr(page.answer, table)[module] == pytest.approx(row, abs=1e-4)
    assert "of “turned”" in page.sentence.text()
    window.session.undo()
    assert form.over.findText("turned", Qt.MatchFlag.MatchStartsWith) < 0
    assert form.wanted.over == "photo"
