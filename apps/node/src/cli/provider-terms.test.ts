import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { perGibDay } from "@cairn/core";
import { afterEach, beforeEach, expect, it } from "vitest";
import { termsOf } from "./provider.ts";
import { keepTerms, lastTerms } from "./provider-terms.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "cairn-terms-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

it("a provider started again without options offers what it offered before", async () => {
  expect(await lastTerms(directory)).toBeUndefined();
  const given = { capacity: "10GB", price: "0.5", region: "Lyon", windows: "mon-fri 18-24", zone: "Europe/Paris" };
  const first = termsOf(given, undefined);
  expect(first).toEqual({
    capacity: "10000000000",
    price: String(perGibDay(5n * 10n ** 17n)),
    region: "Lyon",
    windows: "mon-fri 18-24",
    timeZone: "Europe/Paris",
  });
  await keepTerms(directory, first);
  const last = await lastTerms(directory);
  expect(termsOf({}, last)).toEqual(first);
  expect(termsOf({ capacity: "20GB", region: "Nice" }, last)).toEqual({
    ...first,
    capacity: "20000000000",
    region: "Nice",
  });
});

it("a provider of a whole local network keeps the terms that the network gave it", async () => {
  const config = { directory, gateways: ["http://127.0.0.1:4400"], capacity: "10500000000", price: "10000000000000" };
  await writeFile(join(directory, "provider.json"), JSON.stringify({ ...config, region: "CA local" }));
  expect(termsOf({}, await lastTerms(directory))).toEqual({
    capacity: "10500000000",
    price: "10000000000000",
    region: "CA local",
  });
});

it.each(["", "{", "null", '{"capacity":"0"}', '{"capacity":"1","price":"1","region":1}'])(
  "terms that are damaged count as none: %j",
  async (text) => {
    await writeFile(join(directory, "provider.json"), text);
    expect(await lastTerms(directory)).toBeUndefined();
    expect(termsOf({}, undefined)).toMatchObject({ capacity: "100000000000" });
  },
);
