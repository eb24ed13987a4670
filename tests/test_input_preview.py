"""What becomes of a photo under an edited input; torchvision's transforms and class judge."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import nn
from torchvision.transforms import v2

from inception_viewer.analysis import answer
from inception_viewer.checkpoint_questions import InputPreview, PreviewInput
from inception_viewer.checkpoints.inputs import KNOWN, adapted
from inception_viewer.errors import QuestionError
from inception_viewer.lab import Lab
from inception_viewer.questions import ImageSource, Maps, Overview, Preprocessing, Scene


class Quiet:
    """A progress that nobody watches."""

    lane = "live"

    def __call__(self, fraction: float, answer: object = None, text: str = "") -> None:
        """Go on."""


@pytest.fixture(scope="module")
def lab(checkpoint: Path) -> Lab:
    lab = Lab()
    lab.open_checkpoint(checkpoint)
    return lab


@pytest.fixture(scope="module")
def scene(lab: Lab, photo: Path) -> Scene:
    mark = next(iter(lab._infos))
    return Scene(mark, lab.open_image(ImageSource(path=str(photo))).id, Preprocessing())


def previewed(lab: Lab, scene: Scene, made: Preprocessing) -> InputPreview:
    found = answer(PreviewInput(Scene(scene.checkpoint, scene.image, made)), lab, Quiet())
    assert isinstance(found, InputPreview)
    return found


def input_by_torchvision(picture: NDArray[np.uint8], made: Preprocessing) -> torch.Tensor:
    """The input (1, 3, H, W) by torchvision's transforms on a PIL image."""
    size = [made.height, made.width]
    if made.resize == "squeeze":
        cut = v2.Resize(size, antialias=True)
    else:
        cut = v2.Compose([v2.Resize(made.short_side, antialias=True), v2.CenterCrop(size)])
    x = v2.functional.pil_to_tensor(cut(Image.fromarray(picture))).float()
    x = x if made.channels == "RGB" else x.flip(0)
    return v2.functional.normalize(x * made.scale, list(made.mean), list(made.std))[None]


CAFFE = KNOWN[4].preprocessing
INPUTS = {
    "imagenet": Preprocessing(),
    "caffe": CAFFE,
    "squeezed": Preprocessing(160, 192, "squeeze", 256, "RGB", 1.0, (117.0,) * 3, (1.0,) * 3),
    "small": Preprocessing(96, 64, "short_side", 100, "BGR", 1 / 255, (0.1, 0.2, 0.3), (2, 1, 0.5)),
}


@pytest.mark.parametrize("name", INPUTS)
def test_preview_agrees_with_torchvision(
    name: str, lab: Lab, scene: Scene, peer: nn.Module, picture: NDArray[np.uint8]
) -> None:
    made = INPUTS[name]
    found = previewed(lab, scene, made)
    x = input_by_torchvision(picture, made)
    flat = x[0].flatten(1)
    largest = float(flat.abs().max())
    for shown, right in (
        (found.minimum, flat.amin(1)),
        (found.mean, flat.mean(1)),
        (found.maximum, flat.amax(1)),
    ):
        np.testing.assert_allclose(shown, right.numpy(), atol=1e-4 * largest)
    with torch.no_grad():
        right = peer.eval()(x)[0] if name != "small" else None
    if right is not None:
        logits = found.predictions.logits["main"]
        np.testing.assert_allclose(logits, right.numpy(), atol=1e-3 * float(right.abs().max()))
    assert found.picture.shape == (made.height, made.width, 3)
    top = found.predictions.top("main", 3)
    assert [one[2] for one in top] == sorted((one[2] for one in top), reverse=True)


def test_preview_is_what_the_views_show_once_it_is_used(lab: Lab, scene: Scene) -> None:
    made = INPUTS["caffe"]
    found = previewed(lab, scene, made)
    shown = answer(Overview(found.scene, "inception3a"), lab, Quiet())
    np.testing.assert_array_equal(shown.picture, found.picture)
    assert shown.crop == found.crop
    np.testing.assert_allclose(
        shown.predictions.logits["main"], found.predictions.logits["main"], rtol=1e-6
    )


def test_edited_inputs_make_no_room_for_themselves(lab: Lab, scene: Scene) -> None:
    lab._traces.forget()
    for scale in (0.5, 0.25, 0.125):
        previewed(lab, scene, Preprocessing(scale=scale))
    assert len(lab._traces) == 0


@pytest.mark.parametrize("flag", [False, True])
def test_the_flag_may_be_set_by_hand(
    flag: bool, lab: Lab, scene: Scene, peer: nn.Module, picture: NDArray[np.uint8]
) -> None:
    """The network at hand has it off; torchvision's class with it on or off is the oracle."""
    wanted = lab.info(scene.checkpoint).details.convention  # type: ignore[union-attr]
    assert not wanted.transform_input
    own = Preprocessing()
    made = adapted(type(wanted)("", own, flag), transform_input=False)
    found = previewed(lab, scene, made)
    x = input_by_torchvision(picture, own)
    peer.transform_input = flag
    try:
        with torch.no_grad():
            right = peer.eval()(x)[0]
    finally:
        peer.transform_input = False
    np.testing.assert_allclose(found.predictions.logits["main"], right.numpy(), atol=2e-3)


# --- sizes ------------------------------------------------------------------------------


def test_the_least_size_is_the_networks_own(lab: Lab, scene: Scene, peer: nn.Module) -> None:
    least = lab.info(scene.checkpoint).least_size
    assert least == 15
    with torch.no_grad():
        assert peer.eval()(torch.zeros(1, 3, least, least)).isfinite().all()
        with pytest.raises(RuntimeError):
            peer(torch.zeros(1, 3, least - 1, least - 1))
    made = Preprocessing(least, least, "squeeze")
    assert previewed(lab, scene, made).picture.shape == (least, least, 3)
    small = Preprocessing(least - 1, 224, "squeeze")
    for question in (PreviewInput, lambda s: Overview(s, "conv1"), lambda s: Maps(s, "conv1")):
        with pytest.raises(QuestionError, match="14 x 224 pixels is too small"):
            answer(question(Scene(scene.checkpoint, scene.image, small)), lab, Quiet())


def test_the_graph_follows_the_inputs_size(lab: Lab, scene: Scene) -> None:
    own = answer(Overview(scene, "conv1"), lab, Quiet())
    assert own.graph is None
    wide = Scene(scene.checkpoint, scene.image, Preprocessing(96, 160, "squeeze"))
    found = answer(Overview(wide, "inception3a"), lab, Quiet())
    trace = lab.trace(wide)
    assert found.graph is not None
    for node in found.graph.nodes:
        if node.name != "input":
            shape = trace[node.name].shape
            assert node.shape == (*shape, *[1] * (3 - len(shape))), node.name


def test_answers_that_are_no_numbers_are_refused(lab: Lab, scene: Scene) -> None:
    with pytest.raises(QuestionError, match="no numbers"):
        previewed(lab, scene, Preprocessing(scale=1e6, std=(1e-30, 1e-30, 1e-30)))
