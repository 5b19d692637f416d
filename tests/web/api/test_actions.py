"""Every action of a page is an action of the API: the table says which, and a new one without its counterpart fails."""

from pathlib import Path

from tests.web.house import house
from tests.web.test_rights import routes
from web.api.areas import operations

COUNTERPARTS: dict[str, set[str]] = {
    "POST /calls/{ref}/note": {"POST /calls/{call}/topic", "POST /calls/{call}/comments", "PUT /calls/{call}/booking"},
    "POST /calls/{ref}/heard": {"PUT /calls/{call}/heard", "DELETE /calls/{call}/heard"},
    "POST /calls/{ref}/patient": {"POST /calls/{call}/patient"},
    "POST /calls/{ref}/spam": {"PUT /marks/{number}"},
    "POST /calls/{ref}/unspam": {"DELETE /marks/{number}"},
    "POST /callbacks/{id}/ring": {"POST /callbacks/{callback}/ring"},
    "POST /callbacks/{id}/{action}": {f"POST /callbacks/{{callback}}/{action}" for action in (
        "claim", "release", "hand-over", "comments", "close", "snooze", "reopen", "confirm")},
    "POST /ring": {"POST /ring"},
    "POST /desk/pause": {"POST /phones/{extension}/pause"},
    "POST /desk/resume": {"POST /phones/{extension}/resume"},
    "POST /patients/{ref}/edit": {"PATCH /patients/{patient}"},
    "POST /patients/{ref}/merge": {"POST /patients/{patient}/merge"},
    "POST /patients/{ref}/unmerge": {"POST /merges/{merge}/undo"},
    "POST /admin/users": {"POST /users"},
    "POST /admin/users/{id}/roles": {"PUT /users/{user}/roles"},
    "POST /admin/users/{id}/link": {"POST /users/{user}/link"},
    "POST /admin/users/{id}/{action}": {f"POST /users/{{user}}/{action}" for action in (
        "disable", "enable", "sign-out", "forget-app")},
    "POST /calls/{ref}/campaign": {"PUT /calls/{call}/campaign"},
    "POST /calls/{ref}/campaign/undo": {"DELETE /calls/{call}/campaign"},
    "POST /admin/campaigns": {"POST /campaigns"},
    "POST /admin/campaigns/{id}": {"PUT /campaigns/{campaign}"},
    "POST /admin/campaigns/{id}/cost": {
        "PUT /campaigns/{campaign}/costs/{period}", "DELETE /campaigns/{campaign}/costs/{period}"},
    "POST /admin/numbers": {"POST /numbers"},
    "POST /admin/numbers/{id}/end": {"PATCH /numbers/{assignment}"},
    "POST /admin/hours": {"PUT /hours/exceptions/{day}"},
    "POST /admin/hours/drop": {"DELETE /hours/exceptions/{day}"},
    "POST /admin/topics": {"POST /topics"},
    "POST /admin/topics/retire": {"DELETE /topics/{topic}"},
    "POST /admin/verify": {"POST /verify"},
    "POST /admin/verify/stop": {"POST /verify/stop"},
    "POST /account/tokens/revoke": {"DELETE /tokens/{token}"},
}  # fmt: skip
"""An action of a page, and the operations by which a program does the same."""

ALONE: dict[str, str] = {
    "POST /login": "a program comes with a token",
    "POST /login/code": "a program comes with a token",
    "POST /enter/{token}": "a link is for a person, who chooses a password by it",
    "POST /logout": "a token has no session; it is revoked",
    "POST /switch": "a desk is taken over by the person who sits down there",
    "POST /account/desk": "a program names the phone in each request",
    "POST /account/language": "programs are answered in English",
    "POST /account/password": "a password is changed by who knows it",
    "POST /account/pin": "a code is chosen by who types it",
    "POST /account/totp": "an authenticator app is shown to a person",
    "POST /account/sessions": "sessions are browsers'; a token ends them all by sign-out",
    "POST /account/tokens": "a token makes no tokens: one that leaked must not outlive its end",
    "POST /account/calendar": "a program reads callbacks itself; a token hands out no other key",
    "POST /account/calendar/revoke": "a person's own links, as above",
    "POST /calls/{ref}/draft": "what is being typed on a page; a program sends the comment",
}
"""Actions that only a page has, each with the reason."""


async def actions(folder: Path) -> set[str]:
    async with house(folder) as made:
        return {route for route in routes(made) if not route.startswith("GET ")}


async def test_every_action_of_a_page_is_an_action_of_the_api_or_says_why_not(tmp_path: Path) -> None:
    found = await actions(tmp_path)
    assert found - COUNTERPARTS.keys() - ALONE.keys() == set(), "give them a counterpart in web/api"
    assert (COUNTERPARTS.keys() | ALONE.keys()) - found == set(), "these are gone"


def test_the_counterparts_are_there() -> None:
    known = {f"{one.method} {one.path}" for one in operations()}
    assert set().union(*COUNTERPARTS.values()) - known == set()
