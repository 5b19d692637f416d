-- Patients and their numbers.

-- name: patient_get^
SELECT * FROM patient WHERE ref = :ref;

-- name: patient_count$
SELECT COUNT(*) FROM patient;

-- name: patient_number_count$
SELECT COUNT(*) FROM patient_number;

-- name: patient_put*!
-- Insert or replace one patient; the whole row is given.
INSERT INTO patient (
  ref, name, folded, email, birth_date, birth_year, sex, language, guardian_ref, consent_marketing, consent_channels,
  created_on, updated_on, imported_ms
) VALUES (
  :ref, :name, :folded, :email, :birth_date, :birth_year, :sex, :language, :guardian_ref, :consent_marketing,
  :consent_channels, :created_on, :updated_on, :imported_ms
)
ON CONFLICT (ref) DO UPDATE SET
  name = excluded.name, folded = excluded.folded, email = excluded.email, birth_date = excluded.birth_date,
  birth_year = excluded.birth_year, sex = excluded.sex, language = excluded.language,
  guardian_ref = excluded.guardian_ref, consent_marketing = excluded.consent_marketing,
  consent_channels = excluded.consent_channels, created_on = excluded.created_on, updated_on = excluded.updated_on,
  imported_ms = excluded.imported_ms;

-- name: patient_numbers_clear*!
DELETE FROM patient_number WHERE ref = :ref;

-- name: patient_number_put*!
INSERT INTO patient_number (number, ref, reversed, raw, position)
VALUES (:number, :ref, :reversed, :raw, :position)
ON CONFLICT (number, ref) DO UPDATE SET raw = excluded.raw, position = excluded.position;

-- name: patient_numbers
-- The numbers of a patient, in the order of the clinic.
SELECT number, raw, position FROM patient_number WHERE ref = :ref ORDER BY position;

-- name: patients_by_number
-- Everybody who has the number, and when a receptionist last noted that a call from it was about them.
SELECT patient.*, patient_number.position,
  (SELECT MAX(call_topic.at_ms) FROM call_topic
   JOIN call ON call.pbx = call_topic.pbx AND call.id = call_topic.call
   WHERE call_topic.patient = patient.ref AND call.party = :number) AS noted_ms
FROM patient_number
JOIN patient ON patient.ref = patient_number.ref
WHERE patient_number.number = :number;

-- name: patients_by_last_digits
-- Numbers that end so (reversed, from low up to but without high), or exactly this ref.
SELECT * FROM patient
WHERE ref = :ref
  OR ref IN (SELECT ref FROM patient_number WHERE reversed >= :low AND reversed < :high)
ORDER BY CASE WHEN ref = :ref THEN 0 ELSE 1 END, folded, ref
LIMIT :limit OFFSET :offset;

-- name: call_patients_clear!
DELETE FROM call_patient WHERE pbx = :pbx AND call = :call;

-- name: call_patients_link!
-- Every patient who has the number, for a call.
INSERT INTO call_patient (pbx, call, ref)
SELECT CAST(:pbx AS TEXT), CAST(:call AS TEXT), patient_number.ref FROM patient_number
WHERE patient_number.number = :number
ON CONFLICT (pbx, call, ref) DO NOTHING;

-- name: call_patients_adopt*!
-- The calls of a number become those of a patient who turns out to have it.
INSERT INTO call_patient (pbx, call, ref)
SELECT call.pbx, call.id, CAST(:ref AS TEXT) FROM call WHERE call.party = :number
ON CONFLICT (pbx, call, ref) DO NOTHING;
