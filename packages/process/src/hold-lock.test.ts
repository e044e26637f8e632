import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { holdLock, probeLock } from "./hold-lock.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "cairn-lock-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const elsewhere = (path: string) =>
  spawn(
    process.execPath,
    [
      "--disable-warning=ExperimentalWarning",
      "--input-type=module",
      "--eval",
      `const { holdLock } = await import(${JSON.stringify(join(import.meta.dirname, "hold-lock.ts"))});
       try { holdLock(${JSON.stringify(path)}); console.log("held"); setInterval(() => {}, 1e6); } catch (e) { console.log(e.code); }`,
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );

async function answer(child: ReturnType<typeof elsewhere>): Promise<string> {
  return String((await once(child.stdout, "data"))[0]).trim();
}

describe("holdLock", () => {
  it("holds against this process and others until it is released", async () => {
    const path = join(directory, "lock");
    const lock = holdLock(path);
    expect(() => holdLock(path)).toThrowError(
      expect.objectContaining({ code: "lock-held", details: { pid: process.pid, since: expect.any(String) } }),
    );
    expect(await answer(elsewhere(path))).toBe("lock-held");
    lock.release();
    lock.release();
    holdLock(path).release();
    expect(readdirSync(directory)).toEqual(["lock"]);
  });

  it("is free as soon as its holder was killed", async () => {
    const path = join(directory, "lock");
    for (let round = 0; round < 3; round++) {
      const child = elsewhere(path);
      expect(await answer(child)).toBe("held");
      expect(() => holdLock(path)).toThrowError(
        expect.objectContaining({ details: expect.objectContaining({ pid: child.pid }) }),
      );
      child.kill("SIGKILL");
      await once(child, "exit");
      holdLock(path).release();
    }
  });

  it("is probed without being taken or made", async () => {
    const path = join(directory, "lock");
    expect(probeLock(path)).toBeUndefined();
    expect(readdirSync(directory)).toEqual([]);
    const child = elsewhere(path);
    expect(await answer(child)).toBe("held");
    expect(probeLock(path)).toMatchObject({ pid: child.pid });
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(probeLock(path)).toBeUndefined();
    const lock = holdLock(path);
    expect(probeLock(path)).toMatchObject({ pid: process.pid });
    rmSync(`${path}.holder`);
    expect(probeLock(path)).toMatchObject({ pid: 0 });
    lock.release();
    writeFileSync(path, "no lock at all, but something else entirely");
    expect(probeLock(path)).toBeUndefined();
  });

  it("is had by one of many that start together", async () => {
    const children = Array.from({ length: 6 }, () => elsewhere(join(directory, "lock")));
    const answers = await Promise.all(children.map(answer));
    for (const child of children) child.kill("SIGKILL");
    expect(answers.toSorted()).toEqual(["held", ...Array.from({ length: 5 }, () => "lock-held")]);
  });

  it("says when the place is no good", () => {
    expect(() => holdLock(join(directory, "none/lock"))).toThrowError(expect.objectContaining({ code: "lock-failed" }));
  });
});
