import { type ChildProcess, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { lstat, mkdir, mkdtemp, open, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { PackageDetailJson } from "@cairn/client";
import { PARENT_PIPE, parentPipe, processIdentity } from "@cairn/process";
import { CairnError } from "@cairn/protocol";
import { homeAt } from "../home/home.ts";
import { removeHome } from "../home/remove-home.ts";
import { findRunning } from "../home/run-file.ts";
import { lockHome } from "../supervise/lock-home.ts";
import { startCommand } from "./as-called.ts";
import { formatDuration } from "./format.ts";
import { get } from "./get.ts";
import { interruptible, untilInterrupted } from "./interruptible.ts";
import { createOutput } from "./output.ts";
import { put } from "./put.ts";
import { type CommonOptions, openSession, type Session } from "./session.ts";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
/** A slow machine takes its time; what ends or fails is noticed at once. */
const READY_SECONDS = 900;
const REPAIR_SECONDS = 900;
const NAME = "letters";
/** Homes of demos are named `cairn-demo-PID-…`. */
const PREFIX = "cairn-demo-";

/** A whole life in about a minute, on a throw-away network with periods of ten seconds. */
export async function demo(options: CommonOptions): Promise<void> {
  const output = createOutput(options);
  const started = performance.now();
  const steps: { step: string; seconds: number }[] = [];
  let before = started;
  const told = (step: string) => {
    const now = performance.now();
    steps.push({ step, seconds: Number(((now - before) / 1000).toFixed(1)) });
    output.say(`  ✓ ${step} (${formatDuration((now - before) / 1000)})`);
    before = now;
  };
  let network: ChildProcess | undefined;
  await interruptible(async (signal) => {
    await removeLeftovers();
    const home = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
    try {
      await untilInterrupted(signal, run(home));
    } finally {
      if (network !== undefined) await stopNetwork(network);
      await removeHome(home);
    }
  });

  async function run(home: string): Promise<void> {
    const source = join(home, NAME);
    const quiet = { home, json: true };
    output.say("1. Start a storage network: PostgreSQL, a chain, a gateway, six providers, all real processes here.");
    network = spawn(process.execPath, [MAIN, "up", "--home", home, "--port", "0", "--profile", "demo", "--temporary"], {
      stdio: ["ignore", "pipe", "inherit", "pipe"],
      env: { ...process.env, [PARENT_PIPE]: parentPipe(3) },
      // Ctrl-C is for the demo, which then ends its network in order.
      detached: true,
    });
    await whenReady(network);
    told("it serves");

    output.say(
      "2. Put a folder into it: encrypted here, cut into 4 shards of which any 2 restore it, each on another provider.",
    );
    await makeFolder(source);
    await silently(() => put(source, { ...quiet, name: NAME }));
    const session = await openSession({ home });
    const stored = await onlyPackage(session);
    told(`stored: ${stored.slots.map((slot) => `shard ${slot.shard} on ${slot.provider?.slice(0, 8)}`).join(", ")}`);

    output.say("3. Kill the provider of shard 0 outright, and flip one byte on the disk of another.");
    const victim = stored.slots[0]?.provider ?? "";
    const spoiled = stored.slots[1];
    await killProvider(session, home, victim);
    await flipByte(home, spoiled?.deal ?? "");
    told(`killed ${victim.slice(0, 8)}, spoiled shard ${spoiled?.shard} on ${spoiled?.provider?.slice(0, 8)}`);

    output.say("4. Wait for the network to notice by itself: the scrub finds the byte, the audit misses the proofs.");
    await waitForEvent(session, "damage");
    told("the damage was found, named, and is rewritten in place");
    await waitFor(session, (found) =>
      found.slots.some((slot) => slot.provider !== victim && slot.shard === 0 && slot.state === "ACTIVE"),
    );
    await waitFor(session, (found) => found.strength.live === found.strength.full && found.state === "STORED");
    const repaired = await onlyPackage(session);
    told(`shard 0 was rebuilt on ${repaired.slots[0]?.provider?.slice(0, 8)}: full strength again`);

    output.say("5. Get the folder back and compare every byte.");
    const back = join(home, "back");
    await silently(() => get(NAME, back, quiet));
    const [want, have] = await Promise.all([digest(source), digest(back)]);
    if (want !== have)
      throw new CairnError("the folder came back different", {
        code: "demo-differs",
        kind: "corrupt",
        next: "Run `cairn demo` again, and report what it prints.",
      });
    told("identical");
    const seconds = (performance.now() - started) / 1000;
    output.result({ ok: true, seconds: Number(seconds.toFixed(1)), steps });
    output.say(`Done in ${formatDuration(seconds)}. Start your own network with ${startCommand()}.`);
  }
}

/** Homes of demos that were killed outright, and whose network was too. */
async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(/^cairn-demo-(\d+)-/.exec(name)?.[1] ?? 0);
    if (pid === 0 || processIdentity(pid) !== undefined) continue;
    const home = join(tmpdir(), name);
    try {
      // A link would have another folder looked into.
      if (!(await lstat(home)).isDirectory()) continue;
      lockHome(home).release();
      await removeHome(home);
    } catch {
      // Its network is about to end and to remove it, or it is somebody else's.
    }
  }
}

async function whenReady(network: ChildProcess): Promise<void> {
  const lines = createInterface({ input: network.stdout as NodeJS.ReadableStream });
  const deadline = sleep(READY_SECONDS * 1000, "late" as const);
  const ready = new Promise<"ready" | "ended">((resolve) => {
    lines.on("line", (line) => {
      if (line.startsWith("ready ")) resolve("ready");
    });
    network.once("exit", () => resolve("ended"));
  });
  const outcome = await Promise.race([ready, deadline]);
  if (outcome === "ready") return;
  throw new CairnError(
    `the demo network ${outcome === "late" ? `was not ready within ${READY_SECONDS} s` : "ended at once"}`,
    {
      code: "demo-not-started",
      kind: "unavailable",
      next: "Run `cairn doctor`, then try again.",
    },
  );
}

async function stopNetwork(network: ChildProcess): Promise<void> {
  if (network.exitCode !== null || network.signalCode !== null) return;
  const ended = new Promise((resolve) => network.once("exit", resolve));
  network.kill("SIGTERM");
  await ended;
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(join(path, "1888", "été"), { recursive: true });
  await writeFile(join(path, "1888", "to Theo.txt"), "The sunflowers advance.\n");
  await writeFile(join(path, "1888", "été", "empty"), "");
  for (let i = 0; i < 40; i += 1) await writeFile(join(path, `sketch ${i}.raw`), randomBytes(50_000 + i * 1000));
}

/** Run a command of ours without its own output, which a narration has no room for. */
async function silently(run: () => Promise<void>): Promise<void> {
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = (() => true) as typeof process.stdout.write;
  try {
    await run();
  } finally {
    process.stdout.write = write;
  }
}

async function onlyPackage(session: Session): Promise<PackageDetailJson> {
  const [found] = await session.client.packages();
  if (found === undefined) throw new CairnError("the package is gone", { code: "unknown-package", kind: "missing" });
  return session.client.package(found.id);
}

async function waitFor(session: Session, done: (found: PackageDetailJson) => boolean): Promise<void> {
  const deadline = Date.now() + REPAIR_SECONDS * 1000;
  while (Date.now() < deadline) {
    if (done(await onlyPackage(session))) return;
    await sleep(250);
  }
  throw new CairnError(`the network did not repair itself within ${REPAIR_SECONDS} s`, {
    code: "demo-not-repaired",
    kind: "unavailable",
    next: "Run it again when the machine has less to do; it needs two free cores.",
  });
}

async function waitForEvent(session: Session, kind: string): Promise<void> {
  const deadline = Date.now() + REPAIR_SECONDS * 1000;
  while (Date.now() < deadline) {
    const events = await session.client.events(0, 1000);
    if (events.some((event) => event.kind === kind)) return;
    await sleep(250);
  }
  throw new CairnError(`nothing of the kind "${kind}" was noticed within ${REPAIR_SECONDS} s`, {
    code: "demo-not-noticed",
    kind: "unavailable",
    next: "Run it again when the machine has less to do; it needs two free cores.",
  });
}

/** Directory of the local provider with this address: the one that holds a deal of it. */
async function providerDirectories(home: string): Promise<string[]> {
  const { providers } = homeAt(home);
  return (await readdir(providers)).map((name) => join(providers, name));
}

async function killProvider(session: Session, home: string, address: string): Promise<void> {
  const stored = await onlyPackage(session);
  const deal = stored.slots.find((slot) => slot.provider === address)?.deal ?? "";
  const directory = (await shardFile(home, deal)).directory;
  const run = await findRunning(homeAt(home));
  const name = `provider-${directory.split("/").at(-1)}`;
  const child = run.children.find((one) => one.name === name);
  if (child === undefined)
    throw new CairnError(`no process ${name}`, { code: "demo-not-started", kind: "unavailable" });
  process.kill(child.pid, "SIGKILL");
}

async function shardFile(home: string, deal: string): Promise<{ directory: string; file: string }> {
  for (const directory of await providerDirectories(home)) {
    for (const id of [deal, deal.slice(2)]) {
      const file = join(directory, "shards", id, "shard");
      const found = await open(file, "r").catch(() => undefined);
      if (found === undefined) continue;
      await found.close();
      return { directory, file };
    }
  }
  throw new CairnError(`no local provider holds deal ${deal}`, { code: "demo-not-started", kind: "unavailable" });
}

async function flipByte(home: string, deal: string): Promise<void> {
  const { file } = await shardFile(home, deal);
  const handle = await open(file, "r+");
  try {
    const { size } = await handle.stat();
    const at = Math.floor(size / 2);
    const byte = Buffer.alloc(1);
    await handle.read(byte, 0, 1, at);
    byte[0] = (byte[0] ?? 0) ^ 0x01;
    await handle.write(byte, 0, 1, at);
  } finally {
    await handle.close();
  }
}

/** One hash over names, kinds and contents of a tree. */
async function digest(path: string): Promise<string> {
  const hash = createHash("sha256");
  const visit = async (at: string, name: string): Promise<void> => {
    const entries = await readdir(at, { withFileTypes: true });
    hash.update(`dir ${name}\n`);
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.isDirectory()) await visit(join(at, entry.name), `${name}/${entry.name}`);
      else hash.update(`file ${name}/${entry.name}\n`).update(await readFile(join(at, entry.name)));
    }
  };
  await visit(path, "");
  return hash.digest("hex");
}
