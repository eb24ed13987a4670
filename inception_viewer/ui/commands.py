"""What the menus, the choosers and the views' gestures do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QActionGroup, QGuiApplication
from PySide6.QtWidgets import QMenu

from ..changed_inputs import is_changed
from ..checkpoint_changes import look_at, use_attribution
from ..questions import Graph
from . import compare_link, dialogs, head_words, theme
from .drops import read_mime, sources_of_paths
from .later_parts import CANCELLABLE
from .maps.compose import channel_order
from .opening import DEMO
from .stops import neighbour, stops, units

if TYPE_CHECKING:
    from .controller import Controller
    from .evaluation.results import Measured

TEXT_STEP = 1.1
OF_THE_CHOOSER = (
    *("open_checkpoint", "open_demo", "get_checkpoint", "classes", "input"),
    *("about_checkpoint", "save_checkpoint", "close_checkpoint"),
)
"""What the chooser of checkpoints offers beside those that are open."""
COPIED = {
    "trace": "the trace of this photo",
    "maps": "the feature maps",
    "seen": "what the network sees",
    "channel": "the channel",
    "top_photos": "the channel's top photos",
    "predictions": "the predictions",
    "attribution": "the attribution",
    "lab": "the selected cell",
    "compare": "what is compared",
    "intervene": "what the Intervene tab shows",
    "checkpoint": "what the checkpoint is",
}
"""What "Copy as Python" has copied, in words."""


def connect(controller: Controller) -> None:
    """Give every action and every gesture its meaning."""
    _connect_menus(controller)
    _connect_views(controller)
    fill_devices(controller)
    fill_checkpoints(controller)
    enable(controller)


def _connect_menus(controller: Controller) -> None:
    window, menus = controller.window, controller.window.menus
    act = {
        "open_image": partial(open_images, controller),
        "open_folder": partial(open_folder, controller),
        "remove": window.tray.remove_selected,
        "undo": partial(travel, controller, controller.session.undo),
        "redo": partial(travel, controller, controller.session.redo),
        "paste": partial(paste, controller),
        "copy_python": partial(copy_python, controller, ""),
        "copy_headline": lambda: _copy(window.headline.sentence),
        "open_checkpoint": partial(open_checkpoint, controller),
        "open_demo": lambda: controller.opening.open_checkpoint("demo"),
        "get_checkpoint": lambda: controller.downloads.show(),
        "close_checkpoint": controller.opening.close_checkpoint,
        "next_checkpoint": partial(step_checkpoint, controller, 1),
        "previous_checkpoint": partial(step_checkpoint, controller, -1),
        "input": lambda: controller.input_editing.show(),
        "save_checkpoint": lambda: controller.saving.show(),
        "fit_heads": lambda: controller.fits.show(),
        "classes": partial(show_classes, controller),
        "about_checkpoint": window.show_card,
        "larger": partial(scale_text, controller, TEXT_STEP),
        "smaller": partial(scale_text, controller, 1 / TEXT_STEP),
        "normal": partial(scale_text, controller, None),
        "find_unit": window.network.focus_search,
        "fit_network": window.network.canvas.fit,
        "attribute": partial(attribute, controller),
        "evaluate": lambda: controller.evaluating.show(),
        "concepts": lambda: controller.concept_testing.show(),
        "index": lambda: controller.indexing.ask(),
        "cancel": window.status.cancel_newest,
        "empty_queue": controller.lab_link.empty,
        "brush": partial(toggle_brush, controller),
        "clear_painting": controller.painting.clear,
        "clear_input": controller.intervening.clear_input,
        "clear_interventions": controller.intervening.clear,
        "next_image": partial(step_image, controller, 1),
        "previous_image": partial(step_image, controller, -1),
        "next_unit": partial(step_unit, controller, 1),
        "previous_unit": partial(step_unit, controller, -1),
        "shortcuts": partial(show_shortcuts, controller),
        "about": partial(show_about, controller),
    }
    for name, call in act.items():
        menus[name].triggered.connect(lambda _checked=False, call=call: call())
    for action in menus.themes.actions():
        action.setChecked(action.data() == controller.theme_name)
    menus.themes.triggered.connect(lambda action: controller.set_theme(action.data()))


def _connect_views(controller: Controller) -> None:
    window = controller.window
    window.tray.image_selected.connect(controller.select_image)
    window.tray.remove_requested.connect(controller.opening.remove)
    window.tray.open_requested.connect(partial(open_images, controller))
    window.tray.paste_requested.connect(partial(paste, controller))
    window.network.unit_selected.connect(controller.select_unit)
    window.maps.channel_selected.connect(controller.select_channel)
    window.maps.settings_changed.connect(controller.set_maps)
    window.maps.module_stepped.connect(partial(step_stop, controller))
    window.inspector.channel_stepped.connect(partial(step_channel, controller))
    window.predictions.class_selected.connect(partial(explain_class, controller))
    window.predictions.classes_requested.connect(partial(show_classes, controller))
    card = window.checkpoint
    card.input_requested.connect(window.menus["input"].trigger)
    card.save_requested.connect(window.menus["save_checkpoint"].trigger)
    card.class_list_requested.connect(window.menus["class_list"].trigger)
    window.notice.details_requested.connect(window.show_card)
    brush = window.menus["brush"]
    window.attribution.brush_toggled.connect(lambda taken: brush.setChecked(taken))
    window.status.cancel_requested.connect(partial(cancel, controller))
    for name in ("cancel", "empty_queue"):
        action = window.menus[name]
        window.status.cancellable_changed.connect(lambda can, action=action: action.setEnabled(can))
        action.setEnabled(False)
    for view in window.views.values():
        view.copy_python_requested.connect(partial(copy_python, controller))


# --- opening ---


def open_images(controller: Controller) -> None:
    """Ask for image files and open them."""
    controller.bring(dialogs.ask_images(controller.window))


def open_folder(controller: Controller) -> None:
    """Ask for a folder and open its photos."""
    controller.bring(dialogs.ask_folder(controller.window))


def open_checkpoint(controller: Controller) -> None:
    """Ask for a checkpoint and open it."""
    controller.bring(dialogs.ask_checkpoint(controller.window))


def paste(controller: Controller) -> None:
    """Open what is on the clipboard: pixels, files, or paths as text."""
    found = read_mime(QGuiApplication.clipboard().mimeData())
    if found:
        controller.bring(found)
    else:
        controller.window.messages.say("There is no picture and no file on the clipboard.")


# --- choosers ---


def fill_checkpoints(controller: Controller) -> None:
    """List the open checkpoints in the chooser and in the Checkpoint menu."""
    state, window = controller.session.state, controller.window
    menu = window.checkpoint_menu
    _empty(menu)
    group = QActionGroup(menu)
    for info in state.checkpoints:
        action = menu.addAction(info.name)
        action.setToolTip(f"{info.verdict}\n{info.source}")
        action.setCheckable(True)
        action.setChecked(info.fingerprint == state.checkpoint)
        look = partial(look_at_checkpoint, controller, info.fingerprint)
        action.triggered.connect(lambda _checked=False, look=look: look())
        group.addAction(action)
    menu.addSeparator()
    for name in OF_THE_CHOOSER:
        menu.addAction(window.menus[name])
    _list_in_menu_bar(controller, group)
    opened = state.open_checkpoint
    window.top_row.set_checkpoint(opened.name if opened else "", opened.verdict if opened else "")
    window.top_row.set_heads(head_words.notes(opened))


def _empty(menu: QMenu) -> None:
    """Take everything out; not by ``clear``, which breaks actions that other menus share."""
    for action in menu.actions():
        menu.removeAction(action)
        if action.parent() is menu:
            action.deleteLater()
    for group in menu.findChildren(QActionGroup):
        group.deleteLater()


def _list_in_menu_bar(controller: Controller, group: QActionGroup) -> None:
    """Repeat the open checkpoints at the end of the Checkpoint menu."""
    menu: QMenu = controller.window.menus.submenu("Checkpoint")
    for action in menu.actions():
        if action.property("listed"):
            menu.removeAction(action)
    if group.actions():
        menu.addSeparator().setProperty("listed", True)
    for action in group.actions():
        action.setProperty("listed", True)
        menu.addAction(action)


def look_at_checkpoint(controller: Controller, fingerprint: str) -> None:
    """Look at the photo through another open checkpoint, with the input chosen for it."""
    controller.session.update(lambda state: look_at(state, fingerprint))


def step_checkpoint(controller: Controller, by: int) -> None:
    """Look through the next or the previous open checkpoint, around the ends."""
    state = controller.session.state
    marks = [info.fingerprint for info in state.checkpoints]
    if state.checkpoint in marks:
        look_at_checkpoint(controller, marks[(marks.index(state.checkpoint) + by) % len(marks)])


def look_at_measured(controller: Controller, found: tuple[str, Measured]) -> None:
    """Open a photo of an evaluation, with the network and the input that it was measured with."""
    path, measured = found
    asked, made = measured.key[0], measured.answer.provenance.preprocessing
    state = controller.session.state
    info = next((c for c in state.checkpoints if c.fingerprint == asked), None)
    if info is not None:
        if asked != state.checkpoint:
            look_at_checkpoint(controller, asked)
        own = None if made == info.preprocessing else made
        controller.session.update(lambda state: replace(state, preprocessing=own))
    controller.bring(sources_of_paths([path]))
    controller.window.raise_()
    controller.window.activateWindow()


def fill_devices(controller: Controller) -> None:
    """List the devices of this machine."""
    machine, window = controller.session.state.machine, controller.window
    menu = window.device_menu
    _empty(menu)
    group = QActionGroup(menu)
    for device, name in machine.devices if machine else ():
        action = menu.addAction(name)
        action.setCheckable(True)
        action.setChecked(machine is not None and device == machine.device)
        action.triggered.connect(
            lambda _checked=False, device=device: controller.switch_device(device)
        )
        group.addAction(action)
    short = machine.device.upper() if machine else ""
    window.top_row.set_device(short)
    window.status.set_device(short)


def enable(controller: Controller) -> None:
    """Grey out what cannot be done now."""
    state, menus = controller.session.state, controller.window.menus
    has_frame = controller.frames.frame is not None
    opened, several = state.open_checkpoint, len(state.checkpoints) > 1
    for name in ("classes", "about_checkpoint", "input", "save_checkpoint"):
        menus[name].setEnabled(opened is not None)
    for name in ("next_checkpoint", "previous_checkpoint"):
        menus[name].setEnabled(several)
    menus["close_checkpoint"].setEnabled(several or bool(opened and opened.source != DEMO))
    for name in ("attribute", "copy_python", "copy_headline", "next_unit", "previous_unit"):
        menus[name].setEnabled(has_frame)
    menus["brush"].setEnabled(has_frame)
    menus["clear_painting"].setEnabled(state.painting is not None)
    menus["clear_input"].setEnabled(is_changed(state, state.image))
    menus["clear_interventions"].setEnabled(bool(state.interventions))
    for name in ("next_image", "previous_image"):
        menus[name].setEnabled(len(state.images) > 1)
    for name in ("evaluate", "concepts", "index"):
        menus[name].setEnabled(state.open_checkpoint is not None)
    menus["remove"].setEnabled(bool(state.images))
    menus["undo"].setEnabled(controller.session.can_undo)
    menus["redo"].setEnabled(controller.session.can_redo)


# --- looking around ---


def travel(controller: Controller, go: Callable[[], bool]) -> None:
    """Undo or redo; where that leads nowhere, the entry is greyed."""
    go()
    enable(controller)


def step_image(controller: Controller, by: int) -> None:
    """Look at the next or the previous photo, around the ends."""
    state = controller.session.state
    ids = [image.id for image in state.images]
    if ids:
        place = ids.index(state.image) if state.image in ids else 0
        controller.select_image(ids[(place + by) % len(ids)])


def step_unit(controller: Controller, by: int) -> None:
    """Look at the next or the previous unit with a map."""
    _step(controller, units, by)


def step_stop(controller: Controller, by: int) -> None:
    """Look at the next or the previous module, or unit outside the modules."""
    _step(controller, stops, by)


def _step(controller: Controller, listing: Callable[[Graph], list[str]], by: int) -> None:
    state = controller.session.state
    info = state.open_checkpoint
    if info is not None:
        controller.select_unit(neighbour(listing(info.graph), state.unit, by))


def step_channel(controller: Controller, by: int) -> None:
    """Look at the next or the previous channel in the order shown, around the ends."""
    frame, channel = controller.frames.frame, controller.session.state.channel
    if frame is None or channel is None:
        return
    group = next((g for g in frame.maps.groups if g.unit == channel[0]), None)
    if group is not None:
        order = channel_order(group, controller.session.state.maps.sort).tolist()
        place = (order.index(channel[1]) + by) % len(order)
        controller.select_channel((channel[0], order[place]))


def explain_class(controller: Controller, index: int) -> None:
    """Explain a class that was chosen in the predictions."""
    controller.session.update(
        lambda state: use_attribution(state, replace(state.attribution, target=index))
    )


def attribute(controller: Controller) -> None:
    """Compute the lab if it is in front; else bring the attribution there and compute it."""
    if controller.window.tabs.currentWidget() is controller.window.lab_tab:
        controller.lab_running.ask_all()
        return
    controller.window.tabs.setCurrentWidget(controller.window.attribution)
    controller.attributing.ask()


def toggle_brush(controller: Controller) -> None:
    """Take the brush up over the picture of the attribution, or lay it down."""
    view, tabs = controller.window.attribution, controller.window.tabs
    taken = not (view.has_brush and tabs.currentWidget() is view)
    tabs.setCurrentWidget(view)
    view.take_brush(taken)
    controller.window.menus["brush"].setChecked(taken)


def cancel(controller: Controller, key: str) -> None:
    """Take back one of the things that run."""
    known = {
        "attribution": lambda: controller.attributing.cancel(),
        "lab": lambda: controller.lab_running.cancel(),
        "importance": lambda: controller.intervening.cancel(key),
        "decisive": lambda: controller.intervening.cancel(key),
        "mislead": lambda: controller.intervening.cancel(key),
        compare_link.KEY: lambda: controller.compare_link.cancel(),
        **{part.key: part.cancel for part in controller.made(*CANCELLABLE)},
    }
    if key in known:
        known[key]()
        return
    for downloads in controller.made("downloads"):
        if key.startswith(downloads.key):
            downloads.cancel(key)
            return
    controller.opening.cancel(key)


def scale_text(controller: Controller, factor: float | None) -> None:
    """Make the text larger or smaller; None is the normal size."""
    theme.apply(controller.theme_name, 1.0 if factor is None else theme.text_scale() * factor)
    controller.window.preferences.text_scale = theme.text_scale()


# --- words about what is shown ---


def show_shortcuts(controller: Controller) -> None:
    """Show the keys."""
    from .about import shortcuts  # asked for seldom

    shortcuts(controller.window.menus.shortcuts(), controller.window).show()


def show_about(controller: Controller) -> None:
    """Show the versions."""
    from .about import about  # asked for seldom

    about(controller.session.state.machine, controller.window).show()


def show_classes(controller: Controller) -> None:
    """Show the classes that the open checkpoint knows."""
    info = controller.session.state.open_checkpoint
    if info is not None:
        dialog = dialogs.classes(info, controller.window)
        dialog.class_selected.connect(partial(explain_class, controller))
        dialog.show()


def copy_python(controller: Controller, kind: str) -> None:
    """Put the lines that give a view's numbers on the clipboard.

    Parameters
    ----------
    controller
        Of the window.
    kind
        ``"trace"``, ``"maps"``, ``"seen"``, ``"channel"``, ``"top_photos"``,
        ``"predictions"``, ``"attribution"``, ``"lab"``, ``"compare"``,
        ``"intervene"``, ``"checkpoint"``; ``""`` for the view that has the
        keyboard, else the tab in front.
    """
    from . import snippets  # the first paint need not wait for it

    frame, state = controller.frames.frame, controller.session.state
    window = controller.window
    kind = kind or window.view_in_use.python_kind
    if kind == "checkpoint" and state.open_checkpoint is not None:
        _copy_python(controller, kind, snippets.checkpoint(state))
        return
    if frame is None or state.scene != frame.scene:
        return
    question = state.attribution_question
    assert question is not None
    answer = controller.attributing.answer
    texts: dict[str, Callable[[], str]] = {
        "maps": lambda: snippets.maps(state, frame.maps),
        "seen": lambda: snippets.seen(state),
        "predictions": lambda: snippets.predictions(state, frame.overview.predictions.logits),
        "attribution": lambda: snippets.attribution(state, answer.question if answer else question),
        "lab": lambda: controller.lab_running.snippet(),
        "compare": controller.compare_link.snippet,
        "intervene": lambda: controller.intervening.snippet() or snippets.trace(state),
    }
    if state.channel is not None:
        unit, index = state.channel
        texts["channel"] = lambda: snippets.channel(state, unit, index)
        texts["top_photos"] = lambda: controller.top_photos.snippet() or texts["channel"]()
    _copy_python(controller, kind, texts.get(kind, lambda: snippets.trace(state))())


def _copy_python(controller: Controller, kind: str, text: str) -> None:
    _copy(text)
    controller.window.status.flash(f"Copied as Python: {COPIED[kind]}.")


def _copy(text: str) -> None:
    QGuiApplication.clipboard().setText(text)
