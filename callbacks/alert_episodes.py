"""Episodes of trouble: when to sound an alert, and when to give the all-clear. Pure; `now` is an argument.

Each look at the clinic gives findings: a trouble that is there, or one that is not. What is not looked at (the link is
down, the clinic is closed) has no finding, and what was true stays true.

1. A trouble without an open episode begins one: one alert.
2. A trouble that is still there keeps its episode open.
3. An episode ends when its trouble was found gone and had not been seen for `clear_ms`: one all-clear. Trouble that
   comes and goes faster is one episode, so nobody is called ten times for it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

Key = tuple[str, str]
"""The kind of trouble, and what it is about ("" when there is only one of its kind)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look says about one possible trouble; `detail` is a sentence for a person."""

    kind: str
    subject: str
    there: bool
    detail: str = ""

    @property
    def key(self) -> Key:
        """Return what tells this trouble from others."""
        return (self.kind, self.subject)


@dataclass(frozen=True, slots=True)
class Episode:
    """Trouble that began and has not ended; `seen_ms` is when it was last found there."""

    id: int
    kind: str
    subject: str
    began_ms: int
    seen_ms: int

    @property
    def key(self) -> Key:
        """Return what tells this trouble from others."""
        return (self.kind, self.subject)


@dataclass(frozen=True, slots=True)
class Begin:
    """An episode begins: sound the alert."""

    finding: Finding


@dataclass(frozen=True, slots=True)
class Seen:
    """The trouble of an episode is still there."""

    episode: int


@dataclass(frozen=True, slots=True)
class End:
    """The episode is over: give the all-clear."""

    episode: int


Step = Begin | Seen | End


def follow(episodes: Iterable[Episode], findings: Iterable[Finding], now_ms: int, clear_ms: int) -> list[Step]:
    """Return what follows from one look. `episodes` are the open ones, at most one for each key.

    A clock that was set back never ends an episode early.
    """
    open_ = {episode.key: episode for episode in episodes}
    steps: list[Step] = []
    for finding in {finding.key: finding for finding in findings}.values():
        episode = open_.get(finding.key)
        if finding.there:
            steps.append(Begin(finding) if episode is None else Seen(episode.id))
        elif episode is not None and now_ms - episode.seen_ms >= clear_ms:
            steps.append(End(episode.id))
    return steps
