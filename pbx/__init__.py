"""Asterisk: bytes in, calls out. Frames, events, calls, the tracker, the link, the journal, the simulator."""
