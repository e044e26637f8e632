import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, open, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { PackageDetailJson } from "@cairn/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli, spawnCli, startNetwork, type TestNetwork, until } from "./support/network.ts";
import { fingerprint, makeOddTree } from "./support/trees.ts";

let network: TestNetwork;
let tree: string;

beforeAll(async () => {
  network = await startNetwork();
  tree = join(network.directory, "odd");
  await makeOddTree(tree);
});
afterAll(() => network?.stop());

describe("a home", () => {
  it("has no directory that others may look into", async () => {
    const found = await readdir(network.home, { recursive: true, withFileTypes: true });
    const directories = found.filter((one) => one.isDirectory()).map((one) => join(one.parentPath, one.name));
    const lax: string[] = [];
    for (const path of [network.home, ...directories]) {
      // The database server makes and removes some while it works.
      const mode = await stat(path).then(
        (one) => one.mode & 0o777,
        () => 0o700,
      );
      if (mode !== 0o700) lax.push(`${path} ${mode.toString(8)}`);
    }
    expect(lax).toEqual([]);
    expect(directories.length).toBeGreaterThan(20);
  });
});

describe("a folder", () => {
  it("goes in, is listed, and comes back identical, modes and times too", async () => {
    const put = await network.cli("put", tree, "--json");
    expect(put.stderr).toBe("");
    expect(put.json<{ state: string }>().state).toBe("STORED");
    const listed = (await network.cli("ls", "--json")).json<{ name: string; state: string }[]>();
    expect(listed).toMatchObject([{ name: "odd", state: "STORED" }]);
    const back = join(network.directory, "odd back");
    expect((await network.cli("get", "odd", back)).code).toBe(0);
    expect(execFileSync("diff", ["-r", "--no-dereference", tree, back]).toString()).toBe("");
    expect(await fingerprint(back)).toBe(await fingerprint(tree));
  });

  // Linux has memory mounted there: another device than the home's, between which nothing can be renamed or linked.
  it.skipIf(!existsSync("/dev/shm"))("goes in from another device, and comes back onto one", async () => {
    const device = await mkdtemp("/dev/shm/cairn-");
    try {
      expect((await stat(device)).dev).not.toBe((await stat(network.home)).dev);
      const mounted = join(device, "of another device");
      await makeOddTree(mounted);
      const put = await network.cli("put", mounted, "--json");
      expect(put.code, put.stdout + put.stderr).toBe(0);
      const back = join(device, "back");
      const got = await network.cli("get", "of another device", back);
      expect(got.code, got.stderr).toBe(0);
      expect(await fingerprint(back)).toBe(await fingerprint(mounted));
    } finally {
      await rm(device, { recursive: true, force: true });
    }
  });

  it("gives back one file, one folder, or a range of one file", async () => {
    const file = join(network.directory, "one file");
    expect((await network.cli("get", "odd/ünï/日本語/🪨/cairn", file)).code).toBe(0);
    const want = await readFile(join(tree, "ünï/日本語/🪨/cairn"));
    expect((await readFile(file)).equals(want)).toBe(true);
    const part = join(network.directory, "part");
    expect((await network.cli("get", "odd/more", part, "--range", "1048000-1050001")).code).toBe(0);
    expect((await readFile(part)).equals((await readFile(join(tree, "more"))).subarray(1_048_000, 1_050_001))).toBe(
      true,
    );
    const folder = join(network.directory, "folder");
    expect((await network.cli("get", "odd/ünï", folder)).code).toBe(0);
    expect(execFileSync("diff", ["-r", join(tree, "ünï"), folder]).toString()).toBe("");
  });

  it("shows where every shard is, each on another provider", async () => {
    const shown = (await network.cli("show", "odd", "--files", "--json")).json<
      PackageDetailJson & { entries: unknown[] }
    >();
    expect(shown.slots).toHaveLength(4);
    expect(new Set(shown.slots.map((slot) => slot.provider)).size).toBe(4);
    expect(shown.slots.every((slot) => slot.state === "ACTIVE")).toBe(true);
    expect(shown.pieceList[0]?.pieceCid).toMatch(/^bafkzci/);
    expect(shown.entries.length).toBeGreaterThan(15);
  });

  it("passes a check of every byte, scrubbed and streamed", async () => {
    for (const args of [
      ["check", "odd"],
      ["check", "odd/one"],
      ["check", "odd", "--full"],
    ]) {
      const checked = await network.cli(...args, "--json");
      expect(checked.stdout).toContain('"ok": true');
      expect(checked.code).toBe(0);
    }
  });

  it("is removed on its owner's word: deals end, money comes back, shards go", async () => {
    const client = await network.client();
    const source = join(network.directory, "short-lived");
    await mkdir(source);
    await writeFile(join(source, "file"), randomBytes(10_000));
    const { id } = (await network.cli("put", source, "--json")).json<{ id: string }>();
    const deals = (await client.package(id)).slots.map((slot) => slot.deal ?? "");
    const held = await Promise.all(deals.map((deal) => network.holderOf(deal)));
    expect((await network.cli("rm", "short-lived")).code).toBe(0);
    await until(
      () => client.package(id),
      (found) => found.state === "REMOVED",
      90,
      "removal",
    );
    const gone = () =>
      Promise.all(
        held.map(({ shard }) =>
          stat(shard).then(
            () => false,
            () => true,
          ),
        ),
      );
    await until(gone, (all) => all.every(Boolean), 30, "dropping the shards");
    const { escrow, paid } = await client.package(id);
    expect(BigInt(escrow) === 0n || BigInt(paid) <= BigInt(escrow)).toBe(true);
  });
});

describe("a package's life at the command line", () => {
  const ids = async () => (await network.cli("ls", "--json")).json<{ name: string; id: string; state: string }[]>();

  it("is replaced by another of its name, which is stored before the old one ends", async () => {
    const source = join(network.directory, "versions");
    await mkdir(source);
    await writeFile(join(source, "file"), "first");
    const first = (await network.cli("put", source, "--json")).json<{ id: string }>();
    await writeFile(join(source, "file"), "second");
    expect((await network.cli("put", source, "--json")).json<{ error: { code: string } }>().error.code).toBe(
      "name-taken",
    );
    expect((await network.cli("diff", "versions", source)).code).toBe(1);
    const second = (await network.cli("put", source, "--replace", "--json")).json<{ id: string }>();
    const listed = await ids();
    expect(listed.find(({ id }) => id === second.id)).toMatchObject({ name: "versions", state: "STORED" });
    expect(listed.filter((one) => one.id === first.id && one.state === "STORED")).toEqual([]);
    expect((await network.cli("cat", "versions/file")).stdout).toBe("second");
    expect((await network.cli("cat", "versions/file", "--range", "1-4")).stdout).toBe("eco");
    expect((await network.cli("diff", "versions", source)).code).toBe(0);
  });

  it("is renamed, shows its price, and stays in the list of all when it is gone", async () => {
    expect((await network.cli("mv", "versions", "renamed")).code).toBe(0);
    expect((await network.cli("cat", "renamed/file")).stdout).toBe("second");
    expect((await network.cli("mv", "renamed", "odd", "--json")).stdout).toContain("name-taken");
    expect((await network.cli("show", "renamed")).stdout).toMatch(
      /price +<?[\d.]+ CAIRN a month for \d+ shards of .* in all, [\d.]+ CAIRN per GiB of them/,
    );
    const { id } = (await ids()).find((one) => one.name === "renamed") ?? { id: "" };
    expect((await network.cli("rm", "renamed")).code).toBe(0);
    const client = await network.client();
    await until(
      () => client.package(id),
      (found) => found.state === "REMOVED",
      90,
      "removal",
    );
    expect((await ids()).some((one) => one.id === id)).toBe(false);
    expect((await network.cli("ls", "--all")).stdout).toContain("REMOVED");
  });

  it("leaves out what rules say, and tells beforehand", async () => {
    const source = join(network.directory, "ruled");
    await mkdir(join(source, "build"), { recursive: true });
    for (const name of ["a.o", "a.c", "build/x"]) await writeFile(join(source, name), name);
    const rules = ["--exclude", "*.o", "--exclude", "build/"];
    const dry = (await network.cli("put", source, ...rules, "--dry-run", "--json")).json();
    expect(dry).toMatchObject({ files: 1, bytes: 3, excluded: 2 });
    expect((await ids()).some((one) => one.name === "ruled")).toBe(false);
    expect((await network.cli("put", source, ...rules)).code).toBe(0);
    const { entries } = (await network.cli("show", "ruled", "--files", "--json")).json<{
      entries: { path: string }[];
    }>();
    expect(entries.map((entry) => entry.path)).toEqual(["a.c"]);
  });
});

describe("a put that is killed", () => {
  it("goes on when it is repeated, without encrypting again what is there, and restores identically", async () => {
    const source = join(network.directory, "killed");
    await mkdir(source);
    for (let i = 0; i < 12; i += 1) await writeFile(join(source, `f${i}`), randomBytes(3_000_000));
    await sleep(500);
    const child = spawnCli(["put", source, "--bwlimit", "6MiB", "--home", network.home]);
    const client = await network.client();
    const ended = new Promise((resolve) => child.once("exit", resolve));
    await until(
      async () => (await client.packages()).find(({ state }) => state === "RECEIVING"),
      (found) => found !== undefined,
      60,
      "opening",
    );
    const [{ id } = { id: "" }] = (await client.packages()).filter(({ state }) => state === "RECEIVING");
    await until(
      () => client.package(id),
      ({ pieceList }) => (pieceList[0]?.received ?? 0) > 15_000_000,
      60,
      "half of it",
    );
    child.kill("SIGKILL");
    await ended;
    const again = (await network.cli("put", source, "--json")).json<{
      id: string;
      state: string;
      resumed: { files: number; bytes: number } | null;
    }>();
    expect(again).toMatchObject({ id, state: "STORED" });
    expect(again.resumed?.files).toBeGreaterThan(1);
    expect(again.resumed?.files).toBeLessThan(12);
    const back = join(network.directory, "killed back");
    expect((await network.cli("get", "killed", back)).code).toBe(0);
    expect(execFileSync("diff", ["-r", source, back]).toString()).toBe("");
  });

  it("is cut back no further than was asked, and never made longer", async () => {
    const client = await network.client();
    const id = randomBytes(16).toString("hex");
    const hex = (bytes: number) => `0x${randomBytes(bytes).toString("hex")}`;
    await client.openPackage({
      id,
      nameHash: hex(32),
      label: randomBytes(40).toString("base64"),
      k: 2,
      n: 3,
      mask: "aes-256-ctr-v1",
      layout: "private",
      days: 30,
      repairKey: randomBytes(32).toString("base64"),
    } as never);
    const body = async function* (length: number) {
      yield randomBytes(length);
    };
    await client.appendPiece(id, 0, 0, body(1000));
    await client.appendPiece(id, 1, 0, body(500));
    const received = async () => (await client.package(id)).pieceList.map((piece) => piece.received);
    await expect(client.keepUpload(id, { pieces: [{ length: 59 + 1001 }] })).rejects.toMatchObject({
      code: "piece-incomplete",
      details: { piece: 0, received: 1000, expected: 1001 },
    });
    expect(await received()).toEqual([1000, 500]);
    // Random bytes are no blocks: there is nothing to say of them.
    expect(await client.keepUpload(id, { pieces: [{ length: 59 + 700 }] })).toEqual({ pieces: [{ chain: null }] });
    expect(await received()).toEqual([700]);
    expect(await client.keepUpload(id, { pieces: [{ length: 59 }] })).toEqual({
      pieces: [{ chain: "0".repeat(64) }],
    });
    await client.keepUpload(id, { pieces: [] });
    expect(await received()).toEqual([]);
    await client.abandonPackage(id);
    await expect(client.keepUpload(id, { pieces: [] })).rejects.toMatchObject({
      kind: expect.stringMatching(/conflict|missing/),
    });
  });
});

describe("bad input", { timeout: 600_000 }, () => {
  const refused = async (args: string[], code: string) => {
    const result = await network.cli(...args, "--json");
    expect(result.code, args.join(" ")).not.toBe(0);
    const { error } = result.json<{ error: { code: string; message: string } }>();
    expect(error.code, args.join(" ")).toBe(code);
    expect(error.message.length).toBeGreaterThan(8);
  };

  it("names what was wrong and changes nothing", async () => {
    const before = await (await network.client()).packages();
    await refused(["show", "nothing of the kind"], "unknown-package");
    await refused(["get", "nothing", join(network.directory, "x")], "unknown-package");
    await refused(["get", "odd/nothing", join(network.directory, "x")], "path-not-found");
    await refused(["get", "odd", tree], "destination-not-empty");
    await refused(["put", join(network.directory, "does not exist")], "unreadable-path");
    await refused(["put", tree, "--name", "a", "--k", "4", "--n", "3"], "bad-package");
    await refused(["put", tree, "--name", "b", "--k", "2", "--n", "40"], "too-few-providers");
    await refused(["put", tree], "name-taken");
    const vast = await open(join(network.directory, "vast"), "w");
    await vast.truncate(2 ** 43);
    await vast.close();
    await refused(["put", join(network.directory, "vast")], "no-space");
    expect((await (await network.client()).packages()).filter((p) => p.state !== "ABANDONED")).toEqual(
      before.filter((p) => p.state !== "ABANDONED"),
    );
  });

  it("refuses a wrong token, a wrong key, a taken home and a taken port", async () => {
    const anonymous = await fetch(`${network.url}/api/v1/packages`, { headers: { authorization: "Bearer nonsense" } });
    expect(anonymous.status).toBe(401);
    expect(await anonymous.json()).toMatchObject({ error: { code: "wrong-token" } });
    const again = await runCli(["up", "--home", network.home, "--port", "0"]);
    expect(again.code).not.toBe(0);
    expect(again.stderr).toContain("in use");
    const port = new URL(network.url).port;
    const taken = await runCli(["up", "--home", join(network.directory, "other"), "--port", port]);
    expect(taken.code).not.toBe(0);
    expect(taken.stderr).toContain(`:${port}: the port is taken`);
    const stranger = join(network.directory, "stranger");
    expect((await runCli(["key", "create", "--home", stranger])).code).toBe(0);
    const lost = await runCli(["ls", "--home", stranger]);
    expect(lost.code).not.toBe(0);
    expect(lost.stderr).toContain("no network is running");
  });

  it("says when the database cannot be reached", async () => {
    const result = await runCli(["up", "--home", join(network.directory, "no-db"), "--port", "0"], {
      DATABASE_URL: "postgres://nobody:wrong@127.0.0.1:1/none",
    });
    expect(result.code).not.toBe(0);
    expect(result.stderr).toMatch(/127\.0\.0\.1:1/);
  });

  it("answers rubbish over HTTP with the field and the reason", async () => {
    const client = await network.client();
    await expect(client.package("zz")).rejects.toMatchObject({ code: "bad-input" });
    const nothing = await fetch(`${network.url}/nope`);
    expect(nothing.status).toBe(404);
    expect(await nothing.json()).toMatchObject({ error: { code: "no-such-route" } });
  });
});

describe("the front page and the API's description", () => {
  it("answer without a login", async () => {
    const page = await fetch(`${network.url}/`, { redirect: "error" });
    expect(page.status).toBe(200);
    expect(page.headers.get("content-type")).toContain("text/html");
    expect(await (await fetch(`${network.url}/status`)).text()).toContain("This storage network is running");
    const api = (await (await fetch(`${network.url}/openapi.json`)).json()) as { openapi: string; paths: object };
    expect(api.openapi).toBe("3.1.0");
    expect(Object.keys(api.paths).length).toBeGreaterThan(15);
    expect((await fetch(`${network.url}/health`)).status).toBe(200);
  });
});
