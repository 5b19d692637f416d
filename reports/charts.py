"""A report as a chart: one declaration in Vega-Lite, drawn as SVG for the page, the PDF and the mail.

The chart tells no more than the table beside it: the same rows, the same definitions, names in the reader's language.
"""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from reports.report import Report

if TYPE_CHECKING:
    import altair as alt

MOST_BARS = 16
"""A chart shows the first so many rows; the table shows all."""
MOST_MOMENTS = 400
"""More bars than that nobody tells apart: days are drawn with their hours together, or months, or years."""

_PARTS = {
    "sources": ("answered", "missed", "left_menu", "unknown"),
    "missed": ("missed_abandoned", "missed_short", "missed_no_answer", "missed_blocked", "missed_voicemail",
               "missed_menu"),
    "queues": ("answered", "abandoned", "no_answer", "blocked"),
    "team": ("answered", "outbound"),
    "hours": ("answered", "missed"),
    "callbacks": ("contact_made", "tried_not_reached", "never_tried"),
    "origins": ("fulfilled", "booked", "noshow", "cancelled"),
}  # fmt: skip
"""The figures that share out a bar of each report, in the order in which they stand in it."""
_COLOURS = ("#0f766e", "#c2410c", "#7c3aed", "#2563eb", "#a16207", "#64748b")
_DARK_COLOURS = ("#2dd4bf", "#fb923c", "#c4b5fd", "#93c5fd", "#fde047", "#cbd5e1")
_TIMES = frozenset(("day", "month", "hour", "weekday"))


def to_svg(report: Report, language: str = "en", *, dark: bool = False, width: int = 720) -> str | None:
    """Return the chart as SVG of that many points, None where there is nothing to draw."""
    chart = chart_of(report, language, dark=dark, width=width)
    if chart is None:
        return None
    import vl_convert

    return str(vl_convert.vegalite_to_svg(chart.to_dict()))


def to_png(report: Report, language: str = "en", *, width: int = 640) -> bytes | None:
    """Return the chart as a picture, for programs that show no SVG, such as mail; None where there is none."""
    chart = chart_of(report, language, width=width)
    if chart is None:
        return None
    import vl_convert

    return bytes(vl_convert.vegalite_to_png(chart.properties(background="white").to_dict(), scale=1.5))


def chart_of(report: Report, language: str = "en", *, dark: bool = False, width: int = 720) -> "alt.Chart | None":
    """Return the chart of a report; a notebook shows it as it is. None where there is nothing to draw."""
    parts = [figure for figure in _PARTS.get(report.name, ()) if figure in report.figures]
    if report.rows.empty or not parts:
        return None
    if set(report.by) == {"weekday", "hour"}:
        chart = _heatmap(report, language, width)
    else:
        chart = _bars(report, parts, language, (width, dark))
    ink, faint = ("#e2e8f0", "#334155") if dark else ("#1f2937", "#e5e7eb")
    styled: alt.Chart = (
        chart.configure(background="transparent", font="system-ui, sans-serif", padding=24)
        .configure_title(color=ink)
        .configure_view(stroke=None)
        .configure_axis(labelColor=ink, titleColor=ink, gridColor=faint, domainColor=faint, tickColor=faint,
                        labelLimit=220)
        .configure_legend(labelColor=ink, titleColor=ink, orient="top", title=None, columnPadding=28, columns=3,
                          labelLimit=260)
        .configure_header(labelColor=ink, titleColor=ink)
    )  # fmt: skip
    return styled


def _bars(report: Report, parts: Sequence[str], language: str, look: tuple[int, bool]) -> Any:
    import altair as alt
    import pandas as pd

    width, dark = look
    names = [report.metric(figure).names.in_language(language) for figure in parts]
    in_time = report.by[0] in _TIMES
    records = list(report.records())
    records = records if in_time else records[:MOST_BARS]
    labels = _moments(records, report) if in_time else [_name(record, report) for record in records]
    order = list(dict.fromkeys(labels))
    sums: Counter[tuple[str, int]] = Counter()
    for label, record in zip(labels, records, strict=True):
        sums.update({(label, place): record[figure] for place, figure in enumerate(parts) if record[figure]})
    rows = [{"row": label, "part": names[place], "n": n, "place": place} for (label, place), n in sums.items()]
    if not rows:
        rows = [{"row": label, "part": names[0], "n": 0, "place": 0} for label in order]
    colours = (_DARK_COLOURS if dark else _COLOURS)[: len(names)]
    base = alt.Chart(pd.DataFrame(rows)).mark_bar().encode(
        color=alt.Color("part:N", scale=alt.Scale(domain=names, range=list(colours))),
        order=alt.Order("place:Q"),
        tooltip=[alt.Tooltip("row:N", title=" / ".join(report.by)), alt.Tooltip("part:N", title=" "),
                 alt.Tooltip("n:Q", title=" ")],
    )  # fmt: skip
    group, amount = alt.Axis(title=None, labelOverlap=True), alt.Axis(title=None, tickMinStep=1)
    if in_time:
        return base.encode(x=alt.X("row:O", sort=order, axis=group), y=alt.Y("sum(n):Q", axis=amount)).properties(
            width=width, height=260
        )
    return base.encode(y=alt.Y("row:N", sort=order, axis=group), x=alt.X("sum(n):Q", axis=amount)).properties(
        width=width - 220, height=alt.Step(24)
    )


def _heatmap(report: Report, language: str, width: int) -> Any:
    """Draw demand, answered and missed side by side: small multiples, each with a scale of its own."""
    import altair as alt
    import pandas as pd
    from babel.dates import get_day_names

    days = get_day_names("abbreviated", locale=language)
    order = [days[n] for n in range(7)]
    figures = ("calls", "answered", "missed")
    charts = []
    schemes: tuple[Any, ...] = ("teals", "greens", "oranges")
    for figure, scheme in zip(figures, schemes, strict=True):
        rows = [{"day": order[int(record["weekday"]) - 1], "hour": int(record["hour"]), "n": record[figure]}
                for record in report.records()]  # fmt: skip
        charts.append(
            alt.Chart(pd.DataFrame(rows), title=report.metric(figure).names.in_language(language)).mark_rect().encode(
                x=alt.X("day:O", sort=order, axis=alt.Axis(title=None, labelAngle=0)),
                y=alt.Y("hour:O", axis=alt.Axis(title=None)),
                color=alt.Color("n:Q", scale=alt.Scale(scheme=scheme), legend=alt.Legend(direction="horizontal")),
                tooltip=["day:O", "hour:O", "n:Q"],
            ).properties(width=(width - 160) // 3, height=320)
        )  # fmt: skip
    return alt.hconcat(*charts).resolve_scale(color="independent")


def _moments(records: Sequence[dict[str, Any]], report: Report) -> list[str]:
    """Return the bar that each row is drawn in: one of its own, or of its day, month or year when they are many."""
    first = [_plain(record[report.by[0]]) for record in records]
    finest = [_name(record, report) for record in records]
    for labels in (finest, first, [name[:7] for name in first]):
        if len(set(labels)) <= MOST_MOMENTS:
            return labels
    return [name[:4] for name in first]


def _name(record: dict[str, Any], report: Report) -> str:
    parts = dict.fromkeys(_plain(record[name]) for name in report.texts if record[name])
    return " / ".join(parts) or "–"


def _plain(value: Any) -> str:
    """Return a name without signs that XML does not know: the drawing program ends the whole process at one of them."""
    return "".join(sign if sign.isprintable() else " " for sign in str(value))
