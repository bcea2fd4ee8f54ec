"""What tells kinds of sound apart: some numbers on a cut of a few seconds, whatever its level."""

import math

import torch
from torch import Tensor

FRAME = 0.064
"""Seconds of a frame; frames overlap by half."""
CUT = 96
"""Frames of a cut, about three seconds."""
BANDS = 20
CEPSTRUM = 10
_BAND_RANGE = (40.0, 4000.0)  # Hz; a limit of the channel above tells of the channel, not the sound
_PITCHES = (70.0, 500.0)  # Hz
_PERIODS = ((0, 1), (1, 2), (2, 4), (4, 8), (8, 15))  # Hz of modulation
_TONES = (100.0, 4000.0)  # Hz
_NOTES = (200.0, 2000.0)  # Hz
_NEAR = 15  # bins that make the ground from which a peak stands out
_ACTIVE = 1e-4  # -40 dB under the loudest frame
_RANGE = 1e-6
_QUIET = 1e-9  # of a bin


def spectra(audio: Tensor, sample_rate: int) -> Tensor:
    """Power spectra of overlapping frames, a power of two of samples each.

    Shape: `[..., time] -> [..., frame, bin]`.
    """
    size = frame_size(sample_rate)
    window = torch.hann_window(size, device=audio.device)
    frames = audio.unfold(-1, size, size // 2) * window
    return torch.view_as_real(torch.fft.rfft(frames)).square().sum(-1)


def frame_size(sample_rate: int) -> int:
    """Samples of a frame.

    >>> frame_size(16000)
    1024
    """
    return 2 ** round(math.log2(FRAME * sample_rate))


def cues(power: Tensor, sample_rate: int) -> Tensor:
    """The cues of cuts from their power spectra: timbre, pitch, notes, rhythm, dynamics.

    Shape: `[cut, frame, bin] -> [cut, cue]`.
    """
    loudest = power.sum(2, keepdim=True).amax(1, keepdim=True).clamp_min(1e-20)
    level = (power / loudest).sum(2)  # [cut, frame]
    active = (level > _ACTIVE).float()
    width = sample_rate / frame_size(sample_rate)  # Hz of a bin
    power = power[..., : round(_BAND_RANGE[1] / width) + 1] / loudest
    bands = _bands(power, width)
    low = round(_TONES[0] / width)
    detail = power[..., low:].clamp_min(_QUIET).log()
    flat = detail.mean(2) - power[..., low:].mean(2).clamp_min(_QUIET).log()
    detail = detail - _smooth(detail, _NEAR)
    first, last = (round(edge / width) - low for edge in _NOTES)
    parts = [
        _timbre(bands, active),
        _modulation(bands, 2 * width),
        _pitch(power, active, sample_rate),
        _tones(detail, flat, active),
        _notes(detail[..., first:last], active, _NOTES[0], width),
        _rhythm(bands),
        _dynamics(level),
    ]
    return torch.cat(parts, 1)


def _bands(power: Tensor, width: float) -> Tensor:
    """Levels in bands as wide as on the mel scale, natural log. Shape: `[cut, frame, band]`."""
    low, high = (math.log2(700 + edge) for edge in _BAND_RANGE)
    edges = 2 ** torch.linspace(low, high, BANDS + 2) - 700
    hertz = torch.arange(power.shape[2]) * width
    rise = (hertz - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    fall = (edges[2:, None] - hertz) / (edges[2:] - edges[1:-1])[:, None]
    weights = torch.minimum(rise, fall).clamp_min(0)
    return (power @ weights.T.to(power) + _RANGE).log()


def _timbre(bands: Tensor, active: Tensor) -> Tensor:
    """The cepstrum's mean and spread over active frames, and how fast it moves."""
    order = torch.arange(1, CEPSTRUM + 1)[:, None]
    basis = torch.cos(math.pi / BANDS * order * (torch.arange(BANDS) + 0.5)) / BANDS
    cepstrum = bands @ basis.T.to(bands)
    mean, spread = _mean_and_spread(cepstrum, active)
    moves = (cepstrum[:, 1:] - cepstrum[:, :-1]).abs()
    both = active[:, 1:] * active[:, :-1]
    return torch.cat([mean, spread, _mean_and_spread(moves, both)[0]], 1)


def _modulation(bands: Tensor, rate: float) -> Tensor:
    """How much levels swing at each speed, and how much bands swing together; `rate` of frames."""
    swing = bands - bands.mean(1, keepdim=True)
    spectrum = torch.fft.rfft(swing, dim=1).abs().square().sum(2)  # [cut, speed]
    hertz = torch.arange(spectrum.shape[1]) * rate / bands.shape[1]
    parts = [spectrum[:, (hertz > lo) & (hertz <= hi)].sum(1) for lo, hi in _PERIODS]
    energy = torch.stack(parts, 1) + 1e-3
    total = energy.sum(1, keepdim=True)
    common = swing.mean(2).square().sum(1) / (swing.square().mean(2).sum(1) + 1e-3)
    return torch.cat([(energy / total).log(), total.log(), common[:, None]], 1)


def _pitch(power: Tensor, active: Tensor, sample_rate: int) -> Tensor:
    """How harmonic the frames are, and whether their pitch stays, glides or jumps."""
    low, high = (round(sample_rate / pitch) for pitch in reversed(_PITCHES))
    root = power.clamp_min(_QUIET).sqrt().sqrt()
    whitened = root - _smooth(root, 2 * _NEAR)
    lags = torch.fft.irfft(whitened, frame_size(sample_rate))
    peak, lag = lags[..., low : high + 1].max(2)
    strength = peak / lags[..., 0].clamp_min(1e-9)
    octave = (lag + low).float().log2()
    jump = (octave[:, 1:] - octave[:, :-1]).abs()
    voiced = (strength > 0.4).float() * active
    both = voiced[:, 1:] * voiced[:, :-1]
    share = active.sum(1, keepdim=True).clamp_min(1)
    kinds = [(jump < 0.01), (jump >= 0.01) & (jump < 0.08), (jump > 0.3)]
    jumps = [(kind.float() * both).sum(1, keepdim=True) / share for kind in kinds]
    mean, spread = _mean_and_spread(strength[..., None], active)
    top = strength.quantile(0.9, 1, keepdim=True)
    return torch.cat([mean, spread, top, voiced.sum(1, keepdim=True) / share, *jumps], 1)


def _tones(detail: Tensor, flat: Tensor, active: Tensor) -> Tensor:
    """How much of a spectrum stays where it is, frame after frame, and how peaked it is."""
    size = detail.square().mean(2).clamp_min(1e-6)
    stays = []
    for step in (1, 2, 4, 8, 16, 32, 64):
        product = (detail[:, step:] * detail[:, :-step]).mean(2)
        alike = product / (size[:, step:] * size[:, :-step]).sqrt()
        stays.append(_mean_and_spread(alike[..., None], active[:, step:] * active[:, :-step])[0])
    lasting = detail.mean(1)
    peaks = lasting.square().mean(1, keepdim=True) / size.mean(1, keepdim=True)
    highest = lasting.topk(10, 1).values.mean(1, keepdim=True)
    course = torch.stack([detail.amax(2), size.log(), flat], 2)
    return torch.cat([*stays, peaks, highest, *_mean_and_spread(course, active)], 1)


def _notes(detail: Tensor, active: Tensor, low: float, width: float) -> Tensor:
    """How far the twelve notes of the octave are told apart, and whether they change."""
    hertz = low + torch.arange(detail.shape[2]) * width
    away = (12 * (hertz / 440).log2()[:, None] - torch.arange(12) + 6) % 12 - 6
    weights = (1 - away.abs()).clamp_min(0).to(detail)
    chroma = (detail.clamp_min(0) @ weights) * active[..., None]  # [cut, frame, note]
    whole = chroma.mean(1)
    share = whole / whole.sum(1, keepdim=True).clamp_min(1e-6)
    spread = -(share.clamp_min(1e-6).log() * share).sum(1, keepdim=True)
    steps = torch.nn.functional.avg_pool1d(chroma.transpose(1, 2), 8)
    steps = steps - steps.mean(1, keepdim=True)
    unit = steps / steps.norm(dim=1, keepdim=True).clamp_min(1e-6)
    alike = [(unit[..., k:] * unit[..., :-k]).sum(1).mean(1) for k in (1, 2, 4)]
    return torch.cat([spread, share.amax(1, keepdim=True), torch.stack(alike, 1)], 1)


def _rhythm(bands: Tensor) -> Tensor:
    """How sudden the onsets are, low, middle and high, and how evenly they come."""
    rise = (bands[:, 1:] - bands[:, :-1]).clamp_min(0)
    parts = torch.stack([part.mean(2) for part in rise.tensor_split(3, 2)], 2)
    strength = parts.mean(1)
    sudden = parts.amax(1) / strength.clamp_min(1e-3)
    onset = rise.mean(2) - rise.mean((1, 2), keepdim=True)[..., 0]
    spectrum = torch.fft.rfft(onset, 2 * onset.shape[1]).abs().square()
    lags = torch.fft.irfft(spectrum)
    beat = lags[:, 8:40] / lags[:, :1].clamp_min(1e-6)
    best = beat.amax(1, keepdim=True)
    return torch.cat([strength, sudden.log1p(), best, beat.std(1, keepdim=True)], 1)


def _dynamics(level: Tensor) -> Tensor:
    """Quantiles of the level under the loudest frame, and how suddenly it rises and falls."""
    decibels = level.clamp_min(_RANGE).log()
    places = torch.tensor([0.05, 0.25, 0.5, 0.75, 0.95]).to(level)
    spots = decibels.quantile(places, 1).T
    change = decibels[:, 1:] - decibels[:, :-1]
    steps = [change.clamp_min(0).mean(1), change.clamp_max(0).mean(1), change.amax(1)]
    return torch.cat([spots, torch.stack(steps, 1)], 1)


def _smooth(values: Tensor, width: int) -> Tensor:
    """A running mean over bins, of the bins that are there at the edges."""
    count = values.shape[-1]
    total = torch.nn.functional.pad(values, (1, 0)).cumsum(-1)
    place = torch.arange(count)
    first = (place - width // 2).clamp_min(0)
    last = (place + width // 2 + 1).clamp_max(count)
    return (total[..., last] - total[..., first]) / (last - first)


def _mean_and_spread(values: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Over the frames that count. Shape: `[cut, frame, cue], [cut, frame] -> [cut, cue]` twice."""
    weight = weight[..., None]
    total = weight.sum(1).clamp_min(1)
    mean = (values * weight).sum(1) / total
    return mean, ((values - mean[:, None]).square() * weight).sum(1).div(total).sqrt()
