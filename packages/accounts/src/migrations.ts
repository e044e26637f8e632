/**
 * The tables of the schema `accounts`; they run after the catalog's, whose table of tokens moves here. Secrets are kept as their SHA-256, passwords
 * as PHC strings of argon2id, money as numeric(78,0) wei. All times are the gateway's.
 */
export const accountsMigrations: { name: string; sql: string }[] = [
  {
    name: "0001-accounts",
    sql: `
create schema if not exists accounts;

create table accounts.users (
  id text primary key check (id ~ '^[0-9a-f]{32}$'),
  account text not null references catalog.accounts (id),
  name text not null,
  name_key text not null unique check (name_key = lower(name)),
  role text not null check (role in ('owner', 'member', 'operator')),
  password text not null,
  created_at timestamptz not null,
  seen_at timestamptz
);
create index users_by_account on accounts.users (account);

create table accounts.sessions (
  hash bytea primary key check (length(hash) = 32),
  id text not null unique check (id ~ '^[0-9a-f]{32}$'),
  "user" text not null references accounts.users (id) on delete cascade,
  created_at timestamptz not null,
  seen_at timestamptz not null,
  expires_at timestamptz not null,
  -- a keyed hash: whether the user was seen there before, not where
  network bytea not null,
  agent text not null
);
create index sessions_by_user on accounts.sessions ("user", seen_at);
create index sessions_by_expiry on accounts.sessions (expires_at);

alter table catalog.tokens set schema accounts;
alter table accounts.tokens
  add column id text not null unique default replace(gen_random_uuid()::text, '-', ''),
  add column scopes text[] not null default '{read,write,admin,operate}',
  add column "user" text references accounts.users (id) on delete cascade,
  add column expires_at timestamptz,
  add column last_used_at timestamptz;
delete from accounts.tokens where revoked_at is not null;
-- a token that is revoked is deleted: nothing looked at what was kept of it
alter table accounts.tokens drop column revoked_at;
alter table accounts.tokens alter column scopes drop default;
create index tokens_by_account on accounts.tokens (account, created_at);

-- failures of logging in, by keyed hashes of user and network
create table accounts.attempts (
  key bytea primary key check (length(key) = 32),
  failures integer not null,
  at timestamptz not null,
  until timestamptz not null
);
create index attempts_by_failures on accounts.attempts (failures, at);

create table accounts.policy (
  only_row boolean primary key default true check (only_row),
  sign_up text not null default 'invite' check (sign_up in ('open', 'invite', 'closed')),
  -- keys the hashes of networks and names
  pepper bytea not null default decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex')
);
insert into accounts.policy default values;

create table accounts.invites (
  hash bytea primary key check (length(hash) = 32),
  id text not null unique check (id ~ '^[0-9a-f]{32}$'),
  label text not null,
  role text not null check (role in ('owner', 'member', 'operator')),
  -- the account that the new user joins; null: one of its own
  account text references catalog.accounts (id),
  -- whose account made it
  made_by text not null references catalog.accounts (id),
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index invites_by_expiry on accounts.invites (expires_at);

create table accounts.wallets (
  address text primary key check (address ~ '^0x[0-9a-f]{40}$'),
  account text not null references catalog.accounts (id),
  name text not null,
  kind text not null check (kind in ('client', 'vault', 'custodial')),
  keystore bytea,
  daily_limit numeric(78, 0),
  is_default boolean not null default false,
  created_at timestamptz not null,
  check ((kind = 'client') = (keystore is null)),
  check ((kind = 'custodial') = (daily_limit is not null))
);
create unique index wallets_default on accounts.wallets (account) where is_default;
create unique index wallets_by_name on accounts.wallets (account, name);
insert into accounts.wallets (address, account, name, kind, is_default, created_at)
  select owner, id, 'first', 'client', true, created_at from catalog.accounts where owner is not null;

-- what custodial wallets signed for: the same message counts once
create table accounts.spending (
  wallet text not null references accounts.wallets (address),
  digest bytea not null check (length(digest) = 32),
  -- days since 1970, UTC
  day integer not null,
  amount numeric(78, 0) not null,
  primary key (wallet, digest)
);
create index spending_by_day on accounts.spending (wallet, day);

-- no row: the defaults; a null: no limit
create table accounts.limits (
  account text primary key references catalog.accounts (id),
  spool_bytes bigint,
  packages bigint,
  egress_per_day bigint,
  commits_per_hour bigint
);

-- what was used in an hour or a day
create table accounts.used (
  account text not null references catalog.accounts (id),
  kind text not null check (kind in ('egress', 'commits')),
  since timestamptz not null,
  amount bigint not null,
  primary key (account, kind, since)
);
create index used_since on accounts.used (since);

-- the faucet gives to an account once, whatever wallets it has
create table accounts.grants (
  account text primary key references catalog.accounts (id),
  owner text not null
);
insert into accounts.grants (account, owner) select id, owner from catalog.accounts where owner is not null;
`,
  },
  {
    name: "0002-house",
    sql: `
-- keys of accounts whose users keep none: an OpenPGP key and the key of names, under the home's secret
create table accounts.house (
  account text primary key references catalog.accounts (id),
  encrypted bytea not null
);
`,
  },
  {
    name: "0003-makers",
    sql: `
-- the token in the home's file, which alone among tokens gives out users and invites
alter table accounts.tokens add column home boolean not null default false;
update accounts.tokens set home = true where account = 'local' and label = 'home' and "user" is null;

-- an invite ends with whoever made it; of those that are there nobody knows who did
delete from accounts.invites;
alter table accounts.invites
  add column "user" text references accounts.users (id) on delete cascade,
  add column token text references accounts.tokens (id) on delete cascade,
  add constraint invites_maker check (num_nonnulls("user", token) = 1);
create index invites_by_user on accounts.invites ("user");
create index invites_by_token on accounts.invites (token);
`,
  },
  {
    name: "0004-links",
    sql: `
-- secrets of links that log a user in once
create table accounts.links (
  hash bytea primary key check (length(hash) = 32),
  "user" text not null references accounts.users (id) on delete cascade,
  expires_at timestamptz not null
);
create index links_by_user on accounts.links ("user");
create index links_by_expiry on accounts.links (expires_at);
`,
  },
  {
    name: "0005-notices",
    sql: `
-- what accounts are told of, how often and where; no row: the defaults
create table accounts.notice_settings (
  account text primary key references catalog.accounts (id),
  settings jsonb not null
);

-- what was told, and for which period: that it is told once rests on this key. Kept for longer than the notices.
create table accounts.told (
  account text not null references catalog.accounts (id),
  kind text not null,
  subject text not null,
  period text not null,
  at timestamptz not null,
  primary key (account, kind, subject, period)
);
create index told_at on accounts.told (at);

create table accounts.notices (
  id bigint generated always as identity primary key,
  account text not null references catalog.accounts (id),
  kind text not null,
  at timestamptz not null,
  severity text not null check (severity in ('info', 'warning', 'error')),
  message text not null,
  next text,
  package text,
  deal text,
  wallet text,
  channels text[] not null,
  read boolean not null default false
);
create index notices_by_account on accounts.notices (account, id);
create index notices_unread on accounts.notices (account) where not read;
create index notices_at on accounts.notices (at);

-- where notices are sent: webhooks, and one address of mail for each account
create table accounts.targets (
  id text primary key check (id ~ '^[0-9a-f]{32}$'),
  account text not null references catalog.accounts (id),
  kind text not null check (kind in ('webhook', 'mail')),
  label text not null default '',
  -- URL or address
  place text not null,
  -- what a webhook's deliveries are signed with, under the home's secret
  secret bytea,
  created_at timestamptz not null,
  -- null: an address whose owner has not sent its code back yet
  confirmed_at timestamptz,
  code_hash bytea,
  code_until timestamptz,
  code_tries integer not null default 0,
  -- in a row
  failures integer not null default 0,
  due_at timestamptz not null,
  -- which process sends to it until when
  holder text,
  held_until timestamptz,
  check ((kind = 'webhook') = (secret is not null))
);
create index targets_by_account on accounts.targets (account, created_at);
create unique index targets_mail on accounts.targets (account) where kind = 'mail';

create table accounts.deliveries (
  id text primary key,
  notice bigint not null references accounts.notices (id) on delete cascade,
  target text not null references accounts.targets (id) on delete cascade,
  state text not null default 'waiting' check (state in ('waiting', 'delivered', 'given-up')),
  created_at timestamptz not null,
  due_at timestamptz not null,
  attempts integer not null default 0,
  tried_at timestamptz,
  status integer,
  error text,
  -- of a mail: what was put into one letter stays in one
  batch text
);
create index deliveries_waiting on accounts.deliveries (target, due_at) where state = 'waiting';
create index deliveries_by_target on accounts.deliveries (target, notice);
create index deliveries_by_notice on accounts.deliveries (notice);

-- letters with codes, so that nobody's mailbox is filled with them
create table accounts.code_mails (
  account text not null references catalog.accounts (id),
  address_hash bytea not null,
  at timestamptz not null
);
create index code_mails_at on accounts.code_mails (at);

-- up to where events, and blocks with deposits, were told of; what was before the first start is not
create table accounts.notice_cursors (
  name text primary key,
  position bigint not null
);
insert into accounts.notice_cursors select 'events', coalesce(max(id), 0) from catalog.events;
insert into accounts.notice_cursors select 'deposits', coalesce(max(next_block), 0) from catalog.cursors;
`,
  },
];
