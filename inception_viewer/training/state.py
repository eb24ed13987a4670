"""The state of a training run in a file: written whole or not at all, read with suspicion."""

from __future__ import annotations

import io
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from inception_viewer.errors import ViewerError

from .recipe import Recipe, phases_text

KEYS = ("step", "net", "average", "optimizer", "random", "recipe", "classes")
"""What a state holds."""


class StateError(ViewerError):
    """A state that cannot be written, read or gone on from; one sentence for people."""


def write_state(path: Path, state: dict[str, Any]) -> None:
    """Write a state beside the old one and move it into place.

    Raises
    ------
    StateError
        If it cannot be written (a full disk); the state from before is then still there.
    """
    # In memory first: torch's own writer hides the reason when the disk is full.
    buffer = io.BytesIO()
    torch.save(state, buffer)
    partial = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            file.write(buffer.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        _remove(partial)
        kept = f"; the state saved before is kept in {path}" if path.exists() else ""
        reason = error.strerror or str(error)
        raise StateError(f"The state of the training cannot be saved: {reason}{kept}.") from error


def _remove(path: Path) -> None:
    # If that fails too, the reason why it could not be written is the one to tell.
    with suppress(OSError):
        path.unlink(missing_ok=True)


def read_state(path: Path) -> dict[str, Any]:
    """Read a state; nothing in the file is executed.

    Raises
    ------
    StateError
        If there is no such file, or it is no state of a training run.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise StateError(f"There is no state of a training run at {path}.") from None
    except OSError as error:
        raise StateError(f"{path} cannot be read: {error.strerror or error}.") from error
    except Exception as error:  # torch raises anything on files that are not its own
        raise StateError(f"{path} is damaged, or no state of a training run.") from error
    if not isinstance(state, dict) or not all(key in state for key in KEYS):
        raise StateError(f"{path} is no state of a training run.")
    return state


def check_state(path: Path, state: dict[str, Any], classes: tuple[str, ...]) -> None:
    """Check that a state is of a run on these classes.

    Raises
    ------
    StateError
        Naming a class that differs.
    """
    known = tuple(state["classes"])
    if known == classes:
        return
    other = sorted(set(known) ^ set(classes))
    example = f" (“{other[0]}” is only in one of them)" if other else ""
    raise StateError(
        f"{path} is of a run on other classes than this folder's{example}; name another --state."
    )


def check_recipe(path: Path, state: dict[str, Any], recipe: Recipe) -> None:
    """Check that a state is of a run of this recipe.

    Raises
    ------
    StateError
        Naming the first setting that differs.
    """
    begun, wanted = Recipe.from_dict(state["recipe"]).as_dict(), recipe.as_dict()
    for name, value in begun.items():
        if wanted[name] != value:
            label = name.replace("_", " ")
            raise StateError(
                f"{path} is of a run with another recipe (its {label} is {_words(value)},"
                f" not {_words(wanted[name])}); name another --state to begin anew."
            )


def _words(value: Any) -> str:
    if isinstance(value, list | tuple):
        return phases_text(value)
    return f"{value:g}" if isinstance(value, float) else str(value)
