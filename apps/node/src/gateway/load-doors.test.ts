import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { DOORS } from "../doors.ts";
import { loadDoors } from "./load-doors.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "cairn-doors-"));
});
afterAll(() => rm(directory, { recursive: true }));

async function moduleWith(name: string, text: string): Promise<string> {
  const path = join(directory, `${name}.mjs`);
  await writeFile(path, text);
  return path;
}

const named = (name: string, prefix: string) =>
  `export const door = { name: "${name}", prefixes: ["${prefix}"], migrations: [], settings: {}, when: "needed", open() {} };`;

it("loads our doors, and those that the environment names", async () => {
  expect(await loadDoors({})).toEqual(DOORS);
  const paths = [await moduleWith("one", named("one", "/one")), await moduleWith("two", named("two", "/two"))];
  const doors = await loadDoors({ CAIRN_DOORS: ` ${paths.join(" , ")},` });
  expect(doors.map(({ name }) => name)).toEqual([...DOORS.map(({ name }) => name), "one", "two"]);
});

it.each([
  ["missing", undefined, "cannot be loaded"],
  ["empty", "export const nothing = 1;", "exports no `door`"],
  ["throwing", "throw new Error('no');", "cannot be loaded: no"],
  ["unnamed", named("Not A Name", "/x"), "exports no `door`"],
  ["rootless", named("rootless", "x"), "exports no `door`"],
  ["ours", named(DOORS[0]!.name, "/ours"), "shares its name or a prefix"],
  ["on-ours", named("on-ours", DOORS[0]!.prefixes[0]!), "shares its name or a prefix"],
])("refuses a door that is %s, naming the module and the way out", async (name, text, why) => {
  const path = text === undefined ? join(directory, "nowhere.mjs") : await moduleWith(name, text);
  const refused = loadDoors({ CAIRN_DOORS: path });
  await expect(refused).rejects.toMatchObject({ code: "bad-settings", message: expect.stringContaining(why) });
  await expect(refused).rejects.toMatchObject({ message: expect.stringContaining(path) });
});
