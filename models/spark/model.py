"""The model: a Qwen2-shaped decoder (RMSNorm, rotary positions, attention with biases, SwiGLU, tied output) in JAX."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from tokenizer import SPACE

Weights = dict[str, jax.Array]


@dataclass(frozen=True)
class Shape:
    """Sizes of the network; widths are multiples of 32 so that every matrix can be stored as Q8_0."""

    layers: int = 4
    width: int = 256
    heads: int = 4
    hidden: int = 512
    vocabulary: int = 2048
    context: int = 1024
    rope_base: float = 1_000_000.0
    epsilon: float = 1e-5

    @property
    def head_width(self) -> int:
        return self.width // self.heads


# One head of the first layer begins by looking one token back, another two; two heads in each of the next two layers
# begin by finding where the last two tokens stood before, and by saying what came after them. Such heads form by
# themselves only after some two million tokens; planted, the network copies before its first step.
HEADS, COPY_LAYERS = (0, 1), (1, 2)
# How sharply the first look, how loudly they pass on what they saw, how loudly the second speak.
LOOK, PASS, SAY = 12.0, 0.05, 0.7
# How sharply the second match the last token and the one before it, and how many of their dimensions go to the last.
MATCH_LAST, MATCH_BEFORE, LAST_DIMENSIONS = 2.0, 2.0, 24
EMBEDDING, RESIDUAL, FINAL_GAIN = 0.08, 0.1, 2.0


def initial(shape: Shape, pieces: list[str], seed: int) -> Weights:
    """First weights; every matrix is [inputs, outputs], the embedding [vocabulary, width]."""
    random = np.random.default_rng(seed)
    weights: dict[str, np.ndarray] = {"embedding": embedding(shape, pieces, random)}

    def matrix(name: str, rows: int, columns: int, scale: float = 1.0) -> None:
        weights[name] = random.normal(0, scale / rows**0.5, (rows, columns))

    residual = RESIDUAL * (2 * shape.layers) ** -0.5
    for layer in range(shape.layers):
        weights[f"{layer}.attention_norm"] = np.ones(shape.width)
        for name in ("query", "key", "value"):
            matrix(f"{layer}.{name}", shape.width, shape.width, 0.5)
            weights[f"{layer}.{name}_bias"] = np.zeros(shape.width)
        matrix(f"{layer}.output", shape.width, shape.width, residual)
        weights[f"{layer}.hidden_norm"] = np.ones(shape.width)
        matrix(f"{layer}.gate", shape.width, shape.hidden)
        matrix(f"{layer}.up", shape.width, shape.hidden)
        matrix(f"{layer}.down", shape.hidden, shape.width, residual)
    weights["norm"] = np.full(shape.width, FINAL_GAIN)
    plant_copying(weights, shape, random)
    return {name: jnp.asarray(value, jnp.float32) for name, value in weights.items()}


def embedding(shape: Shape, pieces: list[str], random: np.random.Generator) -> np.ndarray:
    """Random, but a piece with a space before it begins close to the piece without: copying one offers the other."""
    table = random.normal(0, EMBEDDING, (shape.vocabulary, shape.width))
    place = {piece: index for index, piece in enumerate(pieces)}
    space = random.normal(0, EMBEDDING, shape.width)
    for piece, index in place.items():
        bare = place.get(piece[1:]) if piece[0] == SPACE else None
        if bare is not None:
            table[index] = 0.85 * table[bare] + 0.4 * space + 0.3 * table[index]
    return table


def plant_copying(weights: dict[str, np.ndarray], shape: Shape, random: np.random.Generator) -> None:
    size, half = shape.head_width, shape.head_width // 2
    rates = shape.rope_base ** (-np.arange(half) / half)
    fast, slow = np.flatnonzero(rates > 0.02), np.flatnonzero(rates < 0.008)
    steady = np.concatenate([slow, slow + half])
    axes = np.linalg.qr(random.normal(size=(shape.width, shape.width)))[0]
    kept = [axes[:, number * size : (number + 1) * size] for number in range(len(HEADS))]
    free = axes[:, len(HEADS) * size :]
    content = free[:, :size]
    # What a token itself is and what it remembers of those before it are kept apart.
    weights["embedding"] = weights["embedding"] @ free @ free.T
    for head in HEADS:
        at, back = slice(head * size, (head + 1) * size), head + 1
        for name in ("query", "key"):
            weights[f"0.{name}"][:, at] *= 0.1
        # The biases meet, after rotation, where the key is `back` positions earlier.
        weights["0.key_bias"][at][fast] = LOOK
        weights["0.query_bias"][at][fast] = LOOK * np.cos(rates[fast] * back)
        weights["0.query_bias"][at][fast + half] = -LOOK * np.sin(rates[fast] * back)
        weights["0.value"][:, at], weights["0.output"][at, :] = content, PASS * kept[head].T
        # Slow rotations alone can compare what is far apart; each head compares another part of the content.
        last, before = np.split(np.roll(np.arange(size), head * size // 2)[: len(steady)], [LAST_DIMENSIONS])
        for number, layer in enumerate(COPY_LAYERS):
            out = np.roll(free, -(number * len(HEADS) + head) * size, axis=1)[:, :size]
            for name, newer, older in (("query", content, kept[0]), ("key", kept[0], kept[1])):
                match = np.hstack([MATCH_LAST * newer[:, last], MATCH_BEFORE * older[:, before]])
                weights[f"{layer}.{name}"][:, at] *= 0.1
                weights[f"{layer}.{name}"][:, at.start + steady] += match
            weights[f"{layer}.value"][:, at], weights[f"{layer}.output"][at, :] = out, SAY * out.T


def normalise(x: jax.Array, gain: jax.Array, epsilon: float) -> jax.Array:
    return x * jax.lax.rsqrt(jnp.mean(x * x, axis=-1, keepdims=True) + epsilon) * gain


def rotate(x: jax.Array, cosine: jax.Array, sine: jax.Array) -> jax.Array:
    """Rotates the first half against the second, llama.cpp's order for this architecture; x is [batch, heads, time, head width]."""
    a, b = jnp.split(x, 2, axis=-1)
    return jnp.concatenate([a * cosine - b * sine, a * sine + b * cosine], axis=-1)


# Later queries look at more keys: taken in blocks of so many, half of the masked scores are never computed.
BLOCK = 128


def attend(x: jax.Array, weights: Weights, layer: int, shape: Shape, turn: tuple[jax.Array, jax.Array]) -> jax.Array:
    """What each position hears from those before it; x is [batch * time, width]."""
    time = len(turn[0])

    def part(name: str) -> jax.Array:
        flat = x @ weights[f"{layer}.{name}"] + weights[f"{layer}.{name}_bias"]
        return flat.reshape(-1, time, shape.heads, shape.head_width).transpose(0, 2, 1, 3)

    query, key, value = rotate(part("query"), *turn) * shape.head_width**-0.5, rotate(part("key"), *turn), part("value")
    heard = []
    for start in range(0, time, BLOCK):
        end = min(start + BLOCK, time)
        causal = np.arange(start, end)[:, None] >= np.arange(end)
        scores = query[:, :, start:end] @ key[:, :, :end].transpose(0, 1, 3, 2)
        heard.append(jax.nn.softmax(jnp.where(causal, scores, -1e9), axis=-1) @ value[:, :, :end])
    return jnp.concatenate(heard, axis=2).transpose(0, 2, 1, 3).reshape(x.shape) @ weights[f"{layer}.output"]


def states(weights: Weights, ids: jax.Array, shape: Shape) -> jax.Array:
    """Last hidden states [batch * time, width] of ids [batch, time]; padding belongs at the end.

    Rows and times stay one axis: with two of them, XLA multiplies on a CPU at half the speed.
    """
    rates = shape.rope_base ** (-np.arange(0, shape.head_width, 2) / shape.head_width)
    angles = (np.arange(ids.shape[1])[:, None] * rates).astype(np.float32)
    turn = np.cos(angles), np.sin(angles)
    x = weights["embedding"][ids.ravel()]
    for layer in range(shape.layers):
        x = x + attend(normalise(x, weights[f"{layer}.attention_norm"], shape.epsilon), weights, layer, shape, turn)
        y = normalise(x, weights[f"{layer}.hidden_norm"], shape.epsilon)
        x = x + (jax.nn.silu(y @ weights[f"{layer}.gate"]) * (y @ weights[f"{layer}.up"])) @ weights[f"{layer}.down"]
    return normalise(x, weights["norm"], shape.epsilon)


def loss(weights: Weights, ids: jax.Array, label_weights: jax.Array, shape: Shape) -> jax.Array:
    """Weighted mean of next-token cross-entropy (nats); label_weights[:, t] weighs the prediction of ids[:, t].

    Only the half of all positions that weighs most is looked at: the rest of a prompt has no labels.
    """
    share, targets = jnp.roll(label_weights, -1, 1).at[:, -1].set(0).ravel(), jnp.roll(ids, -1, 1).ravel()
    share, where = jax.lax.top_k(share, ids.size // 2)
    logits = states(weights, ids, shape)[where] @ weights["embedding"].T
    chosen = jnp.take_along_axis(logits, targets[where][:, None], axis=-1)[:, 0]
    return ((jax.nn.logsumexp(logits, axis=-1) - chosen) * share).sum() / jnp.maximum(share.sum(), 1.0)
