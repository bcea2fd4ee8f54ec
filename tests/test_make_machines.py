"""Machines that were never built: each another, steady, and the same again from one seed."""

import numpy as np
import pytest

from scripts.gather_debian import PEAK, RATE
from scripts.make_machines import KINDS, hum, main, noises, overtones
from scripts.make_starter.dsp import generator
from soundsieve.data.sources import find_sources


def spectrum(audio):
    """Power by frequency, a bin a hertz."""
    second = audio[: len(audio) // RATE * RATE].reshape(-1, RATE)
    return np.mean(np.abs(np.fft.rfft(second * np.hanning(RATE))) ** 2, axis=0)


def test_every_kind_is_finite_and_as_loud_as_said():
    made = list(noises(1, len(KINDS)))
    assert [kind for kind, _ in made] == list(KINDS)
    for _, audio in made:
        assert np.abs(audio).max() == pytest.approx(PEAK, rel=1e-4)


def test_a_seed_gives_the_same_machine_again_and_another_seed_another():
    (_, first), (_, again), (_, other) = (next(noises(seed, 1)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert np.abs(np.corrcoef(first, other)[0, 1]) < 0.2


def test_a_hum_has_its_power_at_the_multiples_of_the_mains():
    power = spectrum(hum(generator(3, "hum"), 4 * RATE))
    near = np.zeros(len(power), bool)
    for mains in (50, 60):
        for hz in range(mains, 7000, mains):
            near[hz - 3 : hz + 4] = True
    assert power[near].sum() > 0.8 * power.sum()


def test_overtones_follow_the_speed_of_the_shaft():
    hz = np.full(4 * RATE, 100.0)
    slow, fast = (overtones(generator(5, "x"), k * hz) for k in (1, 2))
    assert spectrum(slow)[100] > 100 * spectrum(slow)[130]
    assert spectrum(fast)[200] > 100 * spectrum(fast)[100]


def test_the_script_writes_recordings_that_a_pool_reads(tmp_path):
    main([str(tmp_path), "count=5", "seed=4"])
    found = find_sources(tmp_path)
    assert {(source.stem, source.kind) for source in found} == {("noise", kind) for kind in KINDS}
    assert all(source.path.exists() and source.licence == "MIT" for source in found)


@pytest.mark.parametrize("word", ["count=0", "count=many", "seed=-1"])
def test_a_number_that_is_none_is_one_line(tmp_path, word):
    with pytest.raises(SystemExit, match=rf"^{word}: a whole number from \d, [^\n]*$"):
        main([str(tmp_path), word])
    assert not any(tmp_path.iterdir())
