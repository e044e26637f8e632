import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type KnownPackage, type KnownPackages, recallByName } from "@cairn/owner/known-packages";
import { knownPackagesSuite } from "@cairn/owner/known-packages.suite";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Home, homeAt } from "../home/home.ts";
import { knownPackages } from "./known-packages.ts";

const one: KnownPackage = {
  ...{ id: "1".repeat(32), nameHash: `0x${"aa".repeat(32)}`, documentHash: `0x${"1".repeat(64)}` },
  ...{ root: "bafkqaaa", signedAt: 1, ended: false },
};

let home: Home;
let packages: KnownPackages;
beforeEach(async () => {
  home = homeAt(await mkdtemp(join(tmpdir(), "cairn-known-")));
  packages = knownPackages(home);
});
afterEach(() => rm(home.directory, { recursive: true, force: true }));

knownPackagesSuite("KnownPackages: in a home", async () => packages);

it("shows what was signed for to nobody but the owner of the home", async () => {
  await packages.remember(one);
  expect((await stat(join(home.account, "packages"))).mode & 0o077).toBe(0);
});

it("follows no id out of its folder", async () => {
  await packages.remember(one);
  await writeFile(join(home.account, "account.json"), "{}");
  for (const id of ["../account", "..", "", "1".repeat(31), `${"1".repeat(32)}/../../account`]) {
    expect(await packages.recall(id)).toBeUndefined();
    await packages.forget(id);
  }
  expect(await readdir(home.account)).toContain("account.json");
  expect(await readdir(join(home.account, "packages"))).toHaveLength(1);
});

it("does not take a damaged memory for none", async () => {
  await packages.remember(one);
  await writeFile(join(home.account, "packages", `${one.id}.json`), '{"id": "11');
  await expect(packages.recall(one.id)).rejects.toMatchObject({ code: "home-corrupt" });
  await expect(recallByName(packages, one.nameHash)).rejects.toMatchObject({ code: "home-corrupt" });
});
