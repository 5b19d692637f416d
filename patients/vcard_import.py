"""Import of patients from an address book: a file of vCards, one card a patient.

The UID is the patient's ref; a card without one is known by its name and its birthday or first number. REV is when the
card was last changed: an older card than the one that is stored changes nothing. Photos and notes are not read.
"""

import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from patients import PatientsError
from patients.arrivals import Arrivals, How, Told, unknown_fields
from patients.encodings import detect, named
from patients.importing import CHUNK, Options, Result, read_day, read_numbers, result_of, sweep
from patients.match import fold
from patients.records import Number, Patient
from patients.rejects import Problem, Rejects
from patients.tables import Source, clean
from patients.vcards import Card, Property, cards
from store import Store

SUFFIXES = (".vcf", ".vcard")
_HEADER = ("patient_ref", "name", "phones")
_LONGEST_NAME = 200
_LONGEST_REF = 100
_NO_VOICE = frozenset(("fax", "pager", "modem", "bbs", "isdn", "textphone"))
_RELATED = frozenset(("parent", "kin", "contact", "emergency", "agent", "spouse", "co-resident", "me"))
_TELLS = ("email", "birth_date", "birth_year", "sex", "language", "guardian_ref", "updated_on")
_DAY = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?:[T ].*)?\Z")
_YEAR = re.compile(r"(\d{4})(?:-?\d{2})?\Z")


@dataclass(frozen=True, slots=True)
class _Read:
    """A card as a patient, and what of it could not be read."""

    patient: Patient
    bad: tuple[str, ...]


def is_address_book(path: Path) -> bool:
    """Say whether a file is one of vCards, by its name."""
    return path.suffix.lower() in SUFFIXES


def import_vcards(store: Store, source: Source, options: Options) -> Result:
    """Import a file of vCards, a transaction for each thousand.

    Raises:
        PatientsError: the file cannot be read or holds no card.
    """
    path = source.path
    try:
        encoding = named(source.encoding) if source.encoding else detect(path, source.region)
        size = path.stat().st_size
        file = path.open("rb")
    except OSError as error:
        raise PatientsError(f"{path}: cannot be read ({error.strerror}); check the path.") from None
    rejects = Rejects(path, _HEADER, write=not options.dry_run)
    arrivals = Arrivals(How(options.now_ms, "vcard", unknown_fields(_TELLS), options.dry_run))
    rows, bad, lines = 0, 0, dict[str, int]()
    with file:
        try:
            some: list[Told] = []
            for card in cards(file, encoding.name):
                rows += 1
                told = _told(card, source.region, rejects, lines)
                bad += told is None
                some += [told] if told is not None else []
                if len(some) >= CHUNK:
                    _take(store, arrivals, some)
                    some = []
                    if options.progress:
                        options.progress(min(file.tell(), size), size)
            _take(store, arrivals, some)
            missing = sweep(store, arrivals, options, bad)
        except BaseException:
            rejects.abandon()
            raise
    if not rows:
        rejects.abandon()
        raise PatientsError(f"{path}: holds no vCard; each begins with a line BEGIN:VCARD.")
    if options.progress:
        options.progress(size, size)
    return result_of(arrivals, (rows, bad, missing), rejects, encoding)


def patient_of(card: Card, region: str) -> _Read:
    """Return the patient of a card; without a name it is "". Pure."""
    name = clean(card.text("FN") or _name(card))[: _LONGEST_NAME + 1]
    numbers: list[Number] = []
    bad: list[str] = []
    for number, source in _numbers(card):
        readable, unreadable = read_numbers(clean(number), region)
        numbers += [Number(one.number, one.raw, source) for one in readable]
        bad += unreadable
    birth_date, birth_year = _born(card.text("BDAY"))
    guardians = [one.text for one in card.all("RELATED") if "parent" in one.types and _is_ref(one)]
    revised = _DAY.match(card.text("REV"))
    email = clean(card.text("EMAIL"))
    patient = Patient(
        ref=_bare(card.text("UID")) or _hash(name, birth_date, numbers), name=name, numbers=tuple(numbers),
        email=email if re.fullmatch(r"[^@\s]+@[^@\s]+", email) else None, birth_date=birth_date, birth_year=birth_year,
        sex={"m": "m", "f": "f"}.get(card.text("GENDER").partition(";")[0].strip().lower()),
        language=card.text("LANG").partition("-")[0].casefold()[:20] or None,
        guardian_ref=_bare(guardians[0]) if guardians else None,
        updated_on="-".join(revised.groups()) if revised else None,
    )  # fmt: skip
    return _Read(patient, tuple(bad))


def _take(store: Store, arrivals: Arrivals, told: list[Told]) -> None:
    if told:
        with store.read() if arrivals.how.dry_run else store.write() as tx:
            arrivals.take(tx, told)


def _told(card: Card, region: str, rejects: Rejects, lines: dict[str, int]) -> Told | None:
    """Return the record of a card, or None when it is no patient, with the reason written down."""
    kind = card.text("KIND").lower() or card.text("X-ADDRESSBOOKSERVER-KIND").lower()
    read = patient_of(card, region)
    patient = read.patient
    original = [patient.ref, patient.name, ";".join(number for number, _ in _numbers(card))]
    refusal = None
    if not card.whole:
        refusal = "", "the file ends before END:VCARD; export it again"
    elif kind in ("group", "org", "location"):
        refusal = "KIND", f"is a card of a {kind}, not of a person"
    elif not patient.name:
        refusal = "FN", "is empty"
    elif len(patient.name) > _LONGEST_NAME:
        refusal = "FN", f"is longer than {_LONGEST_NAME} characters"
    elif len(patient.ref) > _LONGEST_REF:
        refusal = "UID", f"is longer than {_LONGEST_REF} characters"
    elif patient.ref in lines:
        refusal = "UID", f"is already on line {lines[patient.ref]}; each card needs its own"
    if refusal:
        rejects.add(Problem(card.line, *refusal), original)
        return None
    lines[patient.ref] = card.line
    for text in read.bad:
        reason = f'"{text[:40]}" is not a phone number, or lacks its country or area code'
        rejects.add(Problem(card.line, "TEL", reason, kept=True), original)
    return Told(patient.ref, patient)


def _numbers(card: Card) -> list[tuple[str, str]]:
    """Return the numbers a person answers, the preferred first, then those of relatives."""
    own = [(one.number, "") for one in card.all("TEL")
           if one.number and not (one.types & _NO_VOICE and not one.types & {"voice", "cell"})]
    theirs = [(one.number, "contact") for one in card.all("RELATED")
              if one.text.lower().startswith("tel:") and (one.types & _RELATED or not one.types)]
    return own + theirs


def _name(card: Card) -> str:
    """Return `given additional family` of N, for a card without FN."""
    structured = card.all("N")
    family, given, additional = ([*structured[0].parts(), "", "", ""] if structured else ["", "", ""])[:3]
    return " ".join(filter(None, (given.strip(), additional.strip(), family.strip())))


def _born(text: str) -> tuple[str | None, int | None]:
    day, year = _DAY.match(text), _YEAR.match(text)
    if day:
        found = read_day("-".join(day.groups()), "")
        return found, int(found[:4]) if found else None
    return None, int(year[1]) if year and 1800 <= int(year[1]) <= 2100 else None


def _is_ref(one: Property) -> bool:
    return one.text.lower().startswith("urn:uuid:") or "uri" not in one.params.get("VALUE", ("uri",))


def _bare(uid: str) -> str:
    return clean(re.sub(r"(?i)\Aurn:uuid:", "", uid))


def _hash(name: str, birth_date: str | None, numbers: list[Number]) -> str:
    """Return a ref for a card that has none: the same for the same person's card again."""
    known = birth_date or (numbers[0].number if numbers else "")
    return "vcard-" + sha256(f"{fold(name)}\n{known}".encode()).hexdigest()[:16]
