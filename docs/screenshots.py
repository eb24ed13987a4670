"""Make every picture that the README and the docs show: ``python docs/screenshots.py``.

The real window is driven, with the demo checkpoint and the program's own photos, and its
widgets are grabbed at scale 1 in a window of 1280x800. With a display it opens there, else
on Qt's offscreen platform, which draws the same. Times in the pictures are those of the
machine; all else is the same in every run. The methods' pictures are drawn without a window,
as reports draw them (``attribution_pictures.py``); ``--only`` makes some of all.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]
os.environ["QT_SCALE_FACTOR"] = "1"
if sys.platform.startswith("linux") and not os.environ.keys() & {"DISPLAY", "WAYLAND_DISPLAY"}:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import attribution_pictures  # noqa: E402
import attribution_tables  # noqa: E402
from PIL import Image  # noqa: E402
from PySide6.QtCore import QBuffer, QIODevice  # noqa: E402
from PySide6.QtGui import QImage  # noqa: E402
from PySide6.QtWidgets import QWidget  # noqa: E402

from benchmarks.bench import Bench, opened  # noqa: E402
from inception_viewer.attribution_methods import METHODS  # noqa: E402
from inception_viewer.edit_questions import Adversarial, Stroke  # noqa: E402
from inception_viewer.index_questions import BuildIndex  # noqa: E402
from inception_viewer.intervention_questions import Intervention  # noqa: E402
from inception_viewer.lab_choice import Choice  # noqa: E402
from inception_viewer.painted import paint  # noqa: E402
from inception_viewer.session import AttributionSettings, MapSettings  # noqa: E402
from inception_viewer.touched import intervene  # noqa: E402

SIZE = (1280, 800)
LAB_METHODS = (
    "saliency",
    "smooth_grad",
    "integrated_gradients",
    "deep_lift",
    "guided_backprop",
    "lrp",
    "occlusion",
    "layer_grad_cam",
)
FACE = Stroke(((50, 80), (80, 130)), radius=28)
"""A line of the brush over the panda's eyes and nose."""
LAB_GRADES = ("road",)
LARGEST = 700_000
"""Bytes of a picture; where it is larger, 256 colours have to do."""


class Scenes:
    """Puts the window into the state of each picture; every method returns what to grab."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._controller, self._window = bench.controller, bench.controller.window

    def window(self) -> QWidget:
        """Show a sample explained, a module open, its feature maps."""
        self._show("kangaroo.jpg", "inception4c")
        return self._window

    def window_dark(self) -> QWidget:
        """Show the same in the dark, with another photo and the maps of the first convolution."""
        maps = MapSettings(scale="own", sort="mean")
        self._show("panda.jpg", "conv1", ("conv1", 21), theme="dark", maps=maps)
        return self._window

    def outside(self) -> QWidget:
        """Show a photo of a class that the network does not know."""
        self._show("cat.jpg", "inception5b")
        return self._window

    def graph(self) -> QWidget:
        """Show one module and its neighbours, close enough to read their costs."""
        self._show("kangaroo.jpg", "inception4c")
        self._window.splitter.setSizes([560, 40])
        self._bench.settle()
        self._window.network.canvas.zoom_to("inception4c")
        self._bench.settle()
        return self._window.network

    def predictions(self) -> QWidget:
        """Show the three heads beside each other."""
        self._show("crocodile.jpg", "inception4c")
        return self._window.docks["predictions"]

    def inspector(self) -> QWidget:
        """Show one channel over the photo, its values and its filter."""
        self._show("hedgehog.jpg", "conv1", ("conv1", 21))
        self._window.docks["predictions"].hide()
        self._window.inspector.set_folds({"input", "numbers"})
        self._window.resize(SIZE[0], 1000)
        self._bench.settle()
        inspector = self._window.inspector
        inspector.area.verticalScrollBar().setValue(inspector.channel_section.y())
        return self._window.docks["inspector"]

    def attribution(self) -> QWidget:
        """Show integrated gradients of the top class, with their completeness error."""
        self._show("hedgehog.jpg", "inception4c")
        settings = AttributionSettings("integrated_gradients")
        self._update(attribution=settings)
        self._window.show_tab(self._window.attribution)
        self._controller.attributing.ask()
        self._bench.settle()
        answer = self._controller.attributing.answer
        assert answer is not None
        assert not answer.partial
        return self._window.tabs

    def lab(self) -> QWidget:
        """Show eight methods on one photo in the lab, graded, over the whole window."""
        self._show("panda.jpg", "inception4c")
        window = self._window
        window.show_tab(window.lab_tab)
        window.menus["maximise"].trigger()
        self._bench.settle()
        lab = window.lab
        lab.set_choice(Choice(methods=LAB_METHODS, unit="inception4c"))
        self._bench.settle()
        # One after the other: what the bench waits for is bounded.
        for question in lab.to_explain():
            lab.asked.emit((question,))
            self._bench.settle()
        for name, box in lab.grades.boxes.items():
            box.setChecked(name in LAB_GRADES)
        lab.ask_grades()
        self._bench.settle()
        return window

    def brush(self) -> QWidget:
        """Show the panda's face painted over, and what the three heads then say."""
        self._show("panda.jpg", "inception4c")
        window, view = self._window, self._window.attribution
        window.show_tab(view)
        view.take_brush(True)
        self._controller.session.update(lambda state: paint(state, (FACE,)))
        self._bench.settle()
        return window

    def profile(self) -> QWidget:
        """Show the share of each branch along the depth, for four photos."""
        self._show("cup.jpg", "inception4c")
        window = self._window
        window.show_tab(window.compare_tab)
        window.menus["maximise"].trigger()
        self._bench.settle()
        view = window.compare_tab.compare
        view.picked.emit([image.id for image in self._controller.session.state.images[:4]])
        view.show_page("profile")
        self._bench.settle()
        return window

    def importance(self) -> QWidget:
        """Show a branch switched off, and what every branch is worth to the cup."""
        self._show("cup.jpg", "inception4e/3x3")
        window = self._window
        window.menus["show_intervene"].trigger()
        self._bench.settle()
        view = window.intervene_tab.held
        view.show_page(view.importance)
        view.importance.form.conductance.setChecked(True)
        view.importance.form.run.compute.click()
        self._bench.settle()
        one = Intervention("inception4e/3x3")
        self._controller.session.update(lambda state: intervene(state, one))
        self._bench.settle()
        return window

    def misled(self) -> QWidget:
        """Show an adversarial step that makes a lamp of the cup, its difference enlarged."""
        self._show("cup.jpg", "inception4c")
        window = self._window
        window.menus["show_intervene"].trigger()
        self._bench.settle()
        view = window.intervene_tab.held
        view.show_page(view.input)
        view.input.kinds[1].click()  # Mislead
        self._bench.settle()
        view.input.misled.emit(Adversarial("pgd", epsilon=2))
        self._bench.settle()
        return window

    def top_photos(self) -> QWidget:
        """Show which of the program's own photos excite a channel most, and where."""
        self._show("hedgehog.jpg", "inception3a", ("inception3a/5x5", 7))
        window, state = self._window, self._controller.session.state
        folder = str(Path(state.images[0].source).parent)
        path = str(Path(tempfile.mkdtemp()) / "samples.npz")
        asked = BuildIndex(state.checkpoint, folder, path)
        self._controller.runner.submit(asked, lambda _outcome: None)
        self._bench.settle()
        window.inspector.set_folds({"input", "numbers", "channel"})
        window.docks["predictions"].hide()
        self._bench.settle()
        top = self._controller.top_photos
        top.ask_file = lambda *_: (path, "")
        top.open_file()
        self._bench.settle()
        section = window.inspector.top_section
        window.inspector.area.verticalScrollBar().setValue(section.y())
        self._bench.settle()
        return window.docks["inspector"]

    def _show(
        self,
        photo: str,
        unit: str,
        channel: tuple[str, int] | None = None,
        theme: str = "light",
        maps: MapSettings | None = None,
    ) -> None:
        """Start from the layout as shipped, and look at a photo and a unit."""
        window = self._window
        window.resize(*SIZE)
        window.reset_layout()
        window.inspector.set_folds(())
        window.splitter.setSizes([45, 55])
        window.network.canvas.set_all_open(None)
        window.network.canvas.fit()
        window.tabs.setCurrentWidget(window.maps)
        self._controller.set_theme(theme)
        found = [i.id for i in self._controller.session.state.images if i.name == photo]
        self._update(
            image=found[0],
            unit=unit,
            channel=channel,
            maps=maps or MapSettings(),
            paintings=(),
            changed_inputs=(),
            touched=(),
        )
        focused = window.focusWidget()
        if focused is not None:
            focused.clearFocus()
        self._bench.settle()
        assert not self._window.messages.sentences, self._bench.complaints()

    def _update(self, **changes: object) -> None:
        self._controller.session.update(lambda state: replace(state, **changes))


PICTURES: dict[str, Callable[[Scenes], QWidget]] = {
    "window": Scenes.window,
    "window-dark": Scenes.window_dark,
    "graph": Scenes.graph,
    "predictions": Scenes.predictions,
    "inspector": Scenes.inspector,
    "attribution": Scenes.attribution,
    "outside": Scenes.outside,
    "lab": Scenes.lab,
    "brush": Scenes.brush,
    "profile": Scenes.profile,
    "importance": Scenes.importance,
    "misled": Scenes.misled,
    "top-photos": Scenes.top_photos,
}


def png(picture: QImage) -> bytes:
    """Return a picture as a PNG of fewer than :data:`LARGEST` bytes."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    picture.save(buffer, "PNG")
    image = Image.open(io.BytesIO(buffer.data().data())).convert("RGB")
    packed = _packed(image)
    if len(packed) >= LARGEST:
        # Maximum coverage keeps colours that few pixels have: those of the branches.
        packed = _packed(image.quantize(256, Image.Quantize.MAXCOVERAGE))
    if len(packed) >= LARGEST:
        raise ValueError(f"A picture takes {len(packed)} bytes, more than {LARGEST}.")
    return packed


def _packed(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "PNG", optimize=True)
    return stream.getvalue()


def main(argv: Sequence[str] | None = None) -> int:
    """Make the pictures and say where they are."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--only",
        choices=(*PICTURES, "methods", *METHODS),
        nargs="+",
        metavar="NAME",
        help="make these: a picture's name, an attribution method's, or “methods” for all of them",
    )
    parser.add_argument("--out", type=Path, default=HERE / "images", metavar="DIR")
    options = parser.parse_args(argv)
    options.out.mkdir(parents=True, exist_ok=True)
    wanted = set(options.only or (*PICTURES, "methods"))
    methods = [name for name in METHODS if wanted & {"methods", name}]
    # Before there is a window, which takes processor time.
    for path in attribution_pictures.make(methods, options.out) if methods else ():
        _tell(path)
    if methods:
        attribution_tables.fill_in()  # what the pictures took
    _make([name for name in PICTURES if name in wanted], options.out)
    return 0


def _make(names: Sequence[str], folder: Path) -> None:
    if not names:
        return
    with opened("demo", (), SIZE) as bench:
        scenes = Scenes(bench)
        for name in names:
            path = folder / f"{name}.png"
            path.write_bytes(png(PICTURES[name](scenes).grab().toImage()))
            _tell(path)


def _tell(path: Path) -> None:
    print(f"{path} ({path.stat().st_size // 1000} kB)", flush=True)


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # What a worker thread still does must not keep the script.
    os._exit(code)
