import { mkdir, mkdtemp, rm as removeFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { amendKnown } from "@cairn/owner/known-packages";
import { sideName } from "@cairn/owner/package-name";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { ensureAccount } from "../account/account.ts";
import { homeAt } from "../home/home.ts";
import { knownPackages } from "../owner/known-packages.ts";
import { ls } from "./ls.ts";
import { mv } from "./mv.ts";
import { put } from "./put.ts";
import { rm } from "./rm.ts";
import { HELD, refusal, startMemoryGateway } from "./testing/memory-gateway.ts";
import { serveHome } from "./testing/serve-home.ts";

let gateway: Awaited<ReturnType<typeof startMemoryGateway>>;
let folder: string;
let served: Awaited<ReturnType<typeof serveHome>>;
let options: { home: string; json: true; yes: true };

const said: string[] = [];

beforeAll(async () => {
  gateway = await startMemoryGateway();
  folder = await mkdtemp(join(tmpdir(), "cairn-replace-"));
  options = { home: join(folder, "home"), json: true, yes: true };
  const home = homeAt(options.home);
  await ensureAccount(home);
  served = await serveHome(home, gateway.url);
  vi.spyOn(process.stdout, "write").mockImplementation((text) => said.push(String(text)) > 0);
});
afterAll(async () => {
  vi.restoreAllMocks();
  // The next file's commands are not interrupted yet.
  vi.resetModules();
  await gateway.stop();
  served.release();
  await removeFile(folder, { recursive: true, force: true });
});
beforeEach(() => {
  gateway.lie(undefined);
  gateway.packages.clear();
  name = name.replace(/\d+/, (digits) => String(Number(digits) + 1));
});

/** Of each test its own: a home remembers what it stored under a name. */
let name = "photos 0";
const source = () => join(folder, name);
const write = async (text: string) => {
  await mkdir(source(), { recursive: true });
  await writeFile(join(source(), "file"), text);
};
const lastId = () => [...gateway.packages.keys()].at(-1)!;
const stateOf = (id: string) => gateway.packages.get(id)?.state;
async function listed(): Promise<{ id: string; name: string; role: string | null; state: string }[]> {
  await ls(options);
  return JSON.parse(said.at(-1)!);
}

/** Replace it, and end the command when its shards are handed over: a second Ctrl-C in one process would end that. */
async function brokenOff(by: "Ctrl-C" | "failure"): Promise<{ id: string; next: string }> {
  const reached = new Promise<void>((resolve) => {
    gateway.lie((one, answer) => {
      if (one.call !== "GET /packages/:id" || one.id !== lastId() || stateOf(lastId()) !== "STORED") return answer;
      resolve();
      return by === "Ctrl-C" ? HELD : refusal("internal", "internal");
    });
  });
  const ended = put(source(), { ...options, replace: true }).catch((error: unknown) => error);
  await reached;
  if (by === "Ctrl-C") process.emit("SIGINT", "SIGINT");
  const { code, next } = (await ended) as { code: string; next: string };
  expect(code).toBe(by === "Ctrl-C" ? "interrupted" : "internal");
  gateway.lie(undefined);
  return { id: lastId(), next };
}

describe("a replacement that was interrupted once it was signed for", () => {
  const begun = async (by: "Ctrl-C" | "failure" = "failure") => {
    await write("first");
    await put(source(), options);
    const old = lastId();
    await write("second");
    return { old, ...(await brokenOff(by)) };
  };

  it("takes the name when the command is repeated, and nothing is stored or paid a second time", async () => {
    const { old, id, next } = await begun("Ctrl-C");
    expect(next).toContain(`To finish, run the same command again: it goes on with ${id}`);
    expect(await listed()).toMatchObject([
      { id: old, name, role: null },
      { id, name, role: "replacement" },
    ]);
    await put(source(), { ...options, replace: true });
    expect(JSON.parse(said.at(-1)!)).toMatchObject({ id, state: "STORED" });
    expect(gateway.asked.filter(({ call }) => call.endsWith("/commit"))).toEqual([]);
    expect([...gateway.packages.keys()]).toEqual([old, id]);
    expect([stateOf(old), stateOf(id)]).toEqual(["ENDING", "STORED"]);
    expect(await listed()).toMatchObject([
      { id: old, role: "replaced", state: "ENDING" },
      { id, name, role: null },
    ]);
  });

  it("ends once another is stored, when the folder has changed since", async () => {
    const { old, id } = await begun();
    await write("third, which is longer");
    await put(source(), { ...options, replace: true });
    const newest = lastId();
    expect([stateOf(old), stateOf(id), stateOf(newest)]).toEqual(["ENDING", "ENDING", "STORED"]);
    expect(await listed()).toContainEqual(expect.objectContaining({ id: newest, name, role: null }));
  });

  it("takes the name also when the old one has gone meanwhile", async () => {
    const { old, id } = await begun();
    gateway.packages.get(old)!.state = "ENDING";
    gateway.packages.get(old)!.open.nameHash = `0x${"00".repeat(32)}`;
    gateway.lie(({ call }, answer) => (call === "GET /packages" ? without(answer, old) : answer));
    await amendKnown(knownPackages(homeAt(options.home)), old, { ended: true });
    await put(source(), { ...options, replace: true });
    expect(JSON.parse(said.at(-1)!)).toMatchObject({ id });
    expect(await listed()).toMatchObject([{ id, name, role: null }]);
  });
});

describe("a replaced package whose end failed once", () => {
  const displaced = async () => {
    await write("first");
    await put(source(), options);
    const old = lastId();
    await write("second");
    gateway.lie((one, answer) => {
      if (one.call !== "POST /packages/:id/remove") return answer;
      gateway.packages.get(old)!.state = "STORED";
      return refusal("internal", "internal");
    });
    await expect(put(source(), { ...options, replace: true })).rejects.toMatchObject({ code: "internal" });
    gateway.lie(undefined);
    const id = lastId();
    expect(await listed()).toMatchObject([
      { id: old, name, role: "replaced", state: "STORED" },
      { id, name, role: null },
    ]);
    return { old, id };
  };

  it("ends when the command is repeated, and nothing is stored or paid a second time", async () => {
    const { old, id } = await displaced();
    await put(source(), { ...options, replace: true });
    expect(gateway.asked.filter(({ call }) => call.endsWith("/commit"))).toEqual([]);
    expect([...gateway.packages.keys()]).toEqual([old, id]);
    expect([stateOf(old), stateOf(id)]).toEqual(["ENDING", "STORED"]);
  });

  it("ends with the next replacement, when the folder has changed since", async () => {
    const { old, id } = await displaced();
    await write("third, which is longer");
    await put(source(), { ...options, replace: true });
    expect([stateOf(old), stateOf(id), stateOf(lastId())]).toEqual(["ENDING", "ENDING", "STORED"]);
  });

  it("goes on when its owner gave it another name meanwhile", async () => {
    const { old, id } = await displaced();
    await mv(old, `kept ${name}`, options);
    await mv(old, sideName(name, old), options);
    await put(source(), { ...options, replace: true });
    expect([stateOf(old), stateOf(id)]).toEqual(["STORED", "STORED"]);
  });
});

it.each(["answer", "request"])(
  "takes the name when the command is repeated, where the %s to do so was lost",
  async (what) => {
    await write("first");
    await put(source(), options);
    const old = lastId();
    await write("second");
    const opened = new Map<string, object>();
    gateway.lie((one, answer) => {
      if (one.call !== "PUT /packages/:id/name") {
        for (const [id, { open }] of gateway.packages) opened.set(id, { ...open });
        return answer;
      }
      if (what === "request") for (const [id, held] of gateway.packages) Object.assign(held.open, opened.get(id));
      return refusal("internal", "internal");
    });
    await expect(put(source(), { ...options, replace: true })).rejects.toMatchObject({ code: "internal" });
    gateway.lie(undefined);
    const id = lastId();
    await put(source(), { ...options, replace: true });
    expect([...gateway.packages.keys()]).toEqual([old, id]);
    expect([stateOf(old), stateOf(id)]).toEqual(["ENDING", "STORED"]);
    expect(await listed()).toContainEqual(expect.objectContaining({ id, name, role: null }));
  },
);

it("ends no package that has another name by now, whatever label of the past its gateway shows", async () => {
  await write("first");
  await put(source(), options);
  const kept = lastId();
  const { open } = structuredClone(gateway.packages.get(kept)!);
  await mv(kept, `archive of ${name}`, options);
  Object.assign(gateway.packages.get(kept)!.open, { nameHash: open.nameHash, label: open.label });
  await write("second, another folder of that name");
  const refused = { code: "named-otherwise", details: { id: kept, name } };
  await expect(put(source(), { ...options, replace: true })).rejects.toMatchObject(refused);
  await expect(rm(name, options)).rejects.toMatchObject(refused);
  expect([lastId(), stateOf(kept)]).toEqual([kept, "STORED"]);
});

it("ends no newer version that a recovery put aside", async () => {
  await write("older");
  await put(source(), options);
  const older = lastId();
  const other = join(folder, `newer of ${name}`);
  await mkdir(other);
  await writeFile(join(other, "file"), "newer");
  await put(other, options);
  const newer = lastId();
  await mv(newer, sideName(name, newer), options);
  expect(await listed()).toContainEqual(expect.objectContaining({ id: newer, name, role: "replacement" }));
  await write("third");
  await put(source(), { ...options, replace: true });
  expect([stateOf(older), stateOf(newer), stateOf(lastId())]).toEqual(["ENDING", "STORED", "STORED"]);
});

it("ends no older version that only has a side name, where nothing has the name", async () => {
  await write("an older version");
  await put(source(), options);
  const older = lastId();
  await mv(older, sideName(name, older), options);
  await write("the newest version");
  await put(source(), { ...options, replace: true });
  expect([stateOf(older), stateOf(lastId())]).toEqual(["STORED", "STORED"]);
});

const without = (answer: unknown, id: string) => {
  const page = answer as { packages: { id: string }[] };
  return { ...page, packages: page.packages.filter((one) => one.id !== id) };
};

/** Give a package another name once the gateway has the signature of the next one. */
function renamedMeanwhile(id: string, to: string): () => Promise<void> {
  let renamed: Promise<void> | undefined;
  let done = false;
  gateway.lie((one, answer) => {
    if (renamed === undefined && one.call.endsWith("/commit")) {
      renamed = mv(id, to, options).finally(() => {
        done = true;
      });
    }
    const isNewest = renamed !== undefined && one.call === "GET /packages/:id" && one.id === lastId();
    return isNewest && !done ? { ...(answer as object), state: "PLACING" } : answer;
  });
  return async () => {
    gateway.lie(undefined);
    await renamed;
  };
}

it("ends no package that its owner renamed to keep it while its replacement was stored", async () => {
  await write("first");
  await put(source(), options);
  const old = lastId();
  await write("second");
  const renamed = renamedMeanwhile(old, `kept ${name}`);
  await put(source(), { ...options, replace: true });
  await renamed();
  expect([stateOf(old), stateOf(lastId())]).toEqual(["STORED", "STORED"]);
  const both = await listed();
  expect(both).toContainEqual(expect.objectContaining({ id: old, name: `kept ${name}`, role: null }));
  expect(both).toContainEqual(expect.objectContaining({ id: lastId(), name, role: null }));
  // It is known by its name, also later.
  await rm(`kept ${name}`, options);
  expect(stateOf(old)).toBe("ENDING");
});

it("ends no left-over that was given another name while the put ran", async () => {
  await write("first");
  await put(source(), options);
  await write("second");
  const { id } = await brokenOff("failure");
  await write("third, which is longer");
  const renamed = renamedMeanwhile(id, `also kept ${name}`);
  await put(source(), { ...options, replace: true });
  await renamed();
  expect(stateOf(id)).toBe("STORED");
});

describe("a quote beside an interrupted put", () => {
  it("of what was signed for drops and pays nothing: the put is finished afterwards", async () => {
    await write("first");
    await put(source(), options);
    const old = lastId();
    await write("second");
    const { id } = await brokenOff("failure");
    const quoted = put(source(), { ...options, replace: true, quote: true });
    await expect(quoted).rejects.toMatchObject({
      code: "wrong-state",
      next: expect.stringContaining("without --quote"),
    });
    gateway.asked.length = 0;
    await put(source(), { ...options, replace: true });
    expect(gateway.asked.filter(({ call }) => call.endsWith("/commit"))).toEqual([]);
    expect([lastId(), stateOf(old), stateOf(id)]).toEqual([id, "ENDING", "STORED"]);
  });

  it("quotes the upload, or other terms beside it, and leaves it to be gone on with", async () => {
    await write("first of many");
    // A file that has just changed may change again unseen: it is not gone on with.
    await setTimeout(1000);
    gateway.lie((one, answer) => (one.call.endsWith("/quote") ? refusal("internal", "internal") : answer));
    await expect(put(source(), options)).rejects.toMatchObject({ code: "internal" });
    gateway.lie(undefined);
    const id = lastId();
    await put(source(), { ...options, quote: true });
    expect(JSON.parse(said.at(-1)!)).toHaveProperty("quote");
    expect(stateOf(id)).toBe("COMMITTED");
    await put(source(), { ...options, quote: true, days: 90 });
    expect(stateOf(id)).toBe("COMMITTED");
    await put(source(), options);
    expect(JSON.parse(said.at(-1)!)).toMatchObject({ id, state: "STORED" });
  });
});
