"""Drops and pastes: read apart, and dropped for real over each view."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fake_worker import FakeWorker, write_photo
from PIL import Image
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication
from window_tools import close, drag_event, drop, mime_of, open_controller, settle, shows, until

from inception_viewer.ui.controller import Controller
from inception_viewer.ui.drops import Dropped, read_mime, sources_of_paths

VIEWS = ("tray", "graph", "maps", "attribution", "predictions", "inspector")


@pytest.fixture(scope="module")
def controller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controller]:
    folder = tmp_path_factory.mktemp("drops")
    first = write_photo(folder / "start.png", 100)
    made = open_controller(FakeWorker(), folder / "settings.ini", str(first))
    until(shows(made, "start.png"))
    yield made
    assert close(made)


@pytest.fixture
def window(controller: Controller) -> Iterator[Controller]:
    yield controller
    controller.window.messages.clear()
    controller.window.tabs.setCurrentIndex(0)


def pixels_of(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def red_image() -> QImage:
    image = QImage(8, 6, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.red)
    return image


# --- what a drop brings ---


def test_files_are_told_apart_by_their_endings(qapp: QApplication, tmp_path: Path) -> None:
    paths = ["/a/cup.jpg", "/a/folder", "/a/own.PTH", "/a/x.safetensors", "/a/y.pt"]
    found = read_mime(mime_of(paths))
    assert [source.path for source in found.images] == ["/a/cup.jpg", "/a/folder"]
    assert found.checkpoints == ("/a/own.PTH", "/a/x.safetensors", "/a/y.pt")
    assert found.refusals == ()


def test_names_with_spaces_umlauts_and_percent_signs_survive(qapp: QApplication) -> None:
    mime = QMimeData()
    mime.setData("text/uri-list", b"file:///tmp/a%20gr%C3%BCn%20100%25.jpg\r\n")
    assert read_mime(mime).images[0].path == "/tmp/a grün 100%.jpg"


def test_a_browser_drop_with_pixels_gives_the_pixels_and_the_name(qapp: QApplication) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl("https://example.org/pictures/cup.jpg?size=big")])
    mime.setImageData(red_image())
    found = read_mime(mime)
    assert found.images[0].name == "cup.jpg"
    assert pixels_of(found.images[0].data).tolist() == [[[255, 0, 0]] * 8] * 6
    assert found.refusals == ()


def test_encoded_pixels_are_taken_as_they_are(qapp: QApplication) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4), "blue").save(buffer, "JPEG")
    mime = QMimeData()
    mime.setData("image/jpeg", buffer.getvalue())
    assert read_mime(mime).images[0].data == buffer.getvalue()


def test_an_address_without_pixels_is_refused_with_what_to_do(qapp: QApplication) -> None:
    found = read_mime(mime_of(["https://example.org/cup.jpg", "ftp://example.org/cup.jpg"]))
    assert not found.images
    assert [name for name, _ in found.refusals] == [
        "https://example.org/cup.jpg", "ftp://example.org/cup.jpg",
    ]  # fmt: skip
    assert all("save the picture" in sentence for _, sentence in found.refusals)


def test_a_picture_written_out_in_an_address_is_decoded(qapp: QApplication) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (3, 2), (1, 2, 3)).save(buffer, "PNG")
    text = "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
    mime = QMimeData()
    mime.setUrls([QUrl(text)])
    assert pixels_of(read_mime(mime).images[0].data).tolist() == [[[1, 2, 3]] * 3] * 2


def test_text_counts_only_where_it_is_the_path_of_a_file(
    qapp: QApplication, tmp_path: Path
) -> None:
    mime = QMimeData()
    mime.setText("a sentence about cups")
    assert read_mime(mime) == Dropped()
    path = write_photo(tmp_path / "cup.png", 1)
    mime.setText(f'"{path}"\n')
    assert read_mime(mime).images[0].path == str(path)


# --- dropped for real ---


@pytest.mark.parametrize("place", range(len(VIEWS)), ids=VIEWS)
def test_a_file_dropped_over_any_view_is_shown(
    window: Controller, tmp_path: Path, place: int
) -> None:
    name = f"{VIEWS[place]}.png"
    path = write_photo(tmp_path / name, 200 + place, (640, 480))
    view = window.window.views[VIEWS[place]]
    if VIEWS[place] == "attribution":
        window.window.tabs.setCurrentWidget(view)
    mime = mime_of([path])
    assert drop(window, mime, view)
    until(shows(window, name))
    frame = window.frames.frame
    assert frame.scene.image == window.window.tray.model.shown
    assert window.session.state.open_image.width == 640
    record = window.record()
    assert 0 < record["seconds_since_drop"] < 20
    assert set(record["views"].values()) == {frame.scene.image}


def test_a_drop_that_comes_empty_is_told(window: Controller) -> None:
    """As when the program it came from ends before the data are fetched."""
    mime = QMimeData()
    mime.setData("text/uri-list", b"")
    assert mime.hasUrls()
    shown = window.session.state.image
    assert drop(window, mime)
    until(lambda: window.window.messages.sentences)
    assert "closed or took it back" in window.window.messages.sentences[0]
    assert window.session.state.image == shown


def test_time_is_counted_from_a_drop_alone(qapp: QApplication, tmp_path: Path) -> None:
    controller = open_controller(FakeWorker(), tmp_path / "settings.ini")
    try:
        until(lambda: controller.frames.frame is not None and not controller.opening.awaited)
        assert controller.record()["seconds_since_drop"] is None
        mime = mime_of([write_photo(tmp_path / "first.png", 210)])
        assert drop(controller, mime)
        until(shows(controller, "first.png"))
        first = controller.record()["seconds_since_drop"]
        assert 0 < first < 20
        assert drop(controller, mime)  # open already: nothing is painted, nothing is counted
        until(lambda: not controller.opening.what)
        assert not controller.opening.awaited
        assert controller.record()["seconds_since_drop"] == first
    finally:
        assert close(controller)


@pytest.mark.qt_log_ignore("This plugin does not support raise")  # the offscreen platform
def test_a_floating_dock_takes_drops_too(window: Controller, tmp_path: Path) -> None:
    dock = window.window.docks["inspector"]
    dock.setFloating(True)
    settle(0.05)
    mime = mime_of([write_photo(tmp_path / "floating.png", 300)])
    assert drop(window, mime, window.window.inspector)
    until(shows(window, "floating.png"))
    dock.setFloating(False)
    settle()


def test_the_window_shows_that_it_would_take_a_drag(window: Controller, tmp_path: Path) -> None:
    shown, place = window.window, QPointF(9, 9)
    mime = mime_of([tmp_path / "cup.jpg"])
    QApplication.sendEvent(shown.windowHandle(), drag_event(QDragEnterEvent, place, mime))
    assert shown.overlay.isVisible()
    assert shown.overlay.geometry() == shown.rect()
    QApplication.sendEvent(shown.windowHandle(), QDragLeaveEvent())
    assert not shown.overlay.isVisible()
    words = QMimeData()
    words.setText("not for us")
    QApplication.sendEvent(shown.windowHandle(), drag_event(QDragEnterEvent, place, words))
    assert not shown.overlay.isVisible()


def test_of_several_files_the_first_is_shown_and_bad_ones_are_told_together(
    window: Controller, tmp_path: Path
) -> None:
    before = len(window.session.state.images)
    good = [write_photo(tmp_path / f"{n}.png", 400 + n) for n in range(3)]
    text, empty = tmp_path / "notes.txt", tmp_path / "empty.jpg"
    text.write_text("no picture")
    empty.write_bytes(b"")
    paths = [good[0], text, good[1], empty, tmp_path / "gone.jpg", good[2]]
    assert drop(window, mime_of(paths))
    until(shows(window, "0.png"))
    until(lambda: len(window.session.state.images) == before + 3)
    until(lambda: window.window.messages.sentences)
    assert window.frames.frame.image_name == "0.png"
    sentence = window.window.messages.sentences[0]
    assert sentence.startswith("3 of 6 files could not be opened: ")
    assert "notes.txt" in sentence
    for name in ("notes.txt", "empty.jpg", "gone.jpg"):
        assert name in window.window.messages.text


def test_one_bad_file_is_told_by_its_name_and_the_open_photo_stays(
    window: Controller, tmp_path: Path
) -> None:
    shown = window.frames.frame.scene
    bad = tmp_path / "broken.jpg"
    bad.write_bytes(b"\xff\xd8\xff not really")
    assert drop(window, mime_of([bad]))
    until(lambda: window.window.messages.sentences)
    assert window.window.messages.sentences[0].count("broken.jpg") >= 1
    settle(0.05)
    assert window.frames.frame.scene == shown
    assert not window.window.views["maps"].is_empty


def test_a_folder_fills_the_tray(window: Controller, tmp_path: Path) -> None:
    before = len(window.session.state.images)
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(5):
        write_photo(folder / f"photo{number}.png", 500 + number)
    assert drop(window, mime_of([folder]))
    until(lambda: len(window.session.state.images) == before + 5)
    until(shows(window, "photo0.png"))


def test_the_same_photo_again_is_looked_at_not_doubled(window: Controller, tmp_path: Path) -> None:
    path = write_photo(tmp_path / "twice.png", 600)
    other = write_photo(tmp_path / "other.png", 601)
    for file in (path, other, path):
        assert drop(window, mime_of([file]))
        until(shows(window, file.name))
    names = [image.name for image in window.session.state.images]
    assert names.count("twice.png") == 1


def test_two_drops_in_a_row_both_arrive(window: Controller, tmp_path: Path) -> None:
    paths = [write_photo(tmp_path / f"row{n}.png", 700 + n) for n in range(2)]
    for path in paths:
        assert drop(window, mime_of([path]))
    until(shows(window, "row1.png"))
    names = [image.name for image in window.session.state.images]
    assert names[-2:] == ["row0.png", "row1.png"]


def test_a_web_address_is_refused_in_the_bar(window: Controller) -> None:
    assert drop(window, mime_of(["https://example.org/cup.jpg"]))
    assert "save the picture" in window.window.messages.sentences[0]


def test_pasting_a_path_opens_the_file(window: Controller, tmp_path: Path) -> None:
    path = write_photo(tmp_path / "by path.png", 800)
    QGuiApplication.clipboard().setText(str(path))
    window.window.menus["paste"].trigger()
    until(shows(window, "by path.png"))


def test_pasting_nothing_says_so(window: Controller) -> None:
    QGuiApplication.clipboard().setText("just words")
    window.window.menus["paste"].trigger()
    assert "no picture" in window.window.messages.sentences[0]


# --- what a name tells ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["a.pth", "A.PT", "b.ckpt", "c.safetensors", "d.caffemodel", "e.pb", "f.pth.tar", "g.onnx"],
)
def test_every_kind_of_checkpoint_is_one(name: str) -> None:
    assert sources_of_paths([name]).checkpoints == (name,)


def test_a_class_list_alone_is_one_and_among_photos_is_not(tmp_path: Path) -> None:
    names, photo = str(tmp_path / "names.csv"), str(tmp_path / "cup.jpg")
    assert sources_of_paths([names]).class_list == names
    mixed = sources_of_paths([names, photo])
    assert mixed.class_list == ""
    assert [source.path for source in mixed.images] == [names, photo]
    two = sources_of_paths([names, str(tmp_path / "more.json")])
    assert two.class_list == names
    assert two.refusals == (("more.json", "Only one list of class names can be used at a time."),)
    folder = tmp_path / "photos.txt"
    folder.mkdir()
    assert sources_of_paths([str(folder)]).images[0].path == str(folder)
