"""Episodes: whatever is looked at and when, each trouble is told once and its end once."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from callbacks.alert_episodes import Begin, End, Episode, Finding, Seen, follow

CLEAR_MS = 300
KEYS = (("link", "main"), ("link", "other"), ("waiting", ""))
LOOK = st.dictionaries(st.sampled_from(KEYS), st.booleans())
LOOKS = st.lists(st.tuples(st.integers(-200, 500), LOOK), max_size=40)


class Clinic:
    """Keeps episodes as the store does, and what was said."""

    def __init__(self) -> None:
        self.now = 0
        self.open: dict[int, Episode] = {}
        self.said: list[tuple[str, tuple[str, str]]] = []
        self.last = 0

    def look(self, after: int, found: dict[tuple[str, str], bool]) -> None:
        self.now += after
        findings = [Finding(*key, there) for key, there in found.items()]
        for step in follow(self.open.values(), findings, self.now, CLEAR_MS):
            match step:
                case Begin(finding):
                    self.last += 1
                    self.open[self.last] = Episode(self.last, *finding.key, self.now, self.now)
                    self.said.append(("alert", finding.key))
                case Seen(episode):
                    self.open[episode] = replace(self.open[episode], seen_ms=self.now)
                case End(episode):
                    self.said.append(("clear", self.open.pop(episode).key))


@given(LOOKS)
def test_alert_and_all_clear_take_turns(looks: list[tuple[int, dict[tuple[str, str], bool]]]) -> None:
    clinic = Clinic()
    for after, found in looks:
        clinic.look(after, found)
        keys = [episode.key for episode in clinic.open.values()]
        assert len(keys) == len(set(keys)), "at most one episode of a trouble is open"
    for key in KEYS:
        said = [what for what, about in clinic.said if about == key]
        assert said == [("alert", "clear")[n % 2] for n in range(len(said))]
        assert (len(said) % 2 == 1) == (key in [episode.key for episode in clinic.open.values()])


@given(LOOKS)
def test_when_all_is_well_for_long_enough_nothing_stays_open(
    looks: list[tuple[int, dict[tuple[str, str], bool]]]
) -> None:
    clinic = Clinic()
    for after, found in looks:
        clinic.look(after, found)
    clinic.look(10_000 + CLEAR_MS, dict.fromkeys(KEYS, False))
    assert clinic.open == {}


@given(LOOKS, st.integers(0, CLEAR_MS - 1))
def test_trouble_that_comes_back_soon_is_the_same_episode(
    looks: list[tuple[int, dict[tuple[str, str], bool]]], pause: int
) -> None:
    clinic = Clinic()
    for after, found in looks:
        clinic.look(after, found)
    clinic.look(10_000, {KEYS[0]: True})
    said = len(clinic.said)
    clinic.look(pause, {KEYS[0]: False})
    clinic.look(0, {KEYS[0]: True})
    assert len(clinic.said) == said


def test_what_was_not_looked_at_stays_as_it_was() -> None:
    clinic = Clinic()
    clinic.look(0, {KEYS[0]: True})
    clinic.look(100_000, {})
    assert clinic.said == [("alert", KEYS[0])]
