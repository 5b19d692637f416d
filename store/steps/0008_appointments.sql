-- Appointments of the clinic's own system. Times are ms since the epoch, UTC; local_day is the day at its location.

CREATE TABLE appointment (
  ref TEXT PRIMARY KEY,
  patient TEXT NOT NULL,
  created_ms BIGINT,
  start_ms BIGINT NOT NULL,
  local_day TEXT NOT NULL,
  status TEXT NOT NULL,
  service TEXT,
  doctor TEXT,
  value_minor BIGINT,
  currency TEXT,
  location TEXT NOT NULL,
  cancelled_ms BIGINT,
  channel TEXT,
  source TEXT,
  medium TEXT,
  campaign TEXT,
  imported_ms BIGINT NOT NULL
);

CREATE INDEX appointment_by_patient ON appointment (patient, start_ms);
CREATE INDEX appointment_by_day ON appointment (local_day, start_ms);

-- The local day on which a patient of the number is expected, as far as the priority counts it.
ALTER TABLE callback ADD COLUMN appointment_on TEXT;
