"""Comparing photos, groups and branches from a notebook.

These are thin: they make the questions that the window asks, and so give the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from os import PathLike, fspath
from typing import TypeAlias

from . import arguments
from .analysis import checkpoint_comparison
from .analysis.group_folders import folders_question
from .analysis.trace import Trace
from .api import Network, Photo, Watch, watched
from .checkpoints.weights import Weights
from .comparison_questions import (
    BranchProfile,
    BranchProfileAnswer,
    CheckpointsAnswer,
    CompareCheckpoints,
    CompareGroups,
    Group,
    GroupsAnswer,
    MapMethod,
    PhotoMap,
    PhotoMapAnswer,
)
from .edit_questions import Edit
from .errors import QuestionError
from .images.sources import find
from .intervention_questions import (
    AblationMode,
    BranchImportance,
    BranchImportanceAnswer,
    DecisiveChannels,
    DecisiveChannelsAnswer,
)
from .questions import CheckpointInfo, ImageSource, Preprocessing, Scene

Photos: TypeAlias = "Photo | Sequence[Photo]"
Members: TypeAlias = "str | PathLike[str] | Sequence[Photo]"
"""A folder, or photos one by one."""


def branch_importance(
    net: Network,
    image: Photos,
    target: int | str | None = None,
    mode: AblationMode = "zero",
    *,
    head: str = "main",
    references: Sequence[Photo] = (),
    reductions: bool = False,
    projections: bool = False,
    conductance: bool = False,
    preprocessing: Preprocessing | None = None,
    edits: Sequence[Edit] = (),
) -> BranchImportanceAnswer:
    """Ablate each of the 36 branches, and say what the class loses.

    Parameters
    ----------
    net
        From :func:`inception_viewer.load`.
    image
        One photo, or several to average over.
    target
        A class by name or index; None for each photo's top class.
    mode
        ``"zero"``, or ``"mean"``: each channel's mean over ``references``.
    head
        ``"aux1"``, ``"aux2"`` or ``"main"``; only branches before it are ablated.
    references
        Photos for ``"mean"``.
    reductions
        Whether the 1x1 reductions are ablated as well.
    projections
        Whether what the pool branch's 1x1 projection reads is, too (``"pooled"``); without the
        projection's output the branch is ablated (``"pool"``).
    conductance
        Whether layer conductance is computed beside it.
    preprocessing
        How photos become the input; None for the checkpoint's own.
    edits
        What is done to each photo first, as in :meth:`Network.trace`; not to ``references``.

    Returns
    -------
    BranchImportanceAnswer
        ``.logit_drop["inception3a"]["5x5"]``, ``.probability_drop``, spreads, ….

    Raises
    ------
    ImageError, QuestionError
        If a photo cannot be read; if there is no such head or class, or no references.
    """
    chosen = arguments.several(references, "references")
    if chosen and mode == "zero":
        raise QuestionError('“references” are for mode="mean"; zero takes none.')
    with (
        _scenes(net, _several(image), preprocessing, edits) as scenes,
        _scenes(net, chosen, preprocessing) as means,
    ):
        question = BranchImportance(
            scenes,
            arguments.name(head, "head"),
            arguments.class_index(net.classes, target),
            mode,
            tuple(scene.image for scene in means),
            reductions,
            conductance,
            projections,
        )
        found: BranchImportanceAnswer = net._answer(question)
        return found


def decisive_channels(
    net: Network,
    image: Photo,
    module: str,
    *,
    head: str = "main",
    preprocessing: Preprocessing | None = None,
    edits: Sequence[Edit] = (),
) -> DecisiveChannelsAnswer:
    """Find the fewest channels of a module that keep the answer, and the fewest that flip it.

    Parameters
    ----------
    net
        From :func:`inception_viewer.load`.
    image
        One photo.
    module
        ``"inception4c"``.
    head
        Whose top class is the answer.
    preprocessing
        How the photo becomes the input; None for the checkpoint's own.
    edits
        What is done to the photo first, as in :meth:`Network.trace`.

    Returns
    -------
    DecisiveChannelsAnswer
        ``.keeps``, ``.flips``, ``.becomes``, ….

    Raises
    ------
    ImageError, QuestionError
        If the photo cannot be read; if there is no such module before such a head.
    """
    with _scenes(net, [image], preprocessing, edits) as (scene,):
        question = DecisiveChannels(
            scene, arguments.name(module, "module"), arguments.name(head, "head")
        )
        found: DecisiveChannelsAnswer = net._answer(question)
        return found


def branch_profile(
    net: Network,
    images: Photos,
    *,
    preprocessing: Preprocessing | None = None,
    edits: Sequence[Edit] = (),
) -> BranchProfileAnswer:
    """Say what share of its module each branch has, along the depth of the network.

    Parameters
    ----------
    net
        From :func:`inception_viewer.load`.
    images
        One photo or several.
    preprocessing
        How photos become the input; None for the checkpoint's own.
    edits
        What is done to each photo first, as in :meth:`Network.trace`.

    Returns
    -------
    BranchProfileAnswer
        ``.table("activation", 0)["inception3a"]["5x5"]``, ``.shares``, ``.channels``, ….

    Raises
    ------
    ImageError, QuestionError
        If a photo cannot be read, or there is none.
    """
    with _scenes(net, _several(images), preprocessing, edits) as scenes:
        found: BranchProfileAnswer = net._answer(BranchProfile(scenes))
        return found


def compare_groups(
    net: Network,
    groups: Mapping[str, Members],
    *,
    preprocessing: Preprocessing | None = None,
) -> GroupsAnswer:
    """Say which channels tell groups of photos apart.

    Parameters
    ----------
    net
        From :func:`inception_viewer.load`.
    groups
        From a group's name to its folder, or its photos; at most 500 each. Folders may have
        any number of photos, if all groups are folders: of those with more only sums are kept,
        ``.mean`` and ``.spread``, but no rows (``.pooled``); stopped, the same call goes on.
    preprocessing
        How photos become the input; None for the checkpoint's own.

    Returns
    -------
    GroupsAnswer
        ``.best("cats", "cups")``, ``.separations["cats", "cups"]["inception4a/5x5"].effect``.

    Raises
    ------
    ImageError, QuestionError
        If a photo cannot be read, or the groups are too few or too small.
    """
    made = arguments.preprocessing(preprocessing) or net.preprocessing
    if not isinstance(groups, Mapping):
        raise QuestionError(
            f"“groups” is a dict from names to folders or photos, not {arguments.said(groups)}."
        )
    for name in groups:
        arguments.name(name, "group")
    net._lab.graph(net.fingerprint, made.height, made.width)  # says whether it is too small
    found: GroupsAnswer
    if all(isinstance(photos, str | PathLike) for photos in groups.values()):
        folders = [(name, arguments.folder(one, f"group “{name}”")) for name, one in groups.items()]
        found = net._answer(folders_question(net.fingerprint, made, folders))
        return found
    with ExitStack() as opened:
        members = tuple(
            _group(net, name, photos, preprocessing, opened) for name, photos in groups.items()
        )
        found = net._answer(CompareGroups(net.fingerprint, made, members))
        return found


def photo_map(
    net: Network,
    images: Sequence[Photo],
    unit: str = "inception5b",
    *,
    method: MapMethod = "pca",
    perplexity: float = 30.0,
    seed: int = 0,
    preprocessing: Preprocessing | None = None,
) -> PhotoMapAnswer:
    """Say which photos are alike to a unit, and lay them out in two dimensions.

    Parameters
    ----------
    net
        From :func:`inception_viewer.load`.
    images
        At least two.
    unit
        A convolution or a module.
    method
        ``"pca"``: the first two principal components; ``"tsne"``: t-SNE of scikit-learn, which
        starts from them.
    perplexity, seed
        Of t-SNE; its perplexity is at most a third of the other photos.
    preprocessing
        How photos become the input; None for the checkpoint's own.

    Returns
    -------
    PhotoMapAnswer
        ``.nearest(0)``, ``.points``, ``.similarity``, ….

    Raises
    ------
    ImageError, QuestionError
        If a photo cannot be read, there is one only, or there is no such unit.
    """
    with _scenes(net, arguments.several(images, "images"), preprocessing) as scenes:
        question = PhotoMap(scenes, arguments.name(unit, "unit"), method, perplexity, seed)
        found: PhotoMapAnswer = net._answer(question)
        return found


def compare_checkpoints(
    first: Network,
    second: Network,
    images: Photos,
    *,
    preprocessing: Preprocessing | tuple[Preprocessing, Preprocessing] | None = None,
    progress: Watch | None = None,
) -> CheckpointsAnswer:
    """Say how alike two checkpoints see the same photos, by what can be compared.

    Parameters
    ----------
    first, second
        From :func:`inception_viewer.load`.
    images
        One photo or several.
    preprocessing
        How photos become the input: of both, or a pair; None for each checkpoint's own.
    progress
        Called with the share done and a few words.

    Returns
    -------
    CheckpointsAnswer
        ``.cka["inception4c"]``, ``.kinship``, ``.agree["main"]``, ``.profiles``, ….

    Raises
    ------
    ImageError, QuestionError
        If a photo cannot be read, or there is none.
    """
    for net in (first, second):
        if not isinstance(net, Network):
            raise QuestionError(f"A network is what load() returns, not {arguments.said(net)}.")
    made = preprocessing if isinstance(preprocessing, tuple) else (preprocessing, preprocessing)
    if len(made) != 2:
        raise QuestionError(
            f"“preprocessing” is one of both networks, or a pair, not {arguments.said(made)}."
        )
    photos = _several(images)
    with _scenes(first, photos, made[0]) as ours, _scenes(second, photos, made[1]) as theirs:
        lab = _TwoLabs(first, second)
        question = CompareCheckpoints(ours, theirs)

        def work() -> CheckpointsAnswer:
            return checkpoint_comparison.answer(question, lab, watched(first, progress))

        return first._lab.attempt(lambda: second._lab.attempt(work, second._tell), first._tell)


class _TwoLabs:
    """Asks for each checkpoint the lab that has it open."""

    def __init__(self, first: Network, second: Network) -> None:
        self._labs = {second.fingerprint: second._lab, first.fingerprint: first._lab}

    def trace(self, scene: Scene, lane: str = "live", *, keep: bool = True) -> Trace:
        return self._labs[scene.checkpoint].trace(scene, lane, keep=keep)

    def truth(self, checkpoint: str) -> Weights:
        return self._labs[checkpoint].truth(checkpoint)

    def info(self, checkpoint: str) -> CheckpointInfo:
        return self._labs[checkpoint].info(checkpoint)


def _several(image: Photos) -> Sequence[Photo]:
    return image if isinstance(image, list | tuple) else [image]  # type: ignore[list-item]


@contextmanager
def _scenes(
    net: Network,
    photos: Sequence[Photo],
    preprocessing: Preprocessing | None,
    edits: Sequence[Edit] = (),
) -> Iterator[tuple[Scene, ...]]:
    with ExitStack() as opened:
        each = (net._scene(photo, preprocessing, edits) for photo in photos)
        yield tuple(opened.enter_context(scene) for scene in each)


def _group(
    net: Network,
    name: str,
    photos: Members,
    preprocessing: Preprocessing | None,
    opened: ExitStack,
) -> Group:
    if isinstance(photos, str | PathLike):
        arguments.folder(photos, f"group “{name}”")
        found = find([ImageSource(path=fspath(photos))], limit=10**6).sources
        return Group(name, paths=tuple(source.path for source in found if source.path))
    if not isinstance(photos, Iterable):
        raise QuestionError(
            f"The group “{name}” is a folder or photos, not {arguments.said(photos)}."
        )
    photos = list(photos)
    paths = [fspath(one) for one in photos if isinstance(one, str | PathLike)]
    others = [one for one in photos if not isinstance(one, str | PathLike)]
    scenes = [opened.enter_context(net._scene(photo, preprocessing)) for photo in others]
    return Group(name, tuple(scene.image for scene in scenes), tuple(paths))
