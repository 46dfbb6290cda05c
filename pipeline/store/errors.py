"""What can be wrong with the files of a run, apart from the inputs."""

from __future__ import annotations


class OutputError(Exception):
    """The output folder cannot be written; the text says which path and why."""

    @classmethod
    def of(cls, what: object, error: OSError) -> OutputError:
        """That `what` could not be written, in the words of the system."""
        return cls(f"{what}: {error.strerror or type(error).__name__}")


class LockHeld(Exception):
    """Another run holds the output folder."""


class InvariantError(Exception):
    """Something that must hold does not; nothing is published."""


class ResourceError(Exception):
    """A file of the package itself is missing or cannot be read: the installation is broken."""
