"""Changing a picture a little so that a network errs: FGSM and PGD, by Captum.

The loss is the cross-entropy of a head, the standard of both papers (Goodfellow et al., 2015,
arXiv:1412.6572; Madry et al., 2018, arXiv:1706.06083). Without a target it is that of the head's
own top class on the picture before, and rises; with one it is the target's, and falls. The
attack is in grey levels of the picture, so that it goes through the preprocessing as well.

Two habits of Captum 0.8 are undone here. It takes every gradient under 1e-6 for zero: by grey
level, and where the network is sure, all are, and nothing would change. And it warns of each
input that does not require gradients.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import torch
from captum.robust import FGSM, PGD
from torch import Tensor
from torch.nn import functional

from ..edit_questions import Adversarial
from ..questions import Pixels, Preprocessing
from .architecture import INPUT, LOGITS, GoogLeNet
from .targets import check_target

Report: TypeAlias = Callable[[float], None]
"""Told the share done in [0, 1]; may raise to end the work."""


class _SignStep(FGSM):  # type: ignore[misc]
    """One step along the sign of the gradient, however small that is."""

    def __init__(self, *arguments: Any, **bounds: float) -> None:
        super().__init__(*arguments, **bounds)
        self.zero_thresh = 0.0

    def perturb(self, inputs: Any, *arguments: Any, **settings: Any) -> Any:
        """Return the inputs after the step, cut off from what led to them."""
        several = isinstance(inputs, tuple)
        given = inputs if several else (inputs,)
        leaves = tuple(one.detach().requires_grad_() for one in given)
        made = super().perturb(leaves, *arguments, **settings)
        return tuple(one.detach() for one in made) if several else made[0].detach()


def misled(
    picture: Pixels,
    attack: Adversarial,
    net: GoogLeNet,
    preprocessing: Preprocessing,
    report: Report = lambda share: None,
) -> Pixels:
    """Return a picture that an attack changed.

    Parameters
    ----------
    picture
        uint8 RGB (height, width, 3): what the network would see.
    attack
        Within its bounds; see :mod:`~inception_viewer.images.edits`.
    net
        In evaluation mode; neither hooks nor gradients are left in it.
    preprocessing
        How the picture becomes the input.
    report
        Told before each pass.

    Returns
    -------
    Pixels
        uint8 RGB (height, width, 3), read-only; no value is further than ``attack.epsilon`` from
        the picture's.

    Raises
    ------
    QuestionError
        If the network lacks the head or the class.
    """
    check_target(net, attack.head, attack.target or 0)
    with torch.inference_mode(False), torch.enable_grad():
        levels = torch.tensor(np.ascontiguousarray(picture.transpose(2, 0, 1))[None]).float()
        found = _attacked(levels, attack, _forward(net, attack, preprocessing, report))
    bound = int(attack.epsilon)
    low = picture.astype(np.int16) - bound
    moved = found[0].permute(1, 2, 0).numpy(force=True)
    whole = np.clip(np.rint(moved).astype(np.int16), low, low + 2 * bound)
    made: Pixels = np.clip(whole, 0, 255).astype(np.uint8)
    made.setflags(write=False)
    return made


def _attacked(levels: Tensor, attack: Adversarial, forward: Callable[[Tensor], Tensor]) -> Tensor:
    """Return the levels (1, 3, H, W) after the attack."""
    aimed = attack.target is not None
    label = attack.target
    if label is None:
        with torch.no_grad():
            label = int(forward(levels).argmax())
    classes = torch.tensor([label])
    bounds = {"lower_bound": 0.0, "upper_bound": 255.0}
    if attack.method == "fgsm":
        step = _SignStep(forward, _losses, **bounds)
        made: Tensor = step.perturb(levels, float(attack.epsilon), classes, targeted=aimed)
        return made
    pgd = PGD(forward, _losses, **bounds)
    pgd.fgsm = _SignStep(forward, _losses)
    made = pgd.perturb(
        levels, float(attack.epsilon), float(attack.step), attack.steps, classes, targeted=aimed
    )
    return made


def _losses(logits: Tensor, classes: Tensor) -> Tensor:
    """Return the cross-entropy (N,) of logits (N, classes)."""
    return functional.cross_entropy(logits, classes, reduction="none")


def _forward(
    net: GoogLeNet, attack: Adversarial, made: Preprocessing, report: Report
) -> Callable[[Tensor], Tensor]:
    """Return the function from levels (N, 3, H, W) in 0..255, RGB, to the head's logits.

    The logits are doubles on the CPU: of a network that is sure of its answer the loss's
    gradient is too small for single precision.
    """
    unit = LOGITS[attack.head]
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (made.mean, made.std))
    passes = (attack.steps if attack.method == "pgd" else 1) + (attack.target is None)
    done = 0

    def forward(levels: Tensor) -> Tensor:
        nonlocal done
        report(done / passes)
        done += 1
        ordered = levels if made.channels == "RGB" else levels.flip(1)
        x = net.transform(net.place((ordered * made.scale - mean) / std))
        return net.run({INPUT: x}, [unit])[unit].cpu().double()

    return forward
