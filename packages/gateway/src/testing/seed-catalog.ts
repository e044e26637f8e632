import type { Pool } from "pg";

export interface Seeded {
  account: string;
  owner: string;
  packages: number;
  /** Spread over the packages in turn. */
  deals: number;
  events: number;
}

/** Rows of an account's packages, pieces, slots, deals, events and checks as a gateway has them after some months, by the database itself. */
export async function seedCatalog(pool: Pool, { account, owner, packages, deals, events }: Seeded): Promise<void> {
  const id = "md5($1 || '/' || i)";
  const hash = (salt: string) => `'0x' || encode(sha256(($1 || '${salt}' || i)::bytea), 'hex')`;
  await pool.query(
    `insert into catalog.packages (id, account, owner, name_hash, label, state, k, n, mask, layout, days, verifier_set, document_hash, bytes,
       files, created_at, expires_at, placement)
     select ${id}, $1, $2, sha256(($1 || i)::bytea), decode(repeat('ab', 200), 'hex'), case when i % 50 = 0 then 'DEGRADED' else 'STORED' end, 2, 4,
       'aes-256-ctr-v1', 'private', 180, ${hash("set")}, ${hash("document")}, i::bigint * 1000003 % 1000000007, i % 977,
       timestamptz '2026-01-01' + i * interval '37 seconds', 1800000000 + i::bigint * 7919 % 10000000, '{"countries":["NL","CA"]}'
     from generate_series(1, $3::int) i`,
    [account, owner, packages],
  );
  await pool.query(
    `insert into catalog.pieces (package, number, length, comm_p, indexed) select ${id}, 0, 1000000, substr(${hash("piece")}, 1, 64) || '00', true
     from generate_series(1, $2::int) i`,
    [account, packages],
  );
  await pool.query(
    `insert into catalog.slots (package, piece, shard, commitment, raw_length, state) select ${id}, 0, s, ${hash("shard")}, 500000, 'ACTIVE'
     from generate_series(1, $2::int) i cross join generate_series(0, 3) s`,
    [account, packages],
  );
  await pool.query(
    `insert into catalog.deals (deal, document_hash, owner, provider, piece, shard, commitment, raw_length, price_per_period, periods, duty,
       verifier_set, escrow, paid, deadline, state, proposed_at, activated_at, ends_at, proposed_block, last_proved)
     select ${hash("deal")}, '0x' || encode(sha256(($1 || 'document' || (1 + i % $3))::bytea), 'hex'), $2,
       '0x' || lpad(to_hex(i % 40), 40, '0'), 0, i / $3 % 4, substr(${hash("shard")}, 1, 64) || '00', 1000 + i % 499, 1000 + i % 997, 4320, 1, ${hash("set")}, 4320000,
       i % 4320, 0, case when i % 20 = 0 then 'COMPLETED' else 'ACTIVE' end, 1770000000 + i * 11, 1770000100 + i * 11,
       1790000000 + i::bigint * 7919 % 10000000, i, i % 100
     from generate_series(1, $4::int) i`,
    [account, owner, packages, deals],
  );
  await pool.query(
    `insert into catalog.proposals (deal, deal_cid, quote, quote_signature, mandate_hash, settings)
     select ${hash("deal")}, 'bafyrei' || substr(md5($1 || i), 1, 30), '{}', ${hash("signature")}, ${hash("mandate")},
       '{"k":2,"n":4,"days":180,"mask":"aes-256-ctr-v1","layout":"private","placement":{"countries":["NL","CA"]},"maxPrice":"1000"}'
     from generate_series(1, $2::int) i`,
    [account, deals],
  );
  await pool.query(
    `insert into catalog.events (account, package, kind, severity, message)
     select $1, md5($1 || '/' || (1 + i % $2)), case when i % 10 = 0 then 'proof-missed' else 'deal-active' end,
       case when i % 10 = 0 then 'warning' else 'info' end, 'something happened to a shard' from generate_series(1, $3::int) i`,
    [account, packages, events],
  );
  await pool.query(
    `insert into audit.checks (id, package, kind, state, started_at, finished_at, ok, shards)
     select md5($1 || 'check' || i), md5($1 || '/' || (1 + i % $2)), 'scrub', 'done', 1780000000 + i, 1780000100 + i, true,
       '[{"result":"sound"},{"result":"sound"},{"result":"silent"}]' from generate_series(1, $2::int) i`,
    [account, packages],
  );
}
