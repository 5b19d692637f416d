-- What the card of a call shows beside the call: what was heard, booked and may be proposed. Times are ms, UTC.

-- name: pop_call
-- What is told of a call in one word each: the label of the number dialled, campaign and promise, topic, answer to
-- *How did you hear of us?*, whether something was booked, the mark of the number, and how many calls there were before.
SELECT
  (SELECT number_assignment.label FROM number_assignment
    WHERE call.direction = 'inbound' AND number_assignment.did = call.did
      AND number_assignment.valid_from <= call.local_day
      AND (number_assignment.valid_to IS NULL OR number_assignment.valid_to >= call.local_day)
    ORDER BY number_assignment.valid_from DESC, number_assignment.id DESC LIMIT 1) AS label,
  campaign.source, campaign.name, campaign.promise,
  (SELECT call_topic.topic FROM call_topic WHERE call_topic.pbx = call.pbx AND call_topic.call = call.id
    ORDER BY call_topic.at_ms DESC, call_topic.id DESC LIMIT 1) AS topic,
  call_heard.answer AS heard,
  CASE WHEN call_booking.call IS NULL THEN 0 ELSE 1 END AS booked,
  number_mark.number AS marked,
  (SELECT COUNT(*) FROM call AS past WHERE past.party = call.party AND past.kind = 'patient'
    AND past.started_ms < call.started_ms) AS earlier
FROM call
LEFT JOIN attribution ON attribution.pbx = call.pbx AND attribution.call = call.id
LEFT JOIN campaign ON campaign.id = attribution.campaign
LEFT JOIN call_heard ON call_heard.pbx = call.pbx AND call_heard.call = call.id
LEFT JOIN call_booking ON call_booking.pbx = call.pbx AND call_booking.call = call.id
LEFT JOIN number_mark ON number_mark.number = call.party
WHERE call.pbx = :pbx AND call.id = :call;

-- name: heard_of_call^
SELECT * FROM call_heard WHERE pbx = :pbx AND call = :call;

-- name: heard_put!
INSERT INTO call_heard (pbx, call, answer, author, at_ms) VALUES (:pbx, :call, :answer, :author, :at_ms)
ON CONFLICT (pbx, call) DO UPDATE SET answer = excluded.answer, author = excluded.author, at_ms = excluded.at_ms;

-- name: heard_drop!
DELETE FROM call_heard WHERE pbx = :pbx AND call = :call;

-- name: heard_before$
-- Whether a number has answered already, on whatever call.
SELECT COUNT(*) FROM call JOIN call_heard ON call_heard.pbx = call.pbx AND call_heard.call = call.id
WHERE call.party = :party;

-- name: booking_put!
INSERT INTO call_booking (pbx, call, patient, start_ms, local_day, doctor, author, at_ms)
VALUES (:pbx, :call, CAST(:patient AS TEXT), :start_ms, :local_day, :doctor, :author, :at_ms)
ON CONFLICT (pbx, call) DO UPDATE SET
  patient = excluded.patient, start_ms = excluded.start_ms, local_day = excluded.local_day, doctor = excluded.doctor,
  author = excluded.author, at_ms = excluded.at_ms;

-- name: booking_of_call^
-- What was booked on a call, and the appointment of the clinic that it became: made by this call, or on that day.
SELECT call_booking.*, COALESCE(
    (SELECT MIN(appointment_made_by.appointment) FROM appointment_made_by
     WHERE appointment_made_by.pbx = call_booking.pbx AND appointment_made_by.call = call_booking.call),
    (SELECT MIN(appointment.ref) FROM appointment
     WHERE appointment.patient = call_booking.patient AND appointment.local_day = call_booking.local_day)) AS known
FROM call_booking WHERE call_booking.pbx = :pbx AND call_booking.call = :call;

-- name: bookings_of_number
-- What was booked on calls of a number and is to come, the next first.
SELECT call_booking.*, COALESCE(
    (SELECT MIN(appointment_made_by.appointment) FROM appointment_made_by
     WHERE appointment_made_by.pbx = call_booking.pbx AND appointment_made_by.call = call_booking.call),
    (SELECT MIN(appointment.ref) FROM appointment
     WHERE appointment.patient = call_booking.patient AND appointment.local_day = call_booking.local_day)) AS known
FROM call JOIN call_booking ON call_booking.pbx = call.pbx AND call_booking.call = call.id
WHERE call.party = :number AND call_booking.start_ms >= :now_ms
ORDER BY call_booking.start_ms, call_booking.call;

-- name: pop_appointments
-- The appointments to come of the patients of a number, the next first.
SELECT appointment.ref, appointment.patient, appointment.start_ms, appointment.doctor, appointment.service,
  appointment.location, patient.name
FROM patient_number
JOIN patient ON patient.ref = patient_number.ref
JOIN appointment ON appointment.patient = patient_number.ref
WHERE patient_number.number = :number AND appointment.start_ms >= :now_ms
  AND appointment.status NOT IN ('cancelled', 'proposed')
ORDER BY appointment.start_ms, appointment.ref LIMIT :limit;

-- name: pop_appointments_of_call
-- The same for a call whose number is withheld, by the patients it was given to.
SELECT appointment.ref, appointment.patient, appointment.start_ms, appointment.doctor, appointment.service,
  appointment.location, patient.name
FROM call_patient
JOIN patient ON patient.ref = call_patient.ref
JOIN appointment ON appointment.patient = call_patient.ref
WHERE call_patient.pbx = :pbx AND call_patient.call = :call AND appointment.start_ms >= :now_ms
  AND appointment.status NOT IN ('cancelled', 'proposed')
ORDER BY appointment.start_ms, appointment.ref LIMIT :limit;

-- name: patients_of_call
-- Whom a call was given to; columns as in patients_by_number.
SELECT patient.*, 0 AS position, '' AS number_source, NULL AS seen_ms, NULL AS noted_ms
FROM call_patient JOIN patient ON patient.ref = call_patient.ref
WHERE call_patient.pbx = :pbx AND call_patient.call = :call ORDER BY patient.folded, patient.ref;

-- name: number_mark_get^
SELECT * FROM number_mark WHERE number = :number;

-- name: proposal_topics_of_did
-- What the last calls of a number that was dialled were about, the commonest first.
SELECT call_topic.topic, COUNT(*) AS calls FROM (
  SELECT pbx, id FROM call WHERE did = :did AND started_ms < :before_ms AND kind = 'patient'
  ORDER BY started_ms DESC LIMIT :sample) AS latest
JOIN call_topic ON call_topic.pbx = latest.pbx AND call_topic.call = latest.id
GROUP BY call_topic.topic ORDER BY COUNT(*) DESC, call_topic.topic;

-- name: pop_without_topic$
-- How many calls an extension answered on a local day that nobody noted a topic for.
SELECT COUNT(*) FROM call
WHERE call.kind = 'patient' AND call.outcome = 'answered' AND call.local_day = :day
  AND (call.direction = 'inbound' AND call.answered_by = :extension AND call.ended_ms >= :since
    OR call.direction = 'inbound' AND call.final_agent = :extension AND call.ended_ms >= :since
    OR call.direction = 'outbound' AND call.extension = :extension AND call.ended_ms >= :since)
  AND NOT EXISTS (SELECT 1 FROM call_topic WHERE call_topic.pbx = call.pbx AND call_topic.call = call.id);
