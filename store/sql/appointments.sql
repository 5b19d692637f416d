-- Appointments as the clinic's own system tells them. Times are ms since the epoch, UTC.
-- One that is cancelled, or only proposed, is no reason to expect a patient, and none to stop ringing back.

-- name: appointment_get^
SELECT * FROM appointment WHERE ref = :ref;

-- name: appointment_put*!
-- Insert or replace one appointment; the whole row is given.
INSERT INTO appointment (
  ref, patient, created_ms, start_ms, local_day, status, service, doctor, value_minor, currency, location,
  cancelled_ms, channel, source, medium, campaign, imported_ms
) VALUES (
  :ref, :patient, :created_ms, :start_ms, :local_day, :status, :service, :doctor, :value_minor, :currency, :location,
  :cancelled_ms, :channel, :source, :medium, :campaign, :imported_ms
)
ON CONFLICT (ref) DO UPDATE SET
  patient = excluded.patient, created_ms = excluded.created_ms, start_ms = excluded.start_ms,
  local_day = excluded.local_day, status = excluded.status, service = excluded.service, doctor = excluded.doctor,
  value_minor = excluded.value_minor, currency = excluded.currency, location = excluded.location,
  cancelled_ms = excluded.cancelled_ms, channel = excluded.channel, source = excluded.source,
  medium = excluded.medium, campaign = excluded.campaign, imported_ms = excluded.imported_ms;

-- name: appointments_list
-- A page of appointments by time, of all days or of one, with the name of the patient, if known.
SELECT appointment.*, patient.name AS patient_name
FROM appointment LEFT JOIN patient ON patient.ref = appointment.patient
WHERE (CAST(:day AS TEXT) IS NULL OR appointment.local_day = CAST(:day AS TEXT))
  AND (:unmatched = 0 OR patient.ref IS NULL)
ORDER BY appointment.start_ms, appointment.ref
LIMIT :limit OFFSET :skip;

-- name: appointments_imported_ms$
-- When something was last learnt of appointments.
SELECT MAX(imported_ms) FROM appointment;

-- name: appointments_of_number
-- For when, and where, the patients of a number are expected between two moments.
SELECT appointment.ref, appointment.location, appointment.local_day
FROM patient_number JOIN appointment ON appointment.patient = patient_number.ref
WHERE patient_number.number = :number AND appointment.start_ms >= :from_ms AND appointment.start_ms < :to_ms
  AND appointment.status NOT IN ('cancelled', 'proposed')
ORDER BY appointment.start_ms, appointment.ref;

-- name: callbacks_expecting
-- Open callbacks whose priority counts an appointment, or may have to.
SELECT callback.number, callback.appointment_on FROM callback
WHERE callback.state <> 'closed' AND (callback.appointment_on IS NOT NULL OR EXISTS (
  SELECT 1 FROM patient_number JOIN appointment ON appointment.patient = patient_number.ref
  WHERE patient_number.number = callback.number
    AND appointment.start_ms >= :from_ms AND appointment.start_ms < :to_ms
    AND appointment.status NOT IN ('cancelled', 'proposed')))
ORDER BY +callback.id;

-- name: callbacks_booked
-- Open callbacks for whose caller an appointment was made after the last miss and since a person last opened them,
-- by any patient of the number, the earliest appointment first.
SELECT callback.id, appointment.ref, appointment.created_ms
FROM callback
JOIN patient_number ON patient_number.number = callback.number
JOIN appointment ON appointment.patient = patient_number.ref
WHERE callback.state <> 'closed' AND appointment.status NOT IN ('cancelled', 'proposed')
  AND appointment.created_ms >= callback.opened_ms AND appointment.created_ms <= :now_ms
  AND (callback.renewed_ms IS NULL OR appointment.created_ms >= callback.renewed_ms)
  AND NOT EXISTS (
    SELECT 1 FROM callback_call
    JOIN call ON call.pbx = callback_call.pbx AND call.id = callback_call.call
    WHERE callback_call.callback = callback.id AND callback_call.role = 'missed'
      AND call.ended_ms > appointment.created_ms)
ORDER BY callback.id, appointment.created_ms, appointment.ref;

-- name: appointment_origin_get^
SELECT * FROM appointment_origin WHERE ref = :ref;

-- name: appointment_origin_put*!
INSERT INTO appointment_origin (ref, system, sequence, matched, number, name, birth_date, seen_ms, vanished_ms)
VALUES (:ref, :system, :sequence, :matched, :number, :name, :birth_date, :seen_ms, :vanished_ms)
ON CONFLICT (ref) DO UPDATE SET
  system = excluded.system, sequence = excluded.sequence, matched = excluded.matched, number = excluded.number,
  name = excluded.name, birth_date = excluded.birth_date, seen_ms = excluded.seen_ms,
  vanished_ms = excluded.vanished_ms;

-- name: patients_named_and_born
-- The first two patients who are called so and were born on that day.
SELECT ref FROM patient WHERE folded = :folded AND birth_date = :birth_date ORDER BY ref LIMIT 2;

-- name: appointment_patient_merged$
-- The record that a patient was merged into, if it was.
SELECT ref FROM patient_alias WHERE alias = :ref;

-- name: appointments_unmatched
-- Appointments whose patient was not found by any rule.
SELECT ref, number, name, birth_date FROM appointment_origin WHERE matched = '' ORDER BY ref;

-- name: appointment_patient!
UPDATE appointment SET patient = :patient WHERE ref = :ref;

-- name: appointment_matched!
UPDATE appointment_origin SET matched = :matched, number = NULL, name = NULL, birth_date = NULL WHERE ref = :ref;

-- name: appointments_vanishing
-- What a system told of the visits to come of some days.
SELECT appointment.ref FROM appointment_origin
JOIN appointment ON appointment.ref = appointment_origin.ref
WHERE appointment_origin.system = :system AND appointment_origin.vanished_ms IS NULL
  AND appointment.start_ms >= :now_ms AND appointment.start_ms >= :from_ms AND appointment.start_ms <= :to_ms
  AND appointment.status IN ('proposed', 'booked')
ORDER BY appointment.ref;

-- name: appointment_vanish!
UPDATE appointment SET status = 'cancelled', cancelled_ms = :now_ms, imported_ms = :now_ms WHERE ref = :ref;

-- name: appointment_origin_vanish!
UPDATE appointment_origin SET vanished_ms = :now_ms WHERE ref = :ref;

-- name: appointment_import_put!
INSERT INTO appointment_import (
  id, source, kind, at_ms, rows, added, changed, unchanged, refused, vanished, cursor, problem
) VALUES (
  :id, :source, :kind, :at_ms, :rows, :added, :changed, :unchanged, :refused, :vanished, :cursor, :problem
);

-- name: appointment_problem$
-- Why the latest import of a system failed, if it did.
SELECT problem FROM appointment_import WHERE source = :source ORDER BY id DESC LIMIT 1;

-- name: appointment_imports_tidy!
-- Of readings that brought nothing only the latest is kept.
DELETE FROM appointment_import
WHERE source = :source AND added = 0 AND changed = 0 AND refused = 0 AND problem IS NULL
  AND id < (SELECT MAX(last.id) FROM appointment_import AS last WHERE last.source = :source);

-- name: appointment_ages
-- The last import of each system that did not fail, with the problem of a later one that did.
SELECT last.source, last.kind, last.at_ms, last.rows,
  (SELECT failed.problem FROM appointment_import AS failed
   WHERE failed.source = last.source AND failed.id > last.id
   ORDER BY failed.id DESC LIMIT 1) AS problem
FROM appointment_import AS last
WHERE last.id = (
  SELECT MAX(done.id) FROM appointment_import AS done WHERE done.source = last.source AND done.problem IS NULL)
ORDER BY last.at_ms DESC, last.source;

-- name: appointment_cursor$
-- Where the next import of a system goes on from.
SELECT cursor FROM appointment_import
WHERE source = :source AND problem IS NULL AND cursor IS NOT NULL
ORDER BY id DESC LIMIT 1;

-- name: appointment_file_known$
-- 1 when a file with this mark was imported, or was refused as it is.
SELECT 1 FROM appointment_import WHERE cursor = :cursor LIMIT 1;

-- name: appointments_after
-- All appointments by reference, a page at a time.
SELECT * FROM appointment WHERE ref > :after ORDER BY ref LIMIT :limit;

-- name: appointments_recent
-- What was made or imported since a moment, and what is of patients of whose calls a topic was noted since.
SELECT * FROM appointment
WHERE created_ms >= :since OR imported_ms >= :since OR patient IN (
  SELECT patient_number.ref FROM call_topic
  JOIN call ON call.pbx = call_topic.pbx AND call.id = call_topic.call
  JOIN patient_number ON patient_number.number = call.party
  WHERE call_topic.at_ms >= :since
  UNION SELECT call_topic.patient FROM call_topic WHERE call_topic.at_ms >= :since AND call_topic.patient IS NOT NULL)
ORDER BY ref;

-- name: appointment_before$
-- When the visit of the same patient before a moment began, leaving out what was cancelled.
SELECT MAX(start_ms) FROM appointment
WHERE patient = :patient AND start_ms < :start_ms AND status <> 'cancelled';

-- name: appointment_calls
-- Ended calls of a patient that began between two moments: from or to the number, or noted as about the patient.
-- A call that was noted as about somebody else alone is not theirs.
SELECT call.pbx, call.id, call.started_ms, call.ended_ms, call.local_day, call.outcome,
  (SELECT call_topic.category FROM call_topic WHERE call_topic.pbx = call.pbx AND call_topic.call = call.id
   ORDER BY call_topic.at_ms DESC, call_topic.id DESC LIMIT 1) AS category,
  (SELECT MIN(callback_call.callback) FROM callback_call
   WHERE callback_call.pbx = call.pbx AND callback_call.call = call.id) AS callback,
  (SELECT call_booking.start_ms FROM call_booking
   WHERE call_booking.pbx = call.pbx AND call_booking.call = call.id
     AND (call_booking.patient IS NULL OR call_booking.patient = :patient)) AS booked_ms
FROM (
  SELECT theirs.pbx, theirs.id FROM patient_number
  JOIN call AS theirs ON theirs.party = patient_number.number
  WHERE patient_number.ref = :patient AND theirs.started_ms >= :from_ms AND theirs.started_ms <= :to_ms
  UNION SELECT noted.pbx, noted.call FROM call_topic AS noted WHERE noted.patient = :patient
) AS mine
JOIN call ON call.pbx = mine.pbx AND call.id = mine.id
WHERE call.kind = 'patient' AND call.ended_ms IS NOT NULL
  AND call.started_ms >= :from_ms AND call.started_ms <= :to_ms
  AND (NOT EXISTS (
      SELECT 1 FROM call_topic AS other
      WHERE other.pbx = call.pbx AND other.call = call.id AND other.patient IS NOT NULL)
    OR EXISTS (
      SELECT 1 FROM call_topic AS own
      WHERE own.pbx = call.pbx AND own.call = call.id AND own.patient = :patient))
ORDER BY call.started_ms, call.pbx, call.id;

-- name: made_by_get^
SELECT * FROM appointment_made_by WHERE appointment = :appointment;

-- name: made_by_put!
INSERT INTO appointment_made_by (appointment, pbx, call, callback, rule, evidence, decided_ms)
VALUES (:appointment, :pbx, :call, :callback, :rule, :evidence, :decided_ms)
ON CONFLICT (appointment) DO UPDATE SET
  pbx = excluded.pbx, call = excluded.call, callback = excluded.callback, rule = excluded.rule,
  evidence = excluded.evidence, decided_ms = excluded.decided_ms;

-- name: made_by_clear!
DELETE FROM appointment_made_by WHERE appointment = :appointment;

-- name: appointments_to_verify
-- Appointments that a call of a period made, or that were written down within it.
SELECT appointment.* FROM appointment
WHERE (appointment.created_ms >= :from_ms AND appointment.created_ms < :to_ms)
  OR appointment.ref IN (
    SELECT appointment_made_by.appointment FROM appointment_made_by
    JOIN call ON call.pbx = appointment_made_by.pbx AND call.id = appointment_made_by.call
    WHERE call.pbx = :pbx AND call.started_ms >= :from_ms AND call.started_ms < :to_ms)
ORDER BY appointment.ref;

-- name: appointments_of_call
-- The appointments that a call made, by time.
SELECT appointment.*, appointment_made_by.rule AS made_rule
FROM appointment_made_by JOIN appointment ON appointment.ref = appointment_made_by.appointment
WHERE appointment_made_by.pbx = :pbx AND appointment_made_by.call = :call
ORDER BY appointment.start_ms, appointment.ref;

-- name: call_counts_as^
-- What a call counts for as a booking. Its appointments speak once they are known, until then its last topic does.
-- provisional is 1 while only the topic says so: no appointment of the caller was written in its time either.
SELECT
  (SELECT COUNT(*) FROM appointment_made_by
   WHERE appointment_made_by.pbx = call.pbx AND appointment_made_by.call = call.id) AS appointments,
  (SELECT COUNT(*) FROM appointment_made_by JOIN appointment ON appointment.ref = appointment_made_by.appointment
   WHERE appointment_made_by.pbx = call.pbx AND appointment_made_by.call = call.id
     AND appointment.status NOT IN ('cancelled', 'proposed')) AS standing,
  CASE WHEN 'booked' = (
      SELECT call_topic.category FROM call_topic WHERE call_topic.pbx = call.pbx AND call_topic.call = call.id
      ORDER BY call_topic.at_ms DESC, call_topic.id DESC LIMIT 1)
    AND NOT EXISTS (
      SELECT 1 FROM appointment JOIN patient_number ON patient_number.ref = appointment.patient
      WHERE patient_number.number = call.party AND appointment.created_ms >= call.started_ms
        AND appointment.created_ms <= call.ended_ms + 86400000)
    AND NOT EXISTS (
      SELECT 1 FROM appointment_made_by
      WHERE appointment_made_by.pbx = call.pbx AND appointment_made_by.call = call.id)
    THEN 1 ELSE 0 END AS provisional
FROM call WHERE call.pbx = :pbx AND call.id = :id;
