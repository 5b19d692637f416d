-- People who asked on the web site to be rung back. Times are ms since the epoch, UTC.

-- name: request_put!
INSERT INTO request (
  id, at_ms, local_day, callback, location, network, visit, campaign, site, page, language, consent, refused
) VALUES (
  :id, :at_ms, :local_day, :callback, :location, :network, :visit, :campaign, :site, :page, :language, :consent,
  :refused
);

-- name: request_counts^
-- What counts against another request: of the day, of the number, of the network, and of the last minutes.
SELECT
  COALESCE(SUM(CASE WHEN request.local_day = :day AND request.refused = '' THEN 1 ELSE 0 END), 0) AS of_day,
  COALESCE(SUM(CASE WHEN request.local_day = :day AND request.refused = '' AND callback.number = :number
    THEN 1 ELSE 0 END), 0) AS of_number,
  COALESCE(SUM(CASE WHEN request.local_day = :day AND request.network = :network THEN 1 ELSE 0 END), 0) AS of_network,
  COALESCE(SUM(CASE WHEN request.at_ms > :since AND request.refused IN ('', 'not_permitted', 'number_cap')
    THEN 1 ELSE 0 END), 0) AS lately
FROM request LEFT JOIN callback ON callback.id = request.callback
WHERE request.at_ms > :from_ms;

-- name: requests_list
-- The newest first.
SELECT request.*, callback.number, callback.state, callback.due_ms, callback.closed_why,
  campaign.source AS campaign_source, campaign.medium AS campaign_medium, campaign.name AS campaign_name
FROM request
LEFT JOIN callback ON callback.id = request.callback
LEFT JOIN campaign ON campaign.id = request.campaign
ORDER BY request.at_ms DESC, request.id DESC
LIMIT :limit OFFSET :skip;

-- name: requests_untold
-- What was asked lately and is still to be done, oldest first.
SELECT request.id, request.at_ms, request.site, request.page, request.callback, callback.number, callback.due_ms,
  callback.location
FROM request JOIN callback ON callback.id = request.callback
WHERE request.at_ms > :since AND request.refused = '' AND callback.state <> 'closed'
ORDER BY request.id;

-- name: requests_forget_networks!
UPDATE request SET network = '' WHERE at_ms < :before_ms AND network <> '';

-- name: requests_drop_refused!
DELETE FROM request WHERE at_ms < :before_ms AND refused <> '';

-- name: callback_ask!
-- Who is on the list already asks as well; what was tried before does not count against it.
UPDATE callback SET kind = 'request', renewed_ms = :now_ms, snoozed_until_ms = NULL,
  campaign = COALESCE(campaign, CAST(:campaign AS BIGINT))
WHERE id = :id AND state <> 'closed';

-- name: request_source_put!
UPDATE request SET campaign = CAST(:campaign AS BIGINT), visit = CAST(:visit AS BIGINT)
WHERE callback = :callback AND at_ms = :at_ms;

-- name: callback_source_put!
UPDATE callback SET campaign = CAST(:campaign AS BIGINT) WHERE id = :id AND campaign IS NULL;
