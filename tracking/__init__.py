"""Tracking: which campaign made the phone ring. Tracked numbers, campaigns, and the decision with its evidence."""


class TrackingError(Exception):
    """Something about numbers or campaigns cannot be done. The text says what, where, and the way out."""
