"""A short-time Fourier transform that runs block by block, equal to itself on the whole signal."""

import torch
from torch import Tensor, nn


class Stft(nn.Module):
    """Analysis and synthesis with one square-root Hann window and an explicit past.

    Frames come time first, `[frame, row, bin]`, as separate real and imaginary parts: the order in
    which the networks work, and complex tensors do not fuse under `torch.compile`. Synthesis lags
    analysis by `delay = n_fft - hop` samples, the part of a frame that later frames still add to.

    >>> stft, audio = Stft(512, 256), torch.randn(1, 1024)
    >>> real, imag, _ = stft.analyse(audio, stft.past(1))
    >>> again, _ = stft.synthesise(real, imag, stft.past(1))
    >>> bool(torch.allclose(again[:, 256:], audio[:, :-256], atol=1e-5))
    True
    """

    window: Tensor

    def __init__(self, n_fft: int, hop: int):
        super().__init__()
        if n_fft % hop or n_fft < 2 * hop:
            raise ValueError(f"n_fft must be a multiple of hop, at least 2; got {n_fft} and {hop}")
        self.n_fft, self.hop, self.delay = n_fft, hop, n_fft - hop
        # The squared window sums to n_fft / (2 hop) over the overlapping frames.
        window = torch.hann_window(n_fft).sqrt() * (2 * hop / n_fft) ** 0.5
        self.register_buffer("window", window, persistent=False)

    @property
    def bins(self) -> int:
        """Bins of a frame, from 0 Hz to half the sample rate."""
        return self.n_fft // 2 + 1

    def past(self, rows: int) -> Tensor:
        """Silence before the first sample. Shape: `[row, delay]`."""
        return self.window.new_zeros(rows, self.delay)

    def analyse(self, block: Tensor, past: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Spectra of a block, and the samples that the next block's frames still need.

        Shape: `[row, k * hop], [row, delay] -> [k, row, bin], [k, row, bin], [row, delay]`.
        """
        rows = block.shape[0]
        signal = torch.cat([past, block], 1)
        hops = signal.view(rows, -1, self.hop).transpose(0, 1)  # [hop, row, sample]
        overlap = self.n_fft // self.hop
        count = hops.shape[0] - overlap + 1
        frames = torch.cat([hops[i : i + count] for i in range(overlap)], -1)
        spectrum = torch.fft.rfft(frames * self.window)
        return spectrum.real, spectrum.imag, signal[:, -self.delay :]

    def synthesise(self, real: Tensor, imag: Tensor, past: Tensor) -> tuple[Tensor, Tensor]:
        """The block that spectra stand for, `delay` samples late, and the overlap still open.

        Shape: `[k, row, bin], [k, row, bin], [row, delay] -> [row, k * hop], [row, delay]`.
        """
        count, rows = real.shape[:2]
        frames = torch.fft.irfft(torch.complex(real, imag), self.n_fft) * self.window
        overlap = self.n_fft // self.hop
        hops = frames.new_zeros(count + overlap - 1, rows, self.hop)
        for i, part in enumerate(frames.split(self.hop, -1)):
            hops[i : i + count] += part
        signal = hops.transpose(0, 1).reshape(rows, -1)
        signal = torch.cat([signal[:, : self.delay] + past, signal[:, self.delay :]], 1)
        return signal[:, : count * self.hop], signal[:, count * self.hop :]
