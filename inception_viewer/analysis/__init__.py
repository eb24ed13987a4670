"""The worker's side: questions in, answers out.

``make_worker`` is what the runner imports on its first question. A new kind of
question is one row in the registry and one file here.
"""

from __future__ import annotations

import atexit
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from inception_viewer.checkpoint_questions import (
    CloseCheckpoint,
    NameClasses,
    PreviewInput,
    SaveCheckpoint,
)
from inception_viewer.comparison_questions import (
    BranchProfile,
    CompareCheckpoints,
    CompareFolders,
    CompareGroups,
    ExampleMaps,
    PhotoMap,
)
from inception_viewer.concept_questions import TestConcepts
from inception_viewer.errors import QuestionError
from inception_viewer.file_questions import (
    FindPhotos,
    LookInto,
    Thumbnails,
    WriteRows,
    WriteTable,
)
from inception_viewer.folder_questions import Evaluate, FitHeads, PlanFit
from inception_viewer.grade_questions import Grade
from inception_viewer.grid_questions import GradCamOfUnits, Picture
from inception_viewer.index_questions import BuildIndex, FindIndexes, TopPhotos
from inception_viewer.intervention_questions import BranchImportance, DecisiveChannels
from inception_viewer.questions import (
    Attribution,
    ForgetImage,
    GetCheckpoint,
    Glance,
    Maps,
    OpenCheckpoint,
    OpenImages,
    Overview,
    PassingOverview,
    Question,
    SwitchDevice,
    WarmUp,
)
from inception_viewer.verdict_questions import Judge

if TYPE_CHECKING:
    from inception_viewer.lab import Lab
    from inception_viewer.runner import Progress

Answering = Callable[[Any, "Lab", "Progress"], Any]


def registry() -> dict[type[Question], Answering]:
    """Return the function that answers each type of question."""
    # Imported here: they import torch, and this package is imported to find its parts.
    from . import (
        branch_profile,
        checkpoint_comparison,
        checkpoints,
        decisive_channels,
        example_maps,
        files,
        glance,
        group_folders,
        groups,
        input_preview,
        judging,
        maps,
        opening,
        overview,
        photo_map,
    )

    return {
        WarmUp: opening.warm_up,
        SwitchDevice: opening.switch_device,
        OpenCheckpoint: opening.open_checkpoint,
        OpenImages: opening.open_images,
        ForgetImage: opening.forget_image,
        Overview: overview.answer,
        PassingOverview: overview.answer,
        Glance: glance.answer,
        Maps: maps.answer,
        Judge: judging.answer,
        PreviewInput: input_preview.answer,
        NameClasses: checkpoints.name_classes,
        SaveCheckpoint: checkpoints.save,
        CloseCheckpoint: checkpoints.close,
        Attribution: _attribution,
        Grade: _grade,
        TestConcepts: _test_concepts,
        GradCamOfUnits: _grad_cam_of_units,
        Picture: glance.picture,
        BranchImportance: _branch_importance,
        DecisiveChannels: decisive_channels.answer,
        BranchProfile: branch_profile.answer,
        CompareGroups: groups.answer,
        CompareFolders: group_folders.answer,
        ExampleMaps: example_maps.answer,
        PhotoMap: photo_map.answer,
        CompareCheckpoints: checkpoint_comparison.answer,
        BuildIndex: _build_index,
        FindIndexes: _find_indexes,
        TopPhotos: _top_photos,
        Evaluate: _evaluate,
        FindPhotos: files.find_photos,
        LookInto: files.look_into,
        Thumbnails: files.thumbnails,
        WriteRows: files.write_rows,
        WriteTable: files.write_table,
        FitHeads: _fit_heads,
        PlanFit: _plan_fit,
        GetCheckpoint: _get_checkpoint,
    }


def _attribution(question: Attribution, lab: Lab, progress: Progress) -> Any:
    # Captum is a second more of importing, which the first photo need not wait for.
    from .attribution import answer as answering

    found = answering(question, lab, progress)
    lab.attributions.put(question, found)
    return found


def _grad_cam_of_units(question: GradCamOfUnits, lab: Lab, progress: Progress) -> Any:
    from .attribution.units import answer as answering

    found = answering(question, lab, progress)
    for one in found.answers:
        lab.attributions.put(one.question, one)
    return found


def _branch_importance(question: BranchImportance, lab: Lab, progress: Progress) -> Any:
    from .branch_importance import answer as answering

    return answering(question, lab, progress)


def _grade(question: Grade, lab: Lab, progress: Progress) -> Any:
    from .grading import answer as answering

    return answering(question, lab, progress)


def _test_concepts(question: TestConcepts, lab: Lab, progress: Progress) -> Any:
    # scikit-learn is half a second of importing.
    from .concepts import answer as answering

    return answering(question, lab, progress)


def _get_checkpoint(question: GetCheckpoint, lab: Lab, progress: Progress) -> Any:
    # pooch and requests are seldom needed.
    from .getting import get_checkpoint

    return get_checkpoint(question, lab, progress)


def _build_index(question: BuildIndex, lab: Lab, progress: Progress) -> Any:
    from .indexing import build

    return build(question, lab, progress)


def _find_indexes(question: FindIndexes, lab: Lab, progress: Progress) -> Any:
    from .indexing import find_indexes

    return find_indexes(question, lab, progress)


def _top_photos(question: TopPhotos, lab: Lab, progress: Progress) -> Any:
    from .indexing import top_photos

    return top_photos(question, lab, progress)


def _evaluate(question: Evaluate, lab: Lab, progress: Progress) -> Any:
    from .evaluation import answer as answering

    return answering(question, lab, progress)


def _fit_heads(question: FitHeads, lab: Lab, progress: Progress) -> Any:
    from .fitting import answer as answering

    return answering(question, lab, progress)


def _plan_fit(question: PlanFit, lab: Lab, progress: Progress) -> Any:
    from .fit_plan import answer as answering

    return answering(question, lab, progress)


def answer(question: Question, lab: Lab, progress: Progress) -> Any:
    """Answer a question with the lab's networks and photos.

    Raises
    ------
    ViewerError
        With one sentence for people, if there is no answer.

    Where the GPU gives out the answer is computed on the CPU, and ``progress.notice`` told.
    """
    answering = registry().get(type(question))
    if answering is None:
        raise QuestionError(f"Nothing here answers a {type(question).__name__}.")
    return lab.attempt(
        lambda: answering(question, lab, progress), lambda notice: progress.notice(notice)
    )


def make_worker(device: str = "cpu") -> tuple[Callable[[Question, Lab, Progress], Any], Lab]:
    """Return ``(answer, lab)``: what the runner's lanes work with."""
    with _spared_by_the_collector():
        from inception_viewer.lab import Lab

        registry()
    return answer, Lab(device)


@contextmanager
def _spared_by_the_collector() -> Iterator[None]:
    """Import much without the garbage collector, and have it pass over what came of it.

    Importing torch makes several hundred thousand objects that stay. A full collection
    goes through them all with the interpreter's lock held: a quarter of a second, measured,
    in which the window does not answer.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        # Some libraries look, as the interpreter ends, for what was not collected.
        atexit.register(gc.unfreeze)
        if was_enabled:
            gc.enable()
