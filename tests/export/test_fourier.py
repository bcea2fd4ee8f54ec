"""The matrix products are the Fourier transform."""

import pytest
import torch

from soundsieve.audio.stft import Stft
from soundsieve.export.fourier import Fourier


@pytest.mark.parametrize(("n_fft", "hop"), [(512, 256), (320, 160), (48, 12)])
def test_the_products_are_the_transform_and_its_inverse(n_fft, hop):
    stft = Stft(n_fft, hop)
    fourier, frames = Fourier(stft), torch.randn(3, 2, n_fft)
    real, imag = fourier.analyse(frames)
    spectrum = torch.fft.rfft(frames * stft.window)
    assert (real - spectrum.real).abs().max() < 1e-4
    assert (imag - spectrum.imag).abs().max() < 1e-4
    again = torch.fft.irfft(spectrum, n_fft) * stft.window
    assert (fourier.synthesise(real, imag) - again).abs().max() < 1e-5
    numbers = sum(part.numel() for part in fourier.buffers())
    assert n_fft < 512 or numbers < n_fft * (n_fft + 2) / 3  # of two dense matrices


def test_silence_stays_exact_silence():
    fourier = Fourier(Stft(512, 256))
    real, imag = fourier.analyse(torch.zeros(1, 1, 512))
    assert real.abs().max() == imag.abs().max() == 0
    assert fourier.synthesise(real, imag).abs().max() == 0
