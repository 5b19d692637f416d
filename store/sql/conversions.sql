-- What ad platforms are told of calls. Times are ms since the epoch, UTC.

-- name: conversion_calls
-- Calls that a visit or an earlier call accounts for, oldest first; the next page goes on after the last row.
SELECT call.* FROM call
JOIN attribution ON attribution.pbx = call.pbx AND attribution.call = call.id
WHERE attribution.rule IN ('visitor', 'callback') AND call.ended_ms IS NOT NULL AND call.started_ms >= :since
  AND (CAST(:after_ms AS BIGINT) IS NULL
    OR (call.started_ms, call.id, call.pbx)
      > (CAST(:after_ms AS BIGINT), CAST(:after_id AS TEXT), CAST(:after_pbx AS TEXT)))
ORDER BY call.started_ms, call.id, call.pbx
LIMIT :limit;

-- name: conversion_objections$
-- 1 when a patient of the call objects to marketing.
SELECT 1 FROM call_patient JOIN patient ON patient.ref = call_patient.ref
WHERE call_patient.pbx = :pbx AND call_patient.call = :call AND patient.consent_marketing = 'no' LIMIT 1;

-- name: conversion_category$
-- What the call was about, as noted last.
SELECT category FROM call_topic WHERE pbx = :pbx AND call = :call ORDER BY at_ms DESC, id DESC LIMIT 1;

-- name: conversion_request_visit$
-- The visit from which somebody asked for a callback.
SELECT visit FROM request WHERE callback = :callback AND visit IS NOT NULL ORDER BY id LIMIT 1;

-- name: conversions_of_call
-- What was told of a call, also under the ids it had before it was merged.
SELECT conversion.* FROM conversion
WHERE conversion.pbx = :pbx AND (conversion.call = :call OR conversion.call IN (
  SELECT call_alias.alias FROM call_alias WHERE call_alias.pbx = :pbx AND call_alias.id = :call))
ORDER BY conversion.id;

-- name: conversion_put!
-- Nothing is told twice: a line that is there already is not put again.
INSERT INTO conversion (
  id, platform, goal, kind, pbx, call, appointment, name, click_kind, click_id, at_ms, value_minor, currency, batch
) VALUES (
  :id, :platform, :goal, :kind, :pbx, :call, :appointment, :name, :click_kind, :click_id, :at_ms, :value_minor,
  :currency, :batch
)
ON CONFLICT (platform, goal, kind, pbx, call) DO NOTHING;

-- name: conversions_standing
-- Bookings that a platform was told of and that were not taken back, a page at a time.
SELECT conversion.* FROM conversion
JOIN conversion_batch ON conversion_batch.id = conversion.batch
WHERE conversion.platform = :platform AND conversion.kind = 'conversion' AND conversion.goal = 'booked'
  AND conversion_batch.state IN ('exported', 'sent') AND conversion.id > :after
  AND NOT EXISTS (
    SELECT 1 FROM conversion AS back
    WHERE back.platform = conversion.platform AND back.goal = conversion.goal AND back.kind = 'retraction'
      AND back.pbx = conversion.pbx AND back.call = conversion.call)
ORDER BY conversion.id LIMIT :limit;

-- name: conversions_of_batch
SELECT * FROM conversion WHERE batch = :batch ORDER BY id;

-- name: conversions_give_back!
-- A platform took nothing of a batch: its lines may be told again.
DELETE FROM conversion WHERE batch = :batch;

-- name: conversions_list
-- What was told, the latest first.
SELECT conversion.*, conversion_batch.at_ms AS told_ms, conversion_batch.state, conversion_batch.target
FROM conversion JOIN conversion_batch ON conversion_batch.id = conversion.batch
WHERE CAST(:platform AS TEXT) IS NULL OR conversion.platform = CAST(:platform AS TEXT)
ORDER BY conversion.id DESC LIMIT :limit OFFSET :skip;

-- name: conversion_batch_put!
INSERT INTO conversion_batch (id, platform, kind, at_ms, state, target, problem)
VALUES (:id, :platform, :kind, :at_ms, :state, :target, NULL);

-- name: conversion_batch_get^
SELECT * FROM conversion_batch WHERE id = :id;

-- name: conversion_batch_state!
UPDATE conversion_batch SET state = :state, problem = :problem WHERE id = :id;

-- name: conversion_batches_unsure
-- Batches of which nobody knows whether the platform took them.
SELECT * FROM conversion_batch WHERE state IN ('sending', 'unsure') ORDER BY id;
