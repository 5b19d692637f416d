"""The team: what each phone answered and rang. A call that rang everywhere and was missed is nobody's fault."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from reports import sums
from reports.metrics import LEFT_OUT, Metric, Names
from reports.period import Period
from reports.report import Report, dimensions, table_of

if TYPE_CHECKING:
    import pandas as pd

    from store import Row, Tx

DIMENSIONS = ("agent",)
DEFAULT_BY = DIMENSIONS
_ENDED = "call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = ''"
_ANSWERED = f"call.direction = 'inbound' AND {_ENDED} AND call.missed = 0 AND call.outcome = 'answered' " \
            "AND call.answered_by IS NOT NULL AND call.answered_by <> ''"
_RANG = f"call.direction = 'outbound' AND {_ENDED} AND call.extension IS NOT NULL AND call.extension <> ''"
_HAS_TOPIC = "EXISTS (SELECT 1 FROM call_topic WHERE call_topic.pbx = call.pbx AND call_topic.call = call.id)"
_OUT = (LEFT_OUT[0], LEFT_OUT[2])
_EMPTY = "Empty when there was no such call."

METRICS: tuple[Metric, ...] = (
    Metric("answered", Names("Answered", "Odebrane", "Отвеченные", "Atendidas"), "calls",
           "Inbound patients' calls that this phone answered first.", _ANSWERED, LEFT_OUT,
           notes=("Missed calls are nobody's: one that rang on five phones is missed once, by the clinic.",)),
    Metric("talk_s", Names("Talk time", "Czas rozmów", "Время разговоров", "Tiempo de conversación"), "seconds",
           "Time that a person was on the line in calls which this phone answered, hold included.", _ANSWERED, LEFT_OUT,
           denominator="none: a sum"),
    Metric("aht_s", Names("Average handling time", "Średni czas obsługi", "Среднее время обработки",
                          "Tiempo medio de gestión"), "seconds",
           "(Talk time, hold included + work after calls) / answered calls.", _ANSWERED, LEFT_OUT,
           denominator="answered calls", additive=False, notes=(_EMPTY,)),
    Metric("wrap_s", Names("Work after calls", "Praca po rozmowach", "Работа после звонков",
                           "Trabajo tras las llamadas"), "seconds",
           "Time from hang-up until the call's first topic was noted, at most three minutes for each call.",
           f"{_ANSWERED} AND {_HAS_TOPIC}", LEFT_OUT, denominator="none: a sum",
           notes=("A call without a topic adds none: nobody knows how long it took to write it down.",)),
    Metric("hold_s", Names("Time on hold", "Czas zawieszenia", "Время на удержании", "Tiempo en espera"), "seconds",
           "Time on hold in calls which this phone answered.", _ANSWERED, LEFT_OUT, denominator="none: a sum"),
    Metric("topics", Names("With a topic", "Z tematem", "С темой", "Con tema"), "calls",
           "Answered calls that somebody gave a topic.",
           f"{_ANSWERED} AND {_HAS_TOPIC}", LEFT_OUT),
    Metric("topic_rate", Names("Topics given", "Odsetek z tematem", "Доля с темой", "Proporción con tema"), "share",
           "Answered calls with a topic / answered calls.",
           f"{_ANSWERED} AND {_HAS_TOPIC}", LEFT_OUT, denominator="answered calls", denominator_condition=_ANSWERED,
           additive=False, notes=(_EMPTY,)),
    Metric("outbound", Names("Rang out", "Wychodzące", "Исходящие", "Salientes"), "calls",
           "Calls to patients that this phone made.", _RANG, _OUT),
    Metric("outbound_answered", Names("Rang out, answered", "Wychodzące odebrane", "Исходящие отвеченные",
                                      "Salientes atendidas"), "calls",
           "Calls to patients that this phone made and the other side answered.",
           f"{_RANG} AND call.outcome = 'answered'", _OUT),
    Metric("outbound_talk_s", Names("Talk time, rang out", "Czas rozmów wychodzących", "Разговоры исходящих",
                                    "Conversación saliente"), "seconds",
           "Time that both sides talked in calls which this phone made.", _RANG, _OUT, denominator="none: a sum"),
)  # fmt: skip
NOTES = ("Who answered is the phone whose person talked with the caller, not the one that the queue chose.",)
_SUMMED = ("answered", "talk_ms", "hold_ms", "outbound", "outbound_answered", "outbound_talk_ms", "topics",
           "wrap_ms")


def report(tx: "Tx", period: Period, *, by: Sequence[str] = DEFAULT_BY) -> Report:
    """Return phones, most answered first, and the total."""
    sums.fresh(tx)
    named = dimensions(by, DIMENSIONS, "the team")
    rows = sorted(tx.all("sum_agents", **sums.days(period)), key=lambda row: (-row["answered"], row["agent"]))
    records = [{"agent": row["agent"]} | _figures(row) for row in rows]
    total = _figures({name: sum(row[name] for row in rows) for name in _SUMMED})
    return Report("team", period, named, table_of(records, named, METRICS), total, METRICS, NOTES)


def frame(tx: "Tx", period: Period) -> "pd.DataFrame":
    """Return one row a phone: agent (text), then a column for each of METRICS: calls (int), seconds, a share."""
    return report(tx, period).rows


def _figures(row: "Row | Mapping[str, Any]") -> dict[str, Any]:
    return {
        "answered": row["answered"], "talk_s": row["talk_ms"] / 1000, "hold_s": row["hold_ms"] / 1000,
        "aht_s": sums.share((row["talk_ms"] + row["wrap_ms"]) / 1000, row["answered"]),
        "wrap_s": row["wrap_ms"] / 1000, "topics": row["topics"],
        "topic_rate": sums.share(row["topics"], row["answered"]), "outbound": row["outbound"],
        "outbound_answered": row["outbound_answered"], "outbound_talk_s": row["outbound_talk_ms"] / 1000,
    }  # fmt: skip
