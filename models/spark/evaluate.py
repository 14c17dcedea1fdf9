"""Measures the exported file under llama.cpp, greedy and without a grammar: `python evaluate.py --work build --count 200`.

Desk replies are compared with the desk's own answers, so each is one of: right (a whole answer of the right topic),
wrong (a whole answer of another topic) or blended (neither). `exam.txt` was written by hand, apart from the templates;
"held-out templates" are the sixth of each topic's templates that training never draws from.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

from desk import HERE, load_sections, message
from examples import TOPICS, Messages, conversation, pick, triage, user
from tasks import repetition
from generate import Spark
from train import row
from unseen import calling, choosing, filling, overlap

# Topics whose answers fit each other's questions: either counts as right.
NEAR = [{"hello", "test"}, {"who", "can"}, {"track", "late"}, {"return", "label", "exchange"}, {"login", "password"}, {"can", "vague"}]


class Served:
    """The exported file under llama.cpp, asked one conversation at a time."""

    def __init__(self, path: Path) -> None:
        command = ["node", str(HERE / "answers.ts"), str(path)]
        self.node = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def answer(self, messages: Messages, grammar: str | None = None, asked: dict | None = None) -> tuple[str, bool]:
        """The reply; under a grammar, or under the one that the server makes of what is `asked`."""
        assert self.node.stdin and self.node.stdout
        request = {"messages": messages, **({"grammar": grammar} if grammar else {}), **({"asked": asked} if asked else {})}
        self.node.stdin.write(json.dumps(request) + "\n")
        self.node.stdin.flush()
        reply = json.loads(self.node.stdout.readline())
        return reply["text"], reply["ended"]


def meaning(reply: str) -> set[str]:
    """Topics that have exactly this reply."""
    return {t.name for t in TOPICS.values() if reply in t.answers or any(reply == answer for _, answer in t.more)}


def verdict(reply: str, name: str) -> str:
    said = meaning(reply)
    accepted = set().union({name}, *(group for group in NEAR if name in group))
    return "right" if said & accepted else "wrong" if said else "blended"


def desk(spark: Served, questions: list[tuple[str, str]], show: bool = False) -> Counter[str]:
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
            total += float(surprise) * (weight > 0)
            tokens += weight > 0
    return math.exp(total / tokens)


def parsed(text: str) -> object:
    """JSON of an answer, of a tool call too; None where there is none."""
    try:
        return json.loads(text.removeprefix("<tool_call>").removesuffix("</tool_call>"))
    except json.JSONDecodeError:
        return None


def asked(example: Messages) -> dict[str, object]:
    """What a client would send beside the messages: the lines of the system prompt that are JSON."""
    described = [json.loads(line) for line in example[0]["content"].splitlines() if line.startswith("{")]
    if "name" in described[0]:
        return {"tools": described, "toolChoice": "required"}
    return {"schema": described[0], "tools": []}


def tasks(spark: Served, examples: list[Messages], show: bool = False, grammar: str | None = None, served: bool = False) -> str:
    """A row: how many, shares of answers that are valid JSON with the right keys, of fields (or arguments) right, of answers right."""
    valid = fields = right = total = 0
    for example in examples:
        reply, wanted = spark.answer(example[:-1], grammar, asked(example) if served else None)[0], example[-1]["content"]
        got, want = parsed(reply), parsed(wanted)
        exact = reply == wanted if want is None else got == want and reply.startswith("<") == wanted.startswith("<")
        right += exact
        if show and not exact:
            print(f"    {example[-2]['content'][-160:]!r}\n      want {wanted}\n      got  {reply[:200]}", file=sys.stderr)
        if isinstance(want, dict):
            calls = "arguments" in want
            inner, said = (want["arguments"], (got or {}).get("arguments")) if calls and isinstance(got, dict) else (want, got)
            said = said if isinstance(said, dict) else {}
            valid += list(said) == list(inner)
            fields += sum(key in said and said[key] == value and type(said[key]) is type(value) for key, value in inner.items())
            total += len(inner)
    shares = f"{valid / len(examples):.0%} | {fields / total:.0%}" if total else "– | –"
    return f"{len(examples)} | {shares} | {right / len(examples):.0%}"


def offered(suite: list[tuple[str, str]], seed: int) -> list[tuple[str, str, list[str]]]:
    """Each message with two to seven topics to choose from, the right one among them."""
    dice, rows = random.Random(seed), []
    near = lambda name: set().union({name}, *(group for group in NEAR if name in group))
    for name, text in suite:
        others = dice.sample(sorted(set(TOPICS) - near(name)), dice.randint(1, 6))
        rows.append((name, text, sorted([name, *others], key=lambda _: dice.random())))
    return rows


def sorted_right(spark: Served, rows: list[tuple[str, str, list[str]]]) -> float:
    return sum(spark.answer(choosing(text, labels))[0] == name for name, text, labels in rows) / len(rows)


def intents(spark: Served, folder: Path, count: int) -> float:
    """BANKING77 without any training for it: all 77 names in the prompt, and nothing but one of them can be said."""
    path = next(folder.glob("banking77*.jsonl"))
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    names = sorted({row["intent"] for row in rows})
    grammar = "root ::= " + " | ".join(json.dumps(name) for name in names)
    chosen = random.Random(32).sample(rows, count)
    return sum(spark.answer(choosing(row["text"], names), grammar)[0] == row["intent"] for row in chosen) / count


class Control:
    """A linear SVM on TF-IDF that names the topic, trained on 20,000 generated messages."""

    def __init__(self) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.pipeline import make_pipeline, make_union
        from sklearn.svm import LinearSVC

        words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
        letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, max_features=60_000)
        self.model = make_pipeline(make_union(words, letters), LinearSVC())
        names, texts = zip(*generated(20_000, held_out=False, seed=11))
        self.model.fit(texts, names)

    def desk(self, suite: list[tuple[str, str]]) -> float:
        guesses = self.model.predict([text for _, text in suite])
        return sum(any({guess, name} <= group for group in [*NEAR, {name}]) for guess, (name, _) in zip(guesses, suite)) / len(suite)

    def chosen(self, rows: list[tuple[str, str, list[str]]]) -> float:
        columns = list(self.model.classes_)
        scores = self.model.decision_function([text for _, text, _ in rows])
        best = [max(labels, key=lambda label: score[columns.index(label)]) for score, (_, _, labels) in zip(scores, rows)]
        return sum(guess == name for guess, (name, _, _) in zip(best, rows)) / len(rows)


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


def desk_table(spark: Served, suites: dict[str, list[tuple[str, str]]], control: Control | None, show: bool) -> list[str]:
    rows = ["| desk reply, first turn | n | right | wrong topic | blended | ended by itself | SVM picks the topic |"]
    rows.append("|---|---|---|---|---|---|---|")
    for title, suite in suites.items():
        print(f"  {title} …", file=sys.stderr)
        counts, size = desk(spark, suite, show), len(suite)
        shares = " | ".join(f"{counts[key] / size:.0%}" for key in ("right", "wrong", "blended", "ended"))
        rows.append(f"| {title} | {size} | {shares} | {f'{control.desk(suite):.0%}' if control else '–'} |")
    return rows


def triage_table(spark: Served, suites: dict[str, list[tuple[str, str]]], control: Control | None) -> list[str]:
    rows = ["| one of 2–7 labels given in the prompt | n | right | SVM, of the same labels |", "|---|---|---|---|"]
    for title, suite in suites.items():
        print(f"  labels, {title} …", file=sys.stderr)
        offers = offered(suite, 8)
        rows.append(f"| {title} | {len(suite)} | {sorted_right(spark, offers):.0%} | {f'{control.chosen(offers):.0%}' if control else '–'} |")
    return rows


def task_table(spark: Served, count: int, show: bool) -> list[str]:
    assert not overlap(), overlap()
    rows = ["| other task, unseen names and values | n | keys right | fields right | all right |", "|---|---|---|---|---|"]
    dice = random.Random(9)
    makers = {
        "fill a JSON schema": lambda: filling(dice),
        "call one of the tools": lambda: calling(dice),
        "say that no tool fits": lambda: calling(dice, fits=False),
        "random label names explained by the prompt, or JSON": lambda: triage(dice, held_out=True),
        "repeat a text": lambda: repetition(dice),
    }
    for title, make in makers.items():
        print(f"  {title} …", file=sys.stderr)
        rows.append(f"| {title} | {tasks(spark, [make() for _ in range(count)], show)} |")
    dice = random.Random(10)
    for title, make in {"fill a JSON schema, as served": filling, "call one of the tools, as served where one is required": calling}.items():
        rows.append(f"| {title} | {tasks(spark, [make(dice) for _ in range(count)], show, served=True)} |")
    for path in sorted((HERE / "grammars").glob("*.gbnf")):
        head, *rules = path.read_text().splitlines()
        examples = [filling(dice, head.removeprefix("# ").split(", ")) for _ in range(40)]
        for title, grammar in (("free", None), ("with its grammar", "\n".join(rules))):
            rows.append(f"| {path.stem} schema, {title} | {tasks(spark, examples, show, grammar)} |")
    return rows


def measure(spark: Served, reference: Spark | None, options: argparse.Namespace) -> list[str]:
    """The tables of the card; perplexity from the reference, which the file matches (`parity.ts`)."""
    suites, control = questions(options.count, options.outside), None if options.no_control else Control()
    rows = [*desk_table(spark, suites, control, options.show), "", *triage_table(spark, suites, control), ""]
    rows += [*task_table(spark, options.count, options.show), ""]
    if options.outside:
        rows += [f"BANKING77, 77 labels, zero-shot, under a grammar of the labels: {intents(spark, options.outside, 200):.1%} of 200 (chance 1.3%).", ""]
    if reference:
        rows.append(f"Perplexity of the desk's words in {options.count // 2} held-out conversations: {perplexity(reference, options.count // 2):.2f}.")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure spark.")
    parser.add_argument("--work", type=Path, default=Path("build"))
    parser.add_argument("--file", type=Path, default=HERE / "spark.gguf", help="the exported file")
    parser.add_argument("--count", type=int, default=200, help="questions per generated suite")
    parser.add_argument("--no-control", action="store_true", help="leave the SVM out")
    parser.add_argument("--show", action="store_true", help="print replies that are not right")
    parser.add_argument("--outside", type=Path, help="folder with banking77*.jsonl and clinc150*.jsonl (text, intent)")
    options = parser.parse_args()
    reference = Spark(options.work) if (options.work / "checkpoint.npz").exists() else None
    print("\n".join(measure(Served(options.file), reference, options)))


if __name__ == "__main__":
    main()
