"""The dialog that gets checkpoints: what it shows, its keys, and a download behind it."""

import dataclasses
import threading

import file_server as fs
import pytest
from fake_worker import FakeWorker
from file_server import serving
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QPushButton, QWidget
from window_tools import close, open_controller, settle, until

from inception_viewer.analysis.getting import get_checkpoint
from inception_viewer.checkpoints import catalogue
from inception_viewer.checkpoints.getting.part import Part, write
from inception_viewer.questions import GetCheckpoint, OpenCheckpoint, Received
from inception_viewer.ui import theme
from inception_viewer.ui.application import make_application
from inception_viewer.ui.get_dialog import GetDialog
from inception_viewer.ui.getting import words

CONTENT = bytes(range(251)) * 4000
SIZE = len(CONTENT)


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch):
    """Caches of the test's own, and no proxy."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "TORCH_HOME"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def served():
    with serving(CONTENT) as made:
        yield made


@pytest.fixture
def entries(served, monkeypatch):
    """The catalogue, with every file on the server of the test."""
    made = tuple(
        dataclasses.replace(e, url=served.url, digest=f"sha256:{served.sha256}", size=SIZE)
        for e in catalogue.PUBLISHED
    )
    monkeypatch.setattr(catalogue, "PUBLISHED", made)
    return made


@pytest.fixture
def dialog(qtbot, entries):
    make_application()
    theme.apply("light", 1.0)
    made = GetDialog(entries)
    qtbot.addWidget(made)
    made.show()
    yield made
    theme.apply("light", 1.0)


def put(entry, content=CONTENT):
    entry.folder.mkdir(parents=True, exist_ok=True)
    entry.path.write_bytes(content)


def put_part(entry, count):
    entry.folder.mkdir(parents=True, exist_ok=True)
    with Part(entry.path, entry.url).begin('"v1"', SIZE) as file:
        write(file, CONTENT[:count])


# --- what it shows -----------------------------------------------------------------------


def test_each_checkpoint_tells_what_it_is_its_terms_and_its_source(dialog, entries):
    assert dialog.list.count() == 3
    for row, entry in enumerate(entries):
        dialog.list.setCurrentRow(row)
        text = dialog.page.toPlainText().replace("\n", " ")
        told = (entry.title, entry.about, entry.licence, entry.page, entry.url)
        for part in (*told, str(entry.path), "1.0 MB", served_digest(entry)):
            assert part in text
        assert links(dialog) == [entry.licence_url, entry.page]


def served_digest(entry):
    return entry.digest.partition(":")[2]


def links(dialog):
    """The addresses that can be clicked, in reading order."""
    cursor, found = QTextCursor(dialog.page.document()), []
    while cursor.movePosition(QTextCursor.MoveOperation.NextCharacter):
        address = cursor.charFormat().anchorHref()
        if address and address not in found:
            found.append(address)
    return found


def test_where_each_is_is_said(dialog, entries):
    put(entries[0])
    put_part(entries[1], SIZE // 2)
    put(entries[2], b"a web page")
    dialog.refresh()
    states = [dialog.list.item(row).text().split("\n")[1] for row in range(3)]
    assert states == ["on this computer", "0.5 MB of it are here", "1.0 MB to get"]


@pytest.mark.parametrize(
    ("name", "runs", "enabled", "label"),
    [
        ("torchvision", False, {"Get", "Open", "Close"}, "Get"),
        ("inception5h", False, {"Go on", "Close"}, "Go on"),
        ("bvlc", False, {"Get", "Close"}, "Get"),
        ("bvlc", True, {"Cancel", "Close"}, "Get"),
    ],
)
def test_only_what_makes_sense_can_be_pressed(dialog, entries, name, runs, enabled, label):
    put(entries[0])
    put_part(entries[1], SIZE // 2)
    dialog.select(name)
    dialog.show_progress({name: Received(1, SIZE)} if runs else {})
    dialog.refresh()
    buttons = dialog.findChildren(QPushButton)
    assert {button.text() for button in buttons if button.isEnabled()} == enabled
    assert dialog.get_button.text() == label
    assert dialog.bar.isVisible() is runs


def test_progress_and_time_left(dialog):
    dialog.show_progress({"torchvision": Received(SIZE // 4, SIZE, 12.3)})
    assert dialog.bar.value() == 250
    assert dialog.progress.text() == "0.3 of 1.0 MB, 12 s left"
    dialog.show_progress({"torchvision": Received(SIZE // 4, SIZE, 9.0, "checking")})
    assert dialog.progress.text() == "Checking"
    assert "25 % have arrived" in dialog.list.item(0).text()
    dialog.show_progress({})
    assert not dialog.bar.isVisible()


def test_a_failure_is_told_with_the_checkpoint_it_is_about(dialog):
    dialog.show_failures({"bvlc": "The cable <is> cut."})
    assert "The cable" not in dialog.page.toPlainText()
    dialog.select("bvlc")
    assert dialog.page.toPlainText().startswith("The cable <is> cut.")


# --- keys, sizes, themes --------------------------------------------------------------------


def test_everything_is_reached_by_tab_and_has_a_name(dialog, qtbot, entries):
    put(entries[0])
    dialog.refresh()
    reached = []
    for _ in range(8):
        reached.append(dialog.focusWidget())
        dialog.focusNextChild()
    for widget in (
        dialog.list,
        dialog.page,
        dialog.get_button,
        dialog.open_button,
        dialog.close_button,
    ):
        assert widget in reached
        assert widget.accessibleName() or widget.text()


def test_the_keyboard_alone_gets_one(dialog, qtbot):
    qtbot.keyClick(dialog.list, Qt.Key.Key_Down)
    with qtbot.waitSignal(dialog.get_requested) as caught:
        qtbot.keyClick(dialog.list, Qt.Key.Key_Return)
    assert caught.args == ["inception5h"]
    assert dialog.isVisible()


def test_enter_opens_one_that_is_here(dialog, qtbot, entries):
    put(entries[0])
    dialog.refresh()
    with qtbot.waitSignal(dialog.open_requested) as caught:
        qtbot.keyClick(dialog.list, Qt.Key.Key_Return)
    assert caught.args == ["torchvision"]
    assert not dialog.isVisible()


def test_the_focus_follows_what_can_be_pressed(dialog, qtbot, entries):
    dialog.get_button.setFocus()
    dialog.show_progress({"torchvision": Received(0, SIZE)})
    assert dialog.focusWidget() is dialog.cancel_button
    put(entries[0])
    dialog.show_progress({})
    assert dialog.focusWidget() is dialog.open_button


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
def test_nothing_is_cut_off(dialog, name, scale):
    note = "The connection to download.pytorch.org broke off; try 2 of 5"
    theme.apply(name, scale)
    dialog.show_progress({"torchvision": Received(1, SIZE, 1.0, note)})
    dialog.resize(960, 560)  # a window of 1024x640 less its frame
    settle(0.05)
    assert dialog.minimumSizeHint().width() <= 960
    assert dialog.minimumSizeHint().height() <= 560
    metrics = dialog.list.fontMetrics()
    for row in range(dialog.list.count()):
        for line in dialog.list.item(row).text().split("\n"):
            assert metrics.horizontalAdvance(line) <= dialog.list.viewport().width() - 8
    assert dialog.progress.height() >= dialog.progress.heightForWidth(dialog.progress.width())
    for button in dialog.findChildren(QPushButton):
        assert button.width() >= button.sizeHint().width()
        assert button.height() >= theme.TARGET
    assert not dialog.page.horizontalScrollBar().maximum()
    inside = dialog.rect()
    for child in dialog.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
        if child.isVisible():
            assert inside.contains(child.geometry())


def test_links_take_the_theme(dialog):
    theme.apply("dark")
    assert theme.DARK.accent.lower() in dialog.page.toHtml().lower()
    theme.apply("light")
    assert theme.LIGHT.accent.lower() in dialog.page.toHtml().lower()


def test_links_lead_out(dialog):
    assert dialog.page.openExternalLinks()
    assert all(QUrl(address).scheme() == "https" for address in links(dialog))


def test_megabytes_are_millions():
    assert words.megabytes(53_533_754) == "53.5 MB"


# --- the window ---------------------------------------------------------------------------


class Worker(FakeWorker):
    """Downloads for real; the rest is fake."""

    def answer(self, question, lab, progress):
        if isinstance(question, GetCheckpoint):
            self.asked.append(question)
            return get_checkpoint(question, None, progress)
        if isinstance(question, OpenCheckpoint) and question.source == "torchvision":
            self.asked.append(question)
            return self.checkpoint(
                OpenCheckpoint(str(catalogue.locate("torchvision")[1])), progress
            )
        return super().answer(question, lab, progress)


@pytest.fixture
def worker():
    return Worker()


@pytest.fixture
def window(qtbot, worker, entries, tmp_path):
    made = open_controller(worker, tmp_path / "settings.ini", size=(1024, 640))
    until(lambda: made.session.state.open_checkpoint)
    yield made
    assert close(made)


def open_dialog(window):
    window.window.menus["get_checkpoint"].trigger()
    return window.downloads.dialog


def test_get_then_open(window, worker, served, entries):
    dialog = open_dialog(window)
    assert dialog.isVisible()
    dialog.get_button.click()
    until(lambda: dialog.open_button.isEnabled(), "the download")
    assert entries[0].path.read_bytes() == CONTENT
    assert [request.sent for request in served.log] == [SIZE]
    dialog.open_button.click()
    until(lambda: window.session.state.open_checkpoint.name == entries[0].file)
    assert window.session.state.open_checkpoint.source == str(entries[0].path)
    assert not window.window.messages.sentences


def test_progress_stands_in_dialog_and_status_bar_and_cancel_keeps_what_came(
    window, served, entries
):
    count = 10 * (16 << 10)
    served.treatments = [fs.stall_after(count)]
    dialog = open_dialog(window)
    dialog.get_button.click()
    until(lambda: dialog.progress.text().startswith("0.2 of 1.0 MB"), "progress")
    key, activity = window.window.status.newest
    assert (key, activity.cancellable) == ("get torchvision", True)
    assert activity.text == "Getting torchvision GoogLeNet: 0.2 of 1.0 MB"
    assert activity.fraction == pytest.approx(count / SIZE)
    dialog.cancel_button.click()
    until(lambda: dialog.get_button.isEnabled(), "the end", patience=3.0)
    assert dialog.get_button.text() == "Go on"
    assert window.window.status.newest is None
    assert not entries[0].path.exists()
    served.released.set()
    dialog.get_button.click()
    until(lambda: dialog.open_button.isEnabled(), "the rest")
    assert served.ranges_asked[-1] == f"bytes={count}-"


def test_the_status_bar_cancels_too(window, served):
    served.treatments = [fs.mute]
    dialog = open_dialog(window)
    dialog.get_button.click()
    dialog.close_button.click()
    until(lambda: window.window.status.newest)
    window.window.menus["cancel"].trigger()
    until(lambda: window.window.status.newest is None, patience=3.0)
    assert not window.window.messages.sentences


def test_downloads_run_one_after_another_and_the_window_works_meanwhile(
    window, worker, served, entries
):
    held = threading.Event()

    def hold(handler):
        held.wait(20)
        return fs.well(handler)

    served.treatments = [hold]
    dialog = open_dialog(window)
    for name in ("bvlc", "inception5h"):
        dialog.select(name)
        dialog.get_button.click()
    until(lambda: window.runner.lanes["downloads"].current)
    settle(0.2)
    asked = [q.name for q in worker.asked if isinstance(q, GetCheckpoint)]
    assert asked == ["bvlc"]
    assert dialog.progress.text() == "Waiting to begin"
    window.opening.open_checkpoint("demo")
    until(lambda: isinstance(worker.asked[-1], OpenCheckpoint))
    held.set()
    until(lambda: dialog.open_button.isEnabled(), "the second")
    assert entries[1].path.read_bytes() == entries[2].path.read_bytes() == CONTENT


@pytest.mark.parametrize("dialog_open", [True, False])
def test_a_failure_is_told_where_someone_looks(window, served, entries, dialog_open):
    served.treatments = [fs.status(404)]
    held = threading.Event()
    served.treatments.insert(0, lambda handler: held.wait(20) and fs.status(404)(handler))
    dialog = open_dialog(window)
    dialog.get_button.click()
    if not dialog_open:
        dialog.close_button.click()
    held.set()
    until(lambda: not window.runner.lanes["downloads"].busy)
    settle(0.1)
    expected = "127.0.0.1 does not have the file any more (404)."
    if dialog_open:
        assert dialog.page.toPlainText().startswith(expected)
        assert str(entries[0].path) in dialog.page.toPlainText().split("torchvision GoogLeNet")[0]
        assert not window.window.messages.sentences
    else:
        assert window.window.messages.sentences[0].startswith(expected)
    assert window.session.state.open_checkpoint is not None


def test_closing_the_window_ends_a_download_that_stalls(qtbot, worker, served, entries, tmp_path):
    served.treatments = [fs.mute]
    made = open_controller(worker, tmp_path / "settings.ini")
    until(lambda: made.session.state.open_checkpoint)
    open_dialog(made).get_button.click()
    until(lambda: made.runner.lanes["downloads"].current)
    settle(0.2)
    assert close(made)
