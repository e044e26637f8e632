// A load generator as a process of its own: one job as JSON on standard input, its LoadResult as JSON on standard output.
import { text } from "node:stream/consumers";
import { contractHash, farmerToken } from "../../packages/doors/src/downstream/contracts/testing/merkle-contracts.ts";
import { farmerAddress } from "./downstream-farmers.ts";
import { runLoad } from "./http-load.ts";

export type LoadJob = { port: number; connections: number } & (
  | {
      kind: "answers";
      /** Farmers [first, first + farmers), all their contracts. */
      first: number;
      farmers: number;
      contractsEach: number;
      /** Proofs in a request. */
      batch: number;
      proof: unknown;
    }
  | { kind: "challenges"; first: number; farmers: number; contractsEach: number; requests: number }
  | { kind: "gets"; paths: string[]; requests: number }
);

const PREFIX = "/api/downstream/v1";

function post(path: string, farmer: number, body: string): Buffer {
  const head = `POST ${PREFIX}${path} HTTP/1.1\r\nHost: node\r\nX-Forwarded-For: ${farmerAddress(farmer)}\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
  return Buffer.from(head + body);
}

/** The same order every time, without neighbours next to each other. */
function scattered<T>(items: T[]): T[] {
  const stride = 7919;
  return items.map((_, i) => items[(i * stride) % items.length]!);
}

function* batches({ first, farmers, contractsEach, batch, proof }: LoadJob & { kind: "answers" }): Generator<Buffer> {
  const text = JSON.stringify(proof);
  for (let farmer = first; farmer < first + farmers; farmer += 1) {
    for (let contract = 1; contract <= contractsEach; contract += batch) {
      const count = Math.min(batch, contractsEach - contract + 1);
      const proofs = Array.from(
        { length: count },
        (_, i) => `{"file_hash": "${contractHash(farmer, contract + i)}", "proof": ${text}}`,
      );
      yield post(`/answer/${farmerToken(farmer)}`, farmer, `{"proofs": [${proofs.join(", ")}]}`);
    }
  }
}

function requestsOf(job: LoadJob): Buffer[] {
  switch (job.kind) {
    case "answers":
      return scattered([...batches(job)]);
    case "challenges":
      return Array.from({ length: job.requests }, (_, i) => {
        const farmer = job.first + ((i * 7919) % job.farmers);
        const hashes = Array.from({ length: job.contractsEach }, (_, c) => contractHash(farmer, c + 1));
        return post(`/challenge/${farmerToken(farmer)}`, farmer, JSON.stringify({ hashes }));
      });
    case "gets":
      return Array.from({ length: job.requests }, (_, i) => {
        const path = job.paths[i % job.paths.length];
        const from = farmerAddress(i);
        return Buffer.from(`GET ${PREFIX}${path} HTTP/1.1\r\nHost: node\r\nX-Forwarded-For: ${from}\r\n\r\n`);
      });
  }
}

if (import.meta.main) {
  const job = JSON.parse(await text(process.stdin)) as LoadJob;
  const { port, connections } = job;
  const counted = job.kind === "answers" ? '"status":"ok"' : '"challenge":';
  const result = await runLoad({ port, connections, requests: requestsOf(job), counted });
  process.stdout.write(JSON.stringify(result));
}
