"""A box of the attribution methods, under the headings of their groups."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import get_args

from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QComboBox

from ...attribution_methods import METHODS, Group, Method
from .. import theme


def every(method: Method) -> bool:
    """Let every method be offered."""
    return True


def groups(fits: Callable[[Method], bool] = every) -> Iterator[tuple[str, list[Method]]]:
    """Yield each group's heading and its methods, in the groups' order."""
    for heading in get_args(Group):
        found = [method for method in METHODS.values() if method.group == heading and fits(method)]
        if found:
            yield heading, found


def fill_methods(box: QComboBox, fits: Callable[[Method], bool] = every) -> None:
    """Offer methods by title, with their names as data; the first is chosen."""
    box.clear()
    model = box.model()
    assert isinstance(model, QStandardItemModel)
    for heading, methods in groups(fits):
        model.appendRow(_heading(heading))
        for method in methods:
            box.addItem(method.title, method.name)
            box.setItemData(box.count() - 1, method.explanation, Qt.ItemDataRole.ToolTipRole)
    box.setMaxVisibleItems(24)
    box.setCurrentIndex(1 if box.count() else -1)


def _heading(text: str) -> QStandardItem:
    item = QStandardItem(text)
    item.setFlags(Qt.ItemFlag.NoItemFlags)
    item.setFont(theme.font("small", bold=True))
    return item
