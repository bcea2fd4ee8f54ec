"""Scenes with a new sound in them: what a model hears already, and a user's own sound added."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundsieve.audio.levels import SILENCE, active_power, to_gain
from soundsieve.data.crops import Cropper
from soundsieve.data.draws import Draws
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
OTHER_PITCH = (0.7, 1.4)
OTHER_SIZE = ((0.75, 0.88), (1.14, 1.33))
"""Factors of pitch, and of formants down or up, that make of a voice somebody else's: who talks at
the same pitch is still of another size."""
OTHER_LEVEL = (-5.0, 10.0)
"""Decibels of such a voice over the rest of its scene."""
OTHER_ALONE = 0.5
"""Odds that such a voice is all there is beside the new one: where it came in scenes alone, talkers
by themselves went with the new voice."""
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
        self.heard = max(self.chain.crop, self.frames)
        self.cropper = Cropper(self.pool, split, self.read, 0.0)

    @property
    def read(self) -> int:
        """Frames of a recording that a cut takes."""
        return self.heard

    def draw(self, draws: Draws) -> Tensor:
        """One sound a scene, silent where its recording pauses. Shape: `[batch, channel, time]`."""
        present = np.ones((len(draws), 1), bool)
        audio, used, alone, _ = self.cropper.crop(draws, present)
        present &= audio.any((-2, -1))
        sounds = self.turned(torch.from_numpy(audio)[:, 0], draws)[:, None].to(self.device)
        return self.chain.sources(sounds, draws, present, used, alone)[0][:, 0]

    def turned(self, sounds: Tensor, draws: Draws) -> Tensor:
        """What a cut is made into first. Shape: `[batch, channel, read] -> [.., heard]`."""
        return sounds


class OtherVoice(Sound):
    """A voice with another pitch and other formants: somebody else, recorded and played alike.

    Codec and loudspeaker being those of the new voice, only voices tell the two apart; a chime says
    that what follows is a prompt, and has no place before a talker.
    """

    def __init__(self, recordings: Recordings, split: str, mix: Mix, **options: Any):
        talks = mix.effects.model_copy(update={"event": 0.0})
        super().__init__(recordings, split, mix.model_copy(update={"effects": talks}), **options)

    @property
    def read(self) -> int:
        """Frames of a recording that a cut takes."""
        return longest(self.heard, OTHER_PITCH[1] - 1)

    def turned(self, sounds: Tensor, draws: Draws) -> Tensor:
        """Another voice of each. Shape: `[batch, channel, read] -> [batch, channel, heard]`."""
        pitch = np.exp(draws.uniform("other/pitch", 1, *np.log(OTHER_PITCH))[:, 0])
        luck, up = draws.uniform("other/size")[:, 0], draws.chance("other/up", 0.5)[:, 0]
        down, above = (low + luck * (high - low) for low, high in OTHER_SIZE)
        lengths = np.array([longest(self.heard, factor - 1) for factor in pitch])
        played = play(sounds, lengths, self.heard)
        return move_formants(played, np.where(up, above, down) / pitch, self.pool.sample_rate)


@dataclass
class Lesson:
    """A batch of scenes with a new sound. `stems` are nothing where none is known.

    Shape: `base, sound [batch, channel, time]`, `stems [batch, stem, channel, time]`,
    `talk [batch]`, whether all of the base is speech.
    """

    scope: tuple[str, ...]
    base: Tensor
    sound: Tensor
    stems: Tensor
    talk: Tensor

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
        talkers: float = 0.0,
        mix: Mix,
        seed: int = 0,
        stems: Stems = STEMS,
    ):
        self.sound, self.mixers, self.audio, self.other = sound, mixers, audio, other
        self.snr, self.alone, self.without = snr, alone, without
        self.others, self.talkers = others, talkers
        self.mix, self.seed, self.segment = mix, seed, mix.segment
        self.tree = stems
        self.scope = tuple(dict.fromkeys(stem for mixer in mixers for stem in mixer.scope))

    def draw(self, indices: Sequence[int], *, snr: float | None = None) -> Lesson:
        """The lessons of these indices; with `snr` each one has both scene and sound, at that."""
        draws = Draws(self.seed, indices)
        # Of a seed of its own: its cuts, speeds and filters have nothing to do with the scene's.
        sound = self.sound.draw(Draws(self.seed + 3, indices))
        stems, base, talk = self._bases(draws, indices)
        if self.other and self.others:
            self._add_others(base, stems, talk, draws)
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
        return Lesson(self.scope, base, sound, stems, talk)

    def _bases(self, draws: Draws, indices: Sequence[int]) -> tuple[Tensor, Tensor, Tensor]:
        """Stems, their sums or a cut of audio in their place, and where they are talk alone."""
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
        talk = self._leave_talkers(stems, draws)
        base = stems.sum(1)
        rows = np.flatnonzero(audio)
        if len(rows) and self.audio:
            heard = self.audio.draw(Draws(self.seed + 1, [indices[row] for row in rows.tolist()]))
            level = draws.law("level", self.mix.level)[rows, 0]
            base[torch.from_numpy(rows)] = _at_level(heard, level, self.mixers[0].sample_rate)
        return stems, base, talk

    def _leave_talkers(self, stems: Tensor, draws: Draws) -> Tensor:
        """Some of the scenes in which somebody talks without all else, in place; gives which."""
        talks = np.array(["speech" in self.tree.path(stem) for stem in self.scope])
        lone = torch.from_numpy(draws.chance("new/talker", self.talkers)[:, 0])
        lone &= stems[:, talks].flatten(1).any(1).cpu()
        stems[torch.outer(lone, torch.from_numpy(~talks))] = 0.0
        return lone.to(stems.device)

    def _add_others(self, base: Tensor, stems: Tensor, talk: Tensor, draws: Draws) -> None:
        """Another voice in some of the scenes, or instead of what they are; changes them."""
        rows = np.flatnonzero(draws.chance("other/on", self.others)[:, 0])
        if not len(rows) or self.other is None:
            return
        here, rate = torch.from_numpy(rows), self.mixers[0].sample_rate
        voice = self.other.draw(Draws(self.seed + 2, draws.scenes[rows].tolist())).to(base.device)
        lone = here[torch.from_numpy(draws.chance("other/alone", OTHER_ALONE)[rows, 0])]
        base[lone], stems[lone], talk[lone] = 0.0, 0.0, True
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
