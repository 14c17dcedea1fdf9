"""Fields of a schema or of a tool, the values they can have, and the words in which a message gives a value."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from desk import HERE, choose, load_sections
from values import CAPITALS, amount, code, date, email, identifier, integer, person, phrase, text, word

REQUESTS = load_sections(HERE / "requests.txt")
JOINTS = [", ", ", ", ", ", ". ", ". ", " and ", "; ", "; ", "\n", ", and ", " - ", ", then ", ". Also "]
Value = object


@dataclass
class Field:
    """One property: its name, its schema, and a maker of values, each with what a message says of it."""

    key: str
    schema: dict[str, object]
    tell: Callable[[random.Random], tuple[Value, str]]


# Fields that people know, and how a message gives them without naming the field.
KNOWN = {
    person: (["name", "customer", "full name", "sender", "first name"], ["my name is {}", "this is {}", "I am {}", "{} here"]),
    code: (["order", "order id", "order number", "reference", "ticket"], ["order {}", "it is about {}", "my order is {}", "the number is {}"]),
    email: (["email", "mail", "contact", "email address"], ["write to {}", "my mail is {}", "reach me at {}", "{} is my address"]),
    phrase: (["item", "product", "article", "object"], ["the {} is broken", "I bought a {}", "it is about the {}", "a {} please"]),
    date: (["date", "day", "due date", "start date"], ["on {}", "by {}", "it was {}", "from {} on"]),
    integer: (["quantity", "count", "number of items"], ["I need {}", "{} pieces", "{} of them", "there were {}"]),
    amount: (["amount", "price", "total", "sum"], ["I paid {} euros", "it cost {}", "{} in all", "for {} dollars"]),
}


def mention(section: str, words: list[str], key: str, value: str, dice: random.Random) -> str:
    """How a message gives a value; a person writes a field's name with spaces mostly."""
    name = key if dice.random() < 0.2 else " ".join(words)
    return choose(dice.choice(REQUESTS[section]), dice).replace("{k}", name).replace("{v}", value)


def listed(items: list[str]) -> str:
    return ", ".join(items[:-1]) + (" and " if len(items) > 1 else "") + items[-1]


def field(dice: random.Random, depth: int = 0) -> Field:
    roll = dice.random()
    if roll < 0.18:
        return known_field(dice)
    words = [word(dice) for _ in range(dice.choice([1, 1, 2, 2, 3]))]
    key = identifier(words, dice)
    if roll < 0.52:
        return plain_field(words, key, dice)
    if roll < 0.80:
        return enum_field(words, key, dice)
    if roll < 0.88:
        return flag_field(words, key)
    if roll < 0.95 or depth:
        return list_field(words, key)
    inner = fields(dice, dice.randint(1, 2), depth + 1)

    def tell(dice: random.Random) -> tuple[Value, str]:
        values, said = told(inner, dice)
        return values, f"{words[0]}: {dice.choice(JOINTS).join(said)}"

    return Field(key, object_schema(inner, dice), tell)


def known_field(dice: random.Random) -> Field:
    make = dice.choice(list(KNOWN))
    names, mentions = KNOWN[make]
    words = dice.choice(names).split()
    key = identifier(words, dice)

    def tell(dice: random.Random) -> tuple[Value, str]:
        value = make(dice)
        shown = str(value)
        return value, dice.choice(mentions).format(shown) if dice.random() < 0.5 else mention("named", words, key, shown, dice)

    return Field(key, {"type": {integer: "integer", amount: "number"}.get(make, "string")}, tell)


def plain_field(words: list[str], key: str, dice: random.Random) -> Field:
    kind = dice.choice(["string", "string", "string", "integer", "number"])

    def tell(dice: random.Random) -> tuple[Value, str]:
        value = {"string": text, "integer": integer, "number": amount}[kind](dice)
        counted = kind == "integer" and dice.random() < 0.4
        return value, mention("counted" if counted else "named", words, key, str(value), dice)

    return Field(key, {"type": kind}, tell)


def enum_field(words: list[str], key: str, dice: random.Random) -> Field:
    joint = dice.choice(["_", "_", " ", "-"])
    options = enum_options(joint, dice)

    def tell(dice: random.Random) -> tuple[Value, str]:
        value = dice.choice(options)
        heard = str(value) if isinstance(value, int) or dice.random() < 0.5 else value.replace(joint, " ")
        named = isinstance(value, int) or dice.random() < 0.5
        return value, mention("named" if named else "chosen", words, key, heard, dice)

    kind = "integer" if isinstance(options[0], int) else "string"
    return Field(key, {"enum": options} if dice.random() < 0.2 else {"type": kind, "enum": options}, tell)


def enum_options(joint: str, dice: random.Random) -> list:
    if dice.random() < 0.08:
        return sorted(dice.sample(range(1, 30), dice.randint(2, 4)))
    shape = dice.random()
    if shape < 0.08:
        return list({"".join(dice.choice(CAPITALS) for _ in range(dice.randint(2, 4))): None for _ in range(dice.randint(2, 5))})
    names = [joint.join(word(dice) for _ in range(dice.choice([1, 1, 1, 2]))) for _ in range(dice.randint(2, 5))]
    return list(dict.fromkeys(name.capitalize() if shape < 0.2 else name for name in names))


def flag_field(words: list[str], key: str) -> Field:
    def tell(dice: random.Random) -> tuple[Value, str]:
        value = dice.random() < 0.5
        return value, mention("flag", words, key, dice.choice(["yes", "true", "true", "on"] if value else ["no", "false", "false", "off"]), dice)

    return Field(key, {"type": "boolean"}, tell)


def list_field(words: list[str], key: str) -> Field:
    def tell(dice: random.Random) -> tuple[Value, str]:
        items = [phrase(dice) if dice.random() < 0.6 else text(dice) for _ in range(dice.randint(1, 3))]
        name, verb = " ".join(words), dice.choice(["are", "are", "were", "include", "should be"])
        said = mention("named", words, key, listed(items), dice) if dice.random() < 0.6 else f"{dice.choice(['the ', 'my ', 'our ', ''])}{name} {verb} {listed(items)}"
        return items, said

    return Field(key, {"type": "array", "items": {"type": "string"}}, tell)


def fields(dice: random.Random, count: int, depth: int = 0) -> list[Field]:
    found = [field(dice, depth) for _ in range(count)]
    return list({f.key: f for f in found}.values())


def object_schema(members: list[Field], dice: random.Random) -> dict[str, object]:
    schema: dict[str, object] = {"type": "object", "properties": {f.key: described(f, dice) for f in members}}
    if dice.random() < 0.65:
        schema["required"] = [f.key for f in members]
    if dice.random() < 0.5:
        schema["additionalProperties"] = False
    return schema


def described(member: Field, dice: random.Random) -> dict[str, object]:
    return {**member.schema, "description": f"The {' '.join(member.key.split('_'))}"} if dice.random() < 0.08 else member.schema


def told(members: list[Field], dice: random.Random) -> tuple[dict[str, Value], list[str]]:
    """Fresh values of the fields, and what a message says of them, in any order."""
    values, said = {}, []
    for member in members:
        values[member.key], words = member.tell(dice)
        said.append(words)
    return values, dice.sample(said, len(said))
