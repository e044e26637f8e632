/**
 * Tables of the downstream door, in the schema `downstream`. Instants are seconds since 1970 as doubles. Nothing here is a bearer secret:
 * tokens are kept as SHA-256, network addresses as keyed hashes.
 */
export const downstreamMigrations: { name: string; sql: string }[] = [
  {
    name: "0001-downstream",
    sql: `
create schema if not exists downstream;

-- when a node of this database last ran: its absence is held against no farmer
create table downstream.liveness (
  single boolean primary key default true check (single),
  alive_at double precision not null
);

-- which secrets the tables belong to: SHA-256 of their file's text
create table downstream.beats (
  single boolean primary key default true check (single),
  fingerprint bytea not null
);

create table downstream.addresses (
  address text primary key,
  balance numeric not null check (balance >= 0),
  added_at double precision not null
);

create table downstream.used_nonces (
  nonce bytea primary key,
  expires_at double precision not null
);

-- one token is one farmer
create table downstream.tokens (
  id integer generated always as identity primary key,
  token_hash bytea not null unique,
  farmer_id text not null unique,
  address text not null,
  scheme text not null check (scheme in ('Merkle', 'Swizzle')),
  -- keyed hashes: of what the limit counts (an IPv4 address or an IPv6 /64), and of the whole address
  network_key bytea not null,
  ip_hash bytea not null,
  location jsonb not null,
  message text,
  signature text,
  created_at double precision not null,
  -- the farmer's program reads the first contract of an answer and no other
  reads_one boolean not null default false,
  heartbeats bigint not null default 0,
  -- windows that passed without an answer
  missed bigint not null default 0,
  -- the union of all contracts' [start, expiry): when it began, where it ends so far, and how long it is up to that end
  first_start double precision,
  covered_until double precision,
  covered_seconds double precision not null default 0
) with (fillfactor = 70);
create index tokens_address on downstream.tokens (address);
create index tokens_network_key on downstream.tokens (network_key);

-- a farmer's counters as they stood when a UTC day began
create table downstream.days (
  token_id integer not null references downstream.tokens on delete cascade,
  day date not null,
  heartbeats bigint not null,
  missed bigint not null,
  up_seconds double precision not null,
  primary key (token_id, day)
);

create table downstream.files (
  id bigint generated always as identity primary key,
  -- SHA-256 of the content
  hash bytea not null unique,
  -- what RandomIO makes the content from; null for a shard, which has a source instead
  seed text,
  source text,
  size bigint not null check (size > 0),
  interval double precision not null check (interval > 0),
  -- copies that should be held, and copies under contracts that are not settled
  wanted integer not null check (wanted >= 1),
  held integer not null default 0 check (held >= 0),
  added_at double precision not null,
  check ((seed is null) <> (source is null))
);
-- seeded files that some farmer holds, but too few
create index files_lacking on downstream.files (id) where seed is not null and held > 0 and held < wanted;

-- encodings of files, ready for a farmer; one stays, tag and all, until its contract's first accepted answer shows that the farmer has it
create table downstream.chunks (
  id bigint generated always as identity primary key,
  file_id bigint not null references downstream.files on delete cascade,
  scheme text not null check (scheme in ('Merkle', 'Swizzle')),
  -- JSON as it goes out under /v1
  tag text not null,
  -- Merkle: root, the seed before that of challenge \`round\`, and how many challenges there are; Swizzle: the encrypted state
  root bytea,
  seed bytea,
  rounds integer,
  state bytea,
  -- number of the first challenge that nobody has seen
  round integer not null default 0,
  contract_id bigint,
  -- of the file, in the order of handing out; triggers fill them in
  size bigint not null,
  shard boolean not null,
  need integer not null
);
create index chunks_free on downstream.chunks (scheme, need desc, size desc, shard) where contract_id is null;
create index chunks_file on downstream.chunks (file_id);
create unique index chunks_contract on downstream.chunks (contract_id) where contract_id is not null;

-- Everything about time follows from start, interval and answers: at t, the window is floor((t - start) / interval), its due is
-- start + (window + 1) * interval, it is answered when answers > window, and the contract expires at start + (answers + 1) * interval.
create table downstream.contracts (
  id bigint generated always as identity primary key,
  token_id integer not null references downstream.tokens on delete cascade,
  file_id bigint not null references downstream.files,
  hash bytea not null,
  scheme text not null check (scheme in ('Merkle', 'Swizzle')),
  size bigint not null,
  start double precision not null,
  interval double precision not null,
  answers integer not null default 0,
  -- as in chunks; round is the number of the challenge of window 0, seed that of the challenge before window \`answers\`
  root bytea,
  seed bytea,
  rounds integer,
  state bytea,
  round integer not null,
  -- came first in its answer, so that programs that read one contract have read it
  came_first boolean not null default true,
  -- false until the response that carries it has left whole
  firm boolean not null default false,
  -- true once its end has been counted
  settled boolean not null default false
) with (fillfactor = 70);
create unique index contracts_token_hash on downstream.contracts (token_id, hash);
create index contracts_file on downstream.contracts (file_id);

-- Copies that are missed. A seeded file that nobody holds is missed by nobody.
create function downstream.need_of(file downstream.files) returns integer language sql immutable
  return case when (file).seed is not null and (file).held = 0 then 0 else greatest((file).wanted - (file).held, 0) end;

create function downstream.describe_chunk() returns trigger language plpgsql as $$
begin
  select file.size, file.source is not null, downstream.need_of(file) into strict new.size, new.shard, new.need
    from downstream.files file where file.id = new.file_id;
  return new;
end $$;
create trigger describe_chunk before insert or update of contract_id on downstream.chunks
  for each row execute function downstream.describe_chunk();

-- Whoever changes a file's copies has its row locked; nobody takes a free chunk without that lock.
create function downstream.tell_need() returns trigger language plpgsql as $$
begin
  update downstream.chunks set need = downstream.need_of(new)
    where file_id = new.id and contract_id is null and need <> downstream.need_of(new);
  return null;
end $$;
create trigger tell_need after update of held, wanted on downstream.files
  for each row execute function downstream.tell_need();
`,
  },
];
