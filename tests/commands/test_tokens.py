"""Which programs may use the API, as an admin types it."""

import re
from pathlib import Path

import pytest

from tests.commands.clinic import Clinic
from web.rights import Right


@pytest.fixture
def clinic(tmp_path: Path) -> Clinic:
    made = Clinic(tmp_path)
    made.text("users", "add", "anna", "--role", "receptionist")
    return made


def test_a_token_is_shown_once_and_listed_without_itself(clinic: Clinic) -> None:
    told = clinic.text("tokens", "add", "website", "--for", "anna", "--scope", "calls:read", "--days", "30")
    made = re.search(r"^  (cw_[\w-]{43})$", told, re.MULTILINE)
    assert made is not None
    (token,) = clinic.json("tokens", "list")
    assert (token["name"], token["owner"], token["scopes"]) == ("website", "anna", ["calls:read"])
    assert token["used_at"] is None
    assert made[1] not in clinic.text("tokens", "list")
    assert clinic.json("users", "audit")[0]["kind"] == "token"


def test_a_revoked_token_is_gone_and_its_name_is_free(clinic: Clinic) -> None:
    words = ("tokens", "add", "website", "--for", "anna", "--scope", "calls:read")
    clinic.text(*words)
    assert "already" in clinic.text(*words, status=1)
    clinic.text("tokens", "revoke", "website")
    assert clinic.json("tokens", "list") == []
    assert clinic.json("tokens", "list", "--all")[0]["revoked_at"] is not None
    assert 'There is no token "website"' in clinic.text("tokens", "revoke", "website", status=1)
    clinic.text(*words)


def test_who_is_signed_out_everywhere_has_no_token_left(clinic: Clinic) -> None:
    clinic.text("users", "add", "ewa", "--role", "receptionist")
    for owner in ("anna", "ewa"):
        clinic.text("tokens", "add", f"of-{owner}", "--for", owner, "--scope", "calls:read")
    clinic.text("users", "revoke", "anna")
    assert [token["owner"] for token in clinic.json("tokens", "list")] == ["ewa"]


def test_what_cannot_be_given_is_said_with_the_way_out(clinic: Clinic) -> None:
    words = ["tokens", "add", "x", "--scope"]
    assert "There is no user" in clinic.text(*words, "calls:read", "--for", "nobody", status=1)
    assert 'There is no scope "calls"' in clinic.text(*words, "calls", "--for", "anna", status=1)
    assert "anna may not do figures:read" in clinic.text(*words, "figures:read", "--for", "anna", status=1)


def test_the_scopes_are_listed_with_the_roles_that_give_them(clinic: Clinic) -> None:
    scopes = {row["scope"]: row["roles"] for row in clinic.json("tokens", "scopes")}
    assert len(scopes) == len(Right)
    assert scopes["calls:read"] == ["receptionist", "manager"]
