"""Copy as Python: the lines are run, and must give the numbers that the window shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtGui import QGuiApplication
from window_tools import close, open_controller, until

from inception_viewer.session import AttributionSettings
from inception_viewer.ui import commands
from inception_viewer.ui.controller import Controller


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
