"""Draw what a terminal shows as an SVG, for the README.

    COLUMNS=118 callward demo --seconds 25 | python -m docs.picture > docs/demo.svg
"""

import sys
from html import escape

_WIDTH, _LINE, _LEFT, _TOP = 8.43, 19, 18, 46
_COLOURS = (
    ("call in", "#7dcfff"), ("call out", "#9ece6a"), ("queue", "#e0af68"), ("we ring", "#bb9af7"),
    ("Total", "#ffffff"), ("Callbacks:", "#e0af68"),
)
_PLAIN = "#c0caf5"


def picture(lines: list[str]) -> str:
    """Return the SVG of these lines: light text on a dark window, readable on light and dark pages."""
    width = round(max(map(len, lines), default=40) * _WIDTH + 2 * _LEFT)
    height = _TOP + _LINE * len(lines) + 10
    text = "".join(
        f'<text x="{_LEFT}" y="{_TOP + _LINE * n}" fill="{_colour(line)}">{escape(line)}</text>\n'
        for n, line in enumerate(lines)
        if line.strip()
    )
    dots = "".join(
        f'<circle cx="{24 + 20 * n}" cy="18" r="6" fill="{colour}"/>'
        for n, colour in enumerate(("#f7768e", "#e0af68", "#9ece6a"))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        'aria-label="Callward in a terminal: calls as they come, callbacks that open and close, calls by source">\n'
        f'<rect width="{width}" height="{height}" rx="10" fill="#1a1b26"/>{dots}\n'
        '<g font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="14" xml:space="preserve">\n'
        f"{text}</g></svg>\n"
    )


def _colour(line: str) -> str:
    return next((colour for word, colour in _COLOURS if word in line[:24]), _PLAIN)


if __name__ == "__main__":
    sys.stdout.write(picture([line.rstrip() for line in sys.stdin]))
