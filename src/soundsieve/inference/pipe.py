"""Raw PCM through pipes: blocks from standard input, blocks to standard output."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

from torch import Tensor

from soundsieve.audio.io import unusable
from soundsieve.audio.pcm import ENCODINGS, decode, encode
from soundsieve.errors import UserError

HEADERS = {b"RIFF": "wav", b"RF64": "wav", b"fLaC": "flac", b"OggS": "ogg", b"FORM": "aiff"}
"""What a file begins with that is no raw PCM."""


def pcm_blocks(pipe: BinaryIO, size: int, channels: int, encoding: str) -> Iterator[Tensor]:
    """Blocks of `size` samples until the pipe ends. Shape: `[channel, time]` each.

    Raises UserError where it begins as a file does.
    """
    begin = b""
    while data := pipe.read(size * channels * ENCODINGS[encoding]):
        if len(begin) < 4 and (kind := HEADERS.get(begin := (begin + data)[:4])):
            raise UserError(
                f"standard input is a {kind} file, and expected is raw PCM; write in=FILE, or send "
                "what `ffmpeg -i FILE -f s16le -` gives, with its sample_rate= and channels=."
            )
        yield decode(data, encoding, channels)


class Guard:
    """Puts zeros in the place of samples that are no audio (not finite, say), and counts them."""

    def __init__(self) -> None:
        self.replaced = 0

    def __call__(self, block: Tensor) -> Tensor:
        """The block without them. Shape: `[channel, time]`."""
        bad = unusable(block)
        if bad is None:
            return block
        self.replaced += int(bad.sum())
        return block.masked_fill(bad, 0)


def write_pcm(blocks: Iterator[Tensor], pipe: BinaryIO, encoding: str) -> None:
    """Write blocks as they come, until they end or the reader of the pipe has enough."""
    try:
        for block in blocks:
            pipe.write(encode(block, encoding))
            pipe.flush()
    except BrokenPipeError:  # keep Python from flushing into it once more at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), pipe.fileno())
