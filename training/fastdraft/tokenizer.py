"""The target's tokenizer and chat template, from its GGUF file."""

from __future__ import annotations

import gguf
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

CONTROL = gguf.TokenType.CONTROL
END = "<|im_end|>"
SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
BEFORE_QUESTION = f"<|im_start|>system\n{SYSTEM}{END}\n<|im_start|>user\n"
AFTER_QUESTION = f"{END}\n<|im_start|>assistant\n"


def tokenizer_of(target: gguf.GGUFReader) -> Tokenizer:
    """Byte-level BPE, digits one by one (GGUF pre-tokenizer "smollm")."""
    values = lambda name: target.fields[f"tokenizer.ggml.{name}"].contents()
    if values("pre") != "smollm":
        raise SystemExit(f"the pre-tokenizer is {values('pre')}; this recipe is for SmolLM2's, smollm")
    tokens, merges = values("tokens"), [tuple(m.split(" ")) for m in values("merges")]
    tokenizer = Tokenizer(models.BPE(vocab={t: i for i, t in enumerate(tokens)}, merges=merges))
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), byte_level])
    tokenizer.decoder = decoders.ByteLevel()
    special = [t for t, kind in zip(tokens, values("token_type")) if kind == CONTROL]
    tokenizer.add_special_tokens([AddedToken(t, normalized=False, special=True) for t in special])
    return tokenizer
