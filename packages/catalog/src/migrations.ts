/**
 * The catalog's tables, all in the schema `catalog`. Money is numeric(78,0) wei, sizes and block numbers bigint, hex ids lower-case
 * text, times of the chain UNIX seconds (bigint) and times of this machine timestamptz. All in one file, as they run in this order.
 */
export const catalogMigrations: { name: string; sql: string }[] = [
  {
    name: "0001-packages",
    sql: `
create schema if not exists catalog;

create table catalog.accounts (
  id text primary key,
  owner text unique,
  created_at timestamptz not null default now()
);

create table catalog.tokens (
  hash bytea primary key check (length(hash) = 32),
  account text not null references catalog.accounts (id),
  label text not null,
  created_at timestamptz not null default now(),
  revoked_at timestamptz
);

create table catalog.packages (
  id text primary key check (id ~ '^[0-9a-f]{32}$'),
  account text not null references catalog.accounts (id),
  owner text not null,
  name_hash bytea not null check (length(name_hash) = 32),
  label bytea not null,
  state text not null,
  k integer not null,
  n integer not null,
  mask text not null,
  layout text not null,
  days double precision not null,
  root text,
  document_hash text,
  shards_root text,
  document bytea,
  manifest_key text,
  manifest_sha256 text,
  manifest_size bigint,
  mandate jsonb,
  owner_signature text,
  read_capability jsonb,
  repair_key bytea,
  verifier_set text not null,
  plan jsonb,
  bytes bigint not null default 0,
  files bigint not null default 0,
  created_at timestamptz not null default now(),
  committed_at timestamptz,
  stored_at timestamptz,
  touched_at timestamptz not null default now(),
  expires_at bigint,
  recovered boolean not null default false,
  next_due_at timestamptz,
  cause text,
  next text
);
create unique index packages_live_name on catalog.packages (account, name_hash)
  where state not in ('REMOVED', 'ABANDONED', 'EXPIRED');
create index packages_due on catalog.packages (next_due_at) where next_due_at is not null;
create index packages_by_document on catalog.packages (document_hash);
create index packages_by_account on catalog.packages (account, created_at);

create table catalog.pieces (
  package text not null references catalog.packages (id) on delete cascade,
  number integer not null,
  length bigint not null,
  comm_p text,
  indexed boolean not null default false,
  primary key (package, number)
);

create table catalog.slots (
  package text not null references catalog.packages (id) on delete cascade,
  piece integer not null,
  shard integer not null,
  commitment text not null,
  raw_length bigint not null,
  state text not null default 'EMPTY',
  deal text,
  provider text,
  quote jsonb,
  quote_signature text,
  receipt text,
  proposal text,
  attempts integer not null default 0,
  excluded jsonb not null default '[]',
  source text not null default 'spool',
  detail jsonb not null default '{}',
  next_due_at timestamptz,
  cause text,
  next text,
  primary key (package, piece, shard)
);
create unique index slots_by_deal on catalog.slots (deal) where deal is not null;
create index slots_due on catalog.slots (next_due_at) where next_due_at is not null;

create table catalog.blocks (
  package text not null references catalog.packages (id) on delete cascade,
  piece integer not null,
  frame_offset bigint not null,
  frame_length integer not null,
  cid bytea not null,
  primary key (package, piece, frame_offset)
);
create index blocks_by_cid on catalog.blocks (cid, package);
`,
  },
  {
    name: "0002-projection",
    sql: `
create table catalog.cursors (
  name text primary key,
  next_block bigint not null,
  head_number bigint,
  head_hash text,
  head_time bigint
);

create table catalog.providers (
  provider text primary key,
  hot text not null,
  payout text not null,
  capacity numeric(78, 0) not null,
  price_floor numeric(78, 0) not null,
  egress_price numeric(78, 0) not null,
  duty numeric(78, 0) not null,
  region text not null,
  endpoint text not null,
  active boolean not null,
  updated_block bigint not null
);

-- shard-periods and pay by who judged them and who paid: a reader counts only the sets that it trusts
create table catalog.work (
  provider text not null,
  verifier_set text not null,
  owner text not null,
  fulfilled numeric(78, 0) not null default 0,
  committed numeric(78, 0) not null default 0,
  paid numeric(78, 0) not null default 0,
  primary key (provider, verifier_set, owner)
);

create table catalog.deals (
  deal text primary key,
  document_hash text not null,
  owner text not null,
  provider text not null,
  piece integer not null,
  shard integer not null,
  commitment text not null,
  raw_length bigint not null,
  price_per_period numeric(78, 0) not null,
  periods integer not null,
  duty numeric(78, 0) not null,
  verifier_set text not null,
  escrow numeric(78, 0) not null,
  paid numeric(78, 0) not null default 0,
  refunded numeric(78, 0) not null default 0,
  paid_periods integer not null default 0,
  deadline bigint not null,
  state text not null,
  proposed_at bigint not null,
  received_at bigint,
  activated_at bigint,
  ended_at bigint,
  last_period bigint,
  proposed_block bigint not null,
  received_block bigint
);
create index deals_by_manifest on catalog.deals (document_hash, piece, shard);
create index deals_by_provider on catalog.deals (provider) where state in ('PROPOSED', 'ACTIVE');
create index deals_by_owner on catalog.deals (owner);
create index deals_by_state on catalog.deals (state);
-- pay that the contract holds for the leaf that decides it
create index deals_held on catalog.deals (verifier_set) where state = 'COMPLETED' and escrow > paid + refunded;

-- one for each package on chain: the same hash under another owner is another package
create table catalog.escrows (
  document_hash text not null,
  owner text not null,
  executor text not null,
  reserve numeric(78, 0) not null,
  created_block bigint not null,
  released boolean not null default false,
  primary key (owner, document_hash)
);

create table catalog.events (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  account text,
  package text,
  provider text,
  deal text,
  kind text not null,
  severity text not null check (severity in ('info', 'warning', 'error')),
  message text not null,
  next text,
  data jsonb not null default '{}'
);
create index events_by_account on catalog.events (account, id);
create index events_by_package on catalog.events (package, id);

create table catalog.outbox (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  topic text not null,
  payload jsonb not null,
  attempts integer not null default 0,
  not_before timestamptz not null default now()
);
create index outbox_due on catalog.outbox (topic, not_before, id);
`,
  },
  {
    name: "0003-termination",
    sql: `
-- what the owner signed to end the package, until the chain has it
alter table catalog.packages add column termination jsonb;
`,
  },
  {
    name: "0004-inconsistent",
    sql: `
-- its owner committed a shard to other bytes than its blocks are made of
alter table catalog.packages add column inconsistent boolean not null default false;
update catalog.packages set inconsistent = true
  where id in (select package from catalog.events where kind = 'package-inconsistent');
`,
  },
  {
    name: "0005-distrust",
    sql: `
-- who broke the promise of a quote that was proposed; times are the chain's
create table catalog.distrust (
  provider text primary key,
  kind text check (kind in ('refused', 'failed', 'full')),
  level integer not null default 0,
  at bigint,
  until bigint not null default 0,
  forgiven integer not null default 0,
  -- when it signed a receipt last: whether the gateway's own line works
  served_at bigint
);
create index distrust_until on catalog.distrust (until);
`,
  },
  {
    name: "0006-silent-since",
    sql: `
-- start of the first period that its provider did not prove, until it proves again
alter table catalog.deals add column silent_since bigint;
`,
  },
  {
    name: "0007-placement",
    sql: `
-- what the owner demands of providers: of the package, and of new ones unless a put says otherwise
alter table catalog.packages add column placement jsonb not null default '{}';
alter table catalog.accounts add column settings jsonb not null default '{}';

-- who was asked for a quote, or passed over, and what came of it
create table catalog.asks (
  id bigint generated always as identity primary key,
  package text not null references catalog.packages (id) on delete cascade,
  at timestamptz not null default now(),
  -- -1 where the provider was passed over before it was asked for a shard
  piece integer not null,
  shard integer not null,
  provider text not null,
  price numeric(78, 0) not null,
  region text not null,
  verdict text not null check (verdict in ('quoted', 'refused', 'passed-over')),
  reason text
);
create unique index asks_of_shard on catalog.asks (package, piece, shard, provider);
create index asks_by_package on catalog.asks (package, id);
create index asks_at on catalog.asks (at);
`,
  },
  {
    name: "0008-distrust-bytes",
    sql: `
-- bytes that a provider broke its word for, and bytes that it took and proved since
alter table catalog.distrust add column owed bigint not null default 0;
alter table catalog.distrust add column kept bigint not null default 0;
`,
  },
  {
    name: "0009-packages-by-manifest",
    sql: `
-- the gateway looks for manifests that no package names
create index packages_by_manifest on catalog.packages (manifest_key);
`,
  },
  {
    name: "0010-figures",
    sql: `
-- start of the first period after the last that the deal pays for; null until its shard was received
alter table catalog.deals add column ends_at bigint;
-- the newest period that it was proved in, and what the last check that asked for it found
alter table catalog.deals add column last_proved bigint;
alter table catalog.deals add column checked_at bigint;
alter table catalog.deals add column check_result text;

-- what the deals of each provider come to by state: a trigger keeps them, whoever writes deals, so that no list counts all deals
create table catalog.deal_figures (
  provider text not null,
  state text not null,
  deals bigint not null,
  bytes numeric(78, 0) not null,
  paid numeric(78, 0) not null,
  primary key (provider, state)
);
insert into catalog.deal_figures select provider, state, count(*), sum(raw_length), sum(paid) from catalog.deals group by provider, state;

create function catalog.count_deals() returns trigger language plpgsql as $$
begin
  insert into catalog.deal_figures as f (provider, state, deals, bytes, paid)
  select provider, state, sum(deals), sum(bytes), sum(paid) from (
    select provider, state, 1 as deals, raw_length as bytes, paid from written
    union all
    select provider, state, -1, -raw_length, -paid from overwritten
  ) as changed group by provider, state
  having sum(deals) <> 0 or sum(bytes) <> 0 or sum(paid) <> 0 order by provider, state
  on conflict (provider, state) do update
    set deals = f.deals + excluded.deals, bytes = f.bytes + excluded.bytes, paid = f.paid + excluded.paid;
  return null;
end $$;
create function catalog.count_new_deals() returns trigger language plpgsql as $$
begin
  insert into catalog.deal_figures as f (provider, state, deals, bytes, paid)
  select provider, state, count(*), sum(raw_length), sum(paid) from written group by provider, state order by provider, state
  on conflict (provider, state) do update
    set deals = f.deals + excluded.deals, bytes = f.bytes + excluded.bytes, paid = f.paid + excluded.paid;
  return null;
end $$;
create trigger count_new_deals after insert on catalog.deals
  referencing new table as written for each statement execute function catalog.count_new_deals();
create trigger count_deals after update on catalog.deals
  referencing new table as written old table as overwritten for each statement execute function catalog.count_deals();

-- of a page of an owner's deals; other orders than these sort what one owner has
drop index catalog.deals_by_owner;
create index deals_by_owner on catalog.deals (owner, proposed_at, deal);
create index deals_by_owner_ends on catalog.deals (owner, coalesce(ends_at, 0), deal);
`,
  },
  {
    name: "0011-public",
    sql: `
-- public: every account and door of this gateway may read it; hot: its pieces stay here beside the deals
alter table catalog.packages add column public boolean not null default false;
alter table catalog.packages add column hot boolean not null default false;
create index packages_public on catalog.packages (id) where public;

-- by what a block hashes to (the last 32 bytes of its CID are the sha2-256 digest): one block has a CID of version 0 and some of version 1
drop index catalog.blocks_by_cid;
create index blocks_by_digest on catalog.blocks (substring(cid from length(cid) - 31), package);
`,
  },
  {
    name: "0012-distrust-unhealed",
    sql: `
alter table catalog.distrust drop constraint distrust_kind_check;
alter table catalog.distrust add constraint distrust_kind_check check (kind in ('refused', 'failed', 'full', 'unhealed'));
`,
  },
  {
    name: "0013-statement",
    sql: `
-- what moved a wallet's money in the contract, in the chain's order: signed wei of its deposit, and of what is in escrow and in reserve for it
create table catalog.entries (
  wallet text not null,
  block bigint not null,
  log_index integer not null,
  at bigint not null,
  kind text not null,
  deposit numeric(78, 0) not null,
  escrow numeric(78, 0) not null,
  reserve numeric(78, 0) not null,
  -- the deposit after it
  balance numeric(78, 0) not null,
  deal text,
  document_hash text,
  counterparty text,
  transaction text not null,
  primary key (wallet, block, log_index)
);
`,
  },
  {
    name: "0014-commit-tries",
    sql: `
-- how often its commitments could not be computed in a row, for a failure of the gateway's own
alter table catalog.packages add column commit_tries integer not null default 0;
`,
  },
  {
    name: "0015-jobs",
    sql: `
-- work that the API or a door began for an account, gone on with after a crash by whichever process takes it
create table catalog.jobs (
  id text primary key,
  account text not null references catalog.accounts (id),
  kind text not null,
  request jsonb not null,
  state text not null default 'queued' check (state in ('queued', 'running', 'done', 'failed', 'cancelled')),
  -- what the work has come to, as far as its kind wants it kept over a crash
  progress jsonb not null default '{}',
  result jsonb,
  error jsonb,
  attempts integer not null default 0,
  created_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  due_at timestamptz not null default now(),
  -- whose turn it is until when: a process that is killed leaves it behind, and another takes it
  holder text,
  held_until timestamptz
);
create index jobs_due on catalog.jobs (due_at, created_at) where state in ('queued', 'running');
create index jobs_of_account on catalog.jobs (account, created_at, id);
create index jobs_over on catalog.jobs (changed_at) where state in ('done', 'failed', 'cancelled');
`,
  },
  {
    name: "0016-leases",
    sql: `
-- gateways of this database, by the id of their home: where each is reached, whose spool it works on, when it last said that it lives
create table catalog.gateways (
  id text primary key,
  -- its process
  holder text not null,
  spool text not null,
  url text not null default '',
  started_at timestamptz not null default now(),
  seen_at timestamptz not null default now()
);
-- what one process at a time may do, by the clock of this database; a later lease of a name has a greater fence
create sequence catalog.lease_fences;
create table catalog.leases (
  name text primary key,
  gateway text not null,
  holder text not null,
  fence bigint not null,
  expires_at timestamptz not null
);
create index leases_of_holder on catalog.leases (holder);
-- the spool that the package's upload lies in; unknown: whichever gateway takes it first
alter table catalog.packages add column spool text;
`,
  },
  {
    name: "0017-public-blocks",
    sql: `
-- where a block of a public package lies: one row however often a piece repeats it. No index but the key, and no key of another table that would need
-- one: a look-up by digest has one way to go. Packages are never deleted, and blocks only together with these.
create table catalog.public_blocks (
  digest bytea not null,
  package text not null,
  piece integer not null,
  frame_offset bigint not null,
  primary key (digest, package, piece)
);
insert into catalog.public_blocks
  select substring(b.cid from length(b.cid) - 31), b.package, b.piece, min(b.frame_offset)
  from catalog.blocks b join catalog.packages p on p.id = b.package where p.public group by 1, 2, 3;
`,
  },
  {
    name: "0018-jobs-by-account",
    sql: `
-- whose turn is next is found without looking at all that wait
create index jobs_open on catalog.jobs (account, due_at, created_at) where state in ('queued', 'running');
`,
  },
  {
    name: "0019-coins",
    sql: `
-- what moved the coins of a wallet at its own address, in the chain's order and of final blocks; amounts are signed wei
create table catalog.coin_entries (
  wallet text not null,
  block bigint not null,
  -- in its block
  position integer not null,
  at bigint not null,
  kind text not null,
  amount numeric(78, 0) not null,
  -- the coins after it
  balance numeric(78, 0) not null,
  counterparty text,
  transaction text,
  primary key (wallet, block, position)
);
-- up to where each wallet's coins have been followed, and what they come to there
create table catalog.coin_cursors (
  wallet text primary key,
  next_block bigint not null,
  balance numeric(78, 0) not null,
  -- the last block after which its balance was compared with the chain's
  compared_block bigint not null
);
create index coin_cursors_next on catalog.coin_cursors (next_block);

-- transactions to and from wallets until they are confirmed, and for a while after that
create sequence catalog.transfer_changes;
create table catalog.transfers (
  wallet text not null,
  transaction text not null,
  account text not null references catalog.accounts (id) on delete cascade,
  direction text not null check (direction in ('in', 'out')),
  sender text not null,
  recipient text,
  nonce bigint not null,
  amount numeric(78, 0) not null,
  state text not null check (state in ('pending', 'included', 'confirmed', 'failed', 'reorganised', 'dropped')),
  block bigint,
  block_hash text,
  confirmations integer not null default 0,
  needed integer not null,
  -- how often a reorganisation took its block away
  reorganisations integer not null default 0,
  first_seen_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  changed bigint not null default nextval('catalog.transfer_changes'),
  primary key (wallet, transaction, direction)
);
create index transfers_changed on catalog.transfers (changed);
create index transfers_open on catalog.transfers (state) where state in ('pending', 'included', 'reorganised', 'failed');
-- the newest blocks that were looked at for them, by which a reorganisation is seen
create table catalog.transfer_blocks (
  number bigint primary key,
  hash text not null
);
`,
  },
  {
    name: "0020-looked-at-by-time",
    sql: `
-- deals that end soon, of whichever owner, and puts that may wait for theirs
create index deals_ending on catalog.deals (ends_at) where state = 'ACTIVE';
create index packages_waiting on catalog.packages (touched_at) where state in ('RECEIVING', 'COMMITTED', 'PLACING');
`,
  },
  {
    name: "0021-network",
    sql: `
-- how often the settings were changed: who saves says which ones it had seen
alter table catalog.accounts add column settings_version integer not null default 0;
-- when it registered for the first time; null of those that were known before this was kept
alter table catalog.providers add column since bigint;
`,
  },
  {
    name: "0022-dashboard",
    sql: `
-- what was agreed for a deal as it was when it was proposed: what its CID stands for, and the settings that it was placed under
create table catalog.proposals (
  deal text primary key,
  deal_cid text not null,
  quote jsonb not null,
  quote_signature text not null,
  mandate_hash text not null,
  settings jsonb not null
);
create index proposals_by_cid on catalog.proposals (deal_cid text_pattern_ops);

-- what the deals of each wallet come to, by provider and state: kept by the same triggers as catalog.deal_figures. locked: escrow that is not paid out
create table catalog.owner_figures (
  owner text not null,
  provider text not null,
  state text not null,
  deals bigint not null,
  bytes numeric(78, 0) not null,
  paid numeric(78, 0) not null,
  locked numeric(78, 0) not null,
  primary key (owner, provider, state)
);
insert into catalog.owner_figures
  select owner, provider, state, count(*), sum(raw_length), sum(paid), sum(escrow - paid - refunded) from catalog.deals group by 1, 2, 3;

-- Whoever shows figures is told whose have changed: \`w:WALLET\`, \`a:ACCOUNT\`, \`*\` for everybody's.
create or replace function catalog.count_deals() returns trigger language plpgsql as $$
begin
  insert into catalog.deal_figures as f (provider, state, deals, bytes, paid)
  select provider, state, sum(deals), sum(bytes), sum(paid) from (
    select provider, state, 1 as deals, raw_length as bytes, paid from written
    union all
    select provider, state, -1, -raw_length, -paid from overwritten
  ) as changed group by provider, state
  having sum(deals) <> 0 or sum(bytes) <> 0 or sum(paid) <> 0 order by provider, state
  on conflict (provider, state) do update
    set deals = f.deals + excluded.deals, bytes = f.bytes + excluded.bytes, paid = f.paid + excluded.paid;
  insert into catalog.owner_figures as f (owner, provider, state, deals, bytes, paid, locked)
  select owner, provider, state, sum(deals), sum(bytes), sum(paid), sum(locked) from (
    select owner, provider, state, 1 as deals, raw_length as bytes, paid, escrow - paid - refunded as locked from written
    union all
    select owner, provider, state, -1, -raw_length, -paid, -(escrow - paid - refunded) from overwritten
  ) as changed group by owner, provider, state
  having sum(deals) <> 0 or sum(bytes) <> 0 or sum(paid) <> 0 or sum(locked) <> 0 order by owner, provider, state
  on conflict (owner, provider, state) do update
    set deals = f.deals + excluded.deals, bytes = f.bytes + excluded.bytes, paid = f.paid + excluded.paid, locked = f.locked + excluded.locked;
  perform pg_notify('cairn_figures', 'w:' || owner) from (
    select distinct w.owner from written w join overwritten o using (deal)
    where (w.state, w.paid, w.refunded, w.ends_at) is distinct from (o.state, o.paid, o.refunded, o.ends_at)) as changed;
  return null;
end $$;
create or replace function catalog.count_new_deals() returns trigger language plpgsql as $$
begin
  insert into catalog.deal_figures as f (provider, state, deals, bytes, paid)
  select provider, state, count(*), sum(raw_length), sum(paid) from written group by provider, state order by provider, state
  on conflict (provider, state) do update
    set deals = f.deals + excluded.deals, bytes = f.bytes + excluded.bytes, paid = f.paid + excluded.paid;
  insert into catalog.owner_figures as f (owner, provider, state, deals, bytes, paid, locked)
  select owner, provider, state, count(*), sum(raw_length), sum(paid), sum(escrow - paid - refunded) from written
  group by owner, provider, state order by owner, provider, state
  on conflict (owner, provider, state) do update
    set deals = f.deals + excluded.deals, bytes = f.bytes + excluded.bytes, paid = f.paid + excluded.paid, locked = f.locked + excluded.locked;
  perform pg_notify('cairn_figures', 'w:' || owner) from (select distinct owner from written) as changed;
  return null;
end $$;

create function catalog.tell_package_figures() returns trigger language plpgsql as $$
begin
  perform pg_notify('cairn_figures', 'a:' || new.account);
  return null;
end $$;
create trigger tell_package_figures after update on catalog.packages for each row
  when ((old.state, old.files, old.bytes, old.account) is distinct from (new.state, new.files, new.bytes, new.account))
  execute function catalog.tell_package_figures();
create trigger tell_new_package_figures after insert on catalog.packages for each row
  when (new.state in ('STORED', 'DEGRADED')) execute function catalog.tell_package_figures();

create function catalog.tell_entry_figures() returns trigger language plpgsql as $$
begin
  perform pg_notify('cairn_figures', 'w:' || new.wallet);
  return null;
end $$;
create trigger tell_entry_figures after insert on catalog.entries for each row execute function catalog.tell_entry_figures();

-- figures of an account's dashboard without looking at what is over
create index packages_stored on catalog.packages (account) include (files, bytes) where state in ('STORED', 'DEGRADED');
create index deals_expiring on catalog.deals (owner, ends_at) where state = 'ACTIVE';

-- the figures as they last were in each hour of the last days, and on each day: one row for each, whichever gateway writes it
create table catalog.figure_history (
  account text not null references catalog.accounts (id),
  step text not null check (step in ('hour', 'day')),
  -- start of the hour or day (UTC), UNIX seconds
  at bigint not null,
  -- when it was written last
  taken_at bigint not null,
  figures jsonb not null,
  primary key (account, step, at)
);
create index figure_history_old on catalog.figure_history (step, at);

-- where the price of a coin is asked for; without a URL it is imported from files. Times are UNIX seconds.
create table catalog.fiat_sources (
  name text primary key,
  url text,
  path text,
  currencies text[] not null,
  created_at bigint not null,
  -- a gateway that takes the turn puts it off for as long as it may need
  due_at bigint,
  failures integer not null default 0,
  failure text,
  fetched_at bigint
);
create table catalog.fiat_rates (
  source text not null references catalog.fiat_sources (name) on delete cascade,
  currency text not null,
  -- of the day (UTC), as days since 1970
  day integer not null,
  -- of one coin
  rate numeric(36, 18) not null check (rate > 0),
  primary key (currency, day, source)
);
create index fiat_rates_old on catalog.fiat_rates (day);
`,
  },
];
