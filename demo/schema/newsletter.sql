-- The newsletter: knows e-mail addresses only.
CREATE TABLE subscriptions (
    id INTEGER PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    first_name TEXT,
    status TEXT NOT NULL CHECK (status IN ('active', 'stopped')),
    language TEXT NOT NULL,
    subscribed_at TEXT NOT NULL,
    stopped_at TEXT
);
CREATE INDEX subscriptions_email_lookup ON subscriptions (lower(trim(email)));

CREATE TABLE consents (
    id INTEGER PRIMARY KEY,
    subscription_id INTEGER NOT NULL REFERENCES subscriptions (id),
    consent_to TEXT NOT NULL,
    given_at TEXT NOT NULL,
    withdrawn_at TEXT,
    source TEXT NOT NULL,
    ip_address TEXT
);
CREATE INDEX consents_subscription ON consents (subscription_id);

CREATE TABLE activity (
    id INTEGER PRIMARY KEY,
    subscription_id INTEGER NOT NULL REFERENCES subscriptions (id),
    kind TEXT NOT NULL CHECK (kind IN ('open', 'click')),
    campaign TEXT NOT NULL,
    link TEXT,
    happened_at TEXT NOT NULL
);
CREATE INDEX activity_subscription ON activity (subscription_id);

CREATE TABLE segments (
    id INTEGER PRIMARY KEY,
    subscription_id INTEGER NOT NULL REFERENCES subscriptions (id),
    segment TEXT NOT NULL,
    reason TEXT NOT NULL,
    score REAL NOT NULL,
    stopped_at TEXT
);
CREATE INDEX segments_subscription ON segments (subscription_id);
