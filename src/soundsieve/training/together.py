"""Several processes that train one model: the first one starts the others, or torchrun all of them.

Lightning would start the others by running the command again, which then finds its run folder
taken, or with `spawn`, which pickles the whole store. Here each is a fresh interpreter that is told
the recipe: so it works from the command line, from a notebook and in a test alike.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import torch
from lightning_fabric.plugins.environments.lightning import find_free_network_port

from soundsieve.errors import UserError
from soundsieve.recipe import Recipe
from soundsieve.training.machine import pick_device
from soundsieve.training.place import ALONE, Place, joined

LAST_WORD = 60
"""Seconds that the others have to end after the first."""


@contextmanager
def together(recipe: Recipe, folder: Path) -> Iterator[Place]:
    """The place of this first process, with the others at work for as long as the block lasts.

    Raises UserError where the devices are not there, or where one of the others was stopped.
    """
    place = launched(recipe) or Place(ranks=recipe.train.devices)
    _check(recipe, place)
    if place.ranks == 1:
        yield ALONE
        return
    device = pick_device(recipe.device)
    if os.environ.get("RANK"):
        with joined(place, device):
            yield place
        return
    with (
        _shared_threads(place.ranks, device) as threads,
        _ending() as others,
        ExitStack() as meeting,
    ):
        told = {"recipe": recipe.model_dump(mode="json"), "folder": str(folder)}
        told |= {"ranks": place.ranks, "threads": threads, "port": find_free_network_port()}
        with _answering(others):
            _start(others, told)
            meeting.enter_context(joined(place, device, told["port"]))
        with _answering(others):
            yield place


def launched(recipe: Recipe) -> Place | None:
    """The place that torchrun gave this process; None where a user started it."""
    train, names = recipe.train, ("RANK", "WORLD_SIZE", "LOCAL_RANK", "GROUP_RANK")
    found = [os.environ.get(name) for name in names]
    if train.devices * train.nodes == 1 or None in found:
        return None
    rank, ranks, local, node = map(int, filter(None, found))
    if ranks != train.devices * train.nodes:
        raise UserError(
            f"train.nodes={train.nodes} times train.devices={train.devices} expects "
            f"{train.devices * train.nodes} processes, got {ranks}; set both as torchrun has them."
        )
    return Place(rank, ranks, local, node)


def _check(recipe: Recipe, place: Place) -> None:
    train, kind = recipe.train, pick_device(recipe.device).type
    there = {"cuda": torch.cuda.device_count(), "mps": 1}.get(kind, train.devices)
    if train.devices > there:
        raise UserError(
            f"train.devices={train.devices}: expected as many {kind} devices, got {there}; "
            f"train.devices={there} takes them all."
        )
    if train.batch < place.ranks:
        raise UserError(
            f"train.batch={train.batch} is less than a scene for each of {place.ranks} processes; "
            f"set train.batch={place.ranks} or more."
        )
    rows = train.batch // place.ranks
    if train.reuse > rows:
        raise UserError(
            f"train.reuse={train.reuse}: the stems of {rows} scenes a process can be exchanged "
            f"{rows} times at most; set train.reuse={rows} or a larger train.batch."
        )
    if train.nodes > 1 and not os.environ.get("RANK"):
        raise UserError(
            f"train.nodes={train.nodes} needs the same command on every machine: torchrun "
            f"--nnodes={train.nodes} --nproc-per-node={train.devices} --rdzv-backend=c10d "
            "--rdzv-endpoint=FIRST:29400 --no-python recipe run ..."
        )


@contextmanager
def _shared_threads(ranks: int, device: torch.device) -> Iterator[int]:
    """Threads a process: on the processor they share the cores."""
    before = torch.get_num_threads()
    each = max(1, before // ranks) if device.type == "cpu" else before
    torch.set_num_threads(each)
    try:
        yield each
    finally:
        torch.set_num_threads(before)


@contextmanager
def _ending() -> Iterator[list[subprocess.Popen]]:
    """A list for processes that end with the block."""
    others: list[subprocess.Popen] = []
    try:
        yield others
        for other in others:
            with suppress(subprocess.TimeoutExpired):  # the model is trained: no need to wait
                other.wait(LAST_WORD)
    finally:
        for other in others:
            other.kill()
            other.communicate()


@contextmanager
def _answering(others: list[subprocess.Popen]) -> Iterator[None]:
    """What goes wrong in the block stops the others at once, before they complain that we left."""
    well = False
    try:
        yield
        well = True
    except RuntimeError as error:  # so it shows when one of the others hangs up
        _explain(others, error)
        raise
    finally:
        for other in others if not well else ():
            other.kill()


def _start(others: list[subprocess.Popen], told: dict[str, Any]) -> None:
    """Starts the other processes, and waits until each has opened the data and is about to join.

    Raises RuntimeError where one of them ends instead.
    """
    source = str(Path(__file__).parents[2])
    path = os.pathsep.join(filter(None, (source, os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": str(told["threads"])}
    command, pipe = [sys.executable, "-m", "soundsieve.training.rank"], subprocess.PIPE
    for rank in range(1, told["ranks"]):
        # In a session of its own, so that Ctrl-C reaches the first process alone.
        other = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, env=environment, start_new_session=True
        )
        others.append(other)
        assert other.stdin is not None
        try:
            # It stays open: its end tells the other that this process is no more.
            other.stdin.write(json.dumps({**told, "rank": rank}).encode() + b"\n")
            other.stdin.flush()
        except BrokenPipeError:
            break
    for rank, other in enumerate(others, 1):
        assert other.stdout is not None
        if not other.stdout.readline():
            raise RuntimeError(f"process {rank} of the training did not start")


def _explain(others: list[subprocess.Popen], error: RuntimeError) -> None:
    """A UserError in place of a lost connection, where another process did not end by a bug."""
    for rank, other in enumerate(others, 1):
        try:
            code = other.wait(5)
        except subprocess.TimeoutExpired:
            continue
        if code == 2:
            text = f"process {rank} of the training stopped; the line above says why."
            raise UserError(text) from error
        if code < 0:
            raise UserError(
                f"process {rank} of the training was killed (signal {-code}), perhaps for want of "
                "memory; the same command goes on from the last minute."
            ) from error
