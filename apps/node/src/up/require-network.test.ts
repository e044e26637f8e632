import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Home, homeAt } from "../home/home.ts";
import { requireNetwork } from "./require-network.ts";

let home: Home;
beforeAll(async () => {
  home = homeAt(await mkdtemp(join(tmpdir(), "cairn-join-")));
});
afterAll(() => rm(home.directory, { recursive: true }));

it("wants the database, the chain and the keys of the network", async () => {
  const database = { DATABASE_URL: "postgres://db.example/cairn" };
  const refused = (message: RegExp) =>
    expect.objectContaining({ code: "bad-settings", message: expect.stringMatching(message) });
  expect(() => requireNetwork(home, "http://chain", {})).toThrow(refused(/needs the database/));
  expect(() => requireNetwork(home, undefined, database)).toThrow(refused(/needs the chain/));
  expect(() => requireNetwork(home, "http://chain", database)).toThrow(refused(/lacks secret, token, deployment/));
  await mkdir(join(home.gateway, "keys"), { recursive: true });
  for (const name of ["secret", "token", "deployment.json", "gateway/keys/executor.json"])
    await writeFile(join(home.directory, name), "{}");
  expect(() => requireNetwork(home, "http://chain", database)).not.toThrow();
});
