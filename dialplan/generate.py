"""Write the dialplan of the tracked numbers: an include for Asterisk's extensions.conf.

For each number, in every form in which a provider may send it:

1. the form that was dialled is kept, so that the clinic's own dialplan can still find its number;
2. the DID goes into the inherited variable CALLWARD_DID (and FROM_DID, where nothing has set it): every channel of
   the call carries it, and it shows in AMI and in the records;
3. the campaign is announced: a UserEvent for AMI, a CEL user event for the records. TryExec runs them, so an Asterisk
   that lacks one of these applications still puts the call through;
4. the call goes to the number's destination, or on to the clinic's own dialplan.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dialplan.numbers import DialplanError, Target, TrackedNumber, context_name, forms, in_order, shown, target

INBOUND = "callward-inbound"
ORIGINATE = "callward-originate"
MADE_WITH = "; Made with: "
_WORDS = {
    "--default-context": "default_context",
    "--internal-context": "internal_context",
    "--outbound-context": "outbound_context",
}


@dataclass(frozen=True, slots=True)
class Options:
    """The clinic's own contexts.

    `default_context`: where inbound calls went so far; it takes the numbers that are not tracked, and the tracked ones
    without a destination. `internal_context`: where its extensions are. `outbound_context`: where a phone's call to
    the outside begins; click-to-call goes there.
    """

    default_context: str | None = None
    internal_context: str = "from-internal"
    outbound_context: str = "from-internal"


def generate(numbers: Sequence[TrackedNumber], options: Options = Options()) -> str:
    """Return the text of the include. The same numbers and options always give the same text.

    Raises:
        DialplanError: a value cannot stand in a dialplan, or a number without a destination has nowhere to go.
    """
    ordered = in_order(numbers)
    _vet(options)
    lines = [*_header(options), "", *_inbound(ordered, options), "", *_originate(options.outbound_context)]
    return "\n".join(lines) + "\n"


def options_of(text: str) -> Options:
    """Read from a generated file the options that it was made with.

    Raises:
        DialplanError: it has no line that says so.
    """
    found = re.search(rf"^{MADE_WITH}(.*)$", text, re.MULTILINE)
    words = found.group(1).split() if found else []
    given = dict(zip(words[::2], words[1::2], strict=False))
    if not {"--internal-context", "--outbound-context"} <= given.keys() <= set(_WORDS):
        raise DialplanError(f'no line "{MADE_WITH}..." names the contexts; generate the file again.')
    return Options(**{_WORDS[word]: value for word, value in given.items()})


def _words(options: Options) -> dict[str, str]:
    """Return the options as they are written on the command line."""
    values = {word: getattr(options, field) for word, field in _WORDS.items()}
    return {word: value for word, value in values.items() if value is not None}


def _vet(options: Options) -> None:
    for word, value in _words(options).items():
        if context_name(value, word) in (INBOUND, ORIGINATE):
            raise DialplanError(f"{word}: {value} is written by this command; name one of the clinic's own contexts.")


def _header(options: Options) -> Iterator[str]:
    yield "; The tracked numbers. Written by `callward dialplan generate`: change the numbers, not this file."
    yield MADE_WITH + " ".join(f"{word} {value}" for word, value in _words(options).items())
    yield ";"
    yield "; To use it:"
    yield f"; 1. Put it beside extensions.conf and add there:   #include {INBOUND}.conf"
    yield f"; 2. Send the trunk's calls to it (pjsip.conf, the trunk's endpoint):   context={INBOUND}"
    if options.default_context is None:
        yield ";    Numbers that are not tracked are refused: give --default-context if there are any."
    else:
        yield f";    Numbers that are not tracked go on to [{options.default_context}]."
    yield f"; 3. `asterisk -rx 'dialplan reload'`, then `asterisk -rx 'dialplan show {INBOUND}'`."


def _inbound(numbers: Sequence[TrackedNumber], options: Options) -> Iterator[str]:
    yield f"[{INBOUND}]"
    taken = {number.did for number in numbers}
    ambiguous = _ambiguous(numbers)
    for number in numbers:
        yield ""
        yield f"; {number.did} {shown(number.label)}".rstrip()
        yield from _number(number, options)
        for form in forms(number.did):
            if form not in taken and form not in ambiguous:
                yield f"exten => {form},1,Set(CALLWARD_DIALLED=${{EXTEN}})"
                yield f" same => n,Goto({number.did},tracked)"
    if options.default_context is not None:
        yield ""
        yield f"include => {options.default_context}"


def _number(number: TrackedNumber, options: Options) -> Iterator[str]:
    campaign = "" if number.campaign is None else str(number.campaign)
    yield f"exten => {number.did},1,Set(CALLWARD_DIALLED=${{EXTEN}})"
    yield f" same => n(tracked),Set(__CALLWARD_DID={number.did})"
    yield f" same => n,ExecIf($[${{LEN(${{FROM_DID}})}} = 0]?Set(__FROM_DID={number.did}))"
    yield f" same => n,TryExec(UserEvent(CallwardCall,DID: {number.did},Campaign: {campaign}))"
    yield f" same => n,TryExec(CELGenUserEvent(CALLWARD,did={number.did}&campaign={campaign}))"
    where = target(number, options.internal_context)
    if where is None and options.default_context is None:
        raise DialplanError(f"{number.did} has no destination; give it one, or say --default-context CONTEXT.")
    yield from _go(where or Target(place=(options.default_context or "", "${CALLWARD_DIALLED}", "1")))


def _go(where: Target) -> Iterator[str]:
    if where.queue is not None:
        yield f" same => n,Queue({where.queue})"
        yield " same => n,Hangup()"
    elif where.place is not None:
        yield f" same => n,Goto({','.join(where.place)})"


def _ambiguous(numbers: Sequence[TrackedNumber]) -> set[str]:
    """Return the forms that could mean two of the numbers: neither gets them."""
    seen: set[str] = set()
    twice: set[str] = set()
    for number in numbers:
        for form in set(forms(number.did)):
            (twice if form in seen else seen).add(form)
    return twice


def _originate(outbound: str) -> Iterator[str]:
    """Click-to-call begins here and nowhere else: a number of digits, perhaps with a +, goes out; nothing else does.

    The number that the patient shall see comes in CALLWARD_PRESENTS. Where the clinic's own dialplan sets the caller id
    afterwards, that wins; it may look whether the variable is there.
    """
    yield "; Click-to-call: the only context that Callward's Originate names."
    yield f"[{ORIGINATE}]"
    for pattern, digits in (("_X.", "${EXTEN}"), ("_+X.", "${EXTEN:1}")):
        yield f"exten => {pattern},1,GotoIf($[${{LEN(${{FILTER(0-9,{digits})}})}} != ${{LEN({digits})}}]?refused)"
        yield (" same => n,ExecIf($[${LEN(${CALLWARD_PRESENTS})} > 0]"
               "?Set(CALLERID(num)=${FILTER(0-9+,${CALLWARD_PRESENTS})}))")
        yield f" same => n,Goto({outbound},${{EXTEN}},1)"
        yield " same => n(refused),Hangup(21)"
