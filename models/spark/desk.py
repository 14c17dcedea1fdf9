"""The world of spark: reads `desk/*.txt` and turns one topic into messages in many wordings.

A topic is a `# name` with lines of one template each. `[a|b]` chooses, `{slot}` is filled:
    do: a verb phrase ("change my PIN")       -> put into the frames of `frames.txt` under [do]
    problem: a clause ("I forgot my PIN")     -> frames under [problem]
    topic: a noun phrase ("new PIN")          -> frames under [topic]
    ask, say: a whole message                 -> as it is
    answer: what the desk replies             more: follow-up => reply
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
MESSAGE_KINDS = ("do", "problem", "topic", "ask", "say")
CHOICE = re.compile(r"\[([^\[\]]*)\]")
SLOT = re.compile(r"\{(\w+)\}")


@dataclass
class Topic:
    """One thing a customer can want."""

    name: str
    area: str
    messages: list[tuple[str, str]] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    more: list[tuple[str, str]] = field(default_factory=list)

    def split(self, held_out: bool) -> list[tuple[str, str]]:
        """Every sixth template (all of its choices) is held out of training whole."""
        chosen = [row for index, row in enumerate(self.messages) if (index % 6 == 4) == held_out]
        return chosen or self.messages


def load_topics() -> list[Topic]:
    topics: list[Topic] = []
    for path in sorted((HERE / "desk").glob("*.txt")):
        for line in filter(None, path.read_text().splitlines()):
            if line.startswith("# "):
                topics.append(Topic(line[2:], path.stem))
                continue
            kind, _, template = line.partition(": ")
            if kind == "answer":
                topics[-1].answers.append(template)
            elif kind == "more":
                question, _, answer = template.partition(" => ")
                topics[-1].more.append((question, answer))
            elif kind in MESSAGE_KINDS:
                topics[-1].messages.append((kind, template))
            else:
                raise ValueError(f"{path.name}: unknown line {line!r}")
    return topics


def load_sections(path: Path) -> dict[str, list[str]]:
    sections: dict[str, list[str]] = {}
    for line in filter(None, path.read_text().splitlines()):
        if line.startswith("# "):
            current = sections.setdefault(line[2:], [])
        else:
            current.append(line)
    return sections


FRAMES = load_sections(HERE / "frames.txt")
WORDS = load_sections(HERE / "words.txt")
HINTS = {line.split(": ")[0]: line.split(": ")[1].split(", ") for line in (HERE / "hints.txt").read_text().splitlines()}
SYNONYMS = [line.split("|") for line in (HERE / "synonyms.txt").read_text().splitlines()]


def choose(template: str, dice: random.Random) -> str:
    """One of the alternatives of each `[a|b]`."""
    while match := CHOICE.search(template):
        template = template[: match.start()] + dice.choice(match[1].split("|")) + template[match.end() :]
    return template


def fill(template: str, dice: random.Random) -> str:
    """Chooses between alternatives, then fills slots."""
    filled = SLOT.sub(lambda match: slot(match[1], dice), choose(template, dice))
    return re.sub(r" +", " ", re.sub(r" +([?.!,])", r"\1", filled)).strip()


def slot(name: str, dice: random.Random) -> str:
    if name in WORDS:
        return dice.choice(WORDS[name])
    if name == "number":
        return str(dice.randint(1, 10 ** dice.randint(1, 3)))
    if name == "order":
        return dice.choice(["", dice.choice("ABCDKNRSTX"), "#"]) + str(dice.randint(1000, 10 ** dice.randint(4, 7)))
    if name == "nonsense":
        return "".join(dice.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(dice.randint(3, 9)))
    if name == "invented":
        return invented(dice).capitalize()
    if name == "email":
        number = dice.choice(["", str(dice.randint(1, 99))])
        return f"{invented(dice)}{number}@{invented(dice)}.{dice.choice(['com', 'org', 'net', 'io'])}"
    raise KeyError(name)


def invented(dice: random.Random) -> str:
    """A pronounceable word that means nothing."""
    consonants, vowels = "bcdfghjklmnprstvwz", ["a", "e", "i", "o", "u", "ai", "ou"]
    syllables = [dice.choice(consonants) + dice.choice(vowels) for _ in range(dice.randint(1, 3))]
    return "".join(syllables) + dice.choice(["", "n", "r", "s", "l", "k"])


def message(topic: Topic, dice: random.Random, held_out: bool = False) -> str:
    """One customer message about the topic, in one of many wordings."""
    if not held_out and dice.random() < 0.3:
        return noisy(hinted(topic, dice), dice)
    kind, template = dice.choice(topic.split(held_out))
    body = fill(template, dice)
    if kind in FRAMES:
        frame = fill(dice.choice(FRAMES[kind]).replace("{body}", "\0"), dice)
        body = frame.replace("\0", body)
    if topic.name != "other":
        body = reworded(body, dice)
    text = body[0].upper() + body[1:] if body else body
    if kind in ("do", "problem", "ask") and dice.random() < 0.35:
        text = dressed(text, dice)
    return noisy(text, dice)


def hinted(topic: Topic, dice: random.Random) -> str:
    """Two to four words of the topic among filler: bad English, but it ties rare words to what they are about."""
    hints = HINTS[topic.name]
    words = dice.sample(hints, min(len(hints), dice.choice([1, 2, 2, 3, 3, 4])))
    parts = [fill(dice.choice(FRAMES["lead"]), dice), words[0]]
    for word in words[1:]:
        parts += [fill(dice.choice(FRAMES["filler"]), dice), word]
    parts.append(fill(dice.choice(FRAMES["tail"]), dice))
    return " ".join(part for part in parts if part)


def reworded(text: str, dice: random.Random) -> str:
    """Some words or phrases replaced by others of the same meaning."""
    padded = f" {text} "
    for plain, *others in dice.sample(SYNONYMS, len(SYNONYMS)):
        if f" {plain} " in padded and dice.random() < 0.3:
            padded = padded.replace(f" {plain} ", f" {dice.choice(others)} ", 1)
    return padded.strip()


def dressed(text: str, dice: random.Random) -> str:
    """A greeting before or a remark after."""
    if dice.random() < 0.6:
        opener = fill(dice.choice(FRAMES["opener"]), dice)
        return f"{opener} {text}"
    return f"{text if text[-1] in '?.!' else text + '.'} {fill(dice.choice(FRAMES['closer']), dice)}"


def noisy(text: str, dice: random.Random) -> str:
    """What hurried people do to case, punctuation and letters."""
    if dice.random() < 0.15:
        text = text.rstrip("?.!")
    elif text[-1] not in "?.!" and dice.random() < 0.5:
        text += dice.choice([".", ".", "!", "!!", "..."])
    if dice.random() < 0.25:
        text = text.lower()
    elif dice.random() < 0.015:
        text = text.upper()
    if dice.random() < 0.10:
        for plain, short in (("please", "pls"), ("you", "u"), ("'", ""), ("cannot", "cant"), ("because", "cause")):
            text = text.replace(plain, short)
    if dice.random() < 0.12 and len(text) > 8:
        at = dice.randrange(1, len(text) - 2)
        swapped, dropped = text[:at] + text[at + 1] + text[at] + text[at + 2 :], text[:at] + text[at + 1 :]
        text = dice.choice([swapped, dropped, text[:at] + text[at] + text[at:]])
    return text
