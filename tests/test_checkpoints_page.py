"""Compare's page of checkpoints in the real window: against the notebook; cancel and failures."""

from __future__ import annotations

import csv
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from conftest import CLASSES
from fake_worker import FakeWorker, write_photo
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from window_tools import close, open_controller, shows, until

import inception_viewer as iv
from inception_viewer.api import Network
from inception_viewer.comparison_questions import CompareCheckpoints
from inception_viewer.errors import QuestionError
from inception_viewer.googlenet.variants import BRANCH_OUTPUT, BRANCHES, MODULES
from inception_viewer.paths import asset
from inception_viewer.ui.compare.heads_pair import LISTS, HeadsLayout
from inception_viewer.ui.compare.pair_layout import REST, PairLayout
from inception_viewer.ui.compare_view import CHECKPOINTS
from inception_viewer.ui.controller import Controller

WORKER = "inception_viewer.analysis:make_worker"


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """Two small photos."""
    made = [tmp_path / f"{name}.png" for name in ("panda", "rocket")]
    for path in made:
        picture = Image.open(asset(f"samples/{path.stem}.jpg")).convert("RGB")
        picture.resize((96, 96)).save(path)
    return made


@pytest.fixture
def window(photos: list[Path], tmp_path: Path) -> Iterator[Controller]:
    controller = open_controller(WORKER, tmp_path / "settings.ini", *map(str, photos))
    controller.window.show()
    until(lambda: len(controller.session.state.images) == 2 and controller.frames.frame, "it", 60)
    show_page(controller)
    yield controller
    assert close(controller)


def show_page(controller: Controller) -> None:
    controller.window.menus["show_compare"].trigger()
    controller.window.compare_tab.compare.show_page(CHECKPOINTS)


def test_two_checkpoints_have_the_notebooks_numbers(
    window: Controller, checkpoint: Path, demo: Network, tmp_path: Path
) -> None:
    page = window.window.compare_tab.compare.checkpoints
    until(lambda: page.stack.currentIndex() == 0 and page.open.isVisible(), "the next step")
    window.opening.open_checkpoint(str(checkpoint))
    until(lambda: page.pair is not None and page.pair.answer is not None, "the numbers", 60)
    photos = [Path(image.source) for image in window.session.state.images]
    ours = iv.load(checkpoint)
    expected = iv.compare_checkpoints(ours, demo, photos)
    answer = page.pair.answer
    assert dict(answer.cka) == pytest.approx(dict(expected.cka), abs=1e-5)
    assert answer.tops == expected.tops
    assert "Trained apart" in page.sentence.text()
    assert "classes differ" in page.sentence.text()
    assert page.pair.verdict("main") == "other classes"
    place = [photo.name for photo in photos].index(page.photo.text().split(": ")[1])
    traces = [net.trace(photos[place]) for net in (ours, demo)]
    for side, trace in zip(page.pair.sides, traces, strict=True):
        for branch in BRANCHES:
            mean = trace[f"inception4c/{BRANCH_OUTPUT[branch]}"].astype(np.float64).mean(0)
            assert np.allclose(side.map("inception4c", branch), mean, atol=1e-5)
        best = max(np.max(side.map("inception4c", branch)) for branch in BRANCHES)
        assert side.limit("inception4c") == pytest.approx(float(best))
    assert page.pair.sides[0].top("main")[0][0] == CLASSES[traces[0].logits["main"].argmax()]
    page.measure.setCurrentIndex(1)
    page.measure.activated.emit(1)
    shares = page.pair.shares(1, "inception5a")
    assert np.allclose(shares, expected.profiles[1].shares["energy"][place, 7], atol=1e-6)

    record = window.record()["compare"]["checkpoints"]
    assert record["cka"]["inception3b"] == pytest.approx(expected.cka["inception3b"], abs=1e-5)
    found: dict = {}
    exec(window.compare_link.snippet(), found)  # what "Copy as Python" gives
    assert found["cka"] == pytest.approx(dict(answer.cka), abs=1e-6)
    assert np.allclose(found["shares"][1], answer.profiles[1].shares["energy"])

    page._ask = lambda *_: (str(tmp_path / "two.csv"), "")
    page.save_numbers()
    with (tmp_path / "two.csv").open(encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == 2 * 9 * 4
    page._ask = lambda *_: (str(tmp_path / "two.png"), "")
    page.save_picture()
    saved = Image.open(tmp_path / "two.png")
    assert "twelve.pth" in saved.info["Description"]
    assert np.asarray(saved.convert("RGB")).std() > 10

    page.canvas.setFocus()
    page.canvas.select(4, 2)
    QTest.keyClick(page.canvas, Qt.Key.Key_Right)
    assert page.canvas.selected == (4, 3)
    assert page.canvas.unit((4, 3)) == "inception4c/3x3"
    assert "in B" in page.pair.told("inception4c", 3)
    QTest.keyClick(page.canvas, Qt.Key.Key_Return)
    assert window.session.state.unit == "inception4c/3x3"
    step = page.on if page.on.isEnabled() else page.back
    step.click()
    until(lambda: page.pair.photo != place and page.pair.sides[1].overview, "the other photo")
    other = demo.trace(photos[page.pair.photo])["inception5b/5x5"].mean(0)
    assert np.allclose(page.pair.sides[1].map("inception5b", "5x5"), other, atol=1e-5)
    assert page.pair.answer is answer  # numbers are of all photos


def test_it_is_cancelled_gone_on_with_and_fails_without_loss(tmp_path: Path) -> None:
    worker = FakeWorker()
    worker.hold[CompareCheckpoints] = threading.Event()
    path = write_photo(tmp_path / "0.png", 0)
    controller = open_controller(worker, tmp_path / "settings.ini", str(path))
    controller.window.show()
    until(shows(controller, "0.png"), "the photo")
    show_page(controller)
    (tmp_path / "second.pth").write_bytes(b"x")
    controller.opening.open_checkpoint(str(tmp_path / "second.pth"))
    page = controller.window.compare_tab.compare.checkpoints
    until(lambda: page.running.isVisible(), "the progress")
    assert page.pair.sides[1].overview is not None  # heads and maps are there meanwhile
    controller.window.menus["cancel"].trigger()
    until(lambda: page.again.isVisible(), "a way to go on")
    assert not page.running.isVisible()
    asked = sum(isinstance(one, CompareCheckpoints) for one in worker.asked)
    worker.failures[CompareCheckpoints] = QuestionError("The photo has gone.")
    worker.hold.clear()
    page.again.click()
    failure = controller.window.compare_tab.compare.failure
    until(lambda: failure.text() == "The photo has gone.", "the sentence")
    assert sum(isinstance(one, CompareCheckpoints) for one in worker.asked) == asked + 1
    assert page.pair.sides[0].top("main")
    controller.opening.close_checkpoint()
    until(lambda: page.stack.currentIndex() == 0, "one checkpoint only")
    assert close(controller)


@pytest.mark.parametrize("width", [530.0, 600.0, 700.0, 1150.0])
def test_nothing_overlaps_and_every_place_is_found_again(width: float) -> None:
    layout = PairLayout(width, 15.0, 26.0, 36.0)
    assert layout.total[0] <= width
    cells = {(r, c): layout.cell(r, c) for r in range(len(MODULES)) for c in range(REST + 1)}
    for at, box in cells.items():
        assert layout.at(box.center()) == at
        assert not any(box.intersects(other) for key, other in cells.items() if key != at)
        assert box.right() <= width + 4
    assert layout.scale(0, 0).right() <= layout.agreement(0).left()
    heads = HeadsLayout(width, 19.0)
    lists = [heads.list(place) for place in range(LISTS)]
    for place, box in enumerate(lists):
        assert not any(box.intersects(other) for other in lists[:place])
        assert box.bottom() <= heads.height + 1
