"""What a drop or a paste brings: photos, checkpoints, and what cannot be taken.

Drops are caught at the native windows (:class:`DropCatcher`), before any widget, so
that they work over every view, also over those made later and over floating docks.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_to_bytes

from PySide6.QtCore import QBuffer, QEvent, QIODevice, QMimeData, QObject, Qt, QUrl, Signal
from PySide6.QtGui import QDropEvent, QImage, QWindow

from ..questions import ImageSource

CHECKPOINT_ENDINGS = (".safetensors", ".pth", ".pt", ".ckpt", ".pth.tar", ".caffemodel", ".pb")
KNOWN_ENDINGS = (".onnx", ".bin", ".h5", ".pkl", ".prototxt", ".solverstate", ".binaryproto")
"""Of files that are no photos either: the reader of checkpoints says what they are."""
CLASS_LIST_ENDINGS = (".txt", ".csv", ".tsv", ".json")
ENCODED = ("image/png", "image/jpeg", "image/webp", "image/bmp", "image/gif", "image/tiff")
"""Encoded pictures in a drop, taken as they are: their bytes are decoded by the worker."""


AFTER_THE_CHECKPOINT = "A list of class names is for the open checkpoint: drop it afterwards."
ONE_LIST = "Only one list of class names can be used at a time."


@dataclass(frozen=True)
class Dropped:
    """What was found in a drop.

    ``class_list`` is the path of a list of class names, or ``""``; ``refusals`` holds
    (name, one sentence) pairs.
    """

    images: tuple[ImageSource, ...] = ()
    checkpoints: tuple[str, ...] = ()
    refusals: tuple[tuple[str, str], ...] = ()
    class_list: str = ""

    def __bool__(self) -> bool:
        return bool(self.images or self.checkpoints or self.refusals or self.class_list)


def read_mime(mime: QMimeData, pasted: str = "pasted image") -> Dropped:
    """Return what a drop or the clipboard brings.

    Files win over pixels: a file manager offers both, and the file has the name. A
    browser offers pixels beside an address; then the pixels are taken, because this
    program opens no connections.

    Parameters
    ----------
    mime
        The data.
    pasted
        Name for pixels that come without one.
    """
    urls = _urls(mime)
    local = [url.toLocalFile() for url in urls if url.isLocalFile()]
    if local:
        return _files(local)
    name = _name_of(urls[0]) if urls else ""
    embedded = [found for url in urls if (found := _data_url(url))]
    if embedded:
        return Dropped(images=tuple(embedded))
    data = _pixels(mime)
    if data:
        return Dropped(images=(ImageSource(data=data, name=name or pasted),))
    return Dropped(refusals=tuple((url.toString(), _refusal(url)) for url in urls))


NOTHING_ARRIVED = Dropped(
    refusals=(("The drop", "Nothing came with it: the other program had closed or took it back."),)
)
"""Of a drop that offered files or pixels while it was dragged and then had none."""


def offers_something(mime: QMimeData) -> bool:
    """Whether a drag is worth accepting; asked often, so nothing is decoded."""
    return mime.hasUrls() or mime.hasImage() or any(mime.hasFormat(kind) for kind in ENCODED)


def sources_of_paths(paths: list[str]) -> Dropped:
    """Return what file names (a dialog, the command line) bring."""
    return _files(paths)


def _files(paths: list[str]) -> Dropped:
    weights = [p for p in paths if p.lower().endswith((*CHECKPOINT_ENDINGS, *KNOWN_ENDINGS))]
    lists = [p for p in paths if p.lower().endswith(CLASS_LIST_ENDINGS) and not Path(p).is_dir()]
    photos = [path for path in paths if path not in weights and path not in lists]
    if photos:  # among photos it was hardly meant: it is told with what cannot be opened
        photos, lists = [path for path in paths if path not in weights], []
    used, refused = _class_list(lists, weights)
    return Dropped(
        images=tuple(ImageSource(path=path, name=Path(path).name) for path in photos),
        checkpoints=tuple(weights),
        refusals=refused,
        class_list=used,
    )


def _class_list(lists: list[str], weights: list[str]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return the list of class names to use, and why the others are not."""
    stems = {Path(path).stem for path in weights}
    # A list beside a checkpoint of the same name is read along with it.
    rest = [path for path in lists if Path(path).stem not in stems]
    if weights:
        return "", tuple((Path(path).name, AFTER_THE_CHECKPOINT) for path in rest)
    return "".join(rest[:1]), tuple((Path(path).name, ONE_LIST) for path in rest[1:])


def _urls(mime: QMimeData) -> list[QUrl]:
    """Return the addresses in a drop; plain text counts where it is the path of a file."""
    if mime.hasUrls():
        return list(mime.urls())
    text = mime.text().strip() if mime.hasText() else ""
    lines = [line.strip().strip("\"'") for line in text.splitlines()[:200] if line.strip()]
    if lines and all(_is_file(line) for line in lines):
        return [
            QUrl(line) if line.startswith("file:") else QUrl.fromLocalFile(line) for line in lines
        ]
    if len(lines) == 1 and lines[0].startswith(("http://", "https://", "data:image/")):
        return [QUrl(lines[0])]
    return []


def _is_file(line: str) -> bool:
    if line.startswith("file:"):
        return True
    try:
        return Path(line).is_absolute() and Path(line).exists()
    except OSError:
        return False


def _pixels(mime: QMimeData) -> bytes:
    for kind in ENCODED:
        if mime.hasFormat(kind):
            data = bytes(mime.data(kind).data())
            if data:
                return data
    image = mime.imageData() if mime.hasImage() else None
    return png_bytes(image) if isinstance(image, QImage) and not image.isNull() else b""


def png_bytes(image: QImage) -> bytes:
    """Return an image as PNG, hardly compressed: this runs while the window waits."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG", 100)
    return bytes(buffer.data().data())


def _data_url(url: QUrl) -> ImageSource | None:
    """Return the picture written out in a ``data:`` address, as web pages have them."""
    if url.scheme() != "data":
        return None
    head, comma, body = url.toString(QUrl.ComponentFormattingOption.FullyEncoded).partition(",")
    if not comma or not head.startswith("data:image/"):
        return None
    raw = unquote_to_bytes(body)
    try:
        data = base64.b64decode(raw) if head.endswith(";base64") else raw
    except binascii.Error:
        return None
    return ImageSource(data=data, name="image from a web page")


def _name_of(url: QUrl) -> str:
    return "" if url.scheme() == "data" else url.fileName()


def _refusal(url: QUrl) -> str:
    if url.scheme() in ("http", "https"):
        return "It is on the web and came without its pixels: save the picture, then drop the file."
    return "This kind of address cannot be opened: save the picture, then drop the file."


class DropCatcher(QObject):
    """Watches native windows for drags and drops.

    A filter on the :class:`QWindow` sees them before Qt looks for a widget that takes
    drops, so no view has to know of them and none can swallow them.
    """

    entered = Signal()
    left = Signal()
    dropped = Signal(object)
    """A :class:`Dropped`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.claim: Callable[[QDropEvent | None, QObject], bool] = lambda event, window: False
        """Asked first, with each event and its window: True where a place of its own takes what
        is dragged. None says that the drag has left."""
        self._claimed = False

    def watch(self, window: QWindow | None) -> None:
        """Watch a native window; harmless if it is watched already."""
        if window is not None:
            window.removeEventFilter(self)
            window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take drags and drops that bring something; let everything else through."""
        kind = event.type()
        if kind in (QEvent.Type.DragEnter, QEvent.Type.DragMove, QEvent.Type.Drop):
            assert isinstance(event, QDropEvent)
            return self._is_claimed(event, watched) or self.take(event)
        if kind == QEvent.Type.DragLeave:
            self.claim(None, watched)
            self._claimed = False
            self.left.emit()
        return False

    def _is_claimed(self, event: QDropEvent, window: QObject) -> bool:
        """Leave the event to a place that takes it, and the rest of the window as it was."""
        claimed = self.claim(event, window)
        if claimed:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
        if claimed and not self._claimed:
            self.left.emit()
        elif self._claimed and not claimed and event.type() == QEvent.Type.DragMove:
            self.entered.emit()
        self._claimed = claimed and event.type() != QEvent.Type.Drop
        return claimed

    def take(self, event: QDropEvent) -> bool:
        """Answer one drag or drop event; False if it brings nothing for us."""
        if not offers_something(event.mimeData()):
            return False
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        if event.type() == QEvent.Type.DragEnter:
            self.entered.emit()
        elif event.type() == QEvent.Type.Drop:
            self.left.emit()
            self.dropped.emit(read_mime(event.mimeData(), "dropped image") or NOTHING_ARRIVED)
        return True
