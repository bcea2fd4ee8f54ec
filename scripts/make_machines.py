"""Steady noises of machines that were never built, to train `any` on.

    python -m scripts.make_machines OUT [count=600] [seed=1]

Writes OUT/noise5, mono at 16 kHz in Opus, with a manifest.csv. What `any` spoils most is music
beside hums and engines, whose notes a network takes for notes of music and the other way round; of
such noises free recordings are few. Each of these has numbers of its own: how fast it turns, what
its body rings at, how its overtones fall, how much air it moves.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rich.progress import track

from scripts.gather_debian import PEAK, RATE, put
from scripts.make_starter.dsp import Array, band, generator, pulses, resonate, shaped, tone, wander
from soundsieve.data.manifest import MANIFEST, write_table

SECONDS = 12.0
COLUMNS = ("path", "split", "group", "class", "licence", "seconds", "note")
MAINS = (50.0, 60.0)
HIGHEST = 7000.0
"""Hz, of an overtone."""
Rng = np.random.Generator


def main(words: list[str]) -> None:
    """Draws, writes."""
    options = dict(word.split("=", 1) for word in words if "=" in word)
    folders = [Path(word) for word in words if "=" not in word]
    if len(folders) != 1 or options.keys() - {"count", "seed"}:
        sys.exit(__doc__)
    count, seed = whole(options, "count", 600, least=1), whole(options, "seed", 1, least=0)
    rows = []
    for number, (kind, audio) in enumerate(track(noises(seed, count), total=count)):
        name = f"{kind}-{seed}-{number + 1:04d}"
        row = {"path": f"noise5/{name}.opus", "split": "train", "group": name, "class": kind}
        row |= {"licence": "MIT", "seconds": SECONDS, "note": "made by scripts/make_machines.py"}
        put(folders[0] / str(row["path"]), audio)
        rows.append(row)
    write_table(folders[0] / "noise5" / MANIFEST, COLUMNS, rows)


def whole(options: dict[str, str], name: str, usual: int, least: int) -> int:
    """An option that is a number; one line to leave with where it is none."""
    text = options.get(name, str(usual))
    if not text.isdecimal() or int(text) < least:
        sys.exit(f"{name}={text}: a whole number from {least}, {name}={usual} for instance.")
    return int(text)


def noises(seed: int, count: int) -> Iterator[tuple[str, Array]]:
    """So many noises, each kind in its turn, of peak `PEAK`."""
    n = round(SECONDS * RATE)
    for number in range(count):
        kind = list(KINDS)[number % len(KINDS)]
        rng = generator(seed, kind, number)
        audio = band(KINDS[kind](rng, n), 25, None, RATE)
        yield kind, (audio * PEAK / np.abs(audio).max()).astype(np.float32)


def engine(rng: Rng, n: int) -> Array:
    """Explosions that differ a little, through a pipe and a body, over what it drives."""
    hz = speed(rng, n, 9, 130)
    fire = pulses(hz, RATE) * rng.lognormal(0, rng.uniform(0.05, 0.4), n)
    burst = rng.standard_normal(800) * np.exp(-np.arange(800) / rng.uniform(10, 250))
    blows = unit(np.convolve(fire, burst)[:n])
    out = unit(body(rng, blows + rng.uniform(0, 0.5) * overtones(rng, hz)))
    return out + rng.uniform(0, 0.5) * air(rng, n, hz) + rng.uniform(0, 0.15) * whine(rng, n)


def motor(rng: Rng, n: int) -> Array:
    """Overtones of a shaft, now and then a second one, in a housing that rings."""
    hz = speed(rng, n, 30, 600)
    out = overtones(rng, hz)
    if rng.random() < 0.4:
        out = out + rng.uniform(0.2, 1) * overtones(rng, hz * rng.uniform(0.1, 4))
    out = unit(body(rng, out)) if rng.random() < 0.6 else out
    return out + rng.uniform(0, 0.8) * air(rng, n, hz) + rng.uniform(0, 0.3) * whine(rng, n)


def fan(rng: Rng, n: int) -> Array:
    """Air that beats with blades, and a little of the motor."""
    hz = speed(rng, n, 8, 250)
    return air(rng, n, hz) + rng.uniform(0, 0.5) * overtones(rng, hz)


def hum(rng: Rng, n: int) -> Array:
    """The mains in iron and loudspeakers: overtones that stand still over a faint hiss."""
    hz = np.full(n, rng.choice(MAINS) * rng.choice([1, 2])) * (1 + 3e-4 * wander(rng, n, 0.3, RATE))
    out = overtones(rng, hz)
    out = unit(body(rng, out)) if rng.random() < 0.4 else out
    return out + rng.uniform(0, 0.3) * air(rng, n, hz)


def flow(rng: Rng, n: int) -> Array:
    """Water, gas, tyres and wind: noise of any colour that hardly changes."""
    out = air(rng, n, np.full(n, rng.uniform(0.2, 6)))
    return out + rng.uniform(0, 0.6) * unit(body(rng, out))


KINDS = {one.__name__: one for one in (engine, motor, fan, hum, flow)}


def speed(rng: Rng, n: int, low: float, high: float) -> Array:
    """Turns a second: nearly constant, wandering, or one that rises and falls."""
    hz = np.exp(rng.uniform(np.log(low), np.log(high)))
    unsteady = np.exp(rng.uniform(np.log(0.0005), np.log(0.04)))
    curve = hz * (1 + unsteady * wander(rng, n, rng.uniform(0.2, 3), RATE))
    if rng.random() < 0.25:
        curve = curve * 2 ** (rng.uniform(0.2, 1) * wander(rng, n, rng.uniform(0.1, 0.4), RATE))
    return np.clip(curve, 2, HIGHEST / 2)


def overtones(rng: Rng, hz: Array) -> Array:
    """Sines at the multiples of a speed: falling, uneven, each swaying by itself. Unit power."""
    n = len(hz)
    turn = 2 * np.pi * np.cumsum(hz) / RATE
    fall, uneven, odd = rng.uniform(0.2, 1.8), rng.uniform(0, 1.0), rng.uniform(0.2, 1)
    out = np.zeros(n)
    for k in range(1, min(40, int(HIGHEST / hz.max())) + 1):
        gain = k**-fall * rng.lognormal(0, uneven) * (1 if k % 2 else odd)
        sway = 1 + rng.uniform(0, 0.4) * wander(rng, n, rng.uniform(0.2, 4), RATE)
        out += gain * sway * np.sin(k * turn + rng.uniform(0, 2 * np.pi))
    return unit(out)


def air(rng: Rng, n: int, hz: Array) -> Array:
    """Noise of any colour that swells as often as `hz` says. Unit power."""
    points = np.sort(np.exp(rng.uniform(np.log(60), np.log(7500), 5)))
    tilt = rng.uniform(-9, 1)
    levels = tilt * np.log2(points / 60) + rng.normal(0, 5, 5)
    out = shaped(rng, n, dict(zip(points.tolist(), levels.tolist(), strict=True)), RATE)
    beat = rng.uniform(0, 0.8) ** 2 * np.sin(2 * np.pi * np.cumsum(hz) / RATE)
    return unit(out * (1 + beat) * 10 ** (rng.uniform(0, 0.15) * wander(rng, n, 1, RATE)))


def whine(rng: Rng, n: int) -> Array:
    """One to three high tones. Unit power."""
    pitches = np.exp(rng.uniform(np.log(800), np.log(HIGHEST), rng.integers(1, 4)))
    unsteady = np.exp(rng.uniform(np.log(0.0003), np.log(0.02)))
    return unit(sum(tone(hz * (1 + unsteady * wander(rng, n, 1, RATE)), n, RATE) for hz in pitches))


def body(rng: Rng, audio: Array) -> Array:
    """The sound of what shakes, through what it shakes."""
    modes = [
        (hz, hz * rng.uniform(0.03, 0.5), rng.lognormal(0, 0.8))
        for hz in np.exp(rng.uniform(np.log(50), np.log(5000), rng.integers(3, 9)))
    ]
    return resonate(audio, modes, RATE) + rng.uniform(0, 0.5) * audio


def unit(audio: Array) -> Array:
    """The same at unit power."""
    return audio / np.sqrt(np.mean(audio**2) + 1e-12)


if __name__ == "__main__":
    main(sys.argv[1:])
