"""What the views say while there is nothing to show, and the next step."""

from __future__ import annotations

from dataclasses import dataclass

from ..session import State


@dataclass(frozen=True)
class Emptiness:
    """A sentence for the views, one for the headline, and the menu action that helps."""

    sentence: str
    headline: str
    label: str = ""
    action: str = ""


def emptiness(state: State, loading: str) -> Emptiness:
    """Return why no scene is shown.

    Parameters
    ----------
    state
        Of the session; it has no scene.
    loading
        What is being loaded (``"Loading PyTorch…"``), or ``""``.
    """
    if loading:
        return Emptiness(loading, loading)
    if state.open_checkpoint is None:
        return Emptiness(
            "No network is open. Open the demo, or a GoogLeNet checkpoint of your own.",
            "No network is open.",
            "Open checkpoint…",
            "open_checkpoint",
        )
    return Emptiness(
        "No photo is open. Drop one anywhere on the window, paste one, or open a file.",
        "Drop a photo on the window to see how the network gets to its answer.",
        "Open image…",
        "open_image",
    )
