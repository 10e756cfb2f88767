SET ROLE shop;

CREATE TABLE orders (
    id bigserial PRIMARY KEY,
    key text UNIQUE NOT NULL,
    run text,
    writer int,
    seq bigint,
    version int,
    item text,
    region text,
    created_at timestamptz DEFAULT now()
);

CREATE INDEX orders_by_sequence ON orders (run, writer, seq);

CREATE TABLE catalogue (
    sku text PRIMARY KEY,
    name text,
    price_cents int
);

INSERT INTO catalogue VALUES
    ('lamp-01', 'Desk lamp', 3900),
    ('lamp-02', 'Floor lamp', 8900),
    ('chair-01', 'Oak chair', 12900),
    ('chair-02', 'Folding chair', 4900),
    ('table-01', 'Kitchen table', 34900),
    ('table-02', 'Side table', 7900),
    ('shelf-01', 'Wall shelf', 5900),
    ('shelf-02', 'Book case', 19900),
    ('rug-01', 'Wool rug', 24900),
    ('rug-02', 'Door mat', 1900),
    ('vase-01', 'Glass vase', 2900),
    ('vase-02', 'Clay vase', 3400),
    ('clock-01', 'Wall clock', 4500),
    ('mirror-01', 'Round mirror', 6900),
    ('throw-01', 'Linen throw', 5200),
    ('pillow-01', 'Feather pillow', 3100),
    ('basket-01', 'Willow basket', 2200),
    ('candle-01', 'Beeswax candle', 900),
    ('stool-01', 'Step stool', 4200),
    ('hook-01', 'Coat hook', 1200);
