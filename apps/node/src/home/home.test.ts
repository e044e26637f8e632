import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ensureAccount } from "../account/account.ts";
import { lockHome } from "../supervise/lock-home.ts";
import { homeAt, homeToken, makeDirectory, readJson, writeNew, writeWhole } from "./home.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "cairn-home-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe("a home's files", () => {
  it("are replaced whole, readable by their owner only, and leave nothing beside them", async () => {
    const path = join(directory, "a", "file");
    await writeWhole(path, "one");
    await writeWhole(path, "two");
    expect(await readFile(path, "utf8")).toBe("two");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(directory, "a"))).toEqual(["file"]);
  });

  it("lie in directories that are their owner's alone", async () => {
    await writeWhole(join(directory, "a", "b", "one"), "1");
    await writeNew(join(directory, "c", "d", "two"), "2");
    await makeDirectory(join(directory, "e", "f"));
    for (const made of ["a", "a/b", "c", "c/d", "e", "e/f"]) {
      expect([made, (await stat(join(directory, made))).mode & 0o777]).toEqual([made, 0o700]);
    }
  });

  it("are refused with words where the system makes no folders", async () => {
    const refused = { code: "home-unusable", message: expect.stringContaining("/proc/x/account") };
    await expect(makeDirectory("/proc/x/account")).rejects.toMatchObject(refused);
    expect(() => lockHome("/proc/x")).toThrow(expect.objectContaining({ code: "home-unusable" }));
  });

  it("are made once when several make them at a time", async () => {
    const path = join(directory, "new");
    const made = await Promise.all(Array.from({ length: 8 }, (_, i) => writeNew(path, `writer ${i}`)));
    expect(made.filter(Boolean)).toHaveLength(1);
    expect(await readFile(path, "utf8")).toBe(`writer ${made.indexOf(true)}`);
    expect(await readdir(directory)).toEqual(["new"]);
  });

  it("say which file is not JSON", async () => {
    await writeWhole(join(directory, "bad.json"), "{");
    await expect(readJson(join(directory, "bad.json"))).rejects.toMatchObject({ code: "home-corrupt" });
    expect(await readJson(join(directory, "none.json"))).toBeUndefined();
  });

  it("hold one token and one account whoever comes first", async () => {
    const home = homeAt(directory);
    const tokens = await Promise.all([homeToken(home), homeToken(home), homeToken(home)]);
    expect(new Set(tokens).size).toBe(1);
    const accounts = await Promise.all([ensureAccount(home), ensureAccount(home)]);
    expect(new Set(accounts.map(({ account }) => account.wallet.address)).size).toBe(1);
    expect(accounts.filter(({ created }) => created)).toHaveLength(1);
  });
});
