"""What the menus, the choosers and the views' gestures do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QActionGroup, QGuiApplication
from PySide6.QtWidgets import QMenu

from ..questions import Graph
from ..session import State
from . import about, dialogs, snippets, theme
from .drops import read_mime
from .getting import downloads
from .maps.compose import channel_order
from .stops import neighbour, stops, units

if TYPE_CHECKING:
    from .controller import Controller

TEXT_STEP = 1.1
COPIED = {
    "trace": "the trace of this photo",
    "maps": "the feature maps",
    "seen": "what the network sees",
    "channel": "the channel",
    "predictions": "the predictions",
    "attribution": "the attribution",
    "lab": "the selected cell",
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
        "get_checkpoint": controller.downloads.show,
        "classes": partial(show_classes, controller),
        "about_checkpoint": partial(about_checkpoint, controller),
        "larger": partial(scale_text, controller, TEXT_STEP),
        "smaller": partial(scale_text, controller, 1 / TEXT_STEP),
        "normal": partial(scale_text, controller, None),
        "find_unit": window.network.focus_search,
        "fit_network": window.network.canvas.fit,
        "attribute": partial(attribute, controller),
        "cancel": window.status.cancel_newest,
        "next_image": partial(step_image, controller, 1),
        "previous_image": partial(step_image, controller, -1),
        "next_unit": partial(step_unit, controller, 1),
        "previous_unit": partial(step_unit, controller, -1),
        "shortcuts": lambda: about.shortcuts(menus.shortcuts(), window).show(),
        "about": lambda: about.about(controller.session.state.machine, window).show(),
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
    window.status.cancel_requested.connect(partial(cancel, controller))
    cancel_action = window.menus["cancel"]
    window.status.cancellable_changed.connect(lambda can: cancel_action.setEnabled(can))
    cancel_action.setEnabled(False)
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
    for name in ("open_checkpoint", "open_demo", "get_checkpoint", "classes", "about_checkpoint"):
        menu.addAction(window.menus[name])
    _list_in_menu_bar(controller, group)
    opened = state.open_checkpoint
    window.top_row.set_checkpoint(opened.name if opened else "", opened.verdict if opened else "")


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
    """Look at the photo through another open checkpoint."""

    def change(state: State) -> State:
        info = next(c for c in state.checkpoints if c.fingerprint == fingerprint)
        names = {node.name for node in info.graph.nodes}
        unit = state.unit if state.unit in names else "inception3a"
        explained = replace(state.attribution, target=None)
        return replace(
            state, checkpoint=fingerprint, preprocessing=None, unit=unit, attribution=explained
        )

    controller.session.update(change)


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
    for name in ("classes", "about_checkpoint"):
        menus[name].setEnabled(state.open_checkpoint is not None)
    for name in ("attribute", "copy_python", "copy_headline", "next_unit", "previous_unit"):
        menus[name].setEnabled(has_frame)
    for name in ("next_image", "previous_image"):
        menus[name].setEnabled(len(state.images) > 1)
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
        lambda state: replace(state, attribution=replace(state.attribution, target=index))
    )


def attribute(controller: Controller) -> None:
    """Compute the lab if it is in front; else bring the attribution there and compute it."""
    if controller.window.tabs.currentWidget() is controller.window.lab:
        controller.lab_running.ask_all()
        return
    controller.window.tabs.setCurrentWidget(controller.window.attribution)
    controller.attributing.ask()


def cancel(controller: Controller, key: str) -> None:
    """Take back one of the things that run."""
    if key == "attribution":
        controller.attributing.cancel()
    elif key == "lab":
        controller.lab_running.cancel()
    elif key.startswith(downloads.KEY):
        controller.downloads.cancel(key)
    else:
        controller.opening.cancel(key)


def scale_text(controller: Controller, factor: float | None) -> None:
    """Make the text larger or smaller; None is the normal size."""
    theme.apply(controller.theme_name, 1.0 if factor is None else theme.text_scale() * factor)
    controller.window.preferences.text_scale = theme.text_scale()


# --- words about what is shown ---


def show_classes(controller: Controller) -> None:
    """Show the classes that the open checkpoint knows."""
    info = controller.session.state.open_checkpoint
    if info is not None:
        dialog = dialogs.classes(info, controller.window)
        dialog.class_selected.connect(partial(explain_class, controller))
        dialog.show()


def about_checkpoint(controller: Controller) -> None:
    """Show what is known of the open checkpoint."""
    info = controller.session.state.open_checkpoint
    if info is not None:
        about.about_checkpoint(info, controller.window).show()


def copy_python(controller: Controller, kind: str) -> None:
    """Put the lines that give a view's numbers on the clipboard.

    Parameters
    ----------
    controller
        Of the window.
    kind
        ``"trace"``, ``"maps"``, ``"seen"``, ``"channel"``, ``"predictions"``,
        ``"attribution"``, ``"lab"``; ``""`` for the view that has the keyboard, else the tab in
        front.
    """
    frame, state = controller.frames.frame, controller.session.state
    if frame is None or state.scene != frame.scene:
        return
    window = controller.window
    kind = kind or window.view_in_use.python_kind
    question = state.attribution_question
    assert question is not None
    answer = controller.attributing.answer
    texts = {
        "maps": lambda: snippets.maps(state, frame.maps),
        "seen": lambda: snippets.seen(state),
        "predictions": lambda: snippets.predictions(state, frame.overview.predictions.logits),
        "attribution": lambda: snippets.attribution(state, answer.question if answer else question),
        "lab": controller.lab_running.snippet,
    }
    if state.channel is not None:
        unit, index = state.channel
        texts["channel"] = lambda: snippets.channel(state, unit, index)
    _copy(texts.get(kind, lambda: snippets.trace(state))())
    window.status.flash(f"Copied as Python: {COPIED[kind]}.")


def _copy(text: str) -> None:
    QGuiApplication.clipboard().setText(text)
