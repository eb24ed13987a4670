"""Where the program's own files are: in the installed package, or in the repository."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def asset_folders() -> tuple[Path, ...]:
    """Return the places where assets may lie, the likelier first.

    A wheel packs them into the package; an editable install leaves them at the
    top of the repository, where the package does not see them.
    """
    return PACKAGE / "assets", PACKAGE.parent / "assets"


def asset(name: str) -> Path:
    """Return the path of an asset (``"demo.safetensors"``, ``"samples/cup.jpg"``).

    Raises
    ------
    FileNotFoundError
        If no folder of :func:`asset_folders` has it; the message names the folders.
    """
    for folder in asset_folders():
        path = folder / name
        if path.exists():
            return path
    places = " or ".join(str(folder) for folder in asset_folders())
    raise FileNotFoundError(f"The file “{name}” of this program is missing from {places}.")
