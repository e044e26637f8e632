import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { ensureAccount } from "../account/account.ts";
import { homeAt } from "../home/home.ts";
import { put } from "./put.ts";
import { startMemoryGateway } from "./testing/memory-gateway.ts";
import { serveHome } from "./testing/serve-home.ts";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
/** More than a pipe takes, so that the writer learns that its reader has gone. */
const content = randomBytes(400_000);

let gateway: Awaited<ReturnType<typeof startMemoryGateway>>;
let folder: string;
let served: Awaited<ReturnType<typeof serveHome>>;

beforeAll(async () => {
  gateway = await startMemoryGateway();
  folder = await mkdtemp(join(tmpdir(), "cairn-cat-"));
  const home = homeAt(join(folder, "home"));
  await ensureAccount(home);
  served = await serveHome(home, gateway.url);
  await writeFile(join(folder, "film"), content);
  vi.spyOn(process.stdout, "write").mockReturnValue(true);
  await put(join(folder, "film"), { home: home.directory, json: true, yes: true });
  vi.restoreAllMocks();
});
afterAll(async () => {
  await gateway?.stop();
  served?.release();
  await rm(folder, { recursive: true, force: true });
});

/** The exit code of `cat`, what came out of the pipe, and what was said. */
function piped(options: string, into: string): Promise<{ code: string; stdout: Buffer; stderr: string }> {
  const cat = `"${process.execPath}" --disable-warning=ExperimentalWarning "${MAIN}" cat film ${options} --home "${folder}/home"`;
  const line = `{ ${cat}; echo "code $?" >&2; } | ${into}`;
  return new Promise((resolve) => {
    execFile("sh", ["-c", line], { encoding: "buffer", maxBuffer: 1 << 20 }, (_, stdout, stderr) => {
      const said = stderr.toString();
      resolve({ code: /code (\d+)\n$/.exec(said)?.[1] ?? "", stdout, stderr: said.replace(/code \d+\n$/, "") });
    });
  });
}

it.each([
  { options: "", into: "head -c 5", bytes: content.subarray(0, 5) },
  { options: "--range 100-300000", into: "head -c 5", bytes: content.subarray(100, 105) },
  { options: "", into: "true", bytes: Buffer.alloc(0) },
  { options: "", into: "cat", bytes: content },
])("ends quietly whatever its reader takes: cat film $options | $into", async ({ options, into, bytes }) => {
  expect(await piped(options, into)).toEqual({ code: "0", stdout: bytes, stderr: "" });
});

it("says what it could not write where the disk is full", async () => {
  const { code, stderr } = await piped("> /dev/full", "cat");
  expect(stderr).toBe("cairn: cannot write to standard output: no space is left on the device\n");
  expect(code).toBe("1");
});
