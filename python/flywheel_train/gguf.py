"""Reads a model's GGUF (v2, v3) and writes an adapter's. https://github.com/ggml-org/ggml/blob/master/docs/gguf.md"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np

from .failure import Failure

F32, F16, Q8_0, BF16 = 0, 1, 8, 30
PLAIN = {F32: np.dtype("<f4"), F16: np.dtype("<f2"), BF16: np.dtype(ml_dtypes.bfloat16)}
BLOCK = 32
BLOCK_TYPE = np.dtype([("scale", "<f2"), ("levels", "i1", BLOCK)])
SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
FLOAT, STRING, LIST = 6, 8, 9
ALIGNMENT = 32


@dataclass(frozen=True)
class Blocks:
    """A matrix in Q8_0: 32 levels at a time share a scale. `levels` [rows, columns / 32, 32], `scales` [rows, columns / 32]."""

    levels: np.ndarray
    scales: np.ndarray


Tensor = np.ndarray | Blocks


class Gguf:
    """An open file: `metadata` by key (long lists are left out), and tensors by name, mapped and not read before they are used."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._at = 0
        magic, version, tensors, entries = self._take("<4sIQQ")
        if magic != b"GGUF" or version not in (2, 3):
            raise Failure(f"{path} is no GGUF file of version 2 or 3")
        self.metadata: dict[str, Any] = {self._text(): self._value() for _ in range(entries)}
        self._tensors = {name: where for name, *where in (self._tensor() for _ in range(tensors))}
        alignment = self.metadata.get("general.alignment", ALIGNMENT)
        self._data = -(-self._at // alignment) * alignment

    def __contains__(self, name: str) -> bool:
        return name in self._tensors

    def tensor(self, name: str) -> Tensor:
        """Row after row: a matrix is [outputs, inputs]."""
        if name not in self._tensors:
            raise Failure(f"the model has no tensor `{name}`, so this trainer cannot train it")
        shape, kind, offset = self._tensors[name]
        start = self._data + offset
        if kind == Q8_0:
            *rows, columns = shape
            blocks = np.frombuffer(self._bytes, BLOCK_TYPE, int(np.prod(shape)) // BLOCK, start)
            blocks = blocks.reshape(*rows, columns // BLOCK)
            return Blocks(blocks["levels"], blocks["scale"])
        if kind not in PLAIN:
            raise Failure(f"the tensor `{name}` is stored in a format ({kind}) that this trainer does not read; F32, F16, BF16 and Q8_0 it does")  # fmt: skip
        return np.frombuffer(self._bytes, PLAIN[kind], int(np.prod(shape)), start).reshape(shape)

    def _take(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from(form, self._bytes, self._at)
        self._at += struct.calcsize(form)
        return values

    def _text(self) -> str:
        (length,) = self._take("<Q")
        self._at += length
        return self._bytes[self._at - length : self._at].decode("utf-8", "replace")

    def _value(self, kind: int | None = None) -> Any:
        if kind is None:
            (kind,) = self._take("<I")
        if kind == STRING:
            return self._text()
        if kind != LIST:
            return self._take("<" + SCALARS[kind])[0]
        each, length = self._take("<IQ")
        if each in SCALARS:
            self._at += length * struct.calcsize("<" + SCALARS[each])
        else:
            for _ in range(length):
                self._value(each)
        return None

    def _tensor(self) -> tuple[str, tuple[int, ...], int, int]:
        name = self._text()
        (dimensions,) = self._take("<I")
        shape = self._take(f"<{dimensions}Q")
        kind, offset = self._take("<IQ")
        return name, tuple(reversed(shape)), kind, offset


def write_adapter(path: Path, architecture: str, alpha: float, matrices: dict[str, np.ndarray]) -> None:
    """What llama.cpp loads beside the model: `<tensor>.lora_a` [rank, inputs] and `.lora_b` [outputs, rank] by name."""
    entries = [
        _text("general.architecture") + struct.pack("<I", STRING) + _text(architecture),
        _text("general.type") + struct.pack("<I", STRING) + _text("adapter"),
        _text("adapter.type") + struct.pack("<I", STRING) + _text("lora"),
        _text("adapter.lora.alpha") + struct.pack("<If", FLOAT, alpha),
    ]
    head = [b"GGUF", struct.pack("<IQQ", 3, len(matrices), len(entries)), *entries]
    blobs, offset = [], 0
    for name, matrix in matrices.items():
        blob = _padded(np.ascontiguousarray(matrix, "<f4").tobytes())
        head.append(_text(name) + struct.pack("<IQQIQ", 2, *reversed(matrix.shape), F32, offset))
        blobs.append(blob)
        offset += len(blob)
    fresh = path.with_suffix(".new")
    fresh.write_bytes(_padded(b"".join(head)) + b"".join(blobs))
    fresh.replace(path)


def _text(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _padded(blob: bytes) -> bytes:
    return blob + bytes(-len(blob) % ALIGNMENT)
