"""The pipelines that scenes.py measures ours against, as their users write them.

`PerItem` makes one scene at a time from files, for a DataLoader (audiomentations, soundfile, soxr);
`Batched` works on batches of crops (torch-audiomentations). Both draw what ours draws: speech,
music and noise, an equaliser and a room for sources, SNR, level, clipping, a band limit.
"""

import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import audiomentations
import numpy as np
import soundfile
import soxr
import torch
import torch_audiomentations
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from soundsieve.data.effects.bank import room_bank
from soundsieve.data.pool import Pool

STEMS = ("speech", "music", "noise")
IN_ROOM = {"speech": 1.0, "music": 0.7, "noise": 0.5}
"""Odds that a stem is put in a room, as in ours."""
SNR, LEVEL, STEM_LEVEL, EQ = (-10.0, 20.0), (-40.0, -5.0), (-5.0, 5.0), 6.0
ODDS, BAND = 0.5, 4000.0
"""Of clipping and of the band limit, and the Hz of the latter."""


def write_responses(folder: Path, sample_rate: int) -> list[Path]:
    """Our bank of rooms as files, each as long as it rings."""
    bank = room_bank(sample_rate)
    paths = []
    for room, places in enumerate(bank.responses):
        for place, response in enumerate(places):
            paths.append(folder / f"{room}-{place}.wav")
            length = round(bank.t60[room] * sample_rate)
            soundfile.write(paths[-1], response[:length], sample_rate, subtype="FLOAT")
    return paths


class PerItem(Dataset):
    """Scenes from files, one by one: a random crop of a random file of each stem."""

    def __init__(
        self,
        files: Mapping[str, Sequence[Path]],
        responses: Path,
        *,
        sample_rate: int,
        seconds: float,
        scenes: int = 1_000_000,
    ):
        self.files, self.sample_rate, self.seconds, self.scenes = (
            files,
            sample_rate,
            seconds,
            scenes,
        )
        self.sources = {
            stem: audiomentations.Compose(
                [
                    audiomentations.SevenBandParametricEQ(-EQ, EQ, p=1.0),
                    audiomentations.ApplyImpulseResponse(
                        responses, p=IN_ROOM[stem], lru_cache_size=1024
                    ),
                    audiomentations.Normalize(p=1.0),
                    audiomentations.Gain(*STEM_LEVEL, p=1.0),
                ]
            )
            for stem in STEMS
        }
        self.band = audiomentations.LowPassFilter(BAND, BAND, 24, 24, p=ODDS)
        self.clip = audiomentations.ClippingDistortion(0, 10, p=ODDS)

    def __len__(self) -> int:
        return self.scenes

    def __getitem__(self, _: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """A mixture and its target, speech and music. Shape: `[time], [time]`."""
        crops = [crop(random.choice(self.files[s]), self.seconds, self.sample_rate) for s in STEMS]
        sources = [self.sources[s](c, self.sample_rate) for s, c in zip(STEMS, crops, strict=True)]
        speech, music, noise = sources
        target = speech + music
        snr = 10 ** (random.uniform(*SNR) / 20)
        noise = noise * (rms(target) / max(rms(noise) * snr, 1e-9))
        gain = 10 ** (random.uniform(*LEVEL) / 20) / max(rms(target + noise), 1e-9)
        gain = min(gain, 0.99 / max(float(np.abs(target + noise).max()), 1e-9))
        both = self.band(np.stack([target, noise]).astype(np.float32) * gain, self.sample_rate)
        return self.clip(both.sum(0), self.sample_rate), both[0]


def crop(path: Path, seconds: float, sample_rate: int) -> NDArray[np.float32]:
    """A random crop of a file, mono and at a rate; silence after its end. Shape: `[time]`."""
    with soundfile.SoundFile(path) as file:
        frames = round(seconds * file.samplerate)
        file.seek(random.randint(0, max(file.frames - frames, 0)))
        audio = file.read(frames, dtype="float32", always_2d=True).mean(1)
        audio = soxr.resample(audio, file.samplerate, sample_rate)
    size = round(seconds * sample_rate)
    return np.pad(audio[:size], (0, max(size - len(audio), 0)))


def rms(audio: NDArray[np.float32]) -> float:
    """The root of the mean power."""
    return float(np.sqrt(np.mean(audio * audio)))


class Batched:
    """Scenes by the batch, from crops of the memory-mapped store.

    The library has no equaliser: its band-stop filter stands for one, or nothing does. It has no
    clipping either, which is a clamp. Impulse responses are in memory, as it reads files by
    functions that torchaudio no longer has.
    """

    def __init__(
        self,
        pool: Pool,
        split: str,
        responses: Sequence[Path],
        *,
        seconds: float,
        equaliser: bool = True,
    ):
        self.pool, self.split, self.sample_rate = pool, split, pool.sample_rate
        self.frames = round(seconds * pool.sample_rate)
        shared = {"sample_rate": pool.sample_rate, "mode": "per_example", "output_type": "tensor"}
        heard = [_in_memory(path) for path in responses]
        self.sources = {}
        for stem, odds in IN_ROOM.items():
            room = torch_audiomentations.ApplyImpulseResponse(list(responses), p=odds, **shared)
            room.ir_paths = heard
            parts = [
                torch_audiomentations.BandStopFilter(p=float(equaliser), **shared),
                room,
                torch_audiomentations.PeakNormalization(p=1.0, **shared),
                torch_audiomentations.Gain(*STEM_LEVEL, p=1.0, **shared),
            ]
            self.sources[stem] = torch_audiomentations.Compose(parts, output_type="tensor")
        parts = [
            torch_audiomentations.LowPassFilter(BAND, BAND, p=ODDS, **shared),
            torch_audiomentations.PeakNormalization(p=1.0, **shared),
            torch_audiomentations.Gain(*LEVEL, p=1.0, **shared),
        ]
        self.scene = torch_audiomentations.Compose(parts, output_type="tensor")

    def batch(self, scenes: int) -> tuple[Tensor, Tensor]:
        """Mixtures and their targets. Shape: `[scene, 1, time], [scene, 1, time]`."""
        speech, music, noise = (
            self.sources[stem](torch.from_numpy(self._crops(stem, scenes)), self.sample_rate)
            for stem in STEMS
        )
        target = speech + music
        power = [x.square().mean(-1, keepdim=True) for x in (target, noise)]
        snr = torch.empty(scenes, 1, 1).uniform_(*SNR)
        noise = noise * (power[0] / power[1].clamp_min(1e-10)).sqrt() / 10 ** (snr / 20)
        # As two channels of one sound, so that both get the same filter and gain.
        both = self.scene(torch.cat([target + noise, target], 1), self.sample_rate)
        mixture, target = both.split(1, 1)
        most = mixture.abs().amax(-1, keepdim=True) * torch.empty(scenes, 1, 1).uniform_(0.2, 0.8)
        clipped = torch.maximum(torch.minimum(mixture, most), -most)
        return torch.where(torch.rand(scenes, 1, 1) < ODDS, clipped, mixture), target

    def _crops(self, stem: str, scenes: int) -> NDArray[np.float32]:
        """Shape: `[scene, 1, time]`."""
        crops = np.zeros((scenes, 1, self.frames), np.float32)
        for audio in crops[:, 0]:
            entry = self.pool.draw(stem, self.split, random.random())
            start = random.randint(0, max(entry.frames - self.frames, 0))
            found = self.pool.mono(entry, start, self.frames)
            audio[: len(found)] = found
        return crops


def _in_memory(path: Path) -> dict:
    """A file as the library takes it in place of a path."""
    audio, sample_rate = soundfile.read(path, dtype="float32")
    return {"samples": torch.from_numpy(audio)[None], "sample_rate": sample_rate}
