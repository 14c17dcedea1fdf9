"""Writes the trained weights as a GGUF (v3) file that llama.cpp and node-llama-cpp load."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from model import Shape
from tokenizer import BOS, END, UNKNOWN, Tokenizer

ALIGNMENT = 32
F32, F16, Q8_0 = 0, 1, 8
CHAT_TEMPLATE = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n'}}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


def write(path: Path, weights: dict[str, np.ndarray], shape: Shape, tokenizer: Tokenizer, kind: int = Q8_0) -> None:
    """Writes matrices as `kind` (F32, F16 or Q8_0) and norms as F32."""
    tensors = [(name, array, F32 if array.ndim == 1 else kind) for name, array in named(weights, shape)]
    head = [b"GGUF", struct.pack("<IQQ", 3, len(tensors), len(metadata(shape, tokenizer)))]
    head += [text(key) + value for key, value in metadata(shape, tokenizer)]
    blobs, offset = [], 0
    for name, array, stored in tensors:
        blob = encoded(array, stored)
        dimensions = struct.pack(f"<{array.ndim}Q", *reversed(array.shape))
        head.append(text(name) + struct.pack("<I", array.ndim) + dimensions + struct.pack("<IQ", stored, offset))
        blobs.append(padded(blob))
        offset += len(blobs[-1])
    path.write_bytes(padded(b"".join(head)) + b"".join(blobs))


def named(weights: dict[str, np.ndarray], shape: Shape) -> list[tuple[str, np.ndarray]]:
    """llama.cpp's tensor names; matrices turn to [outputs, inputs]. No `output.weight`: it is the embedding."""
    names = {
        "attention_norm": "attn_norm",
        "query": "attn_q",
        "key": "attn_k",
        "value": "attn_v",
        "output": "attn_output",
        "hidden_norm": "ffn_norm",
        "gate": "ffn_gate",
        "up": "ffn_up",
        "down": "ffn_down",
    }
    biases = {f"{ours}_bias": names[ours] for ours in ("query", "key", "value")}
    rows = [("token_embd.weight", weights["embedding"]), ("output_norm.weight", weights["norm"])]
    for layer in range(shape.layers):
        rows += [(f"blk.{layer}.{theirs}.weight", weights[f"{layer}.{ours}"].T) for ours, theirs in names.items()]
        rows += [(f"blk.{layer}.{theirs}.bias", weights[f"{layer}.{ours}"]) for ours, theirs in biases.items()]
    return [(name, np.ascontiguousarray(array, np.float32)) for name, array in rows]


def encoded(array: np.ndarray, kind: int) -> bytes:
    if kind == F32:
        return array.astype("<f4").tobytes()
    if kind == F16:
        return array.astype("<f2").tobytes()
    blocks = array.reshape(-1, 32)
    scale = np.abs(blocks).max(axis=1, keepdims=True) / 127
    quotient = np.divide(blocks, scale, out=np.zeros_like(blocks), where=scale > 0)
    levels = np.trunc(quotient + np.copysign(0.5, quotient)).astype(np.int8)
    return np.concatenate([scale.astype("<f2").view(np.int8), levels], axis=1).tobytes()


def padded(blob: bytes) -> bytes:
    return blob + bytes(-len(blob) % ALIGNMENT)


def metadata(shape: Shape, tokenizer: Tokenizer) -> list[tuple[str, bytes]]:
    return [
        ("general.architecture", string("qwen2")),
        ("general.name", string("spark")),
        ("general.license", string("apache-2.0")),
        ("general.alignment", uint(ALIGNMENT)),
        ("qwen2.context_length", uint(shape.context)),
        ("qwen2.embedding_length", uint(shape.width)),
        ("qwen2.block_count", uint(shape.layers)),
        ("qwen2.feed_forward_length", uint(shape.hidden)),
        ("qwen2.attention.head_count", uint(shape.heads)),
        ("qwen2.attention.head_count_kv", uint(shape.heads)),
        ("qwen2.attention.layer_norm_rms_epsilon", real(shape.epsilon)),
        ("qwen2.rope.freq_base", real(shape.rope_base)),
        ("qwen2.vocab_size", uint(shape.vocabulary)),
        ("tokenizer.ggml.model", string("llama")),
        ("tokenizer.ggml.pre", string("default")),
        ("tokenizer.ggml.tokens", array_of(8, [text(piece) for piece in tokenizer.pieces])),
        ("tokenizer.ggml.scores", array_of(6, [struct.pack("<f", score) for score in tokenizer.scores()])),
        ("tokenizer.ggml.token_type", array_of(5, [struct.pack("<i", kind) for kind in tokenizer.types()])),
        ("tokenizer.ggml.unknown_token_id", uint(UNKNOWN)),
        ("tokenizer.ggml.bos_token_id", uint(BOS)),
        ("tokenizer.ggml.eos_token_id", uint(END)),
        ("tokenizer.ggml.eot_token_id", uint(END)),
        ("tokenizer.ggml.add_bos_token", flag(True)),
        ("tokenizer.ggml.add_eos_token", flag(False)),
        ("tokenizer.ggml.add_space_prefix", flag(False)),
        ("tokenizer.chat_template", string(CHAT_TEMPLATE)),
    ]


def text(value: str) -> bytes:
    raw = value.encode()
    return struct.pack("<Q", len(raw)) + raw


def string(value: str) -> bytes:
    return struct.pack("<I", 8) + text(value)


def uint(value: int) -> bytes:
    return struct.pack("<II", 4, value)


def real(value: float) -> bytes:
    return struct.pack("<If", 6, value)


def flag(value: bool) -> bytes:
    return struct.pack("<I?", 7, value)


def array_of(kind: int, items: list[bytes]) -> bytes:
    return struct.pack("<IIQ", 9, kind, len(items)) + b"".join(items)
