"""A baseline of songs with nothing to learn: what is steady in time, and what in frequency."""

import numpy as np
import torch
from torch import Tensor

from soundsieve.data.mixer import Scenes
from soundsieve.errors import UserError
from soundsieve.evaluation.estimators import Gains

N_FFT = 2048


class HpssEstimator:
    """Median filters of librosa: the percussive part for the drums, the harmonic one for all else.

    FitzGerald, "Harmonic/percussive separation using median filtering", DAFx 2010.
    """

    name = "classical/hpss"

    def estimate(self, scenes: Scenes, gains: Gains) -> Tensor:
        """Shape: `-> [batch, request, channel, time]`."""
        harmonic, percussive = split(scenes.mixture)
        answers = []
        for request in gains:
            kept = {stem for stem, gain in zip(scenes.scope, request, strict=True) if gain > 0}
            answers.append(percussive if kept == {"drums"} else harmonic)
        return torch.stack(answers, 1)


def split(audio: Tensor) -> tuple[Tensor, Tensor]:
    """The harmonic and the percussive part of a sound. Shape: `[..., time]`, twice.

    Raises UserError where librosa is not installed.
    """
    try:
        import librosa
    except ImportError:
        raise UserError(
            "classical/hpss is librosa's, which is not installed: pip install 'soundsieve[songs]'."
        ) from None
    sound = audio.cpu().numpy()
    spectra = librosa.stft(sound, n_fft=N_FFT)
    parts = (
        librosa.istft(part, n_fft=N_FFT, length=sound.shape[-1])
        for part in librosa.decompose.hpss(spectra)
    )
    harmonic, percussive = (torch.from_numpy(part.astype(np.float32)).to(audio) for part in parts)
    return harmonic, percussive
