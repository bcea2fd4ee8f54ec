"""Signal tools that all parts of the corpus share: noise shapes, resonances, envelopes, levels."""

import zlib

import numpy as np
from scipy import signal

Array = np.ndarray


def generator(seed: int, *name: object) -> np.random.Generator:
    """A generator of its own for every named thing, so that one recipe never shifts another."""
    return np.random.default_rng([seed, zlib.crc32("/".join(map(str, name)).encode())])


def resample(audio: Array, from_rate: int, to_rate: int) -> Array:
    """The same sound at another sample rate (Hz)."""
    if from_rate == to_rate:
        return audio
    common = int(np.gcd(from_rate, to_rate))
    return signal.resample_poly(audio, to_rate // common, from_rate // common)


def band(audio: Array, low: float | None, high: float | None, rate: int, order: int = 2) -> Array:
    """Butterworth band, low or high pass; None leaves that side open (Hz)."""
    if low and high:
        sos = signal.butter(order, [low, min(high, rate * 0.49)], "bandpass", fs=rate, output="sos")
    elif high:
        sos = signal.butter(order, min(high, rate * 0.49), "lowpass", fs=rate, output="sos")
    else:
        sos = signal.butter(order, low, "highpass", fs=rate, output="sos")
    return signal.sosfilt(sos, audio)


def shaped(rng: np.random.Generator, n: int, points: dict[float, float], rate: int) -> Array:
    """Noise of unit power whose spectrum passes through points, Hz to dB, on a log axis."""
    spectrum = np.fft.rfft(rng.standard_normal(n))
    hz = np.maximum(np.fft.rfftfreq(n, 1 / rate), 1.0)
    level = np.interp(np.log(hz), np.log(list(points)), list(points.values()))
    noise = np.fft.irfft(spectrum * 10 ** (level / 20), n)
    return noise / np.sqrt(np.mean(noise**2))


def sloped(rng: np.random.Generator, n: int, db_per_octave: float, rate: int) -> Array:
    """Noise of unit power with one spectral slope: 0 white, -3 pink, -6 brown."""
    octaves = np.log2(rate / 2 / 20)
    return shaped(rng, n, {20.0: 0.0, rate / 2: db_per_octave * octaves}, rate)


def wander(rng: np.random.Generator, n: int, hz: float, rate: int) -> Array:
    """A smooth random curve of about unit deviation that turns about `hz` times a second."""
    knots = max(4, int(n / rate * hz * 2) + 4)
    curve = signal.resample(rng.standard_normal(knots), knots * 16)
    inner = curve[16:-16]
    return np.interp(np.linspace(0, len(inner) - 1, n), np.arange(len(inner)), inner)


def resonate(audio: Array, modes: list[tuple[float, float, float]], rate: int) -> Array:
    """The sum of resonators (Hz, bandwidth in Hz, gain), each of unit gain at its own frequency."""
    out = np.zeros_like(audio)
    for hz, width, gain in modes:
        if hz < rate * 0.48:
            b, a = signal.iirpeak(hz, max(hz / width, 0.3), fs=rate)
            out += gain * signal.lfilter(b, a, audio)
    return out


def ring(modes: list[tuple[float, float, float]], seconds: float, rate: int) -> Array:
    """A struck object: decaying sines (Hz, seconds to fall 60 dB, gain)."""
    t = np.arange(int(seconds * rate)) / rate
    out = np.zeros(len(t))
    for hz, decay, gain in modes:
        if hz < rate * 0.48:
            out += gain * np.exp(-6.9 * t / decay) * np.sin(2 * np.pi * hz * t)
    ramp = min(len(out), int(0.0005 * rate) + 1)
    out[:ramp] *= np.linspace(0, 1, ramp)
    return out


def pulses(hz: Array, rate: int) -> Array:
    """A train of unit impulses whose rate follows the curve `hz`."""
    return np.diff(np.floor(np.cumsum(hz) / rate), prepend=0.0)


def tone(hz: Array | float, n: int, rate: int, phase: float = 0.0) -> Array:
    """A sine whose frequency may be a curve."""
    curve = np.broadcast_to(np.asarray(hz, dtype=float), (n,))
    return np.sin(2 * np.pi * np.cumsum(curve) / rate + phase)


def place(out: Array, audio: Array, at: int, gain: float = 1.0) -> None:
    """Add a sound to `out`, starting at sample `at`, cut where `out` ends."""
    at = max(at, 0)
    end = min(len(out), at + len(audio))
    if end > at:
        out[at:end] += gain * audio[: end - at]


def swell(n: int, attack: float, release: float, rate: int) -> Array:
    """An envelope that rises and falls with raised cosines (seconds) and is one between."""
    out = np.ones(n)
    up, down = min(n // 2, int(attack * rate)), min(n // 2, int(release * rate))
    if up:
        out[:up] = 0.5 - 0.5 * np.cos(np.pi * np.arange(up) / up)
    if down:
        out[-down:] *= 0.5 + 0.5 * np.cos(np.pi * np.arange(down) / down)
    return out


def room(rng: np.random.Generator, audio: Array, seconds: float, wet: float, rate: int) -> Array:
    """Add a diffuse tail that falls 60 dB in `seconds` and loses its treble first."""
    n = int(seconds * rate)
    decay = np.exp(-6.9 * np.arange(n) / n)
    bright, dull = rng.standard_normal(n) * decay**2, rng.standard_normal(n) * decay
    tail = bright * 0.4 + band(dull, 150, 2500, rate, 1)
    tail[: int(0.008 * rate)] = 0
    tail /= np.sqrt(np.sum(tail**2))
    return audio + wet * signal.fftconvolve(audio, tail)[: len(audio)]


def active_level(audio: Array, rate: int) -> float:
    """Level in dBFS of the frames (20 ms) within 40 dB of the loudest one."""
    size = rate // 50
    frames = audio[: len(audio) // size * size].reshape(-1, size)
    power = np.mean(frames**2, axis=1)
    return float(10 * np.log10(np.mean(power[power > power.max() * 1e-4]) + 1e-12))


def at_level(audio: Array, level: float, rate: int, peak: float = -3.0) -> Array:
    """Scale to an active level in dBFS, or as near as peaks allow; up to 4 dB of them go."""
    ceiling = 10 ** (peak / 20)
    gain = 10 ** ((level - active_level(audio, rate)) / 20)
    audio = audio * min(gain, 1.6 * ceiling / np.abs(audio).max())
    knee = 0.6 * ceiling
    over = np.maximum(np.abs(audio) - knee, 0)
    soft = knee + (ceiling - knee) * np.tanh(over / (ceiling - knee))
    return np.where(over > 0, np.sign(audio) * soft, audio)
