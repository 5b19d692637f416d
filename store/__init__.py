"""The store: schema steps, SQL, the one writer, readers. Takes and gives plain rows; knows nothing of telephony."""

from store.database import Row, Store, Tx, open_store
from store.errors import StoreBusy, StoreError, StoreTooNew
from store.writer import Writer

__all__ = ["Row", "Store", "StoreBusy", "StoreError", "StoreTooNew", "Tx", "Writer", "open_store"]
