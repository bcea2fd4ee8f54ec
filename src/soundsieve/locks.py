"""What one process writes, another one leaves alone."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from soundsieve.errors import UserError

try:
    import fcntl
except ImportError:  # Windows has no flock: there nobody stops two equal commands
    fcntl = None

_NO_LOCKS = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS}  # of a disk elsewhere, which has none


@contextmanager
def held(path: Path, name: Path) -> Iterator[None]:
    """Holds a file, made where there is none; the hold ends with the process, however it ends.

    Raises UserError, of `name`, where another process has it.
    """
    if fcntl is None:
        yield
        return
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(
                f"{name} is being written by another process; wait for it, or stop it."
            ) from None
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
        yield
