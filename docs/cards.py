"""Write the quick card for the reception, in all four languages, from the texts of the page `/help`."""

from web import i18n
from web.quick_card import CARD, TITLE

NOTE = "<!-- Written by `make docs` from web/quick_card.py and its translations; change it there. -->\n"


def quick_card_page() -> str:
    """Return the card as Markdown: a page for each language."""
    links = " · ".join(f"[{name}](#{code})" for code, name in i18n.LANGUAGES.items())
    head = (f"# Quick card\n\n{NOTE}\n{links}\n\nPrint the page of your language, or open *Quick card* under your name "
            "in the console, or press `?` twice, and print that.\n")
    return head + "".join(_card(code) for code in i18n.LANGUAGES)


def _card(code: str) -> str:
    with i18n.speaking(code):
        lines = [f'\n<a id="{code}"></a>\n\n## {i18n.gettext(TITLE)}\n']
        for heading, texts in CARD:
            lines.append(f"\n**{i18n.gettext(heading)}**\n\n")
            lines += [f"* {_keys(key)}{i18n.gettext(text)}\n" for key, text in texts]
    return "".join(lines)


def _keys(key: str) -> str:
    keys = " ".join(one if one == "…" else f"`{one}`" for one in key.split())
    return f"{keys} " if keys else ""
