"""Reads the corpus, keeps its better stories, and gives them a small cast."""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass
from pathlib import Path

# A model of this size and training carries who is who through a story only where there are few to choose from.
HEROES = {"girl": "Lily", "boy": "Tom"}
FRIENDS = {"girl": ("Luna", "owl"), "boy": ("Max", "bear")}
MATERIAL = json.loads((Path(__file__).parent.parent / "corpus" / "material.json").read_text())
THINGS = {values: MATERIAL[values][:3] for values in ("toys", "treasures", "foods", "skills")}
PROMPT = re.compile(r"about an? (?P<trait>\w+) (?P<hero>\w+) named (?P<name>\w+) .*, and about (?P<friend>\w+) the (?P<animal>\w+)\.$")
HELD_OUT = 40


@dataclass(frozen=True)
class Story:
    text: str
    hero: str
    name: str
    friend: str
    animal: str


def read_stories(work: Path) -> list[Story]:
    """Stories of work/corpus.jsonl, in its order: finished, not repetitive, not among the least likely tenth."""
    lines = [json.loads(line) for line in (work / "corpus.jsonl").read_text().splitlines()]
    floor = sorted(line["logp"] for line in lines)[len(lines) // 10]
    stories = []
    for line in lines:
        text, roles = line["text"].strip(), PROMPT.search(line["prompt"])
        if line["finished"] and line["logp"] >= floor and variety(text) > 0.8 and balanced(text) and roles:
            stories.append(Story(text, *(roles[role] for role in ("hero", "name", "friend", "animal"))))
    return stories


def variety(text: str) -> float:
    """Distinct word triples over all of them."""
    words = re.findall(r"[a-z']+", text.lower())
    triples = list(zip(words, words[1:], words[2:]))
    return len(set(triples)) / max(1, len(triples))


def balanced(text: str) -> bool:
    return all(part.count('"') % 2 == 0 for part in text.split("\n\n"))


def split(stories: list[Story]) -> tuple[list[Story], list[Story]]:
    """Training and held-out stories: every fortieth is held out."""
    return [s for i, s in enumerate(stories) if i % HELD_OUT], stories[::HELD_OUT]


def cast(story: Story, rng: random.Random) -> str:
    """The story with the hero and the friend of the small cast, genders kept, and with a few things, drawn anew."""
    gender = lambda name: "girl" if name in MATERIAL["girls"] else "boy"
    friend, animal = FRIENDS[gender(story.friend)]
    if animal == story.hero:
        animal = story.animal
    table = {story.animal: animal, story.animal.capitalize(): animal, story.friend: friend}
    for values, few in THINGS.items():
        table |= {thing: rng.choice(few) for thing in MATERIAL[values] if thing in story.text and thing not in few}
    table[story.name] = HEROES[gender(story.name)]
    pattern = "|".join(rf"\b{re.escape(word)}\b" for word in sorted(table, key=len, reverse=True))
    text = re.sub(pattern, lambda match: table[match[0]], story.text)
    text = re.sub(r"\b([Aa]) (?=owl\b)", r"\1n ", text)
    return re.sub(r"\b([Aa])n (?=bear\b)", r"\1 ", text)


def pack(stories: list[list[int]], end: int, length: int) -> list[list[int]]:
    """Rows of at most `length` tokens: whole stories, each followed by the end token, padded with −1."""
    rows: list[list[int]] = []
    for story in stories:
        ids = [*story, end][:length]
        if rows and len(rows[-1]) + len(ids) <= length:
            rows[-1] += ids
        else:
            rows.append(ids)
    return [row + [-1] * (length - len(row)) for row in rows]
