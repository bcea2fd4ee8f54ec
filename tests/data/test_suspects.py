"""Speech among the recordings of a noise is found by what the starter corpus sounds like."""

from soundsieve.data.pool import open_pool
from soundsieve.data.recordings import read_recordings
from soundsieve.data.sources import STARTER
from soundsieve.data.suspects import suspects
from tests.conftest import RATE, hiss, put, swelling


def test_speech_in_a_noise_folder_is_found_and_noise_is_not(starter_folder, tmp_path):
    for take in range(3):
        put(tmp_path / f"lathe/{take}.wav", swelling(hiss(take, 4.0), take))
    for voice in ("en-rms", "de-ruth"):
        spoken = sorted((STARTER / "speech" / voice).glob("*.ogg"))[0]
        (tmp_path / f"lathe/{voice}.ogg").write_bytes(spoken.read_bytes())
    pool = open_pool("starter", RATE, (), cache=starter_folder / "pools")
    lathe = read_recordings(str(tmp_path / "lathe"), "noise", RATE, cache=tmp_path / "pools")
    found = suspects(lathe, pool)
    assert set(found.values()) == {"speech"}
    assert {path.rpartition("/")[2] for path in found} == {"en-rms.ogg", "de-ruth.ogg"}
    assert not suspects(lathe, pool, kept=("music",))
