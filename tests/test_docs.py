"""The pages' pictures and links: what they point to is there, and every picture is shown."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from PIL import Image

from inception_viewer.attribution_methods import METHODS

ROOT = Path(__file__).resolve().parent.parent
PAGES = (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md")))
IMAGES = ROOT / "docs" / "images"
METHOD_IMAGES = IMAGES / "methods"
LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)#\s]+)[^)]*\)")


def links(page: Path) -> list[tuple[bool, Path]]:
    """Files that a page points to, and whether as a picture."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    found = LINK.findall(text)
    local = [(bool(mark), target) for mark, target in found if not target.startswith("http")]
    return [(picture, (page.parent / target).resolve()) for picture, target in local]


def made() -> set[Path]:
    """The window's pictures that the script makes, read from it without running it."""
    tree = ast.parse((ROOT / "docs" / "screenshots.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "PICTURES":
            assert isinstance(node.value, ast.Dict)
            return {IMAGES / f"{ast.literal_eval(key)}.png" for key in node.value.keys if key}
    raise AssertionError("docs/screenshots.py has no PICTURES")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_points_to_is_there(page: Path) -> None:
    missing = [str(target) for _, target in links(page) if not target.exists()]
    assert missing == []


def test_the_readme_shows_the_window() -> None:
    assert (True, ROOT / "docs/images/window.png") in links(ROOT / "README.md")


def test_every_picture_made_is_shown_and_every_picture_shown_is_made() -> None:
    shown = {target for page in PAGES for picture, target in links(page) if picture}
    assert {target for target in shown if target.parent != METHOD_IMAGES} == made()
    assert {path for path in IMAGES.iterdir() if path.is_file()} == made()


def test_every_method_has_its_picture_and_it_is_shown() -> None:
    shown = {target for picture, target in links(ROOT / "docs" / "attribution.md") if picture}
    wanted = {METHOD_IMAGES / f"{name}.jpg" for name in METHODS}
    assert shown >= wanted
    assert set(METHOD_IMAGES.iterdir()) == wanted
    assert sum(path.stat().st_size for path in wanted) < 1_500_000
    for path in wanted:
        with Image.open(path) as image:
            assert 500 < image.width < 800, path.name
            assert 300 < image.height < 450, path.name


def test_pictures_are_small_files_of_a_whole_window_or_a_part_of_it() -> None:
    for path in IMAGES.glob("*.png"):
        assert path.stat().st_size < 700_000, path.name
        with Image.open(path) as image:
            width, height = image.size
            extremes = image.convert("L").getextrema()
        whole = path.stem.startswith(("window", "outside"))
        assert ((width, height) == (1280, 800)) if whole else (width >= 300 and height >= 300)
        assert extremes[1] - extremes[0] > 150, f"{path.name} is all but empty"
