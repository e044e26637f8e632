import { execFileSync } from "node:child_process";
import { chmodSync, lstatSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { afterAll, describe, expect, it } from "vitest";
import { makeTree, scratch } from "../../test/helpers.ts";
import { pathsOf } from "./tree-paths.ts";
import { splitTime, walkFolder } from "./walk-folder.ts";

describe("walkFolder", () => {
  const dir = scratch();
  afterAll(dir.remove);

  it("lists parents before children, names in byte order, links as links", async () => {
    const root = dir.join("tree");
    makeTree(root, {
      b: { z: Buffer.from("12345"), a: {} },
      "\u{1f600}": Buffer.alloc(0),
      "\uff5e": Buffer.alloc(0),
      a: { link: "b" },
      loop: { link: "." },
    });
    const { entries, skipped } = await walkFolder(root);
    expect(pathsOf(entries)).toEqual(["", "a", "b", "loop", "\uff5e", "\u{1f600}", "b/a", "b/z"]);
    expect(entries.map((entry) => entry.kind)).toEqual([
      "directory",
      "symlink",
      "directory",
      "symlink",
      "file",
      "file",
      "directory",
      "file",
    ]);
    expect(entries[1]?.target).toBe("b");
    expect(entries[7]?.size).toBe(5);
    expect(skipped).toEqual([]);
    const stats = lstatSync(`${root}/b/z`, { bigint: true });
    expect(BigInt(entries[7]?.seconds ?? 0) * 1_000_000_000n + BigInt(entries[7]?.nanoseconds ?? 0)).toBe(
      stats.mtimeNs,
    );
  });

  it("reports sockets, pipes and devices, and leaves them out", async () => {
    const root = dir.join("special");
    makeTree(root, { file: Buffer.alloc(1) });
    execFileSync("mkfifo", [`${root}/pipe`]);
    const server = createServer().listen(`${root}/socket`);
    await new Promise((resolve) => server.once("listening", resolve));
    const { entries, skipped } = await walkFolder(root);
    await new Promise((resolve) => server.close(resolve));
    expect(entries.length).toBe(2);
    expect(skipped).toEqual([
      { path: `${root}/pipe`, reason: "pipe" },
      { path: `${root}/socket`, reason: "socket" },
    ]);
  });

  it("takes a single file, and follows the path itself", async () => {
    writeFileSync(dir.join("one"), "1");
    symlinkSync("one", dir.join("to-one"));
    expect((await walkFolder(dir.join("to-one"))).entries).toMatchObject([
      { kind: "file", name: "to-one", size: 1, parent: 0 },
    ]);
    await expect(walkFolder("/dev/null")).rejects.toMatchObject({ code: "unreadable-path" });
  });

  it("names a path that is missing or may not be read", async () => {
    await expect(walkFolder(dir.join("missing"))).rejects.toMatchObject({ code: "unreadable-path", kind: "input" });
    const root = dir.join("closed");
    mkdirSync(`${root}/inner`, { recursive: true });
    chmodSync(dir.path, 0o755);
    chmodSync(`${root}/inner`, 0o000);
    const user = process.geteuid?.();
    if (user === 0) process.seteuid?.(65_534);
    try {
      await expect(walkFolder(root)).rejects.toMatchObject({
        code: "unreadable-path",
        details: { path: `${root}/inner` },
      });
    } finally {
      if (user === 0) process.seteuid?.(0);
      chmodSync(`${root}/inner`, 0o700);
    }
  });

  it("keeps a time further away than a manifest holds at the furthest that it holds", () => {
    for (const seconds of [2n ** 52n, 2n ** 52n + 1n, 2n ** 63n - 1n]) {
      expect(splitTime(seconds * 1_000_000_000n + 7n).seconds).toBe(2 ** 52);
      expect(splitTime(-seconds * 1_000_000_000n).seconds).toBe(-(2 ** 52));
    }
  });

  it("names what has such a time", async () => {
    const root = dir.join("times");
    makeTree(root, { far: Buffer.from(""), near: Buffer.from(""), old: Buffer.from("") });
    execFileSync("touch", ["-d", "@-5000000000.25", `${root}/old`]);
    execFileSync("touch", ["-d", "@9007199254740993", `${root}/far`]);
    const { entries, bentTimes } = await walkFolder(root);
    const held = lstatSync(`${root}/far`, { bigint: true }).mtimeNs / 1_000_000_000n;
    // What the file system could not keep either is as it keeps it.
    expect(bentTimes).toEqual(held > 2n ** 52n ? [`${root}/far`] : []);
    const [, far, , old] = entries;
    expect(BigInt(far?.seconds ?? 0)).toBe(held > 2n ** 52n ? 2n ** 52n : held);
    const { mtimeNs } = lstatSync(`${root}/old`, { bigint: true });
    expect(BigInt(old?.seconds ?? 0) * 1_000_000_000n + BigInt(old?.nanoseconds ?? 0)).toBe(mtimeNs);
    expect(mtimeNs).toBeLessThan(0n);
  });

  it("splits times before 1970 too", () => {
    expect(splitTime(-1n)).toEqual({ seconds: -1, nanoseconds: 999_999_999 });
    expect(splitTime(-2_000_000_000n)).toEqual({ seconds: -2, nanoseconds: 0 });
    expect(splitTime(1_500_000_001n)).toEqual({ seconds: 1, nanoseconds: 500_000_001 });
  });
});

it("names what lies below the root of all with one slash", async () => {
  const { skipped } = await walkFolder("/", { exclude: (path) => !["dev", "dev/null"].includes(path) });
  expect(skipped).toEqual([{ path: "/dev/null", reason: "device" }]);
});
