"""How a photo becomes the input of a Caffe network: by its data layer, else BVLC's way."""

from __future__ import annotations

from dataclasses import replace

from inception_viewer.questions import Preprocessing

from .caffe_file import CaffeNet

BVLC_MEAN = (104.0, 117.0, 123.0)
PLACES_MEAN = (104.051, 112.514, 116.676)
"""Blue, green, red; Places' is the mean of its ``places365CNN_mean.binaryproto``."""


def preprocessing(
    net: CaffeNet, places: bool, warnings: list[str], evidence: list[str]
) -> Preprocessing:
    """Return how photos become the input: as the file's data layer says, else BVLC's way.

    Caffe's own evaluation squeezes photos to 256 x 256 before it crops their centre; here
    their aspect is kept.
    """
    usual = Preprocessing(
        channels="BGR",
        scale=1.0,
        mean=PLACES_MEAN if places else BVLC_MEAN,
        std=(1.0, 1.0, 1.0),
    )
    said = next((layer.settings for layer in net.layers if "crop" in layer.settings), None)
    if said is None:
        warnings.append(
            "The file does not say how its input is made; taken to be "
            f"{'Places' if places else 'BVLC'}'s way: BGR, 0 to 255, minus {_triple(usual.mean)}."
        )
        return usual
    mean, scale, crop = said["mean"], said["scale"][0], int(said["crop"][0])
    if said["mean_file"] == (1.0,):
        warnings.append(
            "It was trained with a mean picture that the file does not hold; "
            f"{_triple(usual.mean)} is subtracted instead."
        )
    else:
        usual = replace(usual, mean=_said_mean(mean, usual.mean))
    if 1e-6 < scale < 1e6 and scale != 1:  # Caffe scales after it has subtracted
        usual = replace(usual, std=(1 / scale, 1 / scale, 1 / scale))
    if 64 <= crop <= 256:
        usual = replace(usual, height=crop, width=crop)
    subtracted = "a mean picture" if said["mean_file"] == (1.0,) else _triple(usual.mean)
    evidence.append(f"Its data layer crops to {usual.height} pixels and subtracts {subtracted}.")
    return usual


def _said_mean(
    mean: tuple[float, ...], usual: tuple[float, float, float]
) -> tuple[float, float, float]:
    """Return the mean that a data layer subtracts: none, one of all channels or of each."""
    mean = mean or (0.0,)
    if not all(abs(value) < 1e6 for value in mean):
        return usual
    return (mean[0], mean[1], mean[2]) if len(mean) == 3 else (mean[0], mean[0], mean[0])


def _triple(mean: tuple[float, float, float]) -> str:
    return f"({', '.join(f'{value:g}' for value in mean)})"
