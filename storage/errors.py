"""The rules of storing that can be broken."""

from __future__ import annotations


class Conflict(Exception):
    """Somebody else saved the same thing in between: a lost update."""

    def __init__(self, what: str, version: int) -> None:
        super().__init__(f"{what} is no longer at version {version}")
        self.what = what
        self.version = version


class NaiveTime(ValueError):
    """A time without a zone was to be stored."""


class NewerSchema(Exception):
    """The database was made by a newer version than this one, which would not understand it."""

    def __init__(self) -> None:
        super().__init__(
            "the database has a newer schema than this version knows: "
            "start the version that made it, or restore a backup from before"
        )


class Unavailable(Exception):
    """The database cannot commit now: the disk is full, or nobody answers. Nothing was kept; try
    again later.
    """


def bearable(error: BaseException) -> Exception:
    """The error of a unit as its caller may hear it: no error of a unit ends the process."""
    if isinstance(error, Exception) and not isinstance(error, StopIteration):
        return error
    return RuntimeError(f"a unit of work raised {type(error).__name__}")
