"""The same network under other backward rules: one mechanism for all methods that need it.

Guided backpropagation, deconvolution, DeepLift and LRP differ from the gradient in what single
modules send back. A twin of the network is made (the same tensors, other module objects) and
the modules in question are replaced by ones whose ``torch.autograd.Function`` sends back
something else. Everything that only moves values about (concatenation, flattening, a tensor
that several branches read) keeps PyTorch's own backward pass, which splits and adds: right for
gradients, multipliers and relevance alike.

Captum's and zennit's way, hooks on the modules of the network itself, is not taken: hooks on a
tensor that four branches share replace what the other three have sent (captum#1276), and a
network that is in use should not change for as long as a method runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor, nn

from inception_viewer.googlenet.architecture import GoogLeNet, module_path, twin

Substitute = Callable[[nn.Module], nn.Module | None]
"""From a module to its replacement; None: it is kept, and its parts are asked for."""


def ruled(net: GoogLeNet, substitute: Substitute) -> GoogLeNet:
    """Return a twin of the network whose modules are replaced where ``substitute`` says so.

    It computes the same activations if the replacements do; its tensors are those of ``net``.
    """
    other = twin(net)
    _replace_parts(other, substitute)
    other.steps = [
        step if step.module is None else replace(step, module=_module(other, step.name))
        for step in other.steps
    ]
    other.by_name = {step.name: step for step in other.steps}
    return other.eval()


def _replace_parts(owner: nn.Module, substitute: Substitute) -> None:
    for name, module in list(owner.named_children()):
        new = substitute(module)
        if new is None:
            _replace_parts(module, substitute)
        else:
            setattr(owner, name, new)


def _module(net: GoogLeNet, name: str) -> nn.Module:
    return net.get_submodule(module_path(name))


def laid_out_as(gradient: Tensor, x: Tensor) -> Tensor:
    """Return the gradient in the memory layout of what it is the gradient of.

    torch 2.15's batch norm (in evaluation mode, on the CPU) mistakes a layout that differs.
    """
    last = x.dim() == 4 and x.is_contiguous(memory_format=torch.channels_last)
    return gradient.contiguous(
        memory_format=torch.channels_last if last else torch.contiguous_format
    )
