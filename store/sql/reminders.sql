-- Messages to people: what is due to be told, and the ledger of what was told. Times are ms since the epoch, UTC.

-- name: callbacks_to_remind
-- Open callbacks that came due since a moment, that opened live, that nobody holds and whose caller is not on the line.
SELECT * FROM callback_listed AS callback
WHERE callback.state <> 'closed' AND callback.state = 'open' AND callback.live = 1 AND callback.due_ms <= :now_ms
  AND (callback.snoozed_until_ms IS NULL OR callback.snoozed_until_ms <= :now_ms)
  AND (callback.due_ms >= :since OR callback.snoozed_until_ms >= :since)
  AND NOT EXISTS (
    SELECT 1 FROM call
    WHERE call.party = callback.number AND call.started_ms >= :live_since AND call.ended_ms IS NULL
      AND call.kind = 'patient')
ORDER BY callback.priority DESC, callback.due_ms, callback.id
LIMIT :limit;

-- name: notice_take!
-- Take a message to send it. Nothing changes if it was sent, or if somebody took it a moment ago.
INSERT INTO notice (key, made_ms, taken_ms, sent_ms) VALUES (:key, :now_ms, :now_ms, NULL)
ON CONFLICT (key) DO UPDATE SET taken_ms = excluded.taken_ms
WHERE notice.sent_ms IS NULL AND notice.taken_ms <= :stale_ms;

-- name: notice_sent_ms$
SELECT sent_ms FROM notice WHERE key = :key;

-- name: notice_sent!
UPDATE notice SET sent_ms = :sent_ms WHERE key = :key;

-- name: notice_give_back!
-- It could not be sent, so it is tried again soon. It stays in the ledger, it must not be lost by growing old.
UPDATE notice SET taken_ms = :taken_ms WHERE key = :key AND sent_ms IS NULL;

-- name: notices_unsent
-- What was begun since a moment and not sent.
SELECT key FROM notice WHERE sent_ms IS NULL AND made_ms >= :since;

-- name: notices_forget!
DELETE FROM notice WHERE made_ms < :before_ms;

-- name: summary_open^
-- How many callbacks are open, and how many of them are overdue.
SELECT COUNT(*) AS open,
  COALESCE(SUM(CASE WHEN due_ms < :now_ms AND (snoozed_until_ms IS NULL OR snoozed_until_ms < :now_ms)
    THEN 1 ELSE 0 END), 0) AS overdue,
  MIN(opened_ms) AS oldest_ms
FROM callback WHERE state <> 'closed';

-- name: summary_missed^
-- Missed calls of a time, how many of them withheld their number, and how many of their callers were reached since.
SELECT COUNT(*) AS missed,
  COALESCE(SUM(call.withheld), 0) AS withheld,
  COALESCE(SUM(CASE WHEN EXISTS (
    SELECT 1 FROM callback_call JOIN callback ON callback.id = callback_call.callback
    WHERE callback_call.pbx = call.pbx AND callback_call.call = call.id AND callback_call.role = 'missed'
      AND callback.closed_why IN ('reached', 'returned', 'booked')) THEN 1 ELSE 0 END), 0) AS recovered
FROM call
WHERE call.started_ms >= :from_ms AND call.started_ms < :to_ms AND call.missed = 1 AND call.kind = 'patient';
