"""Tasks a prompt may set besides chat: fill a JSON schema, call a tool, sort a message, repeat a text.

Names of fields, tools and labels are put together at random, so that the model can only read them from its prompt.
`card.md` describes the prompts' form.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass

from desk import HERE, Topic, fill, invented, message, noisy, slot

Messages = list[dict[str, str]]
NOUNS = (HERE / "vocabulary.txt").read_text().split()
VERBS = (HERE / "verbs.txt").read_text().split()
CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SCHEMA_LINE = "Answer only with JSON that matches this schema:"
TOOLS_LINES = 'You can call these tools. To call one, answer only with <tool_call>{"name":…,"arguments":{…}}</tool_call>.'
LABELS_LINE = "Answer only with one of these labels:"


def turn(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def word(dice: random.Random) -> str:
    roll = dice.random()
    if roll < 0.45:
        return dice.choice(NOUNS)
    return grafted(dice) if roll < 0.75 else invented(dice) if roll < 0.92 else scramble(dice)


def grafted(dice: random.Random) -> str:
    """The beginning of one word and the end of another: spelled like English, and nobody has seen it before."""
    first, last = dice.choice(NOUNS), dice.choice(NOUNS)
    return first[: dice.randint(2, max(2, len(first) - 1))] + last[dice.randint(1, max(1, len(last) - 2)) :]


def identifier(words: list[str], dice: random.Random) -> str:
    """snake_case mostly, camelCase or kebab-case at times."""
    roll = dice.random()
    if roll < 0.7:
        return "_".join(words)
    return words[0] + "".join(w.capitalize() for w in words[1:]) if roll < 0.92 else "-".join(words)


def spoken(words: list[str], key: str, dice: random.Random) -> str:
    """How a person writes the name of a field."""
    return key if dice.random() < 0.25 else " ".join(words)


# Values ---------------------------------------------------------------------------------------------------------


def person(dice: random.Random) -> str:
    made_up = lambda: dice.choice([invented, grafted])(dice).capitalize()
    first = made_up() if dice.random() < 0.7 else slot("name", dice)
    return first if dice.random() < 0.5 else f"{first} {made_up()}"


def code(dice: random.Random) -> str:
    letters = "".join(dice.choice(CAPITALS) for _ in range(dice.randint(0, 3)))
    digits = "".join(dice.choice("0123456789") for _ in range(dice.randint(2, 7)))
    joint = dice.choice(["", "", "-", " ", "/"] if letters else [""])
    return letters + joint + digits + (dice.choice("-:./") + str(dice.randint(0, 99)) if dice.random() < 0.2 else "")


def phrase(dice: random.Random) -> str:
    return " ".join(word(dice) for _ in range(dice.choice([1, 1, 2, 2, 3])))


def date(dice: random.Random) -> str:
    return f"20{dice.randint(10, 39)}-{dice.randint(1, 12):02d}-{dice.randint(1, 28):02d}"


def email(dice: random.Random) -> str:
    return slot("email", dice)


def scramble(dice: random.Random) -> str:
    return "".join(dice.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(dice.randint(3, 9)))


STRINGS = [person, person, code, code, phrase, phrase, date, email, scramble, lambda dice: slot("place", dice)]


def text(dice: random.Random) -> str:
    return dice.choice(STRINGS)(dice)


def integer(dice: random.Random) -> int:
    return dice.randint(0, 10 ** dice.randint(1, 5))


def amount(dice: random.Random) -> float:
    return round(dice.uniform(0, 10 ** dice.randint(1, 4)), dice.choice([1, 2]))


# Fields ---------------------------------------------------------------------------------------------------------


@dataclass
class Field:
    """One property: its schema, its value, and the words in which a message gives the value."""

    key: str
    schema: dict[str, object]
    value: object
    said: str


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
NAMED = ["the {k} is {v}", "{k}: {v}", "{k} = {v}", "{k} {v}", "set {k} to {v}", "with {k} {v}", "{v} as {k}", "my {k} is {v}"]
NAMED += ["the {k} should be {v}", "{v} is the {k}", "use {v} for the {k}", "{k} is {v}", "for {k} take {v}", "I chose {v} as the {k}"]


def named(words: list[str], key: str, value: str, dice: random.Random) -> str:
    return dice.choice(NAMED).replace("{k}", spoken(words, key, dice)).replace("{v}", value)


def field(dice: random.Random, depth: int = 0) -> Field:
    roll = dice.random()
    if roll < 0.22:
        return known_field(dice)
    words = [word(dice) for _ in range(dice.choice([1, 1, 2, 2, 3]))]
    key = identifier(words, dice)
    if roll < 0.52:
        return plain_field(words, key, dice)
    if roll < 0.80:
        return enum_field(words, key, dice)
    if roll < 0.88:
        value = dice.random() < 0.5
        yes = dice.choice(["yes", "true", "on"] if value else ["no", "false", "off"])
        return Field(key, {"type": "boolean"}, value, named(words, key, yes, dice))
    if roll < 0.94 or depth:
        items = [phrase(dice) if dice.random() < 0.6 else text(dice) for _ in range(dice.randint(1, 3))]
        said = named(words, key, ", ".join(items[:-1]) + (" and " if len(items) > 1 else "") + items[-1], dice)
        return Field(key, {"type": "array", "items": {"type": "string"}}, items, said)
    inner = fields(dice, dice.randint(1, 2), depth + 1)
    return Field(key, object_schema(inner, dice), {f.key: f.value for f in inner}, f"{words[0]}: {joined(inner, dice)}")


def known_field(dice: random.Random) -> Field:
    make = dice.choice(list(KNOWN))
    names, mentions = KNOWN[make]
    words = dice.choice(names).split()
    key, value = identifier(words, dice), make(dice)
    kind = {integer: "integer", amount: "number"}.get(make, "string")
    shown = str(value)
    said = dice.choice(mentions).format(shown) if dice.random() < 0.6 else named(words, key, shown, dice)
    return Field(key, {"type": kind}, value, said)


def plain_field(words: list[str], key: str, dice: random.Random) -> Field:
    kind = dice.choice(["string", "string", "string", "integer", "number"])
    value = {"string": text, "integer": integer, "number": amount}[kind](dice)
    return Field(key, {"type": kind}, value, named(words, key, str(value), dice))


def enum_field(words: list[str], key: str, dice: random.Random) -> Field:
    if dice.random() < 0.12:
        options: list = sorted(dice.sample(range(1, 30), dice.randint(2, 4)))
        value = dice.choice(options)
        return Field(key, {"type": "integer", "enum": options}, value, named(words, key, str(value), dice))
    names = [[word(dice) for _ in range(dice.choice([1, 1, 1, 2]))] for _ in range(dice.randint(2, 5))]
    joint = dice.choice(["_", "_", " ", "-"])
    options = list(dict.fromkeys(joint.join(name) for name in names))
    value = dice.choice(options)
    heard = value if dice.random() < 0.5 else value.replace(joint, " ")
    said = named(words, key, heard, dice) if dice.random() < 0.5 else dice.choice(["{}", "{} please", "it is {}", "I want {}", "make it {}"]).format(heard)
    schema = {"enum": options} if dice.random() < 0.3 else {"type": "string", "enum": options}
    return Field(key, schema, value, said)


def fields(dice: random.Random, count: int, depth: int = 0) -> list[Field]:
    found = [field(dice, depth) for _ in range(count)]
    return list({f.key: f for f in found}.values())


def object_schema(members: list[Field], dice: random.Random) -> dict[str, object]:
    schema: dict[str, object] = {"type": "object", "properties": {f.key: described(f, dice) for f in members}}
    if dice.random() < 0.5:
        schema["required"] = [f.key for f in members]
    if dice.random() < 0.4:
        schema["additionalProperties"] = False
    return schema


def described(member: Field, dice: random.Random) -> dict[str, object]:
    return {**member.schema, "description": f"The {' '.join(member.key.split('_'))}"} if dice.random() < 0.08 else member.schema


def joined(members: list[Field], dice: random.Random) -> str:
    return dice.choice([", ", ", ", ". ", " and ", "; ", "\n"]).join(f.said for f in members)


OPENERS = ["", "", "", "Hi, ", "Hello, ", "please note: ", "here it is: ", "Good morning. ", "Details: ", "so, "]
CLOSERS = ["", "", "", "", " Thanks!", " thank you", " Please hurry.", " That is all.", " Bye"]


def told(members: list[Field], dice: random.Random) -> str:
    """The message: what it says of the fields, in any order, among other words."""
    body = dice.choice(OPENERS) + joined(dice.sample(members, len(members)), dice)
    if dice.random() < 0.4:
        body = body[0].upper() + body[1:]
    closer = dice.choice(CLOSERS)
    return body + (dice.choice([".", ".", "!", ","]) if closer else dice.choice(["", ".", "!"])) + closer


def placed(task: str, said: str, dice: random.Random) -> Messages:
    return [turn("system", task), turn("user", said)] if dice.random() < 0.75 else [turn("user", f"{task}\n\n{said}")]


PREFACES = ["", "", "You are a helpful assistant.\n", "Extract the data.\n", "You work at a support desk.\n", "Read the message.\n"]


def extraction(dice: random.Random) -> Messages:
    """A JSON schema in the prompt, a message, and the JSON that fills it."""
    members = fields(dice, dice.choice([1, 1, 2, 2, 3, 4]))
    task = f"{dice.choice(PREFACES)}{SCHEMA_LINE}\n{compact(object_schema(members, dice))}"
    return [*placed(task, told(members, dice), dice), turn("assistant", compact({f.key: f.value for f in members}))]


# Tools ----------------------------------------------------------------------------------------------------------

ASKS = ["please {}", "can you {}?", "I want you to {}", "{}", "{}", "could you {} for me", "I need you to {}", "time to {}", "{} now"]
NO_TOOL = "I have no tool for that."


def tool(dice: random.Random) -> tuple[dict[str, object], str, list[Field]]:
    """A tool, what a person says who wants it, and its parameters."""
    verb, noun = dice.choice(VERBS), [word(dice) for _ in range(dice.choice([1, 1, 2]))]
    members = fields(dice, dice.choice([0, 1, 1, 2, 2, 3]), 1)
    wish = f"{verb} {dice.choice(['the', 'a', 'my', 'this'])} {' '.join(noun)}"
    shape = {"name": identifier([verb, *noun], dice)}
    if dice.random() < 0.6:
        shape["description"] = f"{verb.capitalize()} {dice.choice(['a', 'the'])} {' '.join(noun)}{dice.choice(['', '.'])}"
    return {**shape, "parameters": object_schema(members, dice)}, wish, members


def tool_call(dice: random.Random, chat: Messages) -> Messages:
    """Tools in the system prompt; the answer calls one, or is words: those of `chat`, or that no tool fits."""
    offers = [tool(dice) for _ in range(dice.choice([1, 1, 2, 2, 3]))]
    chosen, wish, members = dice.choice(offers)
    system = turn("system", "\n".join([dice.choice(PREFACES) + TOOLS_LINES, *(compact(offer[0]) for offer in offers)]))
    roll = dice.random()
    if roll < 0.12:
        return [system, *chat]
    if roll < 0.22:
        _, wish, members = tool(dice)
    ask = dice.choice(ASKS).format(wish)
    said = ask if not members else dice.choice(["{a}, {m}", "{a}. {m}", "{a}: {m}", "{m}. {a}", "{a} with {m}"]).format(a=ask, m=joined(members, dice))
    if roll < 0.22:
        return [system, turn("user", said), turn("assistant", NO_TOOL)]
    call = compact({"name": chosen["name"], "arguments": {f.key: f.value for f in members}})
    return [system, turn("user", said), turn("assistant", f"<tool_call>{call}</tool_call>")]


# Sorting and repeating ------------------------------------------------------------------------------------------


def label(topic: Topic, dice: random.Random) -> str:
    """A name for a topic: its own, or one of the noun phrases by which customers call it."""
    phrases = [template for kind, template in topic.messages if kind == "topic"]
    name = fill(dice.choice(phrases), dice) if phrases and dice.random() < 0.6 else topic.name
    return dice.choice(["_", "_", " ", "-"]).join(name.lower().replace("?", "").replace("_", " ").split())


def sorting(topic: Topic, others: list[Topic], dice: random.Random, held_out: bool = False) -> Messages:
    """One of the labels of the prompt, by their names or by what the prompt says of them; as JSON or as it is."""
    offered = [topic, *dice.sample([o for o in others if o is not topic], dice.randint(1, 6))]
    dice.shuffle(offered)
    names = {o.name: label(o, dice) for o in offered}
    explained = dice.random() < 0.3
    if explained:
        names = {o.name: word(dice) for o in offered} if dice.random() < 0.6 else names
    if len(set(names.values())) < len(names):
        return sorting(topic, others, dice, held_out)
    said, answer = message(topic, dice, held_out), names[topic.name]
    about = "".join(f"\n{names[o.name]}: {label(o, dice).replace('_', ' ')}" for o in offered)
    if dice.random() < 0.5:
        key = dice.choice(["queue", "queue", "category", "label", "topic", "team", word(dice)])
        schema = {"type": "object", "properties": {key: {"type": "string", "enum": list(names.values())}}, "required": [key]}
        hint = f"The queues:{about}\n" if explained else dice.choice(["", "Triage this support message.\n", "Sort the message.\n"])
        return [*placed(f"{hint}{SCHEMA_LINE}\n{compact(schema)}", said, dice), turn("assistant", compact({key: answer}))]
    listing = about if explained else " " + ", ".join(names.values())
    return [*placed(LABELS_LINE + listing, said, dice), turn("assistant", answer)]


REPEATS = ["Repeat: {}", "Say exactly this: {}", 'Write "{}" once more.', "Copy this text: {}", "repeat after me: {}", 'say "{}"', "Say {}"]


def repetition(dice: random.Random) -> Messages:
    """Copies text that means nothing: names, numbers and made-up words must come out as they went in."""
    said = " ".join(text(dice) for _ in range(dice.randint(1, 5)))
    return [turn("user", dice.choice(REPEATS).format(said)), turn("assistant", said)]
