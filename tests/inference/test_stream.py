"""One stream for files and live sound: blocks do not matter, sums hold, the future is not heard."""

import pytest
import torch

from soundsieve.errors import UserError
from soundsieve.inference.stream import Stream
from soundsieve.target import parse

RATES = [8000, 11025, 16000, 44100, 48000]


def noise(channels: int, time: int, seed: int = 0) -> torch.Tensor:
    return 0.1 * torch.randn(channels, time, generator=torch.Generator().manual_seed(seed))


def run(model, audio, sample_rate, keep, sizes=(100_000,), residual=False):
    """The aligned output of a stream that is fed blocks of the given sizes in turn."""
    stream = Stream(model, sample_rate, audio.shape[0], parse(keep), residual)
    parts, start, turn = [], 0, 0
    while start < audio.shape[1]:
        block = audio[:, start : start + sizes[turn % len(sizes)]]
        parts.append(stream.push(block))
        assert parts[-1].shape[-1] == block.shape[-1]
        start, turn = start + block.shape[-1], turn + 1
    return torch.cat([*parts, stream.flush()], -1)[..., stream.latency :]


@pytest.mark.parametrize("sample_rate", RATES)
@pytest.mark.parametrize("sizes", [(160,), (256,), (1, 160, 1000, 3)])
def test_blocks_of_any_size_give_the_same_samples(make_halves, sample_rate, sizes):
    model, audio = make_halves(moving=True), noise(2, 6000)
    whole = run(model, audio, sample_rate, "speech", residual=True)
    assert whole.shape == (2, 2, 6000)
    blocks = run(model, audio, sample_rate, "speech", sizes, residual=True)
    assert (blocks - whole).abs().max() < 1e-5


def test_single_samples_give_the_same_samples(make_halves):
    model, audio = make_halves(moving=True), noise(1, 2500)
    for sample_rate in (16000, 44100):
        whole = run(model, audio, sample_rate, "speech")
        assert (run(model, audio, sample_rate, "speech", (1,)) - whole).abs().max() < 1e-5


@pytest.mark.parametrize("sample_rate", [*RATES, 22050, 44101, 192000])
def test_a_model_that_keeps_everything_gives_the_input(keep_all, sample_rate):
    audio = noise(2, 9000)
    assert (run(keep_all, audio, sample_rate, "speech+music")[0] - audio).abs().max() < 1e-5


@pytest.mark.parametrize("sample_rate", RATES)
def test_kept_and_residual_are_the_input(make_halves, sample_rate):
    audio = noise(2, 9000)
    kept, removed = run(make_halves(moving=True), audio, sample_rate, "speech", residual=True)
    assert (kept + removed - audio).abs().max() < 1e-6
    assert removed.square().mean() > 1e-4


@pytest.mark.parametrize("sample_rate", RATES)
def test_all_outputs_sum_to_the_input(make_halves, sample_rate):
    audio = noise(1, 9000)
    both = run(make_halves(moving=True), audio, sample_rate, "speech,noise")
    assert (both.sum(0) - audio).abs().max() < 1e-5


@pytest.mark.parametrize("sample_rate", RATES)
def test_a_remix_is_the_weighted_sum(make_halves, sample_rate):
    model, audio = make_halves(moving=True), noise(1, 9000)
    speech, rest = run(model, audio, sample_rate, "speech,noise")
    remix = run(model, audio, sample_rate, "speech+noise@-12")
    assert (remix[0] - speech - 10**-0.6 * rest).abs().max() < 1e-5


def test_what_the_model_has_not_comes_from_the_mixture(keep_all):
    audio = noise(1, 9000)
    for sample_rate in (16000, 48000):
        assert run(keep_all, audio, sample_rate, "noise")[0].abs().max() < 1e-5


@pytest.mark.parametrize("sample_rate", RATES)
def test_the_future_beyond_the_latency_changes_nothing(make_halves, sample_rate):
    model, audio = make_halves(moving=True), noise(1, 9000)
    other = torch.cat([audio[:, :5000], noise(1, 4000, seed=1)], -1)
    latency = Stream(model, sample_rate, 1, parse("speech")).latency
    first, second = (run(model, a, sample_rate, "speech")[0, 0] for a in (audio, other))
    until = 5000 - latency
    assert torch.equal(first[:until], second[:until])
    assert (first - second)[until:5000].abs().max() > 1e-4


def test_the_latency_is_the_models_and_that_of_resampling(keep_all):
    latency = {r: Stream(keep_all, r, 1, parse("speech+music")).latency / r for r in RATES}
    assert latency[16000] == 0.032
    assert all(0.032 < latency[r] < 0.038 for r in (44100, 48000))
    assert latency[8000] < 0.043


@pytest.mark.parametrize("time", [1, 2, 255, 256, 257])
def test_short_signals_keep_their_length(halves, time):
    audio = noise(1, time)
    for sample_rate in RATES:
        kept, removed = run(halves, audio, sample_rate, "speech", residual=True)
        assert kept.shape == (1, time)
        assert (kept + removed - audio).abs().max() < 1e-6


@pytest.mark.parametrize("channels", [1, 2, 3, 5])
def test_a_stereo_model_takes_any_number_of_channels(make_halves, channels):
    audio = noise(channels, 3000)
    free = run(make_halves(), audio, 44100, "speech")
    assert (run(make_halves(channels=2), audio, 44100, "speech") - free).abs().max() < 1e-6


def test_silence_stays_silence(make_halves):
    for sample_rate in RATES:
        kept = run(make_halves(moving=True), torch.zeros(2, 5000), sample_rate, "speech")
        assert kept.abs().max() == 0


def test_rates_that_nobody_records_at_are_refused(keep_all):
    with pytest.raises(UserError, match="8000 to 192000 Hz, got 4000"):
        Stream(keep_all, 4000, 1, parse("speech+music"))


def test_blocks_of_another_shape_are_refused(keep_all):
    with pytest.raises(ValueError, match=r"\[2, time\], got \[1, 10\]"):
        Stream(keep_all, 16000, 2, parse("speech+music")).push(torch.zeros(1, 10))


def test_a_caller_may_use_its_buffer_again(halves):
    audio, buffer = noise(1, 2000), torch.empty(1, 100)
    stream, parts = Stream(halves, 16000, 1, parse("speech")), []
    for block in audio.split(100, -1):
        parts.append(stream.push(buffer.copy_(block)))
    expected = run(halves, audio, 16000, "speech")[..., : 2000 - stream.latency]
    assert (torch.cat(parts, -1)[..., stream.latency :] - expected).abs().max() < 1e-6
