-- What goes out beyond messages to people: deliveries to webhooks, texts to missed callers. Times are ms, UTC.

-- name: feed_cursor_get$
SELECT feed FROM feed_cursor WHERE reader = :reader;

-- name: feed_cursor_put!
-- How far a reader of the feed has come. It never goes back.
INSERT INTO feed_cursor (reader, feed) VALUES (:reader, :feed)
ON CONFLICT (reader) DO UPDATE SET feed = excluded.feed WHERE feed_cursor.feed < excluded.feed;

-- name: delivery_put!
-- One record for each webhook and row of the feed, whoever reads the row again.
INSERT INTO delivery (id, webhook, feed, event, ref, at_ms, state, tries, next_ms)
VALUES (:id, :webhook, :feed, :event, :ref, :at_ms, 'waiting', 0, :now_ms)
ON CONFLICT (webhook, feed) DO NOTHING;

-- name: delivery_told_of$
-- Whether a webhook has had this event of this call already.
SELECT 1 FROM delivery WHERE webhook = :webhook AND ref = :ref AND event = :event LIMIT 1;

-- name: deliveries_due
SELECT * FROM delivery WHERE webhook = :webhook AND state = 'waiting' AND next_ms <= :now_ms
ORDER BY next_ms, feed LIMIT :limit;

-- name: delivery_take!
-- Take a delivery for one try. Whoever dies while trying leaves it to be tried again at its next time.
UPDATE delivery SET tries = tries + 1, next_ms = :until_ms
WHERE id = :id AND state = 'waiting' AND next_ms <= :now_ms;

-- name: delivery_sent!
UPDATE delivery SET state = 'sent', done_ms = :now_ms, error = NULL WHERE id = :id;

-- name: delivery_failed!
UPDATE delivery SET next_ms = :next_ms, error = :error WHERE id = :id AND state = 'waiting';

-- name: delivery_dead!
UPDATE delivery SET state = 'dead', done_ms = :now_ms, error = :error WHERE id = :id AND state = 'waiting';

-- name: deliveries_replay!
-- Try dead deliveries again from the beginning, one, those of a webhook, or all; each keeps its id.
UPDATE delivery SET state = 'waiting', tries = 0, next_ms = :now_ms, done_ms = NULL
WHERE state = 'dead' AND (CAST(:id AS TEXT) IS NULL OR id = CAST(:id AS TEXT))
  AND (CAST(:webhook AS TEXT) IS NULL OR webhook = CAST(:webhook AS TEXT));

-- name: deliveries_list
-- The newest deliveries, of one state or of all.
SELECT * FROM delivery WHERE CAST(:state AS TEXT) IS NULL OR state = CAST(:state AS TEXT)
ORDER BY at_ms DESC, feed DESC, webhook LIMIT :limit OFFSET :skip;

-- name: deliveries_count
SELECT webhook, state, COUNT(*) AS deliveries FROM delivery GROUP BY webhook, state ORDER BY webhook, state;

-- name: deliveries_forget!
-- Sent and dead ones are kept for a while only.
DELETE FROM delivery WHERE done_ms < :before_ms;

-- name: text_back_put!
INSERT INTO text_back (pbx, call, due_ms, state, taken_ms) VALUES (:pbx, :call, :due_ms, 'waiting', 0)
ON CONFLICT (pbx, call) DO NOTHING;

-- name: text_backs_due
-- Texts whose time has come (or one of them), with what is known of their callers now.
SELECT text_back.pbx, text_back.call, text_back.due_ms AS at_ms, call.party, call.missed, call.withheld, call.location,
  call.ended_ms, callback.id AS callback, callback.state AS callback_state, callback.due_ms AS callback_due_ms,
  callback.snoozed_until_ms,
  CASE WHEN EXISTS (
    SELECT 1 FROM call AS other
    WHERE other.party = call.party AND other.started_ms >= :live_since AND other.ended_ms IS NULL
      AND other.kind = 'patient') THEN 1 ELSE 0 END AS on_the_line,
  CASE WHEN EXISTS (
    SELECT 1 FROM call AS later
    WHERE later.party = call.party AND later.kind = 'patient' AND later.started_ms >= call.started_ms
      AND later.id <> call.id AND later.outcome = 'answered') THEN 1 ELSE 0 END AS answered_since,
  CASE WHEN EXISTS (SELECT 1 FROM text_stop WHERE text_stop.number = call.party) THEN 1 ELSE 0 END AS stopped,
  CASE WHEN EXISTS (
    SELECT 1 FROM text_back AS earlier JOIN call AS before
      ON before.pbx = earlier.pbx AND before.id = earlier.call
    WHERE earlier.local_day = :local_day AND before.party = call.party
      AND (earlier.pbx <> text_back.pbx OR earlier.call <> text_back.call)) THEN 1 ELSE 0 END AS texted_today
FROM text_back
LEFT JOIN call ON call.pbx = text_back.pbx AND call.id = text_back.call
LEFT JOIN callback_call ON callback_call.pbx = call.pbx AND callback_call.call = call.id
  AND callback_call.role = 'missed'
LEFT JOIN callback ON callback.id = callback_call.callback
WHERE text_back.state = 'waiting' AND text_back.due_ms <= :now_ms AND text_back.taken_ms <= :stale_ms
  AND (CAST(:call AS TEXT) IS NULL
    OR (text_back.pbx = CAST(:pbx AS TEXT) AND text_back.call = CAST(:call AS TEXT)))
ORDER BY text_back.due_ms, text_back.pbx, text_back.call LIMIT :limit;

-- name: text_back_take!
-- Take a text to send it, and note its day, so that no second one goes to the same number.
UPDATE text_back SET taken_ms = :now_ms, local_day = :local_day
WHERE pbx = :pbx AND call = :call AND state = 'waiting' AND taken_ms <= :stale_ms;

-- name: text_back_give_back!
UPDATE text_back SET taken_ms = 0, reason = :reason WHERE pbx = :pbx AND call = :call AND state = 'waiting';

-- name: text_back_done!
UPDATE text_back SET state = 'sent', reason = NULL, done_ms = :now_ms WHERE pbx = :pbx AND call = :call;

-- name: text_back_skip!
-- Why no text was sent.
UPDATE text_back SET state = 'skipped', reason = :reason, local_day = NULL, done_ms = :now_ms
WHERE pbx = :pbx AND call = :call;

-- name: text_backs_of_day$
SELECT COUNT(*) FROM text_back WHERE local_day = :local_day;

-- name: text_backs_list
SELECT text_back.*, call.party FROM text_back
LEFT JOIN call ON call.pbx = text_back.pbx AND call.id = text_back.call
ORDER BY text_back.due_ms DESC, text_back.pbx, text_back.call LIMIT :limit OFFSET :skip;

-- name: text_backs_forget!
DELETE FROM text_back WHERE done_ms < :before_ms;

-- name: text_languages
-- The languages of the patients who use a number.
SELECT DISTINCT patient.language FROM patient_number JOIN patient ON patient.ref = patient_number.ref
WHERE patient_number.number = :number AND patient.language IS NOT NULL ORDER BY patient.language;

-- name: text_stop_put!
INSERT INTO text_stop (number, at_ms, author) VALUES (:number, :at_ms, :author) ON CONFLICT (number) DO NOTHING;

-- name: text_stop_drop!
DELETE FROM text_stop WHERE number = :number;

-- name: text_stops
SELECT * FROM text_stop ORDER BY at_ms DESC, number LIMIT :limit OFFSET :skip;
