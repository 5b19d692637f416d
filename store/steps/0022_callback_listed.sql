-- A callback as lists show it: with its missed calls and attempts, and the campaign it came from. The columns are those
-- that a callback has now: a step that gives it another one makes this view anew.
CREATE VIEW callback_listed AS
SELECT callback.*, (
    SELECT COUNT(*) FROM callback_call
    WHERE callback_call.callback = callback.id AND callback_call.role = 'missed') AS misses,
  (SELECT COUNT(*) FROM callback_call
    WHERE callback_call.callback = callback.id AND callback_call.role = 'attempt') AS attempts,
  campaign.source AS campaign_source, campaign.medium AS campaign_medium, campaign.name AS campaign_name
FROM callback LEFT JOIN campaign ON campaign.id = callback.campaign;
