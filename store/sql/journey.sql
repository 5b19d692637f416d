-- Every touch of a caller or a patient. Times are ms since the epoch, UTC.

-- name: journey_calls
-- Calls of a number with how each was attributed and what it was about, oldest first.
SELECT call.pbx, call.id, call.started_ms, call.ended_ms, call.direction, call.outcome, call.talk_ms, call.missed,
  call.answered_by, attribution.rule, attribution.evidence, campaign.source, campaign.medium, campaign.name
FROM call
LEFT JOIN attribution ON attribution.pbx = call.pbx AND attribution.call = call.id
LEFT JOIN campaign ON campaign.id = attribution.campaign
WHERE call.party = :number AND call.kind = 'patient' AND call.excluded = ''
ORDER BY call.started_ms, call.pbx, call.id;

-- name: journey_about_others
-- Calls of a number that were noted as about other patients alone.
SELECT call.pbx, call.id FROM call
WHERE call.party = :number
  AND EXISTS (
    SELECT 1 FROM call_topic WHERE call_topic.pbx = call.pbx AND call_topic.call = call.id
      AND call_topic.patient IS NOT NULL)
  AND NOT EXISTS (
    SELECT 1 FROM call_topic WHERE call_topic.pbx = call.pbx AND call_topic.call = call.id
      AND call_topic.patient = :patient);

-- name: journey_topics
-- What was noted on the calls of a number.
SELECT call_topic.pbx, call_topic.call, call_topic.topic, call_topic.category, call_topic.author, call_topic.at_ms,
  call_topic.id
FROM call_topic JOIN call ON call.pbx = call_topic.pbx AND call.id = call_topic.call
WHERE call.party = :number ORDER BY call_topic.at_ms, call_topic.id;

-- name: journey_comments
-- What was written about the calls of a number.
SELECT call_comment.pbx, call_comment.call, call_comment.body, call_comment.author, call_comment.at_ms, call_comment.id
FROM call_comment JOIN call ON call.pbx = call_comment.pbx AND call.id = call_comment.call
WHERE call.party = :number ORDER BY call_comment.at_ms, call_comment.id;

-- name: journey_callbacks
-- Callbacks of a number, with the request that asked for it, if any.
SELECT callback.id, callback.kind, callback.state, callback.opened_ms, callback.closed_ms, callback.closed_why,
  (SELECT MIN(request.visit) FROM request WHERE request.callback = callback.id) AS visit
FROM callback WHERE callback.number = :number ORDER BY callback.opened_ms, callback.id;

-- name: journey_callback_comments
SELECT callback_comment.callback, callback_comment.body, callback_comment.author, callback_comment.at_ms,
  callback_comment.id
FROM callback_comment JOIN callback ON callback.id = callback_comment.callback
WHERE callback.number = :number ORDER BY callback_comment.at_ms, callback_comment.id;

-- name: journey_visits
-- Visits of somebody who consented, oldest first.
SELECT * FROM visit WHERE visitor = :visitor AND visitor <> '' ORDER BY started_ms, id;

-- name: journey_appointments
-- Appointments of a patient by time.
SELECT * FROM appointment WHERE patient = :patient ORDER BY start_ms, ref;

-- name: journey_patients
-- Who has a number.
SELECT ref FROM patient_number WHERE number = :number ORDER BY ref;
