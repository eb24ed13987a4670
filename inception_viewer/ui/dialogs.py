"""Asking for files, and the list of classes."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from ..questions import CheckpointInfo
from .classes_dialog import ClassesDialog
from .drops import CHECKPOINT_ENDINGS, Dropped, sources_of_paths
from .main_window import MainWindow

PHOTOS = "Photos (*.jpg *.jpeg *.png *.webp *.bmp *.gif *.tif *.tiff);;All files (*)"
CHECKPOINTS = f"Checkpoints ({' '.join('*' + end for end in CHECKPOINT_ENDINGS)});;All files (*)"


def ask_images(window: MainWindow) -> Dropped:
    """Ask for image files; nothing if the dialog was left."""
    paths, _ = QFileDialog.getOpenFileNames(
        window, "Open images", window.preferences.folder, PHOTOS
    )
    return _remembering(window, paths)


def ask_folder(window: MainWindow) -> Dropped:
    """Ask for a folder of photos."""
    path = QFileDialog.getExistingDirectory(window, "Open a folder", window.preferences.folder)
    return _remembering(window, [path] if path else [])


def ask_checkpoint(window: MainWindow) -> Dropped:
    """Ask for a checkpoint; whatever is chosen is taken for one."""
    path, _ = QFileDialog.getOpenFileName(
        window, "Open a checkpoint", window.preferences.folder, CHECKPOINTS
    )
    if not path:
        return Dropped()
    window.preferences.folder = str(Path(path).parent)
    return Dropped(checkpoints=(path,))


def classes(info: CheckpointInfo, window: MainWindow) -> ClassesDialog:
    """Return the searchable list of the classes that a checkpoint knows."""
    dialog = ClassesDialog(info.name, info.classes, window)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return dialog


def _remembering(window: MainWindow, paths: list[str]) -> Dropped:
    if not paths:
        return Dropped()
    window.preferences.folder = str(Path(paths[0]).parent)
    return sources_of_paths(paths)
