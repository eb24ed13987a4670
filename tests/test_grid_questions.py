"""What the lab's grid asks besides attributions, with a real worker."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inception_viewer.analysis import make_worker
from inception_viewer.errors import QuestionError
from inception_viewer.grid_questions import GradCamOfUnits, Picture
from inception_viewer.images.preprocess import prepare
from inception_viewer.questions import (
    Attribution,
    ImageSource,
    OpenCheckpoint,
    OpenImages,
    Preprocessing,
    Scene,
)


class Silent:
    lane = "jobs"

    def __call__(self, fraction, answer=None, text=""):
        """Go on."""


@pytest.fixture(scope="module")
def opened(checkpoint: Path, photo: Path):
    answer, lab = make_worker()
    info = answer(OpenCheckpoint(str(checkpoint)), lab, Silent())
    source = ImageSource(path=str(photo))
    image = answer(OpenImages((source,)), lab, Silent()).images[0]
    small = replace(info.preprocessing, height=96, width=96, short_side=110)
    return lambda question: answer(question, lab, Silent()), Scene(
        info.fingerprint, image.id, small
    )


def test_the_picture_is_what_the_network_sees(opened, picture):
    ask, scene = opened
    found = ask(Picture(scene))
    assert found.scene == scene
    np.testing.assert_array_equal(found.picture, prepare(picture, scene.preprocessing).picture)
    other = replace(scene, preprocessing=Preprocessing(resize="squeeze"))
    assert ask(Picture(other)).picture.shape == (224, 224, 3)


def test_every_unit_gets_what_its_own_question_is_answered_by(opened):
    ask, scene = opened
    asked = Attribution(scene, "layer_grad_cam", target=3, against=5)
    units = ("conv1", "inception3b/pool_proj", "inception4c/5x5", "inception5b")
    found = ask(GradCamOfUnits(asked, units))
    assert [one.question for one in found.answers] == [replace(asked, unit=u) for u in units]
    for one in found.answers:
        alone = ask(one.question)
        np.testing.assert_allclose(one.map, alone.map, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(one.raw, alone.raw, rtol=1e-4, atol=1e-6)
        assert one.target_name == alone.target_name
        assert one.parameters == alone.parameters
    assert sum(one.forwards for one in found.answers) == 1
    assert sum(one.backwards for one in found.answers) == 1


def test_a_unit_that_is_not_on_the_way_is_refused(opened):
    ask, scene = opened
    asked = Attribution(scene, "layer_grad_cam")
    with pytest.raises(QuestionError, match="no unit"):
        ask(GradCamOfUnits(asked, ("conv1", "inception9z")))
