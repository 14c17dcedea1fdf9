"""Greedy answers from the checkpoint in plain numpy, one conversation at a time: the reference for the GGUF file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from model import Shape
from tokenizer import END, Tokenizer, chat


class Reader:
    """Reads ids one block at a time, keeping keys and values of everything read so far."""

    def __init__(self, weights: dict[str, np.ndarray], shape: Shape) -> None:
        self.weights, self.shape = weights, shape
        self.keys: list[np.ndarray] = [np.zeros((0, shape.heads, shape.head_width), np.float32)] * shape.layers
        self.values = list(self.keys)

    def read(self, ids: list[int]) -> np.ndarray:
        """Logits [len(ids), vocabulary] after each of the next ids."""
        w, shape = self.weights, self.shape
        x = w["embedding"][ids]
        turn = self.angles(len(self.keys[0]), len(ids))
        for layer in range(shape.layers):
            x = x + self.attend(normalise(x, w[f"{layer}.attention_norm"], shape.epsilon), layer, turn)
            y = normalise(x, w[f"{layer}.hidden_norm"], shape.epsilon)
            gate = y @ w[f"{layer}.gate"]
            x = x + (gate / (1 + np.exp(-gate)) * (y @ w[f"{layer}.up"])) @ w[f"{layer}.down"]
        return normalise(x, w["norm"], shape.epsilon) @ w["embedding"].T

    def angles(self, start: int, count: int) -> np.ndarray:
        rates = self.shape.rope_base ** (-np.arange(0, self.shape.head_width, 2) / self.shape.head_width)
        return (np.arange(start, start + count)[:, None] * rates)[:, None, :].astype(np.float32)

    def attend(self, x: np.ndarray, layer: int, angles: np.ndarray) -> np.ndarray:
        w, shape, time = self.weights, self.shape, len(x)

        def part(name: str) -> np.ndarray:
            return (x @ w[f"{layer}.{name}"] + w[f"{layer}.{name}_bias"]).reshape(time, shape.heads, -1)

        query, key = rotate(part("query"), angles), rotate(part("key"), angles)
        keys = self.keys[layer] = np.concatenate([self.keys[layer], key])
        values = self.values[layer] = np.concatenate([self.values[layer], part("value")])
        scores = np.einsum("thd,shd->hts", query, keys) * shape.head_width**-0.5
        visible = np.arange(len(keys)) <= (len(keys) - time + np.arange(time))[:, None]
        scores = np.where(visible, scores, -np.inf)
        mix = np.exp(scores - scores.max(axis=-1, keepdims=True))
        mix /= mix.sum(axis=-1, keepdims=True)
        return np.einsum("hts,shd->thd", mix, values).reshape(time, shape.width) @ w[f"{layer}.output"]


def normalise(x: np.ndarray, gain: np.ndarray, epsilon: float) -> np.ndarray:
    return x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + epsilon) * gain


def rotate(x: np.ndarray, angles: np.ndarray) -> np.ndarray:
    a, b = np.split(x, 2, axis=-1)
    cosine, sine = np.cos(angles), np.sin(angles)
    return np.concatenate([a * cosine - b * sine, a * sine + b * cosine], axis=-1)


class Spark:
    """The trained model with its tokenizer, as training left them in `work`."""

    def __init__(self, work: Path) -> None:
        stored = np.load(work / "checkpoint.npz")
        self.progress = json.loads(str(stored["progress"]))
        self.weights = {key.removeprefix("weights/"): stored[key] for key in stored.files if key.startswith("weights/")}
        self.shape, self.tokenizer = Shape(), Tokenizer.load(work / "tokenizer.json")

    def answer(self, messages: list[dict[str, str]], limit: int = 120) -> tuple[str, bool]:
        """The greedy reply, and whether it ended by itself."""
        reader = Reader(self.weights, self.shape)
        best = int(reader.read(chat(self.tokenizer, messages))[-1].argmax())
        ids: list[int] = []
        while best != END and len(ids) < limit:
            ids.append(best)
            best = int(reader.read([best])[-1].argmax())
        return self.tokenizer.decode(ids), best == END

    def surprise(self, ids: list[int]) -> np.ndarray:
        """Negative log-likelihood (nats) of ids[1:], each given what precedes it."""
        logits = Reader(self.weights, self.shape).read(ids[:-1])
        top = logits.max(axis=-1)
        total = top + np.log(np.exp(logits - top[:, None]).sum(axis=-1))
        return total - logits[np.arange(len(logits)), ids[1:]]
