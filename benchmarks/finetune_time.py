"""How long a fine-tune takes by the clock, from the command to the report, and its memory.

    python benchmarks/finetune_time.py [BASE] [noise=FOLDER] [prompts=FOLDER]

Each is `recipe finetune` as it is, in a process of its own, on all cores there are.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from compare import RUN
from render import record

from soundsieve.audio.io import info
from soundsieve.data.walk import audio_files
from soundsieve.export.proof import processor
from soundsieve.finetuning import SCORES

TEXT = """\
`recipe finetune {base}` from the command to the report, on {cores} cores, load {load:.1f} before.
The recordings are those of sounds that the model never heard."""
COLUMNS = ["taught", "recordings, s", "steps", "in all, s", "training, s", "peak memory, MB"]


def main(words: list[str]) -> None:
    """Times a fine-tune of each sound, and writes the result."""
    base = next((word for word in words if "=" not in word), "any")
    sounds = dict(word.split("=", 1) for word in words if "=" in word)
    if not sounds:
        sys.exit("expected noise=FOLDER or prompts=FOLDER, recordings of what is to be taught.")
    text = TEXT.format(base=base, cores=os.cpu_count(), load=os.getloadavg()[0])
    rows = [_timed(base, kind, Path(folder)) for kind, folder in sounds.items()]
    table = {"columns": COLUMNS, "rows": rows}
    record("finetune-time", title="Fine-tuning", text=text, tables=[table], machine=processor())


def _timed(base: str, kind: str, folder: Path) -> list:
    """The row of one fine-tune."""
    heard = [info(path) for path in audio_files(folder)]
    with tempfile.TemporaryDirectory() as out:
        command = ["finetune", base, f"{kind}={folder}", f"out={out}"]
        began = time.monotonic()
        process = subprocess.Popen([sys.executable, "-c", RUN, *command])
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
        if os.waitstatus_to_exitcode(status):
            sys.exit("the fine-tune failed")
        scores = json.loads(next(Path(out).glob(f"*/{SCORES}")).read_text(encoding="utf-8"))
    spoken = sum((each.frames or 0) / each.sample_rate for each in heard)
    peak = usage.ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)
    facts = [scores["steps"], seconds, scores["training"], peak]
    return [f"{kind}: {folder.name}", spoken, *facts]


if __name__ == "__main__":
    main(sys.argv[1:])
