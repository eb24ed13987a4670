"""What a batch of photos excites: each channel's largest activation, and where it is."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inception_viewer.analysis.pooling import units
from inception_viewer.errors import QuestionError
from inception_viewer.googlenet.architecture import INPUT, GoogLeNet
from inception_viewer.questions import Floats, Graph


class Look:
    """Looks at batches with a network.

    Parameters
    ----------
    net
        The network.
    graph
        Its graph for the inputs' size.

    Attributes
    ----------
    units
        (name, channels, height, width) of every convolution, in the order of computation.
    channels
        Of all of them.
    """

    def __init__(self, net: GoogLeNet, graph: Graph) -> None:
        self.net = net
        self.units = tuple((name, *graph.node(name).shape) for name in units(net))
        ends = np.cumsum([channels for _, channels, *_ in self.units]).tolist()
        begins = [0, *ends[:-1]]
        self._spans = {
            unit[0]: slice(begin, end)
            for unit, begin, end in zip(self.units, begins, ends, strict=True)
        }
        self.channels: int = ends[-1]
        self._wanted = _last(net)

    def at(self, array: Floats, floor: Floats) -> tuple[Floats, NDArray[np.int32]]:
        """Return (N, channels) activations and their positions, where they exceed ``floor``.

        A position counts rows, then columns, and is the first one of the largest value; it is 0
        where the value does not exceed ``floor``, for finding it takes four times as long.

        Parameters
        ----------
        array
            Preprocessed photos (N, 3, H, W).
        floor
            (channels,).

        Raises
        ------
        QuestionError
            If an activation is not a finite number.
        """
        shape = (len(array), self.channels)
        values, places = np.empty(shape, np.float32), np.zeros(shape, np.int32)

        def watch(name: str, value: Tensor) -> Tensor:
            span = self._spans.get(name)
            if span is not None:
                top = value.amax((2, 3))
                values[:, span] = top.cpu().numpy()
                photo, channel = np.nonzero(values[:, span] > floor[span])
                if len(photo):
                    maps = value[torch.from_numpy(photo), torch.from_numpy(channel)]
                    found = maps.flatten(1).argmax(1).cpu().numpy()
                    places[photo, span.start + channel] = found
            return value

        with torch.inference_mode():
            x = self.net.transform(self.net.place(torch.from_numpy(array)))
            self.net.run({INPUT: x}, self._wanted, watch)
        if not np.isfinite(values).all():
            raise QuestionError("The network's activations are not finite numbers on these photos.")
        return values, places


def _last(net: GoogLeNet) -> list[str]:
    """Return the convolutions that no other one needs; whoever asks for them computes all."""
    read: set[str] = set()
    for step in reversed(net.steps):
        if step.kind == "conv" or step.name in read:
            read.update(step.inputs)
    return [name for name in units(net) if name not in read]
