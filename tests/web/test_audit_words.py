"""Every deed that the console notes has its words, so that the audit log is read in any language."""

import ast
from pathlib import Path

from web import audit_words, i18n
from web.admin_numbers import change_text

WEB = Path(i18n.__file__).parent


def deeds(place: int) -> set[str]:
    """Return the plain words that stand at a place of `Deed(…)`, everywhere in the console."""
    found = set()
    for file in WEB.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Deed" and len(node.args) > place:
                given = node.args[place]
                parts = [given.body, given.orelse] if isinstance(given, ast.IfExp) else [given]
                found |= {str(part.value) for part in parts if isinstance(part, ast.Constant) and part.value}
    return found


def test_every_deed_and_everything_it_is_done_to_has_its_words() -> None:
    assert deeds(0) - set(audit_words.ACTIONS) == set()
    assert deeds(1) - set(audit_words.THINGS) == set()
    assert deeds(3) - set(audit_words.DETAILS) == set()


def test_a_deed_is_said_in_the_readers_language_and_a_strange_one_as_it_was_noted() -> None:
    with i18n.speaking("pl"):
        assert (audit_words.action_text("looked"), audit_words.thing_text("patient")) == ("obejrzano", "pacjent")
        assert audit_words.detail_text("2026-11-01 to 2026-11-22 xlsx") == "2026-11-01 to 2026-11-22 xlsx"


def test_what_was_changed_about_a_number_is_said_in_the_readers_language() -> None:
    with i18n.speaking("pl"):
        assert change_text("assigned from 2026-11-01 on") == "przypisany od 2026-11-01"
        assert change_text("from 2026-11-01 on for the clinic itself was a mistake: typo") == (
            "przypisanie od 2026-11-01 (sama klinika) było pomyłką: typo")
        assert change_text('is now label "A"') == 'is now label "A"'
