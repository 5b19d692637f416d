"""What calls brought and cost, as data: target calls, bookings, visits, worth, and what each of them cost.

Conditions are SQL over `call`; the views `target_call`, `booked_call` and `visit_made` say the rules."""

from reports.metrics import LEFT_OUT, Metric, Names, Threshold, Unit

_CALLS = "call.direction = 'inbound' AND call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = ''"
_TARGET = "EXISTS (SELECT 1 FROM target_call WHERE target_call.pbx = call.pbx AND target_call.id = call.id)"
_UNIQUE = _TARGET + """ AND NOT EXISTS (
  SELECT 1 FROM target_call AS earlier WHERE earlier.party = call.party
    AND (earlier.started_ms, earlier.pbx, earlier.id) < (call.started_ms, call.pbx, call.id)
    AND call.started_ms - earlier.started_ms < (SELECT target_rule.unique_ms FROM target_rule))"""  # noqa: S608
BOOKED = "EXISTS (SELECT 1 FROM booked_call WHERE booked_call.pbx = call.pbx AND booked_call.id = call.id)"
CAME = "EXISTS (SELECT 1 FROM visit_made WHERE visit_made.pbx = call.pbx AND visit_made.id = call.id)"
BOTH_WAYS = tuple(text for text in LEFT_OUT if "outbound" not in text)
"""What is left out of figures that count our calls to patients, too."""
_NO_TOPIC = "A call without a topic may be a target."
_OURS = "Our calls to patients count, too: what a callback books is its campaign's."
_EMPTY = "Empty when there is nothing to divide by, the cost is not known, or several currencies meet."
_COSTS = (
    "Costs are told of campaigns. By number they are known only where a campaign had one number in all these days; by "
    "keyword or page they are not known. The total has them all.",
    "A cost of a month is spread evenly over its days.",
)


def _ratio(id_: str, names: Names, unit: Unit, formula: str, parts: tuple[str, str, str]) -> Metric:
    above, below, condition = parts
    return Metric(id_, names, unit, formula, above, BOTH_WAYS, denominator=below, denominator_condition=condition,
                  additive=False, notes=(_EMPTY,))  # fmt: skip


TARGETS = Metric(
    "targets", Names("Target calls", "Połączenia docelowe", "Целевые звонки", "Llamadas objetivo"), "calls",
    "Answered calls with a person on the line for as long as the limit or longer, about something that may bring a "
    "visit.",
    _TARGET, (*LEFT_OUT, "calls about something that brings no new visit, as [tracking] target_not says"),
    thresholds=(Threshold("talk", 30, "s"),),
    notes=(_NO_TOPIC, "The settings [tracking] target_s and target_not change the rule."),
)  # fmt: skip
UNIQUE_TARGETS = Metric(
    "unique_targets", Names("Unique targets", "Unikalne docelowe", "Уникальные целевые", "Objetivos únicos"), "calls",
    "Target calls whose caller made no other one within the window before: each is another person who may come.",
    _UNIQUE, LEFT_OUT, thresholds=(Threshold("talk", 30, "s"), Threshold("window", 30, "days")),
    notes=("Each target call begins the window again. Who hides the number counts each time.",
           "The setting [tracking] unique_days changes the window."),
)  # fmt: skip
BOOKED_CALLS = Metric(
    "booked", Names("Booked", "Umówienia", "Записи", "Citas dadas"), "calls",
    "Calls that made an appointment which stands; the topic booked counts until the caller's appointment is known.",
    BOOKED, BOTH_WAYS, notes=(_OURS,),
)  # fmt: skip
VISITS = Metric(
    "visits", Names("Came", "Odbyte wizyty", "Пришли", "Asistieron"), "appointments",
    "Appointments made by these calls whose patient came, by the day of the call.", CAME, BOTH_WAYS, notes=(_OURS,),
)  # fmt: skip
REVENUE = Metric(
    "revenue", Names("Worth", "Przychód", "Выручка", "Ingresos"), "money",
    "Sum of the values of these visits, in whole units of the currency.", CAME, BOTH_WAYS,
    notes=("Empty where no value is known, or several currencies meet.",),
)  # fmt: skip
COST = Metric(
    "cost", Names("Cost", "Koszt", "Расход", "Coste"), "money",
    "What was spent in the period, as people and the platforms' own files say.", _CALLS,
    ("costs that nobody has told",), notes=_COSTS,
)  # fmt: skip
PER_CALL = _ratio("cost_per_call", Names("Per call", "Na połączenie", "За звонок", "Por llamada"), "money",
                  "Cost / calls.", (_CALLS, "calls", _CALLS))  # fmt: skip
PER_TARGET = _ratio("cost_per_target", Names("Per target", "Na docelowe", "За целевой", "Por objetivo"), "money",
                    "Cost / target calls.", (_CALLS, "target calls", _TARGET))  # fmt: skip
PER_BOOKING = _ratio("cost_per_booking", Names("Per booking", "Na umówienie", "За запись", "Por cita"), "money",
                     "Cost / calls that booked.", (_CALLS, "calls that booked", BOOKED))  # fmt: skip
ROAS = _ratio("roas", Names("Worth per cost", "Zwrot z wydatków", "Окупаемость", "Retorno"), "share",
              "Worth / cost: 250 % is two and a half times what was spent.", (CAME, "cost", _CALLS))  # fmt: skip

MONEY_METRICS: tuple[Metric, ...] = (
    TARGETS, UNIQUE_TARGETS, BOOKED_CALLS, VISITS, REVENUE, COST, PER_CALL, PER_TARGET, PER_BOOKING, ROAS,
)
"""In the order of the columns."""
