-- For phones that sign in by HTTP Digest: MD5 of user, realm and password, sealed. The password itself
-- stands nowhere; this is as good as it for one server, so it is kept like a key.
CREATE TABLE IF NOT EXISTS field_device_digest (
    device_id INTEGER PRIMARY KEY,
    kept BLOB NOT NULL
) STRICT;
