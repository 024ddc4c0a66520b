-- What is looked up to explain a request, and what waits for a person.

CREATE INDEX events_by_request ON events (org_id, request_id, id) WHERE request_id IS NOT NULL;

-- The inbox of an organisation, what is nearest its end first, and the requests of one key.
CREATE INDEX approvals_open ON approvals (org_id, expires_at, id) WHERE status = 'pending';
CREATE INDEX approvals_by_key ON approvals (org_id, key_id, id);
