"""Noisy linear imputation (Rong et al., 2022, arXiv:2202.00449, section 4.2).

A pixel that is gone is the weighted mean of its eight neighbours, known or gone themselves
(:mod:`inception_viewer.images.inpainting`), and a little noise. What fills the holes is as smooth
as can be, so that the network cannot tell the class from the shape of what was taken away.
"""

from __future__ import annotations

import numpy as np

from inception_viewer.images.inpainting import Doubles, Gone, continued

NOISE = 0.01
"""Standard deviation of the noise, as a share of the photo's own."""


def imputed(photo: Doubles, gone: Gone, seed: int) -> Doubles:
    """Return the photo with its holes filled in.

    Parameters
    ----------
    photo
        (C, H, W).
    gone
        (H, W): which pixels to fill in; at least one must be left.
    seed
        Of the noise, whose values belong to the pixels, whatever else is gone.
    """
    noise = np.random.default_rng(seed).standard_normal(photo.shape) * photo.std() * NOISE
    filled = continued(photo, gone)
    filled[:, gone] += noise[:, gone]
    return filled
