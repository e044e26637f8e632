import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { carHeader, generateAccountKey, packFolder, scanCar } from "@cairn/archive";
import { CairnClient } from "@cairn/client";
import { carSource } from "@cairn/owner/car-source";
import { get } from "@cairn/owner/get";
import { memoryKnownPackages } from "@cairn/owner/known-packages";
import { folderDestination } from "@cairn/owner/node/folder-destination";
import type { OwnerPorts } from "@cairn/owner/ports";
import { type PutEvent, type PutOptions, put } from "@cairn/owner/put";
import { streamDestination } from "@cairn/owner/stream-destination";
import { streamSource } from "@cairn/owner/stream-source";
import { walletSigner } from "@cairn/owner/wallet-signer";
import { machineClock } from "@cairn/process/machine-clock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startMemoryGateway } from "../cli/testing/memory-gateway.ts";

let gateway: Awaited<ReturnType<typeof startMemoryGateway>>;
let folder: string;
let ports: OwnerPorts;
const { signal } = new AbortController();

beforeAll(async () => {
  gateway = await startMemoryGateway();
  folder = await mkdtemp(join(tmpdir(), "cairn-sources-"));
  const key = await generateAccountKey({ name: "owner" });
  const client = new CairnClient({ url: gateway.url, token: "token" });
  ports = {
    gateway: client,
    owner: { signer: walletSigner(`0x${"7e".repeat(32)}`), lookupKey: new Uint8Array(32), openKey: async () => key },
    network: () => client.network(),
    readChain: async () => undefined,
    known: memoryKnownPackages(),
    clock: machineClock,
  };
  await client.claimAccount({ message: { owner: ports.owner.signer.address }, signature: "0x" });
});
afterAll(async () => {
  await gateway.stop();
  await rm(folder, { recursive: true, force: true });
});

const stored = async (options: Pick<PutOptions, "source" | "layout">): Promise<PutEvent["type"][]> => {
  const happened: PutEvent["type"][] = [];
  const shape = { k: 2, n: 4, days: 1, placement: {} };
  const result = await put(ports, { ...options, shape, signal, onEvent: ({ type }) => happened.push(type) });
  expect(result.outcome).toBe("stored");
  return happened;
};

/** The blocks of a CAR as text, in its order. */
async function blocksOf(car: Uint8Array): Promise<string[]> {
  const blocks: string[] = [];
  const bytes = async function* () {
    yield car;
  };
  for await (const { cid, bytes: block } of (await scanCar(bytes())).blocks) {
    blocks.push(`${cid} ${Buffer.from(block).toString("hex")}`);
  }
  return blocks;
}

describe("what is put", () => {
  it("may be a stream of files, and comes back as one", async () => {
    const entries = [
      { path: "deep/a", size: 3, bytes: Buffer.from("abc") },
      { path: "b", size: 0, bytes: Buffer.alloc(0) },
    ];
    await stored({ source: streamSource("streamed", entries, 3), layout: "private" });
    const back: Record<string, string> = {};
    const destination = streamDestination(async ({ path, bytes }) => {
      if (bytes === undefined) return;
      const parts: Uint8Array[] = [];
      for await (const part of bytes) parts.push(Uint8Array.from(part));
      back[path] = Buffer.concat(parts).toString();
    });
    expect(await get(ports, { target: "streamed", destination, signal })).toMatchObject({
      restored: { files: 2, bytes: 3 },
    });
    expect(back).toEqual({ "deep/a": "abc", b: "" });
    await get(ports, { target: "streamed/deep", destination, signal });
    expect(back).toMatchObject({ a: "abc" });
  });

  it("may be a CAR, whose blocks come back as they were", async () => {
    const source = join(folder, "source");
    await mkdir(source);
    await writeFile(join(source, "file"), "of a DAG");
    const parts: Buffer[] = [];
    const { root } = await packFolder({
      ...{ path: source, key: await ports.owner.openKey(), layout: "unencrypted", threads: 0, name: "x", created: 1 },
      ...{ packageId: "ab".repeat(16), repairKey: new Uint8Array(32) },
      sink: { write: async (_, bytes) => void parts.push(Buffer.from(bytes)), cut: () => undefined },
    });
    const car = Buffer.concat([carHeader(root), ...parts]);
    const bytes = async function* () {
      yield car;
    };
    await stored({ source: carSource("a DAG", bytes(), car.length), layout: "car" });
    const back = join(folder, "back.car");
    await get(ports, { target: "a DAG", destination: folderDestination(back), signal });
    expect(await blocksOf(await readFile(back))).toEqual(await blocksOf(car));
  });
});
