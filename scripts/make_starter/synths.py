"""Instruments in plain signal code: plucked strings, FM, saws, organ, chip and a drum machine."""

import numpy as np
from scipy import signal

from .dsp import Array, band, ring, swell, tone, wander

Rng = np.random.Generator


def pluck(rng: Rng, hz: float, seconds: float, rate: int) -> Array:
    """A plucked string after Karplus and Strong, tuned by interpolation in the loop."""
    n, period = int((seconds + 0.4) * rate), rate / hz - 0.5
    whole, part = int(period), period - int(period)
    noise = np.zeros(n)
    noise[:whole] = band(rng.uniform(-1, 1, whole * 3), None, min(9000, hz * 14), rate, 1)[
        whole : 2 * whole
    ]
    loop = np.zeros(whole + 3)
    loop[0], damping = 1.0, 0.5 ** (1 / (hz * 0.35 + 20))
    loop[whole : whole + 3] -= damping * np.convolve([0.5, 0.5], [1 - part, part])
    return signal.lfilter([1.0], loop, noise) * swell(n, 0.001, 0.1, rate)


def fm_keys(rng: Rng, hz: float, seconds: float, rate: int) -> Array:
    """An electric piano by frequency modulation: a tine that dies over a mellow body."""
    n = int((seconds + 0.3) * rate)
    t = np.arange(n) / rate
    tine = np.sin(2 * np.pi * hz * 14 * t) * np.exp(-t * 14) * 0.25
    body = np.sin(2 * np.pi * hz * t + 1.6 * np.exp(-t * 2.5) * np.sin(2 * np.pi * hz * t) + tine)
    return body * np.exp(-t * 1.5) * swell(n, 0.002, 0.15, rate)


def fm_bell(rng: Rng, hz: float, seconds: float, rate: int) -> Array:
    """A bell by frequency modulation with an irrational ratio."""
    n = int((seconds + 1.0) * rate)
    t = np.arange(n) / rate
    side = np.sin(2 * np.pi * hz * 3.53 * t)
    return (
        np.sin(2 * np.pi * hz * t + 2.4 * np.exp(-t * 2) * side)
        * np.exp(-t * 2.2)
        * swell(n, 0.001, 0.2, rate)
    )


def fm_brass(rng: Rng, hz: float, seconds: float, rate: int) -> Array:
    """A brassy tone by frequency modulation, brightest just after its attack."""
    n = int((seconds + 0.1) * rate)
    bend = hz * (1 + 0.004 * np.sin(2 * np.pi * 5 * np.arange(n) / rate))
    env = swell(n, 0.06, 0.1, rate)
    index = 3.2 * env * (0.7 + 0.3 * np.exp(-np.arange(n) / rate * 4))
    phase = 2 * np.pi * np.cumsum(bend) / rate
    return np.sin(phase + index * np.sin(phase)) * env


def saw(hz: Array | float, n: int, rate: int, phase: float = 0.0) -> Array:
    """A sawtooth without audible folding: a ramp whose step is smoothed (polyBLEP)."""
    step = np.broadcast_to(np.asarray(hz, dtype=float), (n,)) / rate
    ramp = (np.cumsum(step) + phase) % 1.0
    low, high = ramp < step, ramp > 1 - step
    fix = np.zeros(n)
    x = ramp / step
    fix[low] = (2 * x - x * x - 1)[low]
    y = (ramp - 1) / step
    fix[high] = (y * y + 2 * y + 1)[high]
    return 2 * ramp - 1 - fix


def saw_pad(rng: Rng, hz: float, seconds: float, rate: int) -> Array:
    """Five detuned saws behind a filter that opens slowly."""
    n = int((seconds + 0.5) * rate)
    out = sum(saw(hz * 2 ** (cents / 1200), n, rate, rng.random()) for cents in (-11, -5, 0, 6, 12))
    return 0.3 * band(out, 80, min(hz * 6 + 600, 7000), rate) * swell(n, 0.25, 0.5, rate)


def saw_lead(rng: Rng, hz: float, seconds: float, rate: int) -> Array:
    """A bright pair of saws with vibrato."""
    n = int((seconds + 0.08) * rate)
    bend = hz * (1 + 0.005 * tone(5.5, n, rate))
    return (
        0.5
        * band(saw(bend, n, rate) + saw(bend * 1.006, n, rate), 100, 8000, rate, 1)
        * swell(n, 0.01, 0.08, rate)
    )


def square_chip(rng: Rng, hz: float, seconds: float, rate: int) -> Array:
    """The square wave of an old game machine, in short steps of loudness."""
    n = int((seconds + 0.05) * rate)
    steps = np.maximum(1 - np.floor(np.arange(n) / rate * 20) / 24, 0.15)
    return 0.5 * (saw(hz, n, rate) - saw(hz, n, rate, 0.25)) * steps * swell(n, 0.002, 0.03, rate)


def organ(rng: Rng, hz: float, seconds: float, rate: int) -> Array:
    """A tone-wheel organ: nine drawbars, key click, a turning speaker."""
    n = int((seconds + 0.05) * rate)
    bars = (
        (0.5, 0.8),
        (1, 1),
        (1.5, 0.6),
        (2, 0.8),
        (3, 0.4),
        (4, 0.5),
        (5, 0.2),
        (6, 0.25),
        (8, 0.3),
    )
    turn = tone(6.3, n, rate)
    out = sum(g * tone(hz * k * (1 + 0.0025 * turn), n, rate, rng.uniform(0, 6)) for k, g in bars)
    click = rng.standard_normal(n) * np.exp(-np.arange(n) / 60) * 0.5
    return 0.3 * (out * (1 + 0.15 * turn) + click) * swell(n, 0.004, 0.03, rate)


def kalimba(rng: Rng, hz: float, seconds: float, rate: int) -> Array:
    """A thumb piano: a bar's inharmonic modes and a nail's tick."""
    tick = band(
        rng.standard_normal(int(1.2 * rate)) * np.exp(-np.arange(int(1.2 * rate)) / 90),
        800,
        6000,
        rate,
    )
    return (
        ring([(hz, 1.3, 1), (hz * 5.4, 0.3, 0.25), (hz * 11.2, 0.12, 0.1)], 1.2, rate) + 0.2 * tick
    )


def bowed(rng: Rng, hz: float, seconds: float, rate: int) -> Array:
    """A bowed string: a saw with late vibrato and bow noise through a wooden body."""
    n = int((seconds + 0.15) * rate)
    late = np.clip(np.arange(n) / rate / 0.4 - 0.4, 0, 1)
    bend = hz * (1 + 0.005 * late * tone(5.2, n, rate) + 0.0015 * wander(rng, n, 4, rate))
    string = saw(bend, n, rate) + 0.08 * rng.standard_normal(n)
    body = sum(
        signal.lfilter(*signal.iirpeak(f, 5, fs=rate), string) for f in (280, 450, 1100, 2600)
    )
    return 0.4 * (band(string, 150, 4500, rate, 1) * 0.5 + body) * swell(n, 0.09, 0.14, rate)


def sub_bass(rng: Rng, hz: float, seconds: float, rate: int) -> Array:
    """A sine that starts a little sharp and is driven into soft clipping."""
    n = int((seconds + 0.05) * rate)
    t = np.arange(n) / rate
    return np.tanh(1.8 * tone(hz * (1 + 0.6 * np.exp(-t * 45)), n, rate)) * swell(
        n, 0.004, 0.06, rate
    )


def acid_bass(rng: Rng, hz: float, seconds: float, rate: int) -> Array:
    """A saw through a resonant low-pass whose cutoff falls with every note."""
    n, out = int((seconds + 0.03) * rate), np.zeros(int((seconds + 0.03) * rate))
    wave, size, state = saw(hz, n, rate), 256, np.zeros((2, 2))
    for start in range(0, n, size):
        cutoff = 180 + 1900 * np.exp(-start / rate * 9)
        b, a = signal.iirpeak(cutoff, 5, fs=rate)
        low = signal.butter(2, cutoff * 1.3, fs=rate)
        piece = wave[start : start + size]
        peak, state[0] = signal.lfilter(b, a, piece, zi=state[0])
        soft, state[1] = signal.lfilter(*low, piece, zi=state[1])
        out[start : start + size] = soft + 1.2 * peak
    return np.tanh(1.3 * out) * swell(n, 0.003, 0.03, rate)


SYNTHS = {
    "pluck": pluck,
    "fm_keys": fm_keys,
    "fm_bell": fm_bell,
    "fm_brass": fm_brass,
    "saw_pad": saw_pad,
    "saw_lead": saw_lead,
    "square_chip": square_chip,
    "organ": organ,
    "kalimba": kalimba,
    "bowed": bowed,
    "sub_bass": sub_bass,
    "acid_bass": acid_bass,
}


def drum(rng: Rng, name: str, rate: int) -> Array:
    """One stroke of the drum machine, with small differences from stroke to stroke."""
    n = int(0.5 * rate)
    t, noise = np.arange(n) / rate, rng.standard_normal(n)
    metal = sum(
        np.sign(tone(hz * 1.03, n, rate, rng.uniform(0, 6)))
        for hz in (2050, 3040, 3690, 5220, 5400, 8000)
    )
    if name == "kick":
        return tone(48 + 160 * np.exp(-t * 42), n, rate) * np.exp(-t * 9) + 0.2 * noise * np.exp(
            -t * 400
        )
    if name == "snare":
        return 0.6 * band(noise, 900, 9000, rate) * np.exp(-t * 19) + 0.7 * tone(
            185 + 60 * np.exp(-t * 60), n, rate
        ) * np.exp(-t * 22)
    if name == "clap":
        bursts = sum(
            np.where(t > d, np.exp(-np.maximum(t - d, 0) * 130), 0) for d in (0, 0.011, 0.023)
        )
        return band(noise, 800, 4500, rate) * (bursts + 0.6 * np.exp(-t * 20))
    if name in ("hat", "ride"):
        return (
            0.12
            * band(metal + noise, 6500, None, rate)
            * np.exp(-t * (70 if name == "hat" else 14))
        )
    if name == "open":
        return 0.12 * band(metal + noise, 6000, None, rate) * np.exp(-t * 11)
    if name == "crash":
        return 0.3 * band(0.4 * metal + 2 * noise, 3000, None, rate) * np.exp(-t * 6)
    if name == "rim":
        return ring([(1750, 0.03, 1), (2600, 0.02, 0.6)], 0.1, rate)
    return tone(90 + 70 * np.exp(-t * 12), n, rate) * np.exp(-t * 11)  # toms
