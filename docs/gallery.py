"""The page that shows each report: its picture, what it answers, how to ask for it, what its figures mean."""

from reports import words
from reports.meaning import lines
from reports.page import TITLES
from reports.registry import KINDS, Kind

FOLDER = "pictures/reports"


def gallery_page(note: str) -> str:
    """Return the page."""
    head = (
        "# The reports, one by one\n\n" + note + "\nEvery report is a page of the console, a command and a function "
        "([reports.md](reports.md) tells how). The clinic on the pictures is the demo's: everybody is invented. "
        "`python -m docs.report_pictures` takes them again.\n\n"
        + "".join(f"- [{TITLES[kind.name][0]}](#{kind.name}): {kind.answers}\n" for kind in KINDS.values())
    )
    return head + "".join(_report(kind) for kind in KINDS.values())


def _report(kind: Kind) -> str:
    title = TITLES[kind.name][0]
    by = ", ".join(words.dimension(name, "en").lower() for name in kind.dimensions)
    figures = "".join(
        f"- **{metric.names.en}** (`{metric.id}`, {metric.unit}): {' '.join(lines(metric, 'en'))}\n"
        for metric in kind.metrics
    )
    return (
        f'\n<a id="{kind.name}"></a>\n\n## {title}\n\n{kind.answers[:1].upper()}{kind.answers[1:]} '
        f"Counted by: {by}.\n\n"
        f"![{title}: a page of the console, with its chart and table]({FOLDER}/{kind.name}.webp)\n\n"
        f"    callward report {kind.name} {kind.example}\n\n"
        f"<details><summary>What the figures mean</summary>\n\n{figures}\n</details>\n"
    )
