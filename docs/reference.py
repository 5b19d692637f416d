"""The reference of the API, written from its operations; `docs.make` puts it into docs/api-reference.md."""

from collections.abc import Iterable

from web.api.areas import operations
from web.api.showing import Card, Shown, cards, shapes

HEAD = """# Reference of the API

{note}
Every operation of `/api/v1`, with a call that works as it stands. [The API](api.md) says how to begin: tokens, pages of
lists, problems. The same stands on `/api/docs` of the console. What can go wrong with any operation: 401, 403, 422,
429, 503, and 400, 413, 415 where a body is sent; what else can is named.
"""
_ALWAYS = {400, 401, 403, 413, 415, 422, 429, 500, 503}


def api_page(note: str) -> str:
    """Return the page."""
    parts = [HEAD.format(note=note)]
    for area, found in cards(operations()).items():
        parts.append(f"\n## {area}\n")
        parts += [_card(card) for card in found]
    parts.append("\n## Shapes\n\nWhat answers are made of.\n")
    parts += [f"\n### `{name}`\n{_table(fields)}" for name, fields in shapes(operations()).items()]
    return "".join(parts)


def _card(card: Card) -> str:
    scopes = " or ".join(f"`{scope}`" for scope in card.scopes) or "none"
    problems = ", ".join(str(status) for status, _ in card.problems if status not in _ALWAYS)
    says = f"\n{card.says}\n" if card.says else ""
    answer = f"{card.status}, `{card.answer}`" if card.answer else str(card.status)
    facts = f"\nScope: {scopes}. Answers {answer}{f'; else {problems}' if problems else ''}.\n"
    return (f"\n### `{card.method} {card.path}`\n\n{card.summary}.\n{says}{facts}"
            f"\n```bash\n{card.curl}\n```\n{_table(card.sent, where=True)}")


def _table(fields: Iterable[Shown], *, where: bool = False) -> str:
    rows = [
        f"| `{field.name}` |{f' {field.where} |' if where else ''} {field.kind.replace('|', '/')} |"
        f" {'needed. ' if where and field.needed else ''}{field.says.replace('|', '/')} |"
        for field in fields
    ]
    if not rows:
        return ""
    head = "| field | where | what | |\n|---|---|---|---|" if where else "| field | what | |\n|---|---|---|"
    return "\n" + head + "\n" + "\n".join(rows) + "\n"
