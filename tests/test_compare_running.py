"""Comparing groups while it runs: partial answers, cancel, going on, failures; the command line."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import ui_data
from fake_worker import FakeWorker, write_photo
from PIL import Image
from PySide6.QtTest import QTest
from window_tools import close, open_controller, shows, until

import inception_viewer as iv
from inception_viewer import cli
from inception_viewer.analysis.files import find_photos
from inception_viewer.comparison_questions import CompareGroups, GroupsAnswer, Separation
from inception_viewer.errors import QuestionError
from inception_viewer.file_questions import FindPhotos
from inception_viewer.paths import asset
from inception_viewer.photo_groups import GroupDraft
from inception_viewer.ui.compare.groups_page import STOPPED
from inception_viewer.ui.compare_view import GROUPS
from inception_viewer.ui.controller import Controller
from inception_viewer.ui.preferences import Preferences

UNIT = "inception3a/1x1"


def answer_of(question: CompareGroups, photos: int, partial: bool) -> GroupsAnswer:
    """Two channels that differ by 1 and by -2 standard deviations."""
    first, second = (group.name for group in question.groups)
    rows = np.linspace(0, 1, 2 * photos).reshape(photos, 2).astype(np.float32)
    named = tuple(f"{n}.png" for n in range(photos))
    found = Separation(
        UNIT, first, second, np.array([1.0, -2.0]), np.array([0.2, 0.01]), np.array([1, 0]),
        (photos, photos), 2,
    )  # fmt: skip
    return GroupsAnswer(
        question,
        {first: {UNIT: rows}, second: {UNIT: rows}},
        {first: named, second: named},
        {first: (0,) * photos, second: (0,) * photos},
        (),
        ui_data.provenance(),
        {(first, second): {UNIT: found}},
        partial,
    )


class SlowWorker(FakeWorker):
    """Takes a second for groups, with partial answers; what it did is kept."""

    done = 0

    def answer(self, question: Any, lab: Any, progress: Any) -> Any:
        """Go on where it stopped; folders are looked into as they are."""
        if isinstance(question, FindPhotos):
            return find_photos(question, lab, progress)
        if not isinstance(question, CompareGroups):
            return super().answer(question, lab, progress)
        self.asked.append(question)
        if CompareGroups in self.failures:
            raise self.failures[CompareGroups]
        while self.done < 100:
            self.done += 1
            time.sleep(0.01)
            made = answer_of(question, 2 + self.done, True) if self.done > 4 else None
            progress(self.done / 100, made, f"photo {self.done} of 100")
        return answer_of(question, 102, False)


@pytest.fixture
def worker() -> SlowWorker:
    return SlowWorker()


@pytest.fixture
def window(worker: SlowWorker, tmp_path: Path) -> Iterator[Controller]:
    paths = [str(write_photo(tmp_path / f"{n}.png", n)) for n in range(4)]
    controller = open_controller(worker, tmp_path / "settings.ini", *paths)
    controller.window.show()
    until(shows(controller, "0.png"), "the first photo")
    until(lambda: len(controller.session.state.images) == 4, "the others")
    controller.window.menus["show_compare"].trigger()
    view = controller.window.compare_tab.compare
    view.show_page(GROUPS)
    until(lambda: len(view.groups.form.present) == 4, "the tray")
    yield controller
    assert close(controller)


def start(window: Controller):
    page = window.window.compare_tab.compare.groups
    form = page.form
    halves = (("ours", form.present[:2]), ("theirs", form.present[2:]))
    form.want([GroupDraft(name, tuple(some)) for name, some in halves])
    page.start.click()
    return page


def test_it_shows_what_is_known_and_goes_on_where_it_was_stopped(window, worker):
    page = start(window)
    until(lambda: page.answer is not None and page.answer.partial, "a partial answer")
    assert not page.running.isHidden()
    assert not page.start.isEnabled()
    assert "so far" in page.sentence.text()
    assert [row[:3] for row in page.table.figures.rows] == [("3a/1x1", 1, -2.0), ("3a/1x1", 0, 1.0)]
    window.window.menus["cancel"].trigger()
    until(page.running.isHidden, "the end")
    assert page.sentence.text().endswith(STOPPED)
    assert page.answer.partial
    reached = worker.done
    assert reached < 100
    page.start.click()
    until(lambda: not page.answer.partial, "the whole answer")
    assert worker.done == 100
    assert "102 photos" in page.sentence.text()
    assert STOPPED not in page.sentence.text()
    assert page.running.isHidden()


def test_a_failure_is_said_and_loses_nothing(window, worker):
    worker.failures[CompareGroups] = QuestionError("“ours” is not to be compared.")
    page = start(window)
    view = window.window.compare_tab.compare
    until(lambda: not view.failure.isHidden(), "the sentence")
    assert view.failure.text() == "“ours” is not to be compared."
    assert [group.name for group in page.form.groups] == ["ours", "theirs"]
    assert page.start.isEnabled()


def test_groups_are_made_renamed_filled_and_cleared_and_all_of_it_is_undone(window, tmp_path):
    menus, session = window.window.menus, window.session
    view = window.window.compare_tab.compare
    form = view.groups.form

    def told() -> list[tuple[str, str]]:
        return [(card.name.text(), card.count.text()) for card in form.cards]

    form.new.click()
    form.cards[0].name.selectAll()
    QTest.keyClicks(form.cards[0].name, "cups")
    tray = window.window.tray.list
    tray.selectAll()
    until(lambda: len(form.selected) == 4, "the selection")
    form.cards[0].add.click()
    folder = tmp_path / "more"
    folder.mkdir()
    for n in range(5):
        write_photo(folder / f"{n}.png", 9 + n)
    form.add_to(0, [str(folder)])
    until(lambda: told() == [("cups", "9 photos")], "the folder")
    assert window.record()["compared"]["groups"][0]["folders"] == (str(folder),)
    form.clear.click()
    assert told() == []
    for expected in (
        [("cups", "9 photos")],
        [("cups", "4 photos")],
    ):
        menus["undo"].trigger()
        assert told() == expected
    menus["redo"].trigger()
    assert told() == [("cups", "9 photos")]
    kept = window.window.preferences.groups
    assert kept == (GroupDraft("cups", (), (), (str(folder),)),)
    for _ in range(2):
        menus["undo"].trigger()
    menus["undo"].trigger()  # the photos that the selection had chosen to stand side by side
    assert told() == [("cups", "0 photos")]
    assert session.state.compared.picked is None
    menus["undo"].trigger()  # all letters of the name in one step
    assert told() == [("group 1", "0 photos")]
    menus["undo"].trigger()
    assert told() == []


def test_groups_of_folders_are_there_again_after_a_start(worker, tmp_path):
    settings = tmp_path / "kept.ini"
    folder = tmp_path / "cups"
    folder.mkdir()
    for n in range(2):
        write_photo(folder / f"{n}.png", n)
    gone = str(tmp_path / "gone")
    kept = Preferences(settings)
    kept.groups = (GroupDraft("cups", folders=(str(folder),)), GroupDraft("old", folders=(gone,)))
    kept.keep_layout({})
    controller = open_controller(worker, settings, str(folder / "0.png"))
    controller.window.show()
    until(shows(controller, "0.png"), "the photo")
    while controller.session.undo():  # no step back is one to before they were remembered
        pass
    assert len(controller.session.state.compared.groups) == 2
    controller.window.menus["show_compare"].trigger()
    view = controller.window.compare_tab.compare
    view.show_page(GROUPS)
    cards = view.groups.form.cards
    until(lambda: [card.count.text() for card in cards] == ["2 photos", "0 photos"], "them")
    assert view.failure.text() == f"{gone} is not a folder."
    assert close(controller)


# --- the command line ---


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Three cuts of a sample, and the same turned over."""
    picture = Image.open(asset("samples/panda.jpg")).convert("RGB")
    made = tmp_path / "upright", tmp_path / "turned"
    for folder, angle in zip(made, (0, 180), strict=True):
        folder.mkdir()
        for n in range(3):
            cut = picture.resize((80 + 8 * n, 80)).rotate(angle)
            cut.save(folder / f"{n}.png")
    return made


def test_the_command_line_gives_the_notebooks_profile(folders, tmp_path, capsys):
    photos = [str(folders[0] / "0.png"), str(folders[1] / "1.png")]
    table = tmp_path / "profile.csv"
    assert cli.main(["compare", "demo", *photos, "--json", "--csv", str(table)]) == 0
    told = json.loads(capsys.readouterr().out)
    found = iv.branch_profile(iv.load("demo"), photos)
    for place, photo in enumerate(told["photos"]):
        for measure in ("activation", "energy", "active"):
            expected = found.table(measure, place)
            for module, shares in photo["shares"][measure].items():
                assert shares == pytest.approx(expected[module], rel=1e-4)
    assert told["channels"]["inception3a"]["3x3"] == 0.5
    assert len(table.read_text(encoding="utf-8").splitlines()) == 1 + 2 * 9 * 4


def test_the_command_line_gives_the_notebooks_groups(folders, capsys):
    groups = [f"--group=up={folders[0]}", f"--group={folders[1]}"]
    line = ["compare", "demo", *groups, "--unit", "inception4c", "--most", "5", "--json"]
    assert cli.main(line) == 0
    (pair,) = json.loads(capsys.readouterr().out)["pairs"]
    assert (pair["first"], pair["second"]) == ("up", "turned")
    found = iv.compare_groups(iv.load("demo"), {"up": folders[0], "turned": folders[1]})
    assert len(pair["best"]) == 5
    for one in pair["best"]:
        assert one["unit"].startswith("inception4c/")
        effect = found.separations["up", "turned"][one["unit"]].effect
        assert one["effect"] == pytest.approx(effect[one["channel"]], rel=1e-3)
    sizes = [abs(one["effect"]) for one in pair["best"]]
    assert sizes == sorted(sizes, reverse=True)


def test_the_command_line_says_what_it_needs(folders, capsys):
    with pytest.raises(SystemExit):
        cli.main(["compare", "demo"])
    assert "give photos, or groups" in capsys.readouterr().err
    assert cli.main(["compare", "demo", f"--group={folders[0]}"]) == 2
    assert "at least two groups" in capsys.readouterr().err
