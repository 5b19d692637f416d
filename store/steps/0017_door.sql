-- How many visitors of one network were given a number of their own on a day, so that a restart forgets no cap.
-- `network` is a keyed hash; a day that is over is deleted.
CREATE TABLE door_network (
  local_day TEXT NOT NULL,
  network TEXT NOT NULL,
  leases BIGINT NOT NULL,
  PRIMARY KEY (local_day, network)
);

-- Numbers that were marked before calls could be left out of the figures: their calls of then are left out, too.
UPDATE call SET excluded = (SELECT number_mark.kind FROM number_mark WHERE number_mark.number = call.party)
WHERE call.excluded = '' AND call.party IN (SELECT number FROM number_mark);

INSERT INTO rollup_dirty (day) SELECT '' WHERE EXISTS (SELECT 1 FROM number_mark)
ON CONFLICT (day) DO NOTHING;
