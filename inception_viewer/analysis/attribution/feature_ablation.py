"""Feature ablation: hide one superpixel after the other and watch the score."""

from __future__ import annotations

import numpy as np

from .hidden import of_task
from .result import Report, Result
from .task import Task


def explain(task: Task, report: Report) -> Result:
    """Compute the method ``feature_ablation``: a superpixel's value is what hiding it costs."""
    hidden = of_task(task)
    ends, count = hidden.ends(), hidden.count
    values = np.zeros(count)
    kept = ~np.eye(count, dtype=bool)
    for first in range(0, count, hidden.batch):
        part = slice(first, first + hidden.batch)
        values[part] = ends[0] - hidden.scores(kept[part])
        result, done = hidden.result(values, ends), min(first + hidden.batch, count)
        report(done / count, result if done < count else None, f"superpixel {done} of {count}")
    return result
