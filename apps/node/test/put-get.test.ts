import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, open, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { PackageDetailJson } from "@cairn/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli, startNetwork, type TestNetwork, until } from "./support/network.ts";
import { fingerprint, makeOddTree } from "./support/trees.ts";

let network: TestNetwork;
let tree: string;

beforeAll(async () => {
  network = await startNetwork();
  tree = join(network.directory, "odd");
  await makeOddTree(tree);
});
afterAll(() => network?.stop());

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

describe("bad input", () => {
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
    expect(taken.stderr).toContain(`port ${port} is taken`);
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
    expect(await page.text()).toContain("This storage network is running");
    const api = (await (await fetch(`${network.url}/openapi.json`)).json()) as { openapi: string; paths: object };
    expect(api.openapi).toBe("3.1.0");
    expect(Object.keys(api.paths).length).toBeGreaterThan(15);
    expect((await fetch(`${network.url}/health`)).status).toBe(200);
  });
});
