/** Bumped with every change of the tables; a database of another version is refused. */
export const SCHEMA_VERSION = 2;

/**
 * Raw blocks and their row projections. Everything but `meta` and `kv` can be rebuilt from `blocks.raw`; all of a block is written in one
 * transaction. A chain that is no archive deletes old states from `kv` and old blocks with their rows (Pruner). Hashes and addresses are bytea; wei is numeric, gas and heights bigint.
 */
export const SCHEMA = `
create table if not exists meta (
  key text primary key,
  value jsonb not null
);
create table if not exists blocks (
  number bigint primary key,
  hash bytea not null unique,
  timestamp bigint not null,
  validator bytea not null,
  gas_used bigint not null,
  transactions integer not null,
  state_root bytea not null,
  raw bytea not null,
  seal bytea not null,
  reveal bytea not null
);
alter table blocks alter column raw set storage external;
create table if not exists txs (
  hash bytea primary key,
  block bigint not null,
  index integer not null,
  sender bytea not null,
  recipient bytea,
  value numeric(78) not null,
  status smallint not null,
  gas_used bigint not null,
  cumulative_gas bigint not null,
  effective_gas_price numeric(78) not null,
  created bytea,
  type smallint not null,
  raw bytea not null
);
alter table txs alter column raw set storage external;
create unique index if not exists txs_place on txs (block, index);
create index if not exists txs_sender on txs (sender, recipient);
create table if not exists logs (
  block bigint not null,
  index integer not null,
  tx bytea not null,
  tx_index integer not null,
  address bytea not null,
  topic0 bytea,
  topic1 bytea,
  topic2 bytea,
  topic3 bytea,
  data bytea not null,
  primary key (block, index)
);
create index if not exists logs_address on logs (address, block);
create index if not exists logs_topic on logs (topic0, block);
create table if not exists accounts (
  address bytea primary key,
  nonce numeric(20) not null,
  balance numeric(78) not null,
  code_hash bytea not null,
  block bigint not null
);
-- trie nodes by hash and code by "c" and hash; born: the newest block that wrote it
create table if not exists kv (
  key bytea primary key,
  value bytea not null,
  born bigint not null
);
-- what was sent in transactions that are deleted, by those who have a limit
create table if not exists sent (
  sender bytea not null,
  recipient bytea not null,
  value numeric(78) not null,
  primary key (sender, recipient)
);
`;
