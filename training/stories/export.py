"""Writes a trained model as GGUF (Q8_0, tokenizer inside): `python export.py stories work/stories.gguf`.

Then reads the file back and prints how far the logits of its dequantized weights are from those of the trained ones.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
from pathlib import Path

import gguf
import numpy as np
import torch
from gguf.quants import dequantize, quantize
from tokenizers import Tokenizer
from torch import Tensor

from corpus import cast, pack, read_stories, split
from model import SHAPES, Llama, load
from tensors import interleave, names, rotary_heads
from tokenizer import END
from train import ROW

def write(model: Llama, tokenizer: Tokenizer, name: str, description: str, path: Path) -> None:
    shape, writer = model.shape, gguf.GGUFWriter(path, "llama")
    writer.add_name(name)
    writer.add_description(description)
    writer.add_license("apache-2.0")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_vocab_size(shape.vocabulary)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_key_length(shape.head_dim)
    writer.add_value_length(shape.head_dim)
    writer.add_rope_dimension_count(shape.head_dim)
    writer.add_rope_freq_base(shape.rope_theta)
    writer.add_layer_norm_rms_eps(shape.norm_epsilon)
    add_tokenizer(writer, tokenizer)
    for theirs, ours in names(shape.layers).items():
        weight = model.get_parameter(ours).detach().numpy()
        if heads := rotary_heads(theirs, shape):
            weight = interleave(weight, heads)
        if weight.ndim == 1:
            writer.add_tensor(theirs, weight)
        else:
            kind = gguf.GGMLQuantizationType.Q8_0
            writer.add_tensor(theirs, quantize(weight, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def add_tokenizer(writer: gguf.GGUFWriter, tokenizer: Tokenizer) -> None:
    bpe = json.loads(tokenizer.to_str())["model"]
    tokens = sorted(bpe["vocab"], key=bpe["vocab"].__getitem__)
    end = tokenizer.token_to_id(END)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([gguf.TokenType.CONTROL if t == END else gguf.TokenType.NORMAL for t in tokens])
    writer.add_token_merges([merge if isinstance(merge, str) else " ".join(merge) for merge in bpe["merges"]])
    writer.add_bos_token_id(end)
    writer.add_eos_token_id(end)
    writer.add_add_bos_token(False)
    writer.add_add_space_prefix(False)


def read(path: Path, like: Llama) -> Llama:
    """A copy of `like` with the file's dequantized weights."""
    model, table = copy.deepcopy(like), names(like.shape.layers)
    with torch.no_grad():
        for tensor in gguf.GGUFReader(path).tensors:
            weight = dequantize(tensor.data, tensor.tensor_type)
            if heads := rotary_heads(tensor.name, like.shape):
                weight = interleave(weight, heads, inverse=True)
            model.get_parameter(table[tensor.name]).copy_(torch.from_numpy(np.array(weight)))
    return model


@torch.no_grad()
def compare(model: Llama, exported: Llama, rows: Tensor) -> str:
    ids, real = rows[:, :-1].clamp(min=0), rows[:, 1:] >= 0
    a, b = (m(ids)[0][real].log_softmax(-1) for m in (model, exported))
    divergence = (a.exp() * (a - b)).sum(-1).mean().item()
    same = (a.argmax(-1) == b.argmax(-1)).float().mean().item()
    return f"KL {divergence:.2e}, top-1 agreement {same:.4f}, largest logit difference {(a - b).abs().max().item():.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=SHAPES)
    parser.add_argument("path", type=Path)
    parser.add_argument("--work", type=Path, default=Path(__file__).parent.parent / "work")
    options = parser.parse_args()
    model, facts = load(options.work / f"{options.name}.pt")
    tokenizer = Tokenizer.from_file(str(options.work / "tokenizer.json"))
    write(model, tokenizer, options.name, "Writes short children's stories.", options.path)
    _, held = split(read_stories(options.work))
    rows = torch.tensor(pack([tokenizer.encode(cast(s, random.Random(1))).ids for s in held], tokenizer.token_to_id(END), ROW))
    print(f"{options.path}: {options.path.stat().st_size} bytes, trained: {facts}")
    print(compare(model, read(options.path, model), rows))


if __name__ == "__main__":
    main()
