"""What the clinic's own system tells of its patients, whatever the format: records, removals, merges.

1. A record is added or changed (`patients.directory.put`).
2. A record that is told to be gone is removed: it matches no more calls, and what was stays.
3. A record that was merged into another there is merged here, once both are known: the survivor may come later.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from patients import merging
from patients.directory import Patient, Put, put
from patients.removal import missing, remove
from store import Store, Tx

AUTHOR = "import"
_MANY = 0.1
"""More than this share of all patients is not removed in one go without being told so."""
_FEW = 20


@dataclass(frozen=True, slots=True)
class Told:
    """One record. `patient` is None when only the end of `ref` is told; `gone` is why it is removed, `into` is the
    record that it was merged into."""

    ref: str
    patient: Patient | None = None
    gone: str = ""
    into: str = ""


@dataclass(frozen=True, slots=True)
class How:
    """How to take them: `origin` names the kind of source, `silent` the fields of which it says nothing at all."""

    now_ms: int
    origin: str = ""
    silent: tuple[str, ...] = ()
    dry_run: bool = False


@dataclass(slots=True)
class Arrivals:
    """Takes records, page by page; what came of them is counted."""

    how: How
    done: Put = field(default_factory=Put)
    removed: int = 0
    merged: int = 0
    unmerged: list[tuple[str, str]] = field(default_factory=list)
    """Records that were merged into one that nobody knows: (gone, survivor)."""
    seen: set[str] = field(default_factory=set)
    swept: bool = False
    """Whether who was missing has been removed."""
    _waiting: list[Told] = field(default_factory=list)

    def take(self, tx: Tx, told: Iterable[Told]) -> None:
        """Take one page, in a transaction."""
        patients: dict[str, Patient] = {}
        for one in told:
            self.seen.add(one.ref)
            if one.into:
                self._waiting.append(one)
            elif one.gone:
                patients.pop(one.ref, None)
                self.removed += self._remove(tx, one.ref, one.gone)
            elif one.patient is not None:
                patients[one.ref] = one.patient
        how = self.how
        self.done += put(tx, list(patients.values()), how.now_ms, dry_run=how.dry_run, silent=how.silent,
                         origin=how.origin)

    def finish(self, store: Store) -> None:
        """Merge what was merged there; the last page was taken."""
        if not self._waiting:
            return
        with store.read() if self.how.dry_run else store.write() as tx:
            for one in self._waiting:
                self._merge(tx, one)
        self._waiting.clear()

    def sweep(self, store: Store, why: str, *, many: bool = False) -> tuple[int, int]:
        """Remove who was not told by a source that tells everybody; return how many, and of how many.

        Nobody is removed when they are suspiciously many, unless `many` says that it is meant: then `removed` does not
        change, and the caller says so.
        """
        with store.read() as tx:
            gone, known = missing(tx, self.how.origin, self.seen)
        if self.how.dry_run or (len(gone) > max(_FEW, _MANY * known) and not many):
            return len(gone), known
        with store.write() as tx:
            self.removed += sum(self._remove(tx, ref, why) for ref in gone)
        self.swept = True
        return len(gone), known

    def _remove(self, tx: Tx, ref: str, why: str) -> int:
        if self.how.dry_run:
            stored = tx.one("patient_get", ref=ref)
            return int(stored is not None and stored["removed_ms"] is None)
        return int(remove(tx, ref, why, self.how.now_ms))

    def _merge(self, tx: Tx, one: Told) -> None:
        into = merging.survivor(tx, one.into)
        if tx.one("patient_get", ref=into) is None or into == one.ref:
            self.unmerged.append((one.ref, one.into))
            return
        if self.how.dry_run:
            self.merged += int(tx.one("patient_get", ref=one.ref) is not None)
            return
        if tx.one("patient_get", ref=one.ref) is not None:
            merging.merge(tx, into, one.ref, (AUTHOR, self.how.now_ms))
            self.merged += 1
        elif merging.survivor(tx, one.ref) == one.ref:
            tx.run("patient_alias_put", alias=one.ref, ref=into, at_ms=self.how.now_ms)
            self.merged += 1
        if one.patient is not None:
            merging.lend(tx, replace(one.patient, ref=one.ref), merging.survivor(tx, one.ref))


def unknown_fields(told: Collection[str]) -> tuple[str, ...]:
    """Return the fields of which a source says nothing, from those that it tells."""
    every = ("email", "birth_date", "birth_year", "sex", "language", "guardian_ref", "consent_marketing",
             "consent_channels", "created_on", "updated_on")  # fmt: skip
    return tuple(name for name in every if name not in told)
