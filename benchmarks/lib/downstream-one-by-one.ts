// How the original counted: for each answer a transaction of its own with its statements one after the other. As a process: CONFIG.json of the node on
// the command line; prints one line of JSON when it serves.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { inTransaction, openDatabase } from "@cairn/database";
import { completeSettings, openBeats } from "@cairn/doors/downstream";
import { exitWithParent, machineRandom } from "@cairn/process";
import Fastify from "fastify";
import type pg from "pg";
import type { DownstreamConfig } from "../../apps/node/src/downstream/run-downstream.ts";
import { contractBeats } from "../../packages/doors/src/downstream/contracts/contract-beats.ts";
import {
  CONTRACT_COLUMNS,
  contractRow,
  questionOf,
  standingOf,
} from "../../packages/doors/src/downstream/contracts/contract-row.ts";
import { hashToken } from "../../packages/doors/src/downstream/tokens/token.ts";

interface AnswerBody {
  proofs: { file_hash: string; proof: unknown }[];
}

exitWithParent();
const config = JSON.parse(await readFile(process.argv[2] ?? "", "utf8")) as DownstreamConfig;
const { pool } = await openDatabase({ ...(config.database as pg.PoolConfig), max: 16 });
const folder = join(config.home, "downstream");
const { checkFraction } = completeSettings(folder, config.settings, true);
const beats = contractBeats(await openBeats(folder, machineRandom), checkFraction);

async function count(client: pg.PoolClient, token: string, hash: string, proof: unknown): Promise<boolean> {
  const farmer = await client.query<{ id: number }>({
    name: "farmer",
    text: "select id from downstream.tokens where token_hash = $1",
    values: [hashToken(token).tokenHash],
  });
  const { rows } = await client.query<unknown[], unknown[]>({
    name: "contract",
    rowMode: "array",
    text: `select ${CONTRACT_COLUMNS} from downstream.contracts c where token_id = $1 and hash = $2 for update`,
    values: [farmer.rows[0]?.id, Buffer.from(hash, "hex")],
  });
  const row = rows[0] && contractRow(rows[0], 0);
  if (row === undefined) return false;
  const standing = standingOf(row, Date.now() / 1000);
  if (standing.state !== "open") return false;
  const question = questionOf(beats, row, standing.window);
  if (question.scheme !== "Merkle" || beats.verify(question, proof) !== "ok") return false;
  await client.query({
    name: "answered",
    text: "update downstream.contracts set answers = answers + 1, seed = $2 where id = $1",
    values: [row.id, question.seed],
  });
  await client.query({
    name: "heartbeat",
    text: "update downstream.tokens set heartbeats = heartbeats + 1 where id = $1",
    values: [farmer.rows[0]?.id],
  });
  return true;
}

const server = Fastify({ bodyLimit: 8 * 1024 * 1024 });
server.addHook("onRequest", async (request) => {
  delete request.raw.headers["content-encoding"];
});
server.post("/api/downstream/v1/answer/:token", async (request) => {
  const { token } = request.params as { token: string };
  const report: object[] = [];
  for (const { file_hash, proof } of (request.body as AnswerBody).proofs) {
    const ok = await inTransaction(pool, (client) => count(client, token, file_hash, proof));
    report.push({ file_hash, ...(ok ? { status: "ok" } : { error: "Invalid proof" }) });
  }
  return { report };
});
await server.listen({ host: "127.0.0.1", port: 0 });
const address = server.server.address();
process.stdout.write(
  `${JSON.stringify({ ready: true, url: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}` })}\n`,
);
