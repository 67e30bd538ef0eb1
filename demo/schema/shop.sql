-- The shop: the company's leading system. Customer numbers are given here.
CREATE TABLE customers (
    id INTEGER PRIMARY KEY,
    customer_number TEXT NOT NULL UNIQUE,
    name TEXT,
    company TEXT,
    email TEXT,
    phone TEXT,
    contact_changed_at TEXT,              -- when e-mail or phone last changed; UTC
    birth_date TEXT,
    language TEXT NOT NULL,
    password_hash TEXT,
    created_at TEXT NOT NULL,
    last_login_at TEXT,
    last_login_ip TEXT,
    use_paused_at TEXT,                   -- since when nothing but storing is allowed; UTC
    voucher_stopped_at TEXT
);
-- The spelling in which a person is looked up, so that a million customers cost no more than twenty.
CREATE INDEX customers_email_lookup ON customers (lower(trim(email)));

CREATE TABLE addresses (
    id INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    kind TEXT NOT NULL CHECK (kind IN ('delivery', 'billing')),
    street TEXT,
    postal_code TEXT,
    city TEXT,
    country TEXT
);
CREATE INDEX addresses_customer ON addresses (customer_id);

CREATE TABLE products (
    sku TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    price_cents INTEGER NOT NULL
);

CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    customer_id INTEGER REFERENCES customers (id),
    order_number TEXT NOT NULL UNIQUE,
    placed_at TEXT NOT NULL,
    status TEXT NOT NULL,
    gift_note TEXT,
    total_cents INTEGER NOT NULL
);
CREATE INDEX orders_customer ON orders (customer_id);

CREATE TABLE order_lines (
    id INTEGER PRIMARY KEY,
    order_id INTEGER NOT NULL REFERENCES orders (id),
    sku TEXT NOT NULL REFERENCES products (sku),
    title TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    price_cents INTEGER NOT NULL
);
CREATE INDEX order_lines_order ON order_lines (order_id);

CREATE TABLE invoices (
    id INTEGER PRIMARY KEY,
    order_id INTEGER NOT NULL REFERENCES orders (id),
    invoice_number TEXT NOT NULL UNIQUE,
    issued_on TEXT NOT NULL,
    billing_name TEXT NOT NULL,
    billing_address TEXT NOT NULL,
    billing_email TEXT,
    vat_id TEXT,
    total_cents INTEGER NOT NULL
);
CREATE INDEX invoices_order ON invoices (order_id);

CREATE TABLE payments (
    id INTEGER PRIMARY KEY,
    order_id INTEGER NOT NULL REFERENCES orders (id),
    method TEXT NOT NULL,
    provider_reference TEXT NOT NULL,
    refund_iban TEXT,
    amount_cents INTEGER NOT NULL,
    paid_at TEXT NOT NULL
);
CREATE INDEX payments_order ON payments (order_id);
