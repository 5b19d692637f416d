"""Callbacks: nobody who was not answered is forgotten."""

from callbacks.errors import (
    AlreadyOpen,
    CallbacksError,
    ClaimedBy,
    NoSuchCallback,
    NotClaimed,
    NotClosed,
    NothingToConfirm,
    NotInFuture,
    NotOpen,
)

__all__ = [
    "AlreadyOpen", "CallbacksError", "ClaimedBy", "NoSuchCallback", "NotClaimed", "NotClosed", "NotInFuture", "NotOpen",
    "NothingToConfirm",
]
