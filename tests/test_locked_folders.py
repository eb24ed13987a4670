"""A folder within that cannot be read is said, wherever photos are looked for: none is lost."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import inception_viewer as iv
from inception_viewer.images.sources import find
from inception_viewer.questions import ImageSource


@pytest.fixture
def folder(photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Two photos, and a folder of them that cannot be read, even by the machine's owner."""
    for place in ("1.png", "2.png", "locked/3.png"):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        shutil.copy(photo, tmp_path / place)
    truly = os.scandir

    def scandir(path: Any = ".") -> Any:
        if Path(os.fspath(path)).name == "locked":
            raise PermissionError(13, "Permission denied", str(path))
        return truly(path)

    monkeypatch.setattr(os, "scandir", scandir)
    yield tmp_path
    monkeypatch.undo()


def test_a_search_says_so(folder: Path) -> None:
    found = find([ImageSource(path=str(folder))])
    assert [Path(one.path).name for one in found.sources] == ["1.png", "2.png"]
    ((place, why),) = found.failures
    assert (place, why) == (
        str(folder / "locked"),
        "The folder “locked” cannot be read: Permission denied.",
    )
    (alone,) = find([ImageSource(path=str(folder / "locked"))]).failures
    assert alone[1] == why


def test_groups_say_so(checkpoint: Path, folder: Path, photo: Path, tmp_path: Path) -> None:
    net = iv.load(checkpoint)
    small = iv.Preprocessing(height=64, width=64)
    found = iv.compare_groups(net, {"a": folder, "b": folder}, preprocessing=small)
    assert (found.count("a"), found.count("b")) == (2, 2)
    assert len(found.failures) == 2
    assert all("locked" in path and "Permission denied" in why for path, why in found.failures)
    assert not found.unreadable_more
    with pytest.raises(iv.ViewerError, match="is not a folder"):
        iv.compare_groups(net, {"a": folder, "b": folder / "nowhere"}, preprocessing=small)
