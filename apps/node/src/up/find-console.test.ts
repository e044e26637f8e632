import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findConsole } from "./find-console.ts";

let room: string;
let said: string[];
beforeEach(() => {
  room = mkdtempSync(join(tmpdir(), "cairn-room-"));
  said = [];
});
afterEach(() => rmSync(room, { recursive: true }));

const find = () => findConsole((line) => said.push(line), room);
const put = (path: string, text: string) => {
  mkdirSync(join(room, path, ".."), { recursive: true });
  writeFileSync(join(room, path), text);
};

describe("the console of a start", () => {
  it("is where its build says", async () => {
    put("build/build-console.ts", 'process.stdout.write("said before\\n/where/it/lies\\n");');
    expect(await find()).toBe("/where/it/lies");
    expect(said).toEqual([]);
  });

  it("is none where the build fails, which is said in a line and ends nothing", async () => {
    put("build/build-console.ts", 'throw new Error("rolldown is not for this machine");');
    expect(await find()).toBeUndefined();
    expect(said).toEqual([
      "the console could not be built (Error: rolldown is not for this machine): / shows the status page instead",
    ]);
  });

  it("comes built in a package, and is none where it did not", async () => {
    expect(await find()).toBeUndefined();
    put("dist/console.json", "{}");
    expect(await find()).toBe(join(room, "dist"));
    expect(said).toEqual([]);
  });
});
