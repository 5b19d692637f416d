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
WHERE CAST(:day AS TEXT) IS NULL OR appointment.local_day = CAST(:day AS TEXT)
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
ORDER BY callback.id;

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
