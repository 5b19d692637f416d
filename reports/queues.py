"""Queues: how many waited, how long, and who gave up. Read from the sums by day and the histograms of waits."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from reports import sums
from reports.metrics import LEFT_OUT, Metric, Names, Threshold
from reports.period import Period
from reports.report import Report, dimensions, table_of
from store.rollups import SHORT_MS

if TYPE_CHECKING:
    import pandas as pd

    from store import Row, Tx

DIMENSIONS = ("queue",)
DEFAULT_BY = DIMENSIONS
TARGET_S = 20
"""The T of a service level, unless the clinic says otherwise."""

_IN_QUEUE = ("call.direction = 'inbound' AND call.kind = 'patient' AND call.ended_ms IS NOT NULL "
             "AND call.excluded = '' AND call.queue IS NOT NULL AND call.queue <> ''")  # fmt: skip
_OFFERED = f"{_IN_QUEUE} AND call.offered_ms IS NOT NULL"
_SHORT = f"{_OFFERED} AND call.outcome = 'abandoned' AND call.ended_ms - call.offered_ms <= {SHORT_MS}"
_ANSWERED = f"{_OFFERED} AND call.outcome = 'answered' AND call.answered_ms IS NOT NULL"
_GAVE_UP = f"{_OFFERED} AND call.outcome = 'abandoned'"
_ANSWERABLE = f"{_OFFERED} AND NOT (call.outcome = 'abandoned' AND call.ended_ms - call.offered_ms <= {SHORT_MS})"
_WAIT = "The wait runs from when a queue or a phone was first tried until a person answered; greetings are not counted."
_BUCKETS = ("From a histogram: exact to the second up to two minutes, to 5 s up to ten minutes, to a minute beyond.",)
_SHORT_LIMIT = Threshold("short abandon", SHORT_MS / 1000, "s")
_TARGET = Threshold("T", TARGET_S, "s")
_EMPTY = "Empty when there is nothing to divide by, never 0 or 100 %."
_IN_TIME = f"{_ANSWERED} AND call.answered_ms - call.offered_ms <= {TARGET_S * 1000}"


def _count(id_: str, names: Names, formula: str, condition: str) -> Metric:
    return Metric(id_, names, "calls", formula, condition, LEFT_OUT)


def _level(id_: str, names: Names, formula: str, denominator: tuple[str, str]) -> Metric:
    return Metric(id_, names, "share", formula, _IN_TIME, LEFT_OUT, denominator=denominator[0],
                  denominator_condition=denominator[1], thresholds=(_TARGET, _SHORT_LIMIT), additive=False,
                  notes=(_EMPTY, _WAIT))  # fmt: skip


def _time(id_: str, names: Names, formula: str, condition: str, notes: tuple[str, ...] = ()) -> Metric:
    return Metric(id_, names, "seconds", formula, condition, LEFT_OUT, denominator="the calls it is taken over",
                  additive=False, notes=("Empty when there was no such call.", *notes))  # fmt: skip


METRICS: tuple[Metric, ...] = (
    _count("calls", Names("Calls", "Połączenia", "Звонки", "Llamadas"),
           "Inbound patients' calls that ended and that came to the queue.", _IN_QUEUE),
    _count("offered", Names("Offered", "Skierowane do obsługi", "Предложенные", "Ofrecidas"),
           "Calls for which a phone was tried, also if it refused.", _OFFERED),
    _count("answered", Names("Answered", "Odebrane", "Отвеченные", "Atendidas"),
           "Calls in which a person of the clinic talked with the caller.",
           f"{_IN_QUEUE} AND call.missed = 0 AND call.outcome = 'answered'"),
    _count("abandoned", Names("Abandoned", "Porzucone", "Брошенные", "Abandonadas"),
           "Calls whose caller hung up while waiting, short abandons among them.",
           f"{_IN_QUEUE} AND call.outcome = 'abandoned'"),
    _count("short", Names("Short abandons", "Krótkie rozłączenia", "Короткие сбросы", "Abandonos cortos"),
           "Abandoned calls whose caller hung up at most 5 s after being offered.", _SHORT),
    _count("no_answer", Names("Nobody picked up", "Nikt nie odebrał", "Никто не ответил", "Nadie contestó"),
           "Calls that rang until the time of the queue was over.",
           f"{_IN_QUEUE} AND call.missed = 1 AND call.outcome = 'no_answer'"),
    _count("blocked", Names("Turned away", "Odrzucone przez system", "Не приняты системой", "Rechazadas"),
           "Calls that could not be put through: nobody logged in, all phones unreachable, queue full, busy.",
           f"{_IN_QUEUE} AND call.missed = 1 AND call.outcome IN ('busy', 'failed')"),
    _level("sl_strict", Names("Service level", "Poziom obsługi", "Уровень сервиса", "Nivel de servicio"),
           "Answered within T / (offered - short abandons).",
           ("offered calls without short abandons", _ANSWERABLE)),
    _level("sl_answered", Names("Service level, of answered", "Poziom obsługi, z odebranych",
                                "Уровень сервиса от отвеченных", "Nivel de servicio, de atendidas"),
           "Answered within T / answered: what Asterisk calls ServicelevelPerf.", ("answered calls", _ANSWERED)),
    _level("sl_inclusive", Names("Service level, with abandons", "Poziom obsługi z porzuconymi",
                                 "Уровень сервиса с брошенными", "Nivel de servicio, con abandonos"),
           "(Answered within T + abandoned within T) / (answered + abandoned): what Asterisk calls ServicelevelPerf2.",
           ("answered and abandoned calls", f"{_OFFERED} AND call.outcome IN ('answered', 'abandoned')")),
    Metric("abandon_rate", Names("Abandonment rate", "Odsetek porzuconych", "Доля брошенных", "Tasa de abandono"),
           "share", "Abandoned calls without short abandons / (offered - short abandons).",
           f"{_GAVE_UP} AND call.ended_ms - call.offered_ms > {SHORT_MS}", LEFT_OUT,
           denominator="offered calls without short abandons", denominator_condition=_ANSWERABLE,
           thresholds=(_SHORT_LIMIT,), additive=False, notes=(_EMPTY,)),
    _time("asa_s", Names("Average speed of answer", "Średni czas oczekiwania na odebranie", "Средняя скорость ответа",
                         "Tiempo medio de respuesta"),
          "Mean wait of answered calls.", _ANSWERED, (_WAIT,)),
    _time("median_wait_s", Names("Median wait", "Mediana oczekiwania", "Медиана ожидания", "Espera mediana"),
          "Median wait of answered calls.", _ANSWERED, (_WAIT, *_BUCKETS)),
    _time("p90_wait_s", Names("Wait, P90", "Oczekiwanie, P90", "Ожидание, P90", "Espera, P90"),
          "The wait that nine of ten answered calls did not exceed (nearest rank).", _ANSWERED, (_WAIT, *_BUCKETS)),
    _time("longest_wait_s", Names("Longest wait", "Najdłuższe oczekiwanie", "Самое долгое ожидание",
                                  "Espera más larga"),
          "The longest wait of an answered call.", _ANSWERED, (_WAIT, *_BUCKETS)),
    _time("gave_up_after_s", Names("Average wait before abandon", "Średni czas do rozłączenia",
                                   "Среднее ожидание до сброса", "Espera media antes de abandonar"),
          "Mean time from when the call was first offered until the caller hung up, short abandons among them.",
          _GAVE_UP),
)  # fmt: skip
NOTES = ("A call is in the row of the queue that it names: the last one it waited in.",)


def report(tx: "Tx", period: Period, *, by: Sequence[str] = DEFAULT_BY, target_s: int = TARGET_S) -> Report:
    """Return queues, most calls first, and the total. `target_s` is the T of the service levels."""
    sums.fresh(tx)
    named = dimensions(by, DIMENSIONS, "queues")
    counts = {row["queue"]: row for row in tx.all("sum_queues", **sums.days(period))}
    rows = sums.per_grain(tx, "sum_queue_waits", period)
    waits = sums.histograms(rows, lambda row: (row["queue"], row["ended"]))
    records = [
        {"queue": queue} | _figures(row, waits[queue, "answered"], waits[queue, "abandoned"], target_s)
        for queue, row in sorted(counts.items(), key=lambda item: (-item[1]["calls"], item[0]))
    ]
    whole = {name: sum(row[name] for row in counts.values()) for name in _SUMMED}
    ended = sums.histograms(rows, lambda row: row["ended"])
    total = _figures(whole, ended["answered"], ended["abandoned"], target_s)
    return Report("queues", period, named, table_of(records, named, METRICS), total, METRICS, NOTES)


def frame(tx: "Tx", period: Period, *, target_s: int = TARGET_S) -> "pd.DataFrame":
    """Return one row a queue: queue (text), then a column for each of METRICS: calls (int), shares 0 to 1, seconds."""
    return report(tx, period, target_s=target_s).rows


def waits(tx: "Tx", period: Period) -> "pd.DataFrame":
    """Return the histogram of waits: queue, ended (answered or abandoned), up_to_s (the bucket's end), calls (int)."""
    import pandas as pd

    from store.cells import bucket_end_s

    found: Counter[tuple[str, str, int]] = Counter()
    for row in sums.per_grain(tx, "sum_queue_waits", period):
        found[row["queue"], row["ended"], bucket_end_s(row["bucket"])] += row["n"]
    rows = [(*key, n) for key, n in sorted(found.items())]
    return pd.DataFrame(rows, columns=["queue", "ended", "up_to_s", "calls"])


_SUMMED = ("calls", "answered", "offered", "answered_offered", "abandoned", "short", "no_answer", "blocked", "waited",
           "wait_ms", "gave_up", "gave_up_ms")


def _figures(row: "Row | Mapping[str, Any]", answered: Mapping[int, int], gave_up: Mapping[int, int], target_s: int
             ) -> dict[str, Any]:  # fmt: skip
    in_time, answerable = sums.within(answered, target_s), row["offered"] - row["short"]
    return {
        **{name: row[name] for name in ("calls", "offered", "answered", "abandoned", "short", "no_answer", "blocked")},
        "sl_strict": sums.share(in_time, answerable),
        "sl_answered": sums.share(in_time, row["waited"]),
        "sl_inclusive": sums.share(in_time + sums.within(gave_up, target_s), row["waited"] + row["gave_up"]),
        "abandon_rate": sums.share(row["gave_up"] - row["short"], answerable),
        "asa_s": sums.share(row["wait_ms"] / 1000, row["waited"]),
        "median_wait_s": sums.median_s(answered),
        "p90_wait_s": sums.quantile_s(answered, 0.9),
        "longest_wait_s": sums.longest_s(answered),
        "gave_up_after_s": sums.share(row["gave_up_ms"] / 1000, row["gave_up"]),
    }
