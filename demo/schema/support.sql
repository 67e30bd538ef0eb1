-- The support desk: knows a contact, and sometimes the shop's customer number.
CREATE TABLE tickets (
    id INTEGER PRIMARY KEY,
    customer_number TEXT,                 -- set by the desk's software when the writer was signed in to the shop
    contact_name TEXT,
    contact_email TEXT,
    contact_phone TEXT,
    subject_line TEXT NOT NULL,
    status TEXT NOT NULL,
    opened_at TEXT NOT NULL,
    closed_at TEXT,
    use_paused_at TEXT                    -- since when nothing but storing is allowed; UTC
);
CREATE INDEX tickets_customer_number ON tickets (customer_number);
CREATE INDEX tickets_email_lookup ON tickets (lower(trim(contact_email)));

CREATE TABLE messages (
    id INTEGER PRIMARY KEY,
    ticket_id INTEGER NOT NULL REFERENCES tickets (id),
    author TEXT NOT NULL CHECK (author IN ('customer', 'agent')),
    body TEXT NOT NULL,
    sent_at TEXT NOT NULL
);
CREATE INDEX messages_ticket ON messages (ticket_id);
