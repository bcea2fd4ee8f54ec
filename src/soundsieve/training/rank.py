"""One of the other processes of a training, told by the first one on standard input what to do."""

import json
import os
import signal
import sys
import threading
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import Progress

from soundsieve.data.opening import pool_of
from soundsieve.data.pool import Pool
from soundsieve.errors import UserError
from soundsieve.recipe import Recipe
from soundsieve.training.machine import pick_device
from soundsieve.training.place import Place, joined
from soundsieve.training.train import train_recipe


def main() -> int:
    """Train along; the exit code is 2 for what the user can mend."""
    told = json.loads(sys.stdin.readline())
    # Were the first process killed, nobody would be left to stop this one.
    threading.Thread(target=_end_with_the_first, daemon=True).start()
    torch.set_num_threads(told["threads"])
    recipe, rank = Recipe.model_validate(told["recipe"]), told["rank"]
    try:
        pool = pool_of(recipe, Progress(console=Console(quiet=True)))
        _ready()
        place = Place(rank, told["ranks"], rank)
        train_along(recipe, pool, Path(told["folder"]), place, told["port"])
    except UserError as error:
        print(f"recipe: process {rank}: {error}", file=sys.stderr)
        return 2
    return 0


def train_along(
    recipe: Recipe, pool: Pool, folder: Path, place: Place, port: int | None = None
) -> None:
    """Trains as one of several processes, silently, until the first one says that it is over."""
    # Under torchrun Ctrl-C reaches all of them; the first one tells the others when to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with joined(place, pick_device(recipe.device), port):
        try:
            train_recipe(recipe, pool, folder, Progress(console=Console(quiet=True)), place)
        except KeyboardInterrupt:  # said by the first one, which has saved
            return


def _ready() -> None:
    """Tells the first process so; what libraries print from now on is for people."""
    print("ready", flush=True)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())


def _end_with_the_first() -> None:
    while os.read(0, 1):  # the buffer of sys.stdin would be locked when the interpreter ends
        pass
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
