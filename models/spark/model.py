"""The model: a Llama decoder (RMSNorm, rotary positions, grouped-query attention, SwiGLU, tied output) in JAX."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

Weights = dict[str, jax.Array]


@dataclass(frozen=True)
class Shape:
    """Sizes of the network; widths are multiples of 32 so that every matrix can be stored as Q8_0."""

    layers: int = 4
    width: int = 192
    heads: int = 6
    kv_heads: int = 2
    hidden: int = 512
    vocabulary: int = 2048
    context: int = 1024
    rope_base: float = 10_000.0
    epsilon: float = 1e-5

    @property
    def head_width(self) -> int:
        return self.width // self.heads


def initial(shape: Shape, seed: int) -> Weights:
    """Random weights; every matrix is [inputs, outputs], the embedding [vocabulary, width]."""
    random = np.random.default_rng(seed)
    kv_width = shape.kv_heads * shape.head_width
    weights: dict[str, np.ndarray] = {"embedding": random.normal(0, 0.02, (shape.vocabulary, shape.width))}

    def matrix(name: str, rows: int, columns: int, scale: float = 1.0) -> None:
        weights[name] = random.normal(0, scale / rows**0.5, (rows, columns))

    residual = (2 * shape.layers) ** -0.5
    for layer in range(shape.layers):
        weights[f"{layer}.attention_norm"] = np.ones(shape.width)
        matrix(f"{layer}.query", shape.width, shape.width)
        matrix(f"{layer}.key", shape.width, kv_width)
        matrix(f"{layer}.value", shape.width, kv_width)
        matrix(f"{layer}.output", shape.width, shape.width, residual)
        weights[f"{layer}.hidden_norm"] = np.ones(shape.width)
        matrix(f"{layer}.gate", shape.width, shape.hidden)
        matrix(f"{layer}.up", shape.width, shape.hidden)
        matrix(f"{layer}.down", shape.hidden, shape.width, residual)
    weights["norm"] = np.ones(shape.width)
    return {name: jnp.asarray(value, jnp.float32) for name, value in weights.items()}


def normalise(x: jax.Array, gain: jax.Array, epsilon: float) -> jax.Array:
    return x * jax.lax.rsqrt(jnp.mean(x * x, axis=-1, keepdims=True) + epsilon) * gain


def rotate(x: jax.Array, cosine: jax.Array, sine: jax.Array) -> jax.Array:
    """Rotates neighbouring pairs, llama.cpp's order for this architecture; x is [batch, time, heads, head width]."""
    even, odd = x[..., 0::2], x[..., 1::2]
    return jnp.stack([even * cosine - odd * sine, even * sine + odd * cosine], axis=-1).reshape(x.shape)


def attend(x: jax.Array, weights: Weights, layer: int, shape: Shape, turn: tuple[jax.Array, jax.Array]) -> jax.Array:
    batch, time, _ = x.shape
    query = (x @ weights[f"{layer}.query"]).reshape(batch, time, shape.heads, shape.head_width)
    key = (x @ weights[f"{layer}.key"]).reshape(batch, time, shape.kv_heads, shape.head_width)
    value = (x @ weights[f"{layer}.value"]).reshape(batch, time, shape.kv_heads, shape.head_width)
    query, key = rotate(query, *turn), rotate(key, *turn)
    grouped = query.reshape(batch, time, shape.kv_heads, -1, shape.head_width)
    scores = jnp.einsum("btkgd,bskd->bkgts", grouped, key) * shape.head_width**-0.5
    causal = jnp.tril(jnp.ones((time, time), bool))
    mix = jax.nn.softmax(jnp.where(causal, scores, -1e9), axis=-1)
    heard = jnp.einsum("bkgts,bskd->btkgd", mix, value).reshape(batch, time, shape.width)
    return heard @ weights[f"{layer}.output"]


def states(weights: Weights, ids: jax.Array, shape: Shape) -> jax.Array:
    """Last hidden states [batch, time, width] of ids [batch, time]; padding belongs at the end."""
    positions = np.arange(ids.shape[1])[:, None]
    rates = shape.rope_base ** (-np.arange(0, shape.head_width, 2) / shape.head_width)
    angles = (positions * rates)[:, None, :].astype(np.float32)
    turn = jnp.cos(angles), jnp.sin(angles)
    x = weights["embedding"][ids]
    for layer in range(shape.layers):
        x = x + attend(normalise(x, weights[f"{layer}.attention_norm"], shape.epsilon), weights, layer, shape, turn)
        y = normalise(x, weights[f"{layer}.hidden_norm"], shape.epsilon)
        x = x + (jax.nn.silu(y @ weights[f"{layer}.gate"]) * (y @ weights[f"{layer}.up"])) @ weights[f"{layer}.down"]
    return normalise(x, weights["norm"], shape.epsilon)


def loss(weights: Weights, ids: jax.Array, label_weights: jax.Array, shape: Shape) -> jax.Array:
    """Weighted mean of next-token cross-entropy (nats); label_weights[:, t] weighs the prediction of ids[:, t]."""
    logits = states(weights, ids[:, :-1], shape) @ weights["embedding"].T
    chosen = jnp.take_along_axis(logits, ids[:, 1:, None], axis=-1)[..., 0]
    surprise = jax.nn.logsumexp(logits, axis=-1) - chosen
    share = label_weights[:, 1:]
    return (surprise * share).sum() / jnp.maximum(share.sum(), 1.0)
