-- Patients and their numbers.

-- name: patient_get^
SELECT * FROM patient WHERE ref = :ref;

-- name: patient_count$
SELECT COUNT(*) FROM patient;

-- name: patient_number_count$
SELECT COUNT(*) FROM patient_number WHERE source IN ('', 'contact');

-- name: patient_guardians
SELECT DISTINCT guardian_ref AS ref FROM patient WHERE guardian_ref IS NOT NULL;

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
-- The numbers of the record itself; those that others lend it stay.
DELETE FROM patient_number WHERE ref = :ref AND source IN ('', 'contact');

-- name: patient_number_put*!
INSERT INTO patient_number (number, ref, reversed, raw, position)
VALUES (:number, :ref, :reversed, :raw, :position)
ON CONFLICT (number, ref) DO UPDATE SET raw = excluded.raw, position = excluded.position, source = '', via = '';

-- name: patient_numbers
-- The numbers of a patient, in the order of the clinic, then those that others lend.
SELECT number, raw, position, source, via FROM patient_number WHERE ref = :ref ORDER BY position, number;

-- name: patient_numbers_own
-- The numbers of the record itself.
SELECT number, raw, position, source FROM patient_number
WHERE ref = :ref AND source IN ('', 'contact') ORDER BY position;

-- name: patient_number_whose*!
UPDATE patient_number SET source = :source, via = :via WHERE number = :number AND ref = :ref;

-- name: patient_origin*!
UPDATE patient SET origin = :origin WHERE ref = :ref;

-- name: patient_back*!
UPDATE patient SET removed_ms = NULL, removed_why = NULL, removed_numbers = NULL
WHERE ref = :ref AND removed_ms IS NOT NULL;

-- name: patient_remove!
UPDATE patient SET removed_ms = :now_ms, removed_why = :why, removed_numbers = :numbers
WHERE ref = :ref AND removed_ms IS NULL;

-- name: patient_numbers_drop!
DELETE FROM patient_number WHERE ref = :ref;

-- name: patient_refs_of_origin
-- Who is there of one kind of source, a page at a time by ref.
SELECT ref FROM patient WHERE origin = :origin AND removed_ms IS NULL AND ref > :after ORDER BY ref LIMIT :limit;

-- name: patient_numbers_shared_clear!
-- What wards have from their guardian, or a patient from theirs.
DELETE FROM patient_number WHERE source = 'guardian' AND (via = :ref OR ref = :ref);

-- name: patient_numbers_share!
-- The numbers of a guardian (not those of relatives), for each ward without one, and those of their guardian for a
-- patient without one.
INSERT INTO patient_number (number, ref, reversed, raw, position, source, via)
SELECT theirs.number, ward.ref, theirs.reversed, theirs.raw, theirs.position + 200, 'guardian', theirs.ref
FROM patient AS ward JOIN patient_number AS theirs ON theirs.ref = ward.guardian_ref AND theirs.source IN ('', 'merged')
WHERE (ward.guardian_ref = :ref OR ward.ref = :ref) AND ward.removed_ms IS NULL AND ward.ref <> ward.guardian_ref
  AND NOT EXISTS (
    SELECT 1 FROM patient_number AS own WHERE own.ref = ward.ref AND own.source IN ('', 'merged'))
ON CONFLICT (number, ref) DO NOTHING;

-- name: call_patients_share!
-- The calls of these numbers become those of the wards, too.
INSERT INTO call_patient (pbx, call, ref)
SELECT call.pbx, call.id, patient_number.ref FROM patient_number JOIN call ON call.party = patient_number.number
WHERE patient_number.source = 'guardian' AND (patient_number.via = :ref OR patient_number.ref = :ref)
ON CONFLICT (pbx, call, ref) DO NOTHING;

-- name: patients_by_number
-- Everybody who has the number, and when a receptionist last noted that a call from it was about them.
SELECT patient.*, patient_number.position, patient_number.source AS number_source,
  (SELECT MAX(appointment.start_ms) FROM appointment
   WHERE appointment.patient = patient.ref AND appointment.status NOT IN ('cancelled', 'proposed')) AS seen_ms,
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

-- name: patient_aliases
SELECT alias, ref FROM patient_alias;

-- name: patient_alias_of$
SELECT ref FROM patient_alias WHERE alias = :alias;

-- name: patient_aliases_to
SELECT alias FROM patient_alias WHERE ref = :ref ORDER BY alias;

-- name: patient_alias_put!
INSERT INTO patient_alias (alias, ref, at_ms) VALUES (:alias, :ref, :at_ms)
ON CONFLICT (alias) DO UPDATE SET ref = excluded.ref, at_ms = excluded.at_ms;

-- name: patient_alias_move!
UPDATE patient_alias SET ref = :survivor WHERE ref = :gone;

-- name: patient_alias_drop!
DELETE FROM patient_alias WHERE alias = :alias;

-- name: patient_number_lend!
INSERT INTO patient_number (number, ref, reversed, raw, position, source, via)
VALUES (:number, :ref, :reversed, :raw, :position, 'merged', :via)
ON CONFLICT (number, ref) DO NOTHING;

-- name: patient_numbers_lent_clear!
DELETE FROM patient_number WHERE ref = :ref AND source = 'merged' AND via = :via;

-- name: patient_edited_refs
SELECT DISTINCT ref FROM patient_edit;

-- name: patient_edits
SELECT * FROM patient_edit WHERE ref = :ref ORDER BY field;

-- name: patient_edit_put!
-- The first edit remembers what the system of the clinic said; later ones of the same field keep that.
INSERT INTO patient_edit (ref, field, was, author, at_ms, local_day)
VALUES (:ref, :field, CAST(:was AS TEXT), :author, :at_ms, :local_day)
ON CONFLICT (ref, field) DO UPDATE SET
  author = excluded.author, at_ms = excluded.at_ms, local_day = excluded.local_day;

-- name: patient_edit_drop!
DELETE FROM patient_edit WHERE ref = :ref AND field = :field;

-- name: patient_edits_drop!
DELETE FROM patient_edit WHERE ref = :ref;

-- name: patient_consent_recording!
UPDATE patient SET consent_recording = CAST(:consent AS TEXT) WHERE ref = :ref;

-- name: patient_drop!
DELETE FROM patient WHERE ref = :ref;

-- name: patient_merge_add!
INSERT INTO patient_merge (id, survivor, gone, author, at_ms, moved)
VALUES (:id, :survivor, :gone, :author, :at_ms, :moved);

-- name: patient_merge_get^
SELECT * FROM patient_merge WHERE id = :id;

-- name: patient_merges_of
-- What was merged into a patient, the newest first.
SELECT * FROM patient_merge WHERE survivor = :ref ORDER BY at_ms DESC, id DESC;

-- name: patient_merge_undone!
UPDATE patient_merge SET undone_ms = :now_ms, undone_by = :author WHERE id = :id AND undone_ms IS NULL;

-- name: patient_merge_newer$
-- Whether the survivor of a merge took part in another one since, which has to be taken back first.
SELECT COUNT(*) FROM patient_merge AS newer JOIN patient_merge AS older ON older.id = :id
WHERE newer.id > older.id AND newer.undone_ms IS NULL AND newer.gone = older.survivor;

-- name: patient_calls_of
SELECT pbx, call FROM call_patient WHERE ref = :ref ORDER BY pbx, call;

-- name: patient_calls_of_gone_alone
-- The calls of one patient that another does not have already.
SELECT pbx, call FROM call_patient WHERE ref = :gone AND NOT EXISTS (
  SELECT 1 FROM call_patient AS both_have
  WHERE both_have.pbx = call_patient.pbx AND both_have.call = call_patient.call AND both_have.ref = :survivor)
ORDER BY pbx, call;

-- name: patient_calls_drop!
DELETE FROM call_patient WHERE ref = :ref;

-- name: call_patient_put*!
INSERT INTO call_patient (pbx, call, ref) VALUES (:pbx, :call, :ref) ON CONFLICT (pbx, call, ref) DO NOTHING;

-- name: call_patient_drop*!
DELETE FROM call_patient WHERE pbx = :pbx AND call = :call AND ref = :ref;

-- name: patient_topics_of
SELECT id FROM call_topic WHERE patient = :ref ORDER BY id;

-- name: patient_topic_give*!
UPDATE call_topic SET patient = :ref WHERE id = :id;

-- name: patient_appointments_of
SELECT ref AS id FROM appointment WHERE patient = :ref ORDER BY ref;

-- name: patient_appointment_give*!
UPDATE appointment SET patient = :ref WHERE ref = :id;

-- name: patient_wards_of
SELECT ref AS id FROM patient WHERE guardian_ref = :ref ORDER BY ref;

-- name: patient_ward_give*!
UPDATE patient SET guardian_ref = :ref WHERE ref = :id;

-- name: patient_bookings_of
SELECT pbx, call FROM call_booking WHERE patient = :ref ORDER BY pbx, call;

-- name: patient_booking_give*!
UPDATE call_booking SET patient = :ref WHERE pbx = :pbx AND call = :call;

-- name: fhir_cursor_get^
-- How far a server was read; next leads to the page after the last one that was stored.
SELECT * FROM fhir_cursor WHERE url = :url AND kind = :kind;

-- name: fhir_cursor_keep!
INSERT INTO fhir_cursor (url, kind, since, next, began_ms, done_ms)
VALUES (:url, :kind, CAST(:since AS TEXT), CAST(:next AS TEXT), CAST(:began_ms AS BIGINT), NULL)
ON CONFLICT (url, kind) DO UPDATE SET since = excluded.since, next = excluded.next, began_ms = excluded.began_ms;

-- name: fhir_cursor_done!
INSERT INTO fhir_cursor (url, kind, since, next, began_ms, done_ms)
VALUES (:url, :kind, CAST(:since AS TEXT), NULL, NULL, :done_ms)
ON CONFLICT (url, kind) DO UPDATE SET since = excluded.since, next = NULL, began_ms = NULL, done_ms = excluded.done_ms;

-- name: fhir_cursors
SELECT * FROM fhir_cursor ORDER BY url, kind;

-- name: patient_timeline
-- What happened with a patient, the newest first. A page begins below the row that the last one ended with.
SELECT at_ms, kind, pbx, ref FROM (
  SELECT call.started_ms AS at_ms, 'call' AS kind, call.pbx AS pbx, call.id AS ref
  FROM call_patient JOIN call ON call.pbx = call_patient.pbx AND call.id = call_patient.call
  WHERE call_patient.ref = :patient
  UNION
  SELECT callback.opened_ms, 'callback', '', CAST(callback.id AS TEXT)
  FROM call_patient CROSS JOIN callback_call CROSS JOIN callback
  WHERE call_patient.ref = :patient AND callback_call.pbx = call_patient.pbx AND callback_call.call = call_patient.call
    AND callback.id = callback_call.callback
  UNION
  SELECT callback.opened_ms, 'callback', '', CAST(callback.id AS TEXT)
  FROM patient_number JOIN callback ON callback.number = patient_number.number
  WHERE patient_number.ref = :patient
  UNION
  SELECT appointment.start_ms, 'appointment', '', appointment.ref FROM appointment WHERE appointment.patient = :patient
  UNION
  SELECT patient_merge.at_ms, 'merge', '', CAST(patient_merge.id AS TEXT)
  FROM patient_merge WHERE patient_merge.survivor = :patient
) AS happened
WHERE CAST(:before_ms AS BIGINT) IS NULL OR (at_ms, kind, pbx, ref)
  < (CAST(:before_ms AS BIGINT), CAST(:before_kind AS TEXT), CAST(:before_pbx AS TEXT), CAST(:before_ref AS TEXT))
ORDER BY at_ms DESC, kind DESC, pbx DESC, ref DESC
LIMIT :limit;

-- name: patients_beside
-- Who else has a number of a patient.
SELECT DISTINCT other.ref, other.name, other.folded, other.birth_year, other.guardian_ref
FROM patient_number AS mine
JOIN patient_number AS theirs ON theirs.number = mine.number AND theirs.ref <> mine.ref
JOIN patient AS other ON other.ref = theirs.ref
WHERE mine.ref = :ref ORDER BY other.folded, other.ref;

-- name: patients_saved_by_hand$
-- Whether anybody was ever saved from a call: the last of the refs that were given.
SELECT last FROM counter WHERE name = 'patient_by_hand';
