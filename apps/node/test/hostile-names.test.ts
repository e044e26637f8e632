import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { displayName, nameOfBytes } from "@cairn/archive/names";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CommandResult, runCli, startNetwork, type TestNetwork } from "./support/network.ts";
import { CHECKOUT } from "./support/outside.ts";

/** Of files and of packages, in bytes: what drives a terminal, hides, reads backwards, or looks like an option or a path. */
const NAMES = [
  "\x1b[31mred\x07\x1b]0;title\x07",
  "rtl \u202egnp.exe",
  "-rf",
  "--help",
  "...",
  "line\nbreak",
  "tab\tand\rreturn",
  `${"é".repeat(127)}x`,
  "🪨👨‍👩‍👧",
  "back\\slash\\x41",
  " $HOME`id`'\"",
].map((name) => Buffer.from(name));
const NOT_UTF8 = Buffer.from([0x66, 0xff, 0xfe, 0x67]);
const PACKAGE = "-\u202e\x1b[2J\n🪨";
const LONG = "é".repeat(127);

let network: TestNetwork;
let tree: Buffer;
const contents = new Map<string, Buffer>();

beforeAll(async () => {
  network = await startNetwork();
  tree = Buffer.from(join(network.directory, "tree"));
  await mkdir(tree);
  for (const name of [...NAMES, NOT_UTF8]) {
    const content = randomBytes(50);
    contents.set(name.toString("latin1"), content);
    await writeFile(Buffer.concat([tree, Buffer.from("/"), name]), content);
  }
});
afterAll(() => network?.stop());

/** A command whose words are no option, however they begin; nothing that it writes may drive a terminal. */
async function cairn(command: string, options: string[], ...words: string[]): Promise<CommandResult> {
  const result = await runCli([command, "--home", network.home, ...options, "--", ...words]);
  const written = `${result.stdout}${result.stderr}`.replaceAll("\n", "");
  expect(/[\p{Cc}\u202a-\u202e\u2066-\u2069\ufffd]/u.exec(written), `${command} ${words}`).toBeNull();
  return result;
}

const succeeds = async (...words: Parameters<typeof cairn>): Promise<CommandResult> => {
  const result = await cairn(...words);
  expect(result.code, result.stderr).toBe(0);
  return result;
};

describe("names that are not meant well", { timeout: 900_000 }, () => {
  it("go in, are shown on one line without harm, and come back byte for byte", async () => {
    await succeeds("put", ["--yes", `--name=${PACKAGE}`], tree.toString());
    const [listed] = (await succeeds("ls", ["--json"])).json<{ name: string }[]>();
    expect(listed?.name).toBe(PACKAGE);
    expect((await succeeds("ls", [])).stdout).toContain(displayName(PACKAGE));
    const { stdout } = await succeeds("show", ["--files"], PACKAGE);
    for (const name of [...NAMES, NOT_UTF8])
      expect(stdout.split("\n").join("|")).toContain(displayName(nameOfBytes(name)));
    const back = join(network.directory, "back");
    await succeeds("get", [], displayName(PACKAGE), back);
    const restored = (await readdir(Buffer.from(back), { encoding: "buffer" })).map((name) => name.toString("latin1"));
    expect(restored.toSorted()).toEqual([...contents.keys()].toSorted());
    for (const [name, content] of contents) {
      const path = Buffer.concat([Buffer.from(`${back}/`), Buffer.from(name, "latin1")]);
      expect((await readFile(path)).equals(content), displayName(name)).toBe(true);
    }
  });

  it("are found alone, as they are shown and as they are", async () => {
    for (const name of [NAMES[0]!, NAMES[3]!, NOT_UTF8]) {
      const path = join(network.directory, `one-${name.toString("hex").slice(0, 20)}`);
      await succeeds("get", [], `${displayName(PACKAGE)}/${displayName(nameOfBytes(name))}`, path);
      expect((await readFile(path)).equals(contents.get(name.toString("latin1"))!)).toBe(true);
    }
    const raw = await runCli(["cat", "--home", network.home, "--", `${PACKAGE}/line\nbreak`]);
    expect([raw.code, raw.stderr]).toEqual([0, ""]);
    for (const path of ["..", "../..", "\x1b[31m", "/etc/passwd"]) {
      const refused = await cairn("cat", [], `${PACKAGE}/${path}`);
      expect([refused.code === 0, refused.stdout], path).toEqual([false, ""]);
    }
  });

  it("are given, checked and ended as any other, and refused only where they could not be", async () => {
    for (const name of ["..", ".", "a/b", `${LONG}xx`, "\u202e/\x1b"]) {
      const refused = await cairn("mv", [], PACKAGE, name);
      expect([refused.code, refused.stderr.includes("cannot be a package's name")], name).toEqual([2, true]);
      expect(refused.stderr).not.toContain("--name");
    }
    await succeeds("mv", [], PACKAGE, "--help");
    await succeeds("check", [], "--help");
    await succeeds("mv", [], "--help", `${LONG}x`);
    await succeeds("rm", ["--yes"], `${LONG}x`);
  });

  it("may be the name of what is put, bytes that are not UTF-8 too", async () => {
    const line = `exec "$NODE" apps/node/src/main.ts put --home "$DIR/home" --yes --json "$DIR/tree/$(printf 'f\\377\\376g')"`;
    const env = { ...process.env, NODE: process.execPath, DIR: network.directory };
    const { stdout } = await promisify(execFile)("/bin/sh", ["-c", line], { cwd: CHECKOUT, env });
    expect(JSON.parse(stdout)).toMatchObject({ name: nameOfBytes(NOT_UTF8), state: "STORED" });
    const file = join(network.directory, "alone");
    await succeeds("get", [], displayName(nameOfBytes(NOT_UTF8)), file);
    expect((await readFile(file)).equals(contents.get(NOT_UTF8.toString("latin1"))!)).toBe(true);
  });
});
