import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
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

  it("tries a rename again that failed, and says what was lost until then", () => {
    mkdirSync(join(directory, "log.2"));
    const log = new RotatingLog(join(directory, "log"), 10, 2);
    for (const text of ["one", "two", "three", "four"]) log.write(line(text));
    expect(readFileSync(join(directory, "log"), "utf8")).toBe("three\n");
    rmSync(join(directory, "log.2"), { recursive: true });
    log.write(line("five"));
    log.close();
    expect(readFileSync(join(directory, "log"), "utf8")).toBe("… 5 bytes were lost …\nfive\n");
    expect(readFileSync(join(directory, "log.1"), "utf8")).toBe("three\n");
    expect(readFileSync(join(directory, "log.2"), "utf8")).toBe("one\ntwo\n");
  });

  it("goes on in a new file once there can be one", () => {
    const log = new RotatingLog(join(directory, "log"), 10);
    log.write(line("one"));
    rmSync(directory, { recursive: true });
    log.write(line("seven bytes"));
    mkdirSync(directory);
    log.write(line("eleven more"));
    log.close();
    expect(readFileSync(join(directory, "log"), "utf8")).toBe("… 12 bytes were lost …\neleven more\n");
  });

  it("moves no file twice for a rotation that failed half-way", () => {
    for (const name of ["log.2", "log.3"]) writeFileSync(join(directory, name), name);
    const log = new RotatingLog(join(directory, "log"), 10, 3);
    for (const text of ["one", "two", "three"]) log.write(line(text));
    log.close();
    expect(readFileSync(join(directory, "log.1"), "utf8")).toBe("one\ntwo\n");
    for (const name of ["log.2", "log.3"]) expect(readFileSync(join(directory, name), "utf8")).toBe(name);
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
