"""What is refused, so that it can be told in any language: a sentence in English with fields, and their values.

The command line and programs read `str(error)`, which is English. A page takes `text` and `fields`, and says the
sentence in its reader's language (`web.refusals`). A field that is a word itself is `Words`; any other is data.

    raise TrackingError('"%(day)s" is not a day; write it as 2026-11-22.', day=text)
"""


class Words:
    """A part of a sentence, with fields of its own."""

    def __init__(self, text: str, /, **fields: object) -> None:
        self.text, self.fields = text, fields

    def __str__(self) -> str:
        """Return it in English."""
        return self.text % self.fields if self.fields else self.text

    def __repr__(self) -> str:
        """Return it as it is written in a program."""
        return f"Words({self.text!r}, {self.fields!r})"


class Refusal(Exception):  # noqa: N818
    """Something cannot be done as asked; `text` has a place `%(name)s` for each of `fields`."""

    def __init__(self, text: str = "", /, **fields: object) -> None:
        super().__init__(text % fields if fields else text)
        self.text, self.fields = text, fields
