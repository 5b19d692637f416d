"""`callward report open`: what a figure counts, as many as it says."""

import json
from pathlib import Path

from click.testing import CliRunner, Result

from cli import main
from store import open_store, rollups
from tests.commands.test_report import clinic
from tests.reports import test_channels, test_pool, test_stages, test_visits
from tests.tracking.booking import ANNA, DESK, at

__all__ = ["clinic"]
DAYS = ("--from", "2026-11-01", "--to", "2026-11-30")


def run(path: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["--config", str(path), "report", "open", *words], env={"AMI_SECRET": "x"})


def test_calls_people_and_appointments_are_listed_and_a_marketer_gets_hashes(clinic: Path) -> None:
    with open_store(str(clinic.parent / "callward.db")) as store, store.write() as tx:
        test_stages.story(tx)
        test_channels.made_by(tx, "A-1", "1")
        rollups.rebuild(tx)
    for figure, count in (("sources.calls", 5), ("sources.unique_callers", 4), ("origins.appointments", 2)):
        told = json.loads(run(clinic, figure, *DAYS, "--json").output)
        assert (told["count"], len(told["items"])) == (count, count), figure
    row = ("--row", "source=billboard")
    told = json.loads(run(clinic, "funnel.rang_callers", *DAYS, *row, "--limit", "1", "--json").output)
    assert (told["count"], len(told["items"])) == (2, 1)
    assert "Anna Wzorowa" in run(clinic, "origins.shown", *DAYS).output
    assert "1 of 4; see more with --limit 4." in run(clinic, "sources.unique_callers", *DAYS, "--limit", "1").output
    hashes = run(clinic, "sources.unique_callers", *DAYS, "--role", "marketer", "--json").output
    assert "Wzorowa" not in hashes
    assert ANNA not in hashes
    assert all(len(one["caller"]) == 24 for one in json.loads(hashes)["items"])


def test_what_opens_to_nothing_or_is_no_marketers_is_refused_with_what_there_is(clinic: Path) -> None:
    assert "choose among sources.answer_rate" in run(clinic, "sources.cost").output
    for figure in ("sources.calls", "not-booked.callers"):
        assert "is not a marketer's" in run(clinic, figure, "--role", "marketer").output
    for row in ((), ("--row", "channel=phone")):
        assert "Nothing is behind this figure" in run(clinic, "channels.contacts", *row).output
    assert "is not a marketer's" in run(clinic, "channels.contacts", *row, "--role", "marketer").output
    refused = run(clinic, "origins.shown", "--row", "colour=red").output
    assert '"colour" is nothing that origins is counted by' in refused
    assert "Nothing is behind this figure" in run(clinic, "origins.shown").output


def test_requests_visits_and_leases_are_listed_and_visitors_are_nobody(clinic: Path) -> None:
    with open_store(str(clinic.parent / "callward.db")) as store, store.write() as tx:
        test_visits.story(tx)
        test_pool.lease(tx, 1, DESK, at("2026-11-02 09:00"), at("2026-11-02 09:20"))
        rollups.rebuild(tx)
    for figure, count in (("channels.contacts", 3), ("visits.visits", 4), ("visits.ended_form", 1), ("pool.leases", 1)):
        for role in ("manager", "marketer"):
            output = run(clinic, figure, *DAYS, "--role", role, "--json").output
            told = json.loads(output)
            assert (told["count"], len(told["items"])) == (count, count), figure
            assert ("Wzorowa" in output) == (ANNA in output) == (figure == "channels.contacts" and role == "manager")
    assert "/implants" in run(clinic, "visits.ended_call", *DAYS).output
    assert "2026-11-02 09:20" in run(clinic, "pool.leases", *DAYS).output


def test_a_share_or_an_average_says_what_it_is_computed_from(clinic: Path) -> None:
    with open_store(str(clinic.parent / "callward.db")) as store, store.write() as tx:
        test_visits.story(tx)
        rollups.rebuild(tx)
    assert "Ended in something: 75%, these 3 of 4." in run(clinic, "visits.acted_share", *DAYS).output
    told = json.loads(run(clinic, "visits.acted_share", *DAYS, "--json").output)
    assert (told["value"], told["computed_from"], told["out_of"], told["count"]) == (0.75, 3, 4, 3)
    told = json.loads(run(clinic, "sources.median_wait_s", *DAYS, "--json").output)
    assert (told["computed_from"], told["out_of"], len(told["items"])) == (2, None, 2)
    assert "opens with --row channel=request alone" in run(clinic, "channels.answer_s").output
