"""All that a run needs to go on as if it had never stopped."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import jax
import numpy as np

from .model import Tree

FILE = "checkpoint.npz"


@dataclass
class Figures:
    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    # Before anything was learned: a later one is held against it.
    first_loss: float = 0.0
    # Validation loss at the beginning, and the lowest since; None without validation data.
    before: float | None = None
    best: float | None = None
    epochs_without_better: int = 0


@dataclass
class State:
    adapter: Tree
    best_adapter: Tree
    # What AdamW remembers.
    first: Tree
    second: Tree
    figures: Figures = field(default_factory=Figures)


TREES = [each.name for each in fields(State) if each.name != "figures"]


def fresh(adapter: Tree) -> State:
    zeros = jax.tree.map(np.zeros_like, adapter)
    return State(adapter, adapter, zeros, zeros)


def save(folder: Path, run: str, state: State) -> None:
    """Written beside the old one, then put in its place: a kill in between loses nothing. @param run what it belongs to"""
    arrays: dict[str, Any] = {"figures": np.array(json.dumps({"run": run, **asdict(state.figures)}))}
    for tree in TREES:
        for name, pair in getattr(state, tree).items():
            arrays |= {f"{tree}.{name}.{part}": np.asarray(value) for part, value in pair.items()}
    with (folder / f"{FILE}.new").open("wb") as file:
        np.savez(file, **arrays)
    (folder / f"{FILE}.new").replace(folder / FILE)


def load(folder: Path, run: str, like: State) -> State | None:
    """None where there is none, or a damaged one, or one of another run."""
    try:
        with np.load(folder / FILE) as file:
            figures = json.loads(str(file["figures"]))
            if figures.pop("run") != run:
                return None
            trees = {tree: {name: {part: file[f"{tree}.{name}.{part}"] for part in pair} for name, pair in getattr(like, tree).items()} for tree in TREES}  # fmt: skip
        return State(**trees, figures=Figures(**figures))
    except (OSError, ValueError, KeyError, EOFError):
        return None  # none yet, or half a file after the power went


def forget(folder: Path) -> None:
    (folder / FILE).unlink(missing_ok=True)
