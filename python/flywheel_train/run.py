"""A training run, from its task to its report."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .checkpoint import State, forget, fresh, load, save
from .failure import Failure
from .gguf import Gguf, write_adapter
from .learner import Learner, adam_step, rate_at
from .lessons import read_lessons
from .model import adapter_matrices, base_of, fresh_adapter, shape_of

SAVE_SECONDS = 30
# A loss that has grown so much, in nats, will not come back.
RAN_AWAY = 4.0


class Stopped(Exception):
    """Somebody asked the run to stop; what it has is saved."""


@dataclass(frozen=True)
class Task:
    """`folder` holds the lessons, takes checkpoints and the result; `run` names what is learned from what."""

    base: str
    folder: str
    run: str
    hyperparameters: dict[str, Any]


Tell = Callable[[dict[str, Any]], None]


class Run:
    def __init__(self, task: Task, tell: Tell, stops: Callable[[], bool]) -> None:
        self._task, self._tell, self._stops = task, tell, stops
        self._folder = Path(task.folder)
        self._hyper = task.hyperparameters
        self._train, self._validation = read_lessons(self._folder / "lessons.jsonl")

    def finish(self) -> dict[str, Any]:
        """@returns the report"""
        file = Gguf(Path(self._task.base))
        shape = shape_of(file)
        base = base_of(file, shape)
        rank, alpha = self._hyper["rank"], self._hyper["alpha"]
        adapter = fresh_adapter(base, shape, rank, np.random.default_rng(self._hyper["seed"]))
        learner = Learner(base, shape, alpha / rank, self._hyper["beta"], self._hyper["batch"])
        self._before = learner.before(adapter, self._train), learner.before(adapter, self._validation)
        state = fresh(adapter)
        if self._validation:
            state.figures.before = state.figures.best = self._measure(learner, state)
        state = load(self._folder, self._task.run, state) or state
        self._learn(learner, state)
        save(self._folder, self._task.run, state)
        path = self._folder / "adapter.gguf"
        write_adapter(path, shape.architecture, alpha, adapter_matrices(state.best_adapter))
        return self._report(state, path)

    def forget(self) -> None:
        """Once somebody has the report: until then the run can be gone on with, to its end at once."""
        forget(self._folder)

    def _learn(self, learner: Learner, state: State) -> None:
        batch, figures = self._hyper["batch"], state.figures
        per_epoch = math.ceil(len(self._train) / batch)
        steps = per_epoch * self._hyper["epochs"]
        saved = time.monotonic()
        while figures.step < steps and figures.epochs_without_better < self._hyper["patience"]:
            if self._stops():
                save(self._folder, self._task.run, state)
                raise Stopped
            began = time.monotonic()
            epoch, at = divmod(figures.step, per_epoch)
            order = np.random.default_rng([self._hyper["seed"], epoch]).permutation(len(self._train))
            loss = self._step(learner, state, [int(each) for each in order[at * batch : (at + 1) * batch]], steps)
            validation = self._look_around(learner, state) if figures.step % per_epoch == 0 else None
            figures.seconds += time.monotonic() - began
            told = {"step": figures.step, "steps": steps, "epoch": epoch, "loss": loss, "tokens": figures.tokens, "seconds": figures.seconds}  # fmt: skip
            try:
                self._tell(told if validation is None else {**told, "validation_loss": validation})
            except BrokenPipeError:  # the server died; its next life goes on from here
                save(self._folder, self._task.run, state)
                raise
            if time.monotonic() - saved > SAVE_SECONDS:
                save(self._folder, self._task.run, state)
                saved = time.monotonic()

    def _step(self, learner: Learner, state: State, places: list[int], steps: int) -> float:
        figures, rate = state.figures, self._hyper["rate"]
        learned, gradient = learner.learn(state.adapter, self._train, places, self._before[0])
        if figures.step == 0:
            figures.first_loss = learned.mean
        if not math.isfinite(learned.mean) or learned.mean > figures.first_loss + RAN_AWAY:
            raise Failure(f"the loss ran away ({learned.mean:.2f} nats): learn slower, say with a rate of {rate / 4:g} in place of {rate:g}")  # fmt: skip
        now = rate * rate_at(figures.step, steps)
        state.adapter, state.first, state.second = adam_step(state.adapter, gradient, state.first, state.second, now, figures.step + 1)  # fmt: skip
        figures.step += 1
        figures.tokens += learned.tokens
        return learned.mean

    def _look_around(self, learner: Learner, state: State) -> float | None:
        """The validation loss; what is best so far is kept. Without validation data the last state is."""
        if not self._validation:
            state.best_adapter = state.adapter
            return None
        loss, figures = self._measure(learner, state), state.figures
        if loss < figures.best:
            figures.best, state.best_adapter, figures.epochs_without_better = loss, state.adapter, 0
        else:
            figures.epochs_without_better += 1
        return loss

    def _measure(self, learner: Learner, state: State) -> float:
        return learner.measure(state.adapter, self._validation, self._before[1]).mean

    @staticmethod
    def _report(state: State, path: Path) -> dict[str, Any]:
        figures = state.figures
        losses = None if figures.before is None else {"before": figures.before, "after": figures.best}
        return {"adapter": str(path), "steps": figures.step, "tokens": figures.tokens, "seconds": figures.seconds, "validation_loss": losses}  # fmt: skip


def read_task(path: Path) -> Task:
    return Task(**json.loads(path.read_text()))
