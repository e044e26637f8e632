import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RotatingLog } from "./rotating-log.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "cairn-log-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const line = (text: string) => Buffer.from(`${text}\n`);

describe("RotatingLog", () => {
  it("is renamed when it has grown", () => {
    const log = new RotatingLog(join(directory, "log"), 10, 2);
    for (const text of ["one", "two", "three", "four"]) log.write(line(text));
    log.close();
    expect(readFileSync(join(directory, "log"), "utf8")).toBe("four\n");
    expect(readFileSync(join(directory, "log.1"), "utf8")).toBe("three\n");
    expect(readFileSync(join(directory, "log.2"), "utf8")).toBe("one\ntwo\n");
  });

  it.runIf(process.platform === "linux")("loses what a full disk does not take, and ends nobody", () => {
    symlinkSync("/dev/full", join(directory, "log"));
    const log = new RotatingLog(join(directory, "log"));
    log.write(line("lost"));
    log.write(line("lost, too"));
    expect(log.tail()).toBe("lost\nlost, too");
    log.close();
  });
});
