-- What a desk answered or rang lately, found without reading the calls of everybody else. Only calls that ended are in
-- these indexes, so each call is written into them once.
CREATE INDEX call_by_answerer ON call (answered_by, ended_ms) WHERE ended_ms IS NOT NULL AND answered_by IS NOT NULL;
CREATE INDEX call_by_final_agent ON call (final_agent, ended_ms) WHERE ended_ms IS NOT NULL AND final_agent IS NOT NULL;
CREATE INDEX call_by_extension ON call (extension, ended_ms) WHERE ended_ms IS NOT NULL AND extension IS NOT NULL;
