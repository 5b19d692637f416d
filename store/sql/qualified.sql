-- What tells first-time callers, new patients and target calls.

-- name: quality_calls
-- Inbound patients calls of a period that are over, with the category of their latest topic, oldest first.
SELECT call.*, (
  SELECT call_topic.category FROM call_topic WHERE call_topic.pbx = call.pbx AND call_topic.call = call.id
  ORDER BY call_topic.at_ms DESC, call_topic.id DESC LIMIT 1) AS category
FROM call
WHERE call.direction = 'inbound' AND call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = ''
  AND call.started_ms >= :from_ms AND call.started_ms < :to_ms
ORDER BY call.started_ms, call.pbx, call.id;

-- name: quality_known_since
-- Since when each patient who has the number of a call is on record.
SELECT patient.created_on FROM call_patient JOIN patient ON patient.ref = call_patient.ref
WHERE call_patient.pbx = :pbx AND call_patient.call = :call;
