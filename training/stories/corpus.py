"""Reads the corpus, keeps its better stories, and varies their names, animals and things."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

MATERIAL = json.loads((Path(__file__).parent.parent / "corpus" / "material.json").read_text())
# Each set holds words that may stand for one another: an epoch shows every story with others in their places.
SWAPS: list[list[str]] = [
    MATERIAL["boys"],
    MATERIAL["girls"],
    [h for h in dict.fromkeys(MATERIAL["heroes"]) if h not in ("boy", "girl", "dragon") and h[0] not in "aeiou"],
    [h for h in dict.fromkeys(MATERIAL["heroes"]) if h[0] in "aeiou"],
    [t for t in MATERIAL["toys"] if t[0] not in "aeiou"],
    MATERIAL["homes"],
    MATERIAL["foods"],
    MATERIAL["where"],
]
HELD_OUT = 40


def read_stories(work: Path) -> list[str]:
    """Stories of work/corpus.jsonl, in its order: cut at a full sentence, not repetitive, not among the least likely tenth."""
    lines = [json.loads(line) for line in (work / "corpus.jsonl").read_text().splitlines()]
    floor = sorted(line["logp"] for line in lines if "logp" in line)[len(lines) // 10]
    likely = [line for line in lines if line.get("logp", 0) >= floor]
    texts = [line["text"].strip() if line["finished"] else full_sentences(line["text"]) for line in likely]
    return list(dict.fromkeys(t for t in texts if len(t) > 200 and variety(t) > 0.8 and balanced(t)))


def full_sentences(text: str) -> str:
    """`text` up to the end of its last full sentence."""
    ends = [match.end() for match in re.finditer(r"[.!?][\"”]?(?=\s|$)", text)]
    return text[: ends[-1]].strip() if ends else ""


def variety(text: str) -> float:
    """Distinct word triples over all of them."""
    words = re.findall(r"[a-z']+", text.lower())
    triples = list(zip(words, words[1:], words[2:]))
    return len(set(triples)) / max(1, len(triples))


def balanced(text: str) -> bool:
    return all(part.count('"') % 2 == 0 for part in text.split("\n\n"))


def split(stories: list[str]) -> tuple[list[str], list[str]]:
    """Training and held-out stories: every fortieth is held out."""
    return [s for i, s in enumerate(stories) if i % HELD_OUT], stories[::HELD_OUT]


def vary(text: str, rng: random.Random) -> str:
    """The same story with other names, animals and things: every set of SWAPS is permuted within the text."""
    table: dict[str, str] = {}
    for words in SWAPS:
        found = [w for w in words if re.search(rf"\b{re.escape(w)}\b", text)]
        table.update(zip(found, rng.sample(words, len(found))))
    if not table:
        return text
    pattern = "|".join(rf"\b{re.escape(w)}\b" for w in sorted(table, key=len, reverse=True))
    return re.sub(pattern, lambda match: table[match[0]], text)


def pack(stories: list[list[int]], end: int, length: int) -> list[list[int]]:
    """Rows of at most `length` tokens: whole stories, each followed by the end token, padded with −1."""
    rows: list[list[int]] = []
    for story in stories:
        ids = [*story, end][: length]
        if rows and len(rows[-1]) + len(ids) <= length:
            rows[-1] += ids
        else:
            rows.append(ids)
    return [row + [-1] * (length - len(row)) for row in rows]
