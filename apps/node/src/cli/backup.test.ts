import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { create, list } from "tar";
import { afterAll, afterEach, beforeEach, expect, it, vi } from "vitest";
import { backup, restore } from "./backup.ts";

const KEPT = ["home.json", "account/account.json", "provider/keys/cold.json"];
/** Plaintext and records of interrupted puts, and what is made anew. */
const LEFT_OUT = ["stdin/1-2-x/plain", "puts/record", "logs/up.log", "gateway/spool/part", "run.json", "lock"];

let directory: string;
let home: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "cairn-backup-"));
  home = join(directory, "home");
  for (const path of [...KEPT, ...LEFT_OUT.filter((one) => one !== "lock")]) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), "{}");
  }
});
// The next file's commands are not interrupted yet.
afterAll(() => void vi.resetModules());
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(directory, { recursive: true, force: true });
});

it("takes no plaintext that an interrupted put left, and nothing that is made anew", async () => {
  const file = join(directory, "backup.tgz");
  await backup(file, { home, json: true });
  const found: string[] = [];
  await list({ file, onReadEntry: ({ path, type }) => void (type === "File" && found.push(path.replace("./", ""))) });
  expect(found.sort()).toEqual([...KEPT].sort());
});

it("leaves out the sockets and pipes that killed programs left", async () => {
  // A path of a socket may have 107 bytes (unix(7)), so it is bound from its folder.
  const bind = `process.chdir(${JSON.stringify(home)}); require("net").createServer().listen("socket", () => process.kill(process.pid, "SIGKILL"))`;
  spawnSync(process.execPath, ["-e", bind]);
  spawnSync("mkfifo", [join(home, "pipe")]);
  expect(readdirSync(home)).toEqual(expect.arrayContaining(["pipe", "socket"]));
  const file = join(directory, "backup.tgz");
  await backup(file, { home, json: true });
  const found: string[] = [];
  await list({ file, onReadEntry: ({ path }) => void found.push(path) });
  expect(found).toContain("./home.json");
  expect(found.filter((path) => /pipe|socket/.test(path))).toEqual([]);
  expect(readdirSync(directory).sort()).toEqual(["backup.tgz", "home"]);
});

it("leaves nothing under its name, and nothing beside it, when it is interrupted", async () => {
  const file = join(directory, "backup.tgz");
  writeFileSync(join(home, "large"), randomBytes(30_000_000));
  const running = backup(file, { home, json: true });
  const refused = expect(running).rejects.toMatchObject({ code: "interrupted" });
  await vi.waitUntil(() => readdirSync(directory).length > 1, { interval: 1, timeout: 60_000 });
  process.emit("SIGINT", "SIGINT");
  await refused;
  expect(readdirSync(directory)).toEqual(["home"]);
  await backup(file, { home, json: true });
  expect(readdirSync(directory)).toEqual(["backup.tgz", "home"]);
});

it("leaves out what providers hold, receive and are about to delete", async () => {
  for (const name of [
    "providers/1/incoming/one",
    "providers/1/trash/one",
    "providers/1/shards/one",
    "provider/trash/one",
  ]) {
    mkdirSync(dirname(join(home, name)), { recursive: true });
    writeFileSync(join(home, name), Buffer.alloc(1000));
  }
  writeFileSync(join(home, "providers/1/deals"), "kept");
  const file = join(directory, "backup.tgz");
  await backup(file, { home, json: true });
  await restore(file, { home: join(directory, "back"), json: true });
  const back = readdirSync(join(directory, "back"), { recursive: true }).map(String);
  expect(back).toContain(join("providers", "1", "deals"));
  expect(back.filter((name) => name.endsWith("one"))).toEqual([]);
});

it("takes shards in without compressing them, says how far it is, and is restored", async () => {
  const shard = join(home, "providers/1/shards/one");
  mkdirSync(dirname(shard), { recursive: true });
  writeFileSync(shard, Buffer.alloc(100_000));
  const file = join(directory, "backup.tar");
  const told = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  await backup(file, { home, shards: true, progress: true });
  expect(statSync(file).size).toBeGreaterThan(100_000);
  expect(told.mock.calls.join("")).toMatch(/Backing up: \d+(\.\d+)? kB of /);
  await restore(file, { home: join(directory, "back"), json: true });
  expect(readFileSync(join(directory, "back/providers/1/shards/one"))).toEqual(Buffer.alloc(100_000));
});

it("is not written into the home that it copies", async () => {
  symlinkSync(home, join(directory, "link"));
  for (const file of [join(home, "x.tgz"), join(home, "logs/x.tgz"), join(directory, "link/x.tgz")]) {
    await expect(backup(file, { home })).rejects.toMatchObject({ code: "bad-input", next: expect.any(String) });
  }
});

it("says which databases it cannot hold, without their passwords", async () => {
  writeFileSync(
    join(home, "gateway/config.json"),
    JSON.stringify({ database: "postgres://u:secret@db.example/cairn" }),
  );
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  const said = () => write.mock.calls.map(([text]) => text).join("");
  await backup(join(directory, "backup.json.tgz"), { home, json: true });
  expect(JSON.parse(said())).toMatchObject({ databasesLeftOut: ["db.example:5432/cairn"] });
  await backup(join(directory, "backup.tgz"), { home });
  expect(said()).toMatch(/pg_dump[\s\S]*db\.example:5432\/cairn/);
  expect(said()).not.toContain("secret");
});

it("says of a file that is no backup that it is none, in words of ours, and leaves nothing of it", async () => {
  const other = join(directory, "other");
  mkdirSync(other);
  writeFileSync(join(other, "photo"), "x");
  await create({ file: join(directory, "photos.tar"), cwd: other }, ["."]);
  await backup(join(directory, "whole.tgz"), { home, json: true });
  const whole = readFileSync(join(directory, "whole.tgz"));
  writeFileSync(join(directory, "half.tgz"), whole.subarray(0, whole.length >> 1));
  writeFileSync(join(directory, "text.tgz"), "not an archive at all");
  writeFileSync(join(directory, "random.tgz"), randomBytes(5000));
  writeFileSync(join(directory, "empty.tgz"), "");
  const target = join(directory, "restored");
  for (const name of ["photos.tar", "half.tgz", "text.tgz", "random.tgz", "empty.tgz"]) {
    const file = join(directory, name);
    await expect(restore(file, { home: target, json: true })).rejects.toMatchObject({
      code: "bad-backup",
      message: `${file} is not a backup of a home, or only a part of one is left`,
    });
    expect(existsSync(target)).toBe(false);
  }
});
