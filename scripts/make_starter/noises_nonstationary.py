"""Nonstationary noises: crowds, traffic, weather and machines that swell, turn and stop."""

import numpy as np

from .dsp import (
    Array,
    band,
    place,
    pulses,
    resonate,
    ring,
    room,
    shaped,
    sloped,
    swell,
    tone,
    wander,
)
from .sentences import lines
from .voices import RATE, Voice, say

Rng = np.random.Generator

TALKERS = [
    "zac",
    "sandro",
    "rob",
    "edward2",
    "max",
    "RicishayMax",
    "boris",
    "victor",
    "quincy",
    "travis",
    "miguel",
    "Gene2",
]
"""Variants of espeak-ng that only the babble uses."""


def babble(rng: Rng, n: int, rate: int) -> Array:
    """A dozen synthetic talkers in many languages at once, each at a distance of its own."""
    out = np.zeros(n)
    languages = ["en", "de", "fr", "es", "it", "nl", "pl", "sv", "tr"]
    for talker in rng.permutation(TALKERS):
        language = str(rng.choice(languages))
        model = {"fr": "fr-fr", "en": "en-us"}.get(language, language) + "+" + str(talker)
        voice = Voice(
            "", language, "espeak", model, int(rng.integers(30, 75)), 165, rng.uniform(0.92, 1.12)
        )
        at = -rng.uniform(0, 2.0)
        for line in lines(language, rng):
            spoken = say(voice, line)
            place(
                out,
                spoken[max(0, int(-at * rate)) :] / np.std(spoken),
                int(at * rate),
                rng.uniform(0.4, 1),
            )
            at += len(spoken) / RATE + rng.uniform(0.1, 0.6)
            if at * rate > n:
                break
    return room(rng, band(out, 120, 6000, rate, 1), 0.9, 0.6, rate)


def crowd_cheer(rng: Rng, n: int, rate: int) -> Array:
    """A stadium: hundreds of shouted vowels that rise to a roar and fall back."""
    out = 0.5 * shaped(rng, n, {100: -14, 500: 0, 1400: -2, 3000: -12, 12000: -36}, rate)
    roar = 0.3 + np.clip(wander(rng, n, 0.25, rate), -0.2, 2)
    for _ in range(160):
        m = int(rng.uniform(0.4, 1.4) * rate)
        hz = rng.uniform(170, 520) * (
            1 + 0.1 * np.sin(np.linspace(0, np.pi, m)) + 0.01 * wander(rng, m, 6, rate)
        )
        shout = band(2 * pulses(hz, rate) - hz / rate, 300, 4000, rate, 1)
        vowel = [
            (rng.uniform(500, 900), 140, 4),
            (rng.uniform(1000, 1800), 200, 3),
            (2800, 300, 1.5),
        ]
        place(
            out,
            resonate(shout, vowel, rate) * swell(m, 0.15, 0.3, rate),
            int(rng.uniform(-0.05, 1) * n),
            2.0,
        )
    return room(rng, out * roar, 1.5, 0.8, rate)


def traffic_passing(rng: Rng, n: int, rate: int) -> Array:
    """Cars pass over a far hum, each brightest when nearest, its pitch falling."""
    t = np.arange(n) / rate
    out = 0.08 * shaped(rng, n, {40: 0, 200: -6, 1000: -14, 10000: -44}, rate)
    at = rng.uniform(0.3, 1.0)
    while at < n / rate + 0.5:
        speed, reach = rng.uniform(9, 20), rng.uniform(4, 9)
        way = speed * (t - at)
        near = reach / np.hypot(way, reach)
        doppler = 1 - speed / 343 * way / np.hypot(way, reach)
        tyre = shaped(rng, n, {60: -12, 300: -5, 900: 0, 2000: -7, 10000: -30}, rate) * near**1.5
        hiss = band(rng.standard_normal(n), 2500, 9000, rate) * near**4 * 0.3
        hz = rng.uniform(60, 120) * doppler
        engine = (
            sum(rng.uniform(0.1, 0.5) * tone(k * hz, n, rate) / k for k in range(1, 9)) * near**1.3
        )
        out += tyre + hiss + rng.uniform(0.4, 1.2) * engine
        at += rng.uniform(1.2, 3.0)
    return out


def wind_gusts(rng: Rng, n: int, rate: int) -> Array:
    """Wind at a microphone and round a corner: rumble in gusts and a whistle."""
    gust = np.clip(
        0.45 + 0.5 * wander(rng, n, 0.5, rate) + 0.2 * wander(rng, n, 3, rate), 0.03, None
    )
    rumble = shaped(rng, n, {20: 4, 80: 0, 250: -10, 1000: -24, 6000: -48}, rate) * gust**1.7
    whistle, m = np.zeros(n), rate // 4
    for start in range(0, n - m // 2, m // 2):
        hz = 260 + 420 * gust[min(start + m // 2, n - 1)]
        piece = resonate(rng.standard_normal(m), [(hz, 35, 1.0), (hz * 2.1, 90, 0.4)], rate)
        place(whistle, piece * np.hanning(m), start)
    return rumble + 1.2 * whistle * gust**1.5


def washing_machine(rng: Rng, n: int, rate: int) -> Array:
    """The drum turns, laundry flops, water sloshes, then it turns the other way."""
    period = rng.uniform(1.0, 1.4)
    turn = np.clip(2.2 * np.sin(2 * np.pi * np.arange(n) / rate / (period * 3)), -1, 1) ** 2
    motor = sum(tone(k * 95 * (0.6 + 0.4 * turn), n, rate) / k for k in (1, 2, 3, 4, 7)) * turn
    slosh = (
        shaped(rng, n, {80: -8, 300: 0, 1200: -8, 5000: -24}, rate)
        * np.abs(wander(rng, n, 2, rate))
        * 0.7
    )
    out = 0.5 * motor + slosh + 0.1 * sloped(rng, n, -3, rate)
    for k in range(int(n / rate / period * 2)):
        flop = ring([(70, 0.2, 2), (150, 0.15, 1.2), (310, 0.1, 0.7)], 0.35, rate)
        place(out, flop, int((k * period / 2 + rng.uniform(0, 0.1)) * rate), rng.uniform(0.3, 1.3))
    return out


def running_tap(rng: Rng, n: int, rate: int) -> Array:
    """A tap opened and closed over a filling basin: jet hiss with bubbles that rise in pitch."""
    flow = np.clip(0.55 + 0.6 * wander(rng, n, 0.35, rate), 0.04, 1.2)
    jet = shaped(rng, n, {100: -18, 700: -4, 2500: 0, 7000: -6, 12000: -14}, rate)
    return 0.5 * jet * flow + bubbles(rng, n, rate, 90, (350, 2200)) * flow


def bubbles(rng: Rng, n: int, rate: int, per_second: float, pitch: tuple[float, float]) -> Array:
    """Bubbles that ring at the pitch of their size and rise a little as they near the surface."""
    out = np.zeros(n)
    for _ in range(int(n / rate * per_second)):
        hz, m = np.exp(rng.uniform(*np.log(pitch))), int(0.06 * rate)
        sweep = hz * (1 + rng.uniform(0, 0.5) * np.arange(m) / m)
        blip = tone(sweep, m, rate) * np.exp(-np.arange(m) / rate * hz * 0.11)
        place(out, blip, int(rng.uniform(0, n)), rng.lognormal(-0.5, 0.6))
    return out


def brook(rng: Rng, n: int, rate: int) -> Array:
    """Water over stones: many bubbles of all sizes over a soft rush."""
    rush = shaped(rng, n, {150: -12, 600: 0, 2000: -6, 6000: -14, 12000: -26}, rate)
    return bubbles(rng, n, rate, 260, (250, 3000)) + 0.3 * rush * (
        1 + 0.3 * wander(rng, n, 2, rate)
    )


def surf(rng: Rng, n: int, rate: int) -> Array:
    """Waves break and draw back: noise that opens in treble and closes again."""
    wave = np.clip(0.4 + 0.7 * wander(rng, n, 0.22, rate), 0.05, None)
    low = shaped(rng, n, {40: 0, 200: -3, 800: -12, 4000: -30}, rate)
    high = shaped(rng, n, {400: -20, 2000: 0, 7000: -5, 12000: -14}, rate)
    return 0.7 * low * wave + high * wave**2.5


def vacuum_cleaner(rng: Rng, n: int, rate: int) -> Array:
    """Starts, labours over carpet and stops: motor whine and air that follow its speed."""
    t = np.arange(n) / rate
    on, off = rng.uniform(0.3, 0.8), n / rate - rng.uniform(0.8, 1.4)
    speed = (1 - np.exp(-np.maximum(t - on, 0) / 0.35)) * np.exp(-np.maximum(t - off, 0) / 0.4)
    load = 1 + 0.05 * wander(rng, n, 0.8, rate)
    hz = rng.uniform(260, 330) * speed * load
    whine = sum(rng.uniform(0.2, 0.7) * tone(k * hz, n, rate) / k**0.6 for k in range(1, 12))
    air = shaped(rng, n, {80: -10, 400: 0, 1500: -3, 5000: -9, 12000: -22}, rate)
    return speed**2 * (0.9 * whine + air * (1 + 0.2 * wander(rng, n, 1.5, rate)))


def power_drill(rng: Rng, n: int, rate: int) -> Array:
    """A drill runs up, bites into the wall with hammering, and lets go, again and again."""
    drive = np.clip(1.6 * tone(rng.uniform(0.3, 0.5), n, rate, rng.uniform(0, 6)), 0, 1)
    hz = 40 + 480 * drive * (1 + 0.03 * wander(rng, n, 2, rate))
    gears = sum(tone(k * hz, n, rate) / k**0.7 for k in (1, 2, 3, 4, 6, 9, 13))
    bite = np.clip(wander(rng, n, 0.8, rate), 0, 1) * drive
    blows = np.convolve(
        pulses(50 * drive, rate), rng.standard_normal(300) * np.exp(-np.arange(300) / 60)
    )[:n]
    return (
        0.4 * gears * drive
        + 1.2 * band(blows, 200, 7000, rate) * bite
        + 0.02 * rng.standard_normal(n)
    )


def train_passing(rng: Rng, n: int, rate: int) -> Array:
    """A train on jointed track: a roar that comes and goes, pairs of clacks, a squeal."""
    t = np.arange(n) / rate
    near = np.exp(-(((t - n / rate * rng.uniform(0.4, 0.6)) / (n / rate * 0.3)) ** 2))
    out = shaped(rng, n, {30: 0, 100: 0, 400: -7, 1500: -12, 6000: -28}, rate) * (0.1 + near)
    wheel = [(rng.uniform(300, 1800), 0.08, 1.0) for _ in range(5)]
    for k in range(int(n / rate / 0.62) + 1):
        for pair in (0.0, 0.13):
            clack = ring(wheel, 0.15, rate) + 2 * ring([(75, 0.15, 1)], 0.15, rate)
            at = int((k * 0.62 + pair) * rate)
            place(out, clack, at, 4 * near[min(at, n - 1)])
    squeal = resonate(rng.standard_normal(n), [(hz * 2.2, 15, 1.5) for hz, _, _ in wheel[:2]], rate)
    return out + squeal * near**2 * np.clip(wander(rng, n, 1.5, rate), 0, 1)


def motorcycle(rng: Rng, n: int, rate: int) -> Array:
    """A motorcycle goes up through the gears: firing pulses in a resonant exhaust."""
    t = np.arange(n) / rate
    shift = rng.uniform(1.2, 1.8)
    revs = 38 + 60 * (t % shift) / shift + 4 * np.minimum(t // shift, 4)
    fire = pulses(revs * (1 + 0.01 * wander(rng, n, 8, rate)), rate)
    fire[fire > 0] *= rng.lognormal(0, 0.2, int((fire > 0).sum()))
    pipe = [(95, 30, 10), (210, 60, 9), (430, 110, 7), (900, 260, 5), (2100, 700, 3)]
    breath = np.convolve(fire, rng.standard_normal(500) * np.exp(-np.arange(500) / 120))[:n]
    fade = swell(n, 1.0, n / rate * 0.5, rate)
    return (resonate(fire, pipe, rate) + 0.1 * band(breath, 500, 6000, rate)) * fade


def blender(rng: Rng, n: int, rate: int) -> Array:
    """A blender pulsed over ice: whine bending under load, lumps knocking the jar."""
    speed = np.clip(3 * np.abs(tone(rng.uniform(0.2, 0.35), n, rate)) - 0.6, 0, 1)
    speed = np.convolve(speed, np.ones(1200) / 1200, "same")
    hz = 210 * speed * (1 + 0.06 * wander(rng, n, 5, rate))
    whine = sum(tone(k * hz, n, rate) / k**0.5 for k in (1, 2, 3, 4, 6, 8, 12, 16))
    lumps = (rng.random(n) < 22 / rate) * rng.lognormal(0, 0.6, n)
    jar = np.convolve(
        lumps, ring([(840, 0.05, 1), (2300, 0.04, 0.8), (4100, 0.03, 0.5)], 0.06, rate)
    )[:n]
    return (
        speed
        * (0.35 * whine + 0.6 * shaped(rng, n, {200: -8, 1000: 0, 5000: -6, 12000: -16}, rate))
        + 2 * jar * speed
    )


def helicopter(rng: Rng, n: int, rate: int) -> Array:
    """Rotor slap, turbine whine and a slow approach."""
    slap = pulses(rng.uniform(11, 15) * (1 + 0.004 * wander(rng, n, 0.4, rate)), rate)
    thump = np.convolve(slap, rng.standard_normal(1100) * np.exp(-np.arange(1100) / 260))[:n]
    turbine = tone(rng.uniform(1900, 2700), n, rate) * 0.05 + 0.12 * sloped(rng, n, -4, rate)
    near = 0.4 + 0.6 * np.linspace(0, 1, n) ** 2
    return (
        band(thump, 25, 700, rate) * 2 + 0.5 * band(thump, 700, 4000, rate) + 0.6 * turbine
    ) * near


def birds(rng: Rng, n: int, rate: int) -> Array:
    """A hedge in the morning: whistled phrases of several birds over leaves."""
    out = (
        0.05
        * shaped(rng, n, {200: -10, 2000: 0, 6000: -4, 12000: -10}, rate)
        * (1 + 0.3 * wander(rng, n, 1, rate))
    )
    for _ in range(4):
        base, width, at = rng.uniform(2200, 5500), rng.uniform(300, 1500), rng.uniform(0, 1.5)
        beat, notes = rng.uniform(0.06, 0.2), int(rng.integers(3, 9))
        shape = rng.uniform(-1, 1, (notes, 3))
        while at * rate < n:
            for note in shape:
                m = int(beat * 0.8 * rate)
                t = np.linspace(0, 1, m)
                hz = base + width * (
                    note[0] + note[1] * t + 0.3 * np.sin(2 * np.pi * 3 * note[2] * t)
                )
                place(out, tone(hz, m, rate) * np.hanning(m), int(at * rate), rng.uniform(0.3, 0.6))
                at += beat
            at += rng.uniform(0.5, 1.8)
    return room(rng, out, 1.2, 0.4, rate)


def hand_saw(rng: Rng, n: int, rate: int) -> Array:
    """Sawing through a board: strokes there and back, the note of the cut rising."""
    out, at = np.zeros(n), 0.1
    while at * rate < n:
        for length, gain in ((rng.uniform(0.28, 0.4), 1.0), (rng.uniform(0.22, 0.32), 0.5)):
            m = int(length * rate)
            speed = np.sin(np.linspace(0, np.pi, m))
            teeth = pulses(30 + 190 * speed, rate) + 0.3 * rng.standard_normal(m) * speed
            board = [(420, 160, 1), (1150, 350, 1), (2600, 700, 1.2), (5200, 1800, 0.8)]
            place(out, resonate(teeth, board, rate) * speed, int(at * rate), gain)
            at += length + rng.uniform(0.02, 0.08)
    return out


def inkjet_printer(rng: Rng, n: int, rate: int) -> Array:
    """The head runs to and fro, the motor steps the paper on."""
    out, at = 0.02 * sloped(rng, n, -3, rate), 0.1
    while at * rate < n:
        m = int(rng.uniform(0.45, 0.6) * rate)
        hz = 620 * (1 + 0.1 * np.sin(np.linspace(0, np.pi, m))) * rng.uniform(0.94, 1.06)
        slide = sum(tone(k * hz, m, rate) / k for k in (1, 2, 3, 5)) * 0.4 + 0.6 * band(
            rng.standard_normal(m), 1500, 8000, rate
        )
        place(out, slide * swell(m, 0.06, 0.06, rate), int(at * rate), 0.5)
        at += m / rate + 0.03
        step = pulses(np.full(int(0.15 * rate), 140.0), rate)
        place(out, resonate(step, [(900, 150, 6), (2400, 400, 5)], rate), int(at * rate), 0.8)
        at += 0.2
    return out


def radio_static(rng: Rng, n: int, rate: int) -> Array:
    """Turning the dial: static whose colour sweeps, whistles of carriers, sparks."""
    out, m = np.zeros(n), rate // 5
    centre = 1800 * 2 ** wander(rng, n, 0.8, rate)
    for start in range(0, n - m // 2, m // 2):
        piece = resonate(
            rng.standard_normal(m), [(float(np.clip(centre[start], 300, 9000)), 1800, 1)], rate
        )
        place(out, piece * np.hanning(m), start)
    whistle = tone(np.abs(1500 * wander(rng, n, 0.7, rate)), n, rate) * np.clip(
        wander(rng, n, 1, rate), 0, 1
    )
    sparks = (rng.random(n) < 25 / rate) * rng.lognormal(0, 0.8, n)
    return (
        out * (0.5 + np.abs(wander(rng, n, 2, rate)))
        + 0.25 * whistle
        + np.convolve(sparks, burst_of(rng))[:n]
    )


def burst_of(rng: Rng) -> Array:
    """A spark: two milliseconds of noise."""
    return rng.standard_normal(50) * np.exp(-np.arange(50) / 10)


KINDS = {
    "train": {
        babble: 3, traffic_passing: 2, wind_gusts: 2, washing_machine: 1, running_tap: 1, surf: 1,
        vacuum_cleaner: 2, power_drill: 1, motorcycle: 1, birds: 1, blender: 1, radio_static: 1,
        inkjet_printer: 1,
    },
    "valid": {hand_saw: 1, brook: 1},
    "test": {crowd_cheer: 1, train_passing: 1, helicopter: 1},
}  # fmt: skip
"""Clips of each kind, by split."""
