-- 500 customers, 20,000 orders, 60,000 items: enough for the report to take its time.
CREATE TABLE customers (
    id serial PRIMARY KEY,
    name text NOT NULL,
    email text NOT NULL,
    last_order_at timestamptz
);
CREATE TABLE orders (
    id serial PRIMARY KEY,
    customer_id integer NOT NULL REFERENCES customers,
    status text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE order_items (
    id serial PRIMARY KEY,
    order_id integer NOT NULL REFERENCES orders,
    product text NOT NULL,
    quantity integer NOT NULL,
    price_cents integer NOT NULL
);

INSERT INTO customers (name, email)
SELECT 'Customer ' || n, 'customer' || n || '@example.org' FROM generate_series(1, 500) n;

INSERT INTO orders (customer_id, status, created_at)
SELECT n % 500 + 1, (ARRAY['new', 'paid', 'sent', 'done'])[n % 4 + 1],
       timestamptz '2005-01-01 00:00+00' + n * interval '26 minutes'
FROM generate_series(1, 20000) n;

INSERT INTO order_items (order_id, product, quantity, price_cents)
SELECT n % 20000 + 1, (ARRAY['bolt', 'nut', 'washer', 'screw', 'nail'])[n % 5 + 1], n % 7 + 1, 100 + n % 900
FROM generate_series(1, 60000) n;

CREATE INDEX ON orders (customer_id);
CREATE INDEX ON order_items (order_id);
ANALYZE;
