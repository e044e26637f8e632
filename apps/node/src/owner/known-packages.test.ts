import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Home, homeAt } from "../home/home.ts";
import {
  amendPackage,
  forgetPackage,
  type KnownPackage,
  recallByName,
  recallPackage,
  rememberPackage,
} from "./known-packages.ts";

const name = `0x${"aa".repeat(32)}` as const;
const packageOf = (digit: string, change: Partial<KnownPackage> = {}): KnownPackage => ({
  id: digit.repeat(32),
  nameHash: name,
  documentHash: `0x${digit.repeat(64)}`,
  root: "bafkqaaa",
  signedAt: 1,
  ended: false,
  ...change,
});

let home: Home;
beforeEach(async () => {
  home = homeAt(await mkdtemp(join(tmpdir(), "cairn-known-")));
});
afterEach(() => rm(home.directory, { recursive: true, force: true }));

it("is empty in a new home", async () => {
  expect(await recallPackage(home, "1".repeat(32))).toBeUndefined();
  expect(await recallByName(home, name)).toBeUndefined();
});

it("gives back what was signed for, to nobody but the owner of the home", async () => {
  await rememberPackage(home, packageOf("1"));
  expect(await recallPackage(home, "1".repeat(32))).toEqual(packageOf("1"));
  expect((await stat(join(home.account, "packages"))).mode & 0o077).toBe(0);
});

it("finds the one that a name stood for last, whatever the order of the files, and none that ended", async () => {
  await rememberPackage(home, packageOf("1", { signedAt: 5 }));
  await rememberPackage(home, packageOf("2", { signedAt: 9 }));
  await rememberPackage(home, packageOf("3", { signedAt: 7 }));
  await rememberPackage(home, packageOf("4", { signedAt: 99, nameHash: `0x${"bb".repeat(32)}` }));
  expect((await recallByName(home, name))?.id).toBe("2".repeat(32));
  await amendPackage(home, "2".repeat(32), { ended: true });
  expect((await recallByName(home, name))?.id).toBe("3".repeat(32));
  await amendPackage(home, "3".repeat(32), { nameHash: `0x${"cc".repeat(32)}` });
  expect((await recallByName(home, name))?.id).toBe("1".repeat(32));
  await forgetPackage(home, "1".repeat(32));
  expect(await recallByName(home, name)).toBeUndefined();
});

it("remembers nothing new by an amendment", async () => {
  await amendPackage(home, "1".repeat(32), { ended: true });
  expect(await recallPackage(home, "1".repeat(32))).toBeUndefined();
});

it("follows no id out of its folder", async () => {
  await rememberPackage(home, packageOf("1"));
  await writeFile(join(home.account, "account.json"), "{}");
  for (const id of ["../account", "..", "", "1".repeat(31), `${"1".repeat(32)}/../../account`]) {
    expect(await recallPackage(home, id)).toBeUndefined();
    await forgetPackage(home, id);
  }
  expect(await readdir(home.account)).toContain("account.json");
  expect(await readdir(join(home.account, "packages"))).toHaveLength(1);
});

it("does not take a damaged memory for none", async () => {
  await rememberPackage(home, packageOf("1"));
  await writeFile(join(home.account, "packages", `${"1".repeat(32)}.json`), '{"id": "11');
  await expect(recallPackage(home, "1".repeat(32))).rejects.toMatchObject({ code: "home-corrupt" });
  await expect(recallByName(home, name)).rejects.toMatchObject({ code: "home-corrupt" });
});
