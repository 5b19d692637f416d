"""Benchmarks: run by hand, never by the tests, because a clock is not a fact about the code."""
