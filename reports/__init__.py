"""Reports: figures with their formulas. Definitions are data (`metrics`), tables come from SQL aggregates."""

from refusals import Refusal


class ReportsError(Refusal):
    """A report cannot be made as asked. The text says what is wrong and the way out."""
