"""Asking what tells groups apart: a job with partial answers that goes on where it stopped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from ...comparison_questions import CompareGroups, ExampleMaps, Group, GroupsAnswer
from ...file_questions import FindPhotos
from ...photo_groups import MOST_PHOTOS, Compared, Folder, GroupDraft
from ...questions import Preprocessing
from ...runner import Cancelled, Done, Failed, Outcome, Partial, Runner, Ticket
from ...session import Session
from ..progress import progress_text
from ..status_bar import Activity, StatusBar

if TYPE_CHECKING:
    from ..comparing import Comparing

KEY = "compare"


class GroupsAsking:
    """Asks for the page of groups."""

    def __init__(
        self, session: Session, runner: Runner, owner: Comparing, status: StatusBar
    ) -> None:
        self._runner, self._owner, self._status = runner, owner, status
        self._session = session
        self._asked: CompareGroups | None = None
        self._ticket: Ticket | None = None
        self._example: ExampleMaps | None = None
        self._looks: dict[str, Ticket] = {}
        self._subject: tuple[str, Preprocessing] | None = None
        page = owner.view.groups
        page.asked.connect(self.ask)
        page.cancelled.connect(self.cancel)
        page.examples_requested.connect(self._ask_example)
        page.form.wanted.connect(self._sort)

    def look(
        self,
        checkpoint: str,
        made: Preprocessing,
        names: Mapping[str, str],
        selected: tuple[str, ...],
        unit: str,
    ) -> None:
        """Follow the window; what was compared with another network or input goes."""
        page = self._owner.view.groups
        if self._subject != (checkpoint, made):
            self.forget()
            self._subject = checkpoint, made
        page.set_tray(names, selected, self._owner.labels(tuple(names)))
        page.set_unit(unit)
        self._look_into_folders(self._session.state.compared)

    def follow(self, compared: Compared) -> None:
        """Show the groups that there are now."""
        page = self._owner.view.groups
        page.set_compared(compared)
        if page.isVisible():
            self._look_into_folders(compared)

    def forget(self) -> None:
        """Drop the answer: it would be another one now."""
        self.cancel()
        self._asked = self._example = None
        self._owner.view.groups.set_answer(None)

    # --- groups ----------------------------------------------------------------------

    def ask(self, groups: tuple[Group, ...]) -> None:
        """Compare these groups; what is known of their photos is not computed again."""
        if self._subject is None:
            return
        self.cancel()
        self._owner.fail(None)
        question = CompareGroups(*self._subject, groups)
        self._asked = question
        self._ticket = Ticket(question, self._take, "jobs")
        self._tell(0.0, None)
        made = self._runner.submit(question, self._take, view=KEY)
        if self._ticket is not None:
            self._ticket = made

    def cancel(self) -> None:
        """Stop; what is known so far stays."""
        ticket, self._ticket = self._ticket, None
        if ticket is not None:
            ticket.cancel()
            self._end()

    def _take(self, outcome: Outcome) -> None:
        if outcome.question != self._asked:
            return
        page = self._owner.view.groups
        if isinstance(outcome, Partial):
            if outcome.answer is not None:
                page.set_answer(outcome.answer)
            if self._ticket is not None:
                self._tell(outcome.fraction, outcome.seconds_left, outcome.text)
            return
        self._ticket = None
        self._end()
        if isinstance(outcome, Done):
            page.set_answer(outcome.answer)
        elif isinstance(outcome, Failed):
            self._owner.fail(outcome)

    def _tell(self, fraction: float, left: float | None, text: str = "") -> None:
        words = progress_text(fraction, left)
        self._owner.view.groups.set_progress(fraction, f"{text or 'waiting'}, {words}")
        activity = Activity("comparing groups", fraction, left, cancellable=True)
        self._status.set_activity(KEY, activity)

    def _end(self) -> None:
        page = self._owner.view.groups
        page.set_progress(None)
        self._status.set_activity(KEY, None)
        answer: GroupsAnswer | None = page.answer
        if answer is not None and answer.partial:
            page.set_answer(answer)  # which says now that it stopped

    # --- examples and folders --------------------------------------------------------

    def _ask_example(self, wanted: tuple[str, int, Group]) -> None:
        if self._subject is None:
            return
        unit, channel, photos = wanted
        self._example = ExampleMaps(*self._subject, photos, unit, channel)
        self._runner.live("compare examples", self._example, self._take_example)

    def _take_example(self, outcome: Outcome) -> None:
        if outcome.question != self._example:
            return
        if isinstance(outcome, Done):
            self._owner.view.groups.set_examples(outcome.answer)
        elif isinstance(outcome, Failed):
            self._owner.fail(outcome)

    def _sort(self, groups: tuple[GroupDraft, ...], step: bool) -> None:
        """Have these groups; Ctrl+Z goes back by steps."""
        self._session.update(
            lambda now: replace(now, compared=now.compared.sorted_into(groups)), undoable=step
        )

    def _look_into_folders(self, compared: Compared) -> None:
        """Find folders' photos: some from all over a folder, if it has too many."""
        for folder in compared.unlisted:
            if folder not in self._looks:
                question = FindPhotos(folder, MOST_PHOTOS)
                ticket = self._runner.submit(question, self._take_folder, lane="files")
                self._looks[folder] = ticket

    def _take_folder(self, outcome: Outcome) -> None:
        asked = outcome.question
        assert isinstance(asked, FindPhotos)
        if isinstance(outcome, Partial):
            return
        self._looks.pop(asked.folder, None)
        if isinstance(outcome, Cancelled):
            return
        listed = Folder(asked.folder)
        if isinstance(outcome, Done):
            listed = Folder(asked.folder, outcome.answer.examples, outcome.answer.photos)
        elif isinstance(outcome, Failed):
            self._owner.fail(outcome)
        self._session.update(
            lambda now: replace(now, compared=now.compared.with_folder(listed)), undoable=False
        )
