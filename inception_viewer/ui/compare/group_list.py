"""Groups of photos as they are put together: photos of the tray, folders; no Qt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...comparison_questions import Group

MOST_PHOTOS = 500
"""Of a group (issue 5)."""
MOST_GROUPS = 8


@dataclass(frozen=True)
class Folder:
    """A folder's photos: the paths that are used, and how many there are; None while unknown."""

    path: str
    paths: tuple[str, ...] = ()
    total: int | None = None


@dataclass(frozen=True)
class GroupDraft:
    """One group: photos of the tray by their ids, files by themselves, folders."""

    name: str
    images: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    folders: tuple[Folder, ...] = field(default=())

    def with_images(self, images: Sequence[str]) -> GroupDraft:
        """Add photos of the tray, each once."""
        return replace(self, images=tuple(dict.fromkeys((*self.images, *images))))

    def with_files(self, files: Sequence[str]) -> GroupDraft:
        """Add photos on the disk, each once."""
        return replace(self, files=tuple(dict.fromkeys((*self.files, *files))))

    def with_folder(self, folder: Folder) -> GroupDraft:
        """Add a folder, or say what is in it."""
        rest = tuple(one for one in self.folders if one.path != folder.path)
        return replace(self, folders=(*rest, folder))

    @property
    def paths(self) -> tuple[str, ...]:
        """All files, each once."""
        listed = (path for folder in self.folders for path in folder.paths)
        return tuple(dict.fromkeys((*self.files, *listed)))

    def group(self, present: Sequence[str]) -> Group:
        """Return the group as it is asked for; photos that are closed by now are left out."""
        images = tuple(image for image in self.images if image in present)[:MOST_PHOTOS]
        return Group(self.name.strip(), images, self.paths[: MOST_PHOTOS - len(images)])

    def counted(self, present: Sequence[str]) -> str:
        """Say how many photos it has, and of how many more they are a selection."""
        if any(folder.total is None for folder in self.folders):
            return "looking into the folder…"
        used = len(self.group(present))
        images = sum(image in present for image in self.images)
        total = images + len(self.files) + sum(folder.total or 0 for folder in self.folders)
        more = f" of {total}" if total > used else ""
        return f"{used}{more} photo{'' if used == 1 and not more else 's'}"


def by_class(labels: Mapping[str, str]) -> list[GroupDraft]:
    """Return a group for each class with two photos or more, the commonest first.

    Parameters
    ----------
    labels
        From a photo's id to its predicted class, or ``""``.
    """
    members: dict[str, list[str]] = {}
    for image, label in labels.items():
        if label:
            members.setdefault(label, []).append(image)
    ranked = sorted(members.items(), key=lambda item: (-len(item[1]), item[0]))
    fitting = [(name, images) for name, images in ranked if len(images) > 1]
    return [GroupDraft(name, tuple(images)) for name, images in fitting[:MOST_GROUPS]]


def subfolders(folder: str) -> list[str]:
    """Return a folder's folders by name; the folder itself where it has none."""
    try:
        found = sorted(
            str(one) for one in Path(folder).iterdir()
            if one.is_dir() and not one.name.startswith(".")
        )  # fmt: skip
    except OSError:
        return [folder]
    return found or [folder]


def obstacle(groups: Sequence[GroupDraft], present: Sequence[str]) -> str:
    """Return in one sentence why these groups cannot be compared yet, or ``""``."""
    if len(groups) < 2:
        return "Make two groups: by hand, by predicted class, or of folders."
    names = [one.name.strip() for one in groups]
    if not all(names):
        return "Give every group a name."
    if len(set(names)) < len(names):
        return "Two groups have the same name; call one of them otherwise."
    if any(folder.total is None for one in groups for folder in one.folders):
        return "A folder is still being looked into."
    small = next((one.name for one in groups if len(one.group(present)) < 2), None)
    return f"“{small}” needs two photos at least." if small is not None else ""
