-- What is filled in from Asterisk's own records, and how far that has come.

-- name: backfill_done$
-- How far the backfill that began here, from these sources, has come, or nothing.
SELECT done_ms FROM backfill WHERE pbx = :pbx AND origin = :origin AND from_ms = :from_ms;

-- name: backfill_put!
INSERT INTO backfill (pbx, origin, from_ms, done_ms) VALUES (:pbx, :origin, :from_ms, :done_ms)
ON CONFLICT (pbx, origin, from_ms) DO UPDATE SET done_ms = excluded.done_ms
WHERE excluded.done_ms > backfill.done_ms;

-- name: calls_of_pbx
-- The calls of one exchange in a period, oldest first; the next page is asked for with the last row of this one.
SELECT * FROM call
WHERE pbx = :pbx AND started_ms >= :from_ms AND started_ms < :to_ms AND (started_ms, id) > (:after_ms, :after_id)
ORDER BY started_ms, id
LIMIT :limit;

-- name: first_call_of_pbx$
SELECT MIN(started_ms) FROM call WHERE pbx = :pbx;
