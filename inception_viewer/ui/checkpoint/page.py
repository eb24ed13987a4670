"""The page of the card: every part of it, filled from a verdict."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ...questions import CheckpointInfo
from ...verdict_questions import Suggestion, Verdict
from ...verdict_words import Line
from .. import theme
from ..elided_field import ElidedField
from ..head_words import HEADS, note
from ..inspector.facts import Facts
from ..inspector.section import Section
from ..lines import Lines
from ..maps.restyle import panel, refresh, see_through, settle_layout
from . import card
from .banner import Banner
from .head_row import HeadRow
from .judgement import Judgement
from .samples import Samples

CHANGED = "Input changed by hand."


class Page(QWidget):
    """Sections that fold, below the warnings; see :class:`~..checkpoint_view.CheckpointView`."""

    use_requested = Signal()
    keep_requested = Signal()
    restore_requested = Signal()
    input_requested = Signal()
    save_requested = Signal()
    class_list_requested = Signal()
    text_requested = Signal()
    json_requested = Signal()
    hash_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._info: CheckpointInfo | None = None
        self._verdict: Verdict | None = None
        self._kept = False
        self._build()
        self._lay_out()
        theme.broadcast.changed.connect(self._restyle)
        self._restyle()

    # --- setters ---------------------------------------------------------------------

    def set_checkpoint(self, info: CheckpointInfo, verdict: Verdict | None = None) -> None:
        """Show a checkpoint and the verdict on it."""
        other = self._info is None or info.fingerprint != self._info.fingerprint
        self._info, self._verdict = info, verdict
        self._fill(info)
        if other:
            for head in HEADS:
                self.heads[head].set_folded(info.heads.get(head) != "untrained")
            self.area.verticalScrollBar().setValue(0)
        self._settle()

    def set_kept(self, kept: bool) -> None:
        """Say whether the input in use was chosen against what the samples say."""
        if kept != self._kept:
            self._kept = kept
            self._fill_suggestion()

    def set_changed(self, own: str) -> None:
        """Say that the input was changed by hand from this one; ``""``: it was not."""
        self.changed.say([f"{CHANGED} The checkpoint's own is: {own}."] if own else [])
        self._settle()

    # --- what is shown ---------------------------------------------------------------

    @property
    def lines(self) -> tuple[Line, ...]:
        """What stands on the card, as labelled lines in the order from top to bottom."""
        warned = (*self.warnings.sentences, *self.better.sentences)
        said: list[Line] = [(card.WARNINGS, value) for value in warned]
        said.append((card.TITLE, self.phrase.text()))
        said += [
            (f"{card.HEAD}{head}", value) for head in HEADS for value in self.heads[head].shown
        ]
        said += [(card.INPUT, self.convention.text())] if self.convention.text() else []
        said += [(card.SAMPLES, value) for value in self.samples.values]
        for facts in (self.network, self.file):
            said += [(label, part) for label, value in facts.rows for part in value.split("\n")]
        return (*said, (card.SHA, self.sha.text())) if self.sha.text() else tuple(said)

    # --- construction ----------------------------------------------------------------

    def _build(self) -> None:
        self.name, self.phrase = QLabel(), QLabel()
        for label in (self.name, self.phrase):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.name.setAccessibleName("Checkpoint")
        self.phrase.setAccessibleName("Verdict")
        self.warnings = Banner("Warnings")
        self.better = Banner("The samples speak for another input")
        self.use_button = self.better.add_button("Use it")
        self.use_button.setProperty("primary", True)
        self.keep_button = self.better.add_button("Keep this one")
        self.changed = Banner("The input was changed")
        self.restore_button = self.changed.add_button("Back to its own")
        self.judgement = Judgement()
        self.heads = {head: HeadRow() for head in HEADS}
        self.convention = QLabel()
        self.convention.setWordWrap(True)
        self.convention.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.samples = Samples()
        self.network, self.file = Facts(), Facts()
        self.architecture, self.metadata = Facts(), Facts()
        self.sha = ElidedField()
        self.sha.setReadOnly(True)
        self.sha.setAccessibleName("SHA-256 of the file")
        self._build_buttons()

    def _build_buttons(self) -> None:
        self.input_button = self._button("Change the input…", self.input_requested.emit)
        self.classes_button = self._button("Class list…", self.class_list_requested.emit)
        self.save_button = self._button("Save as…", self.save_requested.emit)
        self.copy_hash_button = self._button("Copy", self.hash_requested.emit)
        self.copy_hash_button.setAccessibleName("Copy the SHA-256")
        self.copy_text_button = self._button("Copy as text", self.text_requested.emit)
        self.copy_json_button = self._button("Copy as JSON", self.json_requested.emit)
        self.use_button.clicked.connect(lambda: self.use_requested.emit())
        self.keep_button.clicked.connect(lambda: self.keep_requested.emit())
        self.restore_button.clicked.connect(lambda: self.restore_requested.emit())

    def _button(self, text: str, act: Callable[[], None]) -> QPushButton:
        made = QPushButton(text)
        made.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        made.clicked.connect(lambda: act())
        return made

    def _lay_out(self) -> None:
        self._build_sections()
        holder = panel()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, theme.GRID, 0, theme.GRID)
        column.setSpacing(theme.GRID)
        top = QVBoxLayout()
        top.setContentsMargins(theme.GRID, 0, theme.GRID, 0)
        top.setSpacing(theme.GRID)
        for part in (self.name, self.phrase, self.judgement, self.better, self.warnings):
            top.addWidget(part)
        column.addLayout(top)
        for section in self.sections:
            column.addWidget(section)
        column.addStretch(1)
        self.area = QScrollArea()
        self.area.setAccessibleName("All that is known of the checkpoint")
        self.area.setWidget(holder)
        self.area.setWidgetResizable(True)
        content = panel()
        around = QVBoxLayout(content)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(self.area)
        see_through(self.area)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(content)

    def _build_sections(self) -> None:
        hash_row, copies = QWidget(), Lines(margin=0)
        row = QHBoxLayout(hash_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GRID)
        self.sha_label = QLabel(card.SHA)
        self.sha_label.setProperty("role", "muted")
        for part in (self.sha_label, self.sha, self.copy_hash_button):
            row.addWidget(part)
        copies.hold(self.save_button, self.copy_text_button, self.copy_json_button)
        self.hash_row = hash_row
        parts: dict[str, tuple[str, tuple[QWidget, ...]]] = {
            "heads": ("Heads", tuple(self.heads.values())),
            "input": (
                "Input",
                (self.changed, self.convention, self.samples, self.input_button),
            ),
            "network": ("Network", (self.network, self.classes_button)),
            "file": ("File", (self.file, hash_row, copies)),
            "architecture": ("Architecture", (self.architecture,)),
            "metadata": ("What the file says of itself", (self.metadata,)),
        }
        self._sections: dict[str, Section] = {}
        for key, (title, widgets) in parts.items():
            self._sections[key] = section = Section(key, title)
            section.add(*widgets)
        for key in ("architecture", "metadata"):
            self._sections[key].set_folded(True)

    @property
    def sections(self) -> tuple[Section, ...]:
        """All sections, from top to bottom."""
        return tuple(self._sections.values())

    # --- filling ---------------------------------------------------------------------

    def _fill(self, info: CheckpointInfo) -> None:
        said = card.blocks(info, self._verdict)
        self.name.setText(info.name)
        self.phrase.setText("\n".join(said[card.TITLE]))
        for head in HEADS:
            self.heads[head].set_head(note(info, head), said.get(f"{card.HEAD}{head}", ()))
        self.convention.setText("\n".join(said.get(card.INPUT, ())))
        self.network.set_rows(card.network_rows(said))
        self.file.set_rows(card.file_rows(said, info))
        self.sha.setText("".join(said.get(card.SHA, ())))
        self.sha.setCursorPosition(0)
        self.hash_row.setVisible(bool(self.sha.text()))
        self.architecture.set_rows(info.variant_summary)
        self.metadata.set_rows(tuple(info.metadata.items()))
        self._sections["metadata"].setVisible(bool(info.metadata))
        self._sections["architecture"].setVisible(bool(info.variant_summary))
        for button in (self.copy_text_button, self.copy_json_button):
            button.setEnabled(self._verdict is not None)
        self._fill_suggestion()

    @property
    def _suggestion(self) -> Suggestion | None:
        return self._verdict.suggestion if self._verdict is not None else None

    def _fill_suggestion(self) -> None:
        """Put warnings at the top; the one that a button answers has a frame of its own."""
        if self._info is None:
            return
        said = card.blocks(self._info, self._verdict)
        suggestion = self._suggestion
        self.samples.set_suggestion(suggestion, said.get(card.SAMPLES, ()))
        warnings = said.get(card.WARNINGS, card.NOTHING)
        better = suggestion is not None and suggestion.better is not None
        self.better.say([suggestion.sentence] if suggestion is not None and better else [])
        self.keep_button.setVisible(not self._kept)
        apart = {suggestion.sentence} if suggestion is not None else set()
        self.warnings.say([one for one in warnings if one not in {*apart, *card.NOTHING}])
        self._settle()

    def _settle(self) -> None:
        for section in self.sections:
            settle_layout(*section.parts, section.body, section)
        settle_layout(self.area.widget(), self.area)

    def _restyle(self, _: object = None) -> None:
        if not refresh(self):
            return
        self.name.setFont(theme.font("headline", bold=True))
        size = theme.font("headline").pixelSize()
        self.name.setStyleSheet(f"font-size: {size}px; font-weight: 600;")
        for section in self.sections:
            section.restyle()
        for row in self.heads.values():
            row.header.setFont(theme.font())
