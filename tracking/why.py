"""Why a call belongs to a campaign, in sentences that a marketer understands. No caller is named in them."""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from store import Row, Tx
from tracking.campaigns import title
from tracking.heard import answer_of

HIDDEN = "(the reason is read by who may see calls)"
"""Stands for what a person wrote where it may not be read."""
_RULES = {
    "manual": "a person said so",
    "visitor": "the number was shown to a visitor of the web site",
    "callback": "it belongs to a callback",
    "number": "the number dialled is this campaign's",
    "returning": "the caller returns",
    "none": "nothing says why they rang",
}
"""What each rule of the ladder means, in a few words."""


def why(tx: Tx, pbx: str, call_id: str, zone: ZoneInfo | None = None, *, notes: bool = True) -> list[str]:
    """Explain a stored decision. Times are shown in `zone`, in UTC without one.

    What a person wrote may name somebody: without `notes` it is left out, for who sees no patients.
    """
    stored = tx.one("attribution_get", pbx=pbx, call=call_id)
    if stored is None:
        return ["No decision is stored for this call; run `callward replay` with its journal to make one."]
    campaign = _campaign_title(tx, stored["campaign"])
    evidence = json.loads(stored["evidence"])
    if not notes and evidence.get("because"):
        evidence["because"] = HIDDEN
    for part in ("missed_call", "attempt", "earlier_call"):
        if evidence.get(part):
            # Calls of the same exchange go by their bare id, as everywhere.
            evidence[part] = evidence[part].removeprefix(f"{pbx}:")
    sentences = _because(evidence, stored["rule"], campaign, zone)
    if stored["runner_up"]:
        other = json.loads(stored["runner_up"])
        said = "the same" if other["campaign"] == stored["campaign"] else _campaign_title(tx, other["campaign"])
        sentences.append(
            f'Otherwise rule "{other["rule"]}" ({_RULES[other["rule"]]}) would have said {said}.'
        )
    heard = answer_of(tx, pbx, call_id)
    if heard is not None:
        sentences.append(f'Asked how they heard of the clinic, the caller said: "{heard["answer"].replace("_", " ")}".')
    return sentences


def _campaign_title(tx: Tx, campaign: int | None) -> str:
    row = None if campaign is None else tx.one("campaign_get", id=campaign)
    return "no campaign" if row is None else title(row)


def _because(evidence: Row, rule: str, campaign: str, zone: ZoneInfo | None) -> list[str]:
    match rule:
        case "manual":
            on = _moment(evidence["at_ms"], zone)[:10]
            return [f'Campaign: {campaign}, by rule "manual".',
                    f"{evidence['author']} said so on {on}: {evidence['because']}"]
        case "visitor":
            return [f'Campaign: {campaign}, by rule "visitor".', *_visited(evidence, zone)]
        case "number":
            until = f"to {evidence['valid_to']}" if evidence["valid_to"] else "on"
            label = f' ("{evidence["label"]}")' if evidence["label"] else ""
            return [
                f'Campaign: {campaign}, by rule "number".',
                f"The caller dialled {evidence['did']}{label} on {evidence['day']}.",
                f"From {evidence['valid_from']} {until} that number belonged to this campaign "
                f"(assignment {evidence['assignment']}).",
            ]
        case "callback":
            how = _HOW[evidence["how"]].format(**evidence)
            return [f'Campaign: {campaign}, by rule "callback".', _missed(evidence), how]
        case "returning":
            return [
                f'Campaign: {campaign}, by rule "returning".',
                f"Nothing about this call itself says why they rang. The same caller's last attributed call was on "
                f"{evidence['earlier_day']} (call {evidence['earlier_call']}), within {evidence['days']} days before.",
            ]
        case _:
            return ['Campaign: none, by rule "none".', _WHY_NONE[evidence["why"]].format(**evidence)]


def _visited(evidence: Row, zone: ZoneInfo | None) -> list[str]:
    page = f" on the page {evidence['page']}" if evidence["page"] else ""
    shown = (
        f"The caller dialled {evidence['did']}, which was shown to a visitor of the web site{page} since "
        f"{_moment(evidence['from_ms'], zone)}; the visit came from this campaign (visit {evidence['visit']})."
    )
    if evidence["among"] == 1:
        return [shown, "Nobody else had that number then."]
    return [shown, f"{evidence['among']} visitors had that number then; the last of them is named, and believed with "
                   f"{evidence['confidence']:.0%}."]


def _missed(evidence: Row) -> str:
    if "missed_call" not in evidence:
        return f"Callback {evidence['callback']} was asked for by this campaign."
    return (
        f"On {evidence['missed_day']} a call to {evidence['missed_did']} was missed (call {evidence['missed_call']}); "
        f"callback {evidence['callback']} was opened for it, and what follows on it belongs to the same campaign."
    )


def _moment(ms: int, zone: ZoneInfo | None) -> str:
    return datetime.fromtimestamp(ms / 1000, zone or UTC).strftime("%Y-%m-%d %H:%M")


_HOW = {
    "our_call": "This is our call to that caller while the callback was open.",
    "presented_number": (
        "This is the caller's return to {did}, the number that our attempt showed them (call {attempt}); "
        "so the number dialled says nothing about an advertisement."
    ),
    "main_number": (
        "This is the caller's return to {did}, a main number; "
        "so the number dialled says nothing about an advertisement."
    ),
}
_WHY_NONE = {
    "no_patient": "It is not a patient's call.",
    "our_call": "It is our own call, and no callback of that number was open.",
    "no_did": "The number dialled is not known.",
    "no_assignment": "{did} belonged to no campaign on {day}.",
    "no_campaign": "{did} was a main number without a campaign on {day}.",
}
