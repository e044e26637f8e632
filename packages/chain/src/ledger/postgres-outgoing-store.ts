import type { MigrationSet } from "@cairn/database";
import type { Address, Hex } from "@cairn/protocol";
import type pg from "pg";
import type { OutgoingAccount, OutgoingStore, OutgoingTransaction } from "./outgoing-store.ts";

export const OUTGOING_MIGRATIONS: MigrationSet = {
  namespace: "outgoing",
  migrations: [
    {
      name: "outgoing-transactions",
      sql: `CREATE TABLE outgoing_transactions (
  chain_id bigint NOT NULL,
  sender text NOT NULL,
  submission text NOT NULL,
  nonce bigint NOT NULL,
  raw text NOT NULL,
  hash text NOT NULL,
  earlier text[] NOT NULL DEFAULT '{}',
  signed_at_block bigint NOT NULL,
  signed_at timestamptz NOT NULL DEFAULT now(),
  mined_hash text,
  mined_block bigint,
  ok boolean,
  revert text,
  created text,
  PRIMARY KEY (chain_id, sender, submission),
  CONSTRAINT outgoing_nonce UNIQUE (chain_id, sender, nonce)
);
CREATE INDEX outgoing_pending ON outgoing_transactions (chain_id, sender, nonce) WHERE mined_hash IS NULL;`,
    },
  ],
};

interface Row {
  chain_id: string;
  sender: Address;
  submission: string;
  nonce: string;
  raw: Hex;
  hash: Hex;
  earlier: Hex[];
  signed_at_block: string;
  mined_hash: Hex | null;
  mined_block: string | null;
  ok: boolean | null;
  revert: string | null;
  created: Address | null;
}

function fromRow(row: Row): OutgoingTransaction {
  return {
    chainId: Number(row.chain_id),
    sender: row.sender,
    id: row.submission,
    nonce: Number(row.nonce),
    raw: row.raw,
    hash: row.hash,
    earlier: row.earlier,
    signedAtBlock: Number(row.signed_at_block),
    ...(row.mined_hash === null
      ? {}
      : {
          outcome: {
            transaction: row.mined_hash,
            block: Number(row.mined_block),
            ok: row.ok === true,
            ...(row.revert === null ? {} : { revert: row.revert }),
            ...(row.created === null ? {} : { created: row.created }),
          },
        }),
  };
}

const COLUMNS =
  "chain_id, sender, submission, nonce, raw, hash, earlier, signed_at_block, mined_hash, mined_block, ok, revert, created";
const KEY = "chain_id = $1 AND sender = $2 AND submission = $3";
const keyOf = (account: OutgoingAccount, id: string): unknown[] => [account.chainId, account.sender, id];

/** The table `outgoing_transactions` (OUTGOING_MIGRATIONS). Processes that share a key and a database sign under its unique nonces. */
export function postgresOutgoingStore(pool: pg.Pool): OutgoingStore {
  return {
    async find(account, id) {
      const { rows } = await pool.query<Row>(
        `SELECT ${COLUMNS} FROM outgoing_transactions WHERE ${KEY}`,
        keyOf(account, id),
      );
      return rows[0] && fromRow(rows[0]);
    },
    async pending(account) {
      const { rows } = await pool.query<Row>(
        `SELECT ${COLUMNS} FROM outgoing_transactions WHERE chain_id = $1 AND sender = $2 AND mined_hash IS NULL ORDER BY nonce`,
        [account.chainId, account.sender],
      );
      return rows.map(fromRow);
    },
    async insert(transaction) {
      const { rowCount } = await pool.query(
        `INSERT INTO outgoing_transactions (chain_id, sender, submission, nonce, raw, hash, earlier, signed_at_block)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
        [
          ...keyOf(transaction, transaction.id),
          transaction.nonce,
          transaction.raw,
          transaction.hash,
          transaction.earlier,
          transaction.signedAtBlock,
        ],
      );
      if (rowCount === 1) return "stored";
      const taken = await pool.query(
        `SELECT 1 FROM outgoing_transactions WHERE ${KEY}`,
        keyOf(transaction, transaction.id),
      );
      return taken.rowCount === 0 ? "nonce-taken" : "id-taken";
    },
    async update(transaction, was) {
      const { rowCount } = await pool.query(
        // Under the same nonce, whatever another process signed meanwhile stays known, as it may be what is mined.
        `UPDATE outgoing_transactions SET nonce = $4, raw = $5, hash = $6, signed_at_block = $8, signed_at = now(),
earlier = CASE WHEN nonce = $4 THEN ARRAY(SELECT DISTINCT h FROM unnest(earlier || hash || $7::text[]) AS h WHERE h <> $6)
  ELSE $7::text[] END
WHERE ${KEY} AND mined_hash IS NULL AND nonce = $9`,
        [
          ...keyOf(transaction, transaction.id),
          transaction.nonce,
          transaction.raw,
          transaction.hash,
          transaction.earlier,
          transaction.signedAtBlock,
          was,
        ],
      );
      return rowCount === 1;
    },
    async finish(account, id, outcome) {
      await pool.query(
        `UPDATE outgoing_transactions SET mined_hash = $4, mined_block = $5, ok = $6, revert = $7, created = $8 WHERE ${KEY}`,
        [
          ...keyOf(account, id),
          outcome.transaction,
          outcome.block,
          outcome.ok,
          outcome.revert ?? null,
          outcome.created ?? null,
        ],
      );
    },
    async remove(account, id) {
      await pool.query(`DELETE FROM outgoing_transactions WHERE ${KEY} AND mined_hash IS NULL`, keyOf(account, id));
    },
  };
}
