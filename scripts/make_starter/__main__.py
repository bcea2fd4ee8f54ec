"""Write the starter corpus: `python -m scripts.make_starter [OUT] [--seed N] [--only PART]`."""

import argparse
import shutil
from pathlib import Path

from . import noises, prompts, songs, speech
from .writing import read_manifest, write_clip, write_manifest, write_readme

PARTS = {"speech": speech, "songs": songs, "noise": noises, "prompts": prompts}
"""Parts by the folder that they fill."""


def main() -> None:
    """Make the parts asked for and renew the manifest and the README."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", nargs="?", type=Path, default=Path("src/soundsieve/data/starter"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=PARTS, action="append", help="make only this part again")
    asked = parser.parse_args()
    old = read_manifest(asked.out)
    rows = []
    for folder, part in PARTS.items():
        kept = [row for row in old if row["path"].startswith(f"{folder}/")]
        if asked.only and folder not in asked.only:
            rows += kept
            continue
        shutil.rmtree(asked.out / folder, ignore_errors=True)
        made = [write_clip(asked.out, clip) for clip in part.clips(asked.seed)]
        size = sum(path.stat().st_size for path in (asked.out / folder).rglob("*.ogg"))
        minutes = sum(float(row["seconds"]) for row in made) / 60
        print(
            f"{folder}: {len(made)} files, {minutes:.1f} minutes, {size / 1e6:.2f} MB", flush=True
        )
        rows += made
    write_manifest(asked.out, rows)
    write_readme(asked.out, rows, asked.seed)


if __name__ == "__main__":
    main()
