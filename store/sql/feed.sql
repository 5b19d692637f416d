-- The feed of facts, written in the same transaction as the fact, read by id. It holds nothing personal.

-- name: counter_next$
-- The next id of a counter, from 1 on.
INSERT INTO counter (name, last) VALUES (:name, 1)
ON CONFLICT (name) DO UPDATE SET last = counter.last + 1
RETURNING last;

-- name: feed_append!
INSERT INTO feed (id, at_ms, kind, ref, live) VALUES (:id, :at_ms, :kind, :ref, :live);

-- name: feed_since
-- What came after the row that the reader saw last, in order.
SELECT * FROM feed WHERE id > :since ORDER BY id LIMIT :limit;

-- name: feed_last$
-- The newest id, 0 when nothing was ever written.
SELECT COALESCE(MAX(id), 0) FROM feed;
