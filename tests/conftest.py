"""A small corpus of tones and noises, and scenes drawn from it."""

import math
import shutil
from pathlib import Path

import pytest
import torch
from hypothesis import settings
from torch import Tensor

from soundsieve.audio.io import write
from soundsieve.data.mixer import Mixer
from soundsieve.data.pool import Pool, open_pool
from soundsieve.law import Law
from soundsieve.target import parse

RATE = 16000
needs_ffmpeg = pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg is not installed")
"""Of what reads STEMS files, and of museval, which imports what does."""
torch.set_num_threads(1)  # tests are tiny: on a busy machine two threads wait for each other
settings.register_profile("untimed", deadline=None)  # nor does a busy machine fail what is right
settings.load_profile("untimed")
STREETS = (
    *("oak", "elm", "fir", "ash", "birch", "cedar"),
    *("maple", "willow", "linden", "poplar", "alder", "hazel"),
)
LAWS = {
    "snr": Law.uniform(-5, 20),
    "level": Law.uniform(-40, -15),
    "stem_level": Law.uniform(-5, 5),
    "presence": {"speech": 0.8, "music": 0.7, "noise": 0.9, "prompts": 0.25},
}


def tone(frequency: float, seconds: float, level: float = -20.0) -> Tensor:
    """A tone that swells four times a second, in mono. Shape: `[1, time]`."""
    time = torch.arange(round(seconds * RATE)) / RATE
    swell = 0.6 + 0.4 * torch.sin(2 * math.pi * 4 * time)
    return (10 ** (level / 20) * swell * torch.sin(2 * math.pi * frequency * time))[None]


def hiss(seed: int, seconds: float, level: float = -20.0) -> Tensor:
    """White noise in mono. Shape: `[1, time]`."""
    generator = torch.Generator().manual_seed(seed)
    return 10 ** (level / 20) * torch.randn(1, round(seconds * RATE), generator=generator)


def put(path: Path, audio: Tensor, rate: int = RATE) -> Path:
    """A file, with the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, audio, rate)
    return path


def swelling(audio: Tensor, seed: int) -> Tensor:
    """The audio with a level of its own over time, so that no two recordings are alike."""
    generator = torch.Generator().manual_seed(seed)
    points = 0.2 + 0.8 * torch.rand(1, 1, 16, generator=generator)
    return audio * torch.nn.functional.interpolate(points, audio.shape[-1], mode="linear")[0]


def write_corpus(root: Path) -> Path:
    """Four talkers, four songs in parts, three kinds of noise, a dozen prompts."""
    for talker in range(4):
        for take in range(2):
            sound = swelling(tone(200 + 40 * talker + take, 2.0), 10 * talker + take)
            put(root / f"speech/talker {'abcd'[talker]}/take{take}.wav", sound)
    for song in range(4):
        for number, part in enumerate(("vocals", "drums", "bass", "other")):
            sound = swelling(tone(500 * (number + 1) + song, 2.5), 100 + 10 * song + number)
            put(root / f"songs/song {'abcd'[song]}/{part}.wav", sound)
    for number, kind in enumerate(("fan", "rain", "street")):
        put(root / f"noise/{kind}/0.wav", swelling(hiss(number, 2.0, -30), 200 + number))
    for number in range(12):
        sound = swelling(tone(3000 + 20 * number, 0.3), 300 + number)
        put(root / f"prompts/{STREETS[number]} street.wav", sound)
    return root


@pytest.fixture(scope="session")
def corpus(tmp_path_factory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("data") / "corpus")


@pytest.fixture(scope="session")
def pools(tmp_path_factory, corpus):
    """Opens the corpus for a `keep`."""
    cache = tmp_path_factory.mktemp("pools")

    def open_for(keep: str) -> Pool:
        return open_pool(str(corpus), RATE, parse(keep), cache=cache)

    return open_for


@pytest.fixture(scope="session")
def mixers(pools):
    """Scenes of half a second for a `keep`."""

    def mixer_for(keep: str = "speech+music", **settings) -> Mixer:
        pool = pools(keep)
        gains = [target.gains(pool.scope) for target in parse(keep)]
        return Mixer(pool, gains, **{"segment": 0.5, **LAWS, **settings})

    return mixer_for


@pytest.fixture(scope="session")
def starter_folder(tmp_path_factory):
    """A working folder for runs on the starter corpus, which is decoded there once."""
    return tmp_path_factory.mktemp("starter")
