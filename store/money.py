"""How finely each currency is counted (ISO 4217)."""

PLACES = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF",
                     "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}  # fmt: skip
"""Decimal places of the currencies that do not have two."""


def major(minor: int, currency: str) -> float:
    """Return an amount in the currency's smallest unit as one in whole units."""
    return float(minor) / 10.0 ** PLACES.get(currency, 2)
