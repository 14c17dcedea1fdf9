"""Schemas and tools for measuring, from `unseen.txt`: no name, enum value or mention of it occurs in training."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from desk import HERE, load_sections
from fields import KNOWN
from tasks import LABELS_LINE, SCHEMA_LINE, TOOLS_LINES, Messages, compact, turn
from values import NOUNS, VERBS


@dataclass(frozen=True)
class Property:
    name: str
    kind: str
    values: list[str]
    mentions: list[str]

    def schema(self) -> dict[str, object]:
        if self.kind == "enum":
            return {"type": "string", "enum": self.values}
        return {"type": "array", "items": {"type": "string"}} if self.kind == "array" else {"type": self.kind}

    def parsed(self, value: str) -> object:
        if self.kind in ("integer", "number", "boolean"):
            return {"integer": int, "number": float, "boolean": lambda v: v == "true"}[self.kind](value)
        return re.split(r", | and ", value) if self.kind == "array" else value


SECTIONS = load_sections(HERE / "unseen.txt")
PROPERTIES = {}
for line in SECTIONS["fields"]:
    name, kind, values, mentions = (part.strip() for part in line.split("|"))
    PROPERTIES[name] = Property(name, kind, values.split("; "), mentions.split("; "))
TOOLS = [tuple(part.strip() for part in line.split(";")) for line in SECTIONS["tools"]]


def overlap() -> set[str]:
    """Names and enum values here that a training generator could make: must be empty."""
    trained = {*NOUNS, *(name.replace(" ", "_") for names, _ in KNOWN.values() for name in names)}
    here = {*PROPERTIES, *(value for p in PROPERTIES.values() if p.kind == "enum" for value in p.values)}
    return (here & trained) | ({title.split()[0] for title, *_ in TOOLS} & set(VERBS))


def members(dice: random.Random, names: list[str] | None = None) -> tuple[dict, dict, list[str]]:
    """Properties of a schema, the record and one mention of each value."""
    chosen = [PROPERTIES[name] for name in names] if names else dice.sample(list(PROPERTIES.values()), dice.randint(1, 4))
    record, said = {}, []
    for one in chosen:
        value = dice.choice(one.values)
        record[one.name] = one.parsed(value)
        said.append(dice.choice(one.mentions).format(value))
    return {one.name: one.schema() for one in chosen}, record, said


def schema_of(properties: dict[str, object]) -> dict[str, object]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def filling(dice: random.Random, names: list[str] | None = None) -> Messages:
    properties, record, said = members(dice, names)
    dice.shuffle(said)
    text = dice.choice([", ", ". ", "; "]).join(said)
    task = f"{SCHEMA_LINE}\n{compact(schema_of(properties))}"
    return [turn("system", task), turn("user", text[0].upper() + text[1:] + "."), turn("assistant", compact(record))]


def offer(title: str, parameters: list[str], dice: random.Random) -> tuple[dict, dict, list[str]]:
    properties, record, said = members(dice, parameters)
    described = {"name": title.replace(" ", "_"), "description": title.capitalize(), "parameters": schema_of(properties)}
    return described, {"name": described["name"], "arguments": record}, said


def calling(dice: random.Random, fits: bool = True) -> Messages:
    """One to three tools and a request for one of them, or, when none `fits`, for one that is not offered."""
    titles = dice.sample(TOOLS, dice.randint(2, 4))
    offers = [(title, *offer(title, parameters, dice)) for title, *parameters in titles]
    title, _, call, said = offers[0]
    shown = offers[:] if fits else offers[1:]
    dice.shuffle(shown)
    verb, noun = title.split(" ", 1)
    ask = dice.choice(SECTIONS["asks"]).format(verb=verb, noun=noun)
    wanted = f"<tool_call>{compact(call)}</tool_call>" if fits else "I have no tool for that."
    system = "\n".join([TOOLS_LINES, *(compact(described) for _, described, _, _ in shown)])
    return [turn("system", system), turn("user", f"{ask}: {', '.join(said)}."), turn("assistant", wanted)]


def choosing(text: str, labels: list[str]) -> Messages:
    return [turn("system", f"{LABELS_LINE} {', '.join(labels)}"), turn("user", text)]
