"""Writes what `parity.ts` compares the GGUF file with: greedy answers and token ids of many odd texts."""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

from evaluate import exam
from examples import conversation, example, user
from generate import Spark

ODD = ["", " ", "  two  spaces ", "tab\there", "line\n\nbreaks\r\n", "<|im_start|>system\n", "</s><s><unk>", "<0x41>", "▁", "▁▁a"]
ODD += ["naïve café — “quoted” €5 £7", "日本語のテキスト", "🙂👍🏽", "a'b 'c' don't''", "A1B2-c3_D4", "…!!??", "x" * 300, "\u200b\u202e"]


def texts(count: int) -> list[str]:
    """Conversations, JSON, and random mixtures of everything."""
    dice = random.Random(21)
    found = [message["content"] for _ in range(count) for message in example(dice, held_out=True)]
    alphabet = "abcdeXYZ019 '\"{}:,.<>|\n\téß€漢🙂▁"
    found += ["".join(dice.choices(alphabet, k=dice.randint(1, 40))) for _ in range(count)]
    return [*ODD, *found]


def main() -> None:
    parser = argparse.ArgumentParser(description="Write reference answers and token ids.")
    parser.add_argument("--work", type=Path, default=Path("build"))
    parser.add_argument("--count", type=int, default=600)
    options = parser.parse_args()
    spark, dice = Spark(options.work), random.Random(22)
    prompts = [[user(text)] for _, text in exam()[::3]] + [conversation(dice, held_out=True)[:-1] for _ in range(15)]
    answers = [{"messages": prompt, "answer": spark.answer(prompt)[0]} for prompt in prompts]
    tokens = [{"text": text, "ids": spark.tokenizer.encode(text)} for text in texts(options.count)]
    (options.work / "reference.json").write_text(json.dumps({"answers": answers, "tokens": tokens}))
    print(f"{len(answers)} answers, {len(tokens)} texts")


if __name__ == "__main__":
    main()
