/** Tables of the audit, in the schema `audit`; deals and providers are read from the catalog's. */
export const auditMigrations: { name: string; sql: string }[] = [
  {
    name: "0001-audit",
    sql: `
create schema if not exists audit;

create table audit.periods (
  period bigint primary key,
  seed text not null,
  -- open: answers are awaited; voted: a root was sent; final: the quorum agreed; void: no root in time
  state text not null default 'open' check (state in ('open', 'voted', 'final', 'void')),
  root text,
  leaf_file_hash text,
  leaves integer
);
create index periods_unfinished on audit.periods (period) where state in ('open', 'voted');

create table audit.outcomes (
  deal text not null,
  period bigint not null,
  outcome text not null check (outcome in ('proved', 'chain', 'wrong', 'damaged')),
  reason text,
  proof_hash text,
  signature text,
  received_at bigint not null,
  primary key (deal, period)
);
create index outcomes_period on audit.outcomes (period);

create table audit.leaves (
  verifier_set text not null,
  period bigint not null,
  position integer not null,
  deal text not null,
  fulfilled integer not null,
  committed integer not null,
  verdict smallint not null,
  fault_a bigint not null,
  fault_b bigint not null,
  outcome text not null,
  primary key (verifier_set, period, deal)
);

-- the count after the last finalised period; settled_* is what was last claimed on chain
create table audit.tallies (
  verifier_set text not null,
  deal text not null,
  period bigint not null,
  fulfilled integer not null,
  committed integer not null,
  missed jsonb not null,
  recent jsonb not null,
  settled_period bigint not null default -1,
  settled_fulfilled integer not null default 0,
  primary key (verifier_set, deal)
);
-- tallies as voted, waiting for the quorum
create table audit.pending_tallies (like audit.tallies including all);

create table audit.damage (
  deal text not null,
  byte_offset bigint not null,
  byte_length bigint not null,
  reported_at bigint not null,
  primary key (deal, byte_offset, byte_length)
);

create table audit.cursor (
  only_row boolean primary key default true check (only_row),
  next_block bigint not null
);

create table audit.checks (
  id text primary key,
  package text not null,
  kind text not null check (kind in ('scrub', 'full')),
  state text not null default 'running' check (state in ('running', 'done')),
  started_at bigint not null,
  finished_at bigint,
  ok boolean not null default false,
  shards jsonb not null default '[]'
);
create index checks_package on audit.checks (package, started_at desc);
`,
  },
  {
    name: "0002-settling",
    sql: `
-- block time of the quorum's last vote: claims unlock a dispute window later
alter table audit.periods add column final_at bigint;
-- every event up to this block time is applied
alter table audit.cursor add column head_time bigint;
-- why the contract refused a FAULT for good
alter table audit.leaves add column refused text;
create index leaves_faults on audit.leaves (verifier_set, deal) where verdict = 2 and refused is null;

-- wrong bytes that a provider was caught with: "asked" while it may still own up to damage, then "standing" until its deal has failed
create table audit.evidence (
  deal text primary key,
  reason text not null,
  at bigint not null,
  state text not null default 'asked' check (state in ('asked', 'standing'))
);
`,
  },
  {
    name: "0003-attendance",
    sql: `
-- chain time of the last round, and when the verifiers were away: silence says nothing then
create table audit.attendance (
  one boolean primary key default true check (one),
  last_at bigint not null
);
create table audit.absences (
  from_at bigint not null,
  to_at bigint not null,
  primary key (from_at, to_at)
);
`,
  },
  {
    name: "0004-hearing",
    sql: `
-- block time at which the seed appeared: when it came late, silence says nothing
alter table audit.periods add column opened_at bigint;
-- late: proved after the deadline, not paid and no silence
alter table audit.outcomes drop constraint outcomes_outcome_check;
alter table audit.outcomes add constraint outcomes_outcome_check
  check (outcome in ('proved', 'chain', 'wrong', 'late', 'damaged'));
-- scheduled periods whose silence was forgiven, as many were silent at once
alter table audit.tallies add column held jsonb not null default '[]';
alter table audit.pending_tallies add column held jsonb not null default '[]';
`,
  },
  {
    name: "0005-refused-reads",
    sql: `
-- reads in a row that a provider refused while it proved
create table audit.refused_reads (
  deal text primary key,
  refusals integer not null,
  reason text not null,
  at bigint not null
);
-- silent deals of which a copy is kept here, as few others live
create table audit.spares (deal text primary key);
`,
  },
  {
    name: "0006-standing-faults",
    sql: `
-- the two periods of the newest fault: repeated in later leaves until the deal has failed, or the fault is too old
alter table audit.tallies add column fault jsonb not null default '[]';
alter table audit.pending_tallies add column fault jsonb not null default '[]';
-- the newest leaf of each deal
create index leaves_deal on audit.leaves (verifier_set, deal, period desc);
`,
  },
  {
    name: "0007-custody",
    sql: `
-- what final periods came to for each deal, run by run; a period that is in no run of a deal has no verdict for it
create table audit.custody (
  deal text not null,
  from_period bigint not null,
  to_period bigint not null check (to_period >= from_period),
  outcome text not null,
  -- periods of the run in which the provider was on duty
  counted integer not null,
  primary key (deal, from_period)
);
create index checks_started on audit.checks (started_at, id);
`,
  },
  {
    name: "0008-damaged-periods",
    sql: `
-- whether the provider owned up to damage in the period, whatever it came to
alter table audit.outcomes add column damaged boolean not null default false;
update audit.outcomes set damaged = true where outcome = 'damaged';
-- scheduled periods with such damage
alter table audit.tallies add column damaged jsonb not null default '[]';
alter table audit.pending_tallies add column damaged jsonb not null default '[]';
`,
  },
  {
    name: "0009-own-up",
    sql: `
-- newest periods in which no scrub was answered, the chain's time from which on it is asked again, and whether it stands for that alone
alter table audit.evidence add column unanswered bigint[] not null default '{}';
alter table audit.evidence add column again_at bigint;
alter table audit.evidence add column unheard boolean not null default false;
`,
  },
  {
    name: "0010-checks-alive",
    sql: `
-- when the process that runs a check last said so, by the database's clock
alter table audit.checks add column alive_at timestamptz;
`,
  },
  {
    name: "0011-listeners",
    sql: `
-- gateways that take answers: up to when, by the chain's time, all that arrived at each is recorded, and when it last said so, by the database's clock
create table audit.listeners (
  holder text primary key,
  heard_until double precision not null,
  seen_at timestamptz not null
);
`,
  },
  {
    name: "0012-custody-evidence",
    sql: `
-- in which transaction each verifier of ours voted for a root: signed by it, so that it shows the vote wherever it is read
create table audit.votes (
  period bigint not null,
  verifier text not null,
  root text not null,
  transaction text not null,
  primary key (period, verifier)
);

-- closed: another run follows, or the deal has ended. Then the leaf of its last period is kept, with its way to the root: counts in leaves add up,
-- so two of them say what all periods between them came to. -1 where the leaf was not there any more
alter table audit.custody add column closed boolean not null default false;
alter table audit.custody add column kept_period bigint;
alter table audit.custody add column fulfilled integer;
alter table audit.custody add column committed integer;
alter table audit.custody add column verdict smallint;
alter table audit.custody add column fault_a bigint;
alter table audit.custody add column fault_b bigint;
alter table audit.custody add column path bytea;
-- of runs that were put together as a deal had too many: in how many periods it was proved, to the verifiers and on chain
alter table audit.custody add column proved integer;
alter table audit.custody add column on_chain integer;
create index custody_to_keep on audit.custody (deal) where closed and kept_period is null;
create index custody_kept on audit.custody (kept_period) where kept_period >= 0;
update audit.custody c set closed = true where exists (select from audit.custody l where l.deal = c.deal and l.from_period > c.from_period);

-- final roots that kept leaves lead to, with the signed votes of a quorum
create table audit.kept_roots (
  period bigint primary key,
  root text not null,
  leaf_file_hash text not null,
  leaves integer not null,
  final_at bigint,
  votes text[] not null
);
`,
  },
  {
    name: "0013-check-schedules",
    sql: `
-- checks that an account has wanted again and again; package null: all that it has then. Times are the chain's
create table audit.schedules (
  id text primary key,
  account text not null,
  package text,
  pieces integer[],
  kind text not null check (kind in ('scrub', 'full')),
  every_seconds bigint not null check (every_seconds > 0),
  next_at bigint not null,
  created_at bigint not null,
  last_at bigint,
  -- times that went by while no gateway ran: they were made up for by one check
  missed bigint not null default 0
);
create index schedules_due on audit.schedules (next_at);
create index schedules_of_account on audit.schedules (account, created_at, id);
-- what is due and not done: at most one check of a package for each schedule. taken_until by the database's clock
create table audit.due_checks (
  schedule text not null references audit.schedules (id) on delete cascade,
  account text not null,
  package text not null,
  due_at bigint not null,
  taken_until timestamptz,
  check_id text,
  tries integer not null default 0,
  primary key (schedule, package)
);
create index due_checks_order on audit.due_checks (due_at);
create index due_checks_check on audit.due_checks (check_id);
alter table audit.checks add column schedule text;
create index checks_of_schedule on audit.checks (schedule, started_at desc) where schedule is not null;
`,
  },
];
