"""The order of the effects: on sources before their levels, and on whole scenes after them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundsieve.data.draws import Draws
from soundsieve.data.effects import (
    babble,
    bandwidth,
    cuts,
    ducking,
    formant,
    loudspeaker,
    response,
    rooms,
    speed,
    stereo,
    sums,
    wind,
)
from soundsieve.data.effects.bank import room_bank
from soundsieve.data.effects.channel import Channel
from soundsieve.data.equaliser import draw_curves, draw_loudspeakers
from soundsieve.data.pool import Entry, Pool
from soundsieve.recipe import Effects

SINKS = ("noise", "nonstationary")
"""Stems that take what is no source's: late speech, and what clipping, codecs and losses add."""
VOICES = ("speech", "prompts")
"""Kinds of sound that have formants to move."""

Drawn = dict[str, NDArray]


@dataclass
class Rows:
    """The stems of a batch that sound, one a row."""

    scenes: int
    scene: NDArray[np.intp]
    stem: NDArray[np.intp]
    audio: Tensor
    """Shape: `[row, channel, time]`."""

    def where(self, stems: Sequence[int]) -> NDArray[np.intp]:
        """The rows of some stems of the scope."""
        return np.flatnonzero(np.isin(self.stem, stems))


@dataclass
class Late:
    """The late reverberation of speech, which has the gain of its source and joins the noise."""

    rows: Rows
    sink: int

    def join(self, stems: Tensor, gains: Tensor) -> None:
        """Add it to the noise, in place. Shape: `[batch, stem, channel, time], [batch, stem]`."""
        for row, (scene, stem) in enumerate(zip(self.rows.scene, self.rows.stem, strict=True)):
            stems[scene, self.sink] += self.rows.audio[row] * gains[scene, stem]


class Chain:
    """The effects of one split of a pool. Effects with odds of 0 are not even drawn.

    Where the scope has no noise, nothing can join it: speech keeps its late part, and there is no
    clipping, codec or packet loss.
    """

    def __init__(
        self,
        effects: Effects,
        pool: Pool,
        split: str,
        tops: Sequence[str],
        frames: int,
        *,
        eq: float = 0.0,
        eq_range: float = 6.0,
    ):
        self.effects, self.pool, self.split = effects, pool, split
        self.scope, self.tops, self.frames = pool.scope, tuple(tops), frames
        self.sample_rate = pool.sample_rate
        self.eq, self.eq_range = eq, eq_range
        self.sink = next((self.scope.index(s) for s in SINKS if s in self.scope), None)
        # Talkers of the split that is drawn from, so that no voice crosses splits.
        self.talkers = [s for s in self.scope if s == "speech" and pool.entries[s, split]]
        self.seconds = sums.Seconds(pool, split)
        self.bandwidths = bandwidth.Bandwidths(pool)
        odds = [effects.loudspeaker.get(top, 0.0) for top in self.tops]
        self.loudspeakers = np.array(odds)
        reach = effects.speed_range if effects.speed else 0.0
        self.crop = speed.longest(frames, reach) if reach else frames
        """Frames that `sources` wants of every source."""
        self._channel = Channel(effects, self.sample_rate, self.sink)

    def sources(
        self,
        stems: Tensor,
        draws: Draws,
        present: NDArray[np.bool_],
        used: Sequence[Mapping[str, Entry]],
        together: NDArray[np.bool_],
    ) -> tuple[Tensor, Late | None, Drawn]:
        """What befalls sources before the mix, late speech apart, and what was drawn.

        Shape: `[batch, stem, channel, crop] -> [batch, stem, channel, time]`.
        """
        drawn: Drawn = {}
        scene, stem = np.nonzero(present)
        rows = Rows(len(draws), scene, stem, stems[scene, stem])
        self._sum(rows, draws, used, together, drawn)
        lengths = self._play(rows, draws, together, drawn)
        self._move_formants(rows, draws, drawn)
        self._join_noises(rows, draws, drawn)
        self._cut(rows, draws, drawn)
        through = draw_loudspeakers(draws, self.loudspeakers)
        self._distort(rows, draws, through, drawn)
        self._duck(rows, draws, drawn)
        limits = self._limits(draws, used, lengths / self.frames, drawn)
        late = self._respond(rows, draws, through, limits, drawn)
        self._image(rows, draws, drawn)
        mixed = stems.new_zeros(*stems.shape[:3], self.frames)
        mixed[scene, stem] = rows.audio
        return mixed, late, drawn

    def channel(self, stems: Tensor, draws: Draws) -> Drawn:
        """What befalls whole scenes, at their levels and in place, and what was drawn.

        Shape: `[batch, stem, channel, time]`.
        """
        return self._channel.apply(stems, draws)

    def _at(self, top: str) -> list[int]:
        return [place for place, name in enumerate(self.tops) if name == top]

    def _heard(self, rows: Rows, own: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Which scenes have one of these rows."""
        return np.isin(np.arange(rows.scenes), rows.scene[own])

    def _sum(
        self,
        rows: Rows,
        draws: Draws,
        used: Sequence[Mapping[str, Entry]],
        together: NDArray,
        drawn: Drawn,
    ) -> None:
        """A second sound of a kind beside the first, but for the parts of a song that is whole."""
        if not self.effects.sum:
            return
        level, luck = sums.draw_sums(draws, len(self.scope), self.effects.sum)
        music = np.array([top == "music" for top in self.tops])
        level = drawn["sum"] = np.where(together[:, None] & music, np.nan, level)
        self.seconds.join(rows.audio, rows.scene, rows.stem, used, level, luck)

    def _play(self, rows: Rows, draws: Draws, together: NDArray, drawn: Drawn) -> NDArray:
        """Other speeds, one for the parts of a song that belong together."""
        lengths = np.full((len(draws), len(self.scope)), self.frames)
        if self.effects.speed:
            odds, reach = self.effects.speed, self.effects.speed_range
            lengths = speed.draw_lengths(draws, len(self.scope), self.frames, odds, reach)
            parts = self._at("music")
            if len(parts) > 1:
                same = np.repeat(lengths[:, parts[:1]], len(parts), 1)
                lengths[:, parts] = np.where(together[:, None], same, lengths[:, parts])
            drawn["speed"] = lengths / self.frames
        rows.audio = speed.play(rows.audio, lengths[rows.scene, rows.stem], self.frames)
        return lengths

    def _move_formants(self, rows: Rows, draws: Draws, drawn: Drawn) -> None:
        """Voices of other sizes."""
        if not self.effects.formant:
            return
        odds, reach = self.effects.formant, self.effects.formant_range
        factor = formant.draw_formants(draws, len(self.scope), odds, reach)
        factor[:, [top not in VOICES for top in self.tops]] = 1.0
        drawn["formant"] = factor
        factor = factor[rows.scene, rows.stem]
        own = np.flatnonzero(factor != 1)
        if len(own):
            rows.audio[own] = formant.move_formants(rows.audio[own], factor[own], self.sample_rate)

    def _join_noises(self, rows: Rows, draws: Draws, drawn: Drawn) -> None:
        """Babble and wind, where there is noise for them to join."""
        effects, own = self.effects, rows.where([] if self.sink is None else [self.sink])
        if effects.babble and self.talkers:
            count, level, luck = babble.draw_babble(draws, effects.babble)
            count = np.where(self._heard(rows, own), count, 0)
            drawn["babble"] = count
            for row in own[count[rows.scene[own]] > 0]:
                scene = rows.scene[row]
                who = luck[scene, : count[scene]]
                sound = babble.voices(self.pool, self.talkers[0], self.split, who, self.frames)
                _add(rows.audio[row], sound, float(level[scene]))
        if effects.wind:
            windy, level, luck = wind.draw_wind(draws, effects.wind)
            windy &= self._heard(rows, own) & ~draws.chance("room/on", effects.room)[:, 0]
            drawn["wind"] = np.where(windy, level, np.nan)
            for row in own[windy[rows.scene[own]]]:
                scene = rows.scene[row]
                sound = wind.gusts(luck[scene], self.frames, self.sample_rate)
                _add(rows.audio[row], sound, float(level[scene]))

    def _cut(self, rows: Rows, draws: Draws, drawn: Drawn) -> None:
        """Pauses in speech, and prompts as events."""
        effects = self.effects
        if effects.pause:
            at, seconds = cuts.draw_pauses(draws, len(self.scope), effects.pause)
            seconds[:, [top != "speech" for top in self.tops]] = 0.0
            drawn["pause"] = seconds
            own = np.flatnonzero(seconds[rows.scene, rows.stem])
            where = rows.scene[own], rows.stem[own]
            rows.audio[own] = cuts.pause(
                rows.audio[own], at[where], seconds[where], self.sample_rate
            )
        if effects.event:
            events = cuts.draw_events(draws, effects.event)
            own = rows.where(self._at("prompts"))
            placed = events.on & self._heard(rows, own)
            drawn["event"], drawn["chime"] = placed, placed & events.chime
            own = own[placed[rows.scene[own]]]
            rows.audio[own] = cuts.place(rows.audio[own], events[rows.scene[own]], self.sample_rate)

    def _distort(self, rows: Rows, draws: Draws, through: NDArray, drawn: Drawn) -> None:
        """What small loudspeakers add to what comes through them: it is part of the stem."""
        drawn["loudspeaker"] = through
        if not self.effects.distortion:
            return
        drive, bias = loudspeaker.draw_distortions(draws, len(self.scope), self.effects.distortion)
        drive = np.where(through[..., 0] > 0, drive, 0.0)
        drawn["distortion"] = drive
        own = np.flatnonzero(drive[rows.scene, rows.stem])
        if len(own):
            place = rows.scene[own], rows.stem[own]
            rows.audio[own] = loudspeaker.distort(rows.audio[own], drive[place], bias[place])

    def _image(self, rows: Rows, draws: Draws, drawn: Drawn) -> None:
        """The stereo image of music, where there is stereo; one for the parts of a song."""
        effects = self.effects
        if not (effects.swap or effects.width) or rows.audio.shape[1] != 2:
            return
        swap, width = stereo.draw_images(draws, effects.swap, effects.width)
        drawn["swap"], drawn["width"] = swap, width
        own = rows.where(self._at("music"))
        scenes = rows.scene[own]
        rows.audio[own] = stereo.image(rows.audio[own], swap[scenes], width[scenes])

    def _duck(self, rows: Rows, draws: Draws, drawn: Drawn) -> None:
        """Music down under the prompts of its scene."""
        if not self.effects.duck:
            return
        depth, ramp = ducking.draw_ducking(draws, self.effects.duck, self.effects.duck_depth)
        music, prompts = rows.where(self._at("music")), rows.where(self._at("prompts"))
        both = self._heard(rows, music) & self._heard(rows, prompts)
        depth = drawn["duck"] = np.where(both, depth, 0.0)
        for row in prompts:
            scene = rows.scene[row]
            under = music[rows.scene[music] == scene]
            if depth[scene] and len(under):
                rows.audio[under] *= ducking.ducking(
                    rows.audio[row], float(depth[scene]), float(ramp[scene]), self.sample_rate
                )

    def _limits(
        self, draws: Draws, used: Sequence[Mapping[str, Entry]], faster: NDArray, drawn: Drawn
    ) -> NDArray:
        """The band limit of each scene in Hz: its channel's, or its dullest source's."""
        effects = self.effects
        limits = np.full(len(draws), np.inf)
        if effects.band:
            limits = response.draw_bands(draws, effects.band, self.sample_rate)
        if effects.guard:
            guards = bandwidth.draw_guards(
                draws, effects.guard, used, faster, self.scope, self.bandwidths
            )
            limits = np.minimum(limits, guards)
        if effects.band or effects.guard:
            drawn["band"] = limits
        return limits

    def _respond(
        self, rows: Rows, draws: Draws, through: NDArray, limits: NDArray, drawn: Drawn
    ) -> Late | None:
        """All linear filters in one pass; gives the late speech."""
        effects, here = self.effects, (rows.scene, rows.stem)
        curves = draw_curves(draws, len(self.scope), self.eq, self.eq_range)
        tilts = response.draw_tilts(draws, effects.tilt, effects.tilt_range)
        drawn["eq"], drawn["tilt"] = curves, tilts
        room, place, t60 = self._rooms(draws)
        if effects.room:
            drawn["t60"] = t60
        curve, loud, tilt, limit = curves[here], through[here], tilts[here[0]], limits[here[0]]
        changed = response.is_changed(curve, loud, tilt, limit) | (place[here] >= 0)
        own = np.flatnonzero(changed)
        if not len(own):
            return None
        gain = response.gains(
            curve[own], loud[own], tilt[own], limit[own], self.frames // 2 + 1, self.sample_rate
        )
        spectra = torch.fft.rfft(rows.audio[own])
        spectra *= gain.to(spectra.device)[:, None]
        part = Rows(rows.scenes, rows.scene[own], rows.stem[own], spectra)
        late = self._reverberate(part, room, place) if effects.room else None
        rows.audio[own] = torch.fft.irfft(spectra, n=self.frames)
        return late

    def _rooms(self, draws: Draws) -> tuple[NDArray, NDArray, NDArray]:
        if not self.effects.room:
            return np.zeros(0), np.full((len(draws), len(self.scope)), -1), np.zeros(0)
        bank = room_bank(self.sample_rate)
        return rooms.draw_rooms(
            draws, bank, self.scope, self.tops, self.effects.room, self.effects.t60
        )

    def _reverberate(self, rows: Rows, room: NDArray, place: NDArray) -> Late | None:
        """Spectra in their rooms, in place; of speech only the early part, the late one apart."""
        spectra, places = rows.audio, place[rows.scene, rows.stem]
        apart = np.isin(rows.stem, self._at("speech")) & (self.sink is not None)
        late = None
        for splits in (False, True):
            own = np.flatnonzero((places >= 0) & (apart == splits))
            if not len(own):
                continue
            where = room_bank(self.sample_rate), room[rows.scene[own]], places[own], self.frames
            answer = rooms.responses(*where).to(spectra.device)[:, None]
            if splits and self.sink is not None:
                early = rooms.early_responses(*where).to(spectra.device)[:, None]
                audio = torch.fft.irfft(spectra[own] * (answer - early), n=self.frames)
                late = Late(Rows(rows.scenes, rows.scene[own], rows.stem[own], audio), self.sink)
                answer = early
            spectra[own] *= answer
        return late


def _add(audio: Tensor, sound: Tensor, level: float) -> None:
    """Add a sound of unit power at a level over another, in place.

    Shape: `[channel, time], [time]`.
    """
    audio += sound.to(audio.device) * (audio.square().mean().sqrt() * 10 ** (level / 20))
