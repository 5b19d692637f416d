-- What lists of callbacks are found by: those that a talk closed and somebody may still have to confirm, and the newest.
CREATE INDEX callback_unconfirmed ON callback (unconfirmed_until_ms) WHERE unconfirmed_until_ms IS NOT NULL;
CREATE INDEX callback_by_opening ON callback (opened_ms, id);
