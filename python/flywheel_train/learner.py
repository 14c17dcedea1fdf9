"""Losses and gradients of lessons, and the step against the gradient."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from .lessons import Lesson, Part, parts
from .model import Shape, Tree, said

BETA1, BETA2, EPSILON, CLIP = 0.9, 0.99, 1e-8, 1.0
WARM_UP, LEAST_WARM_UP = 0.06, 6


@dataclass
class Learned:
    # Σ of what is to be made small, and what it is counted in: weighted tokens, or pairs.
    loss: float
    count: float
    tokens: int

    @property
    def mean(self) -> float:
        return self.loss / max(self.count, 1e-9)


def imitation(adapter: Tree, base: Tree, part: Tree, shape: Shape, scale: float) -> jax.Array:
    return -(said(adapter, base, part["ids"], part["shares"], shape, scale) * part["weights"]).sum()


def differences(adapter: Tree, base: Tree, part: Tree, shape: Shape, scale: float) -> jax.Array:
    """How much more each pair's better text is said than its worse one."""
    better, worse = jnp.split(said(adapter, base, part["ids"], part["shares"], shape, scale), 2)
    return better - worse


def preference(adapter: Tree, base: Tree, part: Tree, shape: Shape, scale: float) -> jax.Array:
    """Direct preference optimisation (Rafailov et al. 2023, arXiv:2305.18290)."""
    margin = part["beta"] * (differences(adapter, base, part, shape, scale) - part["before"])
    return (jax.nn.softplus(-margin) * part["weights"]).sum()


class Learner:
    """Of one model and one kind of lesson."""

    def __init__(self, base: Tree, shape: Shape, scale: float, beta: float, batch: int) -> None:
        self._base, self._shape, self._scale, self._beta, self._batch = base, shape, scale, beta, batch
        self._programs: dict[tuple[str, bool], object] = {}

    def before(self, adapter: Tree, lessons: list[Lesson]) -> np.ndarray:
        """What the model says of pairs before it learned anything; zeros where there are none."""
        found = np.zeros(len(lessons), np.float32)
        if lessons and lessons[0].worse:
            for part in parts(lessons, list(range(len(lessons))), self._batch):
                program = self._program(differences, False)
                found[part.places] = program(adapter, self._base, self._tree(part))[: len(part.places)]
        return found

    def measure(self, adapter: Tree, lessons: list[Lesson], before: np.ndarray) -> Learned:
        places = list(range(len(lessons)))
        each = [(float(self._of(adapter, part, before, False)), part) for part in parts(lessons, places, self._batch)]
        return self._learned(lessons, places, (loss for loss, _ in each))

    def learn(self, adapter: Tree, lessons: list[Lesson], places: list[int], before: np.ndarray) -> tuple[Learned, Tree]:
        """@returns what was learned and the mean gradient"""
        losses, total = [], None
        for part in parts(lessons, places, self._batch):
            loss, gradient = self._of(adapter, part, before, True)
            losses.append(float(loss))
            total = gradient if total is None else jax.tree.map(jnp.add, total, gradient)
        learned = self._learned(lessons, places, losses)
        return learned, jax.tree.map(lambda each: each / max(learned.count, 1e-9), total)

    def _of(self, adapter: Tree, part: Part, before: np.ndarray, gradient: bool) -> Tree:
        of = preference if len(part.ids) > len(part.weights) else imitation
        return self._program(of, gradient)(adapter, self._base, self._tree(part, before))

    def _tree(self, part: Part, before: np.ndarray | None = None) -> Tree:
        tree = {"ids": part.ids, "shares": part.shares, "weights": part.weights}
        if before is not None and len(part.ids) > len(part.weights):
            known = np.zeros(len(part.weights), np.float32)
            known[: len(part.places)] = before[part.places]
            tree |= {"before": known, "beta": np.float32(self._beta)}
        return tree

    def _program(self, of: object, gradient: bool) -> object:
        name = (of.__name__, gradient)
        if name not in self._programs:
            function = partial(of, shape=self._shape, scale=self._scale)
            self._programs[name] = jax.jit(jax.value_and_grad(function) if gradient else function)
        return self._programs[name]

    @staticmethod
    def _learned(lessons: list[Lesson], places: list[int], losses: Iterable[float]) -> Learned:
        chosen = [lessons[place] for place in places]
        count = sum(each.weight * (1 if each.worse else sum(each.text.shares)) for each in chosen)
        return Learned(sum(losses), count, sum(each.tokens for each in chosen))


@jax.jit
def adam_step(adapter: Tree, gradient: Tree, first: Tree, second: Tree, rate: float, count: int) -> tuple[Tree, Tree, Tree]:
    """AdamW (Loshchilov and Hutter 2019, arXiv:1711.05101) without decay; the gradient is cut to length 1. @param count from 1"""
    length = jnp.sqrt(sum(jnp.sum(each**2) for each in jax.tree.leaves(gradient)))
    gradient = jax.tree.map(lambda each: each * jnp.minimum(1, CLIP / (length + 1e-12)), gradient)
    first = jax.tree.map(lambda old, each: BETA1 * old + (1 - BETA1) * each, first, gradient)
    second = jax.tree.map(lambda old, each: BETA2 * old + (1 - BETA2) * each**2, second, gradient)

    def moved(value: jax.Array, one: jax.Array, two: jax.Array) -> jax.Array:
        return value - rate * (one / (1 - BETA1**count)) / (jnp.sqrt(two / (1 - BETA2**count)) + EPSILON)

    return jax.tree.map(moved, adapter, first, second), first, second


def rate_at(step: int, steps: int) -> float:
    """Share of the full rate: a short warm-up, then half a cosine."""
    warm = min(math.ceil(steps / 2), max(LEAST_WARM_UP, round(steps * WARM_UP)))
    if step < warm:
        return (step + 1) / warm
    return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))
