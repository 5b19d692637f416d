-- Two stored calls turn out to be one: what hangs on the younger moves to the older, then the younger goes.

-- name: merge_topics!
UPDATE call_topic SET call = :older WHERE pbx = :pbx AND call = :younger;

-- name: merge_comments!
UPDATE call_comment SET call = :older WHERE pbx = :pbx AND call = :younger;

-- name: merge_legs!
UPDATE leg SET call = :older WHERE pbx = :pbx AND call = :younger;

-- name: merge_talks_shift$
-- The first number that is free among the talks of the older call.
SELECT COALESCE(MAX(n) + 1, 0) FROM talk WHERE pbx = :pbx AND call = :older;

-- name: merge_talks!
UPDATE talk SET call = :older, n = n + :shift WHERE pbx = :pbx AND call = :younger;

-- name: merge_waits_shift$
SELECT COALESCE(MAX(n) + 1, 0) FROM wait WHERE pbx = :pbx AND call = :older;

-- name: merge_waits!
UPDATE wait SET call = :older, n = n + :shift WHERE pbx = :pbx AND call = :younger;

-- name: merge_patients!
INSERT INTO call_patient (pbx, call, ref)
SELECT pbx, CAST(:older AS TEXT), ref FROM call_patient WHERE pbx = :pbx AND call = :younger
ON CONFLICT (pbx, call, ref) DO NOTHING;

-- name: merge_patients_clear!
DELETE FROM call_patient WHERE pbx = :pbx AND call = :younger;

-- name: merge_attribution_yield!
-- The older call keeps its attribution, unless it has none to speak of, or a person decided about the younger only.
DELETE FROM attribution
WHERE attribution.pbx = :pbx AND attribution.call = :older AND EXISTS (
  SELECT 1 FROM attribution AS other
  WHERE other.pbx = :pbx AND other.call = :younger
    AND ((attribution.rule = 'none' AND other.rule <> 'none')
      OR (attribution.rule <> 'manual' AND other.rule = 'manual')));

-- name: merge_attribution!
INSERT INTO attribution (pbx, call, rule, campaign, visit, evidence, runner_up, decided_ms)
SELECT pbx, CAST(:older AS TEXT), rule, campaign, visit, evidence, runner_up, decided_ms
FROM attribution WHERE pbx = :pbx AND call = :younger
ON CONFLICT (pbx, call) DO NOTHING;

-- name: merge_attribution_clear!
DELETE FROM attribution WHERE pbx = :pbx AND call = :younger;

-- name: merge_corrections!
UPDATE attribution_correction SET call = :older WHERE pbx = :pbx AND call = :younger;

-- name: merge_call_mark!
-- What was said of the older call stands.
INSERT INTO call_mark (pbx, call, kind, reason, author, at_ms)
SELECT pbx, CAST(:older AS TEXT), kind, reason, author, at_ms FROM call_mark WHERE pbx = :pbx AND call = :younger
ON CONFLICT (pbx, call) DO NOTHING;

-- name: merge_call_mark_clear!
DELETE FROM call_mark WHERE pbx = :pbx AND call = :younger;

-- name: merge_callback_calls!
INSERT INTO callback_call (callback, pbx, call, role, at_ms, person, outcome)
SELECT callback, pbx, CAST(:older AS TEXT), role, at_ms, person, outcome
FROM callback_call WHERE pbx = :pbx AND call = :younger
ON CONFLICT (callback, pbx, call, role) DO NOTHING;

-- name: merge_callback_calls_clear!
DELETE FROM callback_call WHERE pbx = :pbx AND call = :younger;

-- name: merge_callback_closed!
UPDATE callback SET closed_call = :older WHERE closed_pbx = :pbx AND closed_call = :younger;

-- name: merge_no_callback!
INSERT INTO no_callback (pbx, call, reason, decided_ms)
SELECT pbx, CAST(:older AS TEXT), reason, decided_ms FROM no_callback WHERE pbx = :pbx AND call = :younger
ON CONFLICT (pbx, call) DO NOTHING;

-- name: merge_no_callback_clear!
-- The younger call is gone; and a call that a callback counts as missed needs no reason for having none.
DELETE FROM no_callback
WHERE no_callback.pbx = :pbx AND (no_callback.call = :younger OR (no_callback.call = :older AND EXISTS (
  SELECT 1 FROM callback_call
  WHERE callback_call.pbx = :pbx AND callback_call.call = :older AND callback_call.role = 'missed')));

-- name: merge_made_by!
UPDATE appointment_made_by SET call = :older WHERE pbx = :pbx AND call = :younger;

-- name: merge_conversions!
-- What was told to a platform stays told; where both calls were, the younger keeps its line under its old id.
UPDATE conversion SET call = :older
WHERE conversion.pbx = :pbx AND conversion.call = :younger AND NOT EXISTS (
  SELECT 1 FROM conversion AS other
  WHERE other.platform = conversion.platform AND other.goal = conversion.goal AND other.kind = conversion.kind
    AND other.pbx = :pbx AND other.call = :older);

-- name: merge_consultations!
UPDATE call SET consultation_of = CASE WHEN id = :older THEN NULL ELSE CAST(:older AS TEXT) END
WHERE pbx = :pbx AND consultation_of = :younger;

-- name: merge_joins!
UPDATE call SET joined_with = CASE WHEN id = :older THEN NULL ELSE CAST(:older AS TEXT) END
WHERE pbx = :pbx AND joined_with = :younger;

-- name: merge_aliases!
UPDATE call_alias SET id = :older WHERE pbx = :pbx AND id = :younger;

-- name: merge_alias_clear!
DELETE FROM call_alias WHERE pbx = :pbx AND alias = :older;

-- name: merge_call_clear!
DELETE FROM call WHERE pbx = :pbx AND id = :younger;

-- name: merge_heard!
-- What the caller said of how they heard of the clinic: the later answer counts.
INSERT INTO call_heard (pbx, call, answer, author, at_ms)
SELECT pbx, CAST(:older AS TEXT), answer, author, at_ms FROM call_heard WHERE pbx = :pbx AND call = :younger
ON CONFLICT (pbx, call) DO UPDATE SET answer = excluded.answer, author = excluded.author, at_ms = excluded.at_ms
WHERE call_heard.at_ms <= excluded.at_ms;

-- name: merge_heard_clear!
DELETE FROM call_heard WHERE pbx = :pbx AND call = :younger;

-- name: merge_booking!
INSERT INTO call_booking (pbx, call, patient, start_ms, local_day, doctor, author, at_ms)
SELECT pbx, CAST(:older AS TEXT), patient, start_ms, local_day, doctor, author, at_ms
FROM call_booking WHERE pbx = :pbx AND call = :younger
ON CONFLICT (pbx, call) DO UPDATE SET
  patient = excluded.patient, start_ms = excluded.start_ms, local_day = excluded.local_day, doctor = excluded.doctor,
  author = excluded.author, at_ms = excluded.at_ms
WHERE call_booking.at_ms <= excluded.at_ms;

-- name: merge_booking_clear!
DELETE FROM call_booking WHERE pbx = :pbx AND call = :younger;
