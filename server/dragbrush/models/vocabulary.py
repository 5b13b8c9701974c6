"""The tokenizer files of all Stable Diffusion models, made from the vocabulary of CLIP.

Single-file checkpoints have no tokenizer. CLIP's word pieces (github.com/openai/CLIP, MIT licence) lie in
`clip_words`; their order gives the token numbers, by the rule of CLIP's own `simple_tokenizer.py`.
"""

import gzip
import json
from pathlib import Path

_WORDS = Path(__file__).parent / "clip_words" / "bpe_simple_vocab_16e6.txt.gz"
_BEGIN, _END = "<|startoftext|>", "<|endoftext|>"
_TOKENS = 49408
_POSITIONS = 77
_BYTES = 256


def tokenizer_files(*, pads_with_end: bool) -> dict[str, str]:
    """File names of a model folder's `tokenizer` and their text.

    Short texts were filled up with the end of a text for CLIP, and with the token 0 for OpenCLIP.
    """
    letters = _letters()
    tokens = letters + [letter + "</w>" for letter in letters]
    # The first line is a version; the file holds more merges than the model was trained with.
    merges = gzip.decompress(_WORDS.read_bytes()).decode("utf-8").split("\n")[1 : _TOKENS - len(tokens) - 2 + 1]
    tokens += [merge.replace(" ", "") for merge in merges] + [_BEGIN, _END]
    pad = _END if pads_with_end else tokens[0]
    settings = {
        "add_prefix_space": False,
        "bos_token": _BEGIN,
        "do_lower_case": True,
        "eos_token": _END,
        "errors": "replace",
        "model_max_length": _POSITIONS,
        "pad_token": pad,
        "tokenizer_class": "CLIPTokenizer",
        "unk_token": _END,
    }
    return {
        "vocab.json": json.dumps({token: number for number, token in enumerate(tokens)}, ensure_ascii=False),
        "merges.txt": "\n".join(["#version: 0.2", *merges, ""]),
        "tokenizer_config.json": json.dumps(settings, indent=2),
        "special_tokens_map.json": json.dumps(
            {"bos_token": _BEGIN, "eos_token": _END, "pad_token": pad, "unk_token": _END}, indent=2
        ),
    }


def _letters() -> list[str]:
    """A visible letter for every byte, visible bytes first: byte-level pairs as in GPT-2."""
    visible = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    return [chr(byte) for byte in visible] + [chr(_BYTES + index) for index in range(_BYTES - len(visible))]
