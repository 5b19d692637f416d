"""The queries of the admin's pages, on every engine: what is kept, found, and forgotten."""

from store import Store
from tests.store.rows import insert

NOW = 1_000_000


def test_runs_of_the_ledger_are_followed_ended_once_and_forgotten(store: Store) -> None:
    with store.write() as tx:
        for run in (1, 2, 3):
            tx.run("ledger_run_add", id=run, pbx="main", from_ms=0, to_ms=9, person="root", now_ms=NOW + run)
        assert tx.run("ledger_run_step", id=3, step="cel", now_ms=NOW + 50) == 1
        assert tx.run("ledger_run_end", id=2, state="stopped", result="", now_ms=NOW + 60) == 1
        assert tx.run("ledger_run_end", id=2, state="done", result="{}", now_ms=NOW + 61) == 0
        assert tx.run("ledger_run_step", id=2, step="cdr", now_ms=NOW + 62) == 0
        assert tx.run("ledger_runs_lost", now_ms=NOW + 70, before_ms=NOW + 50) == 1
        tx.run("ledger_runs_forget", last=1)
        assert [(row["id"], row["state"], row["step"]) for row in tx.all("ledger_runs", limit=9)] == [
            (3, "running", "cel"), (2, "stopped", ""),
        ]
        assert (tx.one("ledger_run_get", id=3) or {})["seen_ms"] == NOW + 50


def test_a_calendars_link_lives_until_it_is_revoked_over_or_its_user_is_gone(store: Store) -> None:
    with store.write() as tx:
        tx.run("user_add", name="anna", display="Anna", roles="receptionist", created_ms=NOW)
        for id_ in (1, 2):
            tx.run("calendar_link_add", id=id_, token=f"t{id_}", person="anna", label="", scope="all", now_ms=NOW,
                   until_ms=NOW + 100)
        found = tx.one("calendar_link_live", token="t1", now_ms=NOW + 1)
        assert found is not None
        assert (found["roles"], found["scope"]) == ("receptionist", "all")
        assert tx.one("calendar_link_live", token="t1", now_ms=NOW + 100) is None
        tx.run("calendar_link_seen", id=1, now_ms=NOW + 5)
        assert tx.run("calendar_link_revoke", id=1, person="ewa", now_ms=NOW) == 0
        assert tx.run("calendar_link_revoke", id=1, person="anna", now_ms=NOW) == 1
        assert [row["id"] for row in tx.all("calendar_links_of", person="anna", now_ms=NOW)] == [2]
        assert tx.run("calendar_links_revoke", person="anna", now_ms=NOW) == 1
        assert tx.all("calendar_callbacks", person="anna", now_ms=NOW, limit=5) == []
        assert tx.all("calendar_callbacks", person=None, now_ms=NOW, limit=5) == []


def test_an_older_snapshot_does_not_hide_a_newer_one_and_every_exchange_is_known_once(store: Store) -> None:
    with store.write() as tx:
        for at_ms, calls in ((NOW, 3), (NOW - 5, 9), (NOW + 5, 1)):
            tx.run("pbx_seen_put", pbx="main", snapshot_ms=at_ms, calls=calls)
        assert [(row["snapshot_ms"], row["calls"]) for row in tx.all("pbx_seen_all")] == [(NOW + 5, 1)]
        tx.run("gap_open", id=1, pbx="main", from_ms=1, reason="")
        tx.run("lease_take", pbx="main", holder="a:1", until_ms=NOW, now_ms=0)
        tx.run("checkpoint_put", pbx="branch", file="f", position=0)
        assert [row["pbx"] for row in tx.all("pbx_known")] == ["branch", "main"]
        assert tx.value("last_event_ms", pbx="main") is None


def test_the_audit_log_is_found_by_person_patient_action_and_time(store: Store) -> None:
    with store.write() as tx:
        for n in range(12):
            tx.run("audit_add", id=tx.next_id("audit"), at_ms=NOW + n, person="anna" if n % 2 else "ewa", session=None,
                   action="looked" if n % 3 else "changed", kind="patient" if n % 4 else "call", ref=f"P{n % 5}",
                   detail="", address="")
        nothing = dict.fromkeys(("before", "person", "action", "patient", "from_ms", "to_ms"))

        def found(**sought: object) -> list[int]:
            return [row["id"] - 1 for row in tx.all("audit_search", **{**nothing, "limit": 50, **sought})]

        assert found() == list(range(11, -1, -1))
        assert found(before=5, person="anna") == [3, 1]
        assert found(action="changed", from_ms=NOW + 3, to_ms=NOW + 9) == [6, 3]
        assert found(patient="P2") == [7, 2]
        assert [row["action"] for row in tx.all("audit_actions")] == ["changed", "looked"]
        assert [row["person"] for row in tx.all("audit_people")] == ["anna", "ewa"]


def test_numbers_are_listed_once_however_often_they_were_assigned(store: Store) -> None:
    with store.write() as tx:
        for id_, did in ((1, "+48221234501"), (2, "+48221234502"), (3, "+48221234501")):
            insert(tx, "number_assignment", id=id_, did=did, label="", kind="static", location="", campaign=1,
                   valid_from="2026-01-01", valid_to="2026-02-01", destination=None)
        tx.run("campaign_cost_put", campaign=1, period="2026-01", cost_minor=5, currency="PLN")
        tx.run("campaign_cost_put", campaign=1, period="2026-02", cost_minor=6, currency="PLN")
        assert [(row["did"], row["newest"]) for row in tx.all("numbers_all", limit=5, skip=0)] == [
            ("+48221234501", 3), ("+48221234502", 2),
        ]
        assert [row["period"] for row in tx.all("campaign_costs", campaign=1, limit=5)] == ["2026-02", "2026-01"]
