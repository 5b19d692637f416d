"""Why a call belongs to a campaign, in sentences that a marketer understands. No caller is named in them."""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from refusals import Words
from store import Row, Tx
from tracking.campaigns import title
from tracking.heard import answer_of, name

HIDDEN = "(the reason is read by who may see calls)"
"""Stands for what a person wrote where it may not be read."""
_RULES = {
    "manual": Words("a person said so"),
    "visitor": Words("the number was shown to a visitor of the web site"),
    "callback": Words("it belongs to a callback"),
    "number": Words("the number dialled is this campaign's"),
    "returning": Words("the caller returns"),
    "none": Words("nothing says why they rang"),
}
"""What each rule of the ladder means, in a few words."""


def why(tx: Tx, pbx: str, call_id: str, zone: ZoneInfo | None = None, *, notes: bool = True) -> list[str]:
    """Explain a stored decision in English; see `reasons`."""
    return [str(sentence) for sentence in reasons(tx, pbx, call_id, zone, notes=notes)]


def reasons(tx: Tx, pbx: str, call_id: str, zone: ZoneInfo | None = None, *, notes: bool = True) -> list[Words]:
    """Explain a stored decision, in sentences for any language. Times are shown in `zone`, in UTC without one.

    What a person wrote may name somebody: without `notes` it is left out, for who sees no patients.
    """
    stored = tx.one("attribution_get", pbx=pbx, call=call_id)
    if stored is None:
        return [Words("No decision is stored for this call; run `callward replay` with its journal to make one.")]
    evidence = json.loads(stored["evidence"])
    if not notes and evidence.get("because"):
        evidence["because"] = HIDDEN
    for part in ("missed_call", "attempt", "earlier_call"):
        if evidence.get(part):
            # Calls of the same exchange go by their bare id, as everywhere.
            evidence[part] = evidence[part].removeprefix(f"{pbx}:")
    rule = stored["rule"]
    sentences = [
        Words('Campaign: none, by rule "%(rule)s".', rule=rule) if rule == "none" else
        Words('Campaign: %(campaign)s, by rule "%(rule)s".', campaign=_campaign(tx, stored["campaign"]), rule=rule),
        *_because(evidence, rule, zone),
    ]
    if stored["runner_up"]:
        other = json.loads(stored["runner_up"])
        same = other["campaign"] == stored["campaign"]
        sentences.append(Words(
            'Otherwise rule "%(rule)s" (%(meaning)s) would have said %(said)s.', rule=other["rule"],
            meaning=_RULES[other["rule"]], said=Words("the same") if same else _campaign(tx, other["campaign"]),
        ))
    heard = answer_of(tx, pbx, call_id)
    if heard is not None:
        sentences.append(Words('Asked how they heard of the clinic, the caller said: "%(answer)s".',
                               answer=name(heard["answer"])))
    return sentences


def _campaign(tx: Tx, campaign: int | None) -> str | Words:
    row = None if campaign is None else tx.one("campaign_get", id=campaign)
    return Words("no campaign") if row is None else title(row)


def _because(evidence: Row, rule: str, zone: ZoneInfo | None) -> list[Words]:
    match rule:
        case "manual":
            return [Words("%(who)s said so on %(day)s: %(because)s", who=evidence["author"],
                          day=_moment(evidence["at_ms"], zone)[:10], because=evidence["because"])]
        case "visitor":
            return _visited(evidence, zone)
        case "number":
            label = f' ("{evidence["label"]}")' if evidence["label"] else ""
            return [
                Words("The caller dialled %(did)s%(label)s on %(day)s.", did=evidence["did"], label=label,
                      day=evidence["day"]),
                Words("From %(first)s to %(last)s that number belonged to this campaign (assignment %(assignment)s).",
                      first=evidence["valid_from"], last=evidence["valid_to"], assignment=evidence["assignment"])
                if evidence["valid_to"] else
                Words("From %(first)s on that number belonged to this campaign (assignment %(assignment)s).",
                      first=evidence["valid_from"], assignment=evidence["assignment"]),
            ]
        case "callback":
            return [_missed(evidence), _returned(evidence)]
        case "returning":
            return [Words(
                "Nothing about this call itself says why they rang. The same caller's last attributed call was on "
                "%(day)s (call %(call)s), within %(days)s days before.", day=evidence["earlier_day"],
                call=evidence["earlier_call"], days=evidence["days"],
            )]
        case _:
            return _none(evidence)


def _visited(evidence: Row, zone: ZoneInfo | None) -> list[Words]:
    did, since, visit = evidence["did"], _moment(evidence["from_ms"], zone), evidence["visit"]
    first = Words(
        "The caller dialled %(did)s, which was shown to a visitor of the web site on the page %(page)s since "
        "%(since)s; the visit came from this campaign (visit %(visit)s).",
        did=did, page=evidence["page"], since=since, visit=visit,
    ) if evidence["page"] else Words(
        "The caller dialled %(did)s, which was shown to a visitor of the web site since %(since)s; the visit came from "
        "this campaign (visit %(visit)s).", did=did, since=since, visit=visit,
    )
    if evidence["among"] == 1:
        return [first, Words("Nobody else had that number then.")]
    return [first, Words("%(among)s visitors had that number then; the last of them is named, and believed with "
                         "%(confidence)s.", among=evidence["among"], confidence=f"{evidence['confidence']:.0%}")]


def _missed(evidence: Row) -> Words:
    if "missed_call" not in evidence:
        return Words("Callback %(callback)s was asked for by this campaign.", callback=evidence["callback"])
    return Words(
        "On %(day)s a call to %(did)s was missed (call %(call)s); callback %(callback)s was opened for it, and what "
        "follows on it belongs to the same campaign.", day=evidence["missed_day"], did=evidence["missed_did"],
        call=evidence["missed_call"], callback=evidence["callback"],
    )


def _returned(evidence: Row) -> Words:
    match evidence["how"]:
        case "presented_number":
            return Words(
                "This is the caller's return to %(did)s, the number that our attempt showed them (call %(attempt)s); "
                "so the number dialled says nothing about an advertisement.", did=evidence["did"],
                attempt=evidence["attempt"],
            )
        case "main_number":
            return Words(
                "This is the caller's return to %(did)s, a main number; so the number dialled says nothing about an "
                "advertisement.", did=evidence["did"],
            )
        case _:
            return Words("This is our call to that caller while the callback was open.")


def _none(evidence: Row) -> list[Words]:
    """Return why no rule spoke, nothing where that was not kept."""
    match evidence.get("why"):
        case "no_patient":
            return [Words("It is not a patient's call.")]
        case "our_call":
            return [Words("It is our own call, and no callback of that number was open.")]
        case "no_did":
            return [Words("The number dialled is not known.")]
        case "no_assignment":
            return [Words("%(did)s belonged to no campaign on %(day)s.", did=evidence["did"], day=evidence["day"])]
        case "no_campaign":
            return [Words("%(did)s was a main number without a campaign on %(day)s.", did=evidence["did"],
                          day=evidence["day"])]
        case _:
            return []


def _moment(ms: int, zone: ZoneInfo | None) -> str:
    return datetime.fromtimestamp(ms / 1000, zone or UTC).strftime("%Y-%m-%d %H:%M")
