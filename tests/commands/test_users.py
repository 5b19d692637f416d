"""Who may use the console, as an admin types it."""

import re
from pathlib import Path

import pytest

from tests.commands.clinic import Clinic


@pytest.fixture
def clinic(tmp_path: Path) -> Clinic:
    return Clinic(tmp_path)


def test_a_new_user_gets_a_link_and_no_password(clinic: Clinic) -> None:
    text = clinic.text("users", "add", "anna", "--role", "receptionist", "--display", "Anna Nowak")
    assert re.search(r"^  http://127\.0\.0\.1:8480/enter/[\w-]{43}$", text, re.MULTILINE)
    (anna,) = clinic.json("users", "list")
    assert (anna["name"], anna["display"], anna["roles"]) == ("anna", "Anna Nowak", ["receptionist"])
    assert (anna["password"], anna["seen_at"]) == (False, None)


@pytest.mark.parametrize(("name", "sentence"), [
    ("Anna", "cannot be a login"), ("a", "cannot be a login"), ("an na", "cannot be a login"),
    ("łukasz", "cannot be a login"), ("a" * 33, "cannot be a login"),
])  # fmt: skip
def test_a_login_is_plain(clinic: Clinic, name: str, sentence: str) -> None:
    assert sentence in clinic.text("users", "add", name, "--role", "manager", status=1)


def test_a_name_is_taken_once(clinic: Clinic) -> None:
    clinic.text("users", "add", "anna", "--role", "receptionist")
    assert 'There is a user "anna" already' in clinic.text("users", "add", "anna", "--role", "admin", status=1)


@pytest.mark.parametrize("words", [
    ["roles", "nobody", "--role", "admin"], ["password", "nobody"], ["disable", "nobody"], ["enable", "nobody"],
    ["totp", "nobody"], ["revoke", "nobody"],
])  # fmt: skip
def test_who_is_not_there_is_said_with_the_way_out(clinic: Clinic, words: list[str]) -> None:
    assert clinic.text("users", *words, status=1) == (
        'There is no user "nobody"; `callward users list` shows those there are.\n'
    )


def test_an_unknown_role_is_no_role(clinic: Clinic) -> None:
    assert "'owner' is not one of" in clinic.text("users", "add", "anna", "--role", "owner", status=2)


def test_roles_are_changed(clinic: Clinic) -> None:
    clinic.text("users", "add", "anna", "--role", "receptionist")
    clinic.text("users", "roles", "anna", "--role", "marketer", "--role", "receptionist")
    assert clinic.json("users", "list")[0]["roles"] == ["receptionist", "marketer"]


def test_a_disabled_user_gets_no_link_until_enabled(clinic: Clinic) -> None:
    clinic.text("users", "add", "anna", "--role", "receptionist")
    clinic.text("users", "disable", "anna")
    assert clinic.json("users", "list")[0]["disabled"] is True
    assert "callward users enable anna" in clinic.text("users", "password", "anna", status=1)
    clinic.text("users", "enable", "anna")
    assert "/enter/" in clinic.text("users", "password", "anna")


def test_a_password_typed_here_must_be_strong(clinic: Clinic) -> None:
    from click.testing import CliRunner

    from cli import main

    clinic.text("users", "add", "anna", "--role", "receptionist")
    for typed, status in (("short", 1), ("four quiet horses", 0)):
        done = CliRunner().invoke(
            main, ["--config", str(clinic.folder / "clinic.toml"), "users", "password", "anna", "--here"],
            input=f"{typed}\n{typed}\n",
        )  # fmt: skip
        assert done.exit_code == status, done.output
        assert typed not in done.output
    assert clinic.json("users", "list")[0]["password"] is True


def test_the_key_of_an_app_is_printed_once_and_taken_off_again(clinic: Clinic) -> None:
    clinic.text("users", "add", "anna", "--role", "admin")
    assert re.search(r"Add this key to their app: [A-Z2-7]{32}$", clinic.text("users", "totp", "anna").strip())
    assert clinic.json("users", "list")[0]["app"] is True
    clinic.text("users", "totp", "anna", "--off")
    assert clinic.json("users", "list")[0]["app"] is False


def test_what_the_admin_did_stands_in_the_audit_log(clinic: Clinic) -> None:
    clinic.text("users", "add", "anna", "--role", "receptionist")
    clinic.text("users", "roles", "anna", "--role", "manager")
    clinic.text("users", "disable", "anna")
    rows = clinic.json("users", "audit")
    assert [(row["action"], row["ref"], row["detail"], row["address"]) for row in rows] == [
        ("disabled", "anna", "", "command line"), ("changed", "anna", "manager", "command line"),
        ("added", "anna", "receptionist", "command line"),
    ]  # fmt: skip
    older = clinic.json("users", "audit", "--before", str(rows[0]["id"]), "--limit", "1")
    assert [row["id"] for row in older] == [rows[1]["id"]]


def test_a_user_who_cannot_be_added_leaves_no_trace(clinic: Clinic) -> None:
    clinic.text("users", "add", "anna", "--role", "receptionist", "--display", "\x1b[31m", status=1)
    assert clinic.json("users", "list") == []
    assert clinic.json("users", "audit") == []


def test_nobody_is_there_at_first(clinic: Clinic) -> None:
    assert "Nobody may use the console yet" in clinic.text("users", "list")
