"""Stationary noises: machines, weather and wires whose level and colour hardly change."""

import numpy as np

from .dsp import Array, band, pulses, resonate, ring, shaped, sloped, tone, wander

Rng = np.random.Generator


def desk_fan(rng: Rng, n: int, rate: int) -> Array:
    """Air noise that beats with the blades, over a motor whine."""
    blades = rng.uniform(55, 90)
    air = shaped(rng, n, {50: -6, 180: 0, 700: -6, 3000: -18, 12000: -38}, rate)
    air *= 1 + 0.25 * tone(blades * (1 + 0.01 * wander(rng, n, 1, rate)), n, rate)
    return air + 0.08 * tone(rng.uniform(290, 330), n, rate) + 0.2 * tone(blades, n, rate)


def computer_fans(rng: Rng, n: int, rate: int) -> Array:
    """Several small fans whose tones beat against each other, and a disk's whine."""
    out = shaped(rng, n, {60: -12, 400: 0, 1500: -8, 6000: -20, 12000: -34}, rate)
    for _ in range(3):
        hz = rng.uniform(160, 420) * (1 + 0.002 * wander(rng, n, 0.5, rate))
        for k in (1, 2, 3, 5):
            out += rng.uniform(0.05, 0.25) / k * tone(k * hz, n, rate, rng.uniform(0, 6))
    return out + 0.03 * tone(rng.uniform(5000, 7500), n, rate)


def white_hiss(rng: Rng, n: int, rate: int) -> Array:
    """Amplifier hiss, nearly flat, with a touch of treble tilt."""
    return sloped(rng, n, rng.uniform(-0.5, 1.0), rate)


def pink_noise(rng: Rng, n: int, rate: int) -> Array:
    """Noise that falls about 3 dB an octave."""
    return sloped(rng, n, rng.uniform(-3.6, -2.4), rate)


def brown_rumble(rng: Rng, n: int, rate: int) -> Array:
    """A deep rumble that falls about 6 dB an octave, with some room resonances."""
    deep = band(sloped(rng, n, rng.uniform(-6.5, -5), rate), 30, None, rate)
    return deep + resonate(
        deep, [(rng.uniform(60, 160), 12, 2.0), (rng.uniform(200, 350), 25, 2.0)], rate
    )


def tape_hiss(rng: Rng, n: int, rate: int) -> Array:
    """Rising hiss with slow unevenness and a little wow in its hum."""
    hiss = shaped(rng, n, {100: -26, 1000: -12, 4000: 0, 9000: 0, 12000: -6}, rate)
    hum = tone(100 * (1 + 0.004 * wander(rng, n, 2, rate)), n, rate)
    return hiss * (1 + 0.08 * wander(rng, n, 4, rate)) + 0.15 * hum


def mains_buzz(rng: Rng, n: int, rate: int) -> Array:
    """A ground loop at 50 Hz: many harmonics, odd ones strongest."""
    hz = 50 * (1 + 0.0004 * wander(rng, n, 0.3, rate))
    out = 0.03 * sloped(rng, n, -3, rate)
    for k in range(1, 60):
        level = (1.0 if k % 2 else 0.4) * k ** -rng.uniform(0.7, 1.3)
        out += level * tone(k * hz, n, rate, rng.uniform(0, 6.3))
    return out


def transformer(rng: Rng, n: int, rate: int) -> Array:
    """A substation's hum: even harmonics of 60 Hz, a rattling lid, faint corona hiss."""
    hz, out = 120 * (1 + 0.0003 * wander(rng, n, 0.3, rate)), np.zeros(n)
    for k in (1, 2, 3, 4, 5, 6, 8, 10, 14):
        out += rng.uniform(0.3, 1) * k**-0.9 * tone(k * hz, n, rate, rng.uniform(0, 6.3))
    lid = resonate(
        np.abs(out) * rng.standard_normal(n), [(rng.uniform(1200, 2600), 300, 0.6)], rate
    )
    return out + lid + 0.04 * sloped(rng, n, 2, rate)


def diesel_idle(rng: Rng, n: int, rate: int) -> Array:
    """A big engine at idle: uneven combustion knocks through the resonances of the block."""
    firing = rng.uniform(20, 28) * (1 + 0.02 * wander(rng, n, 3, rate))
    knocks = pulses(firing, rate)
    knocks[knocks > 0] *= rng.lognormal(0, 0.35, int((knocks > 0).sum()))
    block = [
        (38, 12, 40),
        (85, 20, 60),
        (190, 40, 40),
        (420, 90, 30),
        (1100, 300, 22),
        (2300, 700, 14),
    ]
    clatter = np.convolve(knocks, np.exp(-np.arange(900) / 180) * rng.standard_normal(900))[:n]
    return resonate(knocks, block, rate) * 3 + 0.25 * band(clatter, 300, 5000, rate)


def petrol_cruise(rng: Rng, n: int, rate: int) -> Array:
    """The inside of a car at constant speed: engine orders over body boom."""
    hz = rng.uniform(70, 110) * (1 + 0.006 * wander(rng, n, 0.8, rate))
    out = shaped(rng, n, {30: 4, 90: 0, 300: -16, 1500: -30, 10000: -52}, rate)
    for k in (0.5, 1, 1.5, 2, 3, 4, 6):
        out += rng.uniform(0.1, 0.5) / (1 + k) * tone(k * hz, n, rate, rng.uniform(0, 6))
    return out


def steady_rain(rng: Rng, n: int, rate: int) -> Array:
    """Thousands of small drops over a wash of far ones."""
    drops = (rng.random(n) < 900 / rate) * rng.lognormal(0, 0.55, n)
    near = sum(
        np.convolve(drops * (rng.random(n) < 0.12), drop_of(rng, rate))[:n] for _ in range(24)
    )
    return near + 0.35 * shaped(rng, n, {100: -24, 800: -8, 3000: 0, 8000: -2, 12000: -8}, rate)


def drop_of(rng: Rng, rate: int) -> Array:
    """A raindrop on one surface: a short noisy tick at a pitch of its own."""
    tick = ring([(rng.uniform(1200, 7000), rng.uniform(0.003, 0.009), 1.0)], 0.02, rate)
    return tick + 0.3 * rng.standard_normal(len(tick)) * np.exp(-np.arange(len(tick)) / 25)


def ventilation(rng: Rng, n: int, rate: int) -> Array:
    """Air in a duct: a comb of pipe resonances and a low fan tone."""
    air = shaped(rng, n, {40: 0, 150: -2, 600: -12, 2500: -24, 12000: -46}, rate)
    pipe = rng.uniform(62, 95)
    modes = [(pipe * k, 8.0 + 2 * k, 1.5 / k**0.5) for k in range(1, 12)]
    return air * 0.6 + resonate(air, modes, rate) + 0.15 * tone(rng.uniform(48, 60), n, rate)


def road_rumble(rng: Rng, n: int, rate: int) -> Array:
    """Tyres on asphalt heard in the cabin, with a cavity tone near 220 Hz."""
    out = shaped(rng, n, {25: 0, 60: 2, 150: -4, 500: -14, 1100: -17, 3000: -34, 12000: -55}, rate)
    cavity = resonate(
        out, [(rng.uniform(205, 235), 14, 2.5), (rng.uniform(850, 1050), 200, 1.0)], rate
    )
    return (out + cavity) * (1 + 0.06 * wander(rng, n, 3, rate))


def airliner_cabin(rng: Rng, n: int, rate: int) -> Array:
    """Boundary-layer roar with two fan tones that nearly agree."""
    roar = shaped(rng, n, {30: -4, 120: 0, 500: -5, 1500: -12, 5000: -26, 12000: -44}, rate)
    hz = rng.uniform(105, 130)
    return roar + 0.12 * tone(hz, n, rate) + 0.12 * tone(hz + rng.uniform(0.4, 1.1), n, rate)


def shower(rng: Rng, n: int, rate: int) -> Array:
    """Water jets in a tiled cabin: bright noise, cabin modes, splashes."""
    jets = shaped(rng, n, {100: -20, 500: -6, 2000: 0, 6000: -3, 12000: -10}, rate)
    cabin = resonate(jets, [(rng.uniform(150, 700), 30, 1.2) for _ in range(5)], rate)
    splash = (rng.random(n) < 60 / rate) * rng.lognormal(0, 0.7, n)
    body = rng.standard_normal(700) * np.exp(-np.arange(700) / 150)
    return jets + cabin + 0.5 * band(np.convolve(splash, body)[:n], 400, 5000, rate)


def refrigerator(rng: Rng, n: int, rate: int) -> Array:
    """A compressor's hum with sidebands, rattling shelves and gurgling far below."""
    hz, out = rng.uniform(47, 50), 0.05 * sloped(rng, n, -4, rate)
    for k in range(1, 16):
        sway = 1 + 0.2 * tone(rng.uniform(0.5, 3), n, rate)
        out += rng.uniform(0.2, 1) / k * sway * tone(k * hz, n, rate, rng.uniform(0, 6))
    return out + resonate(np.maximum(out, 0.4), [(rng.uniform(500, 900), 40, 0.8)], rate)


def server_room(rng: Rng, n: int, rate: int) -> Array:
    """Racks of fast fans: broad noise with a forest of high blade tones."""
    out = shaped(rng, n, {60: -14, 300: -4, 1000: 0, 4000: -8, 12000: -22}, rate)
    for _ in range(14):
        out += 0.07 * tone(rng.uniform(400, 5200) * (1 + 0.0008 * wander(rng, n, 1, rate)), n, rate)
    return out


def electric_shaver(rng: Rng, n: int, rate: int) -> Array:
    """A buzzing armature: pulses near 100 Hz in a small plastic shell."""
    buzz = pulses(rng.uniform(90, 120) * (1 + 0.004 * wander(rng, n, 2, rate)), rate)
    buzz += 0.01 * rng.standard_normal(n)
    shell = [(rng.uniform(500, 900), 120, 4), (rng.uniform(1800, 2600), 300, 6), (4800, 900, 5)]
    return resonate(buzz, shell, rate) + 0.4 * band(buzz, None, 400, rate)


KINDS = {
    "train": {
        desk_fan: 2, white_hiss: 2, pink_noise: 1, brown_rumble: 1, mains_buzz: 1, diesel_idle: 2,
        steady_rain: 2, ventilation: 2, road_rumble: 2, computer_fans: 1, refrigerator: 1,
        electric_shaver: 1, tape_hiss: 1,
    },
    "valid": {petrol_cruise: 1, shower: 1},
    "test": {airliner_cabin: 1, transformer: 1, server_room: 1},
}  # fmt: skip
"""Clips of each kind, by split."""
