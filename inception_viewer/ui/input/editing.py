"""Editing how a photo becomes the input: the dialog's draft, its preview, and its use."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from ...checkpoint_changes import use_input
from ...checkpoint_questions import InputPreview, PreviewInput
from ...checkpoints.inputs import adapted, convention
from ...questions import CheckpointInfo, Predictions, Scene
from ...runner import Done, Failed, Outcome, Partial, Runner, Ticket
from ...session import Session, State
from ...verdict_questions import Convention, Judge, Suggestion, Sureness
from ..checkpoint.judgement import Asking
from ..main_window import MainWindow
from ..saving.saving import own_convention
from ..status_bar import Activity
from . import draft
from .draft import Draft, Fields

if TYPE_CHECKING:
    from ..input_dialog import InputDialog

KEY = "input samples"
PAUSE_MS = 120
"""From the last key to the preview: while somebody types nothing is computed."""
NOT_TOLD = "The samples cannot tell: the main head was never trained, or is never sure."


class InputEditing(QObject):
    """Keeps the dialog on the checkpoint and the photo that are looked at."""

    key = KEY

    def __init__(self, session: Session, runner: Runner, window: MainWindow) -> None:
        super().__init__(window)
        self._session, self._runner, self._window = session, runner, window
        self.dialog: InputDialog | None = None
        self._base: Convention | None = None
        self._draft = Draft(None, {}, {})
        self._shown: Scene | None = None
        self._refused: Scene | None = None
        self._in_use: Predictions | None = None
        self._suggestions: dict[Judge, Suggestion | None] = {}
        self._ticket: Ticket | None = None
        self._wants_suggestion = False
        self._soon = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._soon.timeout.connect(self._preview)

    # --- the dialog and the session ---

    def show(self) -> None:
        """Show the dialog, filled with the input in use."""
        if self._session.state.open_checkpoint is None:
            return
        if self.dialog is None:
            self.dialog = self._made()
        if not self.dialog.isVisible():
            self._fill()
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()

    def _made(self) -> InputDialog:
        # Imported once somebody wants it: the first paint need not wait.
        from ..input_dialog import InputDialog

        dialog = InputDialog(self._window)
        dialog.form.edited.connect(self._edit)
        dialog.form.chosen.connect(self._choose)
        dialog.samples.picked.connect(self._pick)
        dialog.samples.judgement.asked.connect(self.ask)
        dialog.samples.judgement.cancelled.connect(self.cancel)
        dialog.used.connect(self.use)
        dialog.restored.connect(self.restore)
        return dialog

    def follow(self, old: State, new: State) -> None:
        """Follow what is looked at while the dialog is open."""
        if self.dialog is None or not self.dialog.isVisible():
            return
        if new.open_checkpoint is None:
            self.dialog.close()
        elif (old.checkpoint, old.chosen_input) != (new.checkpoint, new.chosen_input):
            self._fill()
        elif (old.image, old.checkpoints) != (new.image, new.checkpoints):
            self._preview()

    @property
    def _info(self) -> CheckpointInfo:
        info = self._session.state.open_checkpoint
        assert info is not None
        return info

    def _used(self) -> Convention:
        """Return the input in use, in the terms in which it was chosen."""
        own, chosen = own_convention(self._info), self._session.state.chosen_input
        if chosen is None:
            return own
        return chosen.convention or convention(chosen.preprocessing, own.transform_input)

    def _fill(self) -> None:
        """Fill the form with the input in use."""
        assert self.dialog is not None
        self.dialog.set_checkpoint(self._info.name)
        self.dialog.form.set_choice(draft.OWN)
        self._take_convention(self._used())
        self._show_samples()
        self._preview()

    def _take_convention(self, made: Convention) -> None:
        """Put a convention into the form."""
        assert self.dialog is not None
        self._base = made
        fields = draft.fields_of(made)
        self.dialog.form.set_fields(fields)
        self._read(fields)

    # --- editing ---

    def _edit(self, fields: Fields) -> None:
        self._read(fields)
        self._soon.start()

    def _read(self, fields: Fields) -> None:
        assert self.dialog is not None
        assert self._base is not None
        self._draft = draft.read(fields, self._base, self._info.least_size)
        made, form = self._draft.convention, self.dialog.form
        form.set_sentences(self._draft.errors, self._draft.notes)
        own = own_convention(self._info)
        now = form.choice_id
        form.set_choice(draft.BY_HAND if made is None else draft.choice_of(made, own, now))
        self.dialog.preview.setEnabled(made is not None)
        self._stand()

    def _choose(self, choice: str) -> None:
        if choice == draft.SAMPLES:
            self._suggest()
            return
        now = self._draft.convention or self._used()
        self._take_convention(draft.chosen(choice, own_convention(self._info), now.preprocessing))
        self._preview()

    def _pick(self, one: Sureness) -> None:
        assert self.dialog is not None
        self._take_convention(one.convention)
        self._preview()

    def _scene(self) -> Scene | None:
        """Return the open photo under the draft."""
        scene, made = self._session.state.scene, self._draft.convention
        if scene is None or made is None:
            return None
        flag = own_convention(self._info).transform_input
        return replace(scene, preprocessing=adapted(made, flag))

    def _stand(self) -> None:
        """Offer what can be done with the draft."""
        assert self.dialog is not None
        scene, in_use = self._scene(), self._session.state.scene
        made = self._draft.convention
        same = made is not None and replace(made, name="") == replace(self._used(), name="")
        if made is None:
            words = "A field has to be mended first."
        elif same:
            own = self._session.state.chosen_input is None
            words = "In use: the checkpoint's own." if own else "In use."
        elif scene is not None and scene == self._refused:
            words = "It cannot be used."
        else:
            words = "Not in use yet."
        ready = in_use is None or (scene is not None and scene == self._shown)
        self.dialog.set_standing(
            words,
            can_use=made is not None and not same and ready,
            can_restore=self._session.state.chosen_input is not None,
        )

    # --- the preview ---

    def _preview(self) -> None:
        """Ask what becomes of the photo, under the draft and under what is in use."""
        self._soon.stop()
        assert self.dialog is not None
        state, scene = self._session.state, self._scene()
        if state.scene is None:
            self._shown = None
            self.dialog.preview.set_preview(None, None)
            self.dialog.preview.set_in_use(None)
        elif scene is not None:
            asked = PreviewInput(state.scene)
            self._runner.live("input in use", asked, self._take_in_use)
            self._runner.live("input preview", PreviewInput(scene), self._take)
        self._stand()

    def _take_in_use(self, outcome: Outcome) -> None:
        state = self._session.state
        if self.dialog is None or outcome.question != PreviewInput(state.scene):
            return
        if isinstance(outcome, Done):
            self.dialog.preview.set_in_use(self._named(outcome.answer).predictions)

    def _take(self, outcome: Outcome) -> None:
        scene = self._scene()
        if self.dialog is None or scene is None or outcome.question != PreviewInput(scene):
            return
        if isinstance(outcome, Done):
            self._shown, self._refused = scene, None
            photo = self._session.state.open_image
            self.dialog.preview.set_preview(self._named(outcome.answer), photo)
        elif isinstance(outcome, Failed):
            self._shown, self._refused = None, scene
            self.dialog.preview.say(outcome.sentence, wrong=True)
        self._stand()

    def _named(self, preview: InputPreview) -> InputPreview:
        """Return a preview with the class names in use."""
        predictions = replace(preview.predictions, classes=self._info.classes)
        return replace(preview, predictions=predictions)

    # --- using it ---

    def use(self) -> None:
        """Use the draft from now on; it can be undone."""
        made, info = self._draft.convention, self._info
        if made is None:
            return
        own = own_convention(info)
        if replace(made, name="") == replace(own, name=""):
            self.restore()
            return
        prepared = adapted(made, own.transform_input)
        self._session.update(lambda state: use_input(state, prepared, made))

    def restore(self) -> None:
        """Use the checkpoint's own input again; it can be undone."""
        before = self._session.state
        self._session.update(lambda state: use_input(state, None))
        if self._session.state == before:
            self._fill()

    # --- the samples ---

    @property
    def _question(self) -> Judge:
        chosen = self._session.state.chosen_input
        return Judge(self._info.fingerprint, chosen.preprocessing if chosen else None)

    def _suggest(self) -> None:
        """Fill the form with what the samples speak for, once they have been asked."""
        assert self.dialog is not None
        self._wants_suggestion = True
        self._read(self.dialog.form.fields)  # the chooser goes back to what the fields are
        self.dialog.show_samples()
        if self._question in self._suggestions:
            self._use_suggestion()
        else:
            self.ask()

    def _use_suggestion(self) -> None:
        self._wants_suggestion = False
        suggestion = self._suggestions.get(self._question)
        if suggestion is not None:
            self._pick(suggestion.better or suggestion.own)

    def ask(self) -> None:
        """Ask the samples how sure the network is under each known convention."""
        assert self.dialog is not None
        if self._ticket is not None:
            return
        self.dialog.samples.judgement.set_asking(Asking("waiting"))
        deliver = partial(self._take_verdict, self._question)
        ticket = self._runner.submit(self._question, deliver, view=KEY)
        if self._question not in self._suggestions:  # else it was in the cache
            self._ticket = ticket

    def cancel(self) -> None:
        """Ask them no further."""
        if self._ticket is not None:
            self._ticket.cancel()

    def _take_verdict(self, question: Judge, outcome: Outcome) -> None:
        assert self.dialog is not None
        judgement = self.dialog.samples.judgement
        if isinstance(outcome, Partial):
            if self._ticket is not None and not self._ticket.stop.is_set():
                judgement.set_asking(Asking("running", outcome.fraction, outcome.seconds_left))
                text = "Comparing inputs on the samples"
                left = outcome.seconds_left
                activity = Activity(text, outcome.fraction, left, cancellable=True)
                self._window.status.set_activity(KEY, activity)
            return
        self._ticket = None
        self._window.status.set_activity(KEY, None)
        if isinstance(outcome, Done):
            self._suggestions[question] = outcome.answer.suggestion
        self._show_samples(outcome.sentence if isinstance(outcome, Failed) else "")
        if isinstance(outcome, Done) and self._wants_suggestion and question == self._question:
            self._use_suggestion()
        else:
            self._wants_suggestion = False

    def _show_samples(self, failure: str = "") -> None:
        assert self.dialog is not None
        panel, question = self.dialog.samples, self._question
        known = self._runner.cache.get(question)
        if question not in self._suggestions and known is not None:
            self._suggestions[question] = known.suggestion
        panel.set_suggestion(self._suggestions.get(question))
        if question not in self._suggestions:
            if self._ticket is None:
                panel.judgement.set_asking(Asking("unasked", failure=failure))
        elif self._suggestions[question] is None:
            panel.judgement.set_asking(Asking("unasked", failure=NOT_TOLD))
        else:
            panel.judgement.set_asking(Asking("done"))
