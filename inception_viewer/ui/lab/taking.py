"""Taking the selected cell along: as a picture, as an array, to the clipboard; and its menu."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QMenu

from ..attribution.export import save_array, save_picture
from . import export

if TYPE_CHECKING:
    from ..lab_view import LabView

PICTURES, ARRAYS = "PNG picture (*.png)", "NumPy array (*.npy)"


class Taking(QObject):
    """What can be done with the cell that is selected in a lab."""

    def __init__(self, view: LabView) -> None:
        super().__init__(view)
        self._view = view
        view.canvas.menu_requested.connect(self.open_menu)

    def picture(self) -> QImage | None:
        """Return the selected cell as a picture with its scale and caption, or None."""
        canvas = self._view.canvas
        state = canvas.selected
        limit = canvas.limit(state) if state else None
        if state is None or limit is None:
            return None
        return export.picture_of(state, canvas.style_now, limit, self._view.measures)

    def save_picture(self, path: Path) -> None:
        """Write the selected cell as PNG; a failure is said in the view."""
        image = self.picture()
        if image is not None:
            self._write(path, lambda: save_picture(image, path))

    def save_array(self, path: Path) -> None:
        """Write the selected cell's map as ``.npy``; a failure is said in the view."""
        selected = self._view.canvas.selected
        answer = selected.answer if selected else None
        if answer is not None:
            self._write(path, lambda: save_array(answer, path))

    def copy_picture(self) -> None:
        """Put the selected cell on the clipboard as a picture."""
        image = self.picture()
        if image is not None:
            QGuiApplication.clipboard().setImage(image)

    def _write(self, path: Path, write: Callable[[], None]) -> None:
        failure = self._view.panes.failure
        failure.hide()
        try:
            write()
        except OSError as error:
            reason = error.strerror or str(error)
            failure.setText(f"“{path.name}” could not be written: {reason}.")
            failure.show()

    def _choose_file(
        self, title: str, ending: str, kind: str, save: Callable[[Path], None]
    ) -> None:
        state = self._view.canvas.selected
        if state is None:
            return
        name = f"{export.file_name(state, self._view.classes)}{ending}"
        chosen, _ = QFileDialog.getSaveFileName(self._view, title, name, kind)
        if chosen:
            path = Path(chosen)
            save(path if path.suffix else path.with_suffix(ending))

    def choose_picture_file(self) -> None:
        """Ask where to, and write the picture."""
        self._choose_file("Save picture", ".png", PICTURES, self.save_picture)

    def choose_array_file(self) -> None:
        """Ask where to, and write the array."""
        self._choose_file("Save array", ".npy", ARRAYS, self.save_array)

    # --- the menu --------------------------------------------------------------------

    def menu(self) -> QMenu:
        """Return the menu of the selected cell."""
        view = self._view
        made = QMenu(view)
        state = view.canvas.selected
        if state is None:
            return made
        has_map = state.readable is not None and state.picture is not None
        can_ask = state.status != "misfit" and not state.busy and state.complete is None
        question = state.question
        for text, act, enabled in (
            ("Explain this cell", lambda: view.asked.emit((question,)), can_ask),
            ("Cancel this cell", lambda: view.cancelled.emit(question), state.busy),
            ("Let go" if state.pinned else "Pin to compare", view.toggle_pin, True),
            ("Show its details", view.show_details, True),
            ("", None, False),
            ("Copy picture", self.copy_picture, has_map),
            ("Save picture…", self.choose_picture_file, has_map),
            ("Save array…", self.choose_array_file, state.answer is not None),
            ("Copy as Python", view.ask_for_python, True),
        ):
            if act is None:
                made.addSeparator()
                continue
            action = made.addAction(text)
            action.triggered.connect(lambda _checked=False, act=act: act())
            action.setEnabled(enabled)
        return made

    def open_menu(self, at: QPoint) -> None:
        """Open the menu at a point of the screen."""
        menu = self.menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(at)
