"""Patients: who a number belongs to. Phone numbers, matching, search, and the imports that fill the directory."""

from refusals import Refusal


class PatientsError(Refusal):
    """Something about patients or an imported file cannot be done. The text says what, where, and the way out."""
