"""What can be done to a unit or a channel, as entries of a menu: the same wherever it opens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from ...intervention_questions import Intervention

MANY = 24
"""Photos that are offered in the menu; the list of the tab offers all."""
Kind = Literal["do", "adjust", "undo", "undo_all"]


@dataclass(frozen=True)
class Wish:
    """What someone wants done.

    Attributes
    ----------
    intervention
        What, to which unit or channels.
    kind
        ``"do"``; ``"adjust"``: do it, and show its slider; ``"undo"``: leave the place alone
        again; ``"undo_all"``: the unit with all of its channels.
    """

    intervention: Intervention
    kind: Kind = "do"


@dataclass(frozen=True)
class Touching:
    """What there is to intervene with.

    Attributes
    ----------
    interventions
        What is done now, in order.
    photos
        (content hash, name) of the tray's photos.
    image
        The photo looked at, or ``""``.
    """

    interventions: tuple[Intervention, ...] = ()
    photos: tuple[tuple[str, str], ...] = ()
    image: str = ""

    def at(self, unit: str, channels: tuple[int, ...] | None) -> Intervention | None:
        """Return what is done to exactly this."""
        found = (o for o in self.interventions if (o.unit, o.channels) == (unit, channels))
        return next(found, None)

    @property
    def names(self) -> dict[str, str]:
        """The photos' names by content hash."""
        return dict(self.photos)


Send = Callable[[Wish], None]


def add_entries(
    menu: QMenu,
    unit: str,
    channels: tuple[int, ...] | None,
    touching: Touching,
    send: Send,
) -> None:
    """Append what can be done to a unit, or channels of it, to a menu.

    Parameters
    ----------
    menu
        To append to; it owns the entries.
    unit, channels
        What it is about; None for all channels.
    touching
        What is done now, and the photos to choose from.
    send
        Told what was chosen.
    """

    def entry(text: str, wish: Wish, checked: bool = False, into: QMenu = menu) -> QAction:
        action = into.addAction(text)
        action.setCheckable(checked)
        action.setChecked(checked)
        action.triggered.connect(lambda _=False: send(wish))
        return action

    now = touching.at(unit, channels)
    mode = now.mode if now is not None else ""
    frozen = mode == "patch" and now is not None and now.images == (touching.image,)
    entry("Switch off", Wish(Intervention(unit, "zero", channels)), mode == "zero")
    factor = now.factor if now is not None and mode == "scale" else 1.0
    scaled = Intervention(unit, "scale", channels, factor=factor)
    entry("Scale…", Wish(scaled, "adjust"), mode == "scale")
    tray = tuple(image for image, _ in touching.photos)
    mean = Intervention(unit, "mean", channels, images=tray)
    count = f"{len(tray)} photo{'s' * (len(tray) != 1)}"
    entry(f"Hold at its mean over the tray ({count})", Wish(mean), mode == "mean").setEnabled(
        bool(tray)
    )
    _photos(menu, unit, channels, touching, send)
    freeze = Intervention(unit, "patch", channels, images=(touching.image,))
    action = entry("Freeze as it is for this photo", Wish(freeze), frozen)
    action.setToolTip("It stays what it is for the photo as it came, whatever is painted over it")
    action.setEnabled(bool(touching.image))
    back = Wish(Intervention(unit, "zero", channels), "undo")
    entry("Put back", back).setEnabled(now is not None)
    parts = [one for one in touching.interventions if one.unit == unit]
    if channels is None and any(one.channels is not None for one in parts):
        entry("Put all of its channels back", Wish(Intervention(unit), "undo_all"))


def _photos(
    menu: QMenu, unit: str, channels: tuple[int, ...] | None, touching: Touching, send: Send
) -> None:
    now = touching.at(unit, channels)
    others = [(image, name) for image, name in touching.photos if image != touching.image]
    submenu = menu.addMenu("Take from another photo")
    submenu.setEnabled(bool(others))
    for image, name in others[:MANY]:
        one = Intervention(unit, "patch", channels, images=(image,))
        action = submenu.addAction(name)
        action.setCheckable(one == now)
        action.setChecked(one == now)
        action.triggered.connect(lambda _=False, one=one: send(Wish(one)))
    if len(others) > MANY:
        more = Intervention(unit, "patch", channels, images=(others[0][0],))
        action = submenu.addAction(f"{len(others) - MANY} more in the list…")
        action.triggered.connect(lambda _=False: send(Wish(more, "adjust")))
