import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { homeAt } from "../home/home.ts";
import { changeDownstreamFile, downstreamDirectory, readDownstreamFile } from "./settings-file.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "cairn-settings-"));
});
afterEach(() => rm(directory, { recursive: true }));

it("is empty where there is no file, and changes one key at a time", async () => {
  const home = homeAt(directory);
  expect(await readDownstreamFile(home)).toEqual({});
  await changeDownstreamFile(home, { intervalSeconds: 60, port: 5001 });
  await changeDownstreamFile(home, { scheme: "Swizzle" });
  expect(await readDownstreamFile(home)).toEqual({ intervalSeconds: 60, port: 5001, scheme: "Swizzle" });
  await writeFile(join(downstreamDirectory(home), "settings.json"), "{");
  await expect(readDownstreamFile(home)).rejects.toMatchObject({ code: "home-corrupt" });
});
