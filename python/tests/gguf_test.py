"""Files written here byte by byte, read by the trainer."""

from __future__ import annotations

import struct
import tempfile
import unittest
from pathlib import Path

import ml_dtypes
import numpy as np

from flywheel_train.failure import Failure
from flywheel_train.gguf import Gguf, write_adapter
from flywheel_train.model import stacked, stored, whole

VALUES = np.array([[1.5, -2.0] * 16, [0.25, 3.0] * 16], np.float32)
Q8_0_ROW = struct.pack("<e32b", 0.25, *[6, -8] * 16) + struct.pack("<e32b", 0.25, *[1, 12] * 16)


def text(words: str) -> bytes:
    return struct.pack("<Q", len(words.encode())) + words.encode()


def file_with(kind: int, data: bytes, alignment: int) -> bytes:
    entries = [
        text("tokens") + struct.pack("<IIQ", 9, 8, 2) + text("a") + text("béé"),
        text("scores") + struct.pack("<IIQ3f", 9, 6, 3, 1, 2, 3),
        text("general.alignment") + struct.pack("<II", 4, alignment),
        text("general.architecture") + struct.pack("<I", 8) + text("llama"),
        text("base") + struct.pack("<If", 6, 10_000.0),
    ]
    tensors = [text("norm") + struct.pack("<IQIQ", 1, 2, 0, 0), text("w") + struct.pack("<IQQIQ", 2, 32, 2, kind, alignment)]  # fmt: skip
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(entries)) + b"".join(entries + tensors)
    norm = struct.pack("<2f", 7, 8)
    return head + bytes(-len(head) % alignment) + norm + bytes(alignment - len(norm)) + data


class Files(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "model.gguf"

    def opened(self, data: bytes) -> Gguf:
        self.path.write_bytes(data)
        return Gguf(self.path)

    def test_tensors_are_read_in_every_format(self) -> None:
        stored_as = {
            0: VALUES.tobytes(),
            1: VALUES.astype("<f2").tobytes(),
            30: VALUES.astype(ml_dtypes.bfloat16).tobytes(),
            8: Q8_0_ROW,
        }
        for kind, data in stored_as.items():
            for alignment in (32, 64):
                file = self.opened(file_with(kind, data, alignment))
                self.assertEqual(file.metadata["general.architecture"], "llama")
                self.assertEqual(file.metadata["base"], 10_000.0)
                self.assertTrue((file.tensor("norm") == [7, 8]).all())
                self.assertTrue((whole(stored(file.tensor("w"))) == VALUES).all(), kind)
                self.assertTrue((whole(stacked([file.tensor("w")] * 2)) == np.stack([VALUES] * 2)).all(), kind)

    def test_layers_may_be_stored_differently(self) -> None:
        one = self.opened(file_with(8, Q8_0_ROW, 32)).tensor("w")
        self.assertTrue((whole(stacked([one, VALUES])) == np.stack([VALUES] * 2)).all())

    def test_what_cannot_be_read_is_said(self) -> None:
        with self.assertRaisesRegex(Failure, "format \\(12\\)"):
            self.opened(file_with(12, b"", 32)).tensor("w")
        with self.assertRaisesRegex(Failure, "no tensor `v`"):
            self.opened(file_with(0, VALUES.tobytes(), 32)).tensor("v")
        with self.assertRaisesRegex(Failure, "no GGUF file"):
            self.opened(b"GGML" + bytes(40))

    def test_an_adapter_is_read_as_it_was_written(self) -> None:
        write_adapter(self.path, "qwen2", 16.0, {"a": VALUES, "b": VALUES.T})
        file = Gguf(self.path)
        self.assertEqual((file.metadata["general.architecture"], file.metadata["adapter.lora.alpha"]), ("qwen2", 16.0))
        self.assertTrue((file.tensor("a") == VALUES).all() and (file.tensor("b") == VALUES.T).all())


if __name__ == "__main__":
    unittest.main()
