"""Writes the checkpoint as a GGUF file: `python export.py --work build --type q8_0 --out spark.gguf`."""

from __future__ import annotations

import argparse
from pathlib import Path

import gguf
from generate import Spark


def main() -> None:
    parser = argparse.ArgumentParser(description="Export spark to GGUF.")
    parser.add_argument("--work", type=Path, default=Path("build"))
    parser.add_argument("--out", type=Path, default=Path("spark.gguf"))
    parser.add_argument("--type", choices=["f32", "f16", "q8_0"], default="q8_0")
    options = parser.parse_args()
    spark = Spark(options.work)
    kind = {"f32": gguf.F32, "f16": gguf.F16, "q8_0": gguf.Q8_0}[options.type]
    gguf.write(options.out, spark.weights, spark.shape, spark.tokenizer, kind)
    print(f"{options.out}: {options.out.stat().st_size / 1e6:.2f} MB after {spark.progress['tokens'] / 1e6:.1f} M tokens")


if __name__ == "__main__":
    main()
