import { createHash, randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { CID } from "multiformats/cid";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startNetwork, type TestNetwork, until } from "./support/network.ts";

const DOOR = fileURLToPath(new URL("./support/shelf-door.ts", import.meta.url));

let network: TestNetwork;
beforeAll(async () => {
  network = await startNetwork({ providers: 4, env: { CAIRN_DOORS: DOOR } });
});
afterAll(() => network?.stop());

async function upload(user: string, name: string, bytes: Uint8Array): Promise<void> {
  const headers = { "content-type": "application/octet-stream" };
  const answer = await fetch(`${network.url}/shelf/${user}/${name}`, {
    method: "PUT",
    headers,
    body: Buffer.from(bytes),
  });
  expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining("keep")]);
}

interface Job {
  state: string;
  result: { id: string; root: string } | null;
  error: unknown;
}

/** The job's end; asked for again while the gateway starts anew. */
const ended = (user: string, name: string) =>
  until(
    () =>
      fetch(`${network.url}/shelf/${user}/${name}/job`).then(
        async (answer) => (answer.ok ? ((await answer.json()) as Job) : undefined),
        () => undefined,
      ),
    (job) => job !== undefined && !["queued", "running"].includes(job.state),
    300,
    "the end of the job",
  );

it("keeps what users without keys upload as public packages, also when the gateway is killed meanwhile", async () => {
  const [one, two] = [randomBytes(300_000), randomBytes(3_000_000)];
  await upload("anna", "one.bin", one);
  expect(await ended("anna", "one.bin")).toMatchObject({ state: "done", error: null });
  await upload("bert", "two.bin", two);
  await network.kill("gateway");
  const job = await ended("bert", "two.bin");
  expect(job).toMatchObject({ state: "done", error: null });

  for (const [user, name, bytes] of [
    ["anna", "one.bin", one],
    ["bert", "two.bin", two],
  ] as const) {
    const got = Buffer.from(await (await fetch(`${network.url}/shelf/${user}/${name}`)).arrayBuffer());
    expect(got.equals(bytes)).toBe(true);
  }
  // Everybody's by its hash: through the door, and through the API with any account's token.
  const { root } = job!.result!;
  const block = Buffer.from(await (await fetch(`${network.url}/shelf/blocks/${root}`)).arrayBuffer());
  expect(createHash("sha256").update(block).digest().equals(CID.parse(root).multihash.digest)).toBe(true);
  const client = await network.client();
  const parts = [];
  for await (const part of await client.publicBlock(root)) parts.push(part);
  expect(Buffer.concat(parts).equals(block)).toBe(true);
  // The home's own account sees nothing of the users' packages.
  expect(await client.packages(true)).toEqual([]);
  await expect(client.package(job!.result!.id)).rejects.toMatchObject({ code: "unknown-package" });
  // Once each, whatever was done again.
  const { packages } = await client.status();
  expect(packages).toBe(2);
});
