"""Copy as Python: lines that give the numbers of what is compared."""

from __future__ import annotations

from collections.abc import Sequence

from ...checkpoint_questions import title_of
from ...comparison_questions import GroupsAnswer, MapMethod, ProfileMeasure
from ...questions import ImageInfo
from ...session import State
from ..snippets import PASTED, network_lines
from .pair import Pair
from .rows import Sheet


def opening(state: State, photos: Sequence[ImageInfo]) -> list[str]:
    """Return the lines that load the network and name the photos."""
    checkpoint = state.open_checkpoint
    assert checkpoint is not None
    device = state.machine.device if state.machine else "cpu"
    lines = network_lines(checkpoint, device)
    if photos:
        lines += ["photos = [", *(f"    {one.source or PASTED!r}," for one in photos), "]"]
    if any(not one.source for one in photos):
        lines.append(f"# {PASTED}: pasted; save each such picture under a name of its own first")
    if checkpoint.names:
        lines.append(f"# the window takes the class names from {title_of(checkpoint.names)}")
    if made(state):
        lines.append(f"made = iv.{state.preprocessing!r}  # as it was chosen in the window")
    return lines


def made(state: State) -> str:
    """Return the argument that says how the input is made; ``""`` for the checkpoint's own."""
    checkpoint, chosen = state.open_checkpoint, state.preprocessing
    own = checkpoint is not None and chosen in (None, checkpoint.preprocessing)
    return "" if own else ", preprocessing=made"


def images(state: State, photos: Sequence[ImageInfo], sheet: Sheet) -> str:
    """Return lines that give the compared maps, (photos, height, width) each."""
    lines = [f"traces = [net.trace(photo{made(state)}) for photo in photos]", "maps = {"]
    for row in sheet.rows:
        of = ".mean(0)" if row.channel is None else f"[{row.channel}]"
        value = f"[trace[{row.unit!r}]{of} for trace in traces]"
        lines.append(f"    {row.words!r}: {value},")
    lines.append("}")
    if sheet.difference is not None:
        first, second = sheet.difference
        pair = f"one[{first}] - one[{second}]"
        lines.append(f"differences = {{name: {pair} for name, one in maps.items()}}")
    return "\n".join([*opening(state, photos), *lines]) + "\n"


def profile(state: State, photos: Sequence[ImageInfo], measure: ProfileMeasure) -> str:
    """Return lines that give the branch profile."""
    lines = [
        f"profile = iv.branch_profile(net, photos{made(state)})",
        f"shares = profile.shares[{measure!r}]  # (photos, modules, branches)",
        "tables = [",
        f"    profile.table({measure!r}, place)  # by module and branch",
        "    for place in range(len(photos))",
        "]",
        "channels = profile.channels  # (modules, branches), Table 1",
    ]
    return "\n".join([*opening(state, photos), *lines]) + "\n"


def photo_map(state: State, unit: str, method: MapMethod) -> str:
    """Return lines that give the map of all photos of the tray, and who is like whom."""
    how = "" if method == "pca" else f", method={method!r}"
    places = "the first two principal components" if method == "pca" else "by t-SNE"
    lines = [
        f"photo_map = iv.photo_map(net, photos, {unit!r}{how}{made(state)})",
        f"points = photo_map.points  # (photos, 2), {places}",
        "cosines = photo_map.similarity  # (photos, photos)",
        "nearest = [photo_map.nearest(place) for place in range(len(photos))]",
    ]
    return "\n".join([*opening(state, state.images), *lines]) + "\n"


def groups(state: State, answer: GroupsAnswer | None) -> str:
    """Return lines that compare the groups again; ``""`` before there is an answer."""
    if answer is None:
        return ""
    by_id = {image.id: image for image in state.images}
    lines = ["groups = {"]
    for group in answer.question.groups:
        sources = [by_id[one].source or PASTED for one in group.images if one in by_id]
        lines.append(f"    {group.name!r}: [")
        lines += [f"        {path!r}," for path in (*sources, *group.paths)]
        lines.append("    ],")
    names = [group.name for group in answer.question.groups][:2]
    lines += [
        "}",
        f"found = iv.compare_groups(net, groups{made(state)})",
        f"best = found.best({names[0]!r}, {names[1]!r})  # unit, channel, Cohen's d, corrected p",
    ]
    return "\n".join([*opening(state, ()), *lines]) + "\n"


def checkpoints(state: State, photos: Sequence[ImageInfo], pair: Pair | None) -> str:
    """Return lines that compare two checkpoints again; ``""`` without a second one."""
    if pair is None:
        return ""
    other = pair.sides[1].info
    theirs = dict(state.set_aside).get(other.fingerprint)
    inputs = ["made" if made(state) else "net.preprocessing", "other.preprocessing"]
    lines = [
        f"other = iv.load({other.source or other.name!r})",
        f"assert other.fingerprint == {other.fingerprint!r}",
    ]
    if theirs is not None:
        lines.append(f"others = iv.{theirs.preprocessing!r}  # as it was chosen in the window")
        inputs[1] = "others"
    how = f", preprocessing=({', '.join(inputs)})" if made(state) or theirs is not None else ""
    lines += [
        f"found = iv.compare_checkpoints(net, other, photos{how})",
        "cka = found.cka  # by module, over all positions of all photos",
        f"shares = [one.shares[{pair.measure!r}] for one in found.profiles]",
        "agree = found.agree  # by head: the share of photos with the same class first",
        "differences = found.differences  # by module, where channels correspond",
    ]
    return "\n".join([*opening(state, photos), *lines]) + "\n"
