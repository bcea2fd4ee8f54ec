"""Sources played faster or slower: more voices and songs from few, pitch and formants with them."""

import numpy as np
import scipy.fft
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundsieve.data.draws import Draws


def longest(frames: int, reach: float) -> int:
    """Frames to crop so that a source can be played at the highest speed."""
    return int(_fast(round(frames * (1 + reach))))


def draw_lengths(
    draws: Draws, stems: int, frames: int, odds: float, reach: float
) -> NDArray[np.intp]:
    """How many frames of each source are played in the time of `frames`: more is faster and higher.

    Shape: `[scene, stem]`.
    """
    speed = draws.uniform("speed", stems, 1 - reach, 1 + reach)
    changed = draws.chance("speed/on", odds, stems)
    return np.where(changed, _fast(np.round(frames * speed)), frames)


def play(audio: Tensor, lengths: NDArray[np.intp], frames: int) -> Tensor:
    """Each row's first so many frames, resampled into `frames`.

    Resampled by its spectrum, cut or continued with zeros: exact for a row that is a whole period,
    and elsewhere but for the first and last samples.

    Shape: `[row, channel, time] -> [row, channel, frames]`.
    """
    played = audio[..., :frames]
    changed = np.flatnonzero(lengths != frames)
    if not len(changed):
        return played
    played = played.clone()
    bins = frames // 2 + 1
    spectra = played.new_zeros(len(changed), audio.shape[1], bins, dtype=torch.complex64)
    for spectrum, row in zip(spectra, changed.tolist(), strict=True):
        length = int(lengths[row])
        sound = _spectrum(audio[row, :, :length])[:, :bins]
        spectrum[:, : sound.shape[-1]] = sound * (frames / length)
    played[changed] = torch.fft.irfft(spectra, n=frames)
    return played


def _spectrum(sound: Tensor) -> Tensor:
    """The transform of one source: scipy is twice as fast at lengths that each come once.

    Shape: `[channel, time] -> [channel, bin]`.
    """
    if sound.device.type != "cpu":
        return torch.fft.rfft(sound)
    return torch.from_numpy(scipy.fft.rfft(sound.numpy()))


@np.vectorize(otypes=[np.intp])
def _fast(length: float) -> int | None:
    """The next length whose transform is fast: there is one about every half a percent."""
    return scipy.fft.next_fast_len(int(length))
