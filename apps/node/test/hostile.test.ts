import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type EvmLedger, openLedger } from "@cairn/chain";
import type { CairnClient, CheckResultJson, EventJson, PackageDetailJson } from "@cairn/client";
import { periodAt } from "@cairn/core";
import { type Address, type DealId, type Hex, verdictTree } from "@cairn/protocol";
import { type RunningProvider, runProvider } from "@cairn/provider";
import { LIARS } from "@cairn/provider/testing";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { flipByte } from "./support/flip-byte.ts";
import { atFullStrength, startNetwork, type TestNetwork, until } from "./support/network.ts";

/** k honest holders carry the package through all liars at once; n − k of them lie. */
const K = 4;
const LYING = [
  "wrong-bytes",
  "wrong-proof",
  "old-proof",
  "others-proof",
  "inner-node-proof",
  "endless-body",
  "silence",
  "hides-damage",
] as const;
const PROOF_LIARS = ["wrong-proof", "old-proof", "others-proof", "inner-node-proof"];
const BYTE_LIARS = ["wrong-bytes", "endless-body", "hides-damage"];
const TREE_BYTES = 4_000_000;
/** The gateway may hold some windows of a read or a rebuild more than at rest, whatever is sent to it. */
const MEMORY_MARGIN = 200e6;
/** A little cheaper than the network's own providers, so that each liar gets a shard; spares are a little dearer, within the mandate's reserve. */
const CHEAP = 99n * 10n ** 11n;
const DEAR = 104n * 10n ** 11n;

interface Player {
  name: string;
  running: RunningProvider;
  directory: string;
  deal: DealId;
  turn(): void;
}

let network: TestNetwork;
let client: CairnClient;
let ledger: EvmLedger;
let tree: string;
let id: string;
let before: PackageDetailJson;
let memoryBefore: number;
let turnedIn: number;
const liars = new Map<string, Player>();
const running: RunningProvider[] = [];

async function dialIn(name: string, capacity: bigint, price: bigint, turned?: (turn: () => void) => void) {
  const directory = join(network.directory, `provider ${name}`);
  const provider = await runProvider({
    directory,
    gateways: [network.url],
    capacity,
    price,
    region: "elsewhere",
    diskMarginBytes: 0,
    log: pino({ level: process.env.CAIRN_TEST_LOG ?? "silent" }),
    alter: (parts, context) => turned?.(() => LIARS[name]?.(parts, context)),
  });
  running.push(provider);
  await provider.online;
  return { running: provider, directory };
}

async function gatewayMemory(): Promise<number> {
  const { children } = await network.run();
  const pid = children.find((child) => child.name === "gateway")?.pid;
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}

async function allEvents(): Promise<EventJson[]> {
  const events: EventJson[] = [];
  for (let after = 0; ; ) {
    const page = await client.events(after, 1000);
    events.push(...page);
    const last = page.at(-1);
    if (last === undefined || page.length < 1000) return events;
    after = last.id;
  }
}

async function getIsIdentical(name: string): Promise<void> {
  const back = join(network.directory, name);
  const got = await network.cli("get", "tree", back);
  expect(got.code, got.stderr).toBe(0);
  expect(execFileSync("diff", ["-r", tree, back]).toString()).toBe("");
}

const liar = (name: string): Player => liars.get(name) as Player;
const providerOf = (name: string): Address => liar(name).running.provider;
const push = (body: unknown, path = "proofs") =>
  fetch(`${network.url}/api/v1/provider/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

beforeAll(async () => {
  network = await startNetwork({ providers: K });
  client = await network.client();
  const { chainUrl, deployment } = await client.network();
  ledger = await openLedger({ url: chainUrl, deployment: deployment as never });
  const shard = BigInt(Math.ceil(TREE_BYTES / K) + 100_000);
  const joining = LYING.map(async (name) => {
    let turn: () => void = () => undefined;
    // Room for one shard, so that no liar holds more than its share of the package.
    const joined = await dialIn(name, shard + shard / 2n, CHEAP, (given) => {
      turn = given;
    });
    liars.set(name, { name, ...joined, deal: "0x", turn: () => turn() });
  });
  const spares = LYING.map((name) => dialIn(`spare ${name}`, 1n << 30n, DEAR));
  await Promise.all([...joining, ...spares]);

  tree = join(network.directory, "tree");
  await mkdir(tree);
  for (let i = 0; i < 8; i += 1) await writeFile(join(tree, `file ${i}`), randomBytes(TREE_BYTES / 8));
  const put = await network.cli("put", tree, "--json", "--k", String(K), "--n", String(K + LYING.length));
  expect(put.code, put.stdout + put.stderr).toBe(0);
  id = put.json<{ id: string }>().id;
  before = await client.package(id);
  for (const player of liars.values()) {
    const slot = before.slots.find((one) => one.provider === player.running.provider);
    player.deal = slot?.deal as DealId;
  }
  await getIsIdentical("honest");
  memoryBefore = await gatewayMemory();
}, 660_000);

afterAll(async () => {
  await Promise.all(running.map((provider) => provider.stop()));
  await ledger?.stop();
  await network?.stop();
}, 660_000);

describe("eight liars of twelve providers", () => {
  it("all got a shard while they were honest", () => {
    expect(before.slots).toHaveLength(K + LYING.length);
    expect([...liars.values()].filter((player) => player.deal === undefined)).toEqual([]);
  });

  it("do not keep the folder from coming back, and are found by check --full where they give bytes", async () => {
    const hidden = join(liar("hides-damage").directory, "shards", liar("hides-damage").deal, "shard");
    await flipByte(hidden, 500_000);
    for (const player of liars.values()) player.turn();
    turnedIn = periodAt((await ledger.latest()).timestamp, ledger.deployment);
    const checking = network.cli("check", "tree", "--full", "--json");
    await getIsIdentical("among liars");
    const checked = await checking;
    expect(checked.code, checked.stdout).not.toBe(0);
    const { shards } = JSON.parse(checked.stdout.slice(0, checked.stdout.indexOf("\n}\n") + 2)) as CheckResultJson;
    const resultOf = (name: string) => [name, shards.find((one) => one.provider === providerOf(name))?.result];
    expect(BYTE_LIARS.map(resultOf)).toEqual(BYTE_LIARS.map((name) => [name, "wrong-bytes"]));
    expect(resultOf("silence")).toEqual(["silence", "silent"]);
    const lying = new Set<string>(LYING.map(providerOf));
    const honest = shards.filter((one) => !lying.has(one.provider));
    expect(honest.map((one) => one.result)).toEqual(Array(K).fill("sound"));
  }, 660_000);

  it("lose their deals, and their shards are rebuilt elsewhere", async () => {
    const providers = new Set([...liars.values()].map((player) => player.running.provider));
    const healed = (found: PackageDetailJson) =>
      atFullStrength(found) && found.slots.every((slot) => !providers.has(slot.provider as Address));
    await until(() => client.package(id), healed, 150, "repair");
    for (const player of liars.values()) {
      expect([player.name, (await ledger.deal(player.deal))?.state]).toEqual([player.name, "FAILED"]);
    }
    await getIsIdentical("after repair");
  }, 660_000);

  it("are each named with what they did, once per matter", async () => {
    const events = await allEvents();
    const kinds = (name: string) => events.filter((event) => event.deal === liar(name).deal).map((event) => event.kind);
    for (const name of PROOF_LIARS)
      expect([name, kinds(name)]).toEqual([name, expect.arrayContaining(["wrong-proof"])]);
    for (const name of BYTE_LIARS) expect([name, kinds(name)]).toEqual([name, expect.arrayContaining(["wrong-bytes"])]);
    for (const name of LYING) expect([name, kinds(name)]).toEqual([name, expect.arrayContaining(["deal-failed"])]);
    for (const name of PROOF_LIARS) {
      // One event for each period until the deal had failed, however often the proof was pushed and however many periods that took.
      const periods = events
        .filter(({ deal, kind }) => deal === liar(name).deal && kind === "wrong-proof")
        .map(({ message }) => Number(/ of period (\d+) /.exec(message)?.[1]));
      expect(periods.every(Number.isInteger), name).toBe(true);
      expect(new Set(periods).size, name).toBe(periods.length);
    }
    const accused = new Set(
      events.filter((event) => event.kind === "wrong-proof" || event.kind === "wrong-bytes").map((one) => one.provider),
    );
    expect(
      [...accused].filter((provider) => ![...liars.values()].some((one) => one.running.provider === provider)),
    ).toEqual([]);
  });

  it("are not paid for the periods in which they lied, while the honest are", async () => {
    for (const name of [...PROOF_LIARS, "silence"]) {
      const record = await ledger.deal(liar(name).deal);
      const received = periodAt(record?.receiptTime ?? 0, ledger.deployment);
      // At most the periods up to the one in which it turned; the proof that is handed out ever after was right once.
      const most = turnedIn - received + (name === "old-proof" ? 1 : 0);
      expect([name, (record?.paidPeriods ?? 99) <= most]).toEqual([name, true]);
    }
    for (const name of BYTE_LIARS) {
      const record = await ledger.deal(liar(name).deal);
      const ended = periodAt((await ledger.latest()).timestamp, ledger.deployment);
      const received = periodAt(record?.receiptTime ?? 0, ledger.deployment);
      expect([name, (record?.paidPeriods ?? 99) < ended - received]).toEqual([name, true]);
    }
    const honest = before.slots.filter((slot) => ![...liars.values()].some((player) => player.deal === slot.deal));
    const most = Math.max(
      ...(await Promise.all(PROOF_LIARS.map(async (name) => (await ledger.deal(liar(name).deal))?.paidPeriods ?? 0))),
    );
    for (const slot of honest) {
      await until(
        async () => (await ledger.deal(slot.deal as DealId))?.paidPeriods ?? 0,
        (paid) => paid > most,
        90,
        "the pay of the honest",
      );
    }
  }, 660_000);
});

describe("the verdicts", () => {
  it("are public: from the leaf file anyone rebuilds the root that the quorum voted", async () => {
    const now = periodAt((await ledger.latest()).timestamp, ledger.deployment);
    const { verifierSet } = await client.network();
    let voted: Awaited<ReturnType<EvmLedger["finalizedRoot"]>>;
    for (let period = now; voted === undefined && period > 0; period -= 1) {
      voted = await ledger.finalizedRoot(verifierSet as Hex, period);
    }
    const url = `${network.url}/api/v1/provider/verdicts`;
    const text = await (await fetch(`${url}/${voted?.leafFileHash}`)).text();
    expect(`0x${createHash("sha256").update(text).digest("hex")}`).toBe(voted?.leafFileHash);
    const [header, ...leaves] = text.split("\n").map((line) => JSON.parse(line));
    expect(header).toMatchObject({ format: "cairn-verdict-leaves-1", set: verifierSet });
    expect(leaves).toHaveLength(voted?.leaves ?? -1);
    expect(verdictTree(leaves).root).toBe(voted?.root);
    expect((await fetch(`${url}/0x${"0".repeat(64)}`)).status).toBe(404);
    expect((await fetch(`${url}/..%2f..%2fsecret`)).status).toBe(400);
  });
});

describe("hostile requests at the providers' door", () => {
  const proof = (more: object = {}) => ({
    deal: `0x${"ab".repeat(32)}`,
    purpose: "period",
    period: 3,
    proof: "AAAA",
    signature: `0x${"11".repeat(65)}`,
    ...more,
  });

  it("are answered with what is wrong, never with a failure of the gateway's own", async () => {
    const bad: [string, unknown][] = [
      ["no JSON", "{"],
      ["no list", { proofs: 7 }],
      ["too many", { proofs: Array.from({ length: 257 }, () => proof()) }],
      ["no base64", { proofs: [proof({ proof: "%%%" })] }],
      ["an impossible period", { proofs: [proof({ period: 1e300 })] }],
      ["a negative period", { proofs: [proof({ period: -1 })] }],
      ["another purpose", { proofs: [proof({ purpose: "__proto__" })] }],
      ["a short signature", { proofs: [proof({ signature: "0x11" })] }],
      ["2 MB", { proofs: [proof({ proof: "A".repeat(2_000_000) })] }],
    ];
    for (const [what, body] of bad) {
      const answer = await push(body);
      expect([what, answer.status >= 400 && answer.status < 500]).toEqual([what, true]);
    }
    const far = await push({ proofs: [proof({ period: Number.MAX_SAFE_INTEGER }), proof()] });
    expect(await far.json()).toEqual({ results: ["unknown deal", "unknown deal"] });
    const known = before.slots[0]?.deal;
    const forged = await push({ proofs: [proof({ deal: known, period: Number.MAX_SAFE_INTEGER })] });
    expect(((await forged.json()) as { results: string[] }).results[0]).not.toBe("accepted");
    expect((await push({ reports: [{ message: {}, signature: "0x" }] }, "damage")).status).toBe(400);
  });

  it("leave the gateway's memory flat", async () => {
    const chunk = Buffer.alloc(1 << 20);
    const flood = async function* () {
      for (let i = 0; i < 200; i += 1) yield chunk;
    };
    // Nobody waits for this range: the body must not be taken in.
    const flooded = fetch(`${network.url}/api/v1/provider/ranges/${"a".repeat(32)}`, {
      method: "POST",
      body: ReadableStream.from(flood()),
      duplex: "half",
    } as RequestInit).then(
      (answer) => answer.status,
      () => 0,
    );
    expect([0, 404]).toContain(await flooded);
    expect((await fetch(`${network.url}/health`)).status).toBe(200);
    const after = await gatewayMemory();
    process.stdout.write(`gateway memory among liars: ${mb(memoryBefore)} MB before, ${mb(after)} MB after\n`);
    expect(after).toBeLessThan(memoryBefore + MEMORY_MARGIN);
  });
});

const mb = (bytes: number) => Math.round(bytes / 1e6);
