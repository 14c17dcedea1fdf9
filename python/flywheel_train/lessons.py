"""What is learned from, as tokens, and how it is laid out for the machine."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

LEAST_TIME = 32
# Of one part of a step: more are faster and take more memory.
TOKENS_AT_ONCE = 2048


@dataclass(frozen=True)
class Text:
    ids: list[int]
    # How much the prediction of each token counts.
    shares: list[float]


@dataclass(frozen=True)
class Lesson:
    """To imitate; with `worse`, a pair of which `text` is the better one."""

    text: Text
    worse: Text | None
    weight: float

    @property
    def tokens(self) -> int:
        return len(self.text.ids) + (len(self.worse.ids) if self.worse else 0)


@dataclass(frozen=True)
class Part:
    """Some lessons of about the same length. Pairs have their better texts first, then their worse ones."""

    # [texts, time + 1]
    ids: np.ndarray
    shares: np.ndarray
    # [lessons]; 0 where there is only padding
    weights: np.ndarray
    # Which lessons they are.
    places: list[int]


def read_lessons(path: Path) -> tuple[list[Lesson], list[Lesson]]:
    """What to learn from and what to look at in between; a line is `{split, ids, shares, weight, worse?: {ids, shares}}`."""
    splits: dict[str, list[Lesson]] = {"train": [], "validation": []}
    with path.open() as lines:
        for line in lines:
            each = json.loads(line)
            worse = Text(each["worse"]["ids"], each["worse"]["shares"]) if "worse" in each else None
            splits[each["split"]].append(Lesson(Text(each["ids"], each["shares"]), worse, each["weight"]))
    return splits["train"], splits["validation"]


def parts(lessons: list[Lesson], places: list[int], batch: int) -> Iterator[Part]:
    """Few different sizes, since each is compiled: lengths are powers of two, and a length always has as many lessons."""
    by_time: dict[int, list[int]] = defaultdict(list)
    for place in places:
        by_time[time_of(lessons[place])].append(place)
    for time, these in sorted(by_time.items()):
        count = max(1, min(batch, TOKENS_AT_ONCE // time))
        for at in range(0, len(these), count):
            yield part_of(lessons, these[at : at + count], count, time)


def time_of(lesson: Lesson) -> int:
    longest = max(len(lesson.text.ids), len(lesson.worse.ids) if lesson.worse else 0) - 1
    return max(LEAST_TIME, 1 << (longest - 1).bit_length())


def part_of(lessons: list[Lesson], places: list[int], count: int, time: int) -> Part:
    chosen = [lessons[place] for place in places]
    texts = [each.text for each in chosen], [each.worse for each in chosen if each.worse]
    filled = [each for each in texts if each]
    ids = np.zeros((count * len(filled), time + 1), np.int32)
    shares = np.zeros(ids.shape, np.float32)
    for first, group in zip(range(0, len(ids), count), filled, strict=True):
        for row, text in enumerate(group, first):
            ids[row, : len(text.ids)] = text.ids
            shares[row, : len(text.ids)] = text.shares
    weights = np.zeros(count, np.float32)
    weights[: len(chosen)] = [each.weight for each in chosen]
    return Part(ids, shares, weights, places)
