"""TorchScript programs: their weights alone, for the program in them never runs.

The object in ``data.pkl`` is the module, with its attributes; a tensor's name is the path
of attributes to it, as in the state dict of the model that was scripted or traced.
"""

from __future__ import annotations

from typing import Any

from inception_viewer.errors import CheckpointError

from .pickle_values import Made
from .stored import Odd, Stored
from .torch_values import Locate, tensor
from .wrappers import Found

DEEPEST = 24
MOST_VALUES = 100_000

FROZEN = (
    "This TorchScript program was frozen (torch.jit.freeze or optimize_for_inference), which "
    "takes the names off its weights; save it before that, or the model's state_dict()."
)


def weights(module: Any, locate: Locate, code: str, *, frozen: bool) -> Found:
    """Return the tensors of a TorchScript module by the names of its state dict.

    Parameters
    ----------
    module
        What ``data.pkl`` holds.
    locate
        Finds storages.
    code
        The text of the module's class; it is searched, never run.
    frozen
        Whether the archive has constants with tensors, as frozen programs do.

    Raises
    ------
    CheckpointError
        If it has none, because it was frozen or because it is no module.
    """
    tensors: dict[str, Stored | Odd] = {}
    queue: list[tuple[tuple[str, ...], Any]] = [((), module)]
    seen = 0
    while queue:
        path, value = queue.pop()
        seen += 1
        if seen > MOST_VALUES:
            raise CheckpointError("The file is damaged: it holds far more objects than a network.")
        found = tensor(value, locate)
        if found is not None:
            tensors[".".join(path)] = found
        elif isinstance(value, Made) and isinstance(value.state, dict) and len(path) < DEEPEST:
            state = value.state.items()
            queue += [((*path, str(key)), inner) for key, inner in reversed(state)]
    if not tensors:
        raise CheckpointError(FROZEN if frozen else "This TorchScript program holds no weights.")
    return Found(
        tensors,
        ("It is a TorchScript program; only its weights were read, nothing of it was run.",),
        (),
        _settings(code),
    )


def _settings(code: str) -> dict[str, str]:
    """Return ``transform_input``, where the class is torchvision's: it names the channels."""
    if "class GoogLeNet(" not in code:
        return {}
    if "x_ch0" in code:
        return {"transform_input": "True"}
    plain = "def _transform_input" in code or "(conv1).forward(x, )" in code
    return {"transform_input": "False"} if plain else {}
