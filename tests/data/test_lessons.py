"""Lessons: old scenes and a new sound, each at its level, and known for what they are."""

import pytest
import torch

from soundsieve.audio.levels import active_power, to_level
from soundsieve.data.draws import Draws
from soundsieve.data.lessons import Lessons, OtherVoice, Sound, beside, mix_of
from soundsieve.data.recordings import read_recordings
from soundsieve.law import Law
from soundsieve.recipe import Effects, Mix
from tests.conftest import RATE, hiss, put, swelling, tone

MIX = Mix(segment=0.5, effects=Effects(loudspeaker={"prompts": 0.0}, duck=1.0))


@pytest.fixture
def recordings(tmp_path):
    def made(stem, audio=lambda take: hiss(take, 3.0)):
        for take in range(4):
            put(tmp_path / f"{stem}/{take}.wav", swelling(audio(take), take))
        return read_recordings(str(tmp_path / stem), stem, RATE, cache=tmp_path / "pools")

    return made


@pytest.fixture
def lessons(recordings, mixers):
    def made(stem="noise", **options):
        sound = Sound(recordings(stem), "train", mix_of(MIX, stem, False))
        options = {"snr": Law.fixed(5.0), "mix": MIX, **options}
        return Lessons(sound, [mixers("speech,music,noise,prompts")], **options)

    return made


def test_the_new_sound_has_the_snr_asked_for(lessons):
    lesson = lessons().draw(range(8), snr=-3.0)
    levels = [to_level(active_power(part, RATE)) for part in (lesson.base, lesson.sound)]
    there = active_power(lesson.base, RATE) > 1e-9
    difference = (levels[0] - levels[1])[there]
    torch.testing.assert_close(difference, torch.full_like(difference, -3.0), atol=0.05, rtol=0)
    assert lesson.mixture.abs().max() <= 0.9901


def test_a_lesson_is_the_same_in_any_batch(lessons):
    maker = lessons(alone=0.2, without=0.3)
    whole, one = maker.draw(range(6)), maker.draw([4])
    torch.testing.assert_close(whole.mixture[4], one.mixture[0])


def test_the_sound_is_cut_by_luck_of_its_own_and_not_by_that_of_the_scene(lessons):
    maker = lessons()
    cut = maker.sound.draw(Draws(maker.seed, range(8))).flatten(1)
    alike = torch.cosine_similarity(maker.draw(range(8)).sound.flatten(1), cut)
    assert (alike.abs() < 0.5).sum() >= 6


def test_some_lessons_lack_the_sound_and_some_are_it_alone(lessons):
    lesson = lessons(alone=0.3, without=0.3).draw(range(40))
    lacking = ~lesson.sound.flatten(1).any(1)
    alone = ~lesson.base.flatten(1).any(1)
    assert 4 <= lacking.sum() <= 22 and 4 <= alone.sum() <= 22
    assert not (lesson.stems[alone]).any()


def test_the_stems_sum_to_the_scene(lessons):
    lesson = lessons("prompts").draw(range(8))
    torch.testing.assert_close(lesson.stems.sum(1), lesson.base, atol=1e-5, rtol=0)


def test_unlabelled_audio_has_no_stems(lessons, recordings):
    audio = Sound(recordings("speech"), "train", Mix(segment=0.5))
    lesson = lessons(audio=audio).draw(range(30))
    difference = (lesson.stems.sum(1) - lesson.base).flatten(1).abs().amax(1)
    of_audio = difference > 1e-4
    assert 0 < of_audio.sum() < 30
    assert not lesson.stems[of_audio].any()


def test_a_talker_may_be_left_alone_with_the_new_voice(lessons):
    lesson = lessons("prompts", talkers=1.0).draw(range(20))
    talks = [stem == "speech" for stem in lesson.scope]
    there = lesson.stems.flatten(2).any(2)
    talked = there[:, talks].any(1)
    assert 0 < talked.sum() < 20
    torch.testing.assert_close(lesson.talk, talked)
    assert not there[talked][:, [not talk for talk in talks]].any()
    torch.testing.assert_close(lesson.stems.sum(1), lesson.base, atol=1e-5, rtol=0)


def test_another_voice_may_be_all_there_is_beside_the_new_one(lessons, recordings):
    voice = OtherVoice(recordings("prompts", lambda take: hiss(take, 9.0)), "train", MIX)
    lesson = lessons("prompts", other=voice, others=1.0, without=0.5).draw(range(20))
    lone, lacking = lesson.talk, ~lesson.sound.flatten(1).any(1)
    assert 4 <= lone.sum() <= 16
    assert not lesson.stems[lone].any() and lesson.base[lone].flatten(1).any(1).all()
    assert (lone & lacking).any() and (lone & ~lacking).any()


def test_another_voice_comes_through_the_loudspeaker_of_the_new_one(recordings):
    voice = recordings("prompts", lambda take: hiss(take, 3.0))
    effects = Effects(loudspeaker={"prompts": 1.0})
    mix = mix_of(Mix(segment=0.5, effects=effects), "prompts", False)
    for kind in (Sound, OtherVoice):
        sounds = kind(voice, "train", mix).draw(Draws(0, range(6)))
        bins = torch.fft.rfft(sounds[:, 0]).abs().square()
        low, all_ = bins[:, :50].mean(1), bins.mean(1)  # bins of 2 Hz, up to 100 Hz
        assert (low < all_ / 10).all(), kind


def test_no_chime_comes_before_another_voice(recordings):
    voice = recordings("prompts", lambda take: hiss(take, 3.0))
    drawn = {}
    for kind in (Sound, OtherVoice):
        for event in (0.0, 1.0):
            mix = mix_of(Mix(segment=2.0, effects=Effects(event=event)), "prompts", False)
            drawn[kind, event] = kind(voice, "train", mix).draw(Draws(0, range(4)))
    torch.testing.assert_close(drawn[OtherVoice, 1.0], drawn[OtherVoice, 0.0])
    assert not torch.equal(drawn[Sound, 1.0], drawn[Sound, 0.0])


def test_another_voice_is_higher_or_lower(recordings):
    voice = recordings("prompts", lambda take: tone(200 + take, 3.0))
    mix = mix_of(MIX.model_copy(update={"segment": 1.0}), "prompts", False)
    sounds = OtherVoice(voice, "train", mix).draw(Draws(0, range(6)))
    pitch = torch.fft.rfft(sounds[:, 0]).abs().argmax(-1).float()  # a second: bins are Hz
    assert pitch.min() < 0.9 * 200 and pitch.max() > 1.1 * 204
    assert ((pitch > 0.69 * 200) & (pitch < 1.41 * 204)).all()


def test_a_sound_beside_silence_is_no_scene():
    base = torch.cat([tone(300, 1.0)[None], torch.zeros(1, 1, RATE)])
    kept, gone = beside(base, hiss(0, 1.0)[None].repeat(2, 1, 1), 0.0, RATE)
    assert kept[0].any() and gone[0].any() and not kept[1].any() and not gone[1].any()
