"""Missed calls and their kinds, as data. The kinds share out the missed calls: their sum is the total."""

from reports.metrics import LEFT_OUT, Metric, Names, Threshold
from store.rollups import SHORT_MS

_CALLS = "call.direction = 'inbound' AND call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = ''"
_MISSED = f"{_CALLS} AND call.missed = 1"
_IS_SHORT = f"call.offered_ms IS NOT NULL AND call.ended_ms - call.offered_ms <= {SHORT_MS}"
_EMPTY = "Empty when there is nothing to divide by, never 0 or 100 %."


def _kind(id_: str, names: Names, formula: str, condition: str) -> Metric:
    limits = (Threshold("short abandon", SHORT_MS / 1000, "s"),) if _IS_SHORT in condition else ()
    return Metric(id_, names, "calls", formula, f"{_MISSED} AND {condition}", LEFT_OUT, thresholds=limits,
                  notes=("A kind of missed: the kinds add up to it.",))  # fmt: skip


CALLS = Metric(
    "calls", Names("Calls", "Połączenia", "Звонки", "Llamadas"), "calls",
    "Inbound calls of patients that ended, by the clinic's local day on which they started.", _CALLS, LEFT_OUT,
)  # fmt: skip
ANSWERED = Metric(
    "answered", Names("Answered", "Odebrane", "Отвеченные", "Atendidas"), "calls",
    "Calls in which a person of the clinic talked with the caller.",
    f"{_CALLS} AND call.missed = 0 AND call.outcome = 'answered'", LEFT_OUT,
)  # fmt: skip
MISSED = Metric(
    "missed", Names("Missed", "Nieodebrane", "Пропущенные", "Perdidas"), "calls",
    "Calls that no person answered, the clinic being open or closed; one per call, never per phone that rang.",
    _MISSED, LEFT_OUT,
)  # fmt: skip
MISSED_RATE = Metric(
    "missed_rate", Names("Missed share", "Odsetek nieodebranych", "Доля пропущенных", "Proporción de perdidas"),
    "share", "Missed calls / calls.", _MISSED, LEFT_OUT, denominator="calls", denominator_condition=_CALLS,
    additive=False, notes=(_EMPTY,),
)  # fmt: skip
KINDS: tuple[Metric, ...] = (
    _kind("missed_abandoned", Names("Hung up waiting", "Rozłączyli się, czekając", "Повесили трубку, ожидая",
                                    "Colgaron esperando"),
          "The caller hung up while waiting or while phones rang, after more than 5 s.",
          f"call.outcome = 'abandoned' AND NOT ({_IS_SHORT})"),
    _kind("missed_short", Names("Hung up at once", "Rozłączyli się od razu", "Сразу повесили трубку",
                                "Colgaron enseguida"),
          "The caller hung up at most 5 s after a queue or a phone was first tried.",
          f"call.outcome = 'abandoned' AND {_IS_SHORT}"),
    _kind("missed_no_answer", Names("Nobody picked up", "Nikt nie odebrał", "Никто не ответил", "Nadie contestó"),
          "Everybody let it ring until the time was over.",
          "COALESCE(call.outcome, '') NOT IN ('abandoned', 'busy', 'failed', 'voicemail', 'left_menu')"),
    _kind("missed_blocked", Names("Could not be put through", "Nie udało się połączyć", "Не удалось соединить",
                                  "No se pudo conectar"),
          "Nobody could be rung: busy, nobody logged in, phones unreachable, queue or line full.",
          "call.outcome IN ('busy', 'failed')"),
    _kind("missed_voicemail", Names("Left a message", "Zostawili wiadomość", "Оставили сообщение",
                                    "Dejaron un mensaje"),
          "The caller left a voicemail.", "call.outcome = 'voicemail'"),
    _kind("missed_menu", Names("Left the menu", "Rozłączone w menu", "Ушли из меню", "Abandonos en el menú"),
          "The caller hung up in a closed-hours message, or in a menu after listening for a while.",
          "call.outcome = 'left_menu'"),
)  # fmt: skip
CLOSED = Metric(
    "missed_closed", Names("Missed while closed", "Nieodebrane po godzinach", "Пропущенные в нерабочее время",
                           "Perdidas con la clínica cerrada"), "calls",
    "Missed calls outside the location's opening hours. They are among the missed calls of every kind.",
    f"{_MISSED} AND call.in_hours = 0", LEFT_OUT,
)  # fmt: skip
