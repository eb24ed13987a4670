"""Edits of the photo, which a :class:`~.questions.Scene` holds.

A photo is moved and dimmed (:class:`Distortion`), painted over (:class:`Brush`), and pushed
against the network (:class:`Adversarial`); a scene's edits stand in this order, and are done
one after the other on the picture that the network sees.

Frozen and hashable like everything that keys a trace. Neither torch nor Qt is imported.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Fill = Literal["grey", "mean", "blur", "inpaint"]


@dataclass(frozen=True)
class Stroke:
    """A line drawn with a round brush on the picture that the network sees.

    Attributes
    ----------
    points
        (x, y) of its corners, in pixels of the network's picture; one point is a dab.
    radius
        In the same pixels.
    erases
        Whether it takes away what earlier strokes covered.
    """

    points: tuple[tuple[float, float], ...]
    radius: float
    erases: bool = False


@dataclass(frozen=True)
class BrushSettings:
    """How the next stroke is drawn: ``radius`` in the network's pixels, and the fill."""

    radius: float = 12.0
    fill: Fill = "grey"


@dataclass(frozen=True)
class Brush:
    """An area that is painted over.

    Attributes
    ----------
    strokes
        In the order in which they were drawn.
    fill
        ``"grey"``: 128 in every channel; ``"mean"``: the mean colour of what is left of the
        picture; ``"blur"``: the picture under a wide Gaussian; ``"inpaint"``: continued from
        around the area.
    """

    strokes: tuple[Stroke, ...]
    fill: Fill = "grey"


@dataclass(frozen=True)
class Distortion:
    """The photo moved, turned, blurred, dimmed or cropped, before the network sees it.

    The geometry is one affine map from the picture to the upright photo, so that what lay
    outside the picture comes in from the photo; what lies beyond the photo is grey (128).
    Contrast, then blur, then noise come after it.

    Attributes
    ----------
    shift_x, shift_y
        How far what is seen moves to the right and down, as a share of the picture's width and
        height; -1 to 1.
    rotation
        Degrees, counter-clockwise as seen; -180 to 180.
    scale
        How much larger what is seen becomes, about the picture's middle; 0.25 to 4.
    crop
        The side of the part of the picture that is left, as a share of it, enlarged to the
        whole; 0.1 to 1.
    crop_x, crop_y
        Where that part lies, from 0 (left, top) over 0.5 to 1 (right, bottom).
    mirror
        Whether left and right are exchanged.
    contrast
        Distances from the mean colour's grey are multiplied by this; 0 to 2.
    blur
        Standard deviation of a Gaussian, in pixels of the network's picture; 0 to 20.
    noise
        Standard deviation of Gaussian noise, in grey levels of 255; 0 to 128.
    seed
        Of the noise: the same seed is the same noise.
    """

    shift_x: float = 0.0
    shift_y: float = 0.0
    rotation: float = 0.0
    scale: float = 1.0
    crop: float = 1.0
    crop_x: float = 0.5
    crop_y: float = 0.5
    mirror: bool = False
    contrast: float = 1.0
    blur: float = 0.0
    noise: float = 0.0
    seed: int = 0


AttackMethod = Literal["fgsm", "pgd"]


@dataclass(frozen=True)
class Adversarial:
    """A change of the picture that few people see, made to mislead the network.

    It is made by Captum's attacks of the network itself, without interventions, on what the
    edits before it left, and rounded to whole grey levels: saved as a PNG it still misleads.

    Attributes
    ----------
    method
        ``"fgsm"``: one step along the sign of the gradient (Goodfellow et al., 2015,
        arXiv:1412.6572); ``"pgd"``: ``steps`` of ``step`` each, projected to within ``epsilon``
        (Madry et al., 2018, arXiv:1706.06083).
    epsilon
        How far each value may change, in grey levels of 255; whole, 1 to 64.
    head
        Whose loss is followed.
    target
        The class to go towards; None: away from the head's top class.
    steps, step
        Of PGD: how many, and how many grey levels each.
    """

    method: AttackMethod = "fgsm"
    epsilon: int = 4
    head: str = "main"
    target: int | None = None
    steps: int = 10
    step: float = 1.0


Edit: TypeAlias = Brush | Distortion | Adversarial
"""What a scene's edits are."""
