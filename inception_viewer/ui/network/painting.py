"""Painting the network: everything in screen pixels, so that words stay sharp and legible.

What is written on a box depends on the zoom alone (:func:`texts.level_of_detail`);
words keep their size and give way to shorter ones, or to none, where room is short.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from ...questions import Node
from .. import theme
from . import texts
from .brush import CENTRE, LEFT, MIDDLE, RIGHT, Brush, shorter
from .geometry import chevron_target, on_screen, share_bar, share_bars
from .layout import HEAD_HEADER, HEADER, ROW, UNIT_HEIGHT, Ribbon
from .look import Look, tinted
from .shown import Shown
from .thumbnails import Thumbnails
from .touched import hidden, paint_mark, paint_sign

LEAST_PICTURE = 12.0
"""A thumbnail's side below which it gives way to words, in pixels."""


class NetworkPainter(Brush):
    """Paints one frame of the canvas."""

    def __init__(self, p: QPainter, look: Look, shown: Shown, thumbnails: Thumbnails) -> None:
        super().__init__(p, look, thumbnails)
        self.shown = shown
        self.scale = shown.viewport.scale
        self.level = texts.level_of_detail(self.scale, theme.text_scale())

    def paint(self, clip: QRectF) -> None:
        """Paint whatever lies in ``clip``."""
        self.p.setRenderHint(QPainter.RenderHint.Antialiasing)
        for group in self.shown.layout.frames:
            self._frame(group, clip)
        self._ribbons()
        for name in self.shown.layout.boxes:
            rect = on_screen(self.shown.viewport, self.shown.layout.boxes[name])
            # A name may be wider than its box by the gap at either side.
            if rect.adjusted(-16, -4, 16, 4).intersects(clip):
                self._box(name, rect)
        self._touched()
        self._marks()

    # --- frames and ribbons ------------------------------------------------------------

    def _frame(self, group: str, clip: QRectF) -> None:
        rect = on_screen(self.shown.viewport, self.shown.layout.frames[group])
        if not rect.adjusted(-4, -4, 4, 4).intersects(clip):
            return
        look = self.look
        self.p.setPen(QPen(look.border, 1))
        self.p.setBrush(look.window)
        self.p.drawRoundedRect(rect, 6, 6)
        if group in self.shown.layout.modules:
            self._module_title(group, rect)
        else:
            self._head_title(group, rect)

    def _module_title(self, module: str, rect: QRectF) -> None:
        concat = self.shown.layout.boxes[module]
        width = (concat.x - self.shown.layout.frames[module].x) * self.scale
        row = QRectF(rect.x(), rect.y() + 2, width, self.look.line)
        self._chevron(rect, opened=True)
        facts, node = self.shown.facts, self.shown.facts.nodes[module]
        self.words(row.adjusted(18, 0, -4, 0), texts.labels(node), LEFT, bold=True)
        parameters, multiply_adds = facts.costs(module)
        more = f"{texts.count(parameters)} parameters, {texts.count(multiply_adds)} multiply-adds"
        if (HEADER - 6) * self.scale >= 2 * self.look.line and self.level >= 1:
            under = row.translated(18, self.look.line).adjusted(0, 0, -22, 0)
            self.words(under, (more, f"{texts.count(parameters)} parameters"), LEFT, muted=True)

    def _head_title(self, head: str, rect: QRectF) -> None:
        state = texts.HEAD_WORDS.get(self.shown.heads.get(head, "trained"), "")
        if self.shown.heads.get(head) == "untrained":
            self._hatch(rect)
        row = QRectF(rect.x(), rect.y(), rect.width(), HEAD_HEADER * self.scale)
        inner = row.adjusted(6, 0, -6, 0)
        full = f"{head}: auxiliary classifier"
        names = (f"{full}, {state}", f"{head}: {state}") if state else (full, head)
        self.words(inner, names, LEFT | MIDDLE, bold=True)

    def _ribbons(self) -> None:
        view, p = self.shown.viewport, self.p
        p.save()
        p.translate(view.dx, view.dy)
        p.scale(view.scale, view.scale)
        p.setBrush(Qt.BrushStyle.NoBrush)
        lit = self.shown.path
        ordered = sorted(
            self.shown.ribbons, key=lambda pair: (pair[0].source, pair[0].target) in lit
        )
        for ribbon, path in ordered:
            on = (ribbon.source, ribbon.target) in lit
            strength = 0.85 if on else 0.3 if lit else 0.55
            mark = self.shown.touched.get(ribbon.source)
            if mark is not None and mark.off:
                strength = 0.12  # nothing flows
            colour = self.look.branches.get(ribbon.branch, self.look.neutral)
            width = max(ribbon.width, (2.0 if on else 1.2) / view.scale)
            pen = QPen(tinted(colour, strength), width)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            p.setPen(pen)
            p.drawPath(path)
        p.restore()

    # --- boxes ---------------------------------------------------------------------------

    def _box(self, name: str, rect: QRectF) -> None:
        node = self.shown.facts.nodes[name]
        if node.branch:
            self._unit(node, rect)
        elif name in self.shown.layout.frames:
            self._concatenation(node, rect)
        else:
            self._captioned(node, rect)

    def _captioned(self, node: Node, rect: QRectF) -> None:
        """Draw a unit of the trunk or a head, or a closed module: its name above a card."""
        caption = min(self.look.line + 2, rect.height() / 2)
        row = QRectF(rect.x() - 3, rect.y(), rect.width() + 6, caption)
        closed = node.name in self.shown.layout.modules
        signed = closed and chevron_target(rect) is not None
        if signed:
            self._chevron(rect, opened=False)
            row = row.adjusted(16, 0, 4, 0)
        self.words(row, texts.labels(node), (LEFT if signed else CENTRE) | MIDDLE, bold=closed)
        card = rect.adjusted(0, caption, 0, 0)
        self._card(node, card)
        inner = card.adjusted(3, 3, -3, -3)
        if closed:
            inner = self._stacked_bar(node.name, inner)
        self._stacked_content(node, inner, texts.details(self.shown.facts, node.name, self.level))

    def _unit(self, node: Node, rect: QRectF) -> None:
        """Draw a unit of a branch: its name in the card, beside the picture when close."""
        self._card(node, rect)
        inner = rect.adjusted(5, 2, -3, -2)
        lines = texts.details(self.shown.facts, node.name, self.level)
        if self.level < 3:
            roomy = inner.height() >= self.look.line + LEAST_PICTURE + 2
            if roomy and self.level >= 1:
                row = QRectF(inner.x(), inner.y(), inner.width(), self.look.line)
                self.words(row, texts.labels(node), CENTRE)
                inner = inner.adjusted(0, self.look.line, 0, 0)
            return self._stacked_content(node, inner, lines[:1] if self.level > 1 else ())
        side = min(inner.height(), inner.width() * 0.42)
        picture = QRectF(inner.x(), inner.y(), side, inner.height())
        if not self._picture(node.name, picture):
            side = 0.0
        column = inner.adjusted(side + 4 if side else 0, 0, 0, 0)
        self._lines(column, texts.labels(node), lines)
        return None

    def _card(self, node: Node, rect: QRectF) -> None:
        look, head = self.look, self.shown.facts.head(node)
        self.p.setPen(QPen(look.accent if node.name == self.shown.hovered else look.border, 1))
        chosen = node.name == self.shown.selected
        self.p.setBrush(look.selection if chosen else look.raised)
        self.p.drawRoundedRect(rect, 3, 3)
        if self.shown.heads.get(head) == "untrained":
            self._hatch(rect)
        thick = 3.0 if self.scale < 1 else 4.0
        if node.branch:
            stripe = QRectF(rect.x(), rect.y() + 1, thick, rect.height() - 2)
        else:
            stripe = QRectF(rect.x() + 1, rect.y(), rect.width() - 2, thick)
        self.p.fillRect(stripe, look.stripe(node, head))

    def _stacked_content(self, node: Node, inner: QRectF, lines: tuple[str, ...]) -> None:
        """Draw the picture above, what is known below it."""
        words = lines + tuple(self._state(node))
        room = max(0, int((inner.height() - LEAST_PICTURE - 10) // self.look.line))
        words = words[:room]
        picture = inner.adjusted(0, 1, 0, -len(words) * self.look.line)
        if node.kind == "classifier":
            self._verdict(node, picture)
        elif not self._picture(node.name, picture):
            self._blank(node, picture)
        for index, line in enumerate(words):
            y = inner.bottom() - (len(words) - index) * self.look.line
            row = QRectF(inner.x(), y, inner.width(), self.look.line)
            self.words(row, shorter(line), CENTRE, muted=True)

    def _state(self, node: Node) -> list[str]:
        """Return the main head's state; those of the others stand over their frames."""
        if node.group:
            return []
        word = texts.state_of(self.shown.facts, node.name, self.shown.heads)
        return [word] if word else []

    def _blank(self, node: Node, room: QRectF) -> None:
        """Write what stands where there is no picture."""
        room = room.adjusted(-2, 0, 2, 0)
        fits = [
            words
            for words in _in_place(node)
            if max(map(self.look.width, words)) <= room.width()
            and len(words) * self.look.line <= room.height() + 4
        ]
        words = fits[0] if fits else ()
        height = len(words) * self.look.line
        row = QRectF(room.x(), room.center().y() - height / 2, room.width(), self.look.line)
        for line in words:
            self.words(row, (line,), CENTRE, muted=True)
            row.translate(0, self.look.line)

    def _verdict(self, node: Node, room: QRectF) -> None:
        """Draw a classifier's top class for the photo, with a bar of its probability."""
        answer = texts.verdict(self.shown.facts, node.name, self.shown.overview)
        head = self.shown.facts.head(node)
        if answer is None or self.shown.heads.get(head) == "untrained":
            return self._blank(node, room)
        word, probability = answer
        room = room.adjusted(-2, 0, 2, 0)
        line, middle = self.look.line, room.center().y()
        single = room.height() < 2 * line - 4
        row = QRectF(room.x(), middle - (line / 2 if single else line), room.width(), line)
        self.words(row, (word,), CENTRE, bold=True)
        if single:
            return None
        self.words(row.translated(0, line), (texts.per_cent(probability),), CENTRE)
        track = QRectF(room.x(), room.bottom() - 6, room.width(), 5)
        if track.y() > row.y() + 2 * line:
            self.p.fillRect(track, tinted(self.look.neutral, 0.25))
            self.p.fillRect(share_bar(probability, track), self.look.head(head))
        return None

    # --- shares --------------------------------------------------------------------------

    def _stacked_bar(self, module: str, inner: QRectF) -> QRectF:
        """Draw a closed module's shares as one bar; return what is left of the room."""
        height = 6.0 if self.level < 2 else 10.0
        bar = QRectF(inner.x(), inner.bottom() - height, inner.width(), height)
        shares = self.shown.overview.shares.get(module) if self.shown.overview else None
        for branch, part in share_bars(shares or {}, shares or (), bar):
            self.p.fillRect(part, self.look.branches.get(branch, self.look.neutral))
        return inner.adjusted(0, 0, 0, -height - 2)

    def _concatenation(self, node: Node, rect: QRectF) -> None:
        """Draw an open module's output: its picture, and each branch's share in its row."""
        self._card(node, rect)
        top = HEADER * self.scale
        cell = QRectF(rect.x() + 3, rect.y() + 3, rect.width() - 6, top - 4)
        side = min(cell.height(), cell.width())
        words = ("concatenation", "concat")
        if cell.width() >= side + self.look.width("concat") + 6:
            self._picture(node.name, QRectF(cell.x(), cell.y(), side, cell.height()))
            lines = (texts.shape(node),) if self.level else ()
            self._lines(cell.adjusted(side + 6, 0, 0, 0), words, lines)
        else:
            self._picture(node.name, cell)
        shares = self.shown.overview.shares.get(node.name) if self.shown.overview else None
        for ribbon, _ in self.shown.ribbons:
            if ribbon.target == node.name and shares is not None:
                self._share_row(ribbon, rect, shares.get(ribbon.branch, 0.0))

    def _share_row(self, ribbon: Ribbon, rect: QRectF, share: float) -> None:
        _, y = self.shown.viewport.to_screen(0.0, ribbon.end[1])
        half = min(UNIT_HEIGHT, ROW) / 2 * self.scale
        room = QRectF(rect.x() + 4, y - half, rect.width() - 8, 2 * half)
        thick = min(12.0, max(4.0, 0.2 * room.height()))
        written = room.height() >= self.look.line + thick
        total = thick + (self.look.line if written else 0)
        row = QRectF(room.x(), y - total / 2, room.width(), self.look.line)
        track = QRectF(room.x(), y + total / 2 - thick, room.width(), thick)
        if written:
            amount = texts.per_cent(share)
            self.words(row, (amount,), RIGHT)
            left = row.width() - self.look.width(amount) - 4
            if left >= self.look.width(ribbon.branch):
                self.words(row, (ribbon.branch,), LEFT, muted=True)
        self.p.fillRect(track, tinted(self.look.neutral, 0.25))
        colour = self.look.branches.get(ribbon.branch, self.look.neutral)
        self.p.fillRect(share_bar(share, track), colour)

    # --- marks -----------------------------------------------------------------------------

    def _touched(self) -> None:
        """Mark what is touched; on a closed module that something within it is."""
        shown = self.shown
        for name, mark in shown.touched.items():
            if name in shown.layout.boxes:
                box = on_screen(shown.viewport, shown.layout.boxes[name])
                paint_mark(self.p, self.look, box, mark)
        boxes = {name: shown.layout.shown(name) for name in shown.touched}
        for name, count in hidden(shown.touched, boxes).items():
            words = next(m.words for unit, m in shown.touched.items() if boxes[unit] == name)
            said = words if count == 1 else f"{count} changes"
            paint_sign(self.p, self.look, shown.outline(name), said)

    def _marks(self) -> None:
        self.p.setBrush(Qt.BrushStyle.NoBrush)
        shown = self.shown
        for name in sorted(shown.hits - {shown.selected}):
            if name in shown.layout.boxes:
                self._ring(name, QPen(self.look.warning, 2), 2)
        if shown.selected:
            self._ring(shown.selected, QPen(self.look.accent, 3), 2)
        if shown.focused in shown.layout.boxes:
            pen = QPen(self.look.text, 2, Qt.PenStyle.DotLine)
            self._ring(shown.focused, pen, 6)

    def _ring(self, name: str, pen: QPen, distance: float) -> None:
        self.p.setPen(pen)
        rect = self.shown.outline(name)
        self.p.drawRoundedRect(rect.adjusted(-distance, -distance, distance, distance), 5, 5)


def _in_place(node: Node) -> list[tuple[str, ...]]:
    """Return the lines of a box without a picture, from the fullest to the shortest."""
    if node.name == "avgpool":
        return [("global", "average"), ("global", "mean"), ("mean",)]
    channels = str(node.shape[0])
    return [(channels, "classes"), (channels,)] if node.kind == "classifier" else [(channels,)]
