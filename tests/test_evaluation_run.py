"""A whole evaluation in the window, with a network, against torchvision in a plain loop."""

from __future__ import annotations

import csv

import numpy as np
import pytest
import torch
from conftest import CLASSES
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from torchvision import transforms
from window_tools import close, open_controller, shows, until

from inception_viewer.paths import asset
from inception_viewer.ui.evaluation.words import percent

PREPARE = transforms.Compose(
    [
        transforms.Resize(256),
        transforms.CenterCrop(224),
        transforms.ToTensor(),
        transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    ]
)
NAMES = ("cat", "chair", "cup", "face", "kangaroo", "panda", "rocket", "wrench")


@pytest.fixture(scope="module")
def labelled(peer, tmp_path_factory):
    """Photos in folders, so that every other one is right, and torchvision's answers by name."""
    root, answers = tmp_path_factory.mktemp("labelled"), {}
    for place, name in enumerate(NAMES):
        photo = Image.open(asset(f"samples/{name}.jpg")).convert("RGB")
        photo = photo.crop((3, 3, *photo.size))  # else it would be the one in the tray
        with torch.inference_mode():
            said = peer.eval()(PREPARE(photo)[None]).softmax(1)[0]
        order = said.argsort(descending=True).tolist()
        label = order[(0, 3, 7)[place % 3]]
        folder = root / CLASSES[label].upper()
        folder.mkdir(exist_ok=True)
        photo.save(folder / f"{name}.png")
        answers[f"{name}.png"] = (label, order, said.numpy())
    (root / CLASSES[0]).mkdir(exist_ok=True)
    (root / CLASSES[0] / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no more")
    return root, answers


def test_the_window_gives_torchvisions_numbers(qtbot, labelled, checkpoint, tmp_path):
    root, answers = labelled
    settings, worker = tmp_path / "settings.ini", "inception_viewer.analysis:make_worker"
    controller = open_controller(worker, settings, "--checkpoint", str(checkpoint))
    try:
        until(lambda: controller.session.state.open_checkpoint, patience=60)
        until(lambda: controller.frames.frame, patience=60)
        controller.window.menus["evaluate"].trigger()
        window = controller.evaluating.window
        window.setup.set_folder(str(root))
        until(window.setup.start_button.isEnabled)
        window.setup.csv.setText(str(tmp_path / "rows.csv"))
        window.setup.start_button.click()
        until(lambda: window.shown and not window.shown.answer.partial, patience=60)
        check_table(window, answers)
        check_rows(tmp_path / "rows.csv", answers)
        check_mistake(qtbot, controller, window, answers)
        check_copied(window)
    finally:
        assert close(controller)


def check_table(window, answers):
    """The shares in the table of classes, and of the head, are a plain count's."""
    model, main = window.results.classes.model, window.results.heads.lines[-1]
    right = {name: order[0] == label for name, (label, order, _) in answers.items()}
    assert 0 < sum(right.values()) < len(right)
    assert main.cells[0].text == percent(np.mean(list(right.values())))
    among = [label in order[:5] for label, order, _ in answers.values()]
    assert main.cells[1].text == percent(np.mean(among))
    column = [c.title for c in model.columns].index("main\ntop-1") + 1
    for row in range(model.rowCount()):
        place = model.place_of(row)
        mine = [right[name] for name, (label, *_) in answers.items() if label == place]
        assert model.index(row, 1).data() == str(len(mine))
        assert model.index(row, column).data() == percent(np.mean(mine))
    assert "1 photo could not be read" in window.results.extent.text()


def check_rows(path, answers):
    with path.open(encoding="utf-8", newline="") as file:
        rows = {
            row["path"].rpartition("/")[2].rpartition("\\")[2]: row for row in csv.DictReader(file)
        }
    assert rows.keys() == answers.keys() | {"broken.jpg"}
    for name, (_, order, said) in answers.items():
        assert rows[name]["main_said"] == CLASSES[order[0]]
        assert float(rows[name]["main_probability"]) == pytest.approx(said.max(), rel=2e-3)


def check_mistake(qtbot, controller, window, answers):
    """The surest mistake comes first, has a picture, and opens with the numbers it tells."""
    wrong = {n: s for n, (label, order, s) in answers.items() if order[0] != label}
    name = max(wrong, key=lambda n: wrong[n].max())
    window.results.tabs.setCurrentWidget(window.results.mistakes)
    grid = window.results.mistakes.grid
    first = grid.items.mistakes[0]
    assert first.path.endswith(name)
    until(lambda: grid.items.store.picture(first.path), "its picture")
    grid.setCurrentIndex(grid.items.index(0, 0))
    qtbot.keyClick(grid, Qt.Key.Key_Return)
    until(shows(controller, name), patience=60)
    shown = controller.frames.frame.overview.predictions.probabilities["main"]
    assert int(shown.argmax()) == first.said
    assert float(shown[first.was]) == pytest.approx(first.probability_of_truth, rel=1e-3)
    assert np.abs(shown - wrong[name]).max() < 2e-3


def check_copied(window):
    """What "Copy as Python" gives measures the same."""
    window.results.export.menu().actions()[1].trigger()
    found = {}
    exec(QGuiApplication.clipboard().text(), found)
    again, shown = found["answer"], window.shown.answer
    assert np.array_equal(again.count, shown.count)
    for head in shown.heads:
        assert found["shares"][head] == shown.heads[head].top1.value
    assert [m.path for m in found["mistakes"]] == [m.path for m in shown.heads["main"].mistakes]
