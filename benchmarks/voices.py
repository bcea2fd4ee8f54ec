"""Voices that say what a navigation says, spoken by festival, for benchmarks/finetune.py.

    python benchmarks/voices.py FOLDER

Writes a folder a voice, of languages that `any` was trained on no prompts in. On Debian:
`apt install festival festvox-italp16k festvox-czech-dita`.
"""

import itertools
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

VOICES = {
    "italian": ("lp_diphone", "iso-8859-1"),
    "czech": ("czech_dita", "iso-8859-2"),
}
"""Festival's names of the voices, and in what they read text."""
SENTENCES = {
    "italian": (
        "Tra {} metri, girare a {}.",
        "Tra {} metri tenersi a {}, poi proseguire dritto.",
        "Alla rotonda, tra {} metri, uscire a {}.",
        "Prepararsi a svoltare a {1} tra {0} metri.",
        "Ancora {} metri, la destinazione si trova a {}.",
    ),
    "czech": (
        "Za {} metrů odbočte {}.",
        "Za {} metrů se držte {}, potom pokračujte rovně.",
        "Na kruhovém objezdu, za {} metrů, vyjeďte {}.",
        "Připravte se odbočit {1}, za {0} metrů.",
        "Ještě {} metrů, cíl cesty je {}.",
    ),
}
DISTANCES = {
    "italian": ("cinquanta", "cento", "duecento", "trecento", "cinquecento", "ottocento"),
    "czech": ("padesát", "sto", "dvě stě", "tři sta", "pět set", "osm set"),
}
SIDES = {"italian": ("destra", "sinistra"), "czech": ("vpravo", "vlevo")}


def main() -> None:
    """Speaks every sentence of every voice."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    if not shutil.which("text2wave"):
        sys.exit("festival's text2wave is not here: apt install festival")
    for name, (voice, encoding) in VOICES.items():
        folder = Path(sys.argv[1], f"voice_{name}")
        folder.mkdir(parents=True, exist_ok=True)
        said = itertools.product(SENTENCES[name], DISTANCES[name], SIDES[name])
        for number, (sentence, distance, side) in enumerate(said):
            text = sentence.format(distance, side).encode(encoding)
            _speak(text, voice, folder / f"{number:03}.wav")
        print(f"written: {folder}")


def _speak(text: bytes, voice: str, path: Path) -> None:
    with tempfile.NamedTemporaryFile(suffix=".txt") as script:
        script.write(text)
        script.flush()
        command = ["text2wave", "-eval", f"(voice_{voice})", "-o", str(path), script.name]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
