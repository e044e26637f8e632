import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { TestNetwork } from "../../../node/test/support/network.ts";

/** Files of noise in a new folder. @param files how many bytes each has, by its name */
export function makeFolder(folder: string, files: Record<string, number>): string {
  mkdirSync(folder, { recursive: true });
  for (const [name, size] of Object.entries(files)) {
    const path = join(folder, name);
    writeFileSync(path, randomBytes(size));
    // What was changed a moment ago is taken for what still changes.
    utimesSync(path, 1_700_000_000, 1_700_000_000);
  }
  return folder;
}

const contentsOf = (folder: string): Map<string, string> =>
  new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name)).toString("base64")]));

export const isSame = (one: string, other: string): boolean => {
  const [a, b] = [contentsOf(one), contentsOf(other)];
  return a.size === b.size && [...a].every(([name, bytes]) => b.get(name) === bytes);
};

/** What the command line gets back under a name, in a folder of its own. */
export async function getBack(network: TestNetwork, name: string): Promise<string> {
  const back = join(network.directory, `back ${randomBytes(4).toString("hex")}`);
  const { code, stderr } = await network.cli("get", name, back);
  expect(code, stderr).toBe(0);
  return back;
}
