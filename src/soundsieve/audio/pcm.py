"""Raw PCM, little-endian and interleaved: bytes to samples and back."""

from __future__ import annotations

import torch
from torch import Tensor

ENCODINGS = {"s16": 2, "s24": 3, "s32": 4, "f32": 4}
"""Bytes of a sample by encoding: whole numbers of 16, 24 or 32 bits, or floats."""


def decode(data: bytes, encoding: str, channels: int) -> Tensor:
    """Samples from bytes; an incomplete last frame is dropped. Shape: `[channel, time]`.

    >>> decode(bytes([0, 64, 0, 128]), "s16", 2)
    tensor([[ 0.5000],
            [-1.0000]])
    """
    size = ENCODINGS[encoding] * channels
    count = len(data) // size
    if not count:
        return torch.zeros(channels, 0)
    buffer = torch.frombuffer(bytearray(data[: count * size]), dtype=torch.uint8)
    if encoding == "f32":
        samples = buffer.view(torch.float32)
    elif encoding == "s24":  # the upper three bytes of four
        samples = (
            torch.nn.functional.pad(buffer.unflatten(0, (-1, 3)), (1, 0)).view(torch.int32) / 2**31
        )
    else:
        samples = buffer.view(torch.int16 if encoding == "s16" else torch.int32)
        samples = samples / 2.0 ** (8 * ENCODINGS[encoding] - 1)
    return samples.float().reshape(count, channels).T.contiguous()


def encode(block: Tensor, encoding: str) -> bytes:
    """Bytes of samples; past full scale whole numbers stop and floats go on.

    Shape: `[channel, time]`.

    >>> list(encode(torch.tensor([[0.5], [-1.0]]), "s16"))
    [0, 64, 0, 128]
    """
    frames = block.T.contiguous()
    if encoding == "f32":
        return frames.numpy().tobytes()
    n_bytes = ENCODINGS[encoding]
    words = whole_numbers(frames.flatten(), 8 * n_bytes).view(torch.uint8).unflatten(-1, (-1, 4))
    return words[..., 4 - n_bytes :].contiguous().numpy().tobytes()


def whole_numbers(samples: Tensor, bits: int) -> Tensor:
    """Samples rounded to whole numbers in the upper `bits` bits of 32, as libsndfile takes them."""
    scale = 2.0 ** (bits - 1)
    exact = samples.double() if bits > 24 else samples
    return (exact * scale).round_().clamp_(-scale, scale - 1).int() << (32 - bits)
