-- The queues' places as the exchange tells them, and what came of clicks. Times are ms since the epoch, UTC.

-- name: queue_members_at$
SELECT MAX(at_ms) FROM queue_member WHERE pbx = :pbx AND queue = :queue;

-- name: queue_members_drop!
DELETE FROM queue_member WHERE pbx = :pbx AND queue = :queue;

-- name: queue_member_put*!
INSERT INTO queue_member (pbx, queue, interface, extension, name, paused, reason, since_ms, reachable, at_ms)
VALUES (:pbx, :queue, :interface, :extension, :name, :paused, :reason, :since_ms, :reachable, :at_ms);

-- name: queue_places
-- Every place in every queue.
SELECT * FROM queue_member ORDER BY pbx, queue, name, interface;

-- name: queue_places_of
-- The places of one extension.
SELECT * FROM queue_member WHERE extension = :extension ORDER BY pbx, queue, interface;

-- name: click_last^
-- The newest click of a person since a moment.
SELECT * FROM click WHERE person = :person AND at_ms >= :since ORDER BY at_ms DESC, id LIMIT 1;

-- name: click_call^
-- The call that a click became, by the mark on both of its legs.
SELECT * FROM call WHERE click_id = :click ORDER BY started_ms LIMIT 1;

-- name: click_call_guessed^
-- Where no mark is seen, the first call since the click from its phone to its number.
SELECT * FROM call
WHERE extension = :phone AND direction <> 'inbound' AND party = :number AND started_ms >= :since
  AND click_id IS NULL
ORDER BY started_ms LIMIT 1;

-- name: numbers_main
-- The numbers that belong to no campaign on a local day.
SELECT did FROM number_assignment
WHERE campaign IS NULL AND valid_from <= :day AND (valid_to IS NULL OR valid_to >= :day)
ORDER BY did LIMIT 2;

-- name: audit_played$
-- When a session played something last.
SELECT MAX(at_ms) FROM audit
WHERE session = :session AND action = 'played' AND kind = :kind AND ref = :ref AND at_ms >= :since;

-- name: call_last_inbound^
-- The newest call that a number made to us.
SELECT did, local_day FROM call
WHERE party = :number AND direction = 'inbound' AND did IS NOT NULL
ORDER BY started_ms DESC, id LIMIT 1;

-- name: click_get^
SELECT * FROM click WHERE id = :id;

-- name: callback_messages
-- The missed calls of a callback that left a message, the newest first.
SELECT call.* FROM callback_call JOIN call ON call.pbx = callback_call.pbx AND call.id = callback_call.call
WHERE callback_call.callback = :callback AND callback_call.role = 'missed' AND call.voicemail IS NOT NULL
ORDER BY callback_call.at_ms DESC LIMIT 5;

-- name: click_people
-- Who clicked since a moment.
SELECT DISTINCT person FROM click WHERE at_ms >= :since;

-- name: callback_claimers
SELECT DISTINCT claimed_by FROM callback WHERE state <> 'closed' AND state = 'claimed' AND claimed_until_ms > :now_ms;

-- name: callback_shown$
-- Whether a number has a callback on the page: an open one, or one that a talk closed and nobody has confirmed yet.
SELECT COUNT(*) FROM callback
WHERE number = :number AND (state <> 'closed' OR unconfirmed_until_ms > :now_ms);

-- name: around_live
-- Calls that live now, the newest of a number last.
SELECT party, pbx, id, direction, state, extension FROM call
WHERE ended_ms IS NULL AND +started_ms >= :since AND kind = 'patient' AND COALESCE(party, '') <> ''
ORDER BY +started_ms;

-- name: clicks_by_number
-- How many calls were started to each number on a local day.
SELECT number, COUNT(*) AS clicks FROM click WHERE local_day = :day GROUP BY number;
