import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { isRunning, type ProcessIdentity, processIdentity } from "@cairn/process";
import { afterAll, describe, expect, it } from "vitest";

const directory = mkdtempSync(join(tmpdir(), "cairn-bootstrap-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Stands in for npm: fetches for as long as the file `slow` is there, by a child of its own as npm's scripts are. */
const NPM = `#!${process.execPath}
const { spawn } = require("node:child_process");
const { appendFileSync, existsSync, mkdirSync, readFileSync } = require("node:fs");
const before = existsSync("npm-ran") ? readFileSync("npm-ran", "utf8").trim().split("\\n") : [];
const beside = before.filter((line) => existsSync("/proc/" + line.split(" ")[0]));
appendFileSync("npm-ran", process.pid + " beside " + beside.length + "\\n");
mkdirSync("node_modules", { recursive: true });
if (existsSync("slow")) {
  if (existsSync("deaf")) for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => undefined);
  const script = spawn(process.execPath, ["-e", "setInterval(() => undefined, 1000)"], { stdio: "ignore" });
  process.stderr.write("npm " + process.pid + " " + script.pid + "\\n");
  setInterval(() => undefined, 1000);
}
`;

/** A checkout whose product says "served", with a slow npm on the path. */
function checkout(name: string) {
  const root = join(directory, name);
  mkdirSync(join(root, "apps/node/src"), { recursive: true });
  mkdirSync(join(root, "path"));
  cpSync(import.meta.dirname, join(root, "bin"), { recursive: true, filter: (path) => !/tasks|test/.test(path) });
  writeFileSync(join(root, "package-lock.json"), "{}");
  writeFileSync(join(root, "apps/node/src/main.ts"), 'process.stdout.write("served\\n");');
  writeFileSync(join(root, "path/npm"), NPM);
  chmodSync(join(root, "path/npm"), 0o755);
  const turn = join(root, ".cairn-installing");
  const start = () =>
    spawn(process.execPath, [join(root, "bin/cairn.mjs")], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, PATH: `${join(root, "path")}:${process.env.PATH}` },
    });
  return { root, turn, start, slow: join(root, "slow") };
}

function identify(pid: number): ProcessIdentity {
  const identity = processIdentity(pid);
  if (identity === undefined) throw new Error(`no process ${pid}`);
  return identity;
}

/** What a start writes, until the words appear. */
function says(child: ChildProcess, words: RegExp): Promise<RegExpExecArray> {
  let text = "";
  return new Promise((resolve, reject) => {
    child.stderr?.on("data", (bytes) => {
      text += bytes;
      const found = words.exec(text);
      if (found !== null) resolve(found);
    });
    child.once("close", () => reject(new Error(`never said ${words}: ${text}`)));
  });
}

async function startedNpm(child: ChildProcess): Promise<ProcessIdentity[]> {
  const [, npm, script] = await says(child, /npm (\d+) (\d+)\n/);
  return [identify(Number(npm)), identify(Number(script))];
}

async function finish(child: ChildProcess) {
  let out = "";
  child.stdout?.on("data", (bytes) => {
    out += bytes;
  });
  const [code] = await once(child, "close");
  return { code, out };
}

describe("the first start", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("ends npm and what npm started on %s, and the next start goes on", async (signal, code) => {
    const { root, start, slow, turn } = checkout(signal);
    writeFileSync(slow, "");
    const first = start();
    const processes = await startedNpm(first);
    expect(readFileSync(join(turn, "holder"), "utf8")).toMatch(new RegExp(`^${processes[0]?.pid} `, "m"));
    const stopped = says(first, /the installation was stopped/);
    first.kill(signal);
    expect((await finish(first)).code).toBe(code);
    await stopped;
    expect(processes.filter(isRunning)).toEqual([]);
    expect(existsSync(turn)).toBe(false);
    rmSync(slow);
    expect(await finish(start())).toEqual({ code: 0, out: "served\n" });
    expect(readFileSync(join(root, "npm-ran"), "utf8").trim().split("\n")).toHaveLength(2);
    expect(await finish(start())).toEqual({ code: 0, out: "served\n" });
    expect(readFileSync(join(root, "npm-ran"), "utf8").trim().split("\n")).toHaveLength(2);
  });

  it("takes an npm that does not listen with it, when it is killed outright", async () => {
    const { root, start, slow, turn } = checkout("killed");
    writeFileSync(slow, "");
    writeFileSync(join(root, "deaf"), "");
    const first = start();
    const processes = await startedNpm(first);
    first.kill("SIGKILL");
    // The turn is npm's as long as it lives: the next start does not install into the same folder beside it.
    expect(readFileSync(join(turn, "holder"), "utf8")).toMatch(new RegExp(`^${processes[0]?.pid} `, "m"));
    rmSync(slow);
    const second = start();
    expect(await finish(second)).toEqual({ code: 0, out: "served\n" });
    expect(readFileSync(join(root, "npm-ran"), "utf8")).toMatch(/^\d+ beside 0\n\d+ beside 0\n$/);
    expect(processes.filter(isRunning)).toEqual([]);
    expect(existsSync(turn)).toBe(false);
  });
});

describe("npm install in a checkout", () => {
  const root = join(directory, "engines");
  const install = () => promisify(execFile)("npm", ["install", "--offline"], { cwd: root });
  const write = (path: string, text: string) => {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };

  it("warns nobody of packages that want another Node than the one that npm runs under, and says what fails", async () => {
    write("old/package.json", JSON.stringify({ name: "old", version: "1.0.0", engines: { node: ">=99" } }));
    write("package.json", JSON.stringify({ dependencies: { old: "file:old" } }));
    cpSync(join(import.meta.dirname, "../.npmrc"), join(root, ".npmrc"));
    expect(await install()).toMatchObject({ stderr: "" });
    write("package.json", JSON.stringify({ dependencies: { old: "file:old", none: "file:none.tgz" } }));
    await expect(install()).rejects.toMatchObject({ stderr: expect.stringContaining("none.tgz") });
  });
});
