"""Writes a tiny language model with eyes, of random weights, as two files that llama-server loads.

    python scripts/make_random_model.py FOLDER

Needs the package gguf, which `scripts/foreign-server` installs into an environment that it throws
away. What the model says means nothing. It is the same each time for the same request, changes
with every word and every picture, and consists of letters that stop some time: how often each
comes is not random.
"""

import importlib
import sys
from pathlib import Path
from typing import Any

import numpy as np

# Not imported by name: where inkchat is checked and tested it is not installed.
gguf: Any = importlib.import_module("gguf")

SEED = 20
CONTEXT_TOKENS = 8192
"""inkchat's own prompt is 2,100 of them, one for each character."""

WIDTH, HEADS, LAYERS, INNER_WIDTH = 64, 4, 2, 128
EYE_WIDTH, EYE_HEADS, EYE_LAYERS, EYE_INNER_WIDTH = 32, 4, 2, 64
PICTURE_PX, PATCH_PX = 56, 14
PICTURE_TOKENS = (PICTURE_PX // PATCH_PX) ** 2

CONSTANT = 8.0
"""The first component of every state, which carries how often a letter comes."""
NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6
BLANK = "\N{LOWER ONE EIGHTH BLOCK}"
TEMPLATE = (
    "{% for message in messages %}[{{ message['role'] }}] {{ message['content'] }}\n"
    "{% endfor %}{% if add_generation_prompt %}[assistant] {% endif %}"
)

OFTEN = dict(zip("etaoinshrdlu", (12, 9, 8, 7.5, 7, 7, 6, 6, 6, 4, 4, 3), strict=True))
"""In hundredths; other letters are less frequent, other signs rare."""
OFTEN_BLANK, OFTEN_QUOTE, OFTEN_END, OFTEN_LETTER, OFTEN_SIGN = 16.0, 1.5, 4.0, 1.0, 0.02
OFTEN_NEVER = 1e-6

Tensors = dict[str, np.ndarray[Any, np.dtype[np.float32]]]


def list_tokens() -> list[tuple[str, int, float]]:
    """Each token's text, kind and frequency: one for every printable sign, one for every byte."""
    tokens = [("<unk>", UNKNOWN, OFTEN_NEVER), ("<s>", CONTROL, OFTEN_NEVER)]
    tokens += [("</s>", CONTROL, OFTEN_END)]
    tokens += [(f"<0x{byte:02X}>", BYTE, OFTEN_NEVER) for byte in range(256)]
    tokens += [(BLANK, NORMAL, OFTEN_BLANK)]
    for code in range(ord("!"), ord("~") + 1):
        sign = chr(code)
        usual = OFTEN_LETTER if sign.islower() else OFTEN_SIGN
        tokens.append((sign, NORMAL, OFTEN_QUOTE if sign == '"' else OFTEN.get(sign, usual)))
    return tokens


def draw_weights(
    chance: np.random.Generator, *shape: int, spread: float
) -> np.ndarray[Any, np.dtype[np.float32]]:
    return chance.normal(0.0, spread, shape).astype(np.float32)


def draw_layer(chance: np.random.Generator) -> Tensors:
    """Leaves the first component of the state alone."""
    spread = WIDTH**-0.5
    ones = np.ones(WIDTH, np.float32)
    tensors = {"attn_norm.weight": ones, "ffn_norm.weight": ones}
    for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
        tensors[f"{name}.weight"] = draw_weights(chance, WIDTH, WIDTH, spread=2 * spread)
    for name in ("ffn_gate", "ffn_up"):
        tensors[f"{name}.weight"] = draw_weights(chance, INNER_WIDTH, WIDTH, spread=spread)
    tensors["ffn_down.weight"] = draw_weights(chance, WIDTH, INNER_WIDTH, spread=spread)
    for name in ("attn_output", "ffn_down"):
        tensors[f"{name}.weight"][0] = 0.0
    return tensors


def write_language_model(path: Path, chance: np.random.Generator) -> None:
    tokens = list_tokens()
    seen = draw_weights(chance, len(tokens), WIDTH, spread=1.0)
    seen[:, 0] = CONSTANT
    said = draw_weights(chance, len(tokens), WIDTH, spread=0.06)
    said[:, 0] = 0.0
    norm = np.ones(WIDTH, np.float32)
    # The size of a state is about 11: this makes the first component 1 after the last norm.
    norm[0] = 11.0 / WIDTH**0.5 / CONSTANT
    said[:, 0] = np.log([often / 100 for _, _, often in tokens])
    tensors = {"token_embd.weight": seen, "output.weight": said, "output_norm.weight": norm}
    for number in range(LAYERS):
        for name, tensor in draw_layer(chance).items():
            tensors[f"blk.{number}.{name}"] = tensor
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("random")
    writer.add_context_length(CONTEXT_TOKENS)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER_WIDTH)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(tokens))
    add_tokens(writer, tokens)
    write(writer, tensors)


def add_tokens(writer: Any, tokens: list[tuple[str, int, float]]) -> None:
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list([text for text, _, _ in tokens])
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types([kind for _, kind, _ in tokens])
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    # What the server is given is then what it says it was given, letter for letter.
    writer.add_add_bos_token(False)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(TEMPLATE)


def write_eyes(path: Path, chance: np.random.Generator) -> None:
    """A CLIP encoder and the projector from its states to the language model's."""
    width, spread = EYE_WIDTH, EYE_WIDTH**-0.5
    tensors = {
        "v.class_embd": draw_weights(chance, width, spread=1.0),
        "v.patch_embd.weight": draw_weights(chance, width, 3, PATCH_PX, PATCH_PX, spread=0.05),
        "v.position_embd.weight": draw_weights(chance, PICTURE_TOKENS + 1, width, spread=0.5),
        "mm.0.weight": draw_weights(chance, WIDTH, width, spread=spread),
        "mm.0.bias": np.zeros(WIDTH, np.float32),
        "mm.2.weight": draw_weights(chance, WIDTH, WIDTH, spread=WIDTH**-0.5),
        "mm.2.bias": np.zeros(WIDTH, np.float32),
    }
    for name in ("pre_ln", "post_ln", *(f"blk.{n}.ln{i}" for n in range(EYE_LAYERS) for i in "12")):
        tensors[f"v.{name}.weight"] = np.ones(width, np.float32)
        tensors[f"v.{name}.bias"] = np.zeros(width, np.float32)
    for number in range(EYE_LAYERS):
        for name, shape in {
            "attn_q": (width, width),
            "attn_k": (width, width),
            "attn_v": (width, width),
            "attn_out": (width, width),
            "ffn_up": (EYE_INNER_WIDTH, width),
            "ffn_down": (width, EYE_INNER_WIDTH),
        }.items():
            tensors[f"v.blk.{number}.{name}.weight"] = draw_weights(chance, *shape, spread=spread)
            tensors[f"v.blk.{number}.{name}.bias"] = np.zeros(shape[0], np.float32)
    writer = gguf.GGUFWriter(path, "clip")
    writer.add_clip_has_vision_encoder(True)
    writer.add_clip_projector_type("mlp")
    writer.add_vision_projection_dim(WIDTH)
    writer.add_vision_image_size(PICTURE_PX)
    writer.add_vision_patch_size(PATCH_PX)
    writer.add_vision_embedding_length(width)
    writer.add_vision_feed_forward_length(EYE_INNER_WIDTH)
    writer.add_vision_block_count(EYE_LAYERS)
    writer.add_vision_head_count(EYE_HEADS)
    writer.add_vision_attention_layernorm_eps(1e-5)
    writer.add_vision_image_mean([0.5] * 3)
    writer.add_vision_image_std([0.5] * 3)
    write(writer, tensors)


def write(writer: Any, tensors: Tensors) -> None:
    for name, tensor in tensors.items():
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    write_language_model(folder / "model.gguf", np.random.default_rng(SEED))
    write_eyes(folder / "eyes.gguf", np.random.default_rng(SEED + 1))
