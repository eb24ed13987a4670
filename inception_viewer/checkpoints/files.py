"""Tensors out of files, without running anything that the file contains."""

from __future__ import annotations

import pickle
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from inception_viewer.errors import CheckpointError

from . import caffe_file, other_tensorflow, tensorflow_graph
from .protobuf import Message, open_message

WRAPPERS = ("state_dict", "model_state_dict", "model", "net", "weights", "ema_state_dict")
"""Names under which training scripts put the state dict inside a larger dictionary."""

OBJECTS = (
    "The file holds Python objects (a whole pickled model?) instead of plain weights; "
    "save the model's state_dict() instead."
)
"""What is said of a pickle that could run code."""

PROTOBUF_STARTS = (b"\x08", b"\x0a", b"\x12", b"\x1a", b"\xa2\x06")
"""First bytes of the protobuf files that networks come in: fields 1, 2, 3 or 100."""

PROTOTXT = re.compile(
    rb"(\s|#[^\n]*\n)*(name\s*:|layers?\s*\{|input(_dim|_shape)?\s*[:{]|net\s*:|train_net\s*:)"
)
"""How Caffe's text files begin: networks and solvers, comments before them."""


@dataclass(frozen=True, eq=False)
class Contents:
    """What a file holds, before anyone asked which network it is.

    Attributes
    ----------
    path
        The file.
    tensors
        Its tensors by the file's own names.
    metadata
        Strings that the file says of itself (safetensors only).
    definition
        The network as the file's format describes it, for the dialect that knows the
        format (:class:`~.caffe_file.CaffeNet`, :class:`~.tensorflow_graph.Graph`); None
        where files hold tensors only.
    """

    path: Path
    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str] = field(default_factory=dict)
    definition: object | None = None


def read_file(path: Path) -> Contents:
    """Read the tensors of a checkpoint file, whatever its name says.

    Known are ``.safetensors``, ``.pth``, ``.pt``, ``.caffemodel`` and frozen graphs (``.pb``).

    Raises
    ------
    CheckpointError
        If the file is missing, damaged or no file of tensors; without the file's name,
        which the caller puts in front.
    """
    if path.is_dir():
        raise CheckpointError("This is a folder, not a checkpoint file.")
    try:
        with path.open("rb") as file:
            start = file.read(256)
    except FileNotFoundError:
        raise CheckpointError("There is no such file.") from None
    except OSError as error:
        raise CheckpointError(f"The file cannot be read: {error.strerror or error}.") from None
    if not start:
        raise CheckpointError("The file is empty.")
    if len(start) > 8 and start[8:9] == b"{":
        return _read_safetensors(path)
    if start.startswith((b"PK", b"\x80\x02")):
        return Contents(path, _unwrapped(_load_pickle(path)))
    if start.startswith(b"\x80"):  # torch.save pickles by protocol 2 only
        raise CheckpointError(OBJECTS)
    what = other_tensorflow.looks_like(path, start)
    if what:
        raise CheckpointError(f"This is {what}.")
    if start.startswith(PROTOBUF_STARTS):
        return _read_protobuf(path, start)
    raise CheckpointError(f"This is not a checkpoint but {_looks_like(start)}.")


def _read_protobuf(path: Path, start: bytes) -> Contents:
    message = open_message(path)
    try:
        if tensorflow_graph.speaks(message):
            graph = tensorflow_graph.read(message)
            return Contents(path, graph.tensors(), {}, graph)
        if caffe_file.speaks(message):
            net = caffe_file.read(message)
            return Contents(path, net.tensors(), {"network": net.name}, net)
        what = _other_protobuf(message)
    except CheckpointError:
        if _is_text(start):  # a line break is also how such a file begins
            raise CheckpointError(f"This is not a checkpoint but {_looks_like(start)}.") from None
        raise
    raise CheckpointError(f"This is not a checkpoint but {what}.")


def _other_protobuf(message: Message) -> str:
    """Tell other networks' and Caffe's other files, by the fields that their messages have."""
    numbers = message.fields.keys()
    graph = message.message(7) if 1 in numbers else None
    if graph is not None:  # an ONNX ModelProto; the first tensor's name is field 8 of field 5
        first = next(graph.messages(5), None)
        if first is not None and first.text(8).startswith("conv1/7x7_s2"):
            return "the ONNX zoo's GoogLeNet; open the .caffemodel that it was made from"
        return "an ONNX network, which cannot be opened here"
    if {1, 2, 3} <= numbers and message.text(2) and message.message(3) is not None:
        return "the state of a Caffe solver; open the .caffemodel beside it"
    if {2, 3, 4, 5} <= numbers and len(message.floats(5)):
        return "a picture in Caffe's format (a mean file); open the .caffemodel"
    return "a file of an unknown kind"


def _looks_like(start: bytes) -> str:
    for mark, what in (
        (b"\xff\xd8\xff", "a JPEG photo"),
        (b"\x89PNG", "a PNG picture"),
        (b"\x89HDF", "an HDF5 file (Keras or Caffe), which cannot be opened here"),
        (b"version https://g", "a Git LFS pointer; the real file was not downloaded"),
        (b"<", "a web page or XML text"),
        (b"%PDF", "a PDF document"),
    ):
        if start.startswith(mark):
            return what
    if not _is_text(start):
        return "a file of an unknown kind"
    if PROTOTXT.match(start):
        return "Caffe's description of a network (prototxt), without weights; open the .caffemodel"
    return "a text file"


def _is_text(start: bytes) -> bool:
    return all(byte in b"\t\n\r" or 32 <= byte < 127 for byte in start)


def _read_safetensors(path: Path) -> Contents:
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            return Contents(path, tensors, dict(file.metadata() or {}))
    except (SafetensorError, ValueError, RuntimeError, OSError):
        raise CheckpointError(
            "This safetensors file is damaged or cut short; download or copy it again."
        ) from None


def _load_pickle(path: Path) -> Any:
    """Load with ``weights_only``, so that a hostile file cannot run code."""
    if _is_torchscript(path):
        raise CheckpointError(
            "This is a TorchScript program; save the model's state_dict() instead."
        )
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if "global" in str(error).lower().replace("safe_globals", ""):
            raise CheckpointError(OBJECTS) from None
        raise CheckpointError("The file is damaged or was not saved by torch.save.") from None
    except (RuntimeError, EOFError, ValueError, KeyError, OSError, zipfile.BadZipFile):
        raise CheckpointError(
            "The file is damaged or cut short; download or copy it again."
        ) from None


def _is_torchscript(path: Path) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any(name.endswith("/constants.pkl") for name in archive.namelist())


def _unwrapped(loaded: Any) -> dict[str, Tensor]:
    """Find the state dict in what was loaded: itself, or one level down."""
    if isinstance(loaded, Mapping):
        candidates = [loaded, *(loaded[key] for key in WRAPPERS if key in loaded)]
        for candidate in candidates:
            if isinstance(candidate, Mapping):
                tensors = {str(n): t for n, t in candidate.items() if isinstance(t, Tensor)}
                if tensors:
                    return tensors
    raise CheckpointError("The file holds no weights by name; save the model's state_dict().")
