"""Copy as Python: the lines are run, and must give the numbers that the window shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from window_tools import close, open_controller, until

from inception_viewer import edit_questions
from inception_viewer.checkpoint_changes import use_input
from inception_viewer.session import AttributionSettings
from inception_viewer.ui import commands, snippets
from inception_viewer.ui.controller import Controller

CONTROL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


@pytest.fixture(scope="module")
def window(
    checkpoint: Path, photo: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Controller]:
    """The real thing: a real worker, a real checkpoint, a real photo."""
    controller = open_controller(
        "inception_viewer.analysis:make_worker",
        tmp_path_factory.mktemp("snippets") / "settings.ini",
        str(photo),
        "--checkpoint",
        str(checkpoint),
        "--device",
        "cpu",
    )
    until(lambda: controller.frames.frame is not None, "the first frame", 120)
    yield controller
    assert close(controller)


def run_copied(window: Controller, kind: str) -> dict[str, Any]:
    """Copy a view's lines and run them as a notebook would."""
    QGuiApplication.clipboard().clear()
    commands.copy_python(window, kind)
    names: dict[str, Any] = {}
    exec(QGuiApplication.clipboard().text(), names)
    return names


def test_the_maps(window: Controller) -> None:
    window.select_unit("inception4b")
    until(lambda: window.frames.frame.maps.unit == "inception4b")
    window.select_channel(("inception4b/5x5", 3))
    names = run_copied(window, "maps")
    groups = window.frames.frame.maps.groups
    assert len(groups) == 4
    for group in groups:
        ours = names[group.unit.replace("/", "_")]
        np.testing.assert_allclose(ours, group.maps, atol=1e-5)
    np.testing.assert_allclose(names["channel"], groups[2].maps[3], atol=1e-5)


def test_the_inspectors_channel(window: Controller) -> None:
    window.select_unit("inception4b")
    until(lambda: window.frames.frame.maps.unit == "inception4b")
    window.select_channel(("inception4b/3x3", 5))
    QGuiApplication.clipboard().clear()
    window.window.inspector.context_menu().actions()[0].trigger()
    names: dict[str, Any] = {}
    exec(QGuiApplication.clipboard().text(), names)
    group = window.frames.frame.maps.groups[1]
    np.testing.assert_allclose(names["channel"], group.maps[5], atol=1e-5)
    figures = names["maximum"], names["mean"], names["active"]
    shown = group.maximum[5], group.mean[5], group.active[5]
    np.testing.assert_allclose(figures, shown, atol=1e-5)
    assert names["values"].size == group.maps[5].size


def test_the_inspectors_histogram_and_figures(window: Controller) -> None:
    window.select_unit("inception4b")
    until(lambda: window.frames.frame.maps.unit == "inception4b")
    group = window.frames.frame.maps.groups[0]
    index = int(group.active.argmax())
    window.select_channel((group.unit, index))
    names = run_copied(window, "channel")
    shown = window.window.inspector.histogram
    assert shown.counts.sum() > 5
    assert names["counts"].tolist() == shown.counts.tolist()
    np.testing.assert_allclose(names["edges"], shown.edges, rtol=1e-5)
    facts = dict(window.window.inspector.facts.rows)
    assert facts["Maximum"].endswith(f"at row {names['row']}, column {names['column']}")
    assert facts["Parameters"] == f"{names['unit'].parameters:,}"
    assert "kernel" not in names


def test_a_channel_of_conv1_comes_with_its_filter(window: Controller) -> None:
    window.select_unit("conv1")
    until(lambda: window.frames.frame.maps.unit == "conv1")
    window.select_channel(("conv1", 7))
    names = run_copied(window, "channel")
    np.testing.assert_array_equal(names["kernel"], window.frames.frame.maps.filters[7])
    drawn = window.window.inspector.filter_picture._image.pixelColor(0, 0).red()
    red = names["kernel"][0, 0, 0] / np.abs(names["kernel"]).max()
    assert drawn == np.rint(128 + 127 * red)


def test_what_the_network_sees_without_a_channel(window: Controller) -> None:
    window.select_channel(None)
    inspector = window.window.inspector
    QGuiApplication.clipboard().clear()
    next(a for a in inspector.context_menu().actions() if a.text() == "Copy as Python").trigger()
    names: dict[str, Any] = {}
    exec(QGuiApplication.clipboard().text(), names)
    overview = window.frames.frame.overview
    np.testing.assert_array_equal(names["picture"], overview.picture)
    assert names["crop"] == pytest.approx(overview.crop)
    assert names["preprocessing"] == overview.scene.preprocessing
    assert names["received"].shape == (3, *overview.picture.shape[:2])


def test_the_networks_means_and_shares(window: Controller) -> None:
    names = run_copied(window, "trace")
    overview = window.frames.frame.overview
    for module, shares in overview.shares.items():
        assert names["shares"][module] == pytest.approx(list(shares.values()), abs=1e-4)
    for unit, values in overview.thumbnails.items():
        np.testing.assert_allclose(names["means"][unit], values, rtol=1e-4, atol=1e-5)
    (_, name, probability) = overview.predictions.top("main", 1)[0]
    assert names["verdict"] == [(name, pytest.approx(probability, abs=1e-5))]


def test_the_shortcut_copies_the_view_that_has_the_keyboard(window: Controller) -> None:
    main = window.window
    main.activateWindow()
    window.select_unit("inception3a")
    until(lambda: window.frames.frame.maps.unit == "inception3a")
    window.select_channel(None)
    in_each = {
        main.tray.list: "verdict = ",
        main.network.canvas: "shares = ",
        main.predictions.table: "main_logits = ",
        main.inspector.area: "received = ",
        main.maps.grids[0]: "inception3a_1x1 = ",
    }
    for widget, line in in_each.items():
        widget.setFocus()
        until(widget.hasFocus, line)
        QTest.keyClick(widget, Qt.Key.Key_C, CONTROL_SHIFT)
        assert line in QGuiApplication.clipboard().text()
    main.top_row.checkpoint.setFocus()
    for tab, line in ((main.maps, "inception3a_1x1 = "), (main.attribution, "iv.attribute(")):
        main.tabs.setCurrentWidget(tab)
        main.top_row.checkpoint.setFocus()
        QTest.keyClick(main.top_row.checkpoint, Qt.Key.Key_C, CONTROL_SHIFT)
        assert line in QGuiApplication.clipboard().text()
    main.tabs.setCurrentWidget(main.maps)


def test_the_predictions(window: Controller) -> None:
    names = run_copied(window, "predictions")
    shown = window.frames.frame.overview.predictions
    for head, probabilities in shown.probabilities.items():
        best = [(name, pytest.approx(p, abs=1e-5)) for _, name, p in shown.top(head, 5)]
        assert names[head] == best
        np.testing.assert_allclose(names[f"{head}_logits"], shown.logits[head], atol=1e-4)
        assert probabilities.sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("head", ["aux1", "main"])
def test_the_attribution(window: Controller, head: str) -> None:
    settings = AttributionSettings(head=head, target=2)
    window.session.update(lambda state: replace(state, attribution=settings))
    window.attributing.ask()
    answer = until(lambda: not window.attributing.running and window.attributing.answer)
    names = run_copied(window, "attribution")
    assert (answer.target, names["result"].target) == (2, 2)
    np.testing.assert_allclose(names["result"].map, answer.map, atol=1e-5)
    assert np.ptp(answer.map) > 0


def test_integrated_gradients_with_its_own_parameters(window: Controller) -> None:
    settings = AttributionSettings(
        method="integrated_gradients", parameters=(("adapt", "off"), ("steps", 8))
    )
    window.session.update(lambda state: replace(state, attribution=settings))
    window.attributing.ask()
    answer = until(
        lambda: (
            not window.attributing.running
            and (window.attributing.answer or window.window.messages.sentences)
        ),
        "an answer",
        60,
    )
    assert not window.window.messages.sentences, window.window.messages.text
    names = run_copied(window, "attribution")
    np.testing.assert_allclose(names["result"].map, answer.map, atol=1e-5)


def test_an_input_chosen_by_hand_is_in_the_lines(window: Controller) -> None:
    own = window.session.state.open_checkpoint.preprocessing
    made = replace(own, height=160, width=192, resize="squeeze", channels="BGR", mean=(0.1,) * 3)
    window.session.update(lambda state: use_input(state, made))
    until(lambda: window.frames.settled and window.frames.frame.scene.preprocessing == made)
    try:
        names = run_copied(window, "predictions")
        shown = window.frames.frame.overview.predictions
        np.testing.assert_allclose(names["main_logits"], shown.logits["main"], atol=1e-4)
        seen = run_copied(window, "seen")
        assert seen["picture"].shape == (160, 192, 3)
        assert seen["preprocessing"] == made
    finally:
        window.session.update(lambda state: use_input(state, None))
        until(lambda: window.frames.settled)


def test_edits_are_made_as_they_are() -> None:
    edits = (
        edit_questions.Distortion(rotation=-12.5, mirror=True, noise=3.0, seed=4),
        edit_questions.Brush((edit_questions.Stroke(((1.0, 2.5), (3.0, 4.0)), 5.0, True),), "mean"),
        edit_questions.Adversarial("pgd", 7, "aux1", 3, step=0.5),
    )
    made: dict[str, Any] = {}
    exec("\n".join(["import inception_viewer as iv", *snippets.edit_lines(edits)]), made)
    assert tuple(made["edits"]) == edits
    assert snippets.edit_lines(()) == []
