"""The training loop: resumable at any step, exactly."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from inception_viewer.errors import ViewerError
from inception_viewer.googlenet import variants
from inception_viewer.googlenet.architecture import GoogLeNet, empty, initialise

from .batches import Batches
from .evaluation import Accuracy, evaluate
from .pace import Pace
from .photos import FolderError, Photos, Split
from .recipe import Recipe
from .state import check_recipe, check_state, read_state, write_state

AVERAGE_EVERY = 4
"""Steps between updates of the averaged weights: reading 50 MB at each would cost 5 %."""
PROGRESS_EVERY = 20
"""Steps between progress events."""
MOST_UNREADABLE = 20
"""Batches in a row without readable photos after which training is given up."""

Report = Callable[[dict[str, Any]], None]
"""Receives one JSON-able event: progress, epoch, skipped or saved."""


class DivergedError(ViewerError):
    """The loss is no longer a number."""


class Trainer:
    """Trains one network on one folder.

    Parameters
    ----------
    split
        The photos and their classes.
    recipe
        How to train.
    state_file
        Where the state is saved; if it exists, training goes on from it, exactly.
    device
        ``"cpu"`` or ``"cuda"``.
    report
        Told of every event.
    save_every
        Seconds between saves of the state.

    Raises
    ------
    StateError
        If the state cannot be read, or is of a run on other classes or with another recipe.
    """

    def __init__(
        self,
        split: Split,
        recipe: Recipe,
        state_file: Path,
        *,
        device: str = "cpu",
        report: Report = lambda event: None,
        save_every: float = 180.0,
    ) -> None:
        self.split, self.recipe, self.state_file = split, recipe, state_file
        self.device, self.report, self.save_every = torch.device(device), report, save_every
        self.photos = Photos()
        self.batches = Batches(split, recipe, self.photos)
        self.steps_per_epoch = self.batches.steps_per_epoch
        self.pace = Pace(recipe, self.steps_per_epoch)
        self.step = 0
        state = read_state(state_file) if state_file.exists() else None
        if state is not None:
            check_state(state_file, state, split.classes)
            check_recipe(state_file, state, recipe)
        variant = variants.paper(len(split.classes))
        self.net = initialise(variant, recipe.seed).to(self.device)
        self.net = self.net.to(memory_format=torch.channels_last)
        self.average = {name: value.clone() for name, value in self.net.state_dict().items()}
        self.optimizer = _optimizer(self.net, recipe)
        torch.manual_seed(recipe.seed)
        self._stop = False
        if state is not None:
            self._restore(state)

    @property
    def steps(self) -> int:
        """Steps of the whole run."""
        return self.recipe.epochs * self.steps_per_epoch

    @property
    def finished(self) -> bool:
        """Whether every step was done."""
        return self.step >= self.steps

    def stop(self) -> None:
        """Have :meth:`run` save the state and return after the current step."""
        self._stop = True

    def run(self, until: int | None = None) -> GoogLeNet:
        """Train to the end, to step ``until`` or until stopped; return the averaged network.

        The state is saved when it returns, and every ``save_every`` seconds before.

        Raises
        ------
        FolderError
            If hardly any photo can be read.
        StateError
            If the state cannot be saved.
        DivergedError
            If the loss is no longer a number; the state saved before is kept.
        """
        last = self.steps if until is None else min(until, self.steps)
        saved, unreadable = time.monotonic(), 0
        batches = self.batches.run(self.step, last)
        try:
            for batch in batches:
                began = time.monotonic()
                self._restart_if_due()
                loss = None if batch is None else self._train_step(*batch)
                unreadable = unreadable + 1 if batch is None else 0
                self._check_readable(unreadable)
                self._after_step(loss, time.monotonic() - began)
                if time.monotonic() - saved > self.save_every and not self._stop:
                    self.save()
                    saved = time.monotonic()
                if self._stop:
                    break
        finally:
            batches.close()  # its threads end with it
        self.save()
        return self.averaged()

    def _restart_if_due(self) -> None:
        """Go on from the averaged weights, without momentum, where the recipe restarts."""
        epoch, position = divmod(self.step, self.steps_per_epoch)
        if position == 0 and self.recipe.restarts_at(epoch):
            self.net.load_state_dict(self.average)
            self.optimizer = _optimizer(self.net, self.recipe)

    def _train_step(self, images: Tensor, targets: Tensor) -> float:
        self.net.train()
        images = images.to(self.device, memory_format=torch.channels_last)
        targets = targets.to(self.device)
        for group in self.optimizer.param_groups:
            group["lr"] = self.recipe.learning_rate_at(self.step / self.steps_per_epoch)
        with torch.autocast(self.device.type, torch.bfloat16):
            outputs = self.net(images)
        losses = {h: functional.cross_entropy(o.float(), targets) for h, o in outputs.items()}
        auxiliary = self.recipe.auxiliary_weight
        total = sum(loss * (1.0 if h == "main" else auxiliary) for h, loss in losses.items())
        assert isinstance(total, Tensor)
        if not bool(torch.isfinite(total)):
            raise DivergedError(
                f"The loss is no longer a number at step {self.step}: the learning rate"
                f" {self.recipe.learning_rate:g} is too high."
            )
        self.optimizer.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        if self.step % AVERAGE_EVERY == 0:
            self._update_average()
        return float(losses["main"].detach())

    @torch.no_grad()
    def _update_average(self) -> None:
        # Early on the average would remember the random start: ramp its decay up.
        decay = min(self.recipe.average_decay, (1 + self.step) / (10 + self.step)) ** AVERAGE_EVERY
        for name, value in self.net.state_dict().items():
            if value.is_floating_point():
                self.average[name].lerp_(value, 1 - decay)
            else:
                self.average[name].copy_(value)

    def _check_readable(self, unreadable: int) -> None:
        if unreadable >= min(MOST_UNREADABLE, self.steps_per_epoch):
            path, reason = next(iter(self.photos.skipped.items()))
            raise FolderError(
                f"Hardly any photo can be read; {len(self.photos.skipped)} are broken,"
                f" such as {path} ({reason})."
            )

    def _after_step(self, loss: float | None, seconds: float) -> None:
        self.pace.note(seconds, self.recipe.phase_at(self.step // self.steps_per_epoch).size)
        self.step += 1
        if loss is not None and self.step % PROGRESS_EVERY == 0:
            self._progress(loss)
        if self.step % self.steps_per_epoch == 0:
            self._end_of_epoch()

    def averaged(self) -> GoogLeNet:
        """Return the network with the averaged weights, in evaluation mode, on the CPU."""
        net = empty(self.net.variant)
        net.load_state_dict({k: v.clone().cpu() for k, v in self.average.items()}, assign=True)
        return net.eval()

    def validate(self, size: int) -> Accuracy:
        """Measure the averaged network on the photos kept apart, at ``size`` pixels."""
        return evaluate(self.averaged(), self.split.validation, self.photos, size, self.device)

    def _progress(self, loss: float) -> None:
        epoch = (self.step - 1) // self.steps_per_epoch
        size = self.recipe.phase_at(epoch).size
        per_step = self.pace.per_step(size)
        self.report(
            {
                "event": "progress",
                "step": self.step,
                "steps": self.steps,
                "epoch": epoch + 1,
                "epochs": self.recipe.epochs,
                "size": size,
                "loss": round(loss, 4),
                "images_per_second": round(self.recipe.batch_size / max(per_step, 1e-9), 1),
                "seconds_left": round(self.pace.seconds_left(self.step)),
                "skipped": len(self.photos.skipped),
            }
        )

    def _end_of_epoch(self) -> None:
        epoch = self.step // self.steps_per_epoch
        phase = self.recipe.phase_at(epoch - 1)
        last = epoch == self.recipe.epochs
        if not (epoch % 4 == 0 or last or self.recipe.phase_at(epoch) != phase):
            return
        accuracy = self.validate(max(160, phase.size))
        self.report(
            {
                "event": "epoch",
                "epoch": epoch,
                "epochs": self.recipe.epochs,
                "size": phase.size,
                "top1": {k: round(v, 4) for k, v in accuracy.top1.items()},
                "mean_per_class": {k: round(v, 4) for k, v in accuracy.mean_per_class.items()},
                "skipped": len(self.photos.skipped),
            }
        )

    def save(self) -> None:
        """Write the state beside the old one and move it into place.

        Raises
        ------
        StateError
            If it cannot be written; the state from before is then still there.
        """
        state = {
            "step": self.step,
            "net": self.net.state_dict(),
            "average": self.average,
            "optimizer": self.optimizer.state_dict(),
            "random": torch.get_rng_state(),
            "recipe": self.recipe.as_dict(),
            "classes": list(self.split.classes),
        }
        if self.device.type == "cuda":
            state["random_cuda"] = torch.cuda.get_rng_state(self.device)
        write_state(self.state_file, state)
        self.report({"event": "saved", "step": self.step, "path": str(self.state_file)})

    def _restore(self, state: dict[str, Any]) -> None:
        self.net.load_state_dict(state["net"])
        for name, value in state["average"].items():
            self.average[name].copy_(value)
        self.optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["random"])
        if self.device.type == "cuda" and "random_cuda" in state:
            torch.cuda.set_rng_state(state["random_cuda"], self.device)
        self.step = state["step"]


def _optimizer(net: GoogLeNet, recipe: Recipe) -> torch.optim.SGD:
    decayed = [p for p in net.parameters() if p.ndim > 1]
    plain = [p for p in net.parameters() if p.ndim <= 1]
    groups: list[dict[str, Any]] = [
        {"params": decayed, "weight_decay": recipe.weight_decay},
        {"params": plain, "weight_decay": 0.0},
    ]
    return torch.optim.SGD(
        groups, lr=recipe.learning_rate, momentum=recipe.momentum, nesterov=True, fused=True
    )
