import type pg from "pg";

const KEY_BYTES = 32;

/** As a range, so that the index is used however many tokens share another network. */
const CROWDED = `
select o
from generate_series(0, $1::int - 1) as o, substring($2::bytea from o * ${KEY_BYTES} + 1 for ${KEY_BYTES}) as asked
where (
  select count(*) from (
    select from downstream.tokens t where t.network_key >= asked and t.network_key <= asked order by t.network_key limit $3
  ) as there
) >= $3`;

/** Those of `keys` (keyed hashes of networks, 32 bytes) that have `most` tokens or more; as hex. Reads only. */
export async function crowdedNetworks(pool: pg.Pool, keys: readonly Buffer[], most: number): Promise<Set<string>> {
  if (keys.length === 0) return new Set();
  const { rows } = await pool.query<[number], unknown[]>({
    name: "downstream-crowded-networks",
    rowMode: "array",
    text: CROWDED,
    values: [keys.length, Buffer.concat(keys), most],
  });
  return new Set(rows.map(([o]) => keys[o]!.toString("hex")));
}
