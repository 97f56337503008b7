"""Trains the byte-level BPE tokenizer of both models: `python tokenizer.py` writes work/tokenizer.json."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers


END = "<|endoftext|>"
VOCABULARY = 4096


def train(texts: list[str]) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    # The split of GPT-2 (GGUF pre-tokenizer "gpt-2").
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[END],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path(__file__).parent.parent / "work")
    work = parser.parse_args().work
    texts = [json.loads(line)["text"] for line in (work / "corpus.jsonl").read_text().splitlines()]
    tokenizer = train(texts)
    tokenizer.save(str(work / "tokenizer.json"))
    ids = [tokenizer.encode(text).ids for text in texts]
    used, total = {i for story in ids for i in story}, sum(map(len, ids))
    print(f"{len(texts)} stories, {total} tokens, {tokenizer.get_vocab_size()} in the vocabulary, {len(used)} used")


if __name__ == "__main__":
    main()
