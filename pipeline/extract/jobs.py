"""What is to be read, and the line in which it waits for a worker."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pipeline.extract.answers import Answer


@dataclass(frozen=True, slots=True)
class Job:
    """One file to read, or one page of it to recognise, or pages of it to draw, with quotes to find on
    each. `key` comes back with the answer."""

    key: str
    data: bytes
    extension: str
    page: int = 0
    drawn: tuple[tuple[int, tuple[str, ...]], ...] = ()  # (page, quotes)


Follow = Callable[[Job, Answer], Iterable[Job]]
"""What is still to be read because of an answer, such as the members of an archive."""


class Line:
    """Jobs that wait for a worker: a few read ahead from the input and, before them, those that
    follow from an answer. Its end is known only when no answer is awaited any more."""

    def __init__(self, ahead: int) -> None:
        self.ahead = ahead
        self.waiting: deque[Job] = deque()
        self.following: deque[Job] = deque()
        self.awaited = 0
        self.fed = False
        self.stopped = False
        self.changed = threading.Condition()

    def feed(self, jobs: Iterable[Job]) -> None:
        """Take jobs in as there is room, until they or the run end."""
        for job in jobs:
            with self.changed:
                self.changed.wait_for(lambda: self.stopped or len(self.waiting) < self.ahead)
                if self.stopped:
                    return
                self.waiting.append(job)
                self.changed.notify_all()

    def take(self) -> Job | None:
        """The next job, None at the end."""
        with self.changed:
            self.changed.wait_for(
                lambda: self.stopped or self.following or self.waiting or (self.fed and not self.awaited)
            )
            if self.stopped or not (self.following or self.waiting):
                return None
            self.awaited += 1
            job = (self.following or self.waiting).popleft()
            self.changed.notify_all()
            return job

    def answered(self, following: Iterable[Job]) -> None:
        """An awaited answer is there, and this is what follows from it."""
        with self.changed:
            self.following.extend(following)
            self.awaited -= 1
            self.changed.notify_all()

    def end(self, *, now: bool) -> None:
        """Nothing more will be fed; with `now`, nothing of what waits is wanted any more."""
        with self.changed:
            self.fed = True
            self.stopped = self.stopped or now
            self.changed.notify_all()
