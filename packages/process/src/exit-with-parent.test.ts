import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { PARENT_PIPE, parentPipe } from "./exit-with-parent.ts";

const MODULE = new URL("./exit-with-parent.ts", import.meta.url).href;
/** Says whether the variable is gone, and lives until told otherwise. */
const PROGRAM = `
  const { exitWithParent } = await import(${JSON.stringify(MODULE)});
  exitWithParent(500);
  process.on("SIGTERM", () => process.exit(7));
  process.stdin.on("data", () => process.exit(0));
  process.stdout.write(process.env.${PARENT_PIPE} ?? "none");
`;

async function run(value: string, pipe: "pipe" | "ignore") {
  const child = spawn(process.execPath, ["--input-type=module", "-e", PROGRAM], {
    stdio: ["pipe", "pipe", "pipe", pipe],
    env: { ...process.env, [PARENT_PIPE]: value },
  });
  const ended = once(child, "exit");
  let err = "";
  child.stderr?.on("data", (bytes) => {
    err += bytes;
  });
  const said = await Promise.race([once(child.stdout as NodeJS.ReadableStream, "data"), ended.then(() => [err])]);
  return { child, ended, said: String(said[0]) };
}

describe("exitWithParent", () => {
  it("ends in order when its parent's end of the pipe is closed, and hands the variable to nobody", async () => {
    const { child, ended, said } = await run(parentPipe(3), "pipe");
    expect(said).toBe("none");
    (child.stdio[3] as { destroy(): void }).destroy();
    expect((await ended)[0]).toBe(7);
  });

  it("takes no notice of a variable that was not meant for it, or of a number with nothing behind it", async () => {
    for (const value of [
      "3",
      parentPipe(3),
      parentPipe(17),
      "3:1",
      `3:${process.pid + 1_000_000}`,
      "",
      "x",
      "-1",
      "0",
      "1:1",
    ]) {
      const { child, ended, said } = await run(value, "ignore");
      expect(said, value).toBe("none");
      child.stdin?.write("go");
      expect((await ended)[0], value).toBe(0);
    }
  });

  it("leaves a descriptor alone that another living parent gave to another process", async () => {
    const { child, ended } = await run("3:1", "pipe");
    (child.stdio[3] as { destroy(): void }).destroy();
    child.stdin?.write("go");
    expect((await ended)[0]).toBe(0);
  });
});
