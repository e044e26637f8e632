import { mkdir, mkdtemp, readFile, rm as removeFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { ensureAccount } from "../account/account.ts";
import { homeAt } from "../home/home.ts";
import { check } from "./check.ts";
import { get } from "./get.ts";
import { put } from "./put.ts";
import { recover } from "./recover.ts";
import { rm } from "./rm.ts";
import { show } from "./show.ts";
import { type Bend, refusal, startMemoryGateway } from "./testing/memory-gateway.ts";
import { serveHome } from "./testing/serve-home.ts";

type Gateway = Awaited<ReturnType<typeof startMemoryGateway>>;
type Answer = Record<string, unknown>;

let gateway: Gateway;
let folder: string;
let served: Awaited<ReturnType<typeof serveHome>>;
let options: { home: string; json: true; yes: true };
/** A package of this home, and one of the same account under another name. */
let asked: string;
let other: string;

beforeAll(async () => {
  gateway = await startMemoryGateway();
  folder = await mkdtemp(join(tmpdir(), "cairn-lies-"));
  options = { home: join(folder, "home"), json: true, yes: true };
  const home = homeAt(options.home);
  await ensureAccount(home);
  served = await serveHome(home, gateway.url);
  for (const name of ["photos", "letters", "fresh"]) {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, "file"), `all of the ${name}`);
  }
});
afterAll(async () => {
  await gateway.stop();
  served.release();
  await removeFile(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  vi.spyOn(process.stdout, "write").mockReturnValue(true);
  gateway.lie(undefined);
  if (asked !== undefined) return;
  await put(join(folder, "photos"), options);
  await put(join(folder, "letters"), options);
  [asked, other] = [...gateway.packages.keys()] as [string, string];
});
afterEach(() => vi.restoreAllMocks());

const signedCalls = () => gateway.asked.filter(({ signed }) => signed).map(({ call }) => call);

async function refused(command: () => Promise<void>, bend: Bend, expected: object): Promise<void> {
  gateway.lie(bend);
  await expect(command()).rejects.toMatchObject(expected);
}

const lied = (field: string) => ({ code: "gateway-lies", details: { field } });
/** Changes the answers to one call. */
const at =
  (call: string, change: (answer: never) => unknown): Bend =>
  (one, answer) =>
    one.call === call ? change(answer as never) : answer;
const ONE = "GET /packages/:id";
/** Changes the list of packages. */
const listed = (change: (list: [Answer]) => Answer[]): Bend =>
  at("GET /packages", (page: { packages: [Answer] }) => ({ ...page, packages: change(page.packages) }));

describe("a gateway that tells the truth", () => {
  it("serves every command", async () => {
    await show("photos", { ...options, files: true });
    await check("photos", options);
    gateway.asked.length = 0;
    await get("photos", join(folder, "back"), options);
    expect(signedCalls()).toEqual(["GET /packages/:id/pieces/0"]);
    expect(await readFile(join(folder, "back", "file"), "utf8")).toBe("all of the photos");
    await get(`${asked}/file`, join(folder, "one"), options);
    expect(await readFile(join(folder, "one"), "utf8")).toBe("all of the photos");
  });
});

describe.each([
  ["get", (target: string) => get(target, join(folder, "never"), options)],
  ["show", (target: string) => show(target, { ...options, files: true })],
  ["check", (target: string) => check(`${target}/file`, options)],
  ["rm", (target: string) => rm(target, options)],
] as [string, (target: string) => Promise<void>][])("%s", (command, run) => {
  const bytes = (id: string, part: "documentBytes" | "manifest") => gateway.packages.get(id)![part];
  it.each([
    ["another package under the name", "name", () => listed(() => [gateway.statusOf(other)])],
    [
      "an earlier version",
      "documentHash",
      () => listed(([one]: [Answer]) => [{ ...one, documentHash: `0x${"11".repeat(32)}` }]),
    ],
    ["another root", "root", () => listed(([one]: [Answer]) => [{ ...one, root: gateway.statusOf(other).root }])],
    ["a smaller k", "k", () => listed(([one]: [Answer]) => [{ ...one, k: 1 }])],
    ["another document", "documentHash", () => at("GET /packages/:id/document", () => bytes(other, "documentBytes"))],
    ["nothing under the name", 'the package "photos"', () => listed(() => [])],
    ["that it is gone", 'the package "photos"', () => listed(([one]: [Answer]) => [{ ...one, state: "REMOVED" }])],
  ] as [string, string, () => Bend][])("refuses %s, and signs nothing", async (_, field, bend) => {
    await refused(() => run("photos"), bend(), lied(field));
    expect(signedCalls()).toEqual([]);
  });

  it.each([
    ["another id", "id", () => at(ONE, () => gateway.statusOf(other))],
    ["that it is gone", 'the package "ID"', () => at(ONE, (one: Answer) => ({ ...one, state: "EXPIRED" }))],
    ["that there is none", 'the package "ID"', () => at(ONE, () => refusal("unknown-package", "missing"))],
    ["that it was never agreed", "documentHash", () => at(ONE, (one: Answer) => ({ ...one, documentHash: null }))],
  ] as [string, string, () => Bend][])("refuses %s for an id, and signs nothing", async (_, field, bend) => {
    await refused(() => run(asked), bend(), lied(field.replace("ID", asked)));
    expect(signedCalls()).toEqual([]);
  });

  it("refuses another network, and signs nothing", async () => {
    const bend = at("GET /network", (one: Answer) => ({ ...one, executor: `0x${"99".repeat(20)}` }));
    await refused(() => run("photos"), bend, {
      code: "network-changed",
      details: { changes: [{ field: "executor" }] },
    });
    expect(signedCalls()).toEqual([]);
  });

  if (command !== "rm") {
    it("refuses another package's manifest", async () => {
      const bend = at("GET /packages/:id/manifest", () => bytes(other, "manifest"));
      await refused(() => run("photos"), bend, lied("manifest.sha256"));
    });
  }
});

describe("show", () => {
  it.each([
    ["root", { root: "bafkqaaa" }],
    ["slots.length", { slots: [] }],
    ["pieceList.length", { pieceList: [] }],
  ])("refuses a detailed answer with another %s than the short one", async (field, change) => {
    await refused(
      () => show("photos", options),
      at(ONE, (one: Answer) => ({ ...one, ...change })),
      {
        ...lied(field),
      },
    );
  });
});

describe("check", () => {
  it.each([
    ["check.ok", { shards: [] }],
    ["check.package", { package: "ef".repeat(16) }],
    ["check.kind", { kind: "full" }],
  ])("refuses a finding with another %s", async (field, change) => {
    const bend = at("POST /packages/:id/check", (one: Answer) => ({ ...one, ...change }));
    await refused(() => check("photos", options), bend, lied(field));
  });

  it.each([
    ["check.result of shard 2 of piece 0", { result: "damaged" }],
    ["check.checkedBytes of shard 2 of piece 0", { checkedBytes: 0 }],
    ["check.shards", { shard: 9 }],
    ["check.shards.length", { shard: 1 }],
  ])("refuses a sound finding whose list says %s", async (field, change) => {
    const bend = at("POST /packages/:id/check", (one: { shards: Answer[] }) => ({
      ...one,
      shards: one.shards.map((shard, i) => (i === 2 ? { ...shard, ...change } : shard)),
    }));
    await refused(() => check("photos", options), bend, lied(field));
  });

  it("refuses that a file is in none of the package's pieces, or in one that it has not", async () => {
    for (const pieces of [[], [7]]) {
      const bend = at("POST /packages/:id/locate", () => ({ pieces }));
      await refused(() => check("photos/file", options), bend, lied("the pieces of file"));
    }
  });
});

describe("put", () => {
  const fresh = () => put(join(folder, "fresh"), options);
  const plan = (change: (plan: Answer & { placements: Answer[] }) => object) =>
    at("POST /packages/:id/quote", (one: Answer & { placements: Answer[] }) => ({ ...one, ...change(one) }));

  it.each([
    [
      "document.package",
      plan(() => ({
        document: gateway.packages.get(other)!.documentBytes.toString("base64"),
        documentHash: gateway.packages.get(other)!.documentHash,
      })),
    ],
    ["documentHash", plan(() => ({ documentHash: `0x${"22".repeat(32)}` }))],
    [
      "placements[0].pricePerPeriod",
      plan(({ placements }) => ({ placements: placements.map((p) => ({ ...p, pricePerPeriod: "1" })) })),
    ],
    [
      "placements[0].provider",
      plan(({ placements }) => ({ placements: placements.map((p) => ({ ...p, provider: `0x${"33".repeat(20)}` })) })),
    ],
    ["placements.length", plan(({ placements }) => ({ placements: placements.slice(1) }))],
    ["escrow", plan(() => ({ escrow: "1000000000000000000000" }))],
    ["repairReserve", plan(() => ({ repairReserve: "1000000000000000000000" }))],
    ["endsAt", plan(() => ({ endsAt: 9_999_999_999 }))],
  ] as [string, Bend][])("refuses a plan with another %s, and signs nothing", async (field, bend) => {
    await refused(fresh, bend, lied(field));
    expect(gateway.asked.filter(({ call }) => call.endsWith("/commit"))).toEqual([]);
  });

  it.each([-7200, 7200])("blames no gateway when the clocks are %s s apart, and signs nothing", async (seconds) => {
    const bend = at("GET /status", (one: Answer) => ({ ...one, blockTime: Number(one.blockTime) + seconds }));
    await refused(fresh, bend, expect.objectContaining({ code: "clocks-apart" }));
    expect(gateway.asked.filter(({ call }) => call.endsWith("/commit"))).toEqual([]);
  });

  it("lets no folder without files take the place of a package, whose state is then untouched", async () => {
    const empty = join(folder, "unmounted", "photos");
    await mkdir(empty, { recursive: true });
    const before = gateway.packages.size;
    for (const more of [{}, { replace: true }, { quote: true }, { dryRun: true }]) {
      await expect(put(empty, { ...options, ...more })).rejects.toMatchObject({ code: "nothing-to-store" });
    }
    expect(gateway.packages.size).toBe(before);
  });

  it("does not take a package for stored that it refused to sign for, though the gateway says that it was agreed", async () => {
    const bend: Bend = (one, answer) => {
      if (one.call.endsWith("/quote")) return { ...(answer as Answer), escrow: "1000000000000000000000" };
      if (one.call.endsWith("/abandon")) return refusal("wrong-state", "conflict");
      return one.call === ONE ? { ...(answer as Answer), state: "STORED" } : answer;
    };
    await refused(fresh, bend, lied("escrow"));
  });

  it("refuses another package's status, and blocks that are not its own, before it says STORED", async () => {
    const status: Bend = (one, answer) =>
      one.call === ONE && gateway.packages.get(one.id!)?.state === "STORED" ? gateway.statusOf(other) : answer;
    await refused(fresh, status, lied("id"));
    await expect(rmFresh()).resolves.toBeUndefined();
    const blocks = at("POST /packages/:id/blocks", (frames: Buffer) => {
      const bent = Buffer.from(frames);
      bent[bent.length - 1]! ^= 1;
      return bent;
    });
    await refused(fresh, blocks, { code: "not-read-back" });
    await rmFresh();
  });

  async function rmFresh(): Promise<void> {
    gateway.lie(undefined);
    await rm("fresh", options);
    const [id] = [...gateway.packages].at(-1)!;
    gateway.packages.delete(id);
  }
});

describe("recover", () => {
  const packages = "POST /recover";
  it.each([
    ["cannot be had", "manifest-unavailable", "unavailable"],
    ["is too much for its gateway", "internal", "internal"],
  ])("goes on with the others where one %s, says so, and takes it up again", async (_, code, kind) => {
    let lacking = true;
    gateway.lie((one, answer) => {
      const lacks = () => (answer as Answer[]).some(({ id }) => id === asked);
      return lacking && one.call === packages && lacks() ? refusal(code, kind) : answer;
    });
    const said = vi.spyOn(process.stdout, "write");
    const results = () => said.mock.calls.map(([text]) => JSON.parse(String(text)) as Answer);
    await expect(recover(options)).rejects.toMatchObject({ code: "recover-incomplete" });
    const documentHash = gateway.packages.get(asked)!.documentHash;
    expect(results().at(-1)).toMatchObject({
      recovered: expect.arrayContaining([expect.objectContaining({ id: other })]),
      failed: [{ documentHash, error: { code } }],
    });
    lacking = false;
    await recover(options);
    expect(results().at(-1)).toMatchObject({
      recovered: expect.arrayContaining([expect.objectContaining({ id: asked })]),
      failed: [],
    });
  });

  it("gives the name to the newest that does not end, in whatever order the gateway lists them", async () => {
    const versions: string[] = [];
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      for (const [text, seconds] of [
        ["one", 0],
        ["two", 10],
        ["three", 20],
      ] as const) {
        vi.setSystemTime(Date.now() + seconds * 1000);
        await mkdir(join(folder, `version ${text}`, "versions"), { recursive: true });
        await writeFile(join(folder, `version ${text}`, "versions", "file"), text);
        await put(join(folder, `version ${text}`, "versions"), options);
        versions.push([...gateway.packages.keys()].at(-1)!);
        // They follow one another as names, not as replacements.
        gateway.packages.get(versions.at(-1)!)!.open.nameHash = `0x${"00".repeat(32)}`;
      }
    } finally {
      vi.useRealTimers();
    }
    const [oldest, newest, ending] = versions as [string, string, string];
    gateway.packages.get(ending)!.state = "ENDING";
    gateway.lie((one, answer) => {
      if (one.call !== "GET /recover") return answer;
      const wanted = [oldest, ending, newest].map((id) => gateway.packages.get(id)!.documentHash);
      return { packages: wanted.map((documentHash) => ({ documentHash, deals: 4, known: null })), next: null };
    });
    const said = vi.spyOn(process.stdout, "write");
    await recover(options);
    const { recovered } = JSON.parse(String(said.mock.calls.at(-1)?.[0])) as { recovered: unknown[] };
    expect(recovered).toEqual([
      { id: newest, name: "versions", ending: false },
      { id: oldest, name: `versions~${oldest.slice(0, 8)}`, ending: false },
      { id: ending, name: `versions~${ending.slice(0, 8)}`, ending: true },
    ]);
    for (const id of versions) gateway.packages.delete(id);
  });

  const own = (list: Answer[]) => list.filter(({ id }) => id === asked || id === other);
  it.each([
    [
      "one that was not asked for",
      "the recovered package",
      (list: Answer[]) => list.map((one) => ({ ...one, documentHash: `0x${"44".repeat(32)}` })),
    ],
    ["one twice", "the recovered package", (list: Answer[]) => [list[0], list[0]]],
    ["none", "the recovered package", (list: Answer[]) => list.slice(1)],
    [
      "one under another's hash",
      "document.package",
      (list: Answer[]) => [{ ...list[0], id: other, documentHash: list[0]!.documentHash }],
    ],
  ])("refuses %s", async (_, field, change) => {
    const bend: Bend = (one, answer) => {
      if (one.call === packages) return change(own(answer as Answer[]));
      // The document that goes with the hash, whatever id it is asked under.
      if (one.call === "GET /packages/:id/document" && field === "document.package") {
        return gateway.packages.get(asked)!.documentBytes;
      }
      return answer;
    };
    await refused(() => recover(options), bend, lied(field));
  });
});
