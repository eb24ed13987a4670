"""The card of the open checkpoint: the whole verdict, and what can be done about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QShowEvent
from PySide6.QtWidgets import QLabel, QMenu, QWidget

from ..questions import CheckpointInfo
from ..verdict_questions import Verdict
from ..verdict_words import Line, as_text
from .checkpoint import card
from .checkpoint.judgement import Asking
from .view import View

if TYPE_CHECKING:
    from .checkpoint.page import Page

EMPTY = "Open a checkpoint, and all that is known of it stands here."


class CheckpointView(View):
    """Everything that is known of the open checkpoint.

    Without a verdict it shows what the checkpoint says of itself. The page is made when it
    is first looked at: it stands behind another tab, and the window has to be up soon.
    """

    use_requested = Signal()
    """The input that the samples speak for shall be used."""
    keep_requested = Signal()
    """The one in use shall be kept, and no more be said about it."""
    restore_requested = Signal()
    """The checkpoint's own input shall be used again."""
    judge_requested = Signal()
    """The samples shall be asked."""
    cancel_requested = Signal()
    """They shall not be asked any further."""
    input_requested = Signal()
    save_requested = Signal()
    class_list_requested = Signal()
    copy_python_requested = Signal(object)
    """Emitted with ``"checkpoint"``."""
    python_kind = "checkpoint"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Checkpoint", parent)
        self._page: Page | None = None
        self._info: CheckpointInfo | None = None
        self._verdict: Verdict | None = None
        self._kept, self._own = False, ""
        self._asking = Asking("done")
        self.show_empty(EMPTY)

    # --- setters ---------------------------------------------------------------------

    def set_checkpoint(self, info: CheckpointInfo | None, verdict: Verdict | None = None) -> None:
        """Show a checkpoint and the verdict on it; None empties the card."""
        self._info, self._verdict = info, verdict
        if info is None:
            self.show_empty(EMPTY)
        elif self._page is not None or self.isVisible():
            self.page.set_checkpoint(info, verdict)
            self.show_content()

    def set_kept(self, kept: bool) -> None:
        """Say whether the input in use was chosen against what the samples say."""
        self._kept = kept
        if self._page is not None:
            self._page.set_kept(kept)

    def set_changed(self, own: str) -> None:
        """Say that the input was changed by hand from this one; ``""``: it was not."""
        self._own = own
        if self._page is not None:
            self._page.set_changed(own)

    def set_asking(self, asking: Asking) -> None:
        """Say how far the samples have been asked."""
        self._asking = asking
        if self._page is not None:
            self._page.judgement.set_asking(asking)

    # --- what is shown ---------------------------------------------------------------

    @property
    def page(self) -> Page:
        """What is shown of a checkpoint, made as soon as somebody wants it."""
        if self._page is None:
            self._page = self._made()  # before it is filled, which asks for it
            self.set_content(self._page)
            self.set_checkpoint(self._info, self._verdict)
            self._page.set_kept(self._kept)
            self._page.set_changed(self._own)
            self._page.judgement.set_asking(self._asking)
        return self._page

    @property
    def is_empty(self) -> bool:
        """Whether there is no checkpoint to show."""
        return self._info is None

    @property
    def verdict(self) -> Verdict | None:
        """What the card tells."""
        return self._verdict

    @property
    def lines(self) -> tuple[Line, ...]:
        """What stands on the card, as labelled lines in the order from top to bottom."""
        return self.page.lines

    def copy_text(self) -> None:
        """Put the verdict on the clipboard as ``inception-viewer inspect`` prints it."""
        if self._verdict is not None:
            self._copy(as_text(self._verdict))

    def copy_json(self) -> None:
        """Put the verdict on the clipboard as JSON."""
        if self._verdict is not None:
            self._copy(card.json_text(self._verdict))

    def copy_hash(self) -> None:
        """Put the file's SHA-256 on the clipboard."""
        if self._verdict is not None:
            self._copy(self._verdict.sha256)

    # --- construction ----------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Make the page: it is looked at."""
        super().showEvent(event)
        if self._page is None and self._info is not None:
            self.set_checkpoint(self._info, self._verdict)

    def _made(self) -> Page:
        # Imported once it is looked at: the first paint need not wait.
        from .checkpoint.page import Page

        made = Page()
        for signal, told in (
            (made.use_requested, self.use_requested),
            (made.keep_requested, self.keep_requested),
            (made.restore_requested, self.restore_requested),
            (made.input_requested, self.input_requested),
            (made.save_requested, self.save_requested),
            (made.class_list_requested, self.class_list_requested),
            (made.judgement.asked, self.judge_requested),
            (made.judgement.cancelled, self.cancel_requested),
        ):
            signal.connect(told)
        made.text_requested.connect(self.copy_text)
        made.json_requested.connect(self.copy_json)
        made.hash_requested.connect(self.copy_hash)
        return made

    # --- gestures --------------------------------------------------------------------

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer to take the card along."""
        if not self.is_empty:
            menu = self.context_menu()
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(event.globalPos())

    def context_menu(self) -> QMenu:
        """Return the view's menu."""
        menu = QMenu(self)
        marked = [label.selectedText() for label in self.findChildren(QLabel)]
        text = "\n".join(filter(None, marked))
        if text:
            menu.addAction("Copy the marked text", lambda: self._copy(text))
        if self._verdict is not None:
            menu.addAction("Copy as text", self.copy_text)
            menu.addAction("Copy as JSON", self.copy_json)
        menu.addAction("Copy as Python", self.ask_for_python)
        return menu

    @staticmethod
    def _copy(text: str) -> None:
        QGuiApplication.clipboard().setText(text)
