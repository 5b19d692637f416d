"""A report as a chart: one declaration in Vega-Lite, drawn as SVG for the PDF and the mail, and alive on the page.

The chart tells no more than the table beside it: the same rows, the same definitions, names in the reader's language.
What it answers to (a part chosen in its legend, days drawn nearer) a still drawing has too, and does not mind.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from reports import drawing, words
from reports.amounts import shown
from reports.report import WHOLE, Report

if TYPE_CHECKING:
    import altair as alt

MOST_BARS = 16
"""A chart shows the first so many rows; the table shows all."""
MOST_MOMENTS = 400
"""More bars than that nobody tells apart: days are drawn with their hours together, or months, or years."""
NARROW = 560
"""Points below which charts stand one above the other."""
PARTS, NEARER = "parts", "nearer"
"""The names of what the chart answers to: parts chosen in the legend, days drawn nearer."""

_STACKED = {
    "sources": ("answered", "missed", "left_menu", "unknown"),
    "missed": ("missed_abandoned", "missed_short", "missed_no_answer", "missed_blocked", "missed_voicemail",
               "missed_menu"),
    "queues": ("answered", "abandoned", "no_answer", "blocked"),
    "hours": ("answered", "missed"),
    "callbacks": ("contact_made", "tried_not_reached", "never_tried"),
    "origins": ("shown", "to_come", "no_shows", "cancelled"),
    "stages": ("went_on", "stopped"),
    "visits": ("ended_booking", "ended_call", "ended_form", "ended_nothing"),
    "pool": ("leases", "overflow"),
    "not-booked": ("booked_later", "lost_valued", "lost_unvalued"),
}  # fmt: skip
"""The figures that share out a bar of each report, in the order in which they stand in it."""
_BESIDE = {
    "funnel": ("rang_callers", "booked_callers", "came_callers", "paid_callers"),
    "models": ("booked_counted", "booked_first", "booked_last_non_direct", "booked_linear"),
    "team": ("answered", "aht_s", "outbound"),
    "channels": ("contacts", "answer_s", "booked", "shown"),
    "offline": ("calls", "after_per_day", "heard", "cost"),
}
"""The figures of a report that are measured in different things: small charts side by side, each with its own scale."""
_MOST_BESIDE = 4
_DAY_MS = 86_400_000
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_WIDE_WEEK = 200
"""Points that seven days of the week need for more than the shortest names."""
_LETTER = 7
"""Points that a letter of a title takes, about."""
_COLOURS = ("#0f766e", "#c2410c", "#7c3aed", "#2563eb", "#a16207", "#64748b")
_NOT_KNOWN = frozenset(("unknown", "ended_nothing"))
"""What is not known: grey, and never louder than what is."""
_DARK_COLOURS = ("#2dd4bf", "#fb923c", "#c4b5fd", "#93c5fd", "#fde047", "#cbd5e1")
_SHADES = (("#e3f3f1", "#0b5a55"), ("#e6f4ea", "#14532d"), ("#fdeadb", "#9a3412"))
_DARK_SHADES = (("#12302d", "#5eead4"), ("#14301c", "#86efac"), ("#3b1d0b", "#fdba74"))
"""From nothing to the most, of demand, answered and missed: the most stands out on either page."""
_STILL_FONT = "DejaVu Sans, system-ui, sans-serif"
_FEW_DAYS = 7
"""So many days have a name below each bar, and there is nothing to draw nearer."""
_FEW = 5
"""Up to so much an axis has each whole number: between them there is nothing to count."""
_TIMES = frozenset(("day", "week", "month", "hour", "weekday"))


@dataclass(frozen=True, slots=True)
class Look:
    """How a chart is drawn: for whom, how wide (points), on a dark page or a light one."""

    language: str = "en"
    width: int = 720
    dark: bool = False

    @property
    def narrow(self) -> bool:
        """Say whether there is room for one chart beside another."""
        return self.width < NARROW

    @property
    def colours(self) -> tuple[str, ...]:
        """Return the colours of parts, which stand out on the page."""
        return _DARK_COLOURS if self.dark else _COLOURS

    def colours_of(self, parts: Sequence[str]) -> list[str]:
        """Return the colour of each part of a bar."""
        *told, grey = self.colours
        return [grey if part in _NOT_KNOWN else (*told, grey)[place] for place, part in enumerate(parts)]


def to_svg(report: Report, language: str = "en", *, dark: bool = False, width: int = 720) -> str | None:
    """Return the chart as SVG of that many points, None where there is nothing to draw. Raises ReportsError."""
    chart = chart_of(report, language, dark=dark, width=width)
    if chart is None:
        return None
    # It is measured in the font in which paper writes: names of rows that grow wider later are cut off at the edge.
    spec = chart.to_dict()
    spec["config"]["font"] = _STILL_FONT
    return drawing.svg(spec)


def to_png(report: Report, language: str = "en", *, width: int = 640) -> bytes | None:
    """Return the chart as a picture, for programs that show no SVG, such as mail; None where there is none."""
    chart = chart_of(report, language, width=width)
    return None if chart is None else drawing.png(chart.properties(background="white").to_dict(), 1.5)


def chart_of(report: Report, language: str = "en", *, dark: bool = False, width: int = 720) -> "alt.Chart | None":
    """Return the chart of a report; a notebook shows it as it is. None where there is nothing to draw."""
    look, kind = Look(language, width, dark), form_of(report)
    if report.rows.empty or not kind:
        return None
    made = {"grid": _grid, "stacked": _stacked, "beside": _beside}[kind](report, look)
    ink, faint = ("#e2e8f0", "#334155") if dark else ("#1f2937", "#e5e7eb")
    styled: alt.Chart = (
        made.properties(description=in_words(report, language))
        .configure(aria=False, background="transparent", font="system-ui, sans-serif", padding=8 if look.narrow else 24,
                       locale=_signs(language))
        .configure_title(color=ink, fontSize=12, anchor="start")
        .configure_view(stroke=None)
        .configure_axis(labelColor=ink, titleColor=ink, gridColor=faint, domainColor=faint, tickColor=faint,
                        labelFontSize=10 if look.narrow else 11, titleFontSize=11, titleFontWeight="normal",
                        labelLimit=150 if look.narrow else 220)
        .configure_legend(labelColor=ink, titleColor=ink, orient="top", title=None, columnPadding=28,
                          labelFontSize=12, columns=1 if look.narrow else 3, labelLimit=260)
        .configure_header(labelColor=ink, titleColor=ink)
    )  # fmt: skip
    return styled


def form_of(report: Report) -> str:
    """Return how a report is drawn: `stacked`, `grid` (days of the week and hours), `beside`; "" for not at all."""
    if set(report.by) == {"weekday", "hour"} and "calls" in report.figures:
        return "grid"
    if len(parts_of(report)) > 1:
        return "stacked"
    return "beside" if beside_of(report) else ""


def parts_of(report: Report) -> list[str]:
    """Return the figures that share out the bars of a report."""
    return [figure for figure in _STACKED.get(report.name, ()) if figure in report.figures]


def beside_of(report: Report) -> list[str]:
    """Return the figures that are drawn in small charts of their own: the first of each thing that is measured."""
    known = [figure for figure in report.figures if report.rows[figure].fillna(0).ne(0).any()]
    named = [figure for figure in _BESIDE.get(report.name, ()) if figure in known]
    first = {report.metric(figure).unit: figure for figure in reversed(known)}
    return named or [figure for figure in known if figure in first.values()][:_MOST_BESIDE]


def in_words(report: Report, language: str = "en") -> str:
    """Return what the chart shows, for who does not see it: each part with its sum and its highest row."""
    said = []
    for figure in parts_of(report) if form_of(report) == "stacked" else beside_of(report):
        known = [record for record in report.records() if record[figure]]
        name, total = report.metric(figure).names.in_language(language), report.total.get(figure)
        if known:
            most = max(known, key=lambda record: float(record[figure]))
            said.append(f"{name}: {shown(report, figure, total, language)} {words.OF_ALL.in_language(language)}, "
                        f"{words.MOST.in_language(language)} {_day(name_of(most, report, language), Look(language))} "
                        f"({shown(report, figure, most[figure], language)})")  # fmt: skip
    return "; ".join(said)


def first_rows(report: Report, language: str = "en") -> str:
    """Return a sentence where the chart shows only the first rows; "" where it has them all, or there is none."""
    if report.by[0] in _TIMES or form_of(report) in ("", "grid") or len(report.rows) <= MOST_BARS:
        return ""
    return words.FIRST_ROWS.in_language(language).format(shown=MOST_BARS, all=len(report.rows))


def name_of(record: dict[str, Any], report: Report, language: str = "en") -> str:
    """Return what a row is about, in a few words."""
    parts = [_plain(words.value(name, record[name], language)) for name in report.texts
             if record[name] and (name in report.by or name == "label")]  # fmt: skip
    return " / ".join(dict.fromkeys(parts)) or "–"


def _stacked(report: Report, look: Look) -> Any:
    import altair as alt
    import pandas as pd

    parts, in_time = parts_of(report), report.by[0] in _TIMES
    names = [report.metric(figure).names.in_language(look.language) for figure in parts]
    records = list(report.records())
    records = records if in_time else records[:MOST_BARS]
    labels = _moments(records, report, look) if in_time else [name_of(one, report, look.language) for one in records]
    order = list(dict.fromkeys(labels))
    sums: Counter[tuple[str, int]] = Counter()
    for label, record in zip(labels, records, strict=True):
        sums.update({(label, place): record[figure] for place, figure in enumerate(parts) if record[figure]})
    rows = [{"row": label, "said": _day(label, look), "part": names[place], "n": n, "place": place}
            for (label, place), n in sums.items()]  # fmt: skip
    if not rows:
        rows = [{"row": label, "said": _day(label, look), "part": names[0], "n": 0, "place": 0} for label in order]
    chosen = alt.selection_point(name=PARTS, fields=["part"], bind="legend")
    base = alt.Chart(pd.DataFrame(rows)).mark_bar().encode(
        color=alt.Color("part:N", scale=alt.Scale(domain=names, range=look.colours_of(parts)),
                        **_legend(names, look)),
        order=alt.Order("place:Q"), opacity=alt.condition(chosen, alt.value(1), alt.value(0.12)),
        tooltip=[alt.Tooltip("said:N", title=_about(report, look)), alt.Tooltip("part:N", title=" "),
                 alt.Tooltip("sum(n):Q", title=" ", format=",d")],
    ).add_params(chosen)  # fmt: skip
    counted = words.unit(report.metric(parts[0]).unit, look.language)
    heights: Counter[str] = Counter()
    for (label, _), n in sums.items():
        heights[label] += int(n)
    whole = _whole_numbers(max(heights.values(), default=0))
    if in_time and len(order) > 1:
        amount = alt.Y("sum(n):Q", axis=alt.Axis(title=counted, format=",d", **whole))
        return _in_time(base, order, (amount, _about(report, look)), look)
    return base.encode(
        y=alt.Y("said:N" if in_time else "row:N", sort=order, axis=alt.Axis(title=None)),
        x=alt.X("sum(n):Q", axis=alt.Axis(title=counted, format=",d", labelOverlap=True,
                                          **({"tickCount": max(look.width // 110, 3)} | whole))),
    ).properties(width=_bars_width(look), height=alt.Step(24))


def _whole_numbers(most: float) -> dict[str, Any]:
    """Return what an axis needs to show whole numbers alone, each once."""
    return {"values": list(range(int(most) + 1))} if most <= _FEW else {"tickMinStep": 1}


def _legend(names: Sequence[str], look: Look) -> dict[str, Any]:
    """Return the legend in one line where its names fit."""
    import altair as alt

    fits = not look.narrow and sum(len(name) * _LETTER + 48 for name in names) <= look.width
    return {"legend": alt.Legend(columns=len(names))} if fits else {}


def _in_time(base: Any, order: Sequence[str], said: tuple[Any, str], look: Look) -> Any:
    """Draw bars along time. Many days stand on a calendar that can be drawn nearer; other moments in a row.

    `said` is the axis of what is counted, and what the moments are.
    """
    import altair as alt

    amount, about = said
    if all(_DAY.fullmatch(name) for name in order):
        week = _week(order)
        if week:
            named = "utcFormat(utcParse(datum.value, '%Y-%m-%d'), '%-d %b')"
            days = alt.X("row:O", scale=alt.Scale(domain=week),
                         axis=alt.Axis(title=None, labelAngle=0, labelOverlap=True, labelExpr=named))
            return base.encode(x=days, y=amount).properties(width=_room(look), height=260)
        # The wheel belongs to the page; a drag moves, Ctrl and the wheel draw nearer, and so do the page's buttons.
        nearer = alt.selection_interval(name=NEARER, bind="scales", encodings=["x"], zoom="wheel![event.ctrlKey]")
        moment = alt.X("utcyearmonthdate(row):T", scale=alt.Scale(type="utc"),
                       axis=alt.Axis(title=None, labelOverlap=True, format="%-d %b", tickCount=12,
                                     tickMinStep=_DAY_MS))
        return base.encode(x=moment, y=amount).add_params(nearer).properties(width=_room(look), height=260)
    moment = alt.X("row:O", sort=list(order), axis=alt.Axis(title=about, labelOverlap=True, labelAngle=0))
    return base.encode(x=moment, y=amount).properties(width=_room(look), height=260)


def _week(days: Sequence[str]) -> list[str]:
    """Return each day from the first to the last, also one on which nothing was; nothing where they are many."""
    first, last = date.fromisoformat(min(days)), date.fromisoformat(max(days))
    between = (last - first).days + 1
    return [str(first + timedelta(days=n)) for n in range(between)] if between <= _FEW_DAYS else []


def _grid(report: Report, look: Look) -> Any:
    """Draw demand, answered and missed side by side: small multiples, each with a scale of its own."""
    import altair as alt
    import pandas as pd

    room = _room(look) if look.narrow else (look.width - 160) // 3
    order = list(words.weekdays(look.language, "short" if room < _WIDE_WEEK else "abbreviated"))
    figures = [figure for figure in ("calls", "answered", "missed") if figure in report.figures]
    shades = _DARK_SHADES if look.dark else _SHADES
    charts = []
    for figure, shade in zip(figures, shades, strict=False):
        rows = [{"day": order[int(record["weekday"]) - 1], "hour": str(record["hour"]), "n": record[figure]}
                for record in report.records()]  # fmt: skip
        charts.append(
            alt.Chart(pd.DataFrame(rows), title=report.metric(figure).names.in_language(look.language)).mark_rect()
            .encode(
                x=alt.X("day:O", sort=order, axis=alt.Axis(title=None, labelAngle=0)),
                y=alt.Y("hour:O", axis=alt.Axis(title=words.dimension("hour", look.language))),
                color=alt.Color("n:Q", scale=alt.Scale(range=list(shade)), legend=alt.Legend(direction="horizontal")),
                tooltip=[alt.Tooltip(f"{name}:O", title=words.dimension(about, look.language))
                         for name, about in (("day", "weekday"), ("hour", "hour"))]
                + [alt.Tooltip("n:Q", title=report.metric(figure).names.in_language(look.language))],
            ).properties(width=room, height=320)
        )  # fmt: skip
    return _together(charts, look).resolve_scale(color="independent")


def _beside(report: Report, look: Look) -> Any:
    """Draw figures that are measured in different things side by side, row by row the same."""
    import altair as alt

    figures, in_time = beside_of(report), report.by[0] in _TIMES
    records = list(report.records())[: MOST_MOMENTS if in_time else MOST_BARS]
    # What is counted in the same things has the same scale, so that a step of a funnel looks as small as it is.
    most: dict[str, float] = {}
    for figure in figures:
        unit = report.metric(figure).unit
        most[unit] = max(most.get(unit, 0.0), float(report.rows[figure].max()))
    charts = [_small(report, (place, figure, len(figures)), (records, most[report.metric(figure).unit]), look)
              for place, figure in enumerate(figures)]  # fmt: skip
    return alt.vconcat(*charts) if in_time else _together(charts, look)


def _small(report: Report, what: tuple[int, str, int], values: tuple[Sequence[dict[str, Any]], float], look: Look
           ) -> Any:  # fmt: skip
    """Draw one figure of several, on a scale up to the most that any of its kind has."""
    import altair as alt
    import pandas as pd

    (place, figure, several), (records, most), metric = what, values, report.metric(what[1])
    name, labels = report.heading(figure, look.language), [name_of(one, report, look.language) for one in records]
    rows = [{"row": label, "n": record[figure], "shown": shown(report, figure, record[figure], look.language)}
            for label, record in zip(labels, records, strict=True)]  # fmt: skip
    width = _bars_width(look) if look.narrow else (look.width - 290) // several
    room = look.width if look.narrow or report.by[0] in _TIMES else width
    title = alt.TitleParams(wrap(name, max(room // _LETTER, 8), break_long_words=False) or [name])
    base = alt.Chart(pd.DataFrame(rows), title=title).mark_bar(color=look.colours[place % len(look.colours)]).encode(
        tooltip=[alt.Tooltip("row:N", title=_about(report, look)), alt.Tooltip("shown:N", title=name)]
    )
    steps: dict[str, Any] = {"tickCount": 3} | (_whole_numbers(most) if metric.unit in WHOLE else {})
    amount: dict[str, Any] = {
        "axis": alt.Axis(title=_measured(report, figure, look.language),
                         format=".0%" if metric.unit == "share" else ",~f", **steps),
        "scale": alt.Scale(domain=[0, most or 1]),
    }
    if report.by[0] in _TIMES:
        moment = alt.X("row:O", sort=labels, axis=alt.Axis(title=None, labelOverlap=True, labelAngle=0))
        return base.encode(x=moment, y=alt.Y("n:Q", **amount)).properties(width=_room(look), height=110)
    group = alt.Y("row:N", sort=labels, axis=alt.Axis(title=None, labels=place == 0 or look.narrow, ticks=False))
    return base.encode(y=group, x=alt.X("n:Q", **amount)).properties(width=width, height=alt.Step(24))


def _measured(report: Report, figure: str, language: str) -> str | None:
    """Return what the axis of a figure counts; None where its labels or its title say it."""
    unit = report.metric(figure).unit
    said = unit in ("share", "times", "credit") or (unit == "money" and report.currency)
    return None if said else words.unit(unit, language)


def _together(charts: Sequence[Any], look: Look) -> Any:
    import altair as alt

    return alt.vconcat(*charts) if look.narrow else alt.hconcat(*charts)


def _room(look: Look) -> int:
    """Return how wide bars along time may be, beside the numbers of their axis."""
    return look.width - (60 if look.narrow else 0)


def _bars_width(look: Look) -> int:
    """Return how long bars may be, beside the names of their rows."""
    return max(look.width - (185 if look.narrow else 220), 120)


def _about(report: Report, look: Look) -> str:
    return " / ".join(words.dimension(name, look.language) for name in report.by)


def _moments(records: Sequence[dict[str, Any]], report: Report, look: Look) -> list[str]:
    """Return the bar that each row is drawn in: one of its own, or of its day, month or year when they are many."""
    first = [_plain(record[report.by[0]]) for record in records]
    finest = [name_of(record, report, look.language) for record in records]
    for labels in (finest, first, [name[:7] for name in first]):
        if len(set(labels)) <= MOST_MOMENTS:
            return labels
    return [name[:4] for name in first]


def _day(label: str, look: Look) -> str:
    """Return the name of a moment, a day as people write it: 20 lis 2026."""
    from babel.dates import format_date

    if not _DAY.fullmatch(label):
        return label
    return format_date(date.fromisoformat(label), "medium", locale="en_GB" if look.language == "en" else look.language)


def _plain(value: Any) -> str:
    """Return a name without signs that XML does not know: the drawing program ends the whole process at one of them."""
    return "".join(sign if sign.isprintable() else " " for sign in str(value))


@cache
def _signs(language: str) -> Any:
    """Return how a language writes numbers and days, as Vega wants to be told."""
    from babel import Locale
    from babel.dates import get_day_names, get_month_names, get_period_names

    locale = Locale.parse("en_GB" if language == "en" else language)
    symbols = locale.number_symbols.get("latn", locale.number_symbols)
    number = {"decimal": symbols.get("decimal", "."), "thousands": symbols.get("group", ","), "grouping": [3],
              "currency": ["", ""]}  # fmt: skip
    periods = get_period_names("abbreviated", locale=locale)
    days = {width: get_day_names(width, locale=locale) for width in ("wide", "abbreviated")}
    months = {width: get_month_names(width, locale=locale) for width in ("wide", "abbreviated")}
    order = (6, 0, 1, 2, 3, 4, 5)
    time = {
        "dateTime": "%x %X", "date": "%-d.%m.%Y", "time": "%H:%M",
        "periods": [periods.get("am", "AM"), periods.get("pm", "PM")],
        "days": [days["wide"][n] for n in order], "shortDays": [days["abbreviated"][n] for n in order],
        "months": [months["wide"][n] for n in range(1, 13)],
        "shortMonths": [months["abbreviated"][n] for n in range(1, 13)],
    }  # fmt: skip
    return {"number": number, "time": time}
