"""What is refused by its name, kind or size, before it is opened as audio."""

from pathlib import Path

from soundsieve.errors import UserError


def check_readable(path: Path) -> None:
    """Raises UserError for what no library has to look at to know that it is no audio file."""
    if path.is_dir():
        raise UserError(f"{path}: expected an audio file, got a folder; name a file in it.")
    if path.exists() and not path.is_file():  # opened, a pipe would wait
        raise UserError(
            f"{path}: expected an audio file, got a pipe or a device; save it first, or use "
            "`recipe stream in=-`."
        )
    try:
        size = path.stat().st_size
        with path.open("rb"):
            pass
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        raise UserError(f"{path}: cannot be read ({reason}); check the name.") from error
    if not size:
        raise UserError(f"{path}: expected audio, got an empty file; leave it out.")
    if path.suffix.lower() == ".raw":  # soundfile asks its caller what is in there
        raise UserError(
            f"{path}: raw samples say neither their rate nor their kind; send them through "
            "`recipe stream in=- sample_rate=...`, or rename the file if it has a header."
        )
