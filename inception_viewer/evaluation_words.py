"""An evaluation in words and as tables: what the window and the command line say alike.

Neither torch nor Qt is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from .file_questions import Table
from .folder_questions import EvaluationAnswer, HeadEvaluation, Share

SHOWN = 5
"""Lines of each list that people see; the tables have all."""

Row = list[str | int]


def as_text(answer: EvaluationAnswer) -> str:
    """Return the numbers in lines."""
    classes = int((answer.count > 0).sum())
    lines = [f"{answer.photos:,} photos of {classes} of {len(answer.classes)} classes"]
    for name, head in answer.heads.items():
        mean = answer.mean_per_class(name)
        lines.append(
            f"{name:5} {_state(head)}first {_share(head.top1)}, among five {_share(head.top5)},"
            f" mean per class {mean:.1%}, calibration error"
            f" {head.calibration.expected_error:.1%}"
        )
    if "main" in answer.heads:
        lines += _worst(answer, answer.heads["main"])
    lines += [_left_out(name, n, reason) for name, n, reason in _reasons(answer)]
    if answer.unreadable_count:
        lines.append(f"{answer.unreadable_count} photos could not be read:")
        lines += [f"  {problem}" for _, problem in answer.unreadable[:SHOWN]]
        if answer.unreadable_count > SHOWN:
            lines.append("  …")
    return "\n".join(lines)


def _state(head: HeadEvaluation) -> str:
    return "" if head.state == "trained" else f"({head.note or head.state}) "


def _share(share: Share) -> str:
    low, high = share.interval
    return f"{share.value:.1%} ({low:.1%} to {high:.1%})"


def _worst(answer: EvaluationAnswer, head: HeadEvaluation) -> list[str]:
    lines = []
    confusions = head.confusion.worst(SHOWN)
    if confusions:
        lines.append("commonest confusions of the main head:")
        lines += [
            f"  “{answer.classes[was]}” taken for “{answer.classes[said]}”: {count}"
            for was, said, count in confusions
        ]
    if head.mistakes:
        lines.append("surest mistakes of the main head:")
        lines += [
            f"  {m.path}: said “{answer.classes[m.said]}” {m.probability:.0%},"
            f" was “{answer.classes[m.was]}” {m.probability_of_truth:.0%}"
            for m in head.mistakes[:SHOWN]
        ]
    return lines


def _reasons(answer: EvaluationAnswer) -> list[tuple[str, int, str]]:
    return [(left.name, left.photos, left.reason) for left in answer.left_out]


def _left_out(name: str, photos: int, reason: str) -> str:
    plural = "photo" if photos == 1 else "photos"
    return f"left out: “{name}” ({photos} {plural}): {reason}"


# --- tables --------------------------------------------------------------------------


def class_rows(answer: EvaluationAnswer) -> Iterator[Row]:
    """Return a heading, and a line for each class: its photos, and how many are right.

    Shares are left empty for classes without photos.
    """
    parts = ("right", "right_of_five", "top1", "top5")
    yield ["class", "photos", *(f"{head}_{part}" for head in answer.heads for part in parts)]
    for place, name in enumerate(answer.classes):
        photos = int(answer.count[place])
        row: Row = [name, photos]
        for head in answer.heads.values():
            counts = int(head.right[place]), int(head.right5[place])
            row += [*counts, *(f"{count / photos:.6f}" if photos else "" for count in counts)]
        yield row


def confusion_rows(answer: EvaluationAnswer) -> Iterator[Row]:
    """Return a heading, and a line for each pair of classes that a head took one for the other.

    Photos that are right have a line as well, so that the counts add up.
    """
    yield ["head", "was", "said", "photos"]
    for name, head in answer.heads.items():
        table = head.confusion
        for was, said, count in zip(table.was, table.said, table.count, strict=True):
            yield [name, answer.classes[was], answer.classes[said], int(count)]


TABLES: Mapping[Table, Callable[[EvaluationAnswer], Iterator[Row]]] = {
    "classes": class_rows,
    "confusions": confusion_rows,
}
