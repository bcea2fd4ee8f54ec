"""Classical suppressors: noise goes down, speech-like sound and notes stay, streams equal files."""

import pytest
import torch

from soundsieve.metrics import si_sdr
from soundsieve.models.classical import CLASSICAL
from soundsieve.models.classical.noise_floor import MinimumStatistics, spectral_quantile
from soundsieve.models.classical.rules import LogSpectralAmplitude, exponential_integral
from soundsieve.models.classical.suppressor import Suppressor

RATE = 16000
METHODS = ["classical/mmse-lsa", "classical/spectral-subtraction"]


def hiss(seconds, level=0.01, seed=0, channels=1):
    generator = torch.Generator().manual_seed(seed)
    return level * torch.randn(1, channels, int(seconds * RATE), generator=generator)


def words(seconds, level=0.3):
    """Bursts of a harmonic sound, a fifth of a second long, with pauses."""
    time = torch.arange(int(seconds * RATE)) / RATE
    voice = sum(torch.sin(2 * torch.pi * 140 * k * time) / k for k in range(1, 12))
    return (level * voice * (time % 0.5 < 0.2)).reshape(1, 1, -1)


@pytest.fixture(params=METHODS)
def suppressor(request):
    return CLASSICAL[request.param]()


def test_words_in_hiss_come_out_cleaner(suppressor):
    clean = words(3)
    mixture = clean + hiss(3, 0.1)
    assert si_sdr(suppressor(mixture)[:, 0], clean) > si_sdr(mixture, clean) + 3


def test_hiss_alone_goes_down(suppressor):
    noise = hiss(3)
    late = suppressor(noise)[0, 0, 0, RATE:]
    assert late.square().mean() < 0.2 * noise[..., RATE:].square().mean()


def test_a_clean_voice_stays(suppressor):
    clean = words(3)
    assert si_sdr(suppressor(clean)[:, 0], clean) > 12


def test_level_does_not_matter(suppressor):
    mixture = words(2) + hiss(2, 0.1)
    loud, soft = suppressor(mixture), suppressor(mixture * 0.01)
    torch.testing.assert_close(soft * 100, loud, rtol=0, atol=1e-3)


def test_the_stereo_image_stays(suppressor):
    one = words(1) + hiss(1, 0.1)
    both = suppressor(torch.cat([one, 0.5 * one], 1))[0, 0]
    torch.testing.assert_close(both[1], 0.5 * both[0], rtol=0, atol=1e-6)


@pytest.mark.parametrize("hops", [1, 7])
def test_streaming_equals_offline(suppressor, hops):
    mixture = words(1) + hiss(1, 0.1, channels=2)
    mixture = mixture[..., : mixture.shape[-1] // suppressor.hop * suppressor.hop]
    whole = suppressor(mixture)
    state, parts = suppressor.initial_state(1, 2), []
    for block in mixture.split(hops * suppressor.hop, -1):
        out, state = suppressor.step(block, state)
        parts.append(out)
    stream = torch.cat(parts, -1)[..., suppressor.delay :]
    torch.testing.assert_close(stream, whole[..., : stream.shape[-1]], rtol=0, atol=1e-5)


def test_no_output_depends_on_input_beyond_the_latency(suppressor):
    mixture = hiss(0.5)
    changed = mixture.clone()
    changed[..., 4000:] = 0.5
    first = 4000 - suppressor.latency
    same = suppressor(changed)[..., :first] == suppressor(mixture)[..., :first]
    assert same.all()


def test_scenes_of_a_batch_do_not_meet(suppressor):
    one, other = words(1) + hiss(1, 0.1), hiss(1, 0.3, seed=1)
    torch.testing.assert_close(suppressor(torch.cat([other, one]))[1:], suppressor(one))


def test_silence_stays_silent_and_finite(suppressor):
    assert not suppressor(torch.zeros(1, 1, 4000)).any()
    after = suppressor(torch.cat([torch.zeros(1, 1, 4000), words(1)], -1))
    assert after.isfinite().all()


def test_a_tail_shorter_than_a_hop_has_its_length(suppressor):
    assert suppressor(hiss(0.1)[..., :1]).shape == (1, 1, 1, 1)
    assert suppressor(hiss(0.1)[..., :1001]).shape == (1, 1, 1, 1001)


def test_its_config_builds_it_again():
    mine = Suppressor("mmse-lsa", floor=-9.0, windows=3)
    again = Suppressor(**mine.config)
    mixture = hiss(0.3)
    assert torch.equal(again(mixture), mine(mixture))


def test_an_even_width_has_no_middle():
    with pytest.raises(ValueError, match="odd"):
        Suppressor(width=4)


def tracked(power, **options):
    tracker = MinimumStatistics(**options)
    state = tracker.initial_state(*power.shape[1:])
    floors = []
    for frame in power:
        floor, state = tracker(frame, state)
        floors.append(floor)
    return torch.stack(floors)


def noise_power(frames, bins=257, seed=0):
    generator = torch.Generator().manual_seed(seed)
    parts = torch.randn(2, frames, 1, bins, generator=generator)
    return parts.square().sum(0) / 2


def test_the_floor_of_steady_noise_is_its_mean_power():
    floor = tracked(noise_power(400))[200:].mean()
    assert 0.7 < floor < 1.4


def test_the_floor_stays_under_a_word():
    power = noise_power(200)
    power[120:140] += 1000
    assert tracked(power)[120:140].mean() < 2


def test_the_floor_follows_noise_that_rises():
    power = noise_power(400)
    power[150:] *= 30
    floor = tracked(power, windows=4, length=6)
    assert 15 < floor[250:].mean() < 60


def test_the_floor_of_a_held_note_is_that_of_its_surroundings():
    floor = torch.ones(1, 257)
    floor[0, [40, 41, 42, 80]] = 1e4
    assert torch.equal(spectral_quantile(floor, 31, 0.15), torch.ones(1, 257))


def test_the_exponential_integral_has_its_tabled_values():
    x = torch.tensor([0.01, 0.5, 1.0, 2.0, 10.0])
    tabled = torch.tensor([4.03793, 0.55977, 0.21938, 0.04890, 4.15697e-6])
    torch.testing.assert_close(exponential_integral(x), tabled, rtol=2e-4, atol=0)


def test_the_rule_keeps_what_is_far_over_the_noise_and_never_falls_under_its_floor():
    rule = LogSpectralAmplitude(floor=-12.0)
    noise = torch.ones(1, 2)
    state = rule.initial_state(1, 2)
    for _ in range(20):
        gain, state = rule(torch.tensor([[1e4, 0.1]]), noise, state)
    assert gain[0, 0] > 0.99
    assert gain[0, 1] == pytest.approx(10 ** (-12 / 20))
