"""Asterisk's own records (CEL, CDR, queue_log) read back into calls, for the times when nobody listened.

    files, databases   rows out of CSV files and SQL tables, whoever wrote them; one bad row is named and skipped
    rows, moments      what a row is, and how its time is read
    cel                a CEL row as the AMI events that went with it
    cdr, queue_log     what those two add, and calls that only they know
    folding            rows in, calls out: the tracker of the live side does the work
"""
