"""Measures the checkpoint, greedy and without a grammar: `python evaluate.py --work build --count 200`.

Desk replies are compared with the desk's own answers, so each is one of: right (a whole answer of the right topic),
wrong (a whole answer of another topic) or blended (neither). `exam.txt` was written by hand, apart from the templates;
"held-out templates" are the sixth of each topic's templates that training never draws from.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
from collections import Counter
from pathlib import Path

from desk import HERE, load_sections, message
from examples import TOPICS, Messages, conversation, extraction, pick, repetition, tool_call, triage, user
from generate import Spark
from train import row

# Topics whose answers fit each other's questions: either counts as right.
NEAR = [{"hello", "test"}, {"who", "can"}, {"track", "late"}, {"return", "label", "exchange"}, {"login", "password"}, {"can", "vague"}]


def meaning(reply: str) -> set[str]:
    """Topics that have exactly this reply."""
    return {t.name for t in TOPICS.values() if reply in t.answers or any(reply == answer for _, answer in t.more)}


def verdict(reply: str, name: str) -> str:
    said = meaning(reply)
    accepted = set().union({name}, *(group for group in NEAR if name in group))
    return "right" if said & accepted else "wrong" if said else "blended"


def desk(spark: Spark, questions: list[tuple[str, str]], show: bool = False) -> Counter[str]:
    counts: Counter[str] = Counter()
    for name, text in questions:
        reply, ended = spark.answer([user(text)])
        counts[verdict(reply, name)] += 1
        counts["ended"] += ended
        if show and verdict(reply, name) != "right":
            print(f"    {verdict(reply, name):8} {text!r} → {reply!r}", file=sys.stderr)
    return counts


def exam() -> list[tuple[str, str]]:
    return [(name, text) for name, texts in load_sections(HERE / "exam.txt").items() for text in texts]


def generated(count: int, held_out: bool, seed: int) -> list[tuple[str, str]]:
    dice = random.Random(seed)
    topics = [pick(dice) for _ in range(count)]
    return [(topic.name, message(topic, dice, held_out)) for topic in topics]


def outside(folder: Path, name: str, count: int) -> list[tuple[str, str]]:
    """Messages other people wrote, of the public intents that have a topic here (`outside.txt`)."""
    topic_of = dict(line.split() for line in load_sections(HERE / "outside.txt")[name])
    path = next(folder.glob(f"{name}*.jsonl"))
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    known = [(topic_of[row["intent"]], row["text"]) for row in rows if row["intent"] in topic_of]
    return random.Random(31).sample(known, count)


def perplexity(spark: Spark, count: int) -> float:
    """Perplexity of the assistant's tokens in conversations of held-out templates."""
    dice, total, tokens = random.Random(7), 0.0, 0
    for _ in range(count):
        ids, weights = row(conversation(dice, held_out=True), spark.tokenizer)
        for surprise, weight in zip(spark.surprise(ids), weights[1:]):
            total += float(surprise) * (weight >= 1.0)
            tokens += weight >= 1.0
    return math.exp(total / tokens)


def tasks(spark: Spark, examples: list[Messages]) -> dict[str, float]:
    """Shares of answers that are valid JSON, equal the wanted JSON, or equal the wanted text."""
    valid = same = exact = first = 0
    for example in examples:
        reply, wanted = spark.answer(example[:-1])[0], example[-1]["content"]
        exact += reply == wanted
        try:
            got, want = json.loads(reply), json.loads(wanted)
        except json.JSONDecodeError:
            continue
        valid += 1
        same += got == want
        first += isinstance(got, dict) and next(iter(got.items()), 0) == next(iter(want.items()), 1)
    size = len(examples)
    return {"valid": valid / size, "equal": same / size, "first field": first / size, "exact text": exact / size}


def baseline(tests: dict[str, list[tuple[str, str]]]) -> dict[str, float]:
    """The control: a linear SVM on TF-IDF that names the topic, trained on 20,000 generated messages."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline, make_union
    from sklearn.svm import LinearSVC

    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, max_features=60_000)
    model = make_pipeline(make_union(words, letters), LinearSVC())
    names, texts = zip(*generated(20_000, held_out=False, seed=11))
    model.fit(texts, names)
    scores = {}
    for title, rows in tests.items():
        guesses = model.predict([text for _, text in rows])
        right = sum(any({guess, name} <= group for group in [*NEAR, {name}]) for guess, (name, _) in zip(guesses, rows))
        scores[title] = right / len(rows)
    return scores


def questions(count: int, folder: Path | None) -> dict[str, list[tuple[str, str]]]:
    """Suites of (topic, message), from the nearest to the training data to the farthest."""
    suites = {
        "training templates": generated(count, held_out=False, seed=6),
        "held-out templates": generated(count, held_out=True, seed=5),
        "hand-written exam": exam(),
    }
    if folder:
        suites["BANKING77, 32 intents"] = outside(folder, "banking77", count)
        suites["CLINC150, 39 intents"] = outside(folder, "clinc150", count)
    return suites


def measure(spark: Spark, suites: dict[str, list[tuple[str, str]]], count: int, control: bool, show: bool) -> list[str]:
    """The rows of the card's tables."""
    svm = baseline(suites) if control else {}
    rows = ["| desk reply, first turn | n | right | wrong topic | blended | ended by itself | SVM picks the topic |"]
    rows.append("|---|---|---|---|---|---|---|")
    for title, suite in suites.items():
        print(f"  {title} …", file=sys.stderr)
        counts, size = desk(spark, suite, show), len(suite)
        shares = " | ".join(f"{counts[key] / size:.0%}" for key in ("right", "wrong", "blended", "ended"))
        rows.append(f"| {title} | {size} | {shares} | {f'{svm[title]:.0%}' if svm else '–'} |")
    rows += ["", "| other task | n | valid JSON | equal JSON | first field right | text exact |", "|---|---|---|---|---|---|"]
    dice = random.Random(9)
    makers = {
        "triage, held-out templates": lambda: triage(dice, held_out=True),
        "fill a JSON schema, unseen values": lambda: extraction(dice),
        "call a tool or reply, unseen values": lambda: tool_call(dice),
        "repeat a text": lambda: repetition(dice),
    }
    for title, make in makers.items():
        print(f"  {title} …", file=sys.stderr)
        scores = tasks(spark, [make() for _ in range(count // 2)])
        rows.append(f"| {title} | {count // 2} | " + " | ".join(f"{score:.0%}" for score in scores.values()) + " |")
    rows += ["", f"Perplexity of the desk's words in {count // 2} held-out conversations: {perplexity(spark, count // 2):.2f}."]
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure spark.")
    parser.add_argument("--work", type=Path, default=Path("build"))
    parser.add_argument("--count", type=int, default=200, help="questions per generated suite")
    parser.add_argument("--no-control", action="store_true", help="leave the SVM out")
    parser.add_argument("--show", action="store_true", help="print replies that are not right")
    parser.add_argument("--outside", type=Path, help="folder with banking77*.jsonl and clinc150*.jsonl (text, intent)")
    options = parser.parse_args()
    suites = questions(options.count, options.outside)
    print("\n".join(measure(Spark(options.work), suites, options.count, not options.no_control, options.show)))


if __name__ == "__main__":
    main()
