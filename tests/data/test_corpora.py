"""Every corpus on a small tree of its shape: what is taken, and what is said to be missing."""

import types
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from soundsieve.data.corpora import CORPORA, fetch
from soundsieve.data.corpora.demand import PLACES
from soundsieve.data.licences import is_under
from soundsieve.data.pool import open_pool
from soundsieve.data.prepare import prepare
from soundsieve.errors import UserError
from soundsieve.target import parse
from tests.conftest import hiss, put, swelling

TREES = {
    "librispeech": [
        "train-clean-100/19/198/19-198-0000.flac",
        "train-clean-100/19/198/19-198-0001.flac",
        "train-clean-100/26/495/26-495-0000.flac",
        "dev-clean/84/121123/84-121123-0000.flac",
        "test-clean/61/70968/61-70968-0000.flac",
    ],
    "musdb-hq": [
        f"{song}/{part}.wav"
        for song in ("train/Leaf - Wicked", "train/Leaf - Summerghost", "test/PR - Oh No")
        for part in ("vocals", "drums", "bass", "other", "mixture")
    ],
    "musan": [
        "music/fma/music-fma-0000.wav",
        "music/fma/music-fma-0001.wav",
        "speech/librivox/speech-librivox-0000.wav",
        "speech/us-gov/speech-us-gov-0000.wav",
        "noise/free-sound/noise-free-sound-0000.wav",
        "noise/sound-bible/noise-sound-bible-0000.wav",
    ],
    "esc50": [f"audio/1-{clip}-{take}-0.wav" for clip in (17, 18, 19) for take in "AB"],
    "demand": [f"{place}/ch{channel:02}.wav" for place in PLACES[:4] for channel in (1, 2)],
    "dns": [
        "clean_fullband/read_speech/book_00000_chp_0009_reader_06709_0.wav",
        "clean_fullband/read_speech/book_00001_chp_0002_reader_06709_3.wav",
        "clean_fullband/vctk_wav48_silence_trimmed/p225/p225_001_mic1.flac",
        "clean_fullband/french_speech/M-AILABS/a.wav",
        "noise_fullband/fan_Freesound_validated_1.wav",
        "noise_fullband/fan_Freesound_validated_2.wav",
    ],
    "dnr": [
        f"{subset}/{number}/{part}.wav"
        for subset in ("tr", "cv", "tt")
        for number in (1001, 1002)
        for part in ("mix", "speech", "music", "sfx")
    ],
    "voicebank-demand": [
        f"{kind}_{name}.wav"
        for kind in ("clean", "noisy")
        for name in (
            "trainset_28spk_wav/p228_001",
            "trainset_28spk_wav/p226_001",
            "testset_wav/p232_001",
        )
    ],
    "folder": ["speech/anna/a.wav", "noise/rain/b.wav"],
}
COUNTS = {  # of sources by stem and split
    "librispeech": {"speech train": 3, "speech valid": 1, "speech test": 1},
    "musdb-hq": {
        f"{part} {split}": 1
        for part in ("vocals", "drums", "bass", "other")
        for split in ("train", "valid", "test")
    },
    "musan": {"music ": 2, "speech ": 2, "noise ": 2},
    "esc50": {"noise ": 6},
    "demand": {"noise ": 4},
    "dns": {"speech ": 4, "noise ": 2},
    "dnr": {
        f"{stem} {split}": 2
        for stem in ("speech", "music", "noise")
        for split in ("train", "valid", "test")
    },
    "voicebank-demand": {
        f"{stem} {split}": 1 for stem in ("speech", "noise") for split in ("train", "valid", "test")
    },
    "folder": {"speech ": 1, "noise ": 1},
}
GONE = {  # a file to take away, and what is then said
    "librispeech": ("train-clean-100/19/198/19-198-0001.flac", "1 of 2 utterances of .*0001.flac"),
    "musdb-hq": ("test/PR - Oh No/bass.wav", "1 of 4 stems of PR - Oh No are missing: bass.wav"),
    "musan": ("noise/sound-bible/noise-sound-bible-0000.wav", "noise/ has 1 of 930 files"),
    "esc50": ("audio/1-18-B-0.wav", "1 of 6 clips are missing: 1-18-B-0.wav"),
    "demand": ("DKITCHEN/ch01.wav", "15 of 18 places are missing: DKITCHEN/ch01.wav"),
    "dns": ("noise_fullband", "noise_fullband or noise is missing"),
    "dnr": ("cv/1002/sfx.wav", "sfx of 1 of 2 in cv/: 1002"),
    "voicebank-demand": ("clean_testset_wav/p232_001.wav", ""),
    "folder": ("", ""),
}


@pytest.fixture(params=TREES)
def tree(request, tmp_path) -> tuple[str, Path]:
    name = request.param
    root = tmp_path / (CORPORA[name].folders or ("mine",))[0]
    for seed, path in enumerate(TREES[name]):
        put(root / path, swelling(hiss(seed, 0.3), seed))
    if name == "librispeech":
        (root / "SPEAKERS.TXT").write_text(
            "; ID |SEX| SUBSET |MINUTES| NAME\n"
            "19   | F | train-clean-100  | 25.19 | Kara Shallenberg\n"
            "26   | M | train-clean-100  | 25.08 | Denny Sayers\n"
            "84   | F | dev-clean        | 8.02  | Christie Nowak\n"
            "61   | M | test-clean       | 8.08  | Paul-Gabriel Wiener\n"
        )
        words = "19-198-0000 A WORD\n19-198-0001 ANOTHER\n"
        (root / "train-clean-100/19/198/19-198.trans.txt").write_text(words)
    if name == "musan":
        lines = "music-fma-0000 rock N anna\nmusic-fma-0001 rock N anna\n"
        (root / "music/fma/ANNOTATIONS").write_text(lines)
    if name == "esc50":
        clips = [path.removeprefix("audio/") for path in TREES[name]]
        lines = [f"{clip},1,0,dog,True,{clip.split('-')[1]},A" for clip in clips]
        (root / "meta").mkdir()
        head = "filename,fold,target,category,esc10,src_file,take\n"
        (root / "meta/esc50.csv").write_text(head + "\n".join(lines) + "\n")
    return name, root


def test_a_corpus_gives_its_stems_with_split_and_licence(tree):
    name, root = tree
    corpus = CORPORA[name]
    assert corpus.root(root.parent if corpus.folders else root) == root
    found = corpus.sources(root)
    assert Counter(f"{source.stem} {source.split}" for source in found) == COUNTS[name]
    assert all(source.path.is_file() for source in found)
    if name != "folder":
        assert all(source.licence for source in found)
        assert {source.stem for source in found} <= set(corpus.stems)


def test_what_is_missing_is_said_precisely(tree):
    name, root = tree
    path, said = GONE[name]
    lines = CORPORA[name].missing(root)
    if path and (root / path).is_dir():
        for file in (root / path).iterdir():
            file.unlink()
    elif path:
        (root / path).unlink()
    after = CORPORA[name].missing(root)
    if name == "voicebank-demand":
        assert (
            lines == [] and after == []
        )  # an empty folder is a folder; its sentences have no noise
        assert all(source.split != "test" for source in CORPORA[name].sources(root))
    elif said:
        import re

        new = [line for line in after if line not in lines]
        assert len(new) == 1 and re.search(said, new[0]), new


def test_a_corpus_becomes_a_pool(tree, tmp_path, monkeypatch):
    name, root = tree
    ready = prepare(CORPORA[name].sources(root), tmp_path / "pools" / name, 16000)
    assert not ready.dropped
    monkeypatch.chdir(tmp_path)
    has = {source.stem for source in ready.sources}
    keep = parse("vocals" if "vocals" in has else "speech" if "speech" in has else "noise")
    if len(has) > 1 and name != "folder":
        assert open_pool(name, 16000, keep).store.folder == Path("pools") / name


def test_groups_of_corpora_are_what_must_not_leak(tmp_path):
    groups = {}
    for name in ("dns", "demand"):
        for seed, path in enumerate(TREES[name]):
            put(tmp_path / name / path, swelling(hiss(seed, 0.1), seed))
        groups[name] = [source.group for source in CORPORA[name].sources(tmp_path / name)]
    assert groups["dns"][1] == groups["dns"][2] == "dns read_speech reader_06709"
    assert groups["dns"][3] == "dns vctk_wav48_silence_trimmed p225"
    assert len(set(groups["dns"][-2:])) == 2 and len(set(groups["demand"])) == 4


def test_a_reader_is_one_group_in_a_flat_folder_too(tmp_path):
    for seed in range(2):
        name = f"book_0000{seed}_chp_0009_reader_06709_{seed}.wav"
        put(tmp_path / "clean" / name, swelling(hiss(seed, 0.1), seed))
    assert len({source.group for source in CORPORA["dns"].sources(tmp_path)}) == 1


def test_each_part_of_dnr_has_its_own_licence(tmp_path):
    for path in TREES["dnr"]:
        put(tmp_path / path, swelling(hiss(1, 0.1), 1))
    found = CORPORA["dnr"].sources(tmp_path)
    assert {s.stem for s in found if is_under(s.licence, "CC-BY")} == {"speech"}


def test_sentences_without_partner_are_named(tmp_path):
    for path in TREES["voicebank-demand"]:
        put(tmp_path / path, hiss(0, 0.1))
    put(tmp_path / "noisy_testset_wav/p232_002.wav", hiss(1, 0.1))
    (tmp_path / "clean_trainset_28spk_wav/p226_001.wav").unlink()
    lines = CORPORA["voicebank-demand"].missing(tmp_path)
    assert lines == [
        "clean_trainset_28spk_wav lacks 1: p226_001.wav",
        "clean_testset_wav lacks 1: p232_002.wav",
    ]


def test_speakers_that_the_list_of_librispeech_names_are_missed(tmp_path):
    put(tmp_path / "dev-clean/84/1/84-1-0000.flac", hiss(0, 0.1))
    lines = "84 | F | dev-clean | 8 | A\n174 | M | dev-clean | 8 | B\n"
    (tmp_path / "SPEAKERS.TXT").write_text(lines)
    said = CORPORA["librispeech"].missing(tmp_path)
    assert "1 of 2 speakers of dev-clean are missing: 174" in said


def test_a_corpus_that_is_not_prepared_is_no_data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="recipe prepare musdb-hq root=FOLDER"):
        open_pool("musdb-hq", 16000, parse("vocals"))


def test_downloads_go_through_torchaudio_with_room_for_them(tmp_path, monkeypatch):
    calls = []
    fake = types.SimpleNamespace(
        LIBRISPEECH=lambda root, url, download: calls.append((root, url, download)),
        MUSDB_HQ=lambda root, subset, download: calls.append((root, subset, download)),
    )
    monkeypatch.setitem(__import__("sys").modules, "torchaudio.datasets", fake)
    libri = CORPORA["librispeech"]
    with pytest.raises(UserError, match="subset= and one of dev-clean"):
        fetch.fetch("librispeech", libri, tmp_path, "")
    with pytest.raises(UserError, match="no library fetches musan"):
        fetch.fetch("musan", CORPORA["musan"], tmp_path, "")
    with pytest.raises(UserError, match="needs 1e\\+09 GB .* make room"):
        huge = replace(libri, subsets=(("dev-clean", 1e9),))
        fetch.fetch("librispeech", huge, tmp_path, "dev-clean")
    assert not calls
    small = replace(libri, subsets=(("dev-clean", 0.0),))
    fetch.fetch("librispeech", small, tmp_path, "dev-clean")
    fetch.fetch("musdb-hq", replace(CORPORA["musdb-hq"], subsets=(("all", 0.0),)), tmp_path, "")
    assert calls == [(tmp_path, "dev-clean", True), (tmp_path, "train", True)]


def test_a_download_that_fails_is_one_line(tmp_path):
    def refuse(root, subset):
        raise RuntimeError("The hash does not match\nmore")

    broken = replace(CORPORA["librispeech"], download=refuse, subsets=(("dev-clean", 0.0),))
    with pytest.raises(UserError, match=r"could not be fetched \(The hash does not match\)"):
        fetch.fetch("librispeech", broken, tmp_path, "dev-clean")


@pytest.mark.parametrize("name", CORPORA)
def test_every_corpus_says_what_it_is(name):
    corpus = CORPORA[name]
    assert corpus.about and corpus.licence and corpus.origin and corpus.layout and corpus.stems
    assert "://" not in corpus.origin
