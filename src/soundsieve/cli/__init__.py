"""The command line: one small module a verb, and the door in front of them."""

from soundsieve.cli.door import main

__all__ = ["main"]
