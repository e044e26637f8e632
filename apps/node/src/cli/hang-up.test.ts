import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";

const module = (name: string) => JSON.stringify(new URL(name, import.meta.url).href);
const PROGRAM = `
  const { keepThroughHangUp } = await import(${module("./hang-up.ts")});
  const { interruptible } = await import(${module("./interruptible.ts")});
  const { stopSignal } = await import(${module("../supervise/stop-signal.ts")});
  keepThroughHangUp();
  setInterval(() => undefined, 60_000);
  const work = process.argv[1] === "stop" ? stopSignal() : interruptible((signal) => new Promise((resolve) => signal.addEventListener("abort", resolve)));
  console.log("works");
  await work;
  process.exit(9);
`;

/** How a program ends that works, is hung up and, if that did not end it, asked to end. */
async function hungUp(work: "stop" | "interruptible", survives: string): Promise<number | null> {
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", "--input-type=module", "--eval", PROGRAM, work],
    { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, CAIRN_NOHUP: survives } },
  );
  const ended = once(child, "exit");
  await once(child.stdout, "data");
  child.kill("SIGHUP");
  if (survives === "1") {
    // It answers to nothing but an end.
    await expect(Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 300, "works on"))])).resolves.toBe(
      "works on",
    );
    child.kill("SIGTERM");
  }
  return (await ended)[0];
}

it.each(["stop", "interruptible"] as const)("%s: a hang-up is an end, except under nohup", async (work) => {
  expect(await hungUp(work, "")).toBe(9);
  expect(await hungUp(work, "1")).toBe(9);
});
