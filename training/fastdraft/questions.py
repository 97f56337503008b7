"""Questions in frames, and which questions must be left out."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

MATERIAL = json.loads((Path(__file__).parent / "questions.json").read_text())
WORDS = 8


def framed_question(random: random.Random) -> str:
    """A frame, each of its slots filled anew."""
    chosen: dict[str, str] = {}

    def fill(slot: re.Match) -> str:
        return chosen.setdefault(slot[1], random.choice(MATERIAL[slot[1]]))

    return re.sub(r"\{(\w+)\}", fill, random.choice(MATERIAL["frames"]))


def runs_of_words(text: str) -> set[str]:
    words = re.findall(r"[^\W_]+", text.lower())
    return {" ".join(words[i : i + WORDS]) for i in range(len(words) - WORDS + 1)}


def excluding(files: list[Path]):
    """Tells whether a text shares eight words in a row with a line of `files`."""
    known = {run for file in files for line in file.read_text().splitlines() for run in runs_of_words(text_of(line))}
    return lambda text: not known.isdisjoint(runs_of_words(text))


def text_of(line: str) -> str:
    """All strings of a JSON line, escapes resolved."""
    strings = lambda value: (
        [value] if isinstance(value, str)
        else [s for v in (value.values() if isinstance(value, dict) else value) for s in strings(v)]
        if isinstance(value, (dict, list)) else []
    )  # fmt: skip
    return "\n".join(strings(json.loads(line)))
