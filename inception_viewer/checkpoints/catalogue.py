"""Checkpoints that have a name instead of a path: the demo, and what others publish.

Nothing here imports torch: the window lists what can be got.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from inception_viewer import paths
from inception_viewer.errors import CheckpointError

from .digests import matches

NAMED = {"demo": "demo.safetensors"}
"""Names and the assets they stand for."""

TOLERANCE = 0.01
"""By how much a published file's length may differ from :attr:`Published.size`."""


@dataclass(frozen=True)
class Published:
    """A checkpoint that others publish and that can be downloaded.

    Attributes
    ----------
    name
        What ``iv.load``, ``--checkpoint`` and ``inception-viewer get`` call it.
    title, about
        For people: a few words, and a sentence or two.
    url
        Where it is downloaded from.
    file
        Its name on disk.
    digest
        ``"algorithm:hex"``, as :mod:`.digests` reads it.
    size
        Bytes, to within :data:`TOLERANCE`: not every publisher states them.
    licence, licence_url
        The terms in a phrase, and where they stand.
    page
        The publisher's page about it.
    shared_with_torch
        Whether it lies where torchvision looks for it, instead of in a folder of our own.
    """

    name: str
    title: str
    about: str
    url: str
    file: str
    digest: str
    size: int
    licence: str
    licence_url: str
    page: str
    shared_with_torch: bool = False

    @property
    def folder(self) -> Path:
        """Where it is put, and looked for."""
        return torch_folder() if self.shared_with_torch else own_folder()

    @property
    def path(self) -> Path:
        """Where it is, once it has been got."""
        return self.folder / self.file

    def seems_here(self) -> bool:
        """Whether a file of its name and length is in its place; its bytes are not looked at."""
        try:
            return self.fits(self.path.stat().st_size)
        except OSError:
            return False

    def fits(self, size: int) -> bool:
        """Whether a file of ``size`` bytes can be this one."""
        return abs(size - self.size) <= TOLERANCE * self.size


PUBLISHED = (
    Published(
        name="torchvision",
        title="torchvision GoogLeNet",
        about="ImageNet, 1000 classes, batch norm; its “5x5” branches are 3x3 filters. Ported from "
        "TensorFlow; the auxiliary heads in the file were never trained.",
        url="https://download.pytorch.org/models/googlenet-1378be20.pth",
        file="googlenet-1378be20.pth",
        # torchvision states the first eight digits, in the file's name; others the rest.
        digest="sha256:1378be20a8e875cf1568b8a71654e704449655e34711a959a38b04fb34905cef",
        size=52_146_733,  # 49.731 MiB (GoogLeNet_Weights' _file_size)
        licence="torchvision: BSD 3-Clause; for the weights it points to the terms of ImageNet, "
        "non-commercial research and education",
        licence_url="https://github.com/pytorch/vision#pre-trained-model-license",
        page="https://docs.pytorch.org/vision/stable/models/generated/"
        "torchvision.models.googlenet.html",
        shared_with_torch=True,
    ),
    Published(
        name="inception5h",
        title="Inception 5h",
        about="ImageNet, 1008 outputs, true 5x5 filters, three trained heads. Google's network of "
        "DeepDream, Lucid and OpenAI Microscope, as converted by Captum.",
        # By commit, so that the digest below is of exactly this file.
        url="https://github.com/pytorch/captum/raw/39e6ab14321592d1c53829697779840ea7182168/"
        "captum/optim/models/_image/inception5h.pth",
        file="inception5h.pth",
        digest="git-blob:b2712e9c60973c8e13abb1a97ac1ab8441d0085a",
        size=53_900_000,  # 13,461,996 float32 numbers and their names
        licence="published with Captum: BSD 3-Clause",
        licence_url="https://github.com/pytorch/captum/blob/optim-wip/LICENSE",
        page="https://github.com/pytorch/captum/blob/optim-wip/captum/optim/models/_image/"
        "inception_v1.py",
    ),
    Published(
        name="bvlc",
        title="BVLC GoogLeNet (Caffe)",
        about="ImageNet, 1000 classes, true 5x5 filters, three trained heads. The Caffe team's "
        "own training of the paper's network, 68.7 % top-1.",
        url="http://dl.caffe.berkeleyvision.org/bvlc_googlenet.caffemodel",
        file="bvlc_googlenet.caffemodel",
        digest="sha1:405fc5acd08a3bb12de8ee5e23a96bec22f08204",
        size=53_533_754,
        licence="released for unrestricted use",
        licence_url="https://github.com/BVLC/caffe/blob/master/models/bvlc_googlenet/readme.md",
        page="https://github.com/BVLC/caffe/tree/master/models/bvlc_googlenet",
    ),
)
"""What can be got, the best known first."""


def published(name: str) -> Published:
    """Return what is published under a name.

    Raises
    ------
    CheckpointError
        If there is no such name; lists those there are.
    """
    for entry in PUBLISHED:
        if entry.name == name:
            return entry
    names = ", ".join(entry.name for entry in PUBLISHED)
    raise CheckpointError(f"Nothing called “{name}” can be got; there are: {names}.")


def torch_folder() -> Path:
    """Return where torchvision keeps its checkpoints: ``torch.hub.get_dir()`` without torch.

    A folder set by ``torch.hub.set_dir`` in the same process is not known here.
    """
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    home = os.environ.get("TORCH_HOME", os.path.join(cache, "torch"))
    return Path(os.path.expanduser(home)) / "hub" / "checkpoints"


def own_folder() -> Path:
    """Return where the other checkpoints are kept."""
    return platformdirs.user_cache_path("inception-viewer", appauthor=False) / "checkpoints"


def locate(source: str | Path) -> tuple[str, Path]:
    """Return a checkpoint's name for people and its path.

    Parameters
    ----------
    source
        ``"demo"``, a name of :data:`PUBLISHED`, or a path.

    Raises
    ------
    CheckpointError
        If a named checkpoint is not installed, has not been got, or is another file.
    """
    text = str(source)
    if text in NAMED:
        try:
            return text, paths.asset(NAMED[text])
        except FileNotFoundError as error:
            raise CheckpointError(str(error)) from None
    if any(entry.name == text for entry in PUBLISHED):
        return text, _got(published(text))
    if not text:
        raise CheckpointError("There is nothing to open: a checkpoint is a name or a file's path.")
    path = Path(os.path.expanduser(text))
    return path.name or text, path


def _got(entry: Published) -> Path:
    how = f"get it with Checkpoint > Get… or: inception-viewer get {entry.name}"
    if not entry.path.is_file():
        raise CheckpointError(f"“{entry.name}” is not on this computer yet; {how}")
    try:
        right = matches(entry.path, entry.digest)
    except OSError as error:
        raise CheckpointError(f"{entry.path} cannot be read: {error.strerror}.") from None
    if not right:
        raise CheckpointError(f"{entry.path} is damaged or another file; {how}")
    return entry.path


def by_hand(entry: Published, target: Path | None = None) -> str:
    """Return the sentence that tells how to do without a download from here."""
    place = target or entry.path
    return f"By hand: download {entry.url} where it can be reached and save it as {place}"
