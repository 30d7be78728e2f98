-- WhatsApp: what came in (store first, work after), where each conversation stands, what was sent.
-- Keys are blind indexes: the platform's message ids hold phone numbers. Bodies are masked, then sealed.
CREATE TABLE IF NOT EXISTS wa_event (
    event_key BLOB PRIMARY KEY,
    arrival INTEGER NOT NULL,
    conversation BLOB,
    kind TEXT NOT NULL CHECK (kind IN ('message', 'status', 'identity', 'unread', 'sent')),
    state TEXT NOT NULL CHECK (state IN ('new', 'done', 'failed')),
    attempts INTEGER NOT NULL,
    written_s INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS wa_event_arrival ON wa_event (arrival);
CREATE INDEX IF NOT EXISTS wa_event_state ON wa_event (state, arrival);
CREATE INDEX IF NOT EXISTS wa_event_thread ON wa_event (conversation, written_s);

CREATE TABLE IF NOT EXISTS wa_conversation (
    conversation BLOB PRIMARY KEY,
    address BLOB NOT NULL,
    session BLOB NOT NULL,
    newest_s INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    waiting_since INTEGER,
    agent INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS wa_conversation_waiting ON wa_conversation (waiting_since);

-- Our messages by the platform's id (a blind index of it) and the farthest status heard of.
CREATE TABLE IF NOT EXISTS wa_sent (
    message_key BLOB PRIMARY KEY,
    conversation BLOB NOT NULL,
    outbox_key TEXT NOT NULL,
    status TEXT NOT NULL,
    at INTEGER NOT NULL,
    error_code INTEGER
) STRICT;

-- What the platform bills, counted per day and category.
CREATE TABLE IF NOT EXISTS wa_cost (
    day INTEGER NOT NULL,
    category TEXT NOT NULL,
    messages INTEGER NOT NULL,
    PRIMARY KEY (day, category)
) STRICT;

-- Each adapter takes the messages of its own channel, whatever waits for others.
CREATE INDEX IF NOT EXISTS outbox_channel ON outbox (channel, state, next_at);
