"""Rows of a name and a value, and the sentences that go into them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from ...intervention_questions import Intervention
from ...questions import ImageInfo, MapGroup, Node, Preprocessing
from .. import theme
from ..maps.words import number, percent
from .registration import strongest

Row = tuple[str, str]
TIMES = "\N{MULTIPLICATION SIGN}"


class Facts(QWidget):
    """A table of facts; values can be selected and copied."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(theme.GRID)
        self._grid.setVerticalSpacing(theme.GRID // 2)
        self._grid.setColumnStretch(1, 1)
        self._pairs: list[tuple[QLabel, QLabel]] = []
        self.rows: tuple[Row, ...] = ()

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show these rows."""
        while len(self._pairs) < len(rows):
            self._pairs.append(self._pair(len(self._pairs)))
        for index, (name, value) in enumerate(self._pairs):
            shown = index < len(rows)
            if shown:
                name.setText(rows[index][0])
                value.setText(rows[index][1])
            name.setVisible(shown)
            value.setVisible(shown)
        self.rows = tuple(rows)

    def _pair(self, row: int) -> tuple[QLabel, QLabel]:
        name, value = QLabel(self), QLabel(self)
        name.setProperty("role", "muted")
        value.setWordWrap(True)
        value.setTextFormat(Qt.TextFormat.PlainText)
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        # The inspector's own menu copies what is marked, too.
        value.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        top = Qt.AlignmentFlag.AlignTop
        self._grid.addWidget(name, row, 0, top)
        self._grid.addWidget(value, row, 1, top)
        return name, value


def amount(count: int) -> str:
    """Return a count for people: ``"936"``, ``"110,848"``, ``"86.7 million"``."""
    if count >= 1_000_000_000:
        return f"{count / 1e9:.2f} billion"
    return f"{count / 1e6:.1f} million" if count >= 1_000_000 else f"{count:,}"


def input_rows(
    photo: ImageInfo | None, preprocessing: Preprocessing, painted: str = ""
) -> list[Row]:
    """Return how the photo became the network's input; ``painted``: how much was painted over."""
    p = preprocessing
    rows = [("Input", f"{p.width} {TIMES} {p.height} pixels, {p.channels}")]
    if photo is not None:
        rows.insert(0, ("Photo", f"{photo.name}, {photo.width} {TIMES} {photo.height}"))
        if photo.note:
            rows.insert(1, ("Decoded", photo.note))
    if p.resize == "squeeze":
        rule = f"whole photo to {p.width} {TIMES} {p.height}, aspect not kept"
    else:
        rule = f"short side to {p.short_side}, then the centre"
    over = [("Edited", painted)] if painted else []
    return [*rows, ("Resized", rule), *over, *_normalisation(p)]


def touched_rows(interventions: Sequence[Intervention]) -> list[Row]:
    """Return what is done to the network's units, a row for each."""
    names = ("Touched", *[""] * len(interventions))
    return [(name, one.words) for name, one in zip(names, interventions, strict=False)]


def _normalisation(p: Preprocessing) -> list[Row]:
    """Return what happens to the values, which are 0 to 255 in the picture."""
    inverse = 1 / p.scale
    whole = abs(inverse - round(inverse)) < 1e-6
    by = f"\N{DIVISION SIGN} {inverse:.0f}" if whole else f"{TIMES} {p.scale:g}"
    rows = [("Scaled", by if p.scale != 1 else "no, 0 to 255")]
    if any(p.mean):
        rows.append(("Minus", ", ".join(f"{value:g}" for value in p.mean)))
    if any(value != 1 for value in p.std):
        rows.append(("Divided by", ", ".join(f"{value:g}" for value in p.std)))
    return rows


def channel_rows(group: MapGroup, channel: int) -> list[Row]:
    """Return a channel's own figures."""
    values = group.maps[channel]
    row, column = strongest(values)
    if group.maximum[channel] <= 0:
        return [("Dead", f"zero at all {values.size} positions of this photo")]
    return [
        ("Maximum", f"{number(float(group.maximum[channel]))} at row {row}, column {column}"),
        ("Mean", number(float(group.mean[channel]))),
        ("Active", f"{percent(float(group.active[channel]))} of {values.size} positions"),
    ]


KINDS = {
    "conv": "convolution",
    "max_pool": "max pool",
    "avg_pool": "average pool",
    "lrn": "local response normalisation",
    "concat": "concatenation of four branches",
    "dense": "fully connected",
    "classifier": "classifier",
    "input": "input",
}


def unit_rows(node: Node) -> list[Row]:
    """Return what a unit is, from the loaded network."""
    kind = KINDS.get(node.kind, node.kind)
    if node.kernel:
        kind = f"{node.kernel}x{node.kernel} {kind}, stride {node.stride}"
    rows = [("Unit", node.name), ("Kind", kind)]
    rows.append(("Output", f" {TIMES} ".join(str(size) for size in node.shape)))
    if node.parameters:
        rows.append(("Parameters", amount(node.parameters)))
    if node.multiply_adds:
        rows.append(("Multiply-adds", amount(node.multiply_adds)))
    field = node.field
    sees = "the whole input"
    if field.stride:
        sees = f"{field.size}x{field.size} pixels, every {field.stride}"
    rows.append(("Sees", sees))
    if node.note:
        rows.append(("Note", node.note))
    return rows
