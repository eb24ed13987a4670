"""The attribution view: which pixels an answer rests on, by a method of one's choice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication, QImage, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from ..edit_questions import BrushSettings, Stroke
from ..questions import AttributionAnswer, CheckpointInfo, Pixels, Predictions
from ..session import AttributionSettings
from . import theme
from .attribution.controls import RunControls
from .attribution.export import composed, save_array, save_picture
from .attribution.form import AttributionForm
from .attribution.result_panel import ResultPanel
from .head_words import notes
from .maps.restyle import refresh
from .view import View

LOADING = "PyTorch is still loading. In a moment an explanation can be asked for."
NO_CHECKPOINT = "Open a checkpoint, and its answers can be explained here."
NO_PHOTO = "No photo yet. Drop one on the window to see which of its pixels an answer rests on."
EMPTY = (LOADING, NO_CHECKPOINT, NO_PHOTO)
FORM_WIDTH = 256, 320
"""Of the form, in a small and in a large window."""


def show_or_tell(view: View, ready: bool, checkpoint: bool, photo: bool) -> None:
    """Show what a view of attributions holds, or what there is to wait for or to open first."""
    if ready and checkpoint and photo:
        view.show_content()
    elif not view.is_empty or view.empty.sentence.text() in ("", *EMPTY):
        # A sentence that the window has given to all its views stays.
        view.show_empty(NO_PHOTO if ready and checkpoint else NO_CHECKPOINT if ready else LOADING)


class AttributionView(View):
    """A form on the left, the result beside and over the photo on the right.

    A new photo or checkpoint takes the old result away, so set those first and the
    result after.
    """

    settings_changed = Signal(object)
    """Emitted with the new :class:`AttributionSettings`."""
    asked = Signal()
    """Emitted when what is chosen shall be computed."""
    cancelled = Signal()
    """Emitted when the computation shall stop."""
    stroked = Signal(object, object)
    """Emitted with all strokes of the brush's gesture so far, and whether it has ended."""
    brush_toggled = Signal(object)
    """Emitted with whether the brush is taken up."""
    brush_changed = Signal(object)
    """Emitted with the :class:`BrushSettings` that a person chose."""
    painting_cleared = Signal()
    copy_python_requested = Signal(object)
    """Emitted with ``"attribution"``."""
    python_kind = "attribution"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Attribution", parent)
        self._ready = False
        self._checkpoint: CheckpointInfo | None = None
        self._photo: Pixels | None = None
        self.form = AttributionForm()
        self.controls = RunControls()
        self.result = ResultPanel()
        self.form.settings_changed.connect(self._changed)
        self.controls.asked.connect(self.asked)
        self.controls.cancelled.connect(self.cancelled)
        self._connect_brush()
        self._actions = self._add_actions()
        self._lay_out()
        theme.broadcast.changed.connect(self._restyle)
        self._restyle()
        self._refresh()

    # --- setters ---------------------------------------------------------------------

    def set_machine_ready(self, ready: bool) -> None:
        """Say whether anything can be computed yet."""
        self._ready = ready
        self._refresh()

    def set_checkpoint(self, checkpoint: CheckpointInfo | None) -> None:
        """Offer a checkpoint's heads, classes and layers; another one takes the result away."""
        old, self._checkpoint = self._checkpoint, checkpoint
        self.result.set_untrained(_untrained(checkpoint))
        self.form.set_checkpoint(checkpoint)
        known = None if checkpoint is None else checkpoint.fingerprint
        if old is not None and old.fingerprint != known:
            self.set_result(None)
        self._refresh()

    def set_settings(self, settings: AttributionSettings) -> None:
        """Show what would be asked for."""
        self.form.set_settings(settings)
        self._refresh()

    def set_photo(self, picture: Pixels | None) -> None:
        """Show the network's input (height, width, 3); another one takes the result away."""
        old, self._photo = self._photo, picture
        same = old is not None and picture is not None and np.array_equal(old, picture)
        self.result.set_photo(picture)
        if not same and self.result.answer is not None:
            self.set_result(None)
        self._refresh()

    def set_predictions(self, predictions: Predictions | None) -> None:
        """Name each head's top class in the class field."""
        tops = {}
        if predictions is not None:
            noise = _untrained(self._checkpoint)
            heads = [head for head in predictions.probabilities if head not in noise]
            tops = {head: predictions.top(head, 1)[0][1] for head in heads}
        self.form.set_top_classes(tops)

    def set_channel(self, channel: tuple[str, int] | None) -> None:
        """Offer the channel that is selected in the window for explanation."""
        self.form.explained.set_channel(channel)

    def set_result(self, answer: AttributionAnswer | None) -> None:
        """Show an answer; a complete one also ends the progress."""
        self.result.set_result(answer)
        if answer is not None and not answer.partial:
            self.set_progress(None, None)
        self._refresh()

    def set_progress(self, fraction: float | None, seconds_left: float | None) -> None:
        """Show how far a computation is, 0 to 1; None: nothing runs."""
        if fraction is not None and not self.controls.running:
            self.result.set_failure("")
        self.controls.set_progress(fraction, seconds_left)
        self.result.set_running(fraction is not None)

    def set_failure(self, sentence: str) -> None:
        """Say what went wrong; what was there stays."""
        self.set_progress(None, None)
        self.result.set_failure(sentence)

    # --- the brush -------------------------------------------------------------------

    @property
    def has_brush(self) -> bool:
        """Whether the brush is taken up."""
        return self.result.brush_bar.is_on

    def take_brush(self, on: bool) -> None:
        """Take the brush up, or lay it down."""
        self.result.brush_bar.brush.setChecked(on)

    def set_brush(self, settings: BrushSettings, *, painted: bool) -> None:
        """Show how the next stroke is drawn, and whether there is paint to clear."""
        self.result.brush_bar.set_settings(settings)
        self.result.brush_bar.set_painted(painted)
        self.brush.fill = settings.fill
        self.brush.set_radius(settings.radius)

    def set_painting(self, shown: Sequence[Stroke], words: str, *, final: bool) -> None:
        """Take what the picture has of the strokes (``final``: all of them), and say it."""
        self.result.panes.set_painted(words)
        self.brush.settle(shown, final)

    def drop_stroke(self) -> None:
        """Lift the brush: the picture under it has gone."""
        self.brush.drop()

    def _connect_brush(self) -> None:
        panes, bar = self.result.panes, self.result.brush_bar
        self.brush = panes.brush
        self.brush.stroked.connect(self.stroked)
        self.brush.radius_changed.connect(bar.set_radius)
        bar.settings_changed.connect(self.brush_changed)
        bar.cleared.connect(self.painting_cleared)
        bar.eraser_toggled.connect(lambda on: setattr(self.brush, "eraser", on))
        bar.toggled.connect(self._toggle_brush)
        panes.brush_left.connect(lambda: self.take_brush(False))

    def _toggle_brush(self, on: bool) -> None:
        panes = self.result.panes
        self.brush.set_on(on)
        self._set_menu()
        self.result.set_brushing(on)
        if on:
            panes.setFocus(Qt.FocusReason.OtherFocusReason)
        self.brush_toggled.emit(on)

    def _set_menu(self) -> None:
        """Offer the menu, but not on the right button while that erases."""
        menus = Qt.ContextMenuPolicy
        policy = menus.PreventContextMenu if self.has_brush else menus.ActionsContextMenu
        self.result.panes.setContextMenuPolicy(policy)

    def event(self, event: QEvent) -> bool:
        """Keep Escape from the menus while it lays the brush down."""
        keys = (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress)
        if event.type() in keys and _is_escape(event) and self.has_brush:
            if event.type() == QEvent.Type.KeyPress:
                self.take_brush(False)
            event.accept()
            return True
        return bool(super().event(event))

    # --- taking results along --------------------------------------------------------

    def picture(self) -> QImage | None:
        """Return the result as a picture with its scale and caption, or None."""
        answer, chosen = self.result.answer, self.result.colouring
        if answer is None or chosen is None or self._photo is None:
            return None
        opacity = self.result.opacity.value() / 100
        return composed(self._photo, answer, chosen, opacity, self.result.warning)

    def save_picture(self, path: Path) -> None:
        """Write the result as PNG; a failure is said in the view."""
        image = self.picture()
        if image is not None:
            self._write(path, lambda: save_picture(image, path))

    def save_array(self, path: Path) -> None:
        """Write the map as ``.npy``; a failure is said in the view."""
        answer = self.result.answer
        if answer is not None:
            self._write(path, lambda: save_array(answer, path))

    def copy_picture(self) -> None:
        """Put the result on the clipboard as a picture."""
        image = self.picture()
        if image is not None:
            QGuiApplication.clipboard().setImage(image)

    def _write(self, path: Path, write: Callable[[], None]) -> None:
        try:
            write()
        except OSError as error:
            reason = error.strerror or str(error)
            self.result.set_failure(f"“{path.name}” could not be written: {reason}.")

    def _ask_path(self, title: str, ending: str, kind: str) -> Path | None:
        answer = self.result.answer
        if answer is None:
            return None
        name = f"{answer.question.method}-{answer.question.head}-{answer.target_name}"
        plain = "".join(c if c.isalnum() or c in "-_" else "_" for c in name)
        chosen, _ = QFileDialog.getSaveFileName(self, title, f"{plain}{ending}", kind)
        if not chosen:
            return None
        path = Path(chosen)
        return path if path.suffix else path.with_suffix(ending)

    def _choose_picture_file(self) -> None:
        path = self._ask_path("Save picture", ".png", "PNG picture (*.png)")
        if path is not None:
            self.save_picture(path)

    def _choose_array_file(self) -> None:
        path = self._ask_path("Save array", ".npy", "NumPy array (*.npy)")
        if path is not None:
            self.save_array(path)

    # --- construction and upkeep -----------------------------------------------------

    def _add_actions(self) -> list[QAction]:
        made = []
        for text, act in (
            ("Copy picture", self.copy_picture),
            ("Save picture…", self._choose_picture_file),
            ("Save array…", self._choose_array_file),
            ("Copy as Python", self.ask_for_python),
        ):
            action = QAction(text, self.result)
            action.triggered.connect(act)
            self.result.panes.addAction(action)
            made.append(action)
        self._set_menu()
        return made

    def _lay_out(self) -> None:
        self._left = QFrame()
        self._left.setProperty("role", "panel")
        column = QVBoxLayout(self._left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.form, 1)
        column.addWidget(self.controls)
        content = QWidget()
        row = QHBoxLayout(content)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(1)
        row.addWidget(self._left)
        row.addWidget(self.result, 1)
        self.set_content(content)

    def _changed(self, settings: AttributionSettings) -> None:
        self._refresh()
        self.settings_changed.emit(settings)

    def _refresh(self) -> None:
        obstacle = self.form.obstacle()
        self.controls.set_obstacle(obstacle)
        answer = self.result.answer
        for action in self._actions[:3]:
            action.setEnabled(answer is not None and self.result.colouring is not None)
        self._actions[3].setEnabled(answer is not None)
        show_or_tell(self, self._ready, self._checkpoint is not None, self._photo is not None)

    def _restyle(self, _: object = None) -> None:
        if refresh(self):
            self.form.align()
            self._size_form()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the form more room where there is plenty: names of classes are long."""
        super().resizeEvent(event)
        self._size_form()

    def _size_form(self) -> None:
        scale = max(1.0, theme.text_scale())
        least, most = (round(width * scale) for width in FORM_WIDTH)
        self._left.setFixedWidth(min(most, max(least, self.width() // 4)))


def _is_escape(event: QEvent) -> bool:
    return isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape


def _untrained(checkpoint: CheckpointInfo | None) -> dict[str, str]:
    """Return what must be known of each head that was never trained."""
    return {head: one.sentence for head, one in notes(checkpoint).items() if one.is_noise}
