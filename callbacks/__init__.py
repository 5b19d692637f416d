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
    NotMarked,
    NotOpen,
    TopicError,
)

__all__ = [
    "AlreadyOpen", "CallbacksError", "ClaimedBy", "NoSuchCallback", "NotClaimed", "NotClosed", "NotInFuture",
    "NotMarked", "NotOpen", "NothingToConfirm", "TopicError",
]
