"""The demo: an invented clinic, ninety days of calls behind it and a working day before it.

Everything that is stored comes by the production path: recorded AMI, made into calls of other people at other times,
folded by the tracker and recorded by intake; on the live day an AMI simulator plays it to the real listener.
"""
