"""The effects on whole scenes: the sum holds, scenes stay what they are, and off means off."""

import numpy as np
import pytest
import torch
import yaml

from soundsieve.audio.levels import active_power, to_level
from soundsieve.config import shipped
from soundsieve.data.draws import Draws
from soundsieve.data.effects.bandwidth import bandwidth_of
from soundsieve.law import Law
from soundsieve.recipe import Effects
from tests.conftest import RATE

ALWAYS = {"speech": 1.0, "music": 1.0, "noise": 1.0, "prompts": 1.0}
ALL = {
    name: 1.0
    for name, field in Effects.model_fields.items()
    if field.annotation is float and not name.endswith("_range") and name not in ("codec", "wind")
}


def scenes_of(mixers, keep="speech+music", count=8, absent=(), **effects):
    mixer = mixers(keep, presence=ALWAYS, segment=1.5, effects=Effects(**effects), eq=0.0)
    return mixer.scenes(range(count), absent=absent)


def music_of(scenes):
    return scenes.target([float(s in ("vocals", "drums", "bass", "other")) for s in scenes.scope])


def test_the_mixture_is_the_sum_of_its_stems_with_every_effect(mixers):
    scenes = scenes_of(mixers, codec=1.0, **ALL)
    assert torch.isfinite(scenes.stems).all()
    assert torch.allclose(scenes.mixture, scenes.stems.sum(1), atol=1e-7)
    assert {"t60", "speed", "clip", "packet_loss", "gain_step", "band"} <= set(scenes.draws)


def test_a_scene_is_the_same_in_any_batch_with_every_effect(mixers):
    mixer = mixers("speech+music", presence=ALWAYS, effects=Effects(**ALL), segment=1.5)
    alone, among = mixer.scenes([5]), mixer.scenes([2, 5, 9])
    assert torch.allclose(alone.stems[0], among.stems[1], atol=1e-5)
    for name, values in alone.draws.items():
        assert np.array_equal(values[0], among.draws[name][1], equal_nan=values.dtype.kind == "f")


def test_switching_one_effect_off_changes_no_other_draw(mixers):
    with_all = scenes_of(mixers, **ALL)
    without = scenes_of(mixers, **{**ALL, "clip": 0.0, "speed": 0.0, "room": 0.0})
    for name, values in without.draws.items():
        if name not in ("level", "band"):  # what is reached, not what is drawn
            floats = values.dtype.kind == "f"
            assert np.array_equal(values, with_all.draws[name], equal_nan=floats), name


def test_speech_in_a_room_keeps_its_early_part_and_the_rest_joins_the_noise(mixers):
    off = {"loudspeaker": {"speech": 0, "prompts": 0}, "absent": ("noise",)}
    dry = scenes_of(mixers, **off)
    wet = scenes_of(mixers, room=1.0, t60=Law.fixed(1.0), **off)
    speech, noise = (wet.scope.index(stem) for stem in ("speech", "noise"))
    assert torch.equal(dry.stems[:, noise], torch.zeros_like(dry.stems[:, noise]))
    late, early = (active_power(wet.stems[:, place], RATE) for place in (noise, speech))
    ratio = to_level(early / late)
    assert (late > 0).all() and 0 < ratio.median() < 15
    assert np.allclose(wet.draws["t60"], 1.0, rtol=0.12)
    # Early reflections leave a swelling tone in its place.
    swell = [
        audio.stems[:, speech, 0].square().unflatten(-1, (-1, 400)).mean(-1) for audio in (wet, dry)
    ]
    assert torch.nn.functional.cosine_similarity(*swell, -1).min() > 0.9


def test_music_keeps_its_reverberation(mixers):
    wet = scenes_of(mixers, absent=("speech", "noise"), room=1.0, t60=Law.fixed(1.0))
    assert wet.stems[:, wet.scope.index("noise")].abs().max() == 0


def test_songs_without_noise_go_through_rooms_and_limiters_and_nothing_is_lost(mixers):
    scenes = scenes_of(mixers, "vocals,drums,bass,other", **ALL)
    if "noise" not in scenes.scope:
        assert "clip" not in scenes.draws
    assert torch.isfinite(scenes.stems).all()


def test_a_band_limit_leaves_nothing_above_it_in_any_stem(mixers):
    scenes = scenes_of(mixers, band=1.0)
    spectra = torch.fft.rfft(scenes.stems).abs()
    above = torch.fft.rfftfreq(scenes.stems.shape[-1], 1 / RATE) >= 4000
    assert (scenes.draws["band"] == 4000).all()
    assert spectra[..., above].amax() < 1e-4 * spectra.amax()
    noise = scenes.stems[0, scenes.scope.index("noise"), 0]
    assert bandwidth_of((noise / noise.abs().max() * 32000).short().numpy()[:, None], RATE) < 4100


def test_the_snr_is_of_the_sources_and_late_speech_comes_on_top(mixers):
    effects = {name: odds for name, odds in ALL.items() if name in ("speed", "tilt", "band")}
    scenes = mixers(
        "speech+music", presence=ALWAYS, segment=1.5, effects=Effects(**effects)
    ).scenes(range(8), snr=3.0)
    rest = (scenes.wanted == 0).float()
    level = [to_level(active_power(scenes.target(g), RATE)) for g in (scenes.wanted, rest)]
    assert torch.allclose(level[0] - level[1], torch.tensor(3.0), atol=0.05)


def test_music_is_down_where_a_prompt_speaks(mixers):
    fixed = {"duck_depth": Law.fixed(20), "loudspeaker": {"speech": 0, "prompts": 0}, "event": 1.0}
    plain, ducked = scenes_of(mixers, **fixed), scenes_of(mixers, duck=1.0, **fixed)
    change = music_of(ducked) / music_of(plain)
    heard = music_of(plain).abs() > 0.2 * music_of(plain).abs().amax(-1, keepdim=True)
    prompt = plain.stems[:, plain.scope.index("prompts")]
    speaks = prompt.abs() > 0.1 * prompt.abs().amax(-1, keepdim=True)
    depths = []
    for scene in np.flatnonzero(plain.draws["present"][:, plain.scope.index("prompts")]):
        under = change[scene][heard[scene] & speaks[scene]]
        before = change[scene][heard[scene]].amax()
        depths.append(20 * torch.log10(under.median() / before).item())
    assert min(depths) < -18.5 and max(depths) < 0.1


@pytest.mark.parametrize("speed", [0.0, 1.0])
def test_the_parts_of_a_coherent_song_are_played_at_one_speed(mixers, speed):
    mixer = mixers(
        "vocals,drums,bass,other", presence=ALWAYS, coherence=1.0, effects=Effects(speed=speed)
    )
    scenes = mixer.scenes(range(16))
    if not speed:
        assert "speed" not in scenes.draws
        return
    parts = [i for i, s in enumerate(scenes.scope) if s in ("vocals", "drums", "bass", "other")]
    assert (np.ptp(scenes.draws["speed"][:, parts], axis=1) == 0).all()


def test_wind_and_babble_join_noise_where_there_is_some(mixers):
    calm = scenes_of(mixers)
    windy = scenes_of(mixers, wind=1.0, babble=1.0)
    noise = windy.scope.index("noise")
    assert not torch.allclose(calm.stems[:, noise], windy.stems[:, noise], atol=1e-3)
    without = scenes_of(mixers, absent=("noise",), wind=1.0, babble=1.0)
    assert without.stems[:, noise].abs().max() == 0


def test_effects_with_no_odds_draw_nothing(mixers, monkeypatch):
    asked = []
    uniform = Draws.uniform
    monkeypatch.setattr(
        Draws,
        "uniform",
        lambda self, name, *rest, **more: asked.append(name) or uniform(self, name, *rest, **more),
    )
    scenes_of(mixers, count=2)
    words = ("room", "wind", "babble", "clip/on", "codec", "packets", "step", "limiter", "duck")
    assert not [name for name in asked if name.startswith((*words, "speed", "pause", "event"))]


def test_the_shipped_part_turns_every_effect_on():
    real = yaml.safe_load((shipped("configs") / "mix/real.yaml").read_text())["mix"]["effects"]
    assert set(ALL) | {"codec", "wind"} == set(real)
    assert all(0 < odds < 1 for odds in real.values())
