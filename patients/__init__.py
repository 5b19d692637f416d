"""Patients: who a number belongs to. Phone numbers, matching, search, and the imports that fill the directory."""
