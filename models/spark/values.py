"""Words and values that mean nothing: put together at random, so that they can only be read from a prompt."""

from __future__ import annotations

import random

from desk import HERE, invented, slot

NOUNS = (HERE / "vocabulary.txt").read_text().split()
VERBS = (HERE / "verbs.txt").read_text().split()
CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LETTERS = CAPITALS.lower()


def word(dice: random.Random) -> str:
    roll = dice.random()
    if roll < 0.45:
        return dice.choice(NOUNS)
    return grafted(NOUNS, dice) if roll < 0.75 else invented(dice) if roll < 0.92 else scramble(dice)


def verb(dice: random.Random) -> str:
    return dice.choice(VERBS) if dice.random() < 0.6 else grafted(VERBS, dice)


def grafted(words: list[str], dice: random.Random) -> str:
    """The beginning of one word and the end of another: spelled like English, and nobody has seen it before."""
    first, last = dice.choice(words), dice.choice(words)
    return first[: dice.randint(2, max(2, len(first) - 1))] + last[dice.randint(1, max(1, len(last) - 2)) :]


def identifier(words: list[str], dice: random.Random) -> str:
    """snake_case mostly, camelCase or kebab-case at times."""
    roll = dice.random()
    if roll < 0.7:
        return "_".join(words)
    return words[0] + "".join(w.capitalize() for w in words[1:]) if roll < 0.92 else "-".join(words)


def capital(dice: random.Random) -> str:
    return dice.choice([invented(dice), grafted(NOUNS, dice), dice.choice(NOUNS), scramble(dice)]).capitalize()


def person(dice: random.Random) -> str:
    first = capital(dice) if dice.random() < 0.7 else slot("name", dice)
    if dice.random() < 0.12:
        first = f"{dice.choice(['Mr', 'Mrs', 'Ms', 'Prof', 'Sir', 'Aunt', 'Captain'])} {first}"
    return first if dice.random() < 0.4 else f"{first} {capital(dice)}"


def company(dice: random.Random) -> str:
    return capital(dice) + dice.choice([" Inc", " Group", " Bros", " and Co", " Works", " AG", " SA", f" & {capital(dice)}", f"-{capital(dice)}"])


def code(dice: random.Random) -> str:
    letters = "".join(dice.choice(CAPITALS) for _ in range(dice.randint(0, 3)))
    digits = "".join(dice.choice("0123456789") for _ in range(dice.randint(1, 7)))
    joint = dice.choice(["", "", "-", " ", "/"] if letters else [""])
    return letters + joint + digits + (dice.choice("-:./ ") + str(dice.randint(0, 99)) if dice.random() < 0.2 else "")


def mixed(dice: random.Random) -> str:
    """Words, letters and digits in one: `kor-17.deck`, `Blun 4`, `7XK-lamp`."""
    part = lambda: dice.choice([word, capital, scramble, lambda d: str(d.randint(0, 999)), lambda d: "".join(d.choice(CAPITALS) for _ in range(d.randint(1, 3)))])(dice)
    return dice.choice(["-", ".", " ", "_", "/", "-"]).join(part() for _ in range(dice.choice([2, 2, 3])))


def phrase(dice: random.Random) -> str:
    return " ".join(word(dice) for _ in range(dice.choice([1, 1, 2, 2, 3])))


def linked(dice: random.Random) -> str:
    """Words with a small one between: "lamp of the barn"."""
    return f"{word(dice)} {dice.choice(['of', 'for', 'in', 'with', 'at the', 'of the', 'without', 'from', 'to'])} {word(dice)}"


def date(dice: random.Random) -> str:
    return f"20{dice.randint(10, 39)}-{dice.randint(1, 12):02d}-{dice.randint(1, 28):02d}"


def hour(dice: random.Random) -> str:
    return dice.choice([f"{dice.randint(0, 23)}:{dice.randint(0, 59):02d}", f"{dice.randint(1, 12)} {dice.choice(['am', 'pm'])}", f"{dice.randint(1, 12)} o'clock"])


def email(dice: random.Random) -> str:
    if dice.random() < 0.5:
        return slot("email", dice)
    return f"{dice.choice(['', dice.choice(LETTERS) + '.'])}{word(dice)}@{word(dice)}.{dice.choice(['com', 'org', 'eu', word(dice)])}"


def scramble(dice: random.Random) -> str:
    return "".join(dice.choice(LETTERS) for _ in range(dice.randint(3, 9)))


STRINGS = [person, person, code, code, phrase, phrase, linked, date, hour, email, scramble, mixed, mixed, company, lambda dice: slot("place", dice)]


def text(dice: random.Random) -> str:
    return dice.choice(STRINGS)(dice)


def integer(dice: random.Random) -> int:
    return dice.randint(0, 10 ** dice.randint(1, 6))


def amount(dice: random.Random) -> float:
    return round(dice.uniform(0, 10 ** dice.randint(1, 4)), dice.choice([1, 2]))
