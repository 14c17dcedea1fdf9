"""Run by `python -m unittest discover -s tests -p "*_test.py"`, in the folder `python` and the trainer's environment."""

from __future__ import annotations

import unittest
from functools import partial
from pathlib import Path

import jax
import numpy as np

jax.config.update("jax_enable_x64", True)

from flywheel_train.gguf import Gguf
from flywheel_train.learner import differences, imitation, preference
from flywheel_train.model import MATRICES, Tree, base_of, fresh_adapter, shape_of

SPARK = Path(__file__).parents[2] / "models/spark/spark.gguf"
RANK, SCALE, STEP = 8, 2.0, 1e-5


class Gradients(unittest.TestCase):
    """Held against finite differences, in 64 bits, for both matrices of every pair."""

    def setUp(self) -> None:
        file = Gguf(SPARK)
        self.shape = shape_of(file)
        self.base = base_of(file, self.shape)
        self.random = np.random.default_rng(3)
        fresh = fresh_adapter(self.base, self.shape, RANK, self.random)
        self.adapter = jax.tree.map(lambda each: each.astype(float) + self.random.normal(0, 0.05, each.shape), fresh)
        self.part = {
            "ids": self.random.integers(5, 2000, (4, 13)),
            "shares": self.random.uniform(0, 2, (4, 13)) * (np.arange(13) > 5),
            "weights": np.array([1.0, 0.5, 1.0, 0.0]),
        }

    def check(self, of: object, part: Tree) -> None:
        function = jax.jit(partial(of, base=self.base, part=part, shape=self.shape, scale=SCALE))
        gradient = jax.grad(function)(self.adapter)
        for name in MATRICES:
            for side in ("a", "b"):
                for _ in range(2):
                    at = tuple(self.random.integers(0, self.adapter[name][side].shape))
                    measured = (self.moved(function, name, side, at, STEP) - self.moved(function, name, side, at, -STEP)) / (2 * STEP)  # fmt: skip
                    self.assertAlmostEqual(float(gradient[name][side][at]), measured, delta=1e-5 + 1e-4 * abs(measured), msg=f"{name} {side} {at}")  # fmt: skip

    def moved(self, function: object, name: str, side: str, at: tuple[int, ...], by: float) -> float:
        value = self.adapter[name][side].copy()
        value[at] += by
        return float(function({**self.adapter, name: {**self.adapter[name], side: value}}))

    def test_of_imitation(self) -> None:
        self.check(imitation, self.part)

    def test_of_preference(self) -> None:
        part = {**self.part, "weights": np.array([1.0, 0.5]), "beta": 0.1}
        before = differences(self.adapter, self.base, part, self.shape, SCALE) - np.array([1.0, -2.0])
        self.check(preference, {**part, "before": before})

    def test_is_nothing_where_nothing_counts(self) -> None:
        part = {**self.part, "shares": np.zeros((4, 13))}
        gradient = jax.grad(partial(imitation, base=self.base, part=part, shape=self.shape, scale=SCALE))(self.adapter)
        self.assertTrue(all((leaf == 0).all() for leaf in jax.tree.leaves(gradient)))


if __name__ == "__main__":
    unittest.main()
