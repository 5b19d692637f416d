-- Numbers that a person marked, so that nobody rings them back.

-- name: number_mark_put!
INSERT INTO number_mark (number, kind, reason, author, at_ms) VALUES (:number, :kind, :reason, :author, :at_ms)
ON CONFLICT (number) DO UPDATE SET
  kind = excluded.kind, reason = excluded.reason, author = excluded.author, at_ms = excluded.at_ms;

-- name: number_mark_drop!
DELETE FROM number_mark WHERE number = :number;

-- name: number_mark_kind$
SELECT kind FROM number_mark WHERE number = :number;

-- name: number_marks
SELECT * FROM number_mark ORDER BY kind, number LIMIT :limit OFFSET :skip;
