"""Makes what the README lets one hear: a starter scene, what a model keeps of it, what it removes.

usage: python -m scripts.make_listen MODEL [SCENE]     writes docs/listen/
"""

import sys
from pathlib import Path

import torch
from rich.console import Console

import soundsieve
from soundsieve.audio.io import write
from soundsieve.data.opening import mixer_of, pool_of
from soundsieve.progress import progress_bar
from soundsieve.report.figures import save, spectrograms

FOLDER = Path(__file__).parents[1] / "docs" / "listen"
KEEP = "speech+music"
SNR = 3.0


def main(name: str, index: int) -> None:
    """Draws the scene from the test split, separates it, writes three files and a figure."""
    recipe = soundsieve.resolve("keep", [f"keep={KEEP}", "data=starter", "mix.segment=8"])
    with progress_bar(Console()) as progress:
        pool = pool_of(recipe, progress)
    mixer = mixer_of(recipe, pool, "test", seed=7)
    scenes = mixer.scenes([index], snr=SNR, level=-22.0, absent=["prompts"], both=True)
    mixture = scenes.mixture[0]
    kept = soundsieve.load(name).separate(mixture, pool.sample_rate, keep=KEEP)
    sounds = {"mixture": mixture, "kept": kept, "removed": mixture - kept}
    FOLDER.mkdir(parents=True, exist_ok=True)
    for word, audio in sounds.items():
        write(FOLDER / f"{word}.flac", audio.clamp(-1, 1), pool.sample_rate, "PCM_16")
    kinds = [k for stem, k in scenes.kinds[0].items() if recipe.tree.path(stem)[1] == "noise"]
    title = f"{', '.join(kinds).replace('_', ' ')}, {SNR:g} dB"
    save(spectrograms({title: sounds}, pool.sample_rate), FOLDER / "scene.png")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0)
