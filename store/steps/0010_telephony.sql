-- Who sits in which queue, as the exchange tells it, and what a click became.

CREATE TABLE queue_member (
  pbx TEXT NOT NULL,
  queue TEXT NOT NULL,
  interface TEXT NOT NULL,
  extension TEXT NOT NULL,
  name TEXT NOT NULL,
  paused BIGINT NOT NULL,
  reason TEXT NOT NULL,
  since_ms BIGINT,
  reachable BIGINT NOT NULL,
  at_ms BIGINT NOT NULL,
  PRIMARY KEY (pbx, queue, interface)
);

CREATE INDEX queue_member_by_extension ON queue_member (extension);

-- The page finds the call of a click by the mark that both of its legs carry.
CREATE INDEX call_by_click ON call (click_id) WHERE click_id IS NOT NULL;

CREATE INDEX click_by_time ON click (at_ms, person);

-- A play and its seeks are one row of the audit log.
CREATE INDEX audit_by_session ON audit (session, at_ms);
