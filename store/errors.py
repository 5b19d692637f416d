"""What the store can raise. Every error is one sentence that says what, where and the way out.

    StoreError
     ├─ StoreBusy       somebody else held the write lock for too long; run the same job again
     ├─ StoreConflict   a row breaks a rule of the schema (a key that is taken, a value that is missing)
     ├─ StoreLost       the connection to the database server broke
     └─ StoreTooNew     the schema was written by a newer Callward
"""


class StoreError(Exception):
    """The store cannot do what was asked."""


class StoreBusy(StoreError):  # noqa: N818
    """Another writer held the store for longer than the busy timeout, or two transactions met. Running again helps."""


class StoreConflict(StoreError):  # noqa: N818
    """A row breaks a rule of the schema: a key that is taken, a value that is missing."""


class StoreLost(StoreError):  # noqa: N818
    """The connection to the database server broke; what was not committed is gone."""


class StoreTooNew(StoreError):  # noqa: N818
    """The store holds schema steps that this Callward does not know."""
