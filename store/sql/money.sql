-- Target calls, bookings and their worth. Days are those of the calls; truth values are 0 and 1.

-- name: target_rule_get^
SELECT target_ms, unique_ms FROM target_rule WHERE id = 1;

-- name: target_rule_put!
UPDATE target_rule SET target_ms = :target_ms, unique_ms = :unique_ms WHERE id = 1;

-- name: target_not_all
SELECT category FROM target_not ORDER BY category;

-- name: target_not_clear!
DELETE FROM target_not;

-- name: target_not_put*!
INSERT INTO target_not (category) VALUES (:category);

-- name: target_before^
-- The nearest target call of the same number before one.
SELECT * FROM target_call
WHERE target_call.party = :party AND target_call.started_ms <= :started_ms
  AND (target_call.started_ms, target_call.pbx, target_call.id) < (:started_ms, :pbx, :id)
  AND target_call.id <> :without
ORDER BY target_call.started_ms DESC, target_call.pbx DESC, target_call.id DESC LIMIT 1;

-- name: target_after^
-- The nearest target call of the same number after one.
SELECT * FROM target_call
WHERE target_call.party = :party AND target_call.started_ms >= :started_ms
  AND (target_call.started_ms, target_call.pbx, target_call.id) > (:started_ms, :pbx, :id)
  AND target_call.id <> :without
ORDER BY target_call.started_ms ASC, target_call.pbx ASC, target_call.id ASC LIMIT 1;

-- name: rollup_target_add*!
INSERT INTO rollup_target (day, campaign, did, keyword, page, targets, uniques)
VALUES (:day, :campaign, :did, :keyword, :page, :targets, :uniques)
ON CONFLICT (day, campaign, did, keyword, page) DO UPDATE SET
  targets = rollup_target.targets + excluded.targets, uniques = rollup_target.uniques + excluded.uniques;

-- name: rollup_target_prune*!
DELETE FROM rollup_target WHERE day = :day AND campaign = :campaign AND did = :did AND keyword = :keyword
  AND page = :page AND targets = 0;

-- name: rollup_target_clear!
DELETE FROM rollup_target;

-- name: rollup_target_all
SELECT * FROM rollup_target ORDER BY day, campaign, did, keyword, page;

-- name: rollup_target_fill!
INSERT INTO rollup_target (day, campaign, did, keyword, page, targets, uniques)
SELECT day, campaign, did, keyword, page, targets, uniques FROM rollup_target_fresh;

-- name: rollup_target_differences$
SELECT COUNT(*) FROM (
  SELECT day, campaign, did, keyword, page, targets, uniques FROM rollup_target_fresh
  EXCEPT
  SELECT day, campaign, did, keyword, page, targets, uniques FROM rollup_target
  UNION ALL
  SELECT * FROM (
    SELECT day, campaign, did, keyword, page, targets, uniques FROM rollup_target
    EXCEPT
    SELECT day, campaign, did, keyword, page, targets, uniques FROM rollup_target_fresh
  ) AS kept
) AS different;

-- name: booked_call_is$
-- Whether a call counts as a booking.
SELECT COUNT(*) FROM booked_call WHERE booked_call.pbx = :pbx AND booked_call.id = :call;

-- name: visits_made_by
-- Visits that a call made and whose patient came, with their worth, by currency.
SELECT currency, COUNT(*) AS visits, CAST(SUM(revenue_minor) AS BIGINT) AS revenue_minor FROM visit_made
WHERE visit_made.pbx = :pbx AND visit_made.id = :call GROUP BY currency;

-- name: booked_topics_near
-- Calls of a patients numbers that somebody noted as booked, and whose time an appointment was written in.
SELECT call.pbx, call.id FROM patient_number JOIN call ON call.party = patient_number.number
WHERE patient_number.ref = :patient AND call.started_ms <= :at_ms AND call.started_ms >= :at_ms - 172800000
  AND EXISTS (
    SELECT 1 FROM call_topic WHERE call_topic.pbx = call.pbx AND call_topic.call = call.id
      AND call_topic.category = 'booked');

-- name: rollup_booking_add*!
INSERT INTO rollup_booking (day, campaign, did, keyword, page, currency, booked, visits, revenue_minor)
VALUES (:day, :campaign, :did, :keyword, :page, :currency, :booked, :visits, :revenue_minor)
ON CONFLICT (day, campaign, did, keyword, page, currency) DO UPDATE SET
  booked = rollup_booking.booked + excluded.booked, visits = rollup_booking.visits + excluded.visits,
  revenue_minor = rollup_booking.revenue_minor + excluded.revenue_minor;

-- name: rollup_booking_prune*!
DELETE FROM rollup_booking WHERE day = :day AND campaign = :campaign AND did = :did AND keyword = :keyword
  AND page = :page AND currency = :currency AND booked = 0 AND visits = 0;

-- name: rollup_booking_clear!
DELETE FROM rollup_booking;

-- name: rollup_booking_all
SELECT * FROM rollup_booking ORDER BY day, campaign, did, keyword, page, currency;

-- name: rollup_booking_fill!
INSERT INTO rollup_booking (day, campaign, did, keyword, page, currency, booked, visits, revenue_minor)
SELECT day, campaign, did, keyword, page, currency, booked, visits, revenue_minor FROM rollup_booking_fresh;

-- name: rollup_booking_differences$
SELECT COUNT(*) FROM (
  SELECT day, campaign, did, keyword, page, currency, booked, visits, revenue_minor FROM rollup_booking_fresh
  EXCEPT
  SELECT day, campaign, did, keyword, page, currency, booked, visits, revenue_minor FROM rollup_booking
  UNION ALL
  SELECT * FROM (
    SELECT day, campaign, did, keyword, page, currency, booked, visits, revenue_minor FROM rollup_booking
    EXCEPT
    SELECT day, campaign, did, keyword, page, currency, booked, visits, revenue_minor FROM rollup_booking_fresh
  ) AS kept
) AS different;
