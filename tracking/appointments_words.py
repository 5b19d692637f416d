"""Why an appointment is taken for a call's, in sentences that a marketer understands; no caller is named in them."""

from store import Row, Tx
from tracking.campaigns import title

_RULES = {
    "booking": "The receptionist noted this very visit on the call.",
    "topic": "The receptionist noted on the call that a visit was booked.",
    "talk": "A person talked with the caller, and it was the nearest such call.",
    "missed": "Nobody answered the caller, who booked within a day all the same.",
}


def why_made(tx: Tx, appointment: Row, made: Row | None) -> list[str]:
    """Return the sentences; `made` is what `made_by` returned."""
    if made is None:
        return [_why_not(appointment)]
    several = bool(tx.value("calls_of_several_pbx"))
    call = f"{made['pbx']}:{made['call']}" if several else made["call"]
    lines = [f"Call {call} made this appointment.", _RULES[made["rule"]], _when(made["evidence"])]
    if made["callback"] is not None:
        lines.append(f"The call belongs to callback {made['callback']}.")
    return [*lines, _campaign(tx, made), f"`callward calls why {call}` says why the call is taken for that."]


def _campaign(tx: Tx, made: Row) -> str:
    stored = tx.one("attribution_get", pbx=made["pbx"], call=made["call"])
    campaign = None if stored is None or stored["campaign"] is None else tx.one("campaign_get", id=stored["campaign"])
    return "The call belongs to no campaign." if campaign is None else f"The call's campaign: {title(campaign)}."


def _when(evidence: Row) -> str:
    if evidence["created"] == "unknown":
        return "The clinic's system does not say when the appointment was made."
    if evidence["created"] == "day":
        return f"The clinic's system says only the day on which it was made, {evidence['day']}; the call was on it."
    minutes = evidence["after_s"] // 60
    return "It was written down during the call." if minutes == 0 else (
        f"It was written down {minutes} min after the call, within the 24 h that count."
    )


def _why_not(appointment: Row) -> str:
    if not appointment["patient"]:
        return "No call made this appointment as far as is known: its patient is not known."
    if appointment["created_ms"] is None:
        return ("No call made this appointment as far as is known: nobody says when it was made, and on no call of the "
                "patient was a booking noted before it.")  # fmt: skip
    return "No call of this patient was within 24 hours before the appointment was written down."
