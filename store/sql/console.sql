-- What the pages of the console look up. Times are milliseconds since the epoch, UTC.

-- The plus keeps SQLite from reading all calls since then: those that have not ended have an index of their own.

-- name: console_open_calls
-- Calls that have not ended, oldest first.
SELECT * FROM call WHERE ended_ms IS NULL AND +started_ms >= :since ORDER BY +started_ms, id LIMIT :limit;

-- name: console_open_legs
-- Parts of calls that have not ended. CROSS JOIN: the few open calls first, never the parts of all calls ever made.
SELECT leg.* FROM call CROSS JOIN leg
WHERE leg.pbx = call.pbx AND leg.call = call.id AND call.ended_ms IS NULL AND +call.started_ms >= :since
ORDER BY leg.started_ms, leg.uniqueid;

-- name: console_open_talks
SELECT talk.* FROM call CROSS JOIN talk
WHERE talk.pbx = call.pbx AND talk.call = call.id AND call.ended_ms IS NULL AND +call.started_ms >= :since
ORDER BY talk.pbx, talk.call, talk.n;

-- name: console_open_waits
SELECT wait.* FROM call CROSS JOIN wait
WHERE wait.pbx = call.pbx AND wait.call = call.id AND call.ended_ms IS NULL AND +call.started_ms >= :since
ORDER BY wait.pbx, wait.call, wait.n;

-- name: console_today^
-- What became of the calls of a local day.
SELECT COALESCE(SUM(answered), 0) AS answered, COALESCE(SUM(missed), 0) AS missed FROM rollup_hour WHERE day = :day;

-- name: console_to_ring_back^
-- Open callbacks, and those that should have been rung by now.
SELECT COUNT(*) AS waiting,
  COALESCE(SUM(CASE WHEN due_ms <= :now_ms AND COALESCE(snoozed_until_ms, 0) <= :now_ms THEN 1 ELSE 0 END), 0)
    AS overdue
FROM callback WHERE state <> 'closed';

-- name: console_phones
-- Extensions that were used on or since a local day.
SELECT DISTINCT agent FROM rollup_agent WHERE day >= :day ORDER BY agent;

-- name: console_desks
-- Who sits at which extension: the person whose session was seen there last.
SELECT web_session.desk, web_user.display, web_session.seen_ms
FROM web_session JOIN web_user ON web_user.name = web_session.person
WHERE web_session.ended_ms IS NULL AND web_session.until_ms > :now_ms AND web_session.desk <> ''
ORDER BY web_session.seen_ms, web_session.id;

-- name: console_gaps_open
-- The exchanges that nobody hears now, and since when.
SELECT pbx, from_ms, reason FROM gap WHERE to_ms IS NULL ORDER BY from_ms, id;

-- name: console_gaps_over
-- The gaps that ended lately, the newest first; filled_ms is NULL until what happened meanwhile is filled in, read_ms
-- until that is so but for calls that went on after it.
SELECT pbx, from_ms, to_ms, filled_ms, (
  SELECT backfill.done_ms FROM backfill
  WHERE backfill.pbx = gap.pbx AND backfill.origin = 'gap' AND backfill.from_ms = gap.from_ms) AS read_ms
FROM gap WHERE to_ms >= :since ORDER BY from_ms DESC, id DESC LIMIT 3;

-- name: console_leases
SELECT pbx, until_ms FROM listener_lease ORDER BY pbx;

-- name: console_ringing_at
-- Calls that ring at an extension now, or that somebody talks on there, oldest first.
SELECT DISTINCT call.* FROM call JOIN leg ON leg.pbx = call.pbx AND leg.call = call.id
WHERE call.ended_ms IS NULL AND +call.started_ms >= :since AND leg.number = :extension AND leg.role = 'phone'
  AND leg.ended_ms IS NULL
ORDER BY call.started_ms, call.id;

-- name: console_unnoted_at
-- Patients calls that an extension answered or placed, that ended lately and have no topic yet, the newest first.
SELECT call.* FROM (
  SELECT call.pbx, call.id FROM call
  WHERE call.kind = 'patient' AND call.outcome = 'answered'
    AND (call.direction = 'inbound' AND call.answered_by = :extension AND call.ended_ms >= :ended_since
      OR call.direction = 'inbound' AND call.final_agent = :extension AND call.ended_ms >= :ended_since
      OR call.direction = 'outbound' AND call.extension = :extension AND call.ended_ms >= :ended_since)
    AND NOT EXISTS (SELECT 1 FROM call_topic WHERE call_topic.pbx = call.pbx AND call_topic.call = call.id)
  ORDER BY call.ended_ms DESC, call.id LIMIT :limit
) AS latest JOIN call ON call.pbx = latest.pbx AND call.id = latest.id
ORDER BY call.ended_ms DESC, call.id;

-- name: console_noting
-- Desks where somebody sits and whose last call of a patient, answered lately, has no topic yet; and when it ended.
SELECT desk, ended_ms FROM (
  SELECT seat.desk, (
    SELECT call.ended_ms FROM call
    WHERE call.answered_by = seat.desk AND call.ended_ms >= :ended_since AND call.kind = 'patient'
      AND call.outcome = 'answered' AND call.direction = 'inbound'
    ORDER BY call.ended_ms DESC, call.id DESC LIMIT 1) AS ended_ms, (
    SELECT CASE WHEN EXISTS (
      SELECT 1 FROM call_topic WHERE call_topic.pbx = call.pbx AND call_topic.call = call.id) THEN 1 ELSE 0 END
    FROM call
    WHERE call.answered_by = seat.desk AND call.ended_ms >= :ended_since AND call.kind = 'patient'
      AND call.outcome = 'answered' AND call.direction = 'inbound'
    ORDER BY call.ended_ms DESC, call.id DESC LIMIT 1) AS noted
  FROM (
    SELECT DISTINCT web_session.desk FROM web_session
    WHERE web_session.ended_ms IS NULL AND web_session.until_ms > :now_ms AND web_session.desk <> ''
  ) AS seat
) AS latest
WHERE ended_ms IS NOT NULL AND noted = 0;

-- name: console_history
-- The calls of a number before one of them, the newest first, with the topic noted last.
SELECT call.*, (
    SELECT call_topic.topic FROM call_topic
    WHERE call_topic.pbx = call.pbx AND call_topic.call = call.id
    ORDER BY call_topic.at_ms DESC, call_topic.id DESC LIMIT 1) AS topic
FROM call
WHERE call.party = :party AND call.kind = 'patient' AND call.started_ms < :before_ms
ORDER BY call.started_ms DESC, call.id DESC LIMIT :limit;

-- name: console_party_comments
-- What was written on the calls of a number, the newest first.
SELECT call_comment.body, call_comment.author, call_comment.at_ms
FROM call JOIN call_comment ON call_comment.pbx = call.pbx AND call_comment.call = call.id
WHERE call.party = :party AND call.kind = 'patient'
ORDER BY call_comment.at_ms DESC, call_comment.id DESC LIMIT :limit;

-- name: console_open_callback^
-- The open callback of a number, the first of them when it has several at different locations.
SELECT * FROM callback_listed AS callback WHERE number = :number AND state <> 'closed' ORDER BY due_ms, id LIMIT 1;

-- name: draft_get$
-- What a person has begun to write about a call, or about one that was merged into it since.
SELECT body FROM call_draft
WHERE person = :person AND pbx = :pbx AND (call = :call OR call IN (
  SELECT alias FROM call_alias WHERE call_alias.pbx = :pbx AND call_alias.id = :call))
ORDER BY CASE WHEN call = :call THEN 0 ELSE 1 END, at_ms DESC LIMIT 1;

-- name: draft_put!
INSERT INTO call_draft (person, pbx, call, body, at_ms) VALUES (:person, :pbx, :call, :body, :at_ms)
ON CONFLICT (person, pbx, call) DO UPDATE SET body = excluded.body, at_ms = excluded.at_ms
WHERE call_draft.at_ms <= excluded.at_ms;

-- name: draft_drop!
DELETE FROM call_draft
WHERE person = :person AND pbx = :pbx AND (call = :call OR call IN (
  SELECT alias FROM call_alias WHERE call_alias.pbx = :pbx AND call_alias.id = :call));

-- name: drafts_of
-- What a person has begun to write, the newest first.
SELECT pbx, call, body, at_ms FROM call_draft WHERE person = :person AND body <> '' ORDER BY at_ms DESC LIMIT :limit;

-- name: callbacks_claimed_list
-- What one person has claimed, first things first; columns as in callbacks_open_list.
SELECT * FROM callback_listed AS callback
WHERE callback.state <> 'closed' AND callback.state = 'claimed' AND callback.claimed_by = :who AND callback.claimed_until_ms > :now_ms
ORDER BY callback.priority DESC, callback.due_ms, callback.id
LIMIT :limit;

-- name: callbacks_unconfirmed_list
-- Closed by a talk so short that it may have been an answering machine; the latest first.
SELECT * FROM callback_listed AS callback
WHERE callback.state = 'closed' AND callback.closed_why = 'reached' AND callback.unconfirmed_until_ms > :now_ms
ORDER BY callback.closed_ms DESC, callback.id LIMIT :limit;

-- name: callback_live_call^
-- The call that lives now with a number, if any.
SELECT pbx, id, direction, state, extension FROM call
WHERE party = :number AND started_ms >= :since AND ended_ms IS NULL AND kind = 'patient'
ORDER BY started_ms DESC LIMIT 1;

-- name: callback_last_miss^
-- The missed call of a callback that came last, with the number it dialled.
SELECT callback_call.pbx, callback_call.call, callback_call.at_ms, call.did, call.local_day, call.outcome, call.wait_ms,
  call.voicemail, call.in_hours, call.first_time
FROM callback_call LEFT JOIN call ON call.pbx = callback_call.pbx AND call.id = callback_call.call
WHERE callback_call.callback = :callback AND callback_call.role = 'missed'
ORDER BY callback_call.at_ms DESC LIMIT 1;

-- name: click_add!
INSERT INTO click (id, at_ms, local_day, person, number, phone, callback, state)
VALUES (:id, :at_ms, :local_day, :person, :number, :phone, CAST(:callback AS BIGINT), 'asked');

-- name: click_state!
UPDATE click SET state = :state WHERE id = :id;

-- name: clicks_of_day^
-- How many calls were started on a local day by one person, to one number, and in all.
SELECT COALESCE(SUM(CASE WHEN person = :person THEN 1 ELSE 0 END), 0) AS by_person,
  COALESCE(SUM(CASE WHEN number = :number THEN 1 ELSE 0 END), 0) AS to_number, COUNT(*) AS everybody
FROM click WHERE local_day = :day;

-- name: console_calls
-- Calls, newest first, with every filter optional (NULL); the next page is asked for with the last row of this one.
SELECT call.*, (
    SELECT call_topic.topic FROM call_topic
    WHERE call_topic.pbx = call.pbx AND call_topic.call = call.id
    ORDER BY call_topic.at_ms DESC, call_topic.id DESC LIMIT 1) AS topic,
  campaign.source AS campaign_source, campaign.medium AS campaign_medium, campaign.name AS campaign_name
FROM call
LEFT JOIN attribution ON attribution.pbx = call.pbx AND attribution.call = call.id
LEFT JOIN campaign ON campaign.id = attribution.campaign
WHERE call.started_ms >= COALESCE(CAST(:from_ms AS BIGINT), 0)
  AND call.started_ms < COALESCE(CAST(:to_ms AS BIGINT), 9223372036854775807)
  AND call.started_ms <= COALESCE(CAST(:before_ms AS BIGINT), 9223372036854775807)
  AND (CAST(:before_ms AS BIGINT) IS NULL OR (call.started_ms, call.id, call.pbx)
    < (CAST(:before_ms AS BIGINT), CAST(:before_id AS TEXT), CAST(:before_pbx AS TEXT)))
  AND (CAST(:direction AS TEXT) IS NULL OR call.direction = CAST(:direction AS TEXT))
  AND (CAST(:outcome AS TEXT) IS NULL OR call.outcome = CAST(:outcome AS TEXT)
    OR (CAST(:outcome AS TEXT) = 'missed' AND call.missed = 1))
  AND (CAST(:did AS TEXT) IS NULL OR call.did = CAST(:did AS TEXT))
  AND (CAST(:campaign AS BIGINT) IS NULL OR attribution.campaign = CAST(:campaign AS BIGINT))
  AND (CAST(:fragment AS TEXT) IS NULL OR call.party LIKE CAST(:fragment AS TEXT)
    OR call.caller_raw LIKE CAST(:fragment AS TEXT))
  AND (CAST(:person AS TEXT) IS NULL OR call.answered_by = CAST(:person AS TEXT)
    OR call.final_agent = CAST(:person AS TEXT) OR call.extension = CAST(:person AS TEXT))
  AND (CAST(:hour AS BIGINT) IS NULL OR call.local_hour = CAST(:hour AS BIGINT))
  AND (CAST(:first_time AS BIGINT) IS NULL OR call.first_time = CAST(:first_time AS BIGINT))
  AND (CAST(:open AS BIGINT) IS NULL OR call.in_hours = CAST(:open AS BIGINT))
  AND (CAST(:kind AS TEXT) IS NULL
    OR (CAST(:kind AS TEXT) = 'patient' AND call.kind = 'patient' AND call.excluded = '')
    OR (CAST(:kind AS TEXT) = 'internal' AND call.kind <> 'patient')
    OR (CAST(:kind AS TEXT) = 'marked' AND call.excluded <> ''))
  AND (CAST(:patient AS TEXT) IS NULL OR EXISTS (
    SELECT 1 FROM call_patient JOIN patient ON patient.ref = call_patient.ref
    WHERE call_patient.pbx = call.pbx AND call_patient.call = call.id
      AND (patient.ref = CAST(:patient AS TEXT) OR patient.folded LIKE CAST(:patient_name AS TEXT))))
  AND (CAST(:topic AS TEXT) IS NULL
    OR (CAST(:topic AS TEXT) = '-' AND call.kind = 'patient' AND call.outcome = 'answered' AND NOT EXISTS (
      SELECT 1 FROM call_topic WHERE call_topic.pbx = call.pbx AND call_topic.call = call.id))
    OR CAST(:topic AS TEXT) = (
      SELECT call_topic.topic FROM call_topic
      WHERE call_topic.pbx = call.pbx AND call_topic.call = call.id
      ORDER BY call_topic.at_ms DESC, call_topic.id DESC LIMIT 1))
ORDER BY call.started_ms DESC, call.id DESC, call.pbx DESC
LIMIT :limit;

-- name: console_calls_count$
-- How many calls pass the filters of console_calls.
SELECT COUNT(*)
FROM call
LEFT JOIN attribution ON attribution.pbx = call.pbx AND attribution.call = call.id
WHERE call.started_ms >= COALESCE(CAST(:from_ms AS BIGINT), 0)
  AND call.started_ms < COALESCE(CAST(:to_ms AS BIGINT), 9223372036854775807)
  AND (CAST(:direction AS TEXT) IS NULL OR call.direction = CAST(:direction AS TEXT))
  AND (CAST(:outcome AS TEXT) IS NULL OR call.outcome = CAST(:outcome AS TEXT)
    OR (CAST(:outcome AS TEXT) = 'missed' AND call.missed = 1))
  AND (CAST(:did AS TEXT) IS NULL OR call.did = CAST(:did AS TEXT))
  AND (CAST(:campaign AS BIGINT) IS NULL OR attribution.campaign = CAST(:campaign AS BIGINT))
  AND (CAST(:fragment AS TEXT) IS NULL OR call.party LIKE CAST(:fragment AS TEXT)
    OR call.caller_raw LIKE CAST(:fragment AS TEXT))
  AND (CAST(:person AS TEXT) IS NULL OR call.answered_by = CAST(:person AS TEXT)
    OR call.final_agent = CAST(:person AS TEXT) OR call.extension = CAST(:person AS TEXT))
  AND (CAST(:hour AS BIGINT) IS NULL OR call.local_hour = CAST(:hour AS BIGINT))
  AND (CAST(:first_time AS BIGINT) IS NULL OR call.first_time = CAST(:first_time AS BIGINT))
  AND (CAST(:open AS BIGINT) IS NULL OR call.in_hours = CAST(:open AS BIGINT))
  AND (CAST(:kind AS TEXT) IS NULL
    OR (CAST(:kind AS TEXT) = 'patient' AND call.kind = 'patient' AND call.excluded = '')
    OR (CAST(:kind AS TEXT) = 'internal' AND call.kind <> 'patient')
    OR (CAST(:kind AS TEXT) = 'marked' AND call.excluded <> ''))
  AND (CAST(:patient AS TEXT) IS NULL OR EXISTS (
    SELECT 1 FROM call_patient JOIN patient ON patient.ref = call_patient.ref
    WHERE call_patient.pbx = call.pbx AND call_patient.call = call.id
      AND (patient.ref = CAST(:patient AS TEXT) OR patient.folded LIKE CAST(:patient_name AS TEXT))))
  AND (CAST(:topic AS TEXT) IS NULL
    OR (CAST(:topic AS TEXT) = '-' AND call.kind = 'patient' AND call.outcome = 'answered' AND NOT EXISTS (
      SELECT 1 FROM call_topic WHERE call_topic.pbx = call.pbx AND call_topic.call = call.id))
    OR CAST(:topic AS TEXT) = (
      SELECT call_topic.topic FROM call_topic
      WHERE call_topic.pbx = call.pbx AND call_topic.call = call.id
      ORDER BY call_topic.at_ms DESC, call_topic.id DESC LIMIT 1));

-- name: console_call_row^
-- One call as console_calls has it.
SELECT call.*, (
    SELECT call_topic.topic FROM call_topic
    WHERE call_topic.pbx = call.pbx AND call_topic.call = call.id
    ORDER BY call_topic.at_ms DESC, call_topic.id DESC LIMIT 1) AS topic,
  campaign.source AS campaign_source, campaign.medium AS campaign_medium, campaign.name AS campaign_name
FROM call
LEFT JOIN attribution ON attribution.pbx = call.pbx AND attribution.call = call.id
LEFT JOIN campaign ON campaign.id = attribution.campaign
WHERE call.pbx = :pbx AND call.id = :call;

-- name: console_dids
-- The numbers of the clinic that are or were assigned, with the newest label of each.
SELECT number_assignment.did, number_assignment.label FROM number_assignment
WHERE number_assignment.id = (
  SELECT MAX(newest.id) FROM number_assignment AS newest WHERE newest.did = number_assignment.did)
ORDER BY number_assignment.label, number_assignment.did;

-- name: console_campaigns
SELECT id, source, medium, name FROM campaign ORDER BY source, medium, name;

-- name: console_sessions
-- Every session that may be used now, as session_live gives one.
SELECT web_session.id, web_session.person, web_session.means, web_session.desk, web_session.proved_ms,
  web_session.until_ms, web_user.display, web_user.roles, web_user.language
FROM web_session JOIN web_user ON web_user.name = web_session.person
WHERE web_session.ended_ms IS NULL AND web_session.until_ms > :now_ms AND web_user.disabled_ms IS NULL;

-- name: console_gap_last^
-- The newest gap, open or closed: tells that something was, even when it is over again. `to_ms` changes when it ends, and
-- once more when it is filled in, `read_ms` when that is so but for calls that went on after it.
SELECT id, COALESCE(filled_ms, to_ms) AS to_ms, (
  SELECT backfill.done_ms FROM backfill
  WHERE backfill.pbx = gap.pbx AND backfill.origin = 'gap' AND backfill.from_ms = gap.from_ms) AS read_ms
FROM gap ORDER BY id DESC LIMIT 1;
