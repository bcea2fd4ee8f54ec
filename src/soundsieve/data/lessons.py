"""Scenes with a new sound in them: what a model hears already, and a user's own sound added."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundsieve.audio.levels import SILENCE, active_power, to_gain
from soundsieve.data.crops import Cropper
from soundsieve.data.draws import Draws, Floats
from soundsieve.data.effects.chain import Chain
from soundsieve.data.effects.ducking import draw_ducking, ducking
from soundsieve.data.effects.formant import move_formants
from soundsieve.data.effects.speed import longest, play
from soundsieve.data.mixer import PEAK, Mixer
from soundsieve.data.recordings import Recordings
from soundsieve.law import Law
from soundsieve.recipe import Mix
from soundsieve.stems import STEMS, Stems

POOL, AUDIO = 0.5, 0.3
"""Odds that a scene is of the user's own pool, where there is one, and of the unlabelled audio."""
OTHER = ((0.68, 0.85), (1.18, 1.45))
"""Factors of pitch and formants that make of a voice somebody else's, down or up."""
OTHER_LEVEL = (-5.0, 10.0)
"""Decibels of such a voice over the rest of its scene."""
SPEED = {"noise": 0.1, "prompts": 0.03}
"""How far a new sound is played faster or slower; more would make another voice of it."""


def mix_of(mix: Mix, stem: str, training: bool) -> Mix:
    """How a new sound comes into scenes: less changed than other sounds, as it is to be known.

    Where it is not for training, it comes as it was recorded, through the loudspeaker of a prompt.
    """
    changes = {"speed": 0.5 * training, "speed_range": SPEED[stem], "formant": 0.0}
    effects = mix.effects.model_copy(update=changes)
    return mix.model_copy(update={"effects": effects, "eq": 0.5 * training, "eq_range": 4.0})


class Sound:
    """Cuts of recordings, as they come into scenes: with chime and loudspeaker where prompts do."""

    def __init__(
        self,
        recordings: Recordings,
        split: str,
        mix: Mix,
        *,
        stems: Stems = STEMS,
        device: torch.device | str = "cpu",
    ):
        self.pool, self.device = recordings.pool, device
        rate, top = self.pool.sample_rate, stems.path(recordings.stem)[-1]
        self.frames = round(mix.segment * rate)
        if top != "all":
            top = stems.path(recordings.stem)[1]
        effects = {"eq": mix.eq, "eq_range": mix.eq_range}
        self.chain = Chain(mix.effects, self.pool, split, (top,), self.frames, **effects)
        self.cropper = Cropper(self.pool, split, max(self.chain.crop, self.frames), 0.0)

    def draw(self, draws: Draws) -> Tensor:
        """One sound a scene, silent where its recording pauses. Shape: `[batch, channel, time]`."""
        present = np.ones((len(draws), 1), bool)
        audio, used, alone, _ = self.cropper.crop(draws, present)
        present &= audio.any((-2, -1))
        sounds = torch.from_numpy(audio).to(self.device)
        return self.chain.sources(sounds, draws, present, used, alone)[0][:, 0]


class OtherVoice:
    """A voice with another pitch and other formants: somebody else, recorded in the same way."""

    def __init__(self, recordings: Recordings, split: str, segment: float):
        self.pool = recordings.pool
        self.frames = round(segment * self.pool.sample_rate)
        reach = OTHER[1][1] - 1
        self.cropper = Cropper(self.pool, split, longest(self.frames, reach), 0.0)

    def draw(self, draws: Draws) -> Tensor:
        """Shape: `[batch, channel, time]`."""
        audio = self.cropper.crop(draws, np.ones((len(draws), 1), bool))[0][:, 0]
        pitch, size = self._factors(draws, "pitch"), self._factors(draws, "size")
        lengths = np.array([longest(self.frames, factor - 1) for factor in pitch])
        sounds = play(torch.from_numpy(audio), lengths, self.frames)
        return move_formants(sounds, size / pitch, self.pool.sample_rate)

    def _factors(self, draws: Draws, name: str) -> Floats:
        luck = draws.uniform(f"other/{name}")[:, 0]
        up = draws.uniform("other/up")[:, 0] < 0.5
        low, high = (edges[0] + luck * (edges[1] - edges[0]) for edges in OTHER)
        return np.where(up, high, low)


@dataclass
class Lesson:
    """A batch of scenes with a new sound. `stems` are nothing where none is known.

    Shape: `base, sound [batch, channel, time]`, `stems [batch, stem, channel, time]`.
    """

    scope: tuple[str, ...]
    base: Tensor
    sound: Tensor
    stems: Tensor

    @property
    def mixture(self) -> Tensor:
        """Shape: `[batch, channel, time]`."""
        return self.base + self.sound


class Lessons:
    """Draws lessons by index: a scene of the mixers or a cut of unlabelled audio, and the sound.

    The first mixer is of the starter corpus, a second one of the user's own pool. Unlabelled audio
    and other voices are no stem of theirs: only a teacher can say what is in them.
    """

    def __init__(
        self,
        sound: Sound,
        mixers: Sequence[Mixer],
        *,
        audio: Sound | None = None,
        other: OtherVoice | None = None,
        snr: Law,
        alone: float = 0.0,
        without: float = 0.0,
        others: float = 0.0,
        mix: Mix,
        seed: int = 0,
        stems: Stems = STEMS,
    ):
        self.sound, self.mixers, self.audio, self.other = sound, mixers, audio, other
        self.snr, self.alone, self.without, self.others = snr, alone, without, others
        self.mix, self.seed, self.segment = mix, seed, mix.segment
        self.tree = stems
        self.scope = tuple(dict.fromkeys(stem for mixer in mixers for stem in mixer.scope))

    def draw(self, indices: Sequence[int], *, snr: float | None = None) -> Lesson:
        """The lessons of these indices; with `snr` each one has both scene and sound, at that."""
        draws = Draws(self.seed, indices)
        sound = self.sound.draw(draws)
        stems, base = self._bases(draws, indices)
        if self.other and self.others:
            self._add_others(base, draws)
        self._duck(stems, base, sound, draws)
        law = self.snr if snr is None else Law.fixed(snr)
        luck = draws.uniform("new/kind")[:, 0] if snr is None else np.ones(len(draws))
        lacks, alone = luck < self.without, (luck >= self.without)
        alone &= luck < self.without + self.alone
        for part in (base, stems):
            part[torch.from_numpy(alone)] = 0.0
        sound[torch.from_numpy(lacks)] = 0.0
        self._at_snr(base, sound, draws.law("new/snr", law)[:, 0], draws)
        self._under_peak(base, stems, sound)
        return Lesson(self.scope, base, sound, stems)

    def _bases(self, draws: Draws, indices: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Stems of every scene, and their sums, or a cut of audio in their place."""
        luck = draws.uniform("new/base")[:, 0]
        audio = (luck < AUDIO) & (self.audio is not None)
        own = ~audio & (draws.uniform("new/pool")[:, 0] < POOL) & (len(self.mixers) > 1)
        frames, device = self.sound.frames, self.sound.device
        stems = torch.zeros(len(draws), len(self.scope), 1, frames, device=device)
        for place, mixer in enumerate(self.mixers):
            rows = np.flatnonzero(~audio & (own == bool(place)))
            if len(rows):
                drawn = mixer.scenes([indices[row] for row in rows.tolist()])
                columns = [self.scope.index(stem) for stem in mixer.scope]
                stems[torch.from_numpy(rows)[:, None], torch.tensor(columns)] = drawn.stems
        base = stems.sum(1)
        rows = np.flatnonzero(audio)
        if len(rows) and self.audio:
            heard = self.audio.draw(Draws(self.seed + 1, [indices[row] for row in rows.tolist()]))
            level = draws.law("level", self.mix.level)[rows, 0]
            base[torch.from_numpy(rows)] = _at_level(heard, level, self.mixers[0].sample_rate)
        return stems, base

    def _add_others(self, base: Tensor, draws: Draws) -> None:
        """Another voice in some of the scenes, in place."""
        rows = np.flatnonzero(draws.chance("other/on", self.others)[:, 0])
        if not len(rows) or self.other is None:
            return
        here, rate = torch.from_numpy(rows), self.mixers[0].sample_rate
        voice = self.other.draw(Draws(self.seed + 2, draws.scenes[rows].tolist())).to(base.device)
        power = active_power(base[here], rate).cpu().numpy()
        over = draws.uniform("other/level", 1, *OTHER_LEVEL)[rows, 0]
        own = draws.law("level", self.mix.level)[rows, 0]
        level = np.where(power > SILENCE, 10 * np.log10(np.maximum(power, SILENCE)) + over, own)
        base[here] += _at_level(voice, level, rate)

    def _duck(self, stems: Tensor, base: Tensor, sound: Tensor, draws: Draws) -> None:
        """Music down under the new sound, where that is a prompt, in place."""
        if self.sound.chain.tops[0] != "prompts" or not self.mix.effects.duck:
            return
        depth, ramp = draw_ducking(draws, self.mix.effects.duck, self.mix.effects.duck_depth)
        music = [i for i, s in enumerate(self.scope) if "music" in self.tree.path(s)]
        for row in np.flatnonzero(depth):
            under = stems[row, music]
            if sound[row].any() and under.any():
                rate = self.mixers[0].sample_rate
                gain = ducking(sound[row], float(depth[row]), float(ramp[row]), rate)
                base[row] -= (under * (1 - gain)).sum(0)
                stems[row, music] = under * gain

    def _at_snr(self, base: Tensor, sound: Tensor, snr: NDArray, draws: Draws) -> None:
        """The sound at its level in the scene, or at a scene's where it is alone, in place."""
        rate = self.mixers[0].sample_rate
        power = active_power(base, rate)
        own = to_gain(torch.from_numpy(draws.law("level", self.mix.level)[:, 0]).to(power)).square()
        asked = torch.where(
            power > SILENCE, power / 10 ** (torch.from_numpy(snr / 10)).to(power), own
        )
        heard = active_power(sound, rate).clamp_min(SILENCE)
        sound *= (asked / heard).sqrt()[:, None, None]

    def _under_peak(self, *parts: Tensor) -> None:
        """Scenes under full scale, in place."""
        base, stems, sound = parts
        peak = (base + sound).abs().amax((1, 2))
        gain = (PEAK / peak.clamp_min(PEAK))[:, None, None]
        base *= gain
        sound *= gain
        stems *= gain[:, None]


def _at_level(audio: Tensor, level: NDArray, sample_rate: int) -> Tensor:
    """Rows at levels in dBFS. Shape: `[row, channel, time], [row]`."""
    power = active_power(audio, sample_rate).clamp_min(SILENCE)
    gain = to_gain(torch.from_numpy(level).to(power)) * power.rsqrt()
    return audio * gain[:, None, None]


def beside(base: Tensor, sound: Tensor, snr: float, sample_rate: int) -> tuple[Tensor, Tensor]:
    """Scenes and a sound at an SNR in dB, under full scale; both silent where one of them is.

    Shape: `[batch, channel, time]` each.
    """
    power, heard = active_power(base, sample_rate), active_power(sound, sample_rate)
    both = (power > SILENCE) & (heard > SILENCE)
    ratio = (power / heard.clamp_min(SILENCE)).sqrt() * 10 ** (-snr / 20)
    sound = sound * ratio[:, None, None]
    gain = both * PEAK / (base + sound).abs().amax((1, 2)).clamp_min(PEAK)
    return base * gain[:, None, None], sound * gain[:, None, None]
