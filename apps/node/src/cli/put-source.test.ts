import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathsOf, walkFolder } from "@cairn/archive";
import { afterAll, describe, expect, it, vi } from "vitest";
import { homeAt } from "../home/home.ts";
import { dryRun } from "./dry-run.ts";
import { openSource, type SourceOptions } from "./put-source.ts";
import { walkNotes } from "./walk-notes.ts";

const directory = mkdtempSync(join(tmpdir(), "cairn-source-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe("a folder with the home in it", () => {
  const folder = join(directory, "user");
  const home = homeAt(join(folder, "deep", ".cairn"));
  mkdirSync(home.logs, { recursive: true });
  writeFileSync(home.runFile, "{}");
  writeFileSync(join(folder, "deep", "kept"), "kept");

  const walked = async (path: string, options: SourceOptions = {}) => {
    const source = await openSource(home, path, options);
    const found = await walkFolder(path, { exclude: source.exclude });
    return { paths: pathsOf(found.entries).filter((at) => at !== ""), notes: walkNotes(found, source, "Left out") };
  };

  it("is stored without the home, which is named", async () => {
    expect(await walked(folder)).toEqual({
      paths: ["deep", "deep/kept"],
      notes: [expect.stringMatching(/^Left out deep\/\.cairn: the home of this network/)],
    });
    // Also where the folder is reached by another way.
    symlinkSync(folder, join(directory, "link"));
    expect((await walked(`${join(directory, "link")}/`)).paths).toEqual(["deep", "deep/kept"]);
  });

  it("is left out by a rule where one covers it", async () => {
    expect(await walked(folder, { exclude: ["deep"] })).toEqual({ paths: [], notes: ["Left out 1 entry by rule"] });
  });

  it("loses what a killed put left of its standard input at the next put of anything", async () => {
    const left = join(home.directory, "stdin", "999999999-1-x");
    mkdirSync(left, { recursive: true });
    writeFileSync(join(left, "plain"), "secret");
    await openSource(home, join(folder, "deep", "kept"), {});
    expect(readdirSync(join(home.directory, "stdin"))).toEqual([]);
  });

  it("is nothing new for other folders, and the home itself is refused", async () => {
    expect((await walked(join(folder, "deep", "kept"))).notes).toEqual([]);
    expect((await walked(home.logs)).notes).toEqual([]);
    await expect(openSource(home, home.directory, {})).rejects.toMatchObject({
      code: "own-home",
      next: expect.stringContaining("cairn backup"),
    });
  });
});

describe("rules of a file", () => {
  const home = homeAt(join(directory, "elsewhere"));
  const rules = async (bytes: Uint8Array) => {
    const file = join(directory, "rules");
    writeFileSync(file, bytes);
    return (await openSource(home, directory, { excludeFrom: [file] })).exclude;
  };

  it("are those of its text, in UTF-16 too, or it is refused by name", async () => {
    const text = Buffer.from("\uFEFF*.tmp\r\n", "utf16le");
    expect((await rules(text))("a.tmp", false)).toBe(true);
    await expect(rules(text.subarray(2))).rejects.toMatchObject({
      code: "unreadable-path",
      message: expect.stringContaining(join(directory, "rules")),
    });
  });
});

describe("a command's output", () => {
  const home = homeAt(join(directory, "spooling"));
  const spooled = () => readdirSync(join(home.directory, "stdin"));
  const node = (script: string) => ({ name: "dump", command: [process.execPath, "-e", script] });

  it("is what is stored when the command ends well", async () => {
    const source = await openSource(home, "-", node(`process.stdout.write("x".repeat(200000))`));
    expect([source.name, source.lasting, readFileSync(source.path, "utf8")]).toEqual([
      "dump",
      false,
      "x".repeat(200_000),
    ]);
    await source.close();
    expect(spooled()).toEqual([]);
  });

  it.each([
    [`process.stdout.write("half"); process.exitCode = 3`, /exit code 3$/],
    [`process.stdout.write("half", () => process.kill(process.pid, "SIGKILL"))`, /ended by SIGKILL$/],
  ])("is not stored when it fails: %s", async (script, message) => {
    const failed = openSource(home, "-", node(script));
    await expect(failed).rejects.toMatchObject({ code: "command-failed", message: expect.stringMatching(message) });
    expect(spooled()).toEqual([]);
  });

  it("is not stored when there is no such program, no name, or nothing came", async () => {
    const missing = { name: "dump", command: ["no-such-program-here"] };
    await expect(openSource(home, "-", missing)).rejects.toMatchObject({
      code: "command-failed",
      message: "no-such-program-here: there is no such program",
    });
    await expect(openSource(home, "-", { command: ["true"] })).rejects.toMatchObject({ code: "name-missing" });
    await expect(openSource(home, "-", { name: "dump", command: ["true"] })).rejects.toMatchObject({
      code: "nothing-to-store",
      next: expect.stringContaining("--allow-empty"),
    });
    expect(spooled()).toEqual([]);
    const empty = await openSource(home, "-", { name: "dump", command: ["true"], allowEmpty: true });
    expect(readFileSync(empty.path, "utf8")).toBe("");
    await empty.close();
  });

  it("is given up when the put is interrupted", async () => {
    const stop = new AbortController();
    const opened = openSource(home, "-", { ...node("setInterval(() => 0, 1000)"), signal: stop.signal });
    stop.abort();
    await expect(opened).rejects.toMatchObject({ name: "AbortError" });
    expect(spooled()).toEqual([]);
  });
});

describe("a folder without files", () => {
  const home = homeAt(join(directory, "other"));
  const empty = join(directory, "drive");
  mkdirSync(join(empty, "mount", "point"), { recursive: true });
  const says = vi.fn();
  const output = { json: false, progress: "none", say: says, result: vi.fn(), entry: vi.fn() } as const;
  const dry = async (path: string, options: SourceOptions = {}) =>
    dryRun(output, await openSource(home, path, options), {
      ...{ k: 2, n: 4, signal: new AbortController().signal },
      ...options,
    });

  it("is not stored in place of what was there, unless it is asked for", async () => {
    await expect(dry(empty)).rejects.toMatchObject({
      code: "nothing-to-store",
      message: `${empty} has no file in it`,
      next: expect.stringMatching(/Mount .*--allow-empty/),
    });
    await dry(empty, { allowEmpty: true });
    expect(says).toHaveBeenLastCalledWith(expect.stringContaining("0 files"));
    writeFileSync(join(empty, "mount", "file"), "");
    await dry(empty);
    await expect(dry(empty, { exclude: ["mount"] })).rejects.toMatchObject({
      code: "nothing-to-store",
      message: expect.stringContaining("1 entry by rule"),
    });
    rmSync(join(empty, "mount", "file"));
    symlinkSync("elsewhere", join(empty, "link"));
    await dry(empty);
  });
});
