-- Calls and what they are made of. Times are milliseconds since the epoch, UTC; truth values are 0 and 1.

-- name: call_put!
-- Store a call as it is known now. A version older than the stored one changes nothing and counts 0 rows.
INSERT INTO call (
  pbx, id, version, direction, kind, state, linkedids, caller_number, caller_raw, caller_name, withheld, did,
  did_raw, destination, destination_raw, presented_number, extension, location, entry, queue, rang, answered_by,
  final_agent, outcome, started_ms, offered_ms, answered_ms, ended_ms, wait_ms, ring_ms, talk_ms, bridged_ms,
  hold_ms, holds, lost_after_answer, transfers, hung_up_by, recording, voicemail, consultation_of, joined_with,
  click_id, sure, met_late, party, missed, in_hours, first_time, local_day, local_hour, local_weekday,
  sources
) VALUES (
  :pbx, :id, :version, :direction, :kind, :state, :linkedids, :caller_number, :caller_raw, :caller_name,
  :withheld, :did, :did_raw, :destination, :destination_raw, :presented_number, :extension, :location, :entry,
  :queue, :rang, :answered_by, :final_agent, :outcome, :started_ms, :offered_ms, :answered_ms, :ended_ms,
  :wait_ms, :ring_ms, :talk_ms, :bridged_ms, :hold_ms, :holds, :lost_after_answer, :transfers, :hung_up_by,
  :recording, :voicemail, :consultation_of, :joined_with, :click_id, :sure, :met_late, :party, :missed, :in_hours,
  :first_time, :local_day, :local_hour, :local_weekday, :sources
) ON CONFLICT (pbx, id) DO UPDATE SET
  version = excluded.version, direction = excluded.direction, kind = excluded.kind, state = excluded.state,
  linkedids = excluded.linkedids, caller_number = excluded.caller_number, caller_raw = excluded.caller_raw,
  caller_name = excluded.caller_name, withheld = excluded.withheld, did = excluded.did,
  did_raw = excluded.did_raw, destination = excluded.destination, destination_raw = excluded.destination_raw,
  presented_number = excluded.presented_number, extension = excluded.extension, location = excluded.location,
  entry = excluded.entry, queue = excluded.queue, rang = excluded.rang, answered_by = excluded.answered_by,
  final_agent = excluded.final_agent, outcome = excluded.outcome, started_ms = excluded.started_ms,
  offered_ms = excluded.offered_ms, answered_ms = excluded.answered_ms, ended_ms = excluded.ended_ms,
  wait_ms = excluded.wait_ms, ring_ms = excluded.ring_ms, talk_ms = excluded.talk_ms,
  bridged_ms = excluded.bridged_ms, hold_ms = excluded.hold_ms, holds = excluded.holds,
  lost_after_answer = excluded.lost_after_answer, transfers = excluded.transfers,
  hung_up_by = excluded.hung_up_by, recording = excluded.recording, voicemail = excluded.voicemail,
  consultation_of = excluded.consultation_of, joined_with = excluded.joined_with, click_id = excluded.click_id,
  sure = excluded.sure, met_late = excluded.met_late, party = excluded.party, missed = excluded.missed,
  in_hours = excluded.in_hours, first_time = excluded.first_time, local_day = excluded.local_day,
  local_hour = excluded.local_hour, local_weekday = excluded.local_weekday, sources = excluded.sources
WHERE excluded.version >= call.version;

-- name: call_get^
-- A call by its id, or by the id it had before it was merged into an older one.
SELECT call.* FROM call
WHERE call.pbx = :pbx AND call.id = COALESCE(
  (SELECT call_alias.id FROM call_alias WHERE call_alias.pbx = :pbx AND call_alias.alias = :id), :id);

-- name: calls_by_id
-- Calls of whatever exchange by a bare id or alias.
SELECT call.* FROM call
WHERE call.id = :id OR EXISTS (
  SELECT 1 FROM call_alias
  WHERE call_alias.alias = :id AND call_alias.pbx = call.pbx AND call_alias.id = call.id)
ORDER BY call.pbx;

-- name: call_of_leg$
-- The id of the call that has this channel.
SELECT call FROM leg WHERE pbx = :pbx AND uniqueid = :uniqueid;

-- name: calls_open
-- The calls of one exchange whose end was not seen yet, oldest first.
SELECT * FROM call WHERE pbx = :pbx AND ended_ms IS NULL ORDER BY started_ms, id;

-- name: calls_list
-- Calls of a period, newest first. Optional filters are NULL; the next page is asked for with the last row of this one.
SELECT * FROM call
WHERE started_ms >= COALESCE(CAST(:from_ms AS BIGINT), 0)
  AND started_ms < COALESCE(CAST(:to_ms AS BIGINT), 9223372036854775807)
  AND started_ms <= COALESCE(CAST(:before_ms AS BIGINT), 9223372036854775807)
  AND (CAST(:before_ms AS BIGINT) IS NULL
    OR (started_ms, id, pbx) < (CAST(:before_ms AS BIGINT), CAST(:before_id AS TEXT), CAST(:before_pbx AS TEXT)))
  AND (CAST(:direction AS TEXT) IS NULL OR direction = CAST(:direction AS TEXT))
  AND (CAST(:outcome AS TEXT) IS NULL OR outcome = CAST(:outcome AS TEXT))
  AND (CAST(:number AS TEXT) IS NULL OR party = CAST(:number AS TEXT))
ORDER BY started_ms DESC, id DESC, pbx DESC
LIMIT :limit;

-- name: call_alias_put!
-- Remember that a call was merged into an older one.
INSERT INTO call_alias (pbx, alias, id) VALUES (:pbx, :alias, :id)
ON CONFLICT (pbx, alias) DO UPDATE SET id = excluded.id;

-- name: call_alias_of$
-- The id of the call that this one was merged into, if it was.
SELECT id FROM call_alias WHERE pbx = :pbx AND alias = :alias;

-- name: calls_of_several_pbx$
-- 1 when the calls of more than one exchange are stored.
SELECT CASE WHEN (SELECT MIN(pbx) FROM call) <> (SELECT MAX(pbx) FROM call) THEN 1 ELSE 0 END;

-- name: legs
-- The channels of a call, in the order they appeared.
SELECT * FROM leg WHERE pbx = :pbx AND call = :call ORDER BY started_ms, uniqueid;

-- name: legs_clear!
DELETE FROM leg WHERE pbx = :pbx AND call = :call;

-- name: legs_put*!
-- A channel belongs to the call that named it last.
INSERT INTO leg (
  pbx, uniqueid, call, linkedid, channel, role, number, started_ms, answered_ms, ended_ms, cause, ring_ms
) VALUES (
  :pbx, :uniqueid, :call, :linkedid, :channel, :role, :number, :started_ms, :answered_ms, :ended_ms, :cause,
  :ring_ms
) ON CONFLICT (pbx, uniqueid) DO UPDATE SET
  call = excluded.call, linkedid = excluded.linkedid, channel = excluded.channel, role = excluded.role,
  number = excluded.number, started_ms = excluded.started_ms, answered_ms = excluded.answered_ms,
  ended_ms = excluded.ended_ms, cause = excluded.cause, ring_ms = excluded.ring_ms;

-- name: talks
SELECT * FROM talk WHERE pbx = :pbx AND call = :call ORDER BY n;

-- name: talks_clear!
DELETE FROM talk WHERE pbx = :pbx AND call = :call;

-- name: talks_put*!
INSERT INTO talk (pbx, call, n, who, started_ms, ended_ms)
VALUES (:pbx, :call, :n, :who, :started_ms, :ended_ms);

-- name: waits
SELECT * FROM wait WHERE pbx = :pbx AND call = :call ORDER BY n;

-- name: waits_clear!
DELETE FROM wait WHERE pbx = :pbx AND call = :call;

-- name: waits_put*!
INSERT INTO wait (pbx, call, n, queue, started_ms, ended_ms, departed)
VALUES (:pbx, :call, :n, :queue, :started_ms, :ended_ms, :departed);

-- name: party_called_before$
-- Another patient's call from or to this number before a moment, or nothing.
SELECT id FROM call
WHERE party = :party AND started_ms >= :from_ms AND started_ms < :before_ms AND kind = 'patient'
  AND (pbx <> :pbx OR id <> :id)
ORDER BY started_ms LIMIT 1;

-- name: call_first_time!
-- A call that turned up late was before this one, or was none after all. The version stays: the call itself is the same.
UPDATE call SET first_time = :first_time WHERE pbx = :pbx AND id = :id;

-- name: call_exclude!
UPDATE call SET excluded = :excluded WHERE pbx = :pbx AND id = :id;

-- name: calls_in_order
-- All calls, oldest first; the next page is asked for with the last row of this one.
SELECT * FROM call
WHERE CAST(:after_ms AS BIGINT) IS NULL
  OR (started_ms, id, pbx) > (CAST(:after_ms AS BIGINT), CAST(:after_id AS TEXT), CAST(:after_pbx AS TEXT))
ORDER BY started_ms, id, pbx
LIMIT :limit;

-- name: call_topic_put!
INSERT INTO call_topic (id, pbx, call, topic, category, patient, author, at_ms)
VALUES (:id, :pbx, :call, :topic, :category, :patient, :author, :at_ms);

-- name: call_topics
SELECT * FROM call_topic WHERE pbx = :pbx AND call = :call ORDER BY at_ms, id;

-- name: call_comment_put!
INSERT INTO call_comment (id, pbx, call, body, author, at_ms)
VALUES (:id, :pbx, :call, :body, :author, :at_ms);

-- name: call_comments
SELECT * FROM call_comment WHERE pbx = :pbx AND call = :call ORDER BY at_ms, id;
