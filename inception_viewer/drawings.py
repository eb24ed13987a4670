"""Pictures for reports, drawn without a window: maps with their scale, attributions.

Everything is drawn with Pillow; colours are those of the window: Okabe-Ito for the
branches, viridis for activations, vik for signed data centred on zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from cmap import Colormap
from PIL import Image, ImageDraw, ImageFont

from .questions import Floats, Pixels

BRANCH_COLOURS = {"1x1": "#0072B2", "3x3": "#D55E00", "5x5": "#009E73", "pool": "#CC79A7"}
"""Okabe and Ito's colours, distinct for the colour-blind; the window's own."""
SEQUENTIAL, DIVERGING = "viridis", "crameri:vik"
TILE, PANEL = 48, 448
"""About how many pixels a map, a photo is drawn wide; a whole multiple of its own size."""
GAP, MARGIN, BAR, TITLE = 1, 16, 16, 40
INK, PAPER, FAINT = "#1a1a1a", "#ffffff", "#666666"
BRIGHT = 0.995
"""Share of an attribution's values that its scale reaches."""
SIZES = {"title": 18, "text": 14}


@dataclass(frozen=True)
class Branch:
    """One branch's maps to be drawn.

    Attributes
    ----------
    name
        ``"1x1"``, ``"3x3"``, ``"5x5"`` or ``"pool"``.
    maps
        (channels, height, width), after the ReLU.
    note
        Why the branch is not what its name says, or ``""``.
    """

    name: str
    maps: Floats
    note: str = ""


@dataclass(frozen=True)
class Scale:
    """From values to colours: ``low`` and ``high`` are the ends of the colour bar."""

    low: float
    high: float
    colours: str = SEQUENTIAL

    def paint(self, values: Floats) -> Pixels:
        """Return the colours (…, 3) of values (…); not-a-number is grey."""
        span = (self.high - self.low) or 1.0
        with np.errstate(invalid="ignore"):
            index = np.rint((values - self.low) * (255 / span)).clip(0, 255)
        painted = _table(self.colours)[np.nan_to_num(index).astype(np.uint8)]
        painted[~np.isfinite(values)] = 128
        return np.asarray(painted, np.uint8)


@lru_cache
def _table(name: str) -> Pixels:
    table: Pixels = np.rint(Colormap(name)(np.linspace(0, 1, 256))[:, :3] * 255).astype(np.uint8)
    return table


@lru_cache
def _font(size: str) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(SIZES[size])


def signed_scale(values: Floats) -> Scale:
    """Return a diverging scale centred on zero, or a sequential one where nothing is negative.

    Pixel attributions have a few values far above the rest, which would leave the rest
    pale: :data:`BRIGHT` of them fit the scale, the others have the colour of its end.
    """
    finite = values[np.isfinite(values)]
    sizes = np.abs(finite)
    largest = float(np.quantile(sizes, BRIGHT)) if sizes.size else 0.0
    largest = largest or float(sizes.max(initial=0.0))
    if finite.size and float(finite.min()) >= 0:
        return Scale(0.0, largest)
    return Scale(-largest, largest, DIVERGING)


# --- the four branches of a module -----------------------------------------------------


def branch_maps(module: str, branches: Sequence[Branch], subtitle: str) -> Image.Image:
    """Draw a module's four branches side by side, every channel, on one scale.

    Parameters
    ----------
    module
        Its name, for the title.
    branches
        In the order of the concatenation.
    subtitle
        Photo and checkpoint, for the line under the title.
    """
    finite = [branch.maps[np.isfinite(branch.maps)] for branch in branches]
    high = max((float(values.max()) for values in finite if values.size), default=0.0)
    scale = Scale(0.0, high)
    total = sum(len(branch.maps) for branch in branches)
    rows = max(1, round(total**0.5))
    grids = [_grid(branch.maps, scale, rows) for branch in branches]
    width = sum(grid.width for grid in grids) + MARGIN * (len(grids) - 1)
    height = max(grid.height for grid in grids)
    notes = [f"“{branch.name}”: {branch.note}" for branch in branches if branch.note]
    page = _page(max(width, 480) + _bar_width(), height + TITLE, len(notes), module, subtitle)
    left = MARGIN
    for branch, grid in zip(branches, grids, strict=True):
        _branch_title(page, left, grid.width, branch)
        page.paste(grid, (left, MARGIN + 56 + TITLE))
        left += grid.width + MARGIN
    _colour_bar(page, page.width - MARGIN - _bar_width() + 24, 56 + MARGIN + TITLE, height, scale)
    _lines(page, notes)
    return page


def _grid(maps: Floats, scale: Scale, rows: int) -> Image.Image:
    """Paint all channels into one picture, down the columns; dead ones are crossed out."""
    channels, height, width = maps.shape
    factor = max(1, round(TILE / max(height, width)))
    columns = -(-channels // rows)
    step_y, step_x = height * factor + GAP, width * factor + GAP
    canvas = np.full((rows * step_y - GAP, columns * step_x - GAP, 3), 255, np.uint8)
    painted = scale.paint(maps).repeat(factor, axis=1).repeat(factor, axis=2)
    places = []
    for channel in range(channels):
        column, row = divmod(channel, rows)
        y, x = row * step_y, column * step_x
        canvas[y : y + height * factor, x : x + width * factor] = painted[channel]
        places.append((x, y, x + width * factor - 1, y + height * factor - 1))
    image = Image.fromarray(canvas)
    draw = ImageDraw.Draw(image)
    for dead in np.flatnonzero(~(maps > 0).any(axis=(1, 2))):
        left, top, right, bottom = places[int(dead)]
        draw.line((left, top, right, bottom), fill="#bbbbbb")
        draw.line((left, bottom, right, top), fill="#bbbbbb")
    return image


def _branch_title(page: Image.Image, left: int, width: int, branch: Branch) -> None:
    draw = ImageDraw.Draw(page)
    top = MARGIN + 56
    dead = int((~(branch.maps > 0).any(axis=(1, 2))).sum())
    words = f"{branch.name}: {len(branch.maps)}" + (f" ({dead} dead)" if dead else "")
    draw.rectangle((left, top + 26, left + width - 1, top + 30), fill=BRANCH_COLOURS[branch.name])
    font = _font("text")
    if draw.textlength(words, font=font) > width + MARGIN:
        words = branch.name
    draw.text((left, top + 4), words, fill=INK, font=font)


# --- an attribution --------------------------------------------------------------------


def attribution(
    picture: Pixels,
    values: Floats,
    title: str,
    subtitle: str,
    lines: Sequence[str],
    *,
    panels: Sequence[str] = ("photo", "map", "overlay"),
    width: int = PANEL,
) -> Image.Image:
    """Draw the photo, the map and the map over the photo, with the map's scale.

    Parameters
    ----------
    picture
        What the network sees (height, width, 3).
    values
        The map (height, width), signed, at the same size.
    title, subtitle, lines
        What it explains; photo and checkpoint; how far to trust it.
    panels
        Which of ``"photo"``, ``"map"`` and ``"overlay"`` stand side by side.
    width
        About how many pixels each is drawn wide; a whole multiple of its own size.
    """
    scale = signed_scale(values)
    shown = {
        "photo": picture,
        "map": scale.paint(values),
        "overlay": overlay(picture, values, scale),
    }
    factor = max(1, round(width / max(values.shape)))
    across, down = values.shape[1] * factor, values.shape[0] * factor
    lines = [*lines, f"beyond the ends of the colour bar lie {1 - BRIGHT:.1%} of the values"]
    gaps = (len(panels) - 1) * MARGIN
    page = _page(len(panels) * across + gaps + _bar_width(), down, len(lines), title, subtitle)
    top = MARGIN + 56
    for place, panel in enumerate(panels):
        image = Image.fromarray(np.ascontiguousarray(shown[panel]))
        image = image.resize((across, down), Image.Resampling.NEAREST)
        page.paste(image, (MARGIN + place * (across + MARGIN), top))
    _colour_bar(page, page.width - MARGIN - _bar_width() + 24, top, down, scale)
    _lines(page, lines)
    return page


def overlay(picture: Pixels, values: Floats, scale: Scale) -> Pixels:
    """Return the map over the grey photo, opaque where it is strong: (height, width, 3)."""
    painted = scale.paint(values).astype(np.float32)
    with np.errstate(invalid="ignore"):
        strength = (np.abs(values) / (scale.high or 1.0)).clip(0, 1)
    alpha = np.sqrt(np.nan_to_num(strength))[:, :, None]
    grey = picture.astype(np.float32).mean(axis=2, keepdims=True) * 0.6 + 80
    mixed = np.rint(painted * alpha + grey * (1 - alpha)).clip(0, 255)
    return np.asarray(mixed, np.uint8)


# --- page, colour bar, words -----------------------------------------------------------


def _page(width: int, height: int, lines: int, title: str, subtitle: str) -> Image.Image:
    words = max((_width(title, "title"), _width(subtitle, "text")))
    size = (max(width, words) + 2 * MARGIN, height + 2 * MARGIN + 56 + lines * 22)
    page = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(page)
    draw.text((MARGIN, MARGIN - 4), title, fill=INK, font=_font("title"))
    draw.text((MARGIN, MARGIN + 24), subtitle, fill=FAINT, font=_font("text"))
    return page


def _width(words: str, size: str) -> int:
    return round(ImageDraw.Draw(Image.new("L", (1, 1))).textlength(words, font=_font(size)))


def _bar_width() -> int:
    return 24 + BAR + 72


def _colour_bar(page: Image.Image, left: int, top: int, height: int, scale: Scale) -> None:
    """Draw the scale with its ends and middle in numbers."""
    height = min(height, 480)
    ramp = np.linspace(scale.high, scale.low, height, dtype=np.float32)[:, None]
    bar = Image.fromarray(scale.paint(ramp.repeat(BAR, axis=1)))
    page.paste(bar, (left, top))
    draw = ImageDraw.Draw(page)
    middle = (scale.low + scale.high) / 2
    ends = ((scale.high, top), (middle, top + height // 2), (scale.low, top + height - 1))
    for value, y in ends:
        draw.line((left + BAR, y, left + BAR + 4, y), fill=INK)
        at = min(max(y - 8, top - 4), top + height - 14)
        draw.text((left + BAR + 8, at), number(value), fill=INK, font=_font("text"))


def number(value: float) -> str:
    """Return a number as a scale shows it: three digits."""
    return f"{value:.3g}" if value else "0"


def _lines(page: Image.Image, lines: Sequence[str]) -> None:
    draw = ImageDraw.Draw(page)
    top = page.height - MARGIN - len(lines) * 22 + 6
    for place, words in enumerate(lines):
        draw.text((MARGIN, top + place * 22), words, fill=FAINT, font=_font("text"))
