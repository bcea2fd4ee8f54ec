"""Transient noises: blows, clicks and barks; a clip is several events with silence between."""

from collections.abc import Callable

import numpy as np

from .dsp import Array, band, place, resonate, ring, room, shaped, swell, tone, wander

Rng = np.random.Generator


def events(
    rng: Rng, n: int, rate: int, gap: tuple[float, float], sound: Callable[[], Array]
) -> Array:
    """Sounds in turn at random gaps (seconds) and levels, the first soon after the start."""
    out, at = np.zeros(n), rng.uniform(0.02, 0.25)
    while at * rate < n:
        place(out, sound(), int(at * rate), 10 ** (rng.normal(0, 2.5) / 20))
        at += rng.uniform(*gap)
    return out


def burst(rng: Rng, seconds: float, decay: float, low: float, high: float, rate: int) -> Array:
    """Noise in one band that dies away (seconds to fall 60 dB)."""
    n = int(seconds * rate)
    noise = band(rng.standard_normal(n), low, high, rate)
    return noise * np.exp(-6.9 * np.arange(n) / rate / decay)


def modes(rng: Rng, count: int, low: float, high: float, decay: tuple[float, float]) -> list:
    """Random modes between two frequencies, higher ones shorter and softer."""
    hz = np.exp(rng.uniform(np.log(low), np.log(high), count))
    return [
        (f, rng.uniform(*decay) * (low / f) ** 0.3, rng.uniform(0.2, 1) * (low / f) ** 0.3)
        for f in hz
    ]


def keyboard(rng: Rng, n: int, rate: int) -> Array:
    """Typing: press and release clicks on a hollow board, in bursts of words."""
    board = modes(rng, 5, 180, 900, (0.02, 0.05))

    def key() -> Array:
        click = burst(rng, 0.05, rng.uniform(0.01, 0.03), 1500, 8000, rate)
        stroke = np.concatenate(
            [click + 0.8 * ring(board, 0.05, rate), np.zeros(int(rng.uniform(0.03, 0.08) * rate))]
        )
        return np.concatenate([stroke, 0.35 * click[::1]]) * (1.6 if rng.random() < 0.15 else 1)

    return sum(events(rng, n, rate, gap, key) for gap in ((0.09, 0.3), (0.15, 1.2)))


def mouse(rng: Rng, n: int, rate: int) -> Array:
    """Mouse clicks, double clicks and a ratcheting wheel."""
    shell = modes(rng, 4, 1400, 5500, (0.008, 0.02))

    def click() -> Array:
        one = ring(shell, 0.04, rate) + 0.4 * burst(rng, 0.04, 0.006, 2000, 10000, rate)
        if rng.random() < 0.3:
            wheel = np.zeros(int(0.5 * rate))
            for k in range(int(rng.integers(4, 10))):
                place(wheel, one, int((0.04 * k + rng.uniform(0, 0.01)) * rate), 0.35)
            return wheel
        return np.concatenate([one, np.zeros(int(0.04 * rate)), 0.7 * one])

    return events(rng, n, rate, (0.25, 1.0), click)


def door_slam(rng: Rng, n: int, rate: int) -> Array:
    """Wooden doors thrown shut: thud, latch, rattle and the room's answer."""

    def slam() -> Array:
        thud = ring(modes(rng, 7, 45, 400, (0.15, 0.4)), 0.7, rate) * 2
        place(thud, burst(rng, 0.3, 0.12, 80, 4000, rate), 0, 4.0)
        for k in range(4):
            place(
                thud,
                burst(rng, 0.06, 0.03, 900, 6000, rate),
                int((0.03 + 0.045 * k) * rate),
                2.0 / (k + 1),
            )
        return thud

    return room(rng, events(rng, n, rate, (1.2, 2.2), slam), 0.7, 0.5, rate)


def dishes(rng: Rng, n: int, rate: int) -> Array:
    """Plates and cups knocked and stacked: inharmonic rings of china."""
    china = [modes(rng, 7, 900, 8000, (0.08, 0.35)) for _ in range(6)]

    def clink() -> Array:
        piece = china[int(rng.integers(6))]
        hit = ring(piece, 0.4, rate) + 0.5 * burst(rng, 0.4, 0.01, 1500, 9000, rate)
        again = np.zeros(int(0.6 * rate))
        for k in range(int(rng.integers(1, 5))):
            place(again, hit, int(0.06 * k * rng.uniform(0.6, 1.3) * rate), 0.7**k)
        return again

    return room(rng, events(rng, n, rate, (0.2, 0.7), clink), 0.5, 0.25, rate)


def hammer(rng: Rng, n: int, rate: int) -> Array:
    """A hammer on nails in a plank: steady blows whose pitch climbs as the nail goes in."""
    plank, count = modes(rng, 6, 110, 800, (0.06, 0.2)), [0]

    def blow() -> Array:
        count[0] += 1
        nail = 2100 * (1 + 0.07 * (count[0] % 7))
        steel = ring(
            [(nail, 0.08, 1), (nail * 2.7, 0.05, 0.6), (nail * 4.1, 0.03, 0.4)], 0.35, rate
        )
        return steel + 1.5 * ring(plank, 0.35, rate) + burst(rng, 0.35, 0.015, 500, 9000, rate)

    return room(rng, events(rng, n, rate, (0.42, 0.55), blow), 0.6, 0.35, rate)


def footsteps(rng: Rng, n: int, rate: int) -> Array:
    """Heel and sole on a wooden floor, left and right a little different."""
    feet = [modes(rng, 5, 70, 500, (0.05, 0.12)) for _ in range(2)]
    count = [0]

    def step() -> Array:
        count[0] += 1
        heel = ring(feet[count[0] % 2], 0.3, rate) * 1.2 + burst(rng, 0.3, 0.02, 700, 4500, rate)
        place(heel, burst(rng, 0.15, 0.07, 400, 3500, rate), int(0.09 * rate), 0.4)
        return heel

    return room(rng, events(rng, n, rate, (0.48, 0.6), step), 0.8, 0.3, rate)


def clapping(rng: Rng, n: int, rate: int) -> Array:
    """A few people clap, each with their own hands and beat, not together."""
    out = np.zeros(n)
    for _ in range(int(rng.integers(3, 7))):
        palm, beat = rng.uniform(700, 1900), rng.uniform(0.2, 0.36)

        def clap(palm: float = palm) -> Array:
            noise = burst(rng, 0.12, rng.uniform(0.03, 0.07), 400, 9000, rate)
            return resonate(noise, [(palm, 500, 2.0), (palm * 2.2, 1200, 1.0)], rate)

        out += rng.uniform(0.3, 1) * events(rng, n, rate, (beat * 0.95, beat * 1.05), clap)
    return room(rng, out, 1.0, 0.3, rate)


def paper(rng: Rng, n: int, rate: int) -> Array:
    """Pages turned and crumpled: crackle that comes in rushes."""

    def rush() -> Array:
        m = int(rng.uniform(0.3, 0.9) * rate)
        crackle = (rng.random(m) < rng.uniform(300, 900) / rate) * rng.lognormal(0, 1, m)
        body = rng.standard_normal(90) * np.exp(-np.arange(90) / 14)
        rustle = shaped(rng, m, {200: -20, 1500: -2, 4000: 0, 9000: -4, 12000: -10}, rate)
        moving = np.abs(wander(rng, m, 9, rate))
        return (
            (band(np.convolve(crackle, body)[:m], 600, 9500, rate) + 0.3 * rustle)
            * moving
            * swell(m, 0.04, 0.2, rate)
        )

    return events(rng, n, rate, (0.6, 1.4), rush)


def dog_bark(rng: Rng, n: int, rate: int) -> Array:
    """Barks: a rough harmonic cry that jumps up and falls, through a short throat."""
    size = rng.uniform(0.7, 1.4)

    def bark() -> Array:
        m = int(rng.uniform(0.14, 0.24) * rate)
        t = np.linspace(0, 1, m)
        hz = (320 + 380 * np.sin(np.pi * t**0.6)) / size * (1 + 0.03 * wander(rng, m, 60, rate))
        cry = sum(tone(k * hz, m, rate) / k**0.5 for k in range(1, 16))
        rough = cry * (1 + 0.5 * wander(rng, m, 45, rate)) + 1.5 * rng.standard_normal(m)
        throat = [(700 / size, 200, 1), (1500 / size, 300, 0.8), (2900 / size, 500, 0.4)]
        one = resonate(rough, throat, rate) * swell(m, 0.015, 0.09, rate)
        return (
            np.concatenate([one, np.zeros(int(0.12 * rate)), 0.8 * one])
            if rng.random() < 0.5
            else one
        )

    return room(rng, events(rng, n, rate, (0.5, 1.2), bark), 0.5, 0.3, rate)


def cough(rng: Rng, n: int, rate: int) -> Array:
    """Coughs: an explosive breath through an open vowel, twice or thrice."""
    size = rng.uniform(0.85, 1.2)

    def one() -> Array:
        m = int(rng.uniform(0.25, 0.4) * rate)
        air = rng.standard_normal(m) * np.exp(-np.arange(m) / rate / 0.09)
        folds = sum(tone(k * (150 + 40 * wander(rng, m, 12, rate)), m, rate) for k in range(1, 9))
        air += 0.25 * folds * np.exp(-np.abs(np.arange(m) / rate - 0.12) / 0.05)
        throat = [
            (650 * size, 180, 1),
            (1300 * size, 260, 0.8),
            (2600 * size, 500, 0.5),
            (4200, 1500, 0.25),
        ]
        hack = resonate(air, throat, rate) * swell(m, 0.004, 0.1, rate)
        return np.concatenate([hack, np.zeros(int(0.06 * rate)), 0.7 * hack])

    return room(rng, events(rng, n, rate, (1.0, 2.2), one), 0.4, 0.2, rate)


def breaking_glass(rng: Rng, n: int, rate: int) -> Array:
    """A pane goes, then the shards fall: hundreds of tiny rings after one crash."""

    def crash() -> Array:
        out = np.zeros(int(1.6 * rate))
        place(out, burst(rng, 0.3, 0.15, 900, 10000, rate), 0, 2.0)
        for _ in range(110):
            shard = ring(modes(rng, 3, 2500, 9500, (0.03, 0.15)), 0.16, rate)
            place(out, shard, int(rng.exponential(0.28) * rate), rng.uniform(0.05, 0.5))
        return out

    return room(rng, events(rng, n, rate, (1.5, 2.8), crash), 0.6, 0.2, rate)


def knocking(rng: Rng, n: int, rate: int) -> Array:
    """Knuckles on a door, three or four at a time."""
    wood = modes(rng, 6, 130, 900, (0.05, 0.14))

    def knocks() -> Array:
        out = np.zeros(int(1.2 * rate))
        for k in range(int(rng.integers(3, 5))):
            hit = ring(wood, 0.2, rate) + 0.4 * burst(rng, 0.2, 0.012, 700, 4000, rate)
            place(out, hit, int((0.19 * k + rng.uniform(0, 0.02)) * rate), rng.uniform(0.7, 1))
        return out

    return room(rng, events(rng, n, rate, (1.3, 2.2), knocks), 0.5, 0.35, rate)


def coins(rng: Rng, n: int, rate: int) -> Array:
    """Coins dropped on a table: bounces that quicken, then a spin."""

    def drop() -> Array:
        out, metal = np.zeros(int(1.4 * rate)), modes(rng, 5, 3500, 10500, (0.08, 0.3))
        gap, at, level = rng.uniform(0.14, 0.25), 0.0, 1.0
        while gap > 0.008 and at < 1.2:
            place(
                out,
                ring(metal, 0.25, rate) + 0.3 * burst(rng, 0.25, 0.008, 800, 6000, rate),
                int(at * rate),
                level,
            )
            at, gap, level = at + gap, gap * 0.82, level * 0.86
        return out

    return events(rng, n, rate, (0.5, 1.4), drop)


def ball(rng: Rng, n: int, rate: int) -> Array:
    """A basketball in a hall: a pinging membrane, a hard floor, a long echo."""
    ping = [
        (hz * rng.uniform(0.9, 1.1), 0.25, g)
        for hz, g in ((95, 1.5), (430, 0.5), (820, 0.35), (1270, 0.2))
    ]

    def bounce() -> Array:
        return ring(ping, 0.4, rate) + burst(rng, 0.4, 0.03, 150, 2500, rate)

    return room(rng, events(rng, n, rate, (0.5, 0.75), bounce), 1.8, 0.6, rate)


def zipper(rng: Rng, n: int, rate: int) -> Array:
    """Zips pulled at varying speed: a rising and falling rattle of teeth."""

    def pull() -> Array:
        m = int(rng.uniform(0.35, 0.8) * rate)
        speed = np.sin(np.linspace(0.15, np.pi, m)) ** 0.5 * rng.uniform(120, 260)
        teeth = np.diff(np.floor(np.cumsum(speed) / rate), prepend=0.0) * rng.uniform(0.6, 1, m)
        tick = ring([(2700, 0.006, 1), (4900, 0.005, 0.8), (7600, 0.004, 0.5)], 0.01, rate)
        return np.convolve(teeth, tick)[:m] + 0.04 * band(rng.standard_normal(m), 1500, 9000, rate)

    return events(rng, n, rate, (0.7, 1.6), pull)


def fireworks(rng: Rng, n: int, rate: int) -> Array:
    """Far bangs with rolling echoes, and the crackle that follows some."""

    def bang() -> Array:
        out = np.zeros(int(2.0 * rate))
        place(out, burst(rng, 0.8, 0.5, 30, 600, rate), 0, 3.0)
        place(out, burst(rng, 0.1, 0.05, 300, 5000, rate), 0, 1.0)
        if rng.random() < 0.5:
            for _ in range(60):
                place(
                    out,
                    burst(rng, 0.02, 0.01, 1500, 9000, rate),
                    int(rng.uniform(0.3, 1.2) * rate),
                    0.4,
                )
        return out

    return room(rng, events(rng, n, rate, (0.5, 1.5), bang), 2.0, 0.8, rate)


def typewriter(rng: Rng, n: int, rate: int) -> Array:
    """Type bars on a platen, a bell at the end of the line, the carriage thrown back."""
    frame, bell = (
        modes(rng, 6, 500, 4500, (0.02, 0.07)),
        ring([(2650, 0.9, 1), (5480, 0.5, 0.4)], 0.9, rate),
    )
    count = [0]

    def strike() -> Array:
        count[0] += 1
        if count[0] % 17 == 0:
            ratchet = np.zeros(int(0.45 * rate))
            for k in range(14):
                place(ratchet, burst(rng, 0.03, 0.015, 900, 6000, rate), int(0.03 * k * rate), 0.5)
            return np.concatenate([0.5 * bell, ratchet])
        return ring(frame, 0.1, rate) + burst(rng, 0.1, 0.015, 700, 8000, rate)

    return events(rng, n, rate, (0.11, 0.26), strike)


def microphone_bumps(rng: Rng, n: int, rate: int) -> Array:
    """A microphone handled and knocked: dull thumps and cloth rubbing."""

    def bump() -> Array:
        thump = ring([(rng.uniform(35, 90), 0.2, 2), (rng.uniform(120, 240), 0.1, 0.8)], 0.3, rate)
        m = int(rng.uniform(0.2, 0.6) * rate)
        rub = shaped(rng, m, {60: 0, 300: -4, 1500: -12, 8000: -28}, rate) * np.abs(
            wander(rng, m, 12, rate)
        )
        return np.concatenate([thump, 0.3 * rub * swell(m, 0.03, 0.1, rate)])

    return events(rng, n, rate, (0.4, 1.2), bump)


KINDS = {
    "train": {
        keyboard: 2, door_slam: 1, dishes: 2, hammer: 1, footsteps: 2, paper: 1, dog_bark: 2,
        cough: 1, coins: 1, knocking: 1, mouse: 1, zipper: 1, fireworks: 1,
    },
    "valid": {ball: 1, microphone_bumps: 1},
    "test": {clapping: 1, breaking_glass: 1, typewriter: 1},
}  # fmt: skip
"""Clips of each kind, by split."""
