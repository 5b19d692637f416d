"""Figures of advertising off the web, as data."""

from reports.intervals import LEAST_TO_FADE
from reports.metrics import LEFT_OUT, Metric, Names, Threshold, Unit

BASE_DAYS = 28
"""So many days before the beginning are compared with as many after it."""
FADING_DAYS = 90
"""So many days from the beginning on are looked at for fading."""
_CALLS = "call.direction = 'inbound' AND call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = ''"
_OFF_WEB = """EXISTS (
  SELECT 1 FROM attribution JOIN campaign ON campaign.id = attribution.campaign
  WHERE attribution.pbx = call.pbx AND attribution.call = call.id AND LOWER(campaign.medium) IN (
    'offline', 'billboard', 'outdoor', 'print', 'newspaper', 'magazine', 'leaflet', 'flyer', 'poster', 'radio', 'tv',
    'transit', 'card', 'sign'))"""
_NOTED = """'booked' = (
  SELECT call_topic.category FROM call_topic WHERE call_topic.pbx = call.pbx AND call_topic.call = call.id
  ORDER BY call_topic.at_ms DESC, call_topic.id DESC LIMIT 1)"""
_SAID = "EXISTS (SELECT 1 FROM call_heard WHERE call_heard.pbx = call.pbx AND call_heard.call = call.id)"
_MEDIA = f"{_CALLS} AND {_OFF_WEB}"
_BOOKED = f"{_MEDIA} AND {_NOTED}"
_HEARD = f"{_CALLS} AND {_SAID}"
_SPAN = Threshold("days compared", BASE_DAYS, "days before and after")
_WILSON = "Wilson's interval of 95 %: with so few counted, the true share lies between its ends."
_RATIO = ("The beginning is the first day of the campaign's first number.",
          "Empty when the calls do not reach back before the beginning, or the number was another campaign's then.")


def _count(id_: str, names: Names, formula: str, condition: str) -> Metric:
    return Metric(id_, names, "calls", formula, condition, LEFT_OUT)


def _share(id_: str, names: Names, formula: str, parts: tuple[str, str, str]) -> Metric:
    condition, denominator, whole = parts
    return Metric(id_, names, "share", formula, condition, LEFT_OUT, denominator=denominator,
                  denominator_condition=whole, additive=False, notes=(_WILSON,))  # fmt: skip


def _other(id_: str, names: Names, unit: Unit, formula: str, notes: tuple[str, ...] = ()) -> Metric:
    limits = (_SPAN,) if unit in ("per day", "times") else ()
    return Metric(id_, names, unit, formula, _MEDIA, LEFT_OUT, thresholds=limits, additive=False, notes=notes)


_OF_CALLS = (_BOOKED, "calls", _MEDIA)
_OF_ANSWERS = (_HEARD, "answers to How did you hear of us?", _HEARD)
METRICS: tuple[Metric, ...] = (
    _count("calls", Names("Calls", "Połączenia", "Звонки", "Llamadas"),
           "Inbound calls of patients that advertising off the web made, by the local day of the call.", _MEDIA),
    _count("answered", Names("Answered", "Odebrane", "Отвеченные", "Atendidas"),
           "Those in which a person of the clinic talked with the caller.",
           f"{_MEDIA} AND call.missed = 0 AND call.outcome = 'answered'"),
    _count("first_time_callers", Names("First-time callers", "Dzwoniący pierwszy raz", "Звонят впервые",
                                       "Llaman por primera vez"),
           "Those before which there was no call from or to that number within the look-back.",
           f"{_MEDIA} AND call.first_time = 1"),
    _count("booked", Names("Noted as booked", "Odnotowane jako umówione", "Отмечены как записавшиеся",
                           "Anotadas como cita"),
           "Those on which the receptionist noted that a visit was booked.", _BOOKED),
    _share("booked_share", Names("Booked share", "Odsetek umówionych", "Доля записавшихся", "Proporción con cita"),
           "Noted as booked / calls.", _OF_CALLS),
    _share("booked_low", Names("Booked share, at least", "Odsetek umówionych, co najmniej", "Доля записавшихся, от",
                               "Proporción con cita, mínimo"), "The lower end of the booked share.", _OF_CALLS),
    _share("booked_high", Names("Booked share, at most", "Odsetek umówionych, najwyżej", "Доля записавшихся, до",
                                "Proporción con cita, máximo"), "The upper end of the booked share.", _OF_CALLS),
    _other("before_per_day", Names("Calls a day before", "Połączeń dziennie przed", "Звонков в день до",
                                    "Llamadas al día antes"), "per day",
           "Calls a day to the campaign's numbers before it began.", _RATIO),
    _other("after_per_day", Names("Calls a day after", "Połączeń dziennie po", "Звонков в день после",
                                   "Llamadas al día después"), "per day",
           "Calls a day to the same numbers since it began.", _RATIO),
    _other("times", Names("Times as many", "Ile razy więcej", "Во сколько раз больше", "Veces más"), "times",
           "Calls a day after / calls a day before.",
           (*_RATIO, "Empty when nobody rang before: there is nothing to divide by.")),
    _other("times_low", Names("Times as many, at least", "Ile razy więcej, co najmniej", "Во сколько раз больше, от",
                              "Veces más, mínimo"), "times",
           "The lower end of the ratio: 1 or less may be chance alone.", ("From Wilson's interval of 95 %.",)),
    _other("times_high", Names("Times as many, at most", "Ile razy więcej, najwyżej", "Во сколько раз больше, до",
                               "Veces más, máximo"), "times",
           "The upper end of the ratio.", ("From Wilson's interval of 95 %.", "Empty when nobody rang before.")),
    _other("untracked_before", Names("Of no campaign, a day before", "Bez kampanii, dziennie przed",
                                     "Без кампании, в день до", "Sin campaña, al día antes"), "per day",
           "Calls a day that belong to no campaign, to other numbers, before it began.",
           ("Who saw the advertisement may ring the main number: these calls rising with it is a sign of that.",)),
    _other("untracked_after", Names("Of no campaign, a day after", "Bez kampanii, dziennie po",
                                    "Без кампании, в день после", "Sin campaña, al día después"), "per day",
           "Calls a day that belong to no campaign, to other numbers, since it began.",
           ("Who saw the advertisement may ring the main number: these calls rising with it is a sign of that.",)),
    Metric("half_life_days", Names("Half as many after", "O połowę mniej po", "Вдвое меньше через", "La mitad a los"),
           "days", "After so many days half as many ring as at first, by the likeliest fading since the beginning.",
           _MEDIA, LEFT_OUT, thresholds=(Threshold("days looked at", FADING_DAYS, "days"),
                                         Threshold("fewest calls", LEAST_TO_FADE, "calls")), additive=False,
           notes=("Empty when there are few calls, or they fade no faster than chance would have it.",)),
    Metric("heard", Names("Say so themselves", "Sami tak mówią", "Говорят сами", "Lo dicen ellos"), "calls",
           "Calls on which How did you hear of us? was answered with this medium, whatever number was dialled.",
           _HEARD, LEFT_OUT, additive=False,
           notes=("Campaigns of one medium share its answers, so rows do not add up.",)),
    Metric("heard_elsewhere", Names("Say so on other numbers", "Mówią tak na innych numerach",
                                    "Говорят на других номерах", "Lo dicen en otros números"), "calls",
           "Those of them that are not taken for its calls: what its numbers do not show.", _HEARD, LEFT_OUT,
           additive=False, notes=("Campaigns of one medium share its answers, so rows do not add up.",)),
    _share("heard_share", Names("Share of answers", "Odsetek odpowiedzi", "Доля ответов", "Proporción de respuestas"),
           "Say so themselves / everybody who answered.", _OF_ANSWERS),
    _share("heard_low", Names("Share of answers, at least", "Odsetek odpowiedzi, co najmniej", "Доля ответов, от",
                              "Proporción de respuestas, mínimo"), "The lower end of the share of answers.",
           _OF_ANSWERS),
    _share("heard_high", Names("Share of answers, at most", "Odsetek odpowiedzi, najwyżej", "Доля ответов, до",
                               "Proporción de respuestas, máximo"), "The upper end of the share of answers.",
           _OF_ANSWERS),
    Metric("cost", Names("Cost", "Koszt", "Расход", "Coste"), "money",
           "What was spent in the period; a month's cost is spread over its days.", _MEDIA, LEFT_OUT,
           notes=("Empty where nobody told a cost, or several currencies meet.",)),
    Metric("cost_per_call", Names("Per call", "Na połączenie", "За звонок", "Por llamada"), "money", "Cost / calls.",
           _MEDIA, LEFT_OUT, denominator="calls", additive=False,
           notes=("Empty when there is no cost, or no call.",)),
)  # fmt: skip
"""The figures, in the order of the columns. Conditions are SQL over `call`."""
