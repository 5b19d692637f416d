-- What is beside the callbacks that a list shows, their ids as a JSON array. The same names and results as in
-- around_sqlite.sql.

-- name: around_patients
-- The patients who use the numbers of some callbacks.
SELECT DISTINCT callback.number, patient.ref, patient.name FROM json_array_elements_text(CAST(:ids AS JSON)) AS shown (value)
JOIN callback ON callback.id = CAST(shown.value AS BIGINT)
JOIN patient_number ON patient_number.number = callback.number
JOIN patient ON patient.ref = patient_number.ref
ORDER BY patient.name, patient.ref;

-- name: around_comments
-- What was said about some callbacks, the oldest first.
SELECT callback_comment.* FROM json_array_elements_text(CAST(:ids AS JSON)) AS shown (value)
JOIN callback_comment ON callback_comment.callback = CAST(shown.value AS BIGINT)
ORDER BY callback_comment.id;

-- name: around_misses
-- The missed calls of some callbacks, the last of each callback last.
SELECT callback_call.callback AS of_callback, callback_call.at_ms AS missed_at_ms, call.* FROM json_array_elements_text(CAST(:ids AS JSON)) AS shown (value)
JOIN callback_call ON callback_call.callback = CAST(shown.value AS BIGINT) AND callback_call.role = 'missed'
LEFT JOIN call ON call.pbx = callback_call.pbx AND call.id = callback_call.call
ORDER BY callback_call.at_ms;

-- name: around_campaigns
-- The campaigns that those calls are joined to.
SELECT attribution.pbx, attribution.call, campaign.source, campaign.name FROM json_array_elements_text(CAST(:ids AS JSON)) AS shown (value)
JOIN callback_call ON callback_call.callback = CAST(shown.value AS BIGINT) AND callback_call.role = 'missed'
JOIN attribution ON attribution.pbx = callback_call.pbx AND attribution.call = callback_call.call
JOIN campaign ON campaign.id = attribution.campaign;
