-- How soon callbacks were worked on, and who cannot be rung back at all. Times are ms since the epoch, UTC.

-- name: callback_timed_parts
-- The calls of a callback, with their direction as it is known now.
SELECT callback_call.role, callback_call.at_ms, call.direction FROM callback_call
LEFT JOIN call ON call.pbx = callback_call.pbx AND call.id = callback_call.call
WHERE callback_call.callback = :callback;

-- name: callback_time_put!
INSERT INTO callback_time (
  callback, opened_day, opened_in_hours, attempted_ms, attempted_day, attempted_work_ms, contacted_ms, contacted_day,
  contacted_work_ms
) VALUES (
  :callback, :opened_day, :opened_in_hours, :attempted_ms, :attempted_day, :attempted_work_ms, :contacted_ms,
  :contacted_day, :contacted_work_ms
)
ON CONFLICT (callback) DO UPDATE SET
  opened_day = excluded.opened_day, opened_in_hours = excluded.opened_in_hours,
  attempted_ms = excluded.attempted_ms, attempted_day = excluded.attempted_day,
  attempted_work_ms = excluded.attempted_work_ms, contacted_ms = excluded.contacted_ms,
  contacted_day = excluded.contacted_day, contacted_work_ms = excluded.contacted_work_ms;

-- name: callbacks_untimed
SELECT callback.id FROM callback
WHERE NOT EXISTS (SELECT 1 FROM callback_time WHERE callback_time.callback = callback.id)
ORDER BY callback.id LIMIT :limit;

-- name: callback_times_clear!
DELETE FROM callback_time;

-- name: callbacks_withheld$
-- How many callers were missed since a moment who hid their number.
SELECT COUNT(*) FROM no_callback JOIN call ON call.pbx = no_callback.pbx AND call.id = no_callback.call
WHERE no_callback.reason = 'withheld' AND call.started_ms >= :since;
