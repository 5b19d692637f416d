"""The outcome of a call: one word, the first rule that holds. Pure."""

from dataclasses import dataclass

from pbx.calls import Outcome


@dataclass(frozen=True, slots=True)
class Ending:
    """The facts that decide how a call came out."""

    talked: bool
    """A person of the other side was on the line."""
    message_stored: bool
    end_seen: bool
    cut_by_restart: bool
    gave_up: bool
    """Who rang hung up, and nothing had ended the attempt before."""
    offer_open: bool
    """A queue or a ringing phone was trying just then."""
    rang_out: bool
    """Something rang, or a queue was waited in, until the switch gave up."""
    busy: bool
    tried: bool
    """A queue or a phone was tried, whatever came of it."""
    in_menu: bool = False
    """The caller heard a menu, a greeting or a message of the clinic."""
    agent_never_there: bool = False
    """Click-to-call: the receptionist's own phone was not picked up."""


def of_inbound(ending: Ending) -> Outcome:
    """Return the outcome of a call from outside, first that holds (the order is the definition)."""
    if ending.talked:
        return "answered"
    if ending.message_stored:
        return "voicemail"
    if ending.cut_by_restart:
        return "failed"
    if not ending.end_seen:
        return "unknown"
    if ending.gave_up and ending.offer_open:
        return "abandoned"
    if ending.rang_out:
        return "no_answer"
    if ending.busy:
        return "busy"
    if ending.tried or not (ending.gave_up or ending.in_menu):
        return "failed"
    return "left_menu"


def of_outbound(ending: Ending) -> Outcome:
    """Return the outcome of a call that the clinic placed, or of an internal one."""
    if ending.talked:
        return "answered"
    if ending.agent_never_there:
        return "agent_missed"
    if ending.cut_by_restart:
        return "failed"
    if not ending.end_seen:
        return "unknown"
    if ending.busy:
        return "busy"
    if ending.gave_up and (ending.offer_open or not ending.tried):
        return "cancelled"
    if ending.rang_out:
        return "no_answer"
    return "failed"
