"""The command line; `run` is what `hebbcap` calls."""

from hebbcap.cli.main import run

__all__ = ["run"]
