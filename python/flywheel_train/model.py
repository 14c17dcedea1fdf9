"""A decoder of the Llama family (RMSNorm, rotary positions, grouped attention, SwiGLU) with low-rank changes beside its matrices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .failure import Failure
from .gguf import Blocks, Gguf, Tensor

MATRICES = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")
NORMS = ("attn_norm", "ffn_norm")
Tree = Any
# Logits of so many positions and pieces are held at once; more are made part by part, and anew for the gradient.
MOST_LOGITS = 1 << 26
POSITIONS_AT_ONCE = 512


@dataclass(frozen=True)
class Shape:
    architecture: str
    layers: int
    width: int
    heads: int
    groups: int
    head_width: int
    epsilon: float
    rope_base: float


def shape_of(file: Gguf) -> Shape:
    architecture = file.metadata.get("general.architecture")
    if architecture not in ("llama", "qwen2"):
        raise Failure(f"this trainer knows the architectures llama and qwen2, not {architecture!r}")

    def number(key: str, usual: float | None = None) -> Any:
        value = file.metadata.get(f"{architecture}.{key}", usual)
        if value is None:
            raise Failure(f"the model does not say its {key}")
        return value

    if number("expert_count", 0):
        raise Failure("this trainer does not know mixtures of experts")
    if number("rope.scaling.type", "none") not in ("none", ""):
        raise Failure(f"this trainer does not know rotary positions scaled by {number('rope.scaling.type')}")
    width, heads = number("embedding_length"), number("attention.head_count")
    return Shape(
        architecture,
        layers=number("block_count"),
        width=width,
        heads=heads,
        groups=number("attention.head_count_kv", heads),
        head_width=number("attention.key_length", width // heads),
        epsilon=number("attention.layer_norm_rms_epsilon", 1e-5),
        rope_base=number("rope.freq_base", 10_000.0),
    )


def base_of(file: Gguf, shape: Shape) -> Tree:
    """The weights as they are stored; those of the layers lie one behind the other, so that all layers are one program."""
    names = [f"{name}.weight" for name in MATRICES + NORMS]
    names += [f"{name}.bias" for name in MATRICES if f"blk.0.{name}.bias" in file]
    rates = shape.rope_base ** (-np.arange(0, shape.head_width, 2) / shape.head_width)
    if "rope_freqs.weight" in file:  # Llama 3: some turn more slowly
        rates = rates / np.asarray(file.tensor("rope_freqs.weight"))
    embedding = stored(file.tensor("token_embd.weight"))
    return {
        "layers": {name: stacked([file.tensor(f"blk.{i}.{name}") for i in range(shape.layers)]) for name in names},
        "embedding": embedding,
        "output": stored(file.tensor("output.weight")) if "output.weight" in file else embedding,
        "norm": stored(file.tensor("output_norm.weight")),
        "rates": rates,
    }


def stored(tensor: Tensor) -> Tree:
    if isinstance(tensor, Blocks):
        return {"levels": jnp.asarray(tensor.levels), "scales": jnp.asarray(tensor.scales)}
    return jnp.asarray(tensor)


def stacked(tensors: list[Tensor]) -> Tree:
    if all(isinstance(each, Blocks) for each in tensors):
        return stored(Blocks(np.stack([each.levels for each in tensors]), np.stack([each.scales for each in tensors])))
    return stored(np.stack([whole(stored(each)) if isinstance(each, Blocks) else each for each in tensors]))


def whole(matrix: Tree, kind: Any = jnp.float32) -> jax.Array:
    if not isinstance(matrix, dict):
        return matrix.astype(kind)
    values = matrix["levels"].astype(kind) * matrix["scales"].astype(kind)[..., None]
    return values.reshape(*values.shape[:-2], -1)


def fresh_adapter(base: Tree, shape: Shape, rank: int, random: np.random.Generator) -> Tree:
    """A random, B zero: at first it changes nothing (LoRA, Hu et al. 2021, arXiv:2106.09685)."""
    adapter = {}
    for name in MATRICES:
        outputs, inputs = jax.eval_shape(whole, base["layers"][f"{name}.weight"]).shape[1:]
        bound = (3 / inputs) ** 0.5
        a = random.uniform(-bound, bound, (shape.layers, inputs, rank)).astype(np.float32)
        adapter[name] = {"a": a, "b": np.zeros((shape.layers, rank, outputs), np.float32)}
    return adapter


def adapter_matrices(adapter: Tree) -> dict[str, np.ndarray]:
    """By the names that llama.cpp gives them."""
    layers = len(next(iter(adapter.values()))["a"])
    return {
        f"blk.{layer}.{name}.weight.lora_{part}": np.asarray(adapter[name][part][layer]).T
        for layer in range(layers)
        for name in MATRICES
        for part in ("a", "b")
    }


def said(adapter: Tree, base: Tree, ids: jax.Array, shares: jax.Array, shape: Shape, scale: float) -> jax.Array:
    """Σ over a text of share · log-probability, [texts], of ids and shares [texts, time]; padding has no share."""
    x = states(adapter, base, ids[:, :-1], shape, scale)
    texts, time, width = x.shape
    output = whole(base["output"], x.dtype)
    together = texts * time if texts * time * len(output) <= MOST_LOGITS else min(time, POSITIONS_AT_ONCE)

    @jax.checkpoint
    def part(of: tuple[jax.Array, jax.Array]) -> jax.Array:
        logits = of[0] @ output.T
        return jnp.take_along_axis(logits, of[1][:, None], axis=-1)[:, 0] - jax.nn.logsumexp(logits, axis=-1)

    logprobs = jax.lax.map(part, (x.reshape(-1, together, width), ids[:, 1:].reshape(-1, together)))
    return (logprobs.reshape(texts, time) * shares[:, 1:]).sum(axis=-1)


def states(adapter: Tree, base: Tree, ids: jax.Array, shape: Shape, scale: float) -> jax.Array:
    """Last hidden states [texts, time, width], in the adapter's precision."""
    kind = adapter["attn_q"]["a"].dtype
    angles = jnp.arange(ids.shape[1])[:, None] * base["rates"]
    turn = jnp.cos(angles)[:, None, :].astype(kind), jnp.sin(angles)[:, None, :].astype(kind)

    @jax.checkpoint
    def layer(x: jax.Array, of: tuple[Tree, Tree]) -> tuple[jax.Array, None]:
        weights, pairs = of

        def linear(x: jax.Array, name: str) -> jax.Array:
            y = x @ whole(weights[f"{name}.weight"], kind).T + scale * (x @ pairs[name]["a"]) @ pairs[name]["b"]
            return y + weights[f"{name}.bias"].astype(kind) if f"{name}.bias" in weights else y

        def heads(x: jax.Array, name: str, count: int) -> jax.Array:
            return linear(x, name).reshape(*x.shape[:2], count, shape.head_width)

        y = normalise(x, weights["attn_norm.weight"], shape.epsilon)
        query = rotate(heads(y, "attn_q", shape.heads), turn, shape)
        key = rotate(heads(y, "attn_k", shape.groups), turn, shape)
        x = x + linear(heard(query, key, heads(y, "attn_v", shape.groups)), "attn_output")
        y = normalise(x, weights["ffn_norm.weight"], shape.epsilon)
        return x + linear(jax.nn.silu(linear(y, "ffn_gate")) * linear(y, "ffn_up"), "ffn_down"), None

    x, _ = jax.lax.scan(layer, rows(base["embedding"], ids, kind), (base["layers"], adapter))
    return normalise(x, base["norm"], shape.epsilon)


def rows(matrix: Tree, ids: jax.Array, kind: Any) -> jax.Array:
    return whole(jax.tree.map(lambda each: each[ids], matrix), kind)


def heard(query: jax.Array, key: jax.Array, value: jax.Array) -> jax.Array:
    """What each head hears of the text so far, [texts, time, heads · head width]; several heads share a key and a value."""
    texts, time, groups, head_width = key.shape
    query = query.reshape(texts, time, groups, -1, head_width)
    scores = jnp.einsum("btgqd,bsgd->bgqts", query, key) * head_width**-0.5
    past = jnp.tril(jnp.ones((time, time), bool))
    mix = jax.nn.softmax(jnp.where(past, scores, -jnp.inf), axis=-1)
    return jnp.einsum("bgqts,bsgd->btgqd", mix, value).reshape(texts, time, -1)


def normalise(x: jax.Array, gain: jax.Array, epsilon: float) -> jax.Array:
    return x * jax.lax.rsqrt(jnp.mean(x * x, axis=-1, keepdims=True) + epsilon) * gain.astype(x.dtype)


def rotate(x: jax.Array, turn: tuple[jax.Array, jax.Array], shape: Shape) -> jax.Array:
    """Halves against each other in Qwen, neighbours in Llama, as llama.cpp stores them; x is [texts, time, heads, head width]."""
    cosine, sine = turn
    if shape.architecture == "qwen2":
        a, b = jnp.split(x, 2, axis=-1)
        return jnp.concatenate([a * cosine - b * sine, a * sine + b * cosine], axis=-1)
    a, b = x[..., ::2], x[..., 1::2]
    return jnp.stack([a * cosine - b * sine, a * sine + b * cosine], axis=-1).reshape(x.shape)
