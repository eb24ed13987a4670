"""Which photos are compared, and the groups they are sorted into; neither torch nor Qt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .comparison_questions import Group

MOST_BESIDE = 8
"""Photos side by side (issue 5)."""
AT_FIRST = 4
"""Photos side by side while none were chosen."""
MOST_PHOTOS = 500
"""Of a group (issue 5)."""
MOST_GROUPS = 8


@dataclass(frozen=True)
class Folder:
    """What was found in a folder: the photos that are used, and how many there are."""

    path: str
    paths: tuple[str, ...] = ()
    total: int = 0


Found = Mapping[str, Folder]
"""By its path, what is in each folder that was looked into."""


@dataclass(frozen=True)
class GroupDraft:
    """One group: photos of the tray by their ids, files by themselves, folders by their paths.

    Photos stay in it when they are taken out of the tray, and count again when they are back.
    """

    name: str
    images: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()

    def with_images(self, images: Sequence[str]) -> GroupDraft:
        """Add photos of the tray, each once."""
        return replace(self, images=tuple(dict.fromkeys((*self.images, *images))))

    def with_files(self, files: Sequence[str], folders: Sequence[str] = ()) -> GroupDraft:
        """Add photos on the disk and folders, each once."""
        files = tuple(dict.fromkeys((*self.files, *files)))
        return replace(self, files=files, folders=tuple(dict.fromkeys((*self.folders, *folders))))

    def waits(self, found: Found) -> bool:
        """Whether a folder of it was not looked into yet."""
        return any(folder not in found for folder in self.folders)

    def paths(self, found: Found) -> tuple[str, ...]:
        """Return all files, each once."""
        known = (found[folder].paths for folder in self.folders if folder in found)
        return tuple(dict.fromkeys((*self.files, *(path for paths in known for path in paths))))

    def group(self, present: Sequence[str], found: Found) -> Group:
        """Return the group as it is asked for; photos that are closed by now are left out."""
        from .comparison_questions import Group

        images = tuple(image for image in self.images if image in present)[:MOST_PHOTOS]
        return Group(self.name.strip(), images, self.paths(found)[: MOST_PHOTOS - len(images)])

    def counted(self, present: Sequence[str], found: Found) -> str:
        """Say how many photos it has, and of how many more they are a selection."""
        if self.waits(found):
            return "looking into the folder…"
        used = len(self.group(present, found))
        images = sum(image in present for image in self.images)
        total = images + len(self.files) + sum(found[one].total for one in self.folders)
        more = f" of {total}" if total > used else ""
        return f"{used}{more} photo{'' if used == 1 and not more else 's'}"


@dataclass(frozen=True)
class Compared:
    """What of the tray and of the disk is compared.

    Attributes
    ----------
    picked
        Photos that were chosen to be side by side; None while none were: the first few then.
    groups
        In order.
    listed
        What is in the folders that were looked into: not a step to go back by.
    """

    picked: tuple[str, ...] | None = None
    groups: tuple[GroupDraft, ...] = ()
    listed: tuple[Folder, ...] = ()

    def photos(self, present: Sequence[str]) -> tuple[str, ...]:
        """Return which of the tray's photos stand side by side, in the tray's order."""
        picked = self.picked
        if picked and not set(picked) & set(present):
            picked = None  # all of them are closed
        among = present[:AT_FIRST] if picked is None else picked
        return tuple(photo for photo in present if photo in among)[:MOST_BESIDE]

    def pick(self, photos: Sequence[str]) -> Compared:
        """Have these photos side by side."""
        return replace(self, picked=tuple(photos)[:MOST_BESIDE])

    def sorted_into(self, groups: Sequence[GroupDraft]) -> Compared:
        """Have these groups and no others; folders that are new are to be looked into."""
        known = {folder for group in self.groups for folder in group.folders}
        fresh = {folder for group in groups for folder in group.folders} - known
        listed = tuple(folder for folder in self.listed if folder.path not in fresh)
        return replace(self, groups=tuple(groups)[:MOST_GROUPS], listed=listed)

    @property
    def found(self) -> dict[str, Folder]:
        """What is in each folder that was looked into."""
        return {folder.path: folder for folder in self.listed}

    def with_folder(self, folder: Folder) -> Compared:
        """Note what is in a folder."""
        rest = tuple(one for one in self.listed if one.path != folder.path)
        return replace(self, listed=(*rest, folder))

    @property
    def unlisted(self) -> tuple[str, ...]:
        """Folders that are to be looked into, each once."""
        every = dict.fromkeys(folder for group in self.groups for folder in group.folders)
        return tuple(folder for folder in every if folder not in self.found)


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


def by_folder(folders: Sequence[str]) -> list[GroupDraft]:
    """Return a group of each folder, called after it."""
    return [
        GroupDraft(one.rstrip("/\\").replace("\\", "/").split("/")[-1], folders=(one,))
        for one in folders
    ]


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


def obstacle(groups: Sequence[GroupDraft], present: Sequence[str], found: Found) -> str:
    """Return in one sentence why these groups cannot be compared yet, or ``""``."""
    if len(groups) < 2:
        return "Make two groups: by hand, by predicted class, or of folders."
    names = [one.name.strip() for one in groups]
    if not all(names):
        return "Give every group a name."
    if len(set(names)) < len(names):
        return "Two groups have the same name; call one of them otherwise."
    if any(one.waits(found) for one in groups):
        return "A folder is still being looked into."
    small = next((one.name for one in groups if len(one.group(present, found)) < 2), None)
    return f"“{small}” needs two photos at least." if small is not None else ""
