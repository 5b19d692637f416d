-- Days that differ from the settings, as the clinic's people say.

-- name: hours_version$
-- Changes with every change of those days; nothing when there never was one.
SELECT last FROM counter WHERE name = 'hours_exception';

-- name: hours_exceptions
-- From a local day on, in order.
SELECT * FROM hours_exception WHERE day >= :from_day ORDER BY day, location;

-- name: hours_exception_get^
SELECT * FROM hours_exception WHERE location = :location AND day = :day;

-- name: hours_exception_put!
INSERT INTO hours_exception (location, day, hours, reason, author, at_ms)
VALUES (:location, :day, :hours, :reason, :author, :at_ms)
ON CONFLICT (location, day) DO UPDATE SET
  hours = excluded.hours, reason = excluded.reason, author = excluded.author, at_ms = excluded.at_ms;

-- name: hours_exception_drop!
DELETE FROM hours_exception WHERE location = :location AND day = :day;
