"""Preparing a pool with the disk full, and with the process killed at random moments."""

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from soundsieve.data.journal import journal_file, read_journal
from soundsieve.data.pool import open_pool
from soundsieve.data.prepare import prepare
from soundsieve.data.sources import stem_sources
from tests.conftest import RATE, hiss, put, swelling

SRC = Path(__file__).parents[2] / "src"
FILES = 150
COMMAND = "import sys; from soundsieve.cli import main; sys.exit(main(sys.argv[1:]))"
# Loads everything once; then a child a line, which sleeps a little at every file.
VICTIMS = """
import os, sys, time
from pathlib import Path
from soundsieve.data import decoding, prepare, sources
real = decoding.Decoder.decode
decoding.Decoder.decode = lambda self, source: (time.sleep(0.02), real(self, source))[1]
for _ in sys.stdin:
    child = os.fork()
    if not child:
        found = list(sources.stem_sources(Path("in"), "speech"))
        prepare.prepare(found, Path("pools/mine"), 16000, workers=2)
        os._exit(0)
    print(child, flush=True)
    print(os.waitpid(child, 0)[1], flush=True)
"""


def environment():
    return {**os.environ, "PYTHONPATH": str(SRC), "OMP_NUM_THREADS": "1"}


def recipe(folder, *words, before=""):
    return subprocess.run(
        [sys.executable, "-c", before + COMMAND, *words],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
    )


def rows(pool):
    with (pool / "manifest.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_full_disk_is_one_line_and_the_next_run_goes_on(tmp_path):
    pytest.importorskip("resource")
    for number in range(30):
        put(tmp_path / f"in/person {number} x/a.wav", swelling(hiss(number, 0.5), number))
    words = ["prepare", "speech=in", "name=mine", "workers=1"]
    small = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000));"
    done = recipe(tmp_path, *words, before=small)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "disk is full" in done.stderr
    assert 5 < len(read_journal(tmp_path / "pools/mine", RATE)) < 30
    assert recipe(tmp_path, *words).returncode == 0
    assert len(rows(tmp_path / "pools/mine")) == 30
    assert journal_file(tmp_path / "pools/mine", RATE).read_bytes().count(b"\n") == 30


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_twenty_kills_at_random_moments_lose_nothing_that_was_whole(tmp_path):
    for number in range(FILES):
        sound = swelling(hiss(number, 0.5), number)
        put(tmp_path / f"in/person {number} x/a.wav", sound, 44100)
    pool, random = tmp_path / "pools/mine", np.random.default_rng(0)
    held: dict = {}
    with subprocess.Popen(
        [sys.executable, "-c", VICTIMS],
        cwd=tmp_path,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    ) as parent:

        def start():
            parent.stdin.write("go\n")
            return int(parent.stdout.readline())

        for kill in range(20):
            child = start()
            deadline = time.monotonic() + 30
            # Every second one while it finds its way in, the others while they write.
            while kill % 2 and time.monotonic() < deadline:
                if len(read_journal(pool, RATE)) > len(held):
                    break
                time.sleep(0.002)
            time.sleep(random.uniform(0, 0.04))
            os.kill(child, signal.SIGKILL)
            assert int(parent.stdout.readline()) == signal.SIGKILL
            now = read_journal(pool, RATE)
            assert {key: now[key] for key in held} == held
            assert not (pool / "manifest.csv").exists()
            held = now
        assert 10 <= len(held) < FILES
        start()
        assert int(parent.stdout.readline()) == 0
        parent.stdin.close()
    now = read_journal(pool, RATE)
    assert {key: now[key] for key in held} == held
    assert journal_file(pool, RATE).read_bytes().count(b"\n") == FILES  # nothing was decoded twice
    assert len(rows(pool)) == FILES
    clean = prepare(list(stem_sources(tmp_path / "in", "speech")), tmp_path / "clean", RATE)
    killed = open_pool(str(pool), RATE, [])
    place = {source.path: row for row, source in enumerate(killed.sources)}
    for row, source in enumerate(clean.sources):
        again = killed.store.crop(place[source.path], 0, 10**6)
        assert (clean.store.crop(row, 0, 10**6) == again).all()
