"""A round trip through a lossy codec, in memory."""

from typing import Literal

import torch
from torch import Tensor

from soundsieve.audio.io import encode_and_decode
from soundsieve.audio.resample import resample

Kind = Literal["opus", "mp3"]
KINDS: dict[str, tuple[str, str, float, float, tuple[int, ...]]] = {
    "opus": ("OGG", "OPUS", 0.75, 0.97, (8000, 12000, 16000, 24000, 48000)),
    "mp3": (
        "MP3",
        "MPEG_LAYER_III",
        0.0,
        0.95,
        (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000),
    ),
}
"""Format, subtype, libsndfile's compression level at best and at worst, and the rates it takes.

Of one channel Opus makes 64 to 13 kbit/s of this, and MP3, whose rate varies, about 60 to 16.
"""


SLACK = 4
"""Samples by which a decoder may be early or late: Opus, where its lower half is coded by a
predictor, is about two early at 48 kHz, which would add an error of its own, 3 dB over the rest."""


def codec_round_trip(audio: Tensor, sample_rate: int, kind: Kind, quality: float) -> Tensor:
    """What is left of a sound after a codec, in its place and at its rate; quality from 0 to 1.

    Shape: `[channel, time] -> [channel, time]`.
    """
    if not 0 <= quality <= 1:
        raise ValueError(f"quality is a number from 0 to 1, not {quality}")
    format, subtype, best, worst, rates = KINDS[kind]
    coded = next((rate for rate in rates if rate >= sample_rate), rates[-1])
    sound = resample(audio.cpu(), sample_rate, coded)
    sound = encode_and_decode(sound, coded, format, subtype, worst + quality * (best - worst))
    sound = resample(sound, coded, sample_rate)[:, : audio.shape[-1]].to(audio.device)
    missing = audio.shape[-1] - sound.shape[-1]
    around = torch.nn.functional.pad(sound, (SLACK, missing + SLACK))
    lags = sorted(range(-SLACK, SLACK + 1), key=abs)
    places = [around[:, SLACK + lag :][:, : audio.shape[-1]] for lag in lags]
    return max(places, key=lambda there: (audio * there).sum())
