-- What alerts are about, and their episodes. Times are ms since the epoch, UTC.

-- name: queue_duty_put*!
-- How many members of a queue are on duty, since when. Older news and the same again change nothing.
INSERT INTO queue_duty (pbx, queue, members, on_duty, at_ms) VALUES (:pbx, :queue, :members, :on_duty, :at_ms)
ON CONFLICT (pbx, queue) DO UPDATE SET
  members = excluded.members, on_duty = excluded.on_duty, at_ms = excluded.at_ms
WHERE queue_duty.at_ms <= excluded.at_ms
  AND (queue_duty.members <> excluded.members OR queue_duty.on_duty <> excluded.on_duty);

-- name: alert_queues
-- Every queue of the exchanges that are being heard.
SELECT * FROM queue_duty
WHERE NOT EXISTS (SELECT 1 FROM gap WHERE gap.pbx = queue_duty.pbx AND gap.to_ms IS NULL)
ORDER BY pbx, queue;

-- name: alert_waiting^
-- Callers whom nobody has answered since a moment, on exchanges that are being heard.
SELECT COUNT(*) AS callers, MIN(call.offered_ms) AS first_ms FROM call
WHERE call.ended_ms IS NULL AND call.direction = 'inbound' AND call.kind = 'patient' AND call.answered_ms IS NULL
  AND call.offered_ms <= :before_ms AND +call.started_ms >= :live_since
  AND NOT EXISTS (SELECT 1 FROM gap WHERE gap.pbx = call.pbx AND gap.to_ms IS NULL);

-- name: alert_deaf
-- Exchanges that are not being heard, and since when.
SELECT pbx, MIN(from_ms) AS from_ms FROM gap WHERE to_ms IS NULL GROUP BY pbx ORDER BY pbx;

-- name: alert_numbers
-- The tracked numbers in use on a day.
SELECT DISTINCT did, label FROM number_assignment
WHERE valid_from <= :day AND (valid_to IS NULL OR valid_to >= :day) ORDER BY did;

-- name: alert_assigned
-- The numbers that are in use on a day and are anybodys to ring: those of a pool are shown to one visitor at a time.
SELECT did, label, location, valid_from FROM number_assignment
WHERE valid_from <= :day AND (valid_to IS NULL OR valid_to >= :day) AND kind IN ('static', 'main') ORDER BY did;

-- name: alert_rang
-- When a number was rung, newest first; tests count, for they prove that it rings.
SELECT started_ms FROM call
WHERE did = :did AND direction = 'inbound' AND started_ms >= :since AND started_ms <= :until
ORDER BY started_ms DESC, id DESC LIMIT :limit;

-- name: alert_calls_of_number
-- How the last calls to a number in opening hours ended, newest first.
SELECT outcome, ended_ms FROM call
WHERE did = :did AND direction = 'inbound' AND kind = 'patient' AND in_hours = 1 AND ended_ms IS NOT NULL
  AND outcome IN ('answered', 'voicemail', 'abandoned', 'no_answer', 'busy', 'failed')
ORDER BY started_ms DESC, id DESC LIMIT :limit;

-- name: alert_last_hour^
-- Calls in opening hours that began since a moment and are over, and how many of them nobody answered.
SELECT COUNT(*) AS calls, COALESCE(SUM(missed), 0) AS missed FROM call
WHERE started_ms >= :since AND direction = 'inbound' AND kind = 'patient' AND in_hours = 1 AND ended_ms IS NOT NULL
  AND (outcome = 'answered' OR missed = 1);

-- name: alert_episodes_open
SELECT * FROM alert_episode WHERE ended_ms IS NULL ORDER BY id;

-- name: alert_episodes_lately
-- Episodes that began or ended since a moment, and those that last, in order.
SELECT * FROM alert_episode WHERE ended_ms IS NULL OR ended_ms >= :since ORDER BY id;

-- name: alert_begin!
INSERT INTO alert_episode (id, kind, subject, detail, began_ms, seen_ms)
VALUES (:id, :kind, :subject, :detail, :now_ms, :now_ms);

-- name: alert_seen!
UPDATE alert_episode SET seen_ms = :seen_ms WHERE id = :id AND ended_ms IS NULL;

-- name: alert_end!
UPDATE alert_episode SET ended_ms = :ended_ms WHERE id = :id AND ended_ms IS NULL;

-- name: alerts_list
SELECT * FROM alert_episode ORDER BY began_ms DESC, id DESC LIMIT :limit OFFSET :skip;
