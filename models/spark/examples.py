"""Training examples: conversations of the desk and the tasks of `tasks.py`, each as a list of messages."""

from __future__ import annotations

import random

from desk import HERE, Topic, fill, load_sections, load_topics, message, noisy
from tasks import Messages, extraction, repetition, sorting, tool_call

SYSTEMS = load_sections(HERE / "systems.txt")
TOPICS = {topic.name: topic for topic in load_topics()}
TALK = [topic for topic in TOPICS.values() if topic.area == "talk"]
DESK = [topic for topic in TOPICS.values() if topic.area != "talk"]
ANSWERS = {answer for t in TOPICS.values() for answer in [*t.answers, *(answer for _, answer in t.more)]}


def user(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


def assistant(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}


def system(kind: str, dice: random.Random) -> str:
    return fill(dice.choice(SYSTEMS[kind]), dice)


def example(dice: random.Random, held_out: bool = False) -> Messages:
    """One example of the training mix; with `held_out`, in wordings that training never uses."""
    roll = dice.random()
    if roll < 0.40:
        return conversation(dice, held_out)
    if roll < 0.54:
        return triage(dice, held_out)
    if roll < 0.74:
        return extraction(dice)
    if roll < 0.93:
        return tool_call(dice, exchange(pick(dice), dice, held_out))
    return repetition(dice)


def triage(dice: random.Random, held_out: bool = False) -> Messages:
    return sorting(pick(dice), list(TOPICS.values()), dice, held_out)


def pick(dice: random.Random) -> Topic:
    roll = dice.random()
    if roll < 0.15:
        return TOPICS["other"]
    return dice.choice(TALK) if roll < 0.36 else dice.choice(DESK)


def reply(topic: Topic, dice: random.Random) -> str:
    return topic.answers[0] if dice.random() < 0.9 else dice.choice(topic.answers)


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
