"""What each figure about callbacks means, as data like `reports.metrics`.

Conditions are SQL over `callback` joined with its `callback_time`, but for the last two, which are over `call`."""

from reports.callback_spreads import EXACT_UP_TO
from reports.metrics import LEFT_OUT, Metric, Names, Threshold, Unit

_ALL = "NOT (callback.state = 'closed' AND callback.closed_why = 'manual' AND callback.closed_by IS NULL)"
_CORRECTED = "callbacks whose missed calls all turned out not to be missed"
_OPENED = "callbacks opened"
_DAY = "A callback belongs to the local day on which it opened, as things stand now."
_ATTEMPT = ("callback_time.attempted_ms", "first attempt",
            "the first outbound call to the caller after the callback opened, whether it reached them or not")
_CONTACT = ("callback_time.contacted_ms", "contact",
            "the call that closed the callback: ours that reached them, theirs that was answered, or the one on which "
            "an appointment was made")
_BUCKETS = (f"Exact while the period has at most {EXACT_UP_TO:,} callbacks. Beyond, from a histogram: by the second up "
            "to two minutes, by 5 s up to ten, by the minute up to an hour, by 5 minutes up to a day, by the hour "
            "beyond.")
_WORK = "Working time of the location: a callback that opened while it was closed starts counting when it opens."


def _count(id_: str, names: Names, formula: str, condition: str, notes: tuple[str, ...] = ()) -> Metric:
    return Metric(id_, names, "callbacks", formula, f"{_ALL} AND {condition}" if condition else _ALL, (_CORRECTED,),
                  notes=(_DAY, *notes))


def _closed(why: str, names: Names, formula: str) -> Metric:
    return _count(f"closed_{why}", names, formula, f"callback.state = 'closed' AND callback.closed_why = '{why}'")


def _time(id_: str, names: Names, what: tuple[str, str, str], *, work: bool, p90: bool) -> Metric:
    column, name, meaning = what
    figure = "90th percentile (nearest rank)" if p90 else "Median"
    clock = "working time" if work else "time by the clock"
    return Metric(
        id_, names, "seconds",
        f"{figure} of the {clock} from the opening of a callback to the start of the {name}: {meaning}.",
        f"{_ALL} AND {column} IS NOT NULL", (_CORRECTED, f"callbacks without a {name}"),
        denominator=f"callbacks with a {name}", additive=False, notes=(_DAY, _BUCKETS, *((_WORK,) if work else ())),
    )


def _share(id_: str, names: Names, what: tuple[str, str, str], within: tuple[str, str, Threshold | None]) -> Metric:
    _, name, meaning = what
    condition, words, limit = within
    return Metric(
        id_, names, "share", f"Callbacks whose {name} came {words} / callbacks opened. The {name} is {meaning}.",
        f"{_ALL} AND {condition}", (_CORRECTED,), denominator=_OPENED, denominator_condition=_ALL,
        thresholds=(limit,) if limit else (), additive=False, notes=(_DAY,),
    )


def _within(stem: str, column: str) -> dict[str, tuple[str, str, Threshold | None]]:
    clock = f"callback_time.{column}_ms - callback.opened_ms <="
    return {
        f"{stem}_15m": (f"callback_time.{column}_work_ms <= 900000", "within 15 minutes of working time",
                        Threshold("limit", 15, "working min")),
        f"{stem}_1h": (f"{clock} 3600000", "within an hour by the clock", Threshold("limit", 1, "h")),
        f"{stem}_same_day": (f"callback_time.{column}_day = callback_time.opened_day", "on the same local day", None),
        f"{stem}_24h": (f"{clock} 86400000", "within 24 hours by the clock", Threshold("limit", 24, "h")),
    }


_SHARE_NAMES = {
    "called_back_15m": Names("Called back in 15 min (working)", "Oddzwoniono w 15 min (praca)",
                             "Перезвонили за 15 мин (рабочее)", "Llamada devuelta en 15 min (laboral)"),
    "called_back_1h": Names("Called back in 1 h", "Oddzwoniono w 1 h", "Перезвонили за 1 ч",
                            "Llamada devuelta en 1 h"),
    "called_back_same_day": Names("Called back same day", "Oddzwoniono tego dnia", "Перезвонили в тот же день",
                                  "Llamada devuelta el mismo día"),
    "called_back_24h": Names("Called back in 24 h", "Oddzwoniono w 24 h", "Перезвонили за 24 ч",
                             "Llamada devuelta en 24 h"),
    "recovered_15m": Names("Recovered in 15 min (working)", "Odzyskane w 15 min (praca)",
                           "Возвращены за 15 мин (рабочее)", "Recuperadas en 15 min (laboral)"),
    "recovered_1h": Names("Recovered in 1 h", "Odzyskane w 1 h", "Возвращены за 1 ч", "Recuperadas en 1 h"),
    "recovered_same_day": Names("Recovered same day", "Odzyskane tego dnia", "Возвращены в тот же день",
                                "Recuperadas el mismo día"),
    "recovered_24h": Names("Recovered in 24 h", "Odzyskane w 24 h", "Возвращены за 24 ч", "Recuperadas en 24 h"),
}  # fmt: skip
_TIME_NAMES = {
    "attempt_work_median_s": Names("First attempt, median (working)", "Pierwsza próba, mediana (praca)",
                                   "Первая попытка, медиана (рабочее)", "Primer intento, mediana (laboral)"),
    "attempt_work_p90_s": Names("First attempt, P90 (working)", "Pierwsza próba, P90 (praca)",
                                "Первая попытка, P90 (рабочее)", "Primer intento, P90 (laboral)"),
    "attempt_clock_median_s": Names("First attempt, median (clock)", "Pierwsza próba, mediana (zegar)",
                                    "Первая попытка, медиана (часы)", "Primer intento, mediana (reloj)"),
    "attempt_clock_p90_s": Names("First attempt, P90 (clock)", "Pierwsza próba, P90 (zegar)",
                                 "Первая попытка, P90 (часы)", "Primer intento, P90 (reloj)"),
    "contact_work_median_s": Names("Contact, median (working)", "Kontakt, mediana (praca)",
                                   "Контакт, медиана (рабочее)", "Contacto, mediana (laboral)"),
    "contact_work_p90_s": Names("Contact, P90 (working)", "Kontakt, P90 (praca)", "Контакт, P90 (рабочее)",
                                "Contacto, P90 (laboral)"),
    "contact_clock_median_s": Names("Contact, median (clock)", "Kontakt, mediana (zegar)",
                                    "Контакт, медиана (часы)", "Contacto, mediana (reloj)"),
    "contact_clock_p90_s": Names("Contact, P90 (clock)", "Kontakt, P90 (zegar)", "Контакт, P90 (часы)",
                                 "Contacto, P90 (reloj)"),
}  # fmt: skip
_LOST = ("call.direction = 'inbound' AND call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = '' "
         "AND call.missed = 1")  # fmt: skip
_CALLERS: Unit = "callers"

CALLBACK_METRICS: tuple[Metric, ...] = (
    _count("opened", Names("Opened", "Otwarte w okresie", "Открыто", "Creadas"),
           "Callbacks opened: one for a caller who was not answered, at one location, however often they rang.", "",
           ("Opened = still open + reached + returned + booked + by hand + expired; and "
            "opened = contact made + tried, not reached + never tried.",)),
    _count("still_open", Names("Still open", "Nadal otwarte", "Ещё открыты", "Aún abiertas"),
           "Callbacks that are not closed.", "callback.state <> 'closed'"),
    _closed("reached", Names("Reached", "Dodzwoniliśmy się", "Дозвонились", "Contactadas"),
            "Closed because our call to the caller was answered and lasted long enough."),
    _closed("returned", Names("Returned", "Zadzwonili sami", "Перезвонили сами", "Llamaron ellos"),
            "Closed because the caller rang again and a person answered."),
    _closed("booked", Names("Booked meanwhile", "Umówieni w międzyczasie", "Записались тем временем",
                            "Con cita mientras tanto"),
            "Closed because an appointment was made."),
    _closed("manual", Names("Closed by hand", "Zamknięte ręcznie", "Закрыты вручную", "Cerradas a mano"),
            "Closed by a person, with a reason."),
    _closed("expired", Names("Expired", "Wygasłe", "Истекли", "Caducadas"),
            "Closed because all attempts were made, or the time was over."),
    _count("contact_made", Names("Contact made", "Kontakt nawiązany", "Контакт состоялся", "Contacto logrado"),
           "Callbacks after which somebody spoke with the caller, whoever rang.",
           "callback_time.contacted_ms IS NOT NULL"),
    _count("tried_not_reached", Names("Tried, not reached", "Próbowano bez skutku", "Не дозвонились",
                                      "Intentado sin éxito"),
           "Callbacks with an outbound call to the caller, but without contact.",
           "callback_time.contacted_ms IS NULL AND callback_time.attempted_ms IS NOT NULL"),
    _count("never_tried", Names("Never tried", "Bez próby", "Без попыток", "Sin intento"),
           "Callbacks without contact for which nobody rang the caller, open or closed.",
           "callback_time.contacted_ms IS NULL AND callback_time.attempted_ms IS NULL"),
    *(_share(id_, _SHARE_NAMES[id_], _ATTEMPT, within) for id_, within in _within("called_back", "attempted").items()),
    *(_share(id_, _SHARE_NAMES[id_], _CONTACT, within) for id_, within in _within("recovered", "contacted").items()),
    *(_time(id_, names, _ATTEMPT if id_.startswith("attempt") else _CONTACT, work="_work_" in id_, p90="_p90_" in id_)
      for id_, names in _TIME_NAMES.items()),
    Metric(
        "final_lost", Names("Final lost callers", "Ostatecznie utraceni", "Потерянные окончательно",
                            "Perdidos definitivos"),
        _CALLERS, "Callers whose last call of the period was missed and with whom nobody spoke since, in either "
        "direction.", _LOST, (*LEFT_OUT, "callers without a number of their own: withheld, or not a possible number"),
        additive=False,
        notes=("How long our talk must be is the setting [callbacks] reached_s, 5 s by default.", "A total only."),
    ),
    Metric(
        "withheld_missed", Names("Missed, withheld", "Nieodebrane zastrzeżone", "Пропущены, номер скрыт",
                                 "Perdidas, número oculto"),
        "calls", "Missed calls whose caller hid the number: nobody can ring them back.",
        f"{_LOST} AND call.withheld = 1", LEFT_OUT, notes=("A total only.",),
    ),
)  # fmt: skip
"""In the order of the report's columns; the last two have a total only."""

CALLBACKS_BY_ID: dict[str, Metric] = {metric.id: metric for metric in CALLBACK_METRICS}
