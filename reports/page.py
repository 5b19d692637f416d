"""A report as one HTML page that stands alone, and as PDF: title, chart, table, total, and every definition."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from reports import words
from reports.amounts import shown
from reports.changes import beside, only
from reports.charts import first_rows, in_words, to_svg
from reports.compare import change_of
from reports.meaning import left_out_often, lines, said
from reports.period import Period
from reports.report import Report

TITLES = {
    "sources": ("Calls by source", "Połączenia według źródeł", "Звонки по источникам", "Llamadas por fuente"),
    "missed": ("Missed calls", "Połączenia nieodebrane", "Пропущенные звонки", "Llamadas perdidas"),
    "hours": ("When people ring", "Kiedy dzwonią", "Когда звонят", "Cuándo llaman"),
    "queues": ("Queues", "Kolejki", "Очереди", "Colas"),
    "team": ("The team", "Zespół", "Команда", "El equipo"),
    "callbacks": ("Callbacks", "Oddzwonienia", "Перезвоны", "Devoluciones de llamada"),
    "funnel": ("From calls to paid visits", "Od połączeń do opłaconych wizyt", "От звонков к оплаченным приёмам",
               "De las llamadas a las visitas pagadas"),
    "models": ("Models of attribution", "Modele atrybucji", "Модели атрибуции", "Modelos de atribución"),
    "not-booked": ("Why callers did not book", "Dlaczego się nie umówili", "Почему не записались",
                   "Por qué no reservaron"),
    "origins": ("Where appointments come from", "Skąd są wizyty", "Откуда записи", "De dónde vienen las citas"),
    "stages": ("Stages of patients' journeys", "Etapy drogi pacjentów", "Этапы пути пациентов",
               "Etapas del camino de los pacientes"),
    "channels": ("Channels", "Kanały kontaktu", "Каналы обращений", "Canales de contacto"),
    "visits": ("Visits to the web site", "Odwiedziny strony", "Посещения сайта", "Visitas a la web"),
    "pool": ("Pool of numbers", "Pula numerów", "Пул номеров", "Grupo de números"),
    "offline": ("Advertising off the web", "Reklama poza internetem", "Офлайн-реклама",
                "Publicidad fuera de la web"),
}
"""The title of each report in English, Polish, Russian and Spanish."""
_ORDER = ("en", "pl", "ru", "es")
_STYLE = """
@page { size: A4 landscape; margin: 15mm }
@page { @bottom-right { content: counter(page) " / " counter(pages); font: 8pt "DejaVu Sans", sans-serif } }
body { font: 10pt/1.45 "DejaVu Sans", system-ui, sans-serif; color: #1f2937; margin: 0 auto; max-width: 1100px }
h1 { font-size: 18pt; margin: 0 } h2 { font-size: 12pt; margin: 18pt 0 4pt }
.period { color: #4b5563; margin: 0 0 10pt }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { padding: 2pt 4pt; border-bottom: .5pt solid #d1d5db; text-align: right; vertical-align: baseline }
td, tfoot th { font-size: 9pt; line-height: 1.3; white-space: nowrap } td.text { white-space: normal }
th.text, td.text, tfoot th { text-align: left }
thead th { border-bottom: 1pt solid #6b7280; font-size: 8pt; line-height: 1.25; vertical-align: bottom }
tfoot td, tfoot th { font-weight: 700; border-top: 1pt solid #6b7280 }
tfoot { display: table-row-group } tr { break-inside: avoid } tbody tr:last-child { break-after: avoid }
figure { margin: 0 } svg { max-width: 100%; height: auto }
dt { font-weight: 700; margin-top: 5pt } dd { margin: 0 0 0 10pt }
.notes { color: #4b5563 } small.was { display: block; color: #4b5563; font-size: 7.5pt; white-space: nowrap }
small.is-better { color: #166534 } small.is-worse { color: #9f1239 }
.rows + .rows { margin-top: 10pt } h3 { font-size: 9pt; margin: 8pt 0 2pt } ol { margin: 0; padding-left: 16pt }
dl { columns: 2; column-gap: 20pt } dl div { break-inside: avoid } dl, ol { font-size: 8pt; line-height: 1.35 }
h2, h3 { break-after: avoid } ol, .is-short { break-inside: avoid }
@media print { svg { max-height: 140mm } }
@media screen { body { padding: 16px } .rows { overflow-x: auto } }
"""


_CHART = 900
_ROOM = 757.0
"""How wide charts and tables may be on paper, in points."""
_PADDING, _LETTER, _HEAD_LETTER, _SMALL_LETTER = 8.0, 5.8, 5.6, 4.8
"""What a cell adds to its text, and what a letter of it takes, in points of the style above."""
_NAME_LETTERS = 20
_SHORT = 10
"""A table of so few rows is not broken between two pages: nobody need turn back to its heading for one row."""


def title_of(report: Report, language: str = "en") -> str:
    """Return what the report is called."""
    return TITLES[report.name][_ORDER.index(language) if language in _ORDER else 0]


def to_html(report: Report, language: str = "en", clinic: str = "") -> str:
    """Return a page that needs nothing else: no script, no link, everything from outside escaped."""
    language = language if language in _ORDER else "en"
    nothing, meaning = words.NOTHING.in_language(language), words.MEANING.in_language(language)
    title = title_of(report, language)
    numbered = left_out_often(report.metrics)
    figures = "".join(
        f"<div><dt>{escape(metric.names.in_language(language))}</dt>"
        f"<dd>{escape(' '.join(lines(metric, language, numbered)))}</dd></div>"
        for metric in report.metrics
    )
    left = "".join(f"<li>{escape(said(text, language))}</li>" for text in numbered)
    left = f"<h3>{escape(words.LEFT_OUT.in_language(language))}</h3><ol>{left}</ol>" if left else ""
    chart = _chart(report, language, title)
    table = _tables(report, language) if not report.rows.empty else f"<p>{escape(nothing)}</p>"
    alone = "".join(
        f"<p>{escape(report.heading(figure, language))}: "
        f"<strong>{escape(shown(report, figure, report.total[figure], language))}</strong>"
        f"{_was(report, figure, report.total[figure], _total_before(report), language)}</p>"
        for figure in report.total_only
    )
    notes = "".join(f"<p class='notes'>{escape(said(note, language))}</p>" for note in report.notes)
    days = days_of(report.period, language)
    if report.comparison is not None:
        days += f" · {words.COMPARED_WITH.in_language(language)} {days_of(report.comparison.period, language)}"
    head = f"<p class='period'>{escape(f'{clinic} · {days}' if clinic else days)}</p>"
    return (
        f"<!doctype html><html lang='{language}'><head><meta charset='utf-8'><title>{escape(title)}</title>"
        f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>{head}{chart}"
        f"{table}{alone}{notes}<h2>{escape(meaning)}</h2><dl>{figures}</dl>{left}</body></html>\n"
    )


def to_pdf(report: Report, language: str = "en", clinic: str = "") -> bytes:
    """Return the same page as a tagged PDF. Raises ReportsError: the extra `pdf` is not installed."""
    from reports import ReportsError

    try:
        import weasyprint
    except (ImportError, OSError) as error:
        raise ReportsError(
            'PDF needs WeasyPrint and Pango; `pip install "callward[pdf]"` (Debian: also apt install libpango-1.0-0 '
            "libpangoft2-1.0-0), or choose --format html and print it."
        ) from error
    made: bytes = weasyprint.HTML(string=to_html(report, language, clinic), url_fetcher=_nothing).write_pdf(
        pdf_tags=True
    )
    return made


def days_of(period: Period, language: str) -> str:
    """Return the days of a period as people write them: 1 November 2026 – 21 November 2026."""
    from babel.dates import format_date

    locale = "en_GB" if language == "en" else language
    first, last = (format_date(day, "long", locale=locale) for day in (period.start, period.end))
    return first if first == last else f"{first} – {last}"


def _nothing(url: str, *_: Any, **__: Any) -> dict[str, Any]:
    raise ValueError(f"a report asks for nothing, not even {url}")


def _chart(report: Report, language: str, title: str) -> str:
    drawn = to_svg(report, language, width=_CHART)
    told = escape(f"{title}. {in_words(report, language)}", quote=True)
    first = escape(first_rows(report, language))
    said_of_it = f"<p class='notes'>{first}</p>" if first else ""
    return f'<figure role="img" aria-label="{told}">{drawn}</figure>{said_of_it}' if drawn else ""


def _tables(report: Report, language: str) -> str:
    """Return the rows as tables that fit a page: where there are many figures, each has some of them."""
    widths = {figure: _width(report, figure, language) for figure in report.figures}
    room = _ROOM - sum(_text_width(report, name, language) for name in report.told)
    parts: list[list[str]] = []
    for count in range(1, len(widths) + 1):
        each = -(-len(widths) // count)
        parts = [list(widths)[place : place + each] for place in range(0, len(widths), each)]
        if all(sum(widths[figure] for figure in part) <= room for part in parts):
            break
    kind = "rows is-short" if len(report.rows) <= _SHORT else "rows"
    return "".join(f"<div class='{kind}'>{_table(report, part, language)}</div>" for part in parts or [[]])


def _width(report: Report, figure: str, language: str) -> float:
    """Return how wide a column of figures is on paper, in points: its cells are never broken, its heading is."""
    values = [*report.rows[figure], report.total[figure]]
    then = report.comparison
    befores = [row.get(figure) for row in (*then.rows, then.total)] if then else []
    was = [beside(report, figure, pair, language) for pair in zip(values, befores, strict=False)]
    return _PADDING + max(
        *(len(word) * _HEAD_LETTER for word in report.heading(figure, language).split()),
        *(len(shown(report, figure, value, language)) * _LETTER for value in values),
        *(len(text) * _SMALL_LETTER for text in was),
    )


def _text_width(report: Report, name: str, language: str) -> float:
    """Return how wide a column of names is on paper, in points, where longer ones have several lines."""
    values = [words.cell(name, value, language) for value in report.rows[name]]
    return _PADDING + max(
        *(len(word) * _HEAD_LETTER for word in words.dimension(name, language).split()),
        *(len(word) * _LETTER for value in values for word in value.split()),
        *(min(len(value), _NAME_LETTERS) * _LETTER for value in values),
    )


def _table(report: Report, figures: Sequence[str], language: str) -> str:
    total = words.TOTAL.in_language(language)
    head = "".join(f"<th class='text' scope='col'>{escape(words.dimension(name, language))}</th>"
                   for name in report.told)  # fmt: skip
    head += "".join(f"<th scope='col'>{escape(report.heading(figure, language))}</th>"
                    for figure in figures)  # fmt: skip
    body = "".join(
        "<tr>" + "".join(f"<td class='text'>{escape(words.cell(name, record[name], language))}"
                         f"{_only(record, language) if name == report.told[0] else ''}</td>" for name in report.told)
        + _cells(report, figures, (record, record.get("before")), language) + "</tr>"
        for record in report.records()
    )  # fmt: skip
    sums = _cells(report, figures, (report.total, _total_before(report)), language)
    foot = f"<tr><th colspan='{len(report.told)}' scope='row'>{escape(total)}</th>{sums}</tr>"
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody><tfoot>{foot}</tfoot></table>"


def _cells(report: Report, figures: Sequence[str], values: tuple[Mapping[str, Any], Mapping[str, Any] | None],
           language: str) -> str:  # fmt: skip
    now, before = values
    return "".join(
        f"<td>{escape(shown(report, figure, now[figure], language))}"
        f"{_was(report, figure, now[figure], before, language)}</td>"
        for figure in figures
    )


def _total_before(report: Report) -> Mapping[str, Any] | None:
    return None if report.comparison is None else report.comparison.total


def _was(report: Report, figure: str, value: Any, before: Mapping[str, Any] | None, language: str) -> str:
    """Return what a figure was, as it stands below it; "" where nothing is compared."""
    if before is None:
        return ""
    verdict = change_of(report, figure, value, before.get(figure)).verdict
    marked = f" is-{verdict}" if verdict else ""
    return f"<small class='was{marked}'>{escape(beside(report, figure, (value, before.get(figure)), language))}</small>"


def _only(record: Mapping[str, Any], language: str) -> str:
    """Return a note on a row that only one of the two periods has."""
    said_of_it = only(record, language)
    return f"<small class='was'>{escape(said_of_it)}</small>" if said_of_it else ""
