-- People who were first heard of in some days, and what they did since. Times are ms since the epoch, UTC.

-- name: stage_new$
-- How many calls of some days were the first of their number: an index tells.
SELECT COUNT(*) FROM call WHERE first_time = 1 AND local_day >= :from_day AND local_day <= :to_day;

-- name: stage_links
-- Which visit belongs to which number, from a visit on: by a call that came from it, or a request that was sent in it.
SELECT call.party AS number, attribution.visit AS visit
FROM attribution JOIN call ON call.pbx = attribution.pbx AND call.id = attribution.call
WHERE attribution.visit >= :first AND attribution.visit IS NOT NULL AND attribution.rule = 'visitor'
  AND call.party IS NOT NULL
UNION
SELECT callback.number, request.visit FROM request JOIN callback ON callback.id = request.callback
WHERE request.visit >= :first AND request.visit IS NOT NULL AND request.refused = '';

-- name: stage_first_visit$
-- The first visit from a day on.
SELECT COALESCE(MIN(id), 0) FROM visit WHERE local_day >= :from_day;

-- name: stage_visitors
-- Visits of visitors from a day on. earlier is 1 where the visitor was there before that day.
SELECT visit.id, visit.visitor, visit.started_ms, visit.local_day, visit.source, visit.medium, visit.name,
  CASE WHEN visit.click_ms IS NOT NULL OR visit.referrer <> '' THEN 1 ELSE 0 END AS searched,
  CASE WHEN EXISTS (SELECT 1 FROM visit AS before WHERE before.visitor = visit.visitor
    AND before.local_day < :from_day) THEN 1 ELSE 0 END AS earlier
FROM visit
WHERE visit.local_day >= :from_day AND visit.visitor <> '' AND visit.consent = 1
ORDER BY visit.started_ms, visit.id;

-- name: stage_callers
-- Numbers that rang for the first time in some days (who is forgotten after the look-back and rings again in the same
-- period is no new person), with where that call came from and how the last one ended.
SELECT call.party AS number, call.started_ms, campaign.source, campaign.medium, campaign.name, (
    SELECT latest.direction || ' ' || COALESCE(latest.outcome, '') || ' ' || CAST(latest.started_ms AS TEXT)
    FROM call AS latest
    WHERE latest.party = call.party AND latest.kind = 'patient' AND latest.excluded = ''
    ORDER BY latest.started_ms DESC, latest.pbx DESC, latest.id DESC LIMIT 1) AS latest
FROM call
LEFT JOIN attribution ON attribution.pbx = call.pbx AND attribution.call = call.id
LEFT JOIN campaign ON campaign.id = attribution.campaign
WHERE call.first_time = 1 AND call.local_day >= :from_day AND call.local_day <= :to_day
  AND call.direction = 'inbound' AND call.kind = 'patient' AND call.excluded = '' AND call.party IS NOT NULL
  AND NOT EXISTS (
    SELECT 1 FROM call AS before
    WHERE before.party = call.party AND before.started_ms < call.started_ms AND before.local_day >= :first_day
      AND before.first_time = 1 AND before.direction = 'inbound' AND before.kind = 'patient' AND before.excluded = '')
ORDER BY call.started_ms, call.pbx, call.id;

-- name: stage_appointments
-- Appointments of the patients of these numbers, and when the number rang next after each was over.
SELECT call.party AS number, appointment.ref, appointment.created_ms, appointment.start_ms, appointment.status, (
    SELECT MIN(later.started_ms) FROM call AS later
    WHERE later.party = call.party AND later.started_ms > appointment.start_ms + :visit_ms
      AND later.kind = 'patient' AND later.excluded = '') AS next_ms
FROM call
JOIN patient_number ON patient_number.number = call.party
JOIN appointment ON appointment.patient = patient_number.ref
WHERE call.first_time = 1 AND call.local_day >= :from_day AND call.local_day <= :to_day
  AND call.direction = 'inbound' AND call.kind = 'patient' AND call.excluded = '' AND appointment.status <> 'proposed';

-- name: stage_of_number
-- The same of one number.
SELECT patient_number.number, appointment.ref, appointment.created_ms, appointment.start_ms, appointment.status, (
    SELECT MIN(later.started_ms) FROM call AS later
    WHERE later.party = patient_number.number AND later.started_ms > appointment.start_ms + :visit_ms
      AND later.kind = 'patient' AND later.excluded = '') AS next_ms
FROM patient_number JOIN appointment ON appointment.patient = patient_number.ref
WHERE patient_number.number = :number AND appointment.status <> 'proposed';

-- name: stage_first_call^
-- The first call of a number, in either direction, and how the last one ended.
SELECT MIN(call.started_ms) AS started_ms, (
    SELECT latest.direction || ' ' || COALESCE(latest.outcome, '') || ' ' || CAST(latest.started_ms AS TEXT)
    FROM call AS latest
    WHERE latest.party = :number AND latest.kind = 'patient' AND latest.excluded = ''
    ORDER BY latest.started_ms DESC, latest.pbx DESC, latest.id DESC LIMIT 1) AS latest
FROM call WHERE call.party = :number AND call.kind = 'patient' AND call.excluded = '';

-- name: stage_requests
-- Numbers that asked to be rung back in some days, the first request of each.
SELECT callback.number, MIN(request.at_ms) AS started_ms, MIN(campaign.source) AS source,
  MIN(campaign.medium) AS medium, MIN(campaign.name) AS name
FROM request
JOIN callback ON callback.id = request.callback
LEFT JOIN campaign ON campaign.id = request.campaign
WHERE request.local_day >= :from_day AND request.local_day <= :to_day AND request.refused = ''
GROUP BY callback.number;

-- name: stage_patients
-- Patients who never rang, and whose first appointment was made in a time. Of who is not known nobody is told.
SELECT appointment.patient, appointment.ref, appointment.created_ms, appointment.start_ms, appointment.status,
  appointment.source, appointment.medium, appointment.campaign AS name
FROM appointment
WHERE appointment.patient <> '' AND appointment.status <> 'proposed'
  AND appointment.patient IN (
    SELECT made.patient FROM appointment AS made
    WHERE made.created_ms >= :first_ms AND made.created_ms < :last_ms AND made.status <> 'proposed'
    UNION
    SELECT made.patient FROM appointment AS made
    WHERE made.created_ms IS NULL AND made.local_day >= :from_day AND made.local_day <= :to_day
      AND made.status <> 'proposed')
  AND NOT EXISTS (
    SELECT 1 FROM patient_number JOIN call ON call.party = patient_number.number
    WHERE patient_number.ref = appointment.patient AND call.kind = 'patient' AND call.excluded = '')
  AND NOT EXISTS (
    SELECT 1 FROM patient_number JOIN callback ON callback.number = patient_number.number
    WHERE patient_number.ref = appointment.patient AND callback.kind = 'request')
ORDER BY appointment.patient, appointment.start_ms;
