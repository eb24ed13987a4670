"""The feature maps view: a module's four branches side by side, every channel a cell."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QContextMenuEvent, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ..intervention_words import said_of, scene_words
from ..questions import MapGroup, MapsAnswer
from ..session import MapSettings
from . import theme
from .intervene.menu import Touching, add_entries
from .maps.compose import Levels, channel_order, limits, quantise
from .maps.fit import Room, column_widths
from .maps.footer import Footer
from .maps.grid import GridContent, MapGrid
from .maps.header import GroupHeader
from .maps.restyle import panel, refresh, see_through
from .maps.toolbar import LARGEST, SMALLEST, Toolbar
from .maps.words import channel_text, number, position_text, scale_text
from .view import EmptyState, View

COLUMN_GAP = 2 * theme.GRID
LEAST_COLUMN = 88
"""A narrower column could not show its own name."""


class FeatureMapsView(View):
    """All channels of the selected module's branches, or of one unit.

    Signals: ``channel_selected((unit, channel))``, ``settings_changed(MapSettings)``,
    ``module_stepped(-1 or 1)``, ``wished(Wish)`` of someone who intervenes,
    ``copy_python_requested("maps")``.
    """

    channel_selected = Signal(object)
    settings_changed = Signal(object)
    module_stepped = Signal(object)
    wished = Signal(object)
    copy_python_requested = Signal(object)
    python_kind = "maps"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Feature maps", parent)
        self._answer: MapsAnswer | None = None
        self._settings = MapSettings()
        self._channel: tuple[str, int] | None = None
        self._levels: list[Levels] = []
        self.grids: list[MapGrid] = []
        self.headers: list[GroupHeader] = []
        self._size: int | None = None
        self._touching = Touching()
        self._marked: Mapping[str, Collection[int]] = {}
        self.toolbar = Toolbar()
        self.footer = Footer()
        self._build()
        self._connect()
        theme.broadcast.changed.connect(self._restyle)
        self.set_maps(None)

    # --- setters ---------------------------------------------------------------------

    @property
    def shown_image(self) -> str | None:
        """Content hash of the photo this view shows."""
        return self._answer.scene.image if self._answer is not None else None

    def take_focus(self) -> None:
        """Put the keyboard on the first map: arrows walk from there."""
        if self.grids and self.grids[0].isVisible():
            self.grids[0].setFocus(Qt.FocusReason.TabFocusReason)
        else:
            super().take_focus()

    def set_maps(self, answer: MapsAnswer | None) -> None:
        """Show the maps of an answer; None while there is no photo."""
        self._answer = answer
        if answer is None:
            self._levels = []
            self._make_columns(())
            self.show_empty("Open or drop a photo to see what every channel responds to.")
            return
        self._make_columns(answer.groups)
        self.show_content()
        self.toolbar.set_module(answer.unit, answer.groups)
        message = self._nothing_to_show(answer)
        if message:
            self.message.show_state(message)
        self.body.setCurrentWidget(self.message if message else self.columns)
        self.footer.setVisible(not message)
        self._requantise()

    def set_settings(self, settings: MapSettings) -> None:
        """Sort, scale and colour as these settings say."""
        before, self._settings = self._settings, settings
        self.toolbar.set_settings(settings)
        if settings == before or self._answer is None:
            return
        if settings.scale != before.scale:
            self._requantise()
        else:
            self._fill()

    def set_channel(self, channel: tuple[str, int] | None) -> None:
        """Frame the selected channel."""
        self._channel = channel
        for grid in self.grids:
            unit = grid.content.group.unit if grid.content is not None else ""
            here = channel is not None and channel[0] == unit
            grid.set_selected(channel[1] if channel is not None and here else None)
        self._say(None)

    @property
    def settings(self) -> MapSettings:
        """How the maps are drawn."""
        return self._settings

    # --- building --------------------------------------------------------------------

    def _build(self) -> None:
        self._build_columns()
        self.message = EmptyState()
        self.body = QStackedWidget()
        self.body.addWidget(self.columns)
        self.body.addWidget(self.message)
        content = panel()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(*[theme.GRID] * 4)
        layout.setSpacing(theme.GRID)
        layout.addWidget(self.toolbar)
        layout.addWidget(self.body, 1)
        layout.addWidget(self.footer)
        self.set_content(content)

    def _build_columns(self) -> None:
        """Build the headers, and below them the grids, which scroll together."""
        self.heads, self.strip = QWidget(), QWidget()
        self._heads_row, self._strip_row = QHBoxLayout(self.heads), QHBoxLayout(self.strip)
        for row in (self._heads_row, self._strip_row):
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(COLUMN_GAP)
            row.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        # The headers have the grids' widths; they must not keep the view from shrinking.
        self._heads_row.setSizeConstraint(QHBoxLayout.SizeConstraint.SetNoConstraint)
        self.heads.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.area = QScrollArea()
        self.area.setWidget(self.strip)
        self.area.setWidgetResizable(True)
        see_through(self.area)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.viewport().installEventFilter(self)
        self.columns = QWidget()
        stacked = QVBoxLayout(self.columns)
        stacked.setContentsMargins(0, 0, 0, 0)
        stacked.setSpacing(theme.GRID // 2)
        stacked.addWidget(self.heads)
        stacked.addWidget(self.area, 1)

    def _connect(self) -> None:
        self.toolbar.stepped.connect(self.module_stepped)
        self.toolbar.settings_changed.connect(self._on_settings)
        self.toolbar.size_changed.connect(self.set_cell_size)

    def _make_columns(self, groups: tuple[MapGroup, ...]) -> None:
        """Have as many columns as groups; kept where the number stays."""
        while len(self.grids) > len(groups):
            for part in (self.grids.pop(), self.headers.pop()):
                part.hide()
                part.deleteLater()
        while len(self.grids) < len(groups):
            grid, header = MapGrid(), GroupHeader()
            grid.hovered.connect(self._say)
            grid.chosen.connect(self._on_chosen)
            grid.reached.connect(self._on_reached)
            grid.sized.connect(self.step_cell_size)
            self._strip_row.addWidget(grid, 0, Qt.AlignmentFlag.AlignTop)
            self._heads_row.addWidget(header, 0, Qt.AlignmentFlag.AlignTop)
            self.grids.append(grid)
            self.headers.append(header)

    def _nothing_to_show(self, answer: MapsAnswer) -> str:
        """Why there is nothing to look at, or an empty string."""
        if not answer.groups:
            return answer.note or f"{answer.unit} has no map."
        if all(float(np.max(group.maximum, initial=0)) <= 0 for group in answer.groups):
            count = sum(len(group.maximum) for group in answer.groups)
            done = self._touched(answer.unit)
            if done:
                return f"{answer.unit} is touched, {done}: all {count} channels are zero."
            return (
                f"All {count} channels of {answer.unit} are dead here: zero at every "
                "position of this photo. Choose another module or another photo."
            )
        return ""

    # --- filling ---------------------------------------------------------------------

    def _requantise(self) -> None:
        """Compute the levels anew: for another answer or another scale."""
        groups = self._answer.groups if self._answer else ()
        ends = limits(groups, self._settings.scale)
        self._levels = [quantise(group.maps, end) for group, end in zip(groups, ends, strict=True)]
        self._fill()

    def _fill(self) -> None:
        """Give every grid and header its content."""
        if self._answer is None or not self._answer.groups:
            return
        groups, settings = self._answer.groups, self._settings
        own_bar = settings.scale == "branch" and len(groups) > 1
        for column, group in enumerate(groups):
            order = channel_order(group, settings.sort)
            shown = GridContent(group, self._levels[column], order, settings.colour_map)
            high = float(group.maximum.max()) if own_bar else None
            touched = self._touched(group.unit)
            self.headers[column].set_group(group, high, settings.colour_map, touched)
            self.grids[column].set_content(shown)
        self._arrange()
        self._fill_footer()
        self.set_channel(self._channel)
        self.set_marked(self._marked)

    def _touched(self, unit: str) -> str:
        """Return what is done to a unit, in a few words, or ``""``."""
        assert self._answer is not None
        done = [one for one in self._answer.scene.interventions if one.unit == unit]
        if len(done) != 1:
            return f"{len(done)} changes" if done else ""
        said = said_of(done[0], self._touching.names, self._answer.scene.image)
        channels = done[0].channels
        return said if channels is None else f"{len(channels)} ch. {said}"

    def _fill_footer(self) -> None:
        assert self._answer is not None
        groups, settings = self._answer.groups, self._settings
        largest = max(float(np.max(group.maximum, initial=0)) for group in groups)
        several = settings.scale == "own" or (settings.scale == "branch" and len(groups) > 1)
        words = {"own": "own max", "branch": "branch max"}
        high = words.get(settings.scale, "max") if several else number(largest)
        meaning = scale_text(settings.scale, self._answer.unit, len(groups))
        self.footer.set_range(high, settings.colour_map, meaning)

    # --- geometry --------------------------------------------------------------------

    def _room(self) -> Room:
        assert self._answer is not None
        groups, ratio = self._answer.groups, self.devicePixelRatioF()
        # The bar's width is kept free always, so that its coming does not change the fit.
        bar = self.area.verticalScrollBar().sizeHint().width()
        total = self.area.width() - bar - COLUMN_GAP * (len(groups) - 1)
        counts = tuple(len(group.maximum) for group in groups)
        widths = column_widths(counts, max(total, 4 * len(groups)), LEAST_COLUMN)
        _, height, width = groups[0].maps.shape
        return Room(
            tuple(int(w * ratio) for w in widths),
            counts,
            int(self.area.height() * ratio),
            height,
            width,
            max(1, round(ratio)),
        )

    def _cell_pixels(self, room: Room) -> int:
        """Return the longer side of a cell in device pixels."""
        ratio = self.devicePixelRatioF()
        if self._size is not None:
            return round(self._size * ratio)
        size = room.best_size(round(theme.TARGET * ratio), round(LARGEST * ratio))
        self.toolbar.show_size(round(size / ratio))
        return size

    def _arrange(self) -> None:
        """Size the cells, columns and headers for the room there is."""
        if self._answer is None or not self._answer.groups:
            return
        room, ratio = self._room(), self.devicePixelRatioF()
        size, total = self._cell_pixels(room), int(min(room.widths) / ratio)
        for column, (grid, header) in enumerate(zip(self.grids, self.headers, strict=True)):
            layout = room.layout(column, size)
            grid.set_layout(layout)
            width = max(min(LEAST_COLUMN, total), grid.sizeHint().width())
            grid.setFixedSize(width, grid.sizeHint().height())
            header.setFixedSize(width, header.sizeHint().height())
            pitch = (layout.cell_height + layout.gap) / ratio
            grid.set_page(int(self.area.height() // pitch))

    def set_cell_size(self, size: int | None) -> None:
        """Set the longer side of a cell in logical pixels; None fits them to the view."""
        self._size = None if size is None else min(max(size, SMALLEST), LARGEST)
        self.toolbar.set_size(self._size)
        self._arrange()

    def step_cell_size(self, step: int) -> None:
        """Make the cells one step larger or smaller, in whole positions where enlarged."""
        if not self.grids or self._answer is None:
            return
        now = self.grids[0].layout_
        ratio = self.devicePixelRatioF()
        positions = max(self._answer.groups[0].maps.shape[1:]) / ratio
        pixels = max(now.cell_height, now.cell_width) / ratio
        self.set_cell_size(round(pixels + step * max(4.0, min(positions, pixels / 2))))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Fit the cells when the room for them changes."""
        if watched is self.area.viewport() and event.type() == QEvent.Type.Resize:
            QTimer.singleShot(0, self, self._arrange)
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Hide what there is no room for."""
        super().resizeEvent(event)
        self.toolbar.set_narrow(self.width())

    def _restyle(self, _: object) -> None:
        if refresh(self):
            QTimer.singleShot(0, self, self._arrange)

    # --- gestures --------------------------------------------------------------------

    def set_touching(self, touching: Touching) -> None:
        """Offer these photos to take channels from, and check what is done now."""
        self._touching = touching

    def set_marked(self, channels: Mapping[str, Collection[int]]) -> None:
        """Frame these channels of units, as those that an answer rests on."""
        self._marked = channels
        for grid in self.grids:
            unit = grid.content.group.unit if grid.content is not None else ""
            grid.set_marked(channels.get(unit, ()))

    def _on_settings(self, settings: MapSettings) -> None:
        self.set_settings(settings)
        self.settings_changed.emit(settings)

    def _on_chosen(self, channel: int) -> None:
        grid = self.sender()
        assert isinstance(grid, MapGrid)
        assert grid.content is not None
        chosen = (grid.content.group.unit, channel)
        self.set_channel(chosen)
        self.channel_selected.emit(chosen)

    def _on_reached(self, cell: QRect) -> None:
        grid = self.sender()
        assert isinstance(grid, MapGrid)
        place = cell.translated(grid.mapTo(self.strip, QPoint(0, 0)))
        self.area.ensureVisible(*place.center().toTuple(), 0, place.height() // 2 + theme.GRID)
        self._say(None)

    def _say(self, found: tuple[int, int, int] | None) -> None:
        """Name what is under the pointer, else the focused or the selected channel."""
        sender = self.sender()
        if found is not None and isinstance(sender, MapGrid) and sender.content is not None:
            self.footer.set_words(position_text(sender.content.group, *found))
            return
        self.footer.set_words(self._resting_words())

    def _resting_words(self) -> str:
        for grid in self.grids:
            channel = grid.focused_channel
            if grid.hasFocus() and grid.content is not None and channel is not None:
                return channel_text(grid.content.group, channel)
        for group in self._answer.groups if self._answer else ():
            if self._channel is not None and group.unit == self._channel[0]:
                return channel_text(group, self._channel[1])
        done = scene_words(self._answer.scene) if self._answer else ""
        if done:
            return f"With {done}."
        return "Point at a map for its values; click one to inspect it."

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer the cell sizes and the code that gives the same numbers."""
        if self._answer is None:
            return
        menu = self.context_menu(self._channel_at(event))
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def _channel_at(self, event: QContextMenuEvent) -> tuple[str, int] | None:
        """Return the channel under the pointer; by key, the one with the focus."""
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        for grid in self.grids:
            channel = grid.focused_channel if by_key and grid.hasFocus() else None
            place = grid.mapFromGlobal(event.globalPos())
            if not by_key and grid.visibleRegion().contains(place):
                found = grid.position_at(place.toPointF())
                channel = found[0] if found is not None else None
            if channel is not None and grid.content is not None:
                return grid.content.group.unit, channel
        return None

    def context_menu(self, at: tuple[str, int] | None = None) -> QMenu:
        """Return the view's menu; ``at`` is the (unit, channel) that it is opened on."""
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        if at is not None and self._answer is not None:
            unit, channel = at
            menu.addAction(f"{unit}, channel {channel}").setEnabled(False)
            add_entries(menu, unit, (channel,), self._touching, self.wished.emit)
            whole = menu.addMenu(f"All of {unit}")
            add_entries(whole, unit, None, self._touching, self.wished.emit)
            menu.addSeparator()
        entries = (
            ("Larger maps", lambda: self.step_cell_size(1)),
            ("Smaller maps", lambda: self.step_cell_size(-1)),
            ("Fit maps to the view", lambda: self.set_cell_size(None)),
            ("Copy as Python", self.ask_for_python),
        )
        for words, action in entries:
            entry = QAction(words, menu)
            entry.triggered.connect(action)
            menu.addAction(entry)
        return menu
