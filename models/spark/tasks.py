"""Tasks a prompt may set besides chat: fill a JSON schema, call a tool, sort a message, repeat a text.

Names of fields, tools and labels are put together at random, so that the model can only read them from its prompt; most
prompts are asked several things in turn, for reading a prompt is what costs. `card.md` describes the prompts' form.
"""

from __future__ import annotations

import json
import random

from desk import Topic, choose, fill, message
from fields import JOINTS, REQUESTS, Field, fields, object_schema, told
from values import identifier, text, verb, word

Messages = list[dict[str, str]]
SCHEMA_LINE = "Answer only with JSON that matches this schema:"
TOOLS_LINES = 'You can call these tools. To call one, answer only with <tool_call>{"name":…,"arguments":{…}}</tool_call>.'
LABELS_LINE = "Answer only with one of these labels:"


def turn(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def rounds(dice: random.Random) -> range:
    """How many things a prompt is asked in turn."""
    return range(dice.choice([1, 1, 2, 2, 3, 4]))


OPENERS = ["", "", "", "", "Hi, ", "Hello, ", "please note: ", "here it is: ", "Good morning. ", "Details: ", "so, ", "ok ", "Well, ", "Now "]
CLOSERS = ["", "", "", "", " Thanks!", " thank you", " Please hurry.", " That is all.", " Bye", " I think that's it.", " Cheers"]


def written(body: str, dice: random.Random) -> str:
    """The message of a person: what it says, among other words."""
    body = dice.choice(OPENERS) + body
    if dice.random() < 0.5:
        body = body[0].upper() + body[1:]
    closer = dice.choice(CLOSERS)
    return body + (dice.choice([".", ".", "!", ","]) if closer else dice.choice(["", ".", ".", "!"])) + closer


def placed(task: str, said: str, dice: random.Random) -> Messages:
    return [turn("system", task), turn("user", said)] if dice.random() < 0.75 else [turn("user", f"{task}\n\n{said}")]


PREFACES = ["", "", "You are a helpful assistant.\n", "Extract the data.\n", "You work at a support desk.\n", "Read the message.\n"]


def extraction(dice: random.Random) -> Messages:
    """A JSON schema in the prompt, messages, and the JSON that fills it for each."""
    members = fields(dice, dice.choice([1, 1, 2, 2, 3, 4]))
    task = f"{dice.choice(PREFACES)}{SCHEMA_LINE}\n{compact(object_schema(members, dice))}"
    messages: Messages = []
    for _ in rounds(dice):
        values, said = told(members, dice)
        asked = written(dice.choice(JOINTS).join(said), dice)
        messages += placed(task, asked, dice) if not messages else [turn("user", asked)]
        messages.append(turn("assistant", compact(values)))
    return messages


# Tools ----------------------------------------------------------------------------------------------------------

NO_TOOL = "I have no tool for that."
Tool = tuple[dict[str, object], str, list[Field]]


def tool(dice: random.Random) -> Tool:
    """A tool, what a person wants who wants it, and its parameters."""
    does, noun = verb(dice), [word(dice) for _ in range(dice.choice([1, 1, 2]))]
    members = fields(dice, dice.choice([0, 1, 1, 2, 2, 3]), 1)
    shape = {"name": identifier([does, *noun], dice)}
    if dice.random() < 0.7:
        said = choose(dice.choice(REQUESTS["descriptions"]), dice)
        shape["description"] = said.replace("{V}", does.capitalize()).replace("{v}", does).replace("{n}", " ".join(noun))
    return {**shape, "parameters": object_schema(members, dice)}, f"{does} {{}} {' '.join(noun)}", members


def request(wanted: Tool, dice: random.Random) -> tuple[dict[str, object], str]:
    """The arguments of a call, and a message that asks for it."""
    _, wish, members = wanted
    values, said = told(members, dice)
    ask = choose(dice.choice(REQUESTS["asks"]), dice).replace("{}", wish.format(dice.choice(["the", "the", "a", "my", "this", "our", "that", "some"])))
    if members:
        ask = choose(dice.choice(REQUESTS["request"]), dice).replace("{a}", ask).replace("{m}", dice.choice(JOINTS).join(said))
    return values, written(ask, dice)


def tool_call(dice: random.Random, chat: Messages) -> Messages:
    """Tools in the system prompt; an answer calls one, or is words: those of `chat`, or that no tool fits."""
    offers = [tool(dice) for _ in range(dice.choice([1, 1, 2, 2, 3, 3, 4]))]
    messages = [turn("system", "\n".join([dice.choice(PREFACES) + TOOLS_LINES, *(compact(offer[0]) for offer in offers)]))]
    for _ in rounds(dice):
        roll = dice.random()
        if roll < 0.1:
            messages += chat
        elif roll < 0.2:
            messages += [turn("user", request(tool(dice), dice)[1]), turn("assistant", NO_TOOL)]
        else:
            wanted = dice.choice(offers)
            values, said = request(wanted, dice)
            call = compact({"name": wanted[0]["name"], "arguments": values})
            messages += [turn("user", said), turn("assistant", f"<tool_call>{call}</tool_call>")]
    return messages


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
    about = "".join(f"\n{names[o.name]}: {label(o, dice).replace('_', ' ')}" for o in offered)
    key = dice.choice(["queue", "queue", "category", "label", "topic", "team", word(dice)]) if dice.random() < 0.5 else None
    if key:
        schema = {"type": "object", "properties": {key: {"type": "string", "enum": list(names.values())}}, "required": [key]}
        hint = f"The queues:{about}\n" if explained else dice.choice(["", "Triage this support message.\n", "Sort the message.\n"])
        task = f"{hint}{SCHEMA_LINE}\n{compact(schema)}"
    else:
        task = LABELS_LINE + (about if explained else " " + ", ".join(names.values()))
    messages: Messages = []
    for one in [topic, *(dice.choice(offered) for _ in rounds(dice)[1:])]:
        said, answer = message(one, dice, held_out), names[one.name]
        messages += placed(task, said, dice) if not messages else [turn("user", said)]
        messages.append(turn("assistant", compact({key: answer}) if key else answer))
    return messages


REPEATS = ["Repeat: {}", "Say exactly this: {}", 'Write "{}" once more.', "Copy this text: {}", "repeat after me: {}", 'say "{}"', "Say {}"]


def repetition(dice: random.Random) -> Messages:
    """Copies text that means nothing: names, numbers and made-up words must come out as they went in."""
    said = " ".join(text(dice) for _ in range(dice.randint(1, 5)))
    return [turn("user", dice.choice(REPEATS).format(said)), turn("assistant", said)]
