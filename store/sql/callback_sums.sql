-- Sums of callbacks, kept in the transaction that changes a callback, and filled and compared like the roll-ups.

-- name: callback_counted_now^
-- What the sums should count of a callback.
SELECT * FROM callback_counted_fresh WHERE callback = :callback;

-- name: callback_counted_get^
-- What they count of it.
SELECT * FROM callback_counted WHERE callback = :callback;

-- name: callback_counted_put!
INSERT INTO callback_counted (
  callback, day, location, campaign, state, attempt_work, attempt_clock, contact_work, contact_clock,
  attempt_same_day, contact_same_day, call_day, call_campaign, call_did
) VALUES (
  :callback, :day, :location, :campaign, :state, :attempt_work, :attempt_clock, :contact_work, :contact_clock,
  :attempt_same_day, :contact_same_day, :call_day, :call_campaign, :call_did
) ON CONFLICT (callback) DO UPDATE SET
  day = excluded.day, location = excluded.location, campaign = excluded.campaign, state = excluded.state,
  attempt_work = excluded.attempt_work, attempt_clock = excluded.attempt_clock, contact_work = excluded.contact_work,
  contact_clock = excluded.contact_clock, attempt_same_day = excluded.attempt_same_day,
  contact_same_day = excluded.contact_same_day, call_day = excluded.call_day, call_campaign = excluded.call_campaign,
  call_did = excluded.call_did;

-- name: callback_counted_drop!
DELETE FROM callback_counted WHERE callback = :callback;

-- name: callbacks_with_call
-- The callbacks that hang on a call, whatever its part.
SELECT DISTINCT callback FROM callback_call WHERE pbx = :pbx AND call = :call ORDER BY callback;

-- name: lost_calls_of
-- The calls of a number in the order of time, with what is kept of each: those that make a caller lost, or end it.
SELECT
  call.pbx, call.id, call.local_day, call.direction, call.ended_ms, call.missed, call.bridged_ms,
  CASE WHEN call.direction = 'inbound' AND call.kind = 'patient' AND call.excluded = '' AND call.ended_ms IS NOT NULL
    AND call.withheld = 0 THEN 1 ELSE 0 END AS counts,
  CASE WHEN call.kind = 'patient' AND call.outcome = 'answered' AND call.lost_after_answer = 0
    AND call.ended_ms IS NOT NULL AND NOT EXISTS (
      SELECT 1 FROM callback_call AS machine
      WHERE machine.pbx = call.pbx AND machine.call = call.id AND machine.role = 'attempt'
        AND machine.outcome IN ('voicemail', 'unconfirmed')) THEN 1 ELSE 0 END AS spoke,
  lost_call.until, lost_call.talk_ms, lost_call.day
FROM call
LEFT JOIN lost_call ON lost_call.pbx = call.pbx AND lost_call.call = call.id
WHERE call.party = :party
ORDER BY call.started_ms, call.pbx, call.id;

-- name: lost_call_put!
INSERT INTO lost_call (pbx, call, day, until, talk_ms) VALUES (:pbx, :call, :day, :until, :talk_ms)
ON CONFLICT (pbx, call) DO UPDATE SET day = excluded.day, until = excluded.until, talk_ms = excluded.talk_ms;

-- name: lost_call_drop!
DELETE FROM lost_call WHERE pbx = :pbx AND call = :call;

-- name: call_parties
-- The numbers of two calls.
SELECT DISTINCT party FROM call WHERE pbx = :pbx AND id IN (:younger, :older) AND party IS NOT NULL;

-- name: rollup_callback_add*!
INSERT INTO rollup_callback (
  day, location, campaign, opened, still_open, closed_reached, closed_returned, closed_booked, closed_manual,
  closed_expired, contact_made, tried_not_reached, never_tried, tried_15m, tried_1h, tried_same_day, tried_24h,
  spoke_15m, spoke_1h, spoke_same_day, spoke_24h
) VALUES (
  :day, :location, :campaign, :opened, :still_open, :closed_reached, :closed_returned, :closed_booked, :closed_manual,
  :closed_expired, :contact_made, :tried_not_reached, :never_tried, :tried_15m, :tried_1h, :tried_same_day,
  :tried_24h, :spoke_15m, :spoke_1h, :spoke_same_day, :spoke_24h
) ON CONFLICT (day, location, campaign) DO UPDATE SET
  opened = rollup_callback.opened + excluded.opened, still_open = rollup_callback.still_open + excluded.still_open,
  closed_reached = rollup_callback.closed_reached + excluded.closed_reached,
  closed_returned = rollup_callback.closed_returned + excluded.closed_returned,
  closed_booked = rollup_callback.closed_booked + excluded.closed_booked,
  closed_manual = rollup_callback.closed_manual + excluded.closed_manual,
  closed_expired = rollup_callback.closed_expired + excluded.closed_expired,
  contact_made = rollup_callback.contact_made + excluded.contact_made,
  tried_not_reached = rollup_callback.tried_not_reached + excluded.tried_not_reached,
  never_tried = rollup_callback.never_tried + excluded.never_tried,
  tried_15m = rollup_callback.tried_15m + excluded.tried_15m, tried_1h = rollup_callback.tried_1h + excluded.tried_1h,
  tried_same_day = rollup_callback.tried_same_day + excluded.tried_same_day,
  tried_24h = rollup_callback.tried_24h + excluded.tried_24h,
  spoke_15m = rollup_callback.spoke_15m + excluded.spoke_15m, spoke_1h = rollup_callback.spoke_1h + excluded.spoke_1h,
  spoke_same_day = rollup_callback.spoke_same_day + excluded.spoke_same_day,
  spoke_24h = rollup_callback.spoke_24h + excluded.spoke_24h;

-- name: rollup_callback_prune*!
DELETE FROM rollup_callback WHERE day = :day AND location = :location AND campaign = :campaign
  AND opened = 0;

-- name: rollup_callback_day_add*!
INSERT INTO rollup_callback_day (
  day, location, bucket, attempt_work, attempt_clock, contact_work, contact_clock
) VALUES (
  :day, :location, :bucket, :attempt_work, :attempt_clock, :contact_work, :contact_clock
) ON CONFLICT (day, location, bucket) DO UPDATE SET
  attempt_work = rollup_callback_day.attempt_work + excluded.attempt_work,
  attempt_clock = rollup_callback_day.attempt_clock + excluded.attempt_clock,
  contact_work = rollup_callback_day.contact_work + excluded.contact_work,
  contact_clock = rollup_callback_day.contact_clock + excluded.contact_clock;

-- name: rollup_callback_day_prune*!
DELETE FROM rollup_callback_day WHERE day = :day AND location = :location AND bucket = :bucket
  AND attempt_work = 0 AND attempt_clock = 0 AND contact_work = 0 AND contact_clock = 0;

-- name: rollup_callback_month_add*!
INSERT INTO rollup_callback_month (
  month, location, campaign, bucket, attempt_work, attempt_clock, contact_work, contact_clock
) VALUES (
  :month, :location, :campaign, :bucket, :attempt_work, :attempt_clock, :contact_work, :contact_clock
) ON CONFLICT (month, location, campaign, bucket) DO UPDATE SET
  attempt_work = rollup_callback_month.attempt_work + excluded.attempt_work,
  attempt_clock = rollup_callback_month.attempt_clock + excluded.attempt_clock,
  contact_work = rollup_callback_month.contact_work + excluded.contact_work,
  contact_clock = rollup_callback_month.contact_clock + excluded.contact_clock;

-- name: rollup_callback_month_prune*!
DELETE FROM rollup_callback_month
WHERE month = :month AND location = :location AND campaign = :campaign AND bucket = :bucket
  AND attempt_work = 0 AND attempt_clock = 0 AND contact_work = 0 AND contact_clock = 0;

-- name: rollup_opened_add*!
INSERT INTO rollup_opened (
  day, campaign, did, callbacks_open, callbacks_reached
) VALUES (
  :day, :campaign, :did, :callbacks_open, :callbacks_reached
) ON CONFLICT (day, campaign, did) DO UPDATE SET
  callbacks_open = rollup_opened.callbacks_open + excluded.callbacks_open,
  callbacks_reached = rollup_opened.callbacks_reached + excluded.callbacks_reached;

-- name: rollup_opened_prune*!
DELETE FROM rollup_opened WHERE day = :day AND campaign = :campaign AND did = :did
  AND callbacks_open = 0 AND callbacks_reached = 0;

-- name: callback_counted_clear!
DELETE FROM callback_counted;

-- name: callback_counted_all
SELECT * FROM callback_counted ORDER BY callback;

-- name: callback_counted_fill!
INSERT INTO callback_counted (
  callback, day, location, campaign, state, attempt_work, attempt_clock, contact_work, contact_clock,
  attempt_same_day, contact_same_day, call_day, call_campaign, call_did
)
SELECT
  callback, day, location, campaign, state, attempt_work, attempt_clock, contact_work, contact_clock,
  attempt_same_day, contact_same_day, call_day, call_campaign, call_did
FROM callback_counted_fresh;

-- name: callback_counted_differences$
SELECT COUNT(*) FROM (
  SELECT
    callback, day, location, campaign, state, attempt_work, attempt_clock, contact_work, contact_clock,
    attempt_same_day, contact_same_day, call_day, call_campaign, call_did
  FROM callback_counted_fresh
  EXCEPT
  SELECT
    callback, day, location, campaign, state, attempt_work, attempt_clock, contact_work, contact_clock,
    attempt_same_day, contact_same_day, call_day, call_campaign, call_did
  FROM callback_counted
  UNION ALL
  SELECT * FROM (
    SELECT
      callback, day, location, campaign, state, attempt_work, attempt_clock, contact_work, contact_clock,
      attempt_same_day, contact_same_day, call_day, call_campaign, call_did
    FROM callback_counted
    EXCEPT
    SELECT
      callback, day, location, campaign, state, attempt_work, attempt_clock, contact_work, contact_clock,
      attempt_same_day, contact_same_day, call_day, call_campaign, call_did
    FROM callback_counted_fresh
  ) AS kept
) AS different;

-- name: lost_call_clear!
DELETE FROM lost_call;

-- name: lost_call_all
SELECT * FROM lost_call ORDER BY pbx, call;

-- name: lost_call_fill!
INSERT INTO lost_call (
  pbx, call, day, until, talk_ms
)
SELECT
  pbx, call, day, until, talk_ms
FROM lost_call_fresh;

-- name: lost_call_differences$
SELECT COUNT(*) FROM (
  SELECT
    pbx, call, day, until, talk_ms
  FROM lost_call_fresh
  EXCEPT
  SELECT
    pbx, call, day, until, talk_ms
  FROM lost_call
  UNION ALL
  SELECT * FROM (
    SELECT
      pbx, call, day, until, talk_ms
    FROM lost_call
    EXCEPT
    SELECT
      pbx, call, day, until, talk_ms
    FROM lost_call_fresh
  ) AS kept
) AS different;

-- name: rollup_callback_clear!
DELETE FROM rollup_callback;

-- name: rollup_callback_all
SELECT * FROM rollup_callback ORDER BY day, location, campaign;

-- name: rollup_callback_fill!
INSERT INTO rollup_callback (
  day, location, campaign, opened, still_open, closed_reached, closed_returned, closed_booked, closed_manual,
  closed_expired, contact_made, tried_not_reached, never_tried, tried_15m, tried_1h, tried_same_day, tried_24h,
  spoke_15m, spoke_1h, spoke_same_day, spoke_24h
)
SELECT
  day, location, campaign, opened, still_open, closed_reached, closed_returned, closed_booked, closed_manual,
  closed_expired, contact_made, tried_not_reached, never_tried, tried_15m, tried_1h, tried_same_day, tried_24h,
  spoke_15m, spoke_1h, spoke_same_day, spoke_24h
FROM rollup_callback_fresh;

-- name: rollup_callback_differences$
SELECT COUNT(*) FROM (
  SELECT
    day, location, campaign, opened, still_open, closed_reached, closed_returned, closed_booked, closed_manual,
    closed_expired, contact_made, tried_not_reached, never_tried, tried_15m, tried_1h, tried_same_day, tried_24h,
    spoke_15m, spoke_1h, spoke_same_day, spoke_24h
  FROM rollup_callback_fresh
  EXCEPT
  SELECT
    day, location, campaign, opened, still_open, closed_reached, closed_returned, closed_booked, closed_manual,
    closed_expired, contact_made, tried_not_reached, never_tried, tried_15m, tried_1h, tried_same_day, tried_24h,
    spoke_15m, spoke_1h, spoke_same_day, spoke_24h
  FROM rollup_callback
  UNION ALL
  SELECT * FROM (
    SELECT
      day, location, campaign, opened, still_open, closed_reached, closed_returned, closed_booked, closed_manual,
      closed_expired, contact_made, tried_not_reached, never_tried, tried_15m, tried_1h, tried_same_day, tried_24h,
      spoke_15m, spoke_1h, spoke_same_day, spoke_24h
    FROM rollup_callback
    EXCEPT
    SELECT
      day, location, campaign, opened, still_open, closed_reached, closed_returned, closed_booked, closed_manual,
      closed_expired, contact_made, tried_not_reached, never_tried, tried_15m, tried_1h, tried_same_day, tried_24h,
      spoke_15m, spoke_1h, spoke_same_day, spoke_24h
    FROM rollup_callback_fresh
  ) AS kept
) AS different;

-- name: rollup_callback_day_clear!
DELETE FROM rollup_callback_day;

-- name: rollup_callback_day_all
SELECT * FROM rollup_callback_day ORDER BY day, location, bucket;

-- name: rollup_callback_day_fill!
INSERT INTO rollup_callback_day (
  day, location, bucket, attempt_work, attempt_clock, contact_work, contact_clock
)
SELECT
  day, location, bucket, attempt_work, attempt_clock, contact_work, contact_clock
FROM rollup_callback_day_fresh;

-- name: rollup_callback_day_differences$
SELECT COUNT(*) FROM (
  SELECT
    day, location, bucket, attempt_work, attempt_clock, contact_work, contact_clock
  FROM rollup_callback_day_fresh
  EXCEPT
  SELECT
    day, location, bucket, attempt_work, attempt_clock, contact_work, contact_clock
  FROM rollup_callback_day
  UNION ALL
  SELECT * FROM (
    SELECT
      day, location, bucket, attempt_work, attempt_clock, contact_work, contact_clock
    FROM rollup_callback_day
    EXCEPT
    SELECT
      day, location, bucket, attempt_work, attempt_clock, contact_work, contact_clock
    FROM rollup_callback_day_fresh
  ) AS kept
) AS different;

-- name: rollup_callback_month_clear!
DELETE FROM rollup_callback_month;

-- name: rollup_callback_month_all
SELECT * FROM rollup_callback_month ORDER BY month, location, campaign, bucket;

-- name: rollup_callback_month_fill!
INSERT INTO rollup_callback_month (
  month, location, campaign, bucket, attempt_work, attempt_clock, contact_work, contact_clock
)
SELECT
  month, location, campaign, bucket, attempt_work, attempt_clock, contact_work, contact_clock
FROM rollup_callback_month_fresh;

-- name: rollup_callback_month_differences$
SELECT COUNT(*) FROM (
  SELECT
    month, location, campaign, bucket, attempt_work, attempt_clock, contact_work, contact_clock
  FROM rollup_callback_month_fresh
  EXCEPT
  SELECT
    month, location, campaign, bucket, attempt_work, attempt_clock, contact_work, contact_clock
  FROM rollup_callback_month
  UNION ALL
  SELECT * FROM (
    SELECT
      month, location, campaign, bucket, attempt_work, attempt_clock, contact_work, contact_clock
    FROM rollup_callback_month
    EXCEPT
    SELECT
      month, location, campaign, bucket, attempt_work, attempt_clock, contact_work, contact_clock
    FROM rollup_callback_month_fresh
  ) AS kept
) AS different;

-- name: rollup_opened_clear!
DELETE FROM rollup_opened;

-- name: rollup_opened_all
SELECT * FROM rollup_opened ORDER BY day, campaign, did;

-- name: rollup_opened_fill!
INSERT INTO rollup_opened (
  day, campaign, did, callbacks_open, callbacks_reached
)
SELECT
  day, campaign, did, callbacks_open, callbacks_reached
FROM rollup_opened_fresh;

-- name: rollup_opened_differences$
SELECT COUNT(*) FROM (
  SELECT
    day, campaign, did, callbacks_open, callbacks_reached
  FROM rollup_opened_fresh
  EXCEPT
  SELECT
    day, campaign, did, callbacks_open, callbacks_reached
  FROM rollup_opened
  UNION ALL
  SELECT * FROM (
    SELECT
      day, campaign, did, callbacks_open, callbacks_reached
    FROM rollup_opened
    EXCEPT
    SELECT
      day, campaign, did, callbacks_open, callbacks_reached
    FROM rollup_opened_fresh
  ) AS kept
) AS different;
