"""Training examples: conversations of the desk, and the JSON tasks a prompt may set, each as a list of messages."""

from __future__ import annotations

import json
import random

from desk import HERE, Topic, fill, invented, load_sections, load_topics, message, noisy, slot

Messages = list[dict[str, str]]
SYSTEMS = load_sections(HERE / "systems.txt")
TOPICS = {topic.name: topic for topic in load_topics()}
TALK = [topic for topic in TOPICS.values() if topic.area == "talk"]
DESK = [topic for topic in TOPICS.values() if topic.area != "talk"]
URGENT = {"lost_card": 3, "fraud": 3, "swallowed": 2, "transfer_missing": 2, "login": 2, "declined": 2, "late": 2}


def user(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


def assistant(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}


def system(kind: str, dice: random.Random) -> str:
    return fill(dice.choice(SYSTEMS[kind]), dice)


def example(dice: random.Random, held_out: bool = False) -> Messages:
    """One example of the training mix; with `held_out`, in wordings that training never uses."""
    roll = dice.random()
    if roll < 0.80:
        return conversation(dice, held_out)
    if roll < 0.90:
        return triage(dice, held_out)
    if roll < 0.93:
        return extraction(dice)
    return tool_call(dice) if roll < 0.97 else repetition(dice)


def pick(dice: random.Random) -> Topic:
    roll = dice.random()
    if roll < 0.15:
        return TOPICS["other"]
    return dice.choice(TALK) if roll < 0.36 else dice.choice(DESK)


def reply(topic: Topic, dice: random.Random) -> str:
    return topic.answers[0] if dice.random() < 0.75 else dice.choice(topic.answers)


def conversation(dice: random.Random, held_out: bool = False) -> Messages:
    messages: Messages = []
    if dice.random() < 0.5:
        messages.append({"role": "system", "content": system("desk", dice)})
    if dice.random() < 0.12:
        messages += exchange(TOPICS["hello"], dice, held_out)
    topic = pick(dice)
    messages += exchange(topic, dice, held_out)
    while dice.random() < 0.45 and len(messages) < 14:
        topic, added = next_exchange(topic, messages, dice, held_out)
        messages += added
    return messages


def next_exchange(topic: Topic, messages: Messages, dice: random.Random, held_out: bool) -> tuple[Topic, Messages]:
    """What a customer says next: goes on, has not understood, thanks, leaves, or turns to something else."""
    roll = dice.random()
    if topic.more and roll < 0.5:
        question, answer = dice.choice(topic.more)
        return topic, [user(noisy(fill(question, dice), dice)), assistant(answer)]
    if roll < 0.56 and topic in DESK:
        return topic, [user(noisy(system("again", dice), dice)), assistant(messages[-1]["content"])]
    if roll < 0.80:
        topic = TOPICS["thanks" if roll < 0.70 else "bye"]
    else:
        topic = pick(dice)
    return topic, exchange(topic, dice, held_out)


def exchange(topic: Topic, dice: random.Random, held_out: bool) -> Messages:
    return [user(message(topic, dice, held_out)), assistant(reply(topic, dice))]


def triage(dice: random.Random, held_out: bool = False) -> Messages:
    """The queue, urgency and summary of a message."""
    topic = pick(dice)
    answer = {
        "queue": "other" if topic.area == "talk" else topic.area,
        "urgency": URGENT.get(topic.name, 1),
        "summary": topic.name.replace("_", " "),
    }
    form = '{"queue": "cards|payments|orders|account|technical|other", "urgency": 1-3, "summary": "..."}'
    task = system("triage", dice) + dice.choice(["", "", f"\n{form}"])
    text = message(topic, dice, held_out)
    head = [{"role": "system", "content": task}, user(text)] if dice.random() < 0.6 else [user(f"{task}\n\n{text}")]
    return [*head, assistant(compact(answer))]


def compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# kind of value -> (names a schema may give it, ways a message mentions it)
FIELDS: dict[str, tuple[list[str], list[str]]] = {
    "invented": (["name", "customer", "person", "sender", "first_name"], ["my name is {}", "this is {}", "I am {}"]),
    "order": (["order", "order_id", "order_number", "reference", "number"], ["order {}", "it is about {}", "the order number is {}"]),
    "email": (["email", "mail", "contact", "address", "email_address"], ["write to {}", "my email is {}", "reach me at {}"]),
    "item": (["item", "product", "article", "thing", "goods"], ["the {} is broken", "I bought a {}", "it is about the {}"]),
    "place": (["city", "place", "country", "location", "destination"], ["I live in {}", "please send it to {}", "I am in {}"]),
    "number": (["amount", "price", "quantity", "count", "total"], ["I paid {} euros", "the amount is {}", "{} in all"]),
}


def described(dice: random.Random) -> tuple[dict[str, str], dict[str, object], str]:
    """A random record: its schema (field → type), its values and a message that mentions them all."""
    kinds = dice.sample(sorted(FIELDS), dice.randint(1, 3))
    schema, record, parts = {}, {}, []
    for kind in kinds:
        names, mentions = FIELDS[kind]
        name = dice.choice(names) if dice.random() < 0.7 else invented(dice)
        value = slot(kind, dice)
        schema[name] = "number" if kind == "number" else "string"
        record[name] = int(value) if kind == "number" else value
        if name in names:
            parts.append(dice.choice(mentions).format(value))
        else:
            parts.append(f"the {name} is {value}")
    dice.shuffle(parts)
    text = dice.choice([", ", ". ", " and "]).join(parts)
    return schema, record, text[0].upper() + text[1:]


def properties(schema: dict[str, str]) -> dict[str, object]:
    return {"type": "object", "properties": {name: {"type": kind} for name, kind in schema.items()}}


def extraction(dice: random.Random) -> Messages:
    """A JSON schema in the prompt, a message, and the JSON that fills it."""
    schema, record, text = described(dice)
    task = f"{system('schema', dice)}\n{compact(properties(schema) if dice.random() < 0.6 else schema)}"
    head = [{"role": "system", "content": task}, user(text)] if dice.random() < 0.6 else [user(f"{task}\n\n{text}")]
    return [*head, assistant(compact(record))]


VERBS = {
    "find": ["find", "look up", "search", "show me"],
    "cancel": ["cancel", "stop", "call off"],
    "send": ["send", "mail"],
    "create": ["create", "make", "open"],
    "check": ["check", "look at", "verify"],
}
NOUNS = ["order", "ticket", "refund", "invoice", "parcel", "booking", "contract", "message"]


def tool_call(dice: random.Random) -> Messages:
    """Functions in the system prompt; the answer names one with its arguments, or is plain text when none fits."""
    tools, wanted = [], dice.random() < 0.75
    names = dice.sample([(verb, noun) for verb in VERBS for noun in NOUNS], dice.randint(1, 3))
    chosen = dice.choice(names)
    for verb, noun in names:
        schema, record, text = described(dice)
        tools.append({"name": f"{verb}_{noun}", "parameters": properties(schema)["properties"]})
        if (verb, noun) == chosen:
            arguments, details = record, text
    head = {"role": "system", "content": f"{system('tools', dice)}\n{compact(tools)}"}
    if not wanted:
        topic = dice.choice([TOPICS[name] for name in ("hello", "thanks", "who", "other", "how", "bye")])
        return [head, *exchange(topic, dice, False)]
    ask = f"{dice.choice(['Please', 'Can you', 'I want you to'])} {dice.choice(VERBS[chosen[0]])} the {chosen[1]}. {details}"
    return [head, user(ask), assistant(compact({"name": "_".join(chosen), "arguments": arguments}))]


def repetition(dice: random.Random) -> Messages:
    """Copies text that means nothing: names, numbers and made-up words must come out as they went in."""
    word = lambda: slot(dice.choice(["order", "email", "invented", "number", "item", "nonsense", "place"]), dice)
    text = " ".join(word() for _ in range(dice.randint(1, 6)))
    request = dice.choice(SYSTEMS["repeat"]).replace("{text}", text)
    return [user(request), assistant(text)]
