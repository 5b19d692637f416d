-- When a gap was filled in from the exchange's own records.

ALTER TABLE gap ADD COLUMN filled_ms BIGINT;
