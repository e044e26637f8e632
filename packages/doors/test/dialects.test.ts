import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { MemoryNode } from "./support/memory-node.ts";
import { type OpenDoor, openDoor } from "./support/open-door.ts";

const V1 = "/api/downstream/v1";
const BARE = "/api/downstream";
const ONE = "012fb25d2f14bb31bcbad5b8d99703114ed970601b21142c93b50421e8ddb0d7";
const TWO = "1ff230c833a9ebdc01e100f5a9a41668ffcd9dcba13b307dd99271674f668279";
const THREE = "7a76d71cd338b285f1c455aa941d840686061d7633955d0b01724d3cfc676d3d";
const FOUR = "f04ab97fbf4300e3cdfc2ab56a9662a9f2dbaba9916870b331c53d7d181693ab";
const FIVE = "e2a8501ddd2ecfb032e652ff291398e2bf683e132a1579c5c5fdcbda84a93a89";
const CHALLENGE = { seed: "SEED", index: 0 };
const TAG = { tree: { nodes: ["", ""], order: 0, leaves: [] }, chunksz: 10, filesz: 1024 };
const PROOF = { leaf: { index: 0, blob: "BLOB" }, branch: { rows: [] } };
const SEED = "70aacdc6a2f7ef0e7c1effde27299eda";

const node = new MemoryNode();
const swizzle = new MemoryNode({ scheme: "Swizzle" });
let door: OpenDoor;
let swizzleDoor: OpenDoor;

const chunk = (hash: string) => ({
  hash,
  size: 1024,
  seed: SEED,
  challenge: CHALLENGE,
  tag: TAG,
  due: 59.25,
  redundancy: { wanted: 2, held: 1 },
});

beforeAll(async () => {
  door = await openDoor({ node });
  swizzleDoor = await openDoor({ node: swizzle });
});

beforeEach(() => {
  node.chunks = [];
  node.contracts.clear();
  node.outcomes.clear();
  node.calls.length = 0;
});

afterAll(async () => {
  await Promise.all([door.close(), swizzleDoor.close()]);
  expect([...door.errors, ...swizzleDoor.errors]).toEqual([]);
});

const get = async (path: string) => (await door.call("GET", path)).json;
const post = async (path: string, body: unknown) =>
  (await door.call("POST", path, { body: JSON.stringify(body), headers: { "content-type": "application/json" } })).json;

describe("/new and /heartbeat", () => {
  it("give the heartbeat as programs read it, below either prefix", async () => {
    const { token } = node;
    const merkle = { check_fraction: 0.01, key: "" };
    for (const path of [`new/${node.address}`, `heartbeat/${token}`]) {
      for (const prefix of [BARE, V1]) {
        expect(await get(`${prefix}/${path}`)).toEqual({ token, type: "Merkle", heartbeat: merkle });
        const { json } = await swizzleDoor.call("GET", `${prefix}/${path}`);
        expect(json).toEqual({ token, type: "Swizzle", heartbeat: "AQoAAAA=" });
      }
    }
  });
});

describe("/chunk", () => {
  it("serves both generations with one object", async () => {
    node.chunks = [chunk(ONE), chunk(TWO)];
    const extra = { redundancy: { wanted: 2, held: 1 } };
    const later = (file_hash: string) => ({
      ...{ challenge: CHALLENGE, due: 59.25, file_hash, seed: SEED, size: 1024, tag: TAG },
      ...extra,
    });
    expect(await get(`${V1}/chunk/${node.token}`)).toEqual({ ...later(ONE), chunks: [later(ONE), later(TWO)] });

    const documented = (file_hash: string) => ({
      ...{ challenge: CHALLENGE, due: 59, file_hash, seed: SEED, size: 1024, tag: TAG },
      ...extra,
    });
    const answer = await get(`${BARE}/chunk/${node.token}`);
    expect(answer).toEqual({ ...documented(ONE), chunks: [documented(ONE), documented(TWO)] });
  });

  it("says to both generations that there is none", async () => {
    for (const prefix of [BARE, V1]) {
      expect(await get(`${prefix}/chunk/${node.token}`)).toEqual({ chunks: [], status: "no chunks available" });
    }
  });

  it("asks for the dialect's size by default, and for what is named, however large", async () => {
    const asked = async (path: string) => {
      await get(path);
      return node.calls.at(-1)?.args.slice(1, 3);
    };
    expect(await asked(`${BARE}/chunk/${node.token}`)).toEqual([32_768, false]);
    expect(await asked(`${V1}/chunk/${node.token}`)).toEqual([33_554_432, false]);
    expect(await asked(`${BARE}/chunk/${node.token}/100`)).toEqual([100, false]);
    expect(await asked(`${V1}/chunk/${node.token}/${"9".repeat(400)}`)).toEqual([Number.MAX_SAFE_INTEGER, false]);
    expect(await asked(`${V1}/chunk/${node.token}/5?fetch=1`)).toEqual([5, true]);
  });

  it("tells the node once of a farmer that asks about one contract alone, as programs under /v1 do that read one", async () => {
    const told = () => node.calls.filter(({ name }) => name === "readsOne").map(({ args }) => args);
    const { token } = node;
    await get(`${BARE}/challenge/${token}/${ONE}`);
    await post(`${BARE}/answer/${token}/${ONE}`, { proof: PROOF });
    expect(told()).toEqual([]);
    await post(`${V1}/answer/${token}/${ONE}`, { proof: PROOF });
    await get(`${V1}/challenge/${token}/${TWO}`);
    expect(told()).toEqual([[ONE]]);
  });

  it("gives a shard's address below the prefix that was asked", async () => {
    node.chunks = [{ ...chunk(ONE), seed: "", source: "a place inside" }];
    for (const prefix of [BARE, V1]) {
      const answer = await door.call("GET", `${prefix}/chunk/${node.token}?fetch=1`);
      expect(answer.json).toMatchObject({ chunks: [{ url: `${prefix}/shard/${ONE}`, seed: "" }] });
      expect(answer.text).not.toContain("a place inside");
    }
  });
});

describe("/challenge", () => {
  beforeEach(() => {
    const open = { outcome: "open", challenge: CHALLENGE, due: 8.75 } as const;
    node.contracts
      .set(FOUR, { hash: FOUR, ...open, answered: false })
      .set(THREE, { hash: THREE, ...open, answered: true })
      .set(TWO, { hash: TWO, outcome: "exhausted" })
      .set(ONE, { hash: ONE, outcome: "expired" });
  });

  it("lists all, or those that are named, in order and each once", async () => {
    const lists = [
      [BARE, { challenge: CHALLENGE, due: 8 }],
      [V1, { challenge: CHALLENGE, due: 8.75 }],
    ] as const;
    for (const [prefix, open] of lists) {
      const all = [
        { file_hash: FOUR, ...open, answered: false },
        { file_hash: THREE, ...open, answered: true },
        { file_hash: TWO, status: "no more challenges" },
        { file_hash: ONE, error: "contract expired" },
      ];
      expect(await get(`${prefix}/challenge/${node.token}`)).toEqual({ challenges: all });
      const hashes = [ONE, FIVE, FOUR, ONE, FOUR];
      expect(await post(`${prefix}/challenge/${node.token}`, { hashes })).toEqual({
        challenges: [all[3], { file_hash: FIVE, error: "contract not found" }, all[0]],
      });
    }
  });

  it("gives one by itself, and says by 400 what is wrong with it", async () => {
    expect(await get(`${BARE}/challenge/${node.token}/${FOUR}`)).toEqual({
      challenge: CHALLENGE,
      due: 8,
      answered: false,
    });
    expect(await get(`${V1}/challenge/${node.token}/${FOUR}`)).toEqual({
      challenge: CHALLENGE,
      due: 8.75,
      answered: false,
    });
    for (const prefix of [BARE, V1]) {
      expect(await get(`${prefix}/challenge/${node.token}/${TWO}`)).toEqual({ status: "no more challenges" });
      const missing = await door.call("GET", `${prefix}/challenge/${node.token}/${FIVE}`);
      expect([missing.status, missing.json]).toEqual([400, { status: "error", message: "Contract does not exist." }]);
    }
    const documented = await door.call("GET", `${BARE}/challenge/${node.token}/${ONE}`);
    expect([documented.status, documented.json]).toEqual([400, { status: "error", message: "contract expired" }]);
    const later = await door.call("GET", `${V1}/challenge/${node.token}/${ONE}`);
    expect([later.status, later.json]).toEqual([400, { status: "error", message: "Contract has expired." }]);
  });
});

describe("/answer", () => {
  const RESULTS = [
    [ONE, "ok"],
    [TWO, "invalid"],
    [THREE, "expired"],
    [FOUR, "answered"],
    [FIVE, "corrupted"],
  ] as const;

  beforeEach(() => {
    for (const [hash, outcome] of RESULTS) node.outcomes.set(hash, outcome);
  });

  it.each([
    [BARE, ["proof invalid", "contract expired", "Challenge already answered.", "Proof corrupted"]],
    [V1, ["Invalid proof", "Answer failed: contract expired.", "Challenge already answered.", "Proof corrupted"]],
  ])("reports on many in order below %s", async (prefix, errors) => {
    const proofs = [...RESULTS.map(([hash]) => hash), ONE, "f".repeat(64)].map((file_hash) => ({
      file_hash,
      proof: PROOF,
    }));
    expect(await post(`${prefix}/answer/${node.token}`, { proofs })).toEqual({
      report: [
        { file_hash: ONE, status: "ok" },
        ...errors.map((error, at) => ({ file_hash: RESULTS[at + 1]?.[0], error })),
        { file_hash: ONE, status: "ok" },
        { file_hash: "f".repeat(64), error: "contract not found" },
      ],
    });
  });

  it.each([
    [BARE, ["proof invalid", "contract expired", "Challenge already answered.", "Proof corrupted."]],
    [V1, ["Invalid proof.", "Answer failed: contract expired.", "Challenge already answered.", "Proof corrupted."]],
  ])("answers one by itself below %s", async (prefix, errors) => {
    expect(await post(`${prefix}/answer/${node.token}/${ONE}`, { proof: PROOF })).toEqual({ status: "ok" });
    for (const [at, message] of [...errors, "Contract does not exist."].entries()) {
      const hash = RESULTS[at + 1]?.[0] ?? "f".repeat(64);
      const answer = await door.call("POST", `${prefix}/answer/${node.token}/${hash}`, {
        body: JSON.stringify({ proof: PROOF }),
      });
      expect([answer.status, answer.json]).toEqual([400, { status: "error", message }]);
    }
  });

  it("takes proofs as text below the bare prefix, and as they are on both", async () => {
    const given = async (prefix: string, proof: unknown) => {
      await post(`${prefix}/answer/${node.token}`, { proofs: [{ file_hash: ONE, proof }] });
      const answers = node.calls.at(-1)?.args[1] as { proof: unknown }[] | undefined;
      return answers?.[0]?.proof;
    };
    expect(await given(BARE, JSON.stringify(PROOF))).toEqual(PROOF);
    expect(await given(BARE, PROOF)).toEqual(PROOF);
    expect(await given(V1, PROOF)).toEqual(PROOF);
    expect(await given(V1, JSON.stringify(PROOF))).toBe(JSON.stringify(PROOF));
    for (const prefix of [BARE, V1]) expect(await given(prefix, "CgAAAA==")).toBe("CgAAAA==");
    expect(await given(BARE, "{broken")).toBe("{broken");
    expect(await given(BARE, undefined)).toBeUndefined();
  });
});
