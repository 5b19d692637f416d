-- What people said about the campaigns of calls, and which calls are to be decided again.

-- name: correction_put!
INSERT INTO attribution_correction (id, pbx, call, campaign, because, author, at_ms)
VALUES (:id, :pbx, :call, CAST(:campaign AS BIGINT), :because, :author, :at_ms);

-- name: correction_of^
-- The correction of a call that stands.
SELECT * FROM attribution_correction
WHERE pbx = :pbx AND call = :call AND undone_ms IS NULL ORDER BY id DESC LIMIT 1;

-- name: corrections_of
SELECT * FROM attribution_correction WHERE pbx = :pbx AND call = :call ORDER BY id;

-- name: correction_undo!
UPDATE attribution_correction SET undone_by = :undone_by, undone_ms = :undone_ms
WHERE id = :id AND undone_ms IS NULL;

-- name: attributed_before
-- The patients calls of a number in a period before a moment, with what each was joined to, newest first.
SELECT call.pbx, call.id, call.started_ms, call.local_day, attribution.rule, attribution.campaign FROM call
JOIN attribution ON attribution.pbx = call.pbx AND attribution.call = call.id
WHERE call.party = :party AND call.kind = 'patient' AND call.direction = 'inbound'
  AND call.started_ms >= :since AND call.started_ms < :before
ORDER BY call.started_ms DESC, call.id DESC, call.pbx DESC;

-- name: calls_to_decide
-- Patients calls of a period, oldest first, some at a time; the next page begins behind the last row of this one.
SELECT * FROM call
WHERE kind = 'patient' AND started_ms >= :from_ms AND started_ms < :to_ms
  AND (started_ms, id, pbx) > (CAST(:after_ms AS BIGINT), CAST(:after_id AS TEXT), CAST(:after_pbx AS TEXT))
ORDER BY started_ms, id, pbx LIMIT :limit;

-- name: calls_to_decide_count$
SELECT COUNT(*) FROM call WHERE kind = 'patient' AND started_ms >= :from_ms AND started_ms < :to_ms;

-- name: party_calls_after
-- The patients calls of a number after a moment, oldest first.
SELECT * FROM call
WHERE party = :party AND kind = 'patient' AND started_ms > :after_ms AND started_ms <= :until_ms
ORDER BY started_ms, id, pbx LIMIT :limit;

-- name: party_calls_next
-- The next of them, several if they began in the same moment.
SELECT * FROM call
WHERE party = :party AND kind = 'patient' AND started_ms <= :until_ms AND started_ms = (
  SELECT MIN(near.started_ms) FROM call AS near
  WHERE near.party = :party AND near.kind = 'patient' AND near.started_ms > :after_ms)
ORDER BY id, pbx;
