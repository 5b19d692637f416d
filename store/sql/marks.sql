-- Numbers that a person marked, so that nobody rings them back.

-- name: number_mark_put!
INSERT INTO number_mark (number, kind, reason, author, at_ms) VALUES (:number, :kind, :reason, :author, :at_ms)
ON CONFLICT (number) DO UPDATE SET
  kind = excluded.kind, reason = excluded.reason, author = excluded.author, at_ms = excluded.at_ms;

-- name: number_mark_drop!
DELETE FROM number_mark WHERE number = :number;

-- name: number_mark_kind$
-- What a number is marked as, itself or by a pattern; the longest pattern says it best.
SELECT kind FROM (
  SELECT kind, 0 AS place, '' AS pattern FROM number_mark WHERE number = :number
  UNION ALL
  SELECT kind, 1 AS place, pattern FROM mark_pattern WHERE CAST(:number AS TEXT) LIKE pattern) AS marks
ORDER BY place, LENGTH(pattern) DESC, pattern LIMIT 1;

-- name: mark_pattern_put!
INSERT INTO mark_pattern (pattern, kind, reason, author, at_ms) VALUES (:pattern, :kind, :reason, :author, :at_ms)
ON CONFLICT (pattern) DO UPDATE SET
  kind = excluded.kind, reason = excluded.reason, author = excluded.author, at_ms = excluded.at_ms;

-- name: mark_pattern_drop!
DELETE FROM mark_pattern WHERE pattern = :pattern;

-- name: mark_patterns
SELECT * FROM mark_pattern ORDER BY kind, pattern;

-- name: call_mark_put!
INSERT INTO call_mark (pbx, call, kind, reason, author, at_ms) VALUES (:pbx, :call, :kind, :reason, :author, :at_ms)
ON CONFLICT (pbx, call) DO UPDATE SET
  kind = excluded.kind, reason = excluded.reason, author = excluded.author, at_ms = excluded.at_ms;

-- name: call_mark_drop!
DELETE FROM call_mark WHERE pbx = :pbx AND call = :call;

-- name: call_mark_get^
SELECT * FROM call_mark WHERE pbx = :pbx AND call = :call;

-- name: calls_like
-- The calls of a number, or of numbers like one, oldest first, some at a time.
SELECT * FROM call
WHERE party LIKE :pattern AND (started_ms, id, pbx) >
  (CAST(:after_ms AS BIGINT), CAST(:after_id AS TEXT), CAST(:after_pbx AS TEXT))
ORDER BY started_ms, id, pbx LIMIT :limit;

-- name: calls_of_party
SELECT * FROM call WHERE party = :number ORDER BY started_ms, id, pbx;

-- name: callbacks_open_like
-- Numbers like one that somebody is to ring back.
SELECT DISTINCT number FROM callback WHERE number LIKE :pattern AND state <> 'closed' ORDER BY number;

-- name: missed_like
-- Numbers like one that were left unserved since a moment.
SELECT DISTINCT party FROM call
WHERE party LIKE :pattern AND started_ms >= :since AND (missed = 1 OR lost_after_answer = 1 OR outcome = 'unknown')
ORDER BY party;

-- name: number_marks
SELECT * FROM number_mark ORDER BY kind, number LIMIT :limit OFFSET :skip;
