"""Tensors out of files, without running anything that the file contains."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from torch import Tensor

from inception_viewer.errors import CheckpointError

from . import caffe_file, other_tensorflow, safetensors_file, tensorflow_graph, torch_file
from .plain_file import PlainFile, plain_file
from .protobuf import Message, open_message
from .stored import StoredTensors
from .wrappers import Found

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
        Strings that the file says of itself.
    definition
        The network as the file's format describes it, for the dialect that knows the
        format (:class:`~.caffe_file.CaffeNet`, :class:`~.tensorflow_graph.Graph`); None
        where files hold tensors only.
    evidence, warnings
        Sentences on how the tensors were found in it.
    """

    path: Path
    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str] = field(default_factory=dict)
    definition: object | None = None
    evidence: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def read_file(path: Path) -> Contents:
    """Read the tensors of a checkpoint file, whatever its name says.

    Known are ``.safetensors``, ``.pth``, ``.pt`` (TorchScript too), ``.caffemodel`` and frozen
    graphs (``.pb``).

    Raises
    ------
    CheckpointError
        If the file is missing, damaged or no file of tensors; without the file's name,
        which the caller puts in front.
    """
    file = plain_file(path)
    start = file.read(0, 512)
    if not start:
        raise CheckpointError("The file is empty.")
    if len(start) > 8 and start[8:9] == b"{":
        return _contents(file, safetensors_file.read(file))
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06", b"\x80")):
        return _contents(file, torch_file.read(file, start))
    what = other_tensorflow.looks_like(path, start)
    if what:
        raise CheckpointError(f"This is {what}.")
    if start.startswith(PROTOBUF_STARTS):
        return _read_protobuf(path, start)
    raise CheckpointError(f"This is not a checkpoint but {_looks_like(start)}.")


def _contents(file: PlainFile, found: Found) -> Contents:
    tensors = StoredTensors(file, found.tensors)
    metadata = dict(found.metadata or {})
    return Contents(file.path, tensors, metadata, None, found.evidence, found.warnings)


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
        (b"\x1f\x8b", "a gzip file; unpack it first"),
        (b"Rar!", "a RAR archive; unpack it first"),
        (b"7z\xbc\xaf", "a 7-Zip archive; unpack it first"),
        (b"\x93NUMPY", "a NumPy array (.npy)"),
        (b"GGUF", "a GGUF file, which holds language models"),
        (b"<", "a web page or XML text"),
        (b"%PDF", "a PDF document"),
    ):
        if start.startswith(mark):
            return what
    if start[257:262] == b"ustar":
        return "a tar archive, as PyTorch wrote them in 2016 and others do; unpack it or save anew"
    if not _is_text(start):
        return "a file of an unknown kind"
    if PROTOTXT.match(start):
        return "Caffe's description of a network (prototxt), without weights; open the .caffemodel"
    return "a text file"


def _is_text(start: bytes) -> bool:
    try:
        text = start.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(start) - 3:  # not merely a character that was cut through
            return False
        text = start[: error.start].decode("utf-8")
    return all(c in "\t\n\r\ufeff" or c.isprintable() for c in text)
