"""The inspector: what the network sees, and one channel in all its detail."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QByteArray, Qt, QTimer, Signal
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtWidgets import (
    QCheckBox,
    QLabel,
    QMenu,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..changed_inputs import is_upright
from ..edit_words import edited_words
from ..questions import Graph, ImageInfo, MapGroup, MapsAnswer, Node, OverviewAnswer
from ..session import MapSettings
from . import theme
from .hatched_note import HatchedNote
from .head_words import NEVER_TRAINED
from .inspector.channel_panel import ChannelPanel
from .inspector.facts import Facts, channel_rows, input_rows, touched_rows, unit_rows
from .inspector.histogram import Histogram
from .inspector.overlay import OverlayContent
from .inspector.pictures import FilterPicture, InputPanel, input_pictures
from .inspector.place import Place
from .inspector.section import Section
from .intervene.menu import Touching, add_entries
from .maps.compose import limits, quantise
from .maps.restyle import panel, refresh, see_through, settle_layout
from .maps.words import number, scale_text, short_name
from .view import View

HINT = "Click a map under Feature maps, or press Enter on it, to see it over the photo."


class InspectorView(View):
    """Everything about the one thing that is selected.

    Signals: ``channel_stepped(-1 or 1)``,
    ``copy_python_requested("channel", "seen" or "top_photos")``,
    ``folds_changed(frozenset of the folded sections' keys)``.
    """

    channel_stepped = Signal(object)
    copy_python_requested = Signal(object)
    folds_changed = Signal(object)
    wished = Signal(object)
    """A :class:`~.intervene.menu.Wish` about the channel that is shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Inspector", parent)
        self._overview: OverviewAnswer | None = None
        self._photo: ImageInfo | None = None
        self._maps: MapsAnswer | None = None
        self._graph: Graph | None = None
        self._channel: tuple[str, int] | None = None
        self._settings = MapSettings()
        self._was_shown = False
        self._touching = Touching()
        self._build_sections()
        self._lay_out()
        theme.broadcast.changed.connect(self._restyle)
        self.set_overview(None, None)

    # --- setters ---------------------------------------------------------------------

    @property
    def shown_image(self) -> str | None:
        """Content hash of the photo this view shows."""
        return self._overview.scene.image if self._overview is not None else None

    def set_overview(self, overview: OverviewAnswer | None, photo: ImageInfo | None) -> None:
        """Show what the network sees of a photo; None while there is none."""
        self._overview = overview
        # Never the photo of one scene beside the picture of another.
        same = overview is not None and photo is not None and photo.id == overview.scene.image
        self._photo = photo if same else None
        if overview is None:
            self.show_empty("Open or drop a photo to see exactly what the network gets of it.")
        else:
            scene = overview.scene
            # Of a photo that was turned no upright part is what the network sees.
            photo = self._photo if is_upright(scene) else None
            self.input_panel.set_pictures(input_pictures(overview.picture, overview.crop, photo))
            rows = input_rows(self._photo, scene.preprocessing, edited_words(scene))
            self.input_facts.set_rows([*rows, *touched_rows(scene.interventions)])
            self.show_content()
        self._refill()

    def set_scene(
        self, overview: OverviewAnswer, photo: ImageInfo, maps: MapsAnswer, graph: Graph | None
    ) -> None:
        """Show another scene at one go: sections that stay keep their place and the focus."""
        self._maps, self._graph = maps, graph
        self.set_overview(overview, photo)

    def set_maps(self, answer: MapsAnswer | None, graph: Graph | None) -> None:
        """Give the maps that the selected channel is one of, and the network."""
        self._maps, self._graph = answer, graph
        self._refill()

    def set_channel(self, channel: tuple[str, int] | None) -> None:
        """Inspect a channel, (unit, index)."""
        self._channel = channel
        self._refill()

    def set_settings(self, settings: MapSettings) -> None:
        """Colour the map as the feature maps view does."""
        if settings != self._settings:
            self._settings = settings
            self._refill()

    def set_touching(self, touching: Touching) -> None:
        """Offer these photos to take the channel from, and check what is done now."""
        self._touching = touching

    @property
    def folds(self) -> frozenset[str]:
        """Keys of the sections that are folded."""
        return frozenset(section.key for section in self.sections if section.is_folded)

    def set_folds(self, keys: Collection[str]) -> None:
        """Fold these sections and open the others."""
        for section in self.sections:
            section.set_folded(section.key in keys)

    def save_state(self) -> QByteArray:
        """Return which sections are folded, to be kept beside the window's layout."""
        return QByteArray(" ".join(sorted(self.folds)).encode())

    def restore_state(self, state: QByteArray) -> None:
        """Fold what was folded when :meth:`save_state` was called."""
        self.set_folds(bytes(state.data()).decode(errors="replace").split())

    # --- building --------------------------------------------------------------------

    def _build_sections(self) -> None:
        self.input_panel, self.input_facts = InputPanel(), Facts()
        self.seen = Section("input", "What the network sees")
        self.seen.add(self.input_panel, self.input_facts)
        self.channel_panel = ChannelPanel()
        self.channel_section = Section("channel", "Channel")
        self.head_note = HatchedNote()
        self.channel_section.add(self.head_note, self.channel_panel)
        self.top_place = Place()
        self.top_section = Section("top", "Top photos")
        self.top_section.add(self.top_place)
        self.previous = self._step_button(-1)
        self.next = self._step_button(1)
        self.histogram = Histogram()
        self.histogram_words = QLabel()
        self.histogram_words.setWordWrap(True)
        self.histogram_words.setProperty("role", "muted")
        self.log_counts = QCheckBox("Logarithmic counts")
        self.log_counts.setMinimumHeight(theme.TARGET)
        self.log_counts.toggled.connect(self.histogram.set_logarithmic)
        self.values = Section("histogram", "Values")
        self.values.add(self.histogram, self.histogram_words, self.log_counts)
        self.facts = Facts()
        self.figures = Section("numbers", "Numbers")
        self.figures.add(self.facts)
        self.filter_picture, self.filter_words = FilterPicture(), QLabel()
        self.filter_words.setWordWrap(True)
        self.filter_words.setProperty("role", "muted")
        self.filter_section = Section("filter", "Filter")
        self.filter_section.add(self.filter_picture, self.filter_words)
        self.hint = QLabel(HINT)
        self.hint.setWordWrap(True)
        self.hint.setProperty("role", "muted")
        self.hint.setContentsMargins(*[theme.GRID] * 4)

    @property
    def sections(self) -> tuple[Section, ...]:
        """All sections, from top to bottom."""
        return (
            self.seen,
            self.channel_section,
            self.top_section,
            self.values,
            self.figures,
            self.filter_section,
        )

    def _step_button(self, step: int) -> QToolButton:
        button = QToolButton()
        button.setText("\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}")
        words = "Next channel of this unit"
        if step < 0:
            button.setText("\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}")
            words = "Previous channel of this unit"
        button.setToolTip(words)
        button.setAccessibleName(words)
        button.setMinimumWidth(theme.TARGET)
        button.clicked.connect(lambda: self.channel_stepped.emit(step))
        self.channel_section.tools.addWidget(button)
        return button

    def _lay_out(self) -> None:
        holder = panel()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, theme.GRID, 0, theme.GRID)
        column.setSpacing(theme.GRID)
        for section in self.sections:
            column.addWidget(section)
            section.folded.connect(lambda _: self.folds_changed.emit(self.folds))
            if section is self.seen:
                column.addWidget(self.hint)
        column.addStretch(1)
        self.area = QScrollArea()
        self.area.setAccessibleName("Inspector's sections")
        self.area.setWidget(holder)
        self.area.setWidgetResizable(True)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        content = panel()
        around = QVBoxLayout(content)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(self.area)
        see_through(self.area)
        self.set_content(content)

    @property
    def python_kind(self) -> str:
        """The channel where one is shown, else what the network sees."""
        if self.channel_section.isHidden():
            return "seen"
        focus = self.focusWidget()
        inside = focus is not None and self.top_place.isAncestorOf(focus)
        return "top_photos" if inside else "channel"

    # --- filling ---------------------------------------------------------------------

    def _found(self) -> tuple[MapGroup, int, int] | None:
        """Return the selected channel's group, its place and the channel, if all is there."""
        overview, maps, channel = self._overview, self._maps, self._channel
        if overview is None or maps is None or channel is None or maps.scene != overview.scene:
            return None
        for place, group in enumerate(maps.groups):
            if group.unit == channel[0] and 0 <= channel[1] < len(group.maximum):
                return group, place, channel[1]
        return None

    def _node(self, unit: str) -> Node | None:
        if self._graph is None:
            return None
        return next((node for node in self._graph.nodes if node.name == unit), None)

    def _refill(self) -> None:
        """Show the channel, or the hint where there is none."""
        self._fill_sections()
        self.settle()

    def settle(self) -> None:
        """Give the sections their places now that they hold something else."""
        for section in self.sections:
            settle_layout(*section.parts, section.body, section)
        settle_layout(self.area.widget(), self.area)

    def _fill_sections(self) -> None:
        found = self._found()
        node = self._node(found[0].unit) if found else None
        shown = found is not None and node is not None
        if shown and not self._was_shown:
            # A small dock would show nothing of what was just chosen.
            QTimer.singleShot(0, self, self._scroll_to_channel)
        elif self._was_shown and self._channel is None:
            self.area.verticalScrollBar().setValue(0)
        self._was_shown = self._channel is not None
        for section in self.sections[1:]:
            section.setVisible(shown)
        self.hint.setVisible(not shown)
        if found is None or node is None:
            return
        group, place, channel = found
        title = f"{group.unit}, channel {channel}"
        self.channel_section.set_title(title, title.removeprefix("inception"))
        self.head_note.say(node.note if NEVER_TRAINED in node.note else "")
        self._fill_channel(group, place, channel, node)
        self.histogram.set_values(group.maps[channel])
        words = self.histogram.words()
        self.histogram_words.setText(words[0].upper() + words[1:] + ".")
        assert self._maps is not None
        done = [one for one in self._maps.scene.interventions if one.unit == group.unit]
        rows = [*channel_rows(group, channel), *touched_rows(done), *unit_rows(node)]
        self.facts.set_rows(rows)
        self._fill_filter(channel)

    def _scroll_to_channel(self, tries: int = 20) -> None:
        """Bring the channel to the top, once its section has its place.

        Qt passes the wish for another height up one level at each turn of its loop.
        """
        holder, section = self.area.widget(), self.channel_section
        wanted = holder.layout().totalHeightForWidth(holder.width())
        if section.isVisible() and holder.height() >= wanted:
            self.area.verticalScrollBar().setValue(section.y())
        elif tries > 0:
            QTimer.singleShot(10, self, lambda: self._scroll_to_channel(tries - 1))

    def _fill_channel(self, group: MapGroup, place: int, channel: int, node: Node) -> None:
        assert self._overview is not None
        assert self._maps is not None
        end = limits(self._maps.groups, self._settings.scale)[place][channel : channel + 1]
        levels = quantise(group.maps[channel : channel + 1], end)[0]
        content = OverlayContent(
            self._overview.picture,
            group.maps[channel],
            levels,
            node.field,
            self._settings.colour_map,
        )
        meaning = scale_text(self._settings.scale, self._maps.unit, len(self._maps.groups))
        if self._settings.scale == "own":
            meaning = "range of this map"
        elif self._settings.scale == "branch" and len(self._maps.groups) > 1:
            meaning = f"range of the {short_name(group)} branch"
        self.channel_panel.set_content(
            content, f"{group.unit}, channel {channel}", float(end[0]), meaning
        )

    def _fill_filter(self, channel: int) -> None:
        filters = self._maps.filters if self._maps is not None else None
        self.filter_section.setVisible(filters is not None)
        if filters is None:
            return
        kernel = filters[channel]
        self.filter_picture.set_filter(kernel)
        largest = number(float(abs(kernel).max()))
        self.filter_words.setText(
            "The weights on red, green and blue. Mid-grey is 0; full and no colour are "
            f"plus and minus {largest}, this filter's own largest weight."
        )

    def _restyle(self, _: object) -> None:
        if not refresh(self):
            return
        for section in self.sections:
            section.restyle()

    # --- gestures --------------------------------------------------------------------

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer the code that gives the same numbers."""
        if not self.is_empty:
            menu = self.context_menu()
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(event.globalPos())

    def context_menu(self) -> QMenu:
        """Return the view's menu."""
        menu = QMenu(self)
        menu.addAction("Copy as Python").triggered.connect(self.ask_for_python)
        marked = [label.selectedText() for label in self.findChildren(QLabel)]
        text = "\n".join(filter(None, marked))
        if text:
            copy = menu.addAction("Copy the marked text")
            copy.triggered.connect(lambda: QGuiApplication.clipboard().setText(text))
        found = self._found()
        if found is not None:
            group, _, channel = found
            touch = menu.addMenu(f"Intervene in channel {channel} of {group.unit}")
            add_entries(touch, group.unit, (channel,), self._touching, self.wished.emit)
        return menu
