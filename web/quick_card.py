"""The quick card for the reception: one page, in the person's language, to be read once and hung beside the phone.

The same texts make `docs/quick-card.md`, in all four languages.
"""

from aiohttp import web

from web.i18n import mark
from web.pages import page
from web.rights import signed_in

routes = web.RouteTableDef()

TITLE = mark("Quick card for the reception")
CARD: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (mark("When the phone rings"), (
        ("", mark("The card says who it is, which number they dialled and what was said last, before you pick up. "
                  "Answer on your own phone.")),
        ("A B C", mark("Several names share the number: ask who it is, then press the letter.")),
        ("", mark("Number withheld, or nobody you know: the card is there all the same. Ask, and note the name.")),
    )),
    (mark("While you talk, and after"), (
        ("1 … 0", mark("What it was about. What you answered stays on the right until it has a topic.")),
        ("S", mark("Take the topic that is proposed.")),
        ("N", mark("Write a comment. It is kept as you type; nothing is lost.")),
    )),
    (mark("Ring back"), (
        ("", mark("Whoever was not answered is under Callbacks, the most urgent first.")),
        ("R", mark("Take it and ring: your phone rings first, then theirs. Nobody else can take it meanwhile.")),
        ("", mark("It closes by itself when you reach them, or when they ring again and are answered. "
                  "There is nothing to tick off.")),
        ("1 … 4", mark("After a short talk you are asked: spoke, voicemail, not there, wrong number.")),
        ("M", mark("Comment, put off until later, or close with a reason.")),
    )),
    (mark("Break and end of shift"), (
        ("", mark("On the board: pause your place in the queue, with a reason, and come back.")),
        ("", mark("At the top right, under your name: hand over to the next person with a short code.")),
    )),
    (mark("When something is wrong"), (
        ("", mark("Red banner: the exchange is not heard for now. Go on answering; what happened is filled in later.")),
        ("", mark("Connection lost: the page tries again by itself and shows what you missed.")),
        ("?", mark("All keys of the page you are on.")),
    )),
)  # fmt: skip
"""Headings with their lines: the key, "" for none, and what is said of it."""


@routes.get("/help")
@signed_in
async def help_page(request: web.Request) -> web.Response:
    """`GET /help`: the quick card."""
    return page(request, "help.html", title=TITLE, card=CARD)
