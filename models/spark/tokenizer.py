"""The tokenizer: byte-pair merges learned here, applied by the SentencePiece rule that llama.cpp uses.

Pieces never cross a class (letters, one digit, a run of punctuation), so encoding word by word equals encoding the
whole text. A word is cut the same after a space as after a quote, only its first piece may carry the space: that lets
a small model copy a word from a sentence into JSON.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from functools import lru_cache
from pathlib import Path

SPACE = "\u2581"
UNKNOWN, BOS, EOS, START, END = range(5)
CONTROL = ["<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>"]
FIRST_BYTE = len(CONTROL)
FIRST_CHARACTER = FIRST_BYTE + 256

CHARACTERS = SPACE + "".join(chr(c) for c in range(0x21, 0x7F)) + "£€’–"
SEGMENT = re.compile(rf"{SPACE}?[A-Za-z']+|{SPACE}|[0-9]|[^\sA-Za-z'0-9{SPACE}]+|.", re.DOTALL)


def segments(text: str) -> list[str]:
    """Splits text where no piece may cross; spaces become the visible space mark."""
    return SEGMENT.findall(text.replace(" ", SPACE))


def learn(texts: list[str], size: int, spaced_share: float = 0.4) -> list[str]:
    """All pieces in id order: control, bytes, characters, merges of letters and of punctuation, then those with a space.

    A word is cut without the space before it; the space then joins the first piece if the vocabulary has the two
    together. These come last and so merge last: with or without the space, a word is the same pieces.
    """
    counts = Counter(segment for text in texts for segment in segments(text))
    bare: Counter[str] = Counter()
    for segment, count in counts.items():
        bare[segment.removeprefix(SPACE)] += count
    pieces = CONTROL + [f"<0x{byte:02X}>" for byte in range(256)] + list(CHARACTERS)
    spaced = int((size - len(pieces)) * spaced_share)
    pieces += merges({word: count for word, count in bare.items() if word and set(word) <= set(CHARACTERS)}, pieces, size - spaced)
    cut = Tokenizer(pieces)
    first: Counter[str] = Counter()
    for segment, count in counts.items():
        if segment[0] == SPACE and len(segment) > 1:
            first[cut.pieces[cut.encode_segment(segment[1:])[0]]] += count
    return pieces + [SPACE + piece for piece, _ in first.most_common(spaced)]


def merges(counts: dict[str, int], known_pieces: list[str], size: int) -> list[str]:
    """Byte-pair merges, most frequent first, until there are `size` pieces."""
    words = [(list(word), count) for word, count in counts.items()]
    pairs: Counter[tuple[str, str]] = Counter()
    where: dict[tuple[str, str], set[int]] = {}
    for index, (word, count) in enumerate(words):
        for pair in zip(word, word[1:]):
            pairs[pair] += count
            where.setdefault(pair, set()).add(index)
    known, found = set(known_pieces), []
    while len(known) < size:
        best = max(pairs, key=lambda pair: (pairs[pair], pair), default=None)
        if best is None or pairs[best] < 2:
            break
        if "".join(best) not in known:
            found.append("".join(best))
            known.add(found[-1])
        for index in where.pop(best):
            word, count = words[index]
            for pair in zip(word, word[1:]):
                pairs[pair] -= count
            merged = merge(word, best)
            words[index] = (merged, count)
            for pair in zip(merged, merged[1:]):
                pairs[pair] += count
                where.setdefault(pair, set()).add(index)
        del pairs[best]
    return found


def merge(word: list[str], pair: tuple[str, str]) -> list[str]:
    merged, index = [], 0
    while index < len(word):
        if tuple(word[index : index + 2]) == pair:
            merged.append(word[index] + word[index + 1])
            index += 2
        else:
            merged.append(word[index])
            index += 1
    return merged


class Tokenizer:
    """Text to ids and back; ids are positions in `pieces`, a lower id merges first."""

    def __init__(self, pieces: list[str]) -> None:
        self.pieces = pieces
        self.ids = {piece: index for index, piece in enumerate(pieces) if index >= FIRST_CHARACTER}
        self.encode_segment = lru_cache(maxsize=200_000)(self._encode_segment)

    @classmethod
    def load(cls, path: Path) -> Tokenizer:
        return cls(json.loads(path.read_text()))

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(self.pieces, ensure_ascii=False))

    def encode(self, text: str) -> list[int]:
        """Ids of plain text; control pieces spelled out in it are ordinary characters."""
        return [piece for segment in segments(text) for piece in self.encode_segment(segment)]

    def encode_loosely(self, text: str, dice: random.Random, share: float) -> list[int]:
        """Like `encode`, but some words are cut in two at a random place: unseen words then look less unseen."""
        ids: list[int] = []
        for segment in segments(text):
            if len(segment) < 3 or dice.random() > share:
                ids += self.encode_segment(segment)
            else:
                cut = dice.randrange(1, len(segment))
                ids += [*self.encode_segment(segment[:cut]), *self.encode_segment(segment[cut:])]
        return ids

    def _encode_segment(self, segment: str) -> tuple[int, ...]:
        parts = list(segment)
        while len(parts) > 1:
            ranks = [self.ids.get(left + right, 1 << 30) for left, right in zip(parts, parts[1:])]
            best = min(range(len(ranks)), key=ranks.__getitem__)
            if ranks[best] == 1 << 30:
                break
            parts[best : best + 2] = [parts[best] + parts[best + 1]]
        ids: list[int] = []
        for part in parts:
            known = self.ids.get(part)
            ids.extend([known] if known is not None else [FIRST_BYTE + byte for byte in part.encode()])
        return tuple(ids)

    def decode(self, ids: list[int]) -> str:
        raw = b""
        for piece in ids:
            if FIRST_BYTE <= piece < FIRST_CHARACTER:
                raw += bytes([piece - FIRST_BYTE])
            elif piece >= FIRST_CHARACTER:
                raw += self.pieces[piece].encode()
        return raw.decode(errors="replace").replace(SPACE, " ")

    def scores(self) -> list[float]:
        return [-float(index) for index in range(len(self.pieces))]

    def types(self) -> list[int]:
        """llama.cpp token types: 1 normal, 2 unknown, 3 control, 6 byte."""
        byte = range(FIRST_BYTE, FIRST_CHARACTER)
        return [2 if i == UNKNOWN else 3 if i < FIRST_BYTE else 6 if i in byte else 1 for i in range(len(self.pieces))]


def chat(tokenizer: Tokenizer, messages: list[dict[str, str]], answer: bool = True) -> list[int]:
    """ChatML ids of a conversation; with `answer`, up to the point where the assistant speaks."""
    ids = [BOS]
    for message in messages:
        ids += [START, *tokenizer.encode(f"{message['role']}\n{message['content']}"), END, *tokenizer.encode("\n")]
    return ids + ([START, *tokenizer.encode("assistant\n")] if answer else [])
