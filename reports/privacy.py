"""Small numbers of people in a sensitive breakdown are not shown to whom they are not meant for. Pure.

A breakdown by topic, reason, service, doctor or another property of patients may tell of one person. Then, and only
then:

1. Rows of less than `least` people are put together in one row, "less than 5 people each". The smallest rows are taken
   in order, at least two, and so many that the row has `least` people or more: what is hidden is neither told nor found
   by taking what is shown from the total.
2. What is taken out is taken out everywhere. A name that is too small by itself, or counted by fewer things at once, is
   hidden in every finer breakdown of the same days; else two tables together would tell what each conceals.
3. A figure with a small number in any row that is left loses its column, and so does one from which it could be
   reckoned, as money could. Its total stays.

Totals are never touched, so they are everybody's. Counts, costs and bookings by campaign, number, keyword, page and
date are no such breakdown and stay whole. Two things are not prevented: where everybody has the same reason, it is
everybody's; and who takes tables of overlapping days from one another may learn of the days between.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product
from typing import TYPE_CHECKING, Any

from reports.metrics import Names
from reports.report import WHOLE, Report

if TYPE_CHECKING:
    import pandas as pd

SENSITIVE = ("topic", "reason", "service", "doctor", "age", "sex", "language")
"""What tells of patients when it is counted by."""
POOLED = Names("less than {least} people each", "mniej niż {least} osób w każdym", "менее {least} человек в каждом",
               "menos de {least} personas en cada uno")  # fmt: skip
_PEOPLE = ("people", "callers")
_MOST_KEPT = 6
"""So many columns at most are searched for sums that give a hidden one away."""

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Privacy:
    """From how many people on a number is shown, and in which breakdowns this counts. `least` 0 shows everything."""

    least: int = 5
    sensitive: tuple[str, ...] = SENSITIVE


@dataclass(frozen=True, slots=True)
class Cell:
    """One row of a breakdown: the values of its dimensions, a count that adds up, and how many people it has at least.

    `size` orders the rows; `people` may be less than the sum over finer rows, for one person may be in several.
    """

    key: Key
    size: float
    people: float


def is_sensitive(report: Report, privacy: Privacy) -> bool:
    """Say whether a report is broken down by what tells of patients."""
    return privacy.least > 0 and bool(_positions(report, privacy))


def keeps_people(dimensions: Sequence[str], privacy: Privacy) -> bool:
    """Say whether the people behind a report are not even listed by hashes.

    Of a report that can be counted by what tells of patients each list would say it of everybody in it, and two lists
    laid together would say what a hidden number conceals.
    """
    return privacy.least > 0 and any(name in privacy.sensitive for name in dimensions)


def protected(report: Report, privacy: Privacy, language: str = "en") -> Report:
    """Return the report as those see it who must not learn of single patients: the same total, no small number."""
    if not is_sensitive(report, privacy) or report.rows.empty:
        return report
    records = list(report.records())
    people = next((figure for unit in _PEOPLE for figure in report.figures if report.metric(figure).unit == unit), "")
    size = next((figure for figure in report.figures
                 if report.metric(figure).unit in WHOLE and report.metric(figure).additive), "")
    # Where nobody counts people or adds up, nothing is known to be safe: everything is put together.
    cells = [
        Cell(tuple(str(record[name]) for name in report.by), record[size] if size else 0,
             min(record[people] or 0, record[size] if size else record[people] or 0) if people else 0)
        for record in records
    ]  # fmt: skip
    gone = hidden(cells, _positions(report, privacy), privacy.least)
    rows = _pooled(report, (records, cells, gone), _positions(report, privacy), privacy, language)
    return _columns(replace(report, rows=_frame(report, rows)), rows, people, privacy.least)


def hidden(cells: Sequence[Cell], sensitive: Sequence[int], least: int) -> frozenset[Key]:
    """Return the sensitive parts of keys that are hidden, in every row that has them.

    Every coarser breakdown is looked at too: what is hidden there is hidden here.
    """
    places = range(len(cells[0].key)) if cells else range(0)
    others = [place for place in places if place not in sensitive]
    whole = {_part(cell.key, sensitive) for cell in cells}
    gone: set[Key] = set()
    for chosen in _subsets(sensitive, 1):
        for groups in _subsets(others, 0):
            small = _prefix(_coarser(cells, (*groups, *chosen)), (len(groups), least))
            within = [sensitive.index(place) for place in chosen]
            gone |= {key for key in whole if _part(key, within) in small}
    return frozenset(gone)


def _prefix(cells: Sequence[Cell], limits: tuple[int, int]) -> frozenset[Key]:
    """Return the names that are hidden, the smallest first: `groups` parts of a key are no name."""
    groups, least = limits
    sizes: dict[Key, float] = defaultdict(float)
    for cell in cells:
        sizes[cell.key[groups:]] += cell.size
    order = sorted(sizes, key=lambda name: (sizes[name], name))
    small = {cell.key[groups:] for cell in cells if cell.people < least}
    if not small:
        return frozenset()
    end = max(order.index(name) for name in small) + 1
    # Of two that are as large, which one was taken would tell how the names are sorted, and so how large others are.
    while end < len(order) and (end < 2 or sizes[order[end]] == sizes[order[end - 1]]
                                or not _enough(cells, frozenset(order[:end]), limits)):
        end += 1
    return frozenset(order[:end])


def _enough(cells: Sequence[Cell], names: frozenset[Key], limits: tuple[int, int]) -> bool:
    """Say whether what is put together has enough people in every group. At least so many as its largest row has."""
    groups, least = limits
    most: dict[Key, float] = defaultdict(float)
    for cell in cells:
        if cell.key[groups:] in names:
            most[cell.key[:groups]] = max(most[cell.key[:groups]], cell.people)
    return all(people >= least for people in most.values())


def _coarser(cells: Sequence[Cell], places: Sequence[int]) -> list[Cell]:
    """Return cells counted by fewer things: sizes add up, of people there are at least as many as in one of them."""
    sizes: dict[Key, float] = defaultdict(float)
    people: dict[Key, float] = defaultdict(float)
    for cell in cells:
        key = _part(cell.key, places)
        sizes[key] += cell.size
        people[key] = max(people[key], cell.people)
    return [Cell(key, sizes[key], people[key]) for key in sizes]


def _pooled(report: Report, what: tuple[list[dict[str, Any]], list[Cell], frozenset[Key]], sensitive: Sequence[int],
            privacy: Privacy, language: str) -> list[dict[str, Any]]:  # fmt: skip
    """Return the rows that are left, then one for each group with what was hidden of it."""
    records, cells, gone = what
    left: list[dict[str, Any]] = []
    pools: dict[Key, dict[str, Any]] = {}
    named = {report.by[place] for place in sensitive}
    text = POOLED.in_language(language).format(least=privacy.least)
    for record, cell in zip(records, cells, strict=True):
        if _part(cell.key, sensitive) not in gone:
            left.append(record)
            continue
        group = tuple(part for place, part in enumerate(cell.key) if place not in sensitive)
        pool = pools.setdefault(group, {**record, **{name: text if name in named else "" for name in report.texts
                                                     if name in named or name not in report.by},
                                        **dict.fromkeys(report.figures)})  # fmt: skip
        for figure in report.figures:
            if report.metric(figure).additive and record[figure] is not None:
                pool[figure] = (pool[figure] or 0) + record[figure]
    return left + list(pools.values())


def _columns(report: Report, rows: Sequence[Mapping[str, Any]], people: str, least: int) -> Report:
    """Return the report without the columns that have a small number, or would give one away."""
    counted = [figure for figure in report.figures if report.metric(figure).unit in WHOLE]
    small = [figure for figure in report.figures if any(_is_small(report, figure, row, people, least) for row in rows)]
    kept = [figure for figure in counted if figure not in small]
    for secret in [figure for figure in counted if figure in small]:
        while tells := _sum_that_tells(rows, kept, secret):
            kept.remove(tells[-1])
    # So many visits at so much each: an amount tells how many.
    reckoned = {"money"} if len(kept) < len(counted) else set()
    gone = [figure for figure in report.figures if figure in small or report.metric(figure).unit in reckoned
            or (figure in counted and figure not in kept)]  # fmt: skip
    return replace(report, rows=report.rows.drop(columns=gone)) if gone else report


def _is_small(report: Report, figure: str, row: Mapping[str, Any], people: str, least: int) -> bool:
    value, unit = row[figure], report.metric(figure).unit
    if value is None or figure == people:
        return False
    if unit == "share":
        several = (row[people] if people else None) or 0
        return any(0 < part * several < least for part in (value, 1 - value))
    return unit in WHOLE and 0 < value < least


def _sum_that_tells(rows: Sequence[Mapping[str, Any]], kept: Sequence[str], secret: str) -> tuple[str, ...]:
    """Return columns whose sum or difference is the secret one in every row; () where there are none."""
    for signs in product((0, 1, -1), repeat=min(len(kept), _MOST_KEPT)):
        used = [(sign, figure) for sign, figure in zip(signs, kept, strict=False) if sign]
        if used and all(sum(sign * (row[figure] or 0) for sign, figure in used) == (row[secret] or 0) for row in rows):
            return tuple(figure for _, figure in used)
    return ()


def _frame(report: Report, rows: Sequence[Mapping[str, Any]]) -> "pd.DataFrame":
    import pandas as pd

    table = pd.DataFrame(list(rows), columns=list(report.rows.columns))
    # Of what was put together some figures are not known: a count then stands in a column of floats.
    whole = [figure for figure in report.figures
             if report.metric(figure).unit in WHOLE and not table[figure].isna().any()]  # fmt: skip
    return table.astype({figure: "int64" if figure in whole else "float64" for figure in report.figures})


def _positions(report: Report, privacy: Privacy) -> list[int]:
    return [place for place, name in enumerate(report.by) if name in privacy.sensitive]


def _part(key: Key, places: Sequence[int]) -> Key:
    return tuple(key[place] for place in places)


def _subsets(places: Sequence[int], least: int) -> Iterator[tuple[int, ...]]:
    for length in range(least, len(places) + 1):
        yield from combinations(places, length)
