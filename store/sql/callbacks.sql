-- Callbacks: the tasks to reach callers who were not answered. Times are ms since the epoch, UTC.

-- name: callback_get^
SELECT * FROM callback WHERE id = :id;

-- name: callback_open_for^
-- The one open callback of a number at a location.
SELECT * FROM callback WHERE number = :number AND location = :location AND state <> 'closed';

-- name: callbacks_of_number
-- The open callbacks of a number, and those closed since a moment, oldest first.
SELECT * FROM callback
WHERE number = :number AND (state <> 'closed' OR closed_ms >= :since OR unconfirmed_until_ms IS NOT NULL)
ORDER BY opened_ms, id;

-- name: callbacks_of_call
-- The callbacks in which a call plays a part.
SELECT DISTINCT callback.id, callback.number, callback.location FROM callback
JOIN callback_call ON callback_call.callback = callback.id
WHERE callback_call.pbx = :pbx AND callback_call.call = :call
ORDER BY callback.id;

-- name: callback_calls_of_number
-- The calls of the callbacks of a number with what is known of each call now; its columns are NULL if it is gone.
SELECT callback_call.callback, callback_call.role, callback_call.outcome AS recorded,
  callback_call.pbx AS part_pbx, callback_call.call AS part_call, call.pbx, call.id, call.direction, call.kind,
  call.withheld,
  call.location, call.party, call.missed, call.outcome, call.lost_after_answer, call.voicemail, call.first_time,
  call.started_ms, call.ended_ms, call.bridged_ms, call.extension, call.answered_by, call.final_agent,
  attribution.campaign, campaign.medium,
  CASE WHEN EXISTS (SELECT 1 FROM campaign_cost WHERE campaign_cost.campaign = attribution.campaign)
    OR EXISTS (SELECT 1 FROM platform_spend WHERE platform_spend.campaign = attribution.campaign)
    THEN 1 ELSE 0 END AS has_cost,
  CASE WHEN EXISTS (SELECT 1 FROM call_mark WHERE call_mark.pbx = call.pbx AND call_mark.call = call.id)
    THEN 1 ELSE 0 END AS marked
FROM callback
JOIN callback_call ON callback_call.callback = callback.id
LEFT JOIN call ON call.pbx = callback_call.pbx AND call.id = callback_call.call
LEFT JOIN attribution ON attribution.pbx = call.pbx AND attribution.call = call.id
LEFT JOIN campaign ON campaign.id = attribution.campaign
WHERE callback.number = :number
  AND (callback.state <> 'closed' OR callback.closed_ms >= :since OR callback.unconfirmed_until_ms IS NOT NULL)
ORDER BY callback_call.at_ms, callback_call.call;

-- name: callback_party_calls
-- The calls of a number since a moment, in both directions, with their campaigns, oldest first.
SELECT call.pbx, call.id, call.direction, call.kind, call.withheld, call.location, call.party, call.missed, call.outcome,
  call.lost_after_answer, call.voicemail, call.first_time, call.started_ms, call.ended_ms, call.bridged_ms,
  call.extension, call.answered_by, call.final_agent, attribution.campaign, campaign.medium,
  CASE WHEN EXISTS (SELECT 1 FROM campaign_cost WHERE campaign_cost.campaign = attribution.campaign)
    OR EXISTS (SELECT 1 FROM platform_spend WHERE platform_spend.campaign = attribution.campaign)
    THEN 1 ELSE 0 END AS has_cost,
  CASE WHEN EXISTS (SELECT 1 FROM call_mark WHERE call_mark.pbx = call.pbx AND call_mark.call = call.id)
    THEN 1 ELSE 0 END AS marked
FROM call
LEFT JOIN attribution ON attribution.pbx = call.pbx AND attribution.call = call.id
LEFT JOIN campaign ON campaign.id = attribution.campaign
WHERE call.party = :number AND call.started_ms >= :since AND call.kind = 'patient'
ORDER BY call.started_ms, call.id;

-- name: callback_party_live$
-- How many calls of a number live now.
SELECT COUNT(*) FROM call
WHERE party = :number AND started_ms >= :since AND ended_ms IS NULL AND kind = 'patient';

-- name: callback_pending
-- Finished calls of the last days that left somebody unserved, with neither a callback nor a reason.
SELECT call.* FROM call
WHERE call.started_ms >= :since AND call.ended_ms IS NOT NULL AND call.direction = 'inbound' AND call.kind = 'patient'
  AND (call.missed = 1 OR call.lost_after_answer = 1 OR call.outcome = 'unknown')
  AND NOT EXISTS (SELECT 1 FROM no_callback WHERE no_callback.pbx = call.pbx AND no_callback.call = call.id)
  AND NOT EXISTS (
    SELECT 1 FROM callback_call
    WHERE callback_call.pbx = call.pbx AND callback_call.call = call.id AND callback_call.role = 'missed')
ORDER BY call.started_ms, call.id
LIMIT :limit;

-- name: callback_insert!
INSERT INTO callback (
  id, number, location, kind, state, opened_ms, due_ms, expires_ms, priority, appointment_on, campaign, live, reason
) VALUES (
  :id, :number, :location, :kind, 'open', :opened_ms, :due_ms, :expires_ms, :priority, :appointment_on, :campaign,
  :live, :reason
);

-- name: callback_replan!
-- What follows from the callbacks calls. A snooze ends when the caller rang again.
UPDATE callback SET
  kind = :kind, due_ms = :due_ms, expires_ms = :expires_ms, priority = :priority, appointment_on = :appointment_on,
  campaign = :campaign, reason = :reason, snoozed_until_ms = CASE WHEN :wake = 1 THEN NULL ELSE snoozed_until_ms END
WHERE id = :id AND state <> 'closed';

-- name: callback_close!
UPDATE callback SET
  state = 'closed', claimed_by = NULL, claimed_until_ms = NULL, snoozed_until_ms = NULL, closed_ms = :closed_ms,
  closed_why = :closed_why, closed_by = :closed_by, closed_pbx = :closed_pbx, closed_call = :closed_call,
  unconfirmed_until_ms = :unconfirmed_until_ms, reason = COALESCE(CAST(:reason AS TEXT), reason)
WHERE id = :id;

-- name: callback_reopen!
-- Open a closed callback, unless the number has another open one at the location.
UPDATE callback SET
  state = 'open', closed_ms = NULL, closed_why = NULL, closed_by = NULL, closed_pbx = NULL, closed_call = NULL,
  unconfirmed_until_ms = NULL, reason = NULL, due_ms = :due_ms,
  expires_ms = COALESCE(CAST(:expires_ms AS BIGINT), expires_ms),
  renewed_ms = COALESCE(CAST(:renewed_ms AS BIGINT), renewed_ms)
WHERE id = :id AND state = 'closed' AND NOT EXISTS (
  SELECT 1 FROM callback AS other
  WHERE other.number = callback.number AND other.location = callback.location AND other.state <> 'closed');

-- name: callback_settle!
-- Nobody is asked about the closing call any more.
UPDATE callback SET unconfirmed_until_ms = NULL WHERE id = :id;

-- name: callback_call_put!
-- Give a call its part in a callback, once.
INSERT INTO callback_call (callback, pbx, call, role, at_ms, person, outcome)
VALUES (:callback, :pbx, :call, :role, :at_ms, :person, :outcome)
ON CONFLICT (callback, pbx, call, role) DO UPDATE SET
  at_ms = excluded.at_ms, person = excluded.person, outcome = excluded.outcome;

-- name: callback_call_drop!
DELETE FROM callback_call WHERE callback = :callback AND pbx = :pbx AND call = :call AND role = :role;

-- name: callback_closing_to_attempt!
-- The closing call did not speak with the caller after all, so it was an attempt.
UPDATE callback_call SET role = 'attempt', outcome = :outcome WHERE callback = :callback AND role = 'closing';

-- name: callback_parts
-- The calls of a callback with their parts, in the order they happened.
SELECT * FROM callback_call WHERE callback = :callback ORDER BY at_ms, pbx, call, role;

-- name: callback_closing_drop!
DELETE FROM callback_call WHERE callback = :callback AND role = 'closing';

-- name: no_callback_get^
SELECT * FROM no_callback WHERE pbx = :pbx AND call = :call;

-- name: no_callback_put!
-- Why a missed call has no callback. The same reason again changes nothing.
INSERT INTO no_callback (pbx, call, reason, decided_ms) VALUES (:pbx, :call, :reason, :decided_ms)
ON CONFLICT (pbx, call) DO UPDATE SET reason = excluded.reason, decided_ms = excluded.decided_ms
WHERE no_callback.reason <> excluded.reason;

-- name: no_callback_drop!
DELETE FROM no_callback WHERE pbx = :pbx AND call = :call;

-- name: callback_claim!
-- One person takes it. Nothing changes if somebody else has it, or rings the caller at this moment.
UPDATE callback SET state = 'claimed', claimed_by = :who, claimed_until_ms = :until_ms
WHERE id = :id AND state <> 'closed' AND (
  claimed_by IS NULL OR claimed_by = :who OR (claimed_until_ms <= :now_ms AND NOT EXISTS (
    SELECT 1 FROM call
    WHERE call.party = callback.number AND call.started_ms >= :since AND call.ended_ms IS NULL
      AND call.direction = 'outbound' AND call.kind = 'patient')));

-- name: callback_extend_claims!
-- A claim lasts while its holder rings the number.
UPDATE callback SET claimed_until_ms = :until_ms
WHERE number = :number AND state = 'claimed' AND claimed_until_ms > :now_ms AND claimed_until_ms < :until_ms;

-- name: callback_hand_over!
-- Who holds it gives it to somebody else.
UPDATE callback SET claimed_by = :to_whom, claimed_until_ms = :until_ms
WHERE id = :id AND state = 'claimed' AND claimed_by = :who AND claimed_until_ms > :now_ms;

-- name: callback_release!
UPDATE callback SET state = 'open', claimed_by = NULL, claimed_until_ms = NULL
WHERE id = :id AND state = 'claimed' AND claimed_by = :who;

-- name: callback_lapse!
-- A claim that nobody used is over.
UPDATE callback SET state = 'open', claimed_by = NULL, claimed_until_ms = NULL
WHERE id = :id AND state = 'claimed' AND claimed_until_ms <= :now_ms;

-- name: callback_snooze!
UPDATE callback SET snoozed_until_ms = :until_ms,
  expires_ms = CASE WHEN expires_ms < :expires_ms THEN :expires_ms ELSE expires_ms END
WHERE id = :id AND state <> 'closed';

-- name: callback_wrong_person!
UPDATE callback SET closed_why = 'manual', closed_by = :who, reason = :reason, unconfirmed_until_ms = NULL
WHERE id = :id AND state = 'closed';

-- name: callback_comment_put!
INSERT INTO callback_comment (id, callback, body, author, at_ms) VALUES (:id, :callback, :body, :author, :at_ms);

-- name: callback_comments
SELECT * FROM callback_comment WHERE callback = :callback ORDER BY id;

-- name: callback_expiring
-- Open callbacks whose time is over, or whose claim has lapsed, and closed ones that nobody confirmed in time.
SELECT id, number, location FROM callback
WHERE id > :after AND (
  (state <> 'closed' AND expires_ms <= :now_ms)
  OR (state = 'claimed' AND claimed_until_ms <= :now_ms)
  OR (state = 'closed' AND unconfirmed_until_ms <= :now_ms))
ORDER BY id LIMIT :limit;

-- name: callbacks_open_list
-- What is to be done, first things first. Those that wait for their hour (snoozed, or tried already) come after
-- those that may be rung now; then by priority, due time and age.
WITH soonest AS (
  SELECT callback.id, CASE WHEN callback.snoozed_until_ms > :now_ms THEN 2
    WHEN callback.due_ms > :now_ms AND EXISTS (
      SELECT 1 FROM callback_call
      WHERE callback_call.callback = callback.id AND callback_call.role = 'attempt') THEN 1
    ELSE 0 END AS turn
  FROM callback WHERE callback.state <> 'closed'
  ORDER BY turn, callback.priority DESC, callback.due_ms, callback.opened_ms, callback.id
  LIMIT :limit OFFSET :skip)
SELECT callback.* FROM soonest JOIN callback_listed AS callback ON callback.id = soonest.id
ORDER BY soonest.turn, callback.priority DESC, callback.due_ms, callback.opened_ms, callback.id;

-- name: callback_listed^
-- One callback as a list shows it.
SELECT * FROM callback_listed AS callback
WHERE callback.id = :id;

-- name: callbacks_all_list
-- Every callback, the newest first.
WITH newest AS (
  SELECT callback.id FROM callback ORDER BY callback.opened_ms DESC, callback.id DESC LIMIT :limit OFFSET :skip)
SELECT callback.* FROM newest JOIN callback_listed AS callback ON callback.id = newest.id
ORDER BY callback.opened_ms DESC, callback.id DESC;

-- name: callback_patients
-- The patients who use a number.
SELECT patient.ref, patient.name FROM patient_number
JOIN patient ON patient.ref = patient_number.ref
WHERE patient_number.number = :number
ORDER BY patient.name, patient.ref;
