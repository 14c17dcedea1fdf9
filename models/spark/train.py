"""Trains spark: `python train.py --work build`; Ctrl-C saves, `--resume` goes on from there."""

from __future__ import annotations

import os
import sys

# Memory given back after every step must be asked for anew, page by page: a third of the time. Read when a process starts.
KEEP_MEMORY = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "4000000000", "MALLOC_ARENA_MAX": "1"}
if __name__ == "__main__" and not KEEP_MEMORY.keys() <= os.environ.keys():
    os.execve(sys.executable, sys.orig_argv, os.environ | KEEP_MEMORY)

import argparse
import json
import math
import random
import signal
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from examples import ANSWERS, Messages, example
from model import Shape, Weights, initial, loss
from tasks import repetition
from tokenizer import BOS, CHARACTERS, END, FIRST_CHARACTER, START, Tokenizer, learn

BATCH_TOKENS = 2048
LENGTHS = [64, 96, 128, 192, 256, 384, 512]
CHUNK = 3000
WEIGHT_DECAY, BETA1, BETA2, CLIP, WARM_UP = 0.05, 0.9, 0.95, 1.0, 20
MUON_RATE, MOMENTUM, ADAM_RATE = 0.003, 0.95, 2e-3
# The first words of a reply choose what it says; the rest follows. They are few, so they weigh more.
CHOICE_TOKENS, CHOICE_WEIGHT = 6, 2.0
# The copying phase: short rows that say the same thing twice, before anything else.
COPY_CHUNKS, COPY_BATCHES, COPY_LENGTH = 1, 200, 64
# After it, one such row among so many others: a piece that the tasks rarely use must stay one that can be copied.
COPY_EVERY = 10
DIGITS = [FIRST_CHARACTER + CHARACTERS.index(digit) for digit in "0123456789"]

Row = tuple[list[int], list[float]]


def row(messages: Messages, tokenizer: Tokenizer, dice: random.Random | None = None) -> Row:
    """Ids and label weights of one conversation: only what the assistant says counts.

    With `dice`, some of the customer's words are lost or cut in two, in chat only: tasks must copy exactly.
    """
    chat = messages[-1]["content"] in ANSWERS
    loose = chat and dice is not None and dice.random() < 0.6
    ids, weights = [BOS], [0.0]
    for message in messages:
        head = [START, *tokenizer.encode(message["role"] + "\n")]
        if loose and dice and message["role"] == "user":
            body = [*tokenizer.encode_loosely(thinned(message["content"], dice), dice, 0.1), END]
        else:
            body = [*tokenizer.encode(message["content"]), END]
        weight = float(message["role"] == "assistant")
        ids += head + body + tokenizer.encode("\n")
        choice = CHOICE_TOKENS if chat and weight else 0
        label = [weight * CHOICE_WEIGHT] * min(choice, len(body)) + [weight] * max(0, len(body) - choice)
        weights += [0.0] * len(head) + label + [0.0]
    return ids, weights


def copy_row(dice: random.Random, tokenizer: Tokenizer) -> Row:
    """Pieces that mean nothing, said twice, or a text to repeat; only the second time counts."""
    if dice.random() < 0.5:
        return row(repetition(dice), tokenizer)
    piece = lambda: dice.randrange(FIRST_CHARACTER, len(tokenizer.pieces))
    said = [dice.choice(DIGITS) if dice.random() < 0.3 else piece() for _ in range(dice.randint(4, 24))]
    ids = [BOS, *(piece() for _ in range(dice.randint(0, 8))), *said, piece(), *said]
    return ids, [0.0] * (len(ids) - len(said) + 1) + [1.0] * (len(said) - 1)


def thinned(text: str, dice: random.Random) -> str:
    """The text with about one word in ten left out."""
    words = text.split(" ")
    return " ".join(word for word in words if len(words) < 4 or dice.random() > 0.1)


def batches(tokenizer: Tokenizer, seed: int, chunk: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Batches of a chunk: fresh examples grouped by length. Seed and chunk decide everything."""
    dice = random.Random(f"{seed}/{chunk}")
    if chunk < COPY_CHUNKS:
        count = COPY_BATCHES * BATCH_TOKENS // COPY_LENGTH
        rows = [(ids[:COPY_LENGTH], weights[:COPY_LENGTH]) for ids, weights in (copy_row(dice, tokenizer) for _ in range(count))]
    else:
        rows = [row(example(dice), tokenizer, dice) for _ in range(CHUNK)]
        rows += [copy_row(dice, tokenizer) for _ in range(CHUNK // COPY_EVERY)]
    groups: dict[int, list[Row]] = {}
    for ids, weights in rows:
        length = next((length for length in LENGTHS if length >= len(ids)), LENGTHS[-1])
        groups.setdefault(length, []).append((ids[:length], weights[:length]))
    ready = []
    for length, members in groups.items():
        size = BATCH_TOKENS // length
        for start in range(0, len(members) - size + 1, size):
            ready.append(padded(members[start : start + size], length))
    dice.shuffle(ready)
    yield from ready


def padded(rows: list[Row], length: int) -> tuple[np.ndarray, np.ndarray]:
    ids = np.zeros((len(rows), length), np.int32)
    weights = np.zeros((len(rows), length), np.float32)
    for index, (row_ids, row_weights) in enumerate(rows):
        ids[index, : len(row_ids)] = row_ids
        weights[index, : len(row_ids)] = row_weights
    return ids, weights


@partial(jax.jit, static_argnames="shape", donate_argnums=(0,))
def step(state: dict[str, Weights], ids: jax.Array, labels: jax.Array, rate: float, count: float, shape: Shape):
    """One step, Muon for the matrices and AdamW for the rest; returns the new state and the loss."""
    value, gradients = jax.value_and_grad(loss)(state["weights"], ids, labels, shape)
    norm = jnp.sqrt(sum((g * g).sum() for g in gradients.values()))
    scale = jnp.minimum(1.0, CLIP / (norm + 1e-6))
    weights, first, second = {}, {}, {}
    for name, gradient in gradients.items():
        gradient, weight = gradient * scale, state["weights"][name]
        if gradient.ndim == 2 and name != "embedding":
            first[name] = MOMENTUM * state["first"][name] + gradient
            move = orthogonal(MOMENTUM * first[name] + gradient) * max(1.0, weight.shape[1] / weight.shape[0]) ** 0.5
            weights[name] = weight - rate * MUON_RATE * (move + WEIGHT_DECAY * weight)
            continue
        first[name] = BETA1 * state["first"][name] + (1 - BETA1) * gradient
        second[name] = BETA2 * state["second"][name] + (1 - BETA2) * gradient**2
        move = (first[name] / (1 - BETA1**count)) / (jnp.sqrt(second[name] / (1 - BETA2**count)) + 1e-8)
        weights[name] = weight - rate * ADAM_RATE * move
    return {"weights": weights, "first": first, "second": second}, value


def orthogonal(gradient: jax.Array) -> jax.Array:
    """The matrix with the same singular vectors and singular values near 1 (Newton and Schulz, five rounds)."""
    tall = gradient.shape[0] > gradient.shape[1]
    x = gradient.T if tall else gradient
    x = x / (jnp.linalg.norm(x) + 1e-7)
    for _ in range(5):
        square = x @ x.T
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    return x.T if tall else x


def learning_rate(count: int, tokens: float, total: float) -> float:
    """Share of the full rates: warm-up, a plateau, then a linear fall over the last half of the tokens."""
    return min(1.0, count / WARM_UP) * min(1.0, max(0.02, (1 - tokens / total) / 0.5))


def save(work: Path, state: dict[str, Weights], progress: dict[str, float]) -> None:
    """Writes the checkpoint beside the old one, then swaps: a kill in between loses nothing."""
    flat = {f"{part}/{name}": np.asarray(value) for part, group in state.items() for name, value in group.items()}
    fresh = work / "checkpoint.new.npz"
    np.savez(fresh, progress=json.dumps(progress), **flat)
    fresh.rename(work / "checkpoint.npz")


def load(work: Path) -> tuple[dict[str, Weights], dict[str, float]]:
    stored = np.load(work / "checkpoint.npz")
    state: dict[str, Weights] = {"weights": {}, "first": {}, "second": {}}
    for key in stored.files:
        part, _, name = key.partition("/")
        if name:
            state[part][name] = jnp.asarray(stored[key])
    return state, json.loads(str(stored["progress"]))


def make_tokenizer(work: Path, seed: int) -> Tokenizer:
    path = work / "tokenizer.json"
    if not path.exists():
        dice = random.Random(seed)
        texts = [message["content"] for _ in range(12_000) for message in example(dice)]
        Tokenizer(learn(texts, Shape().vocabulary)).save(path)
    return Tokenizer.load(path)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train spark.")
    parser.add_argument("--work", type=Path, default=Path("build"), help="folder of tokenizer and checkpoint")
    parser.add_argument("--tokens", type=float, default=30e6, help="training tokens, padding included")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --work")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    options.work.mkdir(parents=True, exist_ok=True)
    tokenizer, shape = make_tokenizer(options.work, options.seed), Shape()
    if options.resume:
        state, progress = load(options.work)
    else:
        weights = initial(shape, tokenizer.pieces, options.seed)
        matrix = lambda name: weights[name].ndim == 2 and name != "embedding"
        first = {name: jnp.zeros_like(value) for name, value in weights.items()}
        state = {"weights": weights, "first": first, "second": {n: v * 0 for n, v in weights.items() if not matrix(n)}}
        progress = {"steps": 0, "chunk": 0, "tokens": 0, "seconds": 0.0}
    stopped: list[int] = []
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda number, _: stopped.append(number))
    run(state, progress, tokenizer, shape, options, stopped)


def run(state, progress, tokenizer: Tokenizer, shape: Shape, options: argparse.Namespace, stopped: list[int]) -> None:
    before, started, shown, saved, recent = progress["seconds"], time.time(), time.time(), time.time(), []
    start_tokens = progress["tokens"]
    while progress["tokens"] < options.tokens and not stopped:
        for ids, labels in batches(tokenizer, options.seed, progress["chunk"]):
            rate = learning_rate(progress["steps"] + 1, progress["tokens"], options.tokens)
            state, value = step(state, ids, labels, rate, float(progress["steps"] + 1), shape)
            recent = [*recent[-49:], float(value)]
            progress["steps"] += 1
            progress["tokens"] += ids.size
            progress["seconds"] = before + time.time() - started
            if time.time() - shown > 5:
                shown = time.time()
                report(progress, recent, (progress["tokens"] - start_tokens) / (shown - started), rate, options.tokens)
            if time.time() - saved > 30:
                saved = time.time()
                save(options.work, state, progress)
            if stopped or progress["tokens"] >= options.tokens:
                break
        else:
            progress["chunk"] += 1
    save(options.work, state, progress)
    report(progress, recent, (progress["tokens"] - start_tokens) / (time.time() - started), 0.0, options.tokens)
    print("stopped: continue with --resume" if stopped else "done", file=sys.stderr)


def report(progress, recent: list[float], speed: float, rate: float, total: float) -> None:
    left = math.ceil((total - progress["tokens"]) / max(speed, 1))
    average = sum(recent) / max(len(recent), 1)
    print(
        f"step {progress['steps']}  {progress['tokens'] / 1e6:.2f}/{total / 1e6:.1f} M tokens  loss {average:.3f}  "
        f"rate {rate:.2f}  {speed:.0f} tok/s  ETA {left // 60}:{left % 60:02d}",
        file=sys.stderr,
        flush=True,
    )


if __name__ == "__main__":
    main()
