/**
 * The whole product as `cairn up --profile local` runs it: `put` of one large file beside what the disk takes for the bytes that must be
 * written, `get` of it beside plain writes, both for 20,000 files of 4 KiB, and the largest memory of every process.
 * CAIRN_BENCH_GIB sets the size of the large file: 3 unless told.
 */

import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { startNetwork, type TestNetwork } from "../apps/node/test/support/network.ts";
import { fingerprint } from "../apps/node/test/support/trees.ts";
import { writeSeconds } from "./lib/disk.ts";
import { judge, report } from "./lib/measure.ts";
import { ProcessWatch, withDescendants } from "./lib/processes.ts";
import { runCommand, type Timed } from "./lib/run-command.ts";
import { makeLargeFile, makeSmallFiles } from "./lib/trees.ts";

const GIB = 1_073_741_824;
const SMALL_FILES = 20_000;
const GATEWAY_MIB = 300;
/** Lines of `put` that end a stage, and what was done until then. */
const STAGES: [begins: RegExp, stage: string][] = [
  [/computing commitments$/, "encrypt and upload"],
  [/^Quote:/, "commit and quote"],
  [/^Handing over/, "sign"],
  [/^Stored /, "hand over and prove"],
];

const say = (text: string) => process.stdout.write(`${text}\n`);
const load = () => `load ${loadavg()[0]!.toFixed(1)}`;
const largeBytes = Number(process.env.CAIRN_BENCH_GIB ?? 3) * GIB;

function stagesOf({ lines }: Timed): string {
  let before = 0;
  const stages: string[] = [];
  for (const [pattern, stage] of STAGES) {
    const line = lines.find(({ text }) => pattern.test(text));
    if (!line) continue;
    stages.push(`${stage} ${(line.at - before).toFixed(1)} s`);
    before = line.at;
  }
  return stages.join(", ");
}

/** Bytes of all pieces of the newest package, and of its shards. */
async function sizesOf(network: TestNetwork): Promise<{ pieces: number; shards: number }> {
  const client = await network.client();
  const [newest] = (await client.packages()).toSorted((a, b) => b.createdAt - a.createdAt);
  const { pieceList, k, n } = await client.package(newest!.id);
  const pieces = pieceList.reduce((sum, piece) => sum + piece.length, 0);
  return { pieces, shards: (pieces * n) / k };
}

function childrenOf(network: TestNetwork): { name: string; pid: number }[] {
  const children = JSON.parse(readFileSync(join(network.home, "children.json"), "utf8")) as {
    name: string;
    pid: number;
  }[];
  return [
    { name: "supervisor", pid: network.process.pid ?? 0 },
    ...children.flatMap(({ name, pid }) =>
      withDescendants(pid).map((one) => ({ name: one === pid ? name : `${name}, its own`, pid: one })),
    ),
  ];
}

function sayWhether(identical: boolean): void {
  say(`what came back is ${identical ? "identical" : "NOT identical"}`);
  if (!identical) process.exitCode = 1;
}

async function putLarge(network: TestNetwork, source: string, watch: ProcessWatch): Promise<void> {
  const spent = () => watch.report().reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
  const before = spent();
  const put = await runCommand(["put", source, "--home", network.home]);
  const processor = spent() - before + put.use.cpuSeconds;
  say(`stages of put: ${stagesOf(put)}; ${load()}`);
  const { pieces, shards } = await sizesOf(network);
  const disk = await writeSeconds(pieces + shards);
  const rate = (seconds: number) => (pieces + shards) / 1e6 / seconds;
  report(
    `put of ${largeBytes / GIB} GiB: ${(largeBytes / 1e6 / put.seconds).toFixed(0)} MB/s of file; bytes written`,
    rate(put.seconds),
    "MB/s",
    "the disk, plain writes, synced",
    rate(disk),
  );
  judge("put ÷ the disk", rate(put.seconds) / rate(disk), 0.45);
  report(
    "processor seconds of all processes during put",
    processor,
    "s",
    "of those that two cores had meanwhile",
    2 * put.seconds,
  );
  say(
    `bound by the processor: two free cores would take ${(processor / 2).toFixed(1)} s, ${rate(processor / 2).toFixed(0)} MB/s written`,
  );
  say(
    `processor seconds of put's own process: ${put.use.cpuSeconds.toFixed(1)}; peak ${put.use.peakMiB.toFixed(0)} MiB`,
  );
}

async function getLarge(network: TestNetwork, directory: string): Promise<void> {
  const get = await runCommand(["get", "large", join(directory, "large-back"), "--home", network.home]);
  const disk = await writeSeconds(largeBytes);
  const what = `get of ${largeBytes / GIB} GiB`;
  report(what, largeBytes / 1e6 / get.seconds, "MB/s", "the disk, plain writes, synced", largeBytes / 1e6 / disk);
  say(
    `processor seconds of get's own process: ${get.use.cpuSeconds.toFixed(1)}; peak ${get.use.peakMiB.toFixed(0)} MiB`,
  );
}

/** Ten files of 100 kB until they are STORED, three times: what it costs however little is stored. */
async function putTen(network: TestNetwork, directory: string): Promise<void> {
  for (let turn = 0; turn < 3; turn++) {
    const source = join(directory, `ten-${turn}`);
    await mkdir(source);
    for (let i = 0; i < 10; i++) await writeFile(join(source, `${i}`), randomBytes(100_000));
    const put = await runCommand(["put", source, "--home", network.home]);
    say(`ten files of 100 kB: ${put.seconds.toFixed(1)} s; ${stagesOf(put)}; ${load()}`);
    judge("3 s ÷ put of ten files of 100 kB", 3 / put.seconds, 1);
  }
}

async function roundTripSmall(network: TestNetwork, directory: string): Promise<void> {
  const source = join(directory, "small");
  await makeSmallFiles(source, SMALL_FILES);
  const put = await runCommand(["put", source, "--home", network.home]);
  say(`stages of put: ${stagesOf(put)}; ${load()}`);
  const upload = put.lines.find(({ text }) => /computing commitments$/.test(text))?.at ?? put.seconds;
  report(`${SMALL_FILES} × 4 KiB: put`, SMALL_FILES / put.seconds, "files/s", "until uploaded", SMALL_FILES / upload);
  judge("files/s of 4 KiB, encrypted and uploaded", SMALL_FILES / upload, 2000);
  const back = join(directory, "small-back");
  const get = await runCommand(["get", "small", back, "--home", network.home]);
  report(`${SMALL_FILES} × 4 KiB: get`, SMALL_FILES / get.seconds, "files/s", "put", SMALL_FILES / put.seconds);
  sayWhether((await fingerprint(source)) === (await fingerprint(back)));
}

const directory = await mkdtemp(join(tmpdir(), "cairn-bench-put-"));
let network: TestNetwork | undefined;
let watch: ProcessWatch | undefined;
try {
  const source = join(directory, "large");
  await makeLargeFile(source, largeBytes);
  network = await startNetwork({ profile: "local" });
  const running = network;
  await putTen(network, directory);
  const watching = new ProcessWatch(() => childrenOf(running));
  watch = watching;
  await mkdir(join(directory, "back"), { recursive: true });
  const sayGateway = (when: string) => {
    const peak = watching.report().find(({ name }) => name === "gateway")?.peakMiB ?? 0;
    say(`peak memory of the gateway until ${when}: ${peak.toFixed(0)} MiB`);
  };
  sayGateway("it was ready");
  await putLarge(network, source, watching);
  sayGateway("the large file was stored");
  await getLarge(network, directory);
  sayGateway("it was back");
  sayWhether(spawnSync("cmp", [source, join(directory, "large-back")]).status === 0);
  await rm(join(directory, "large-back"));
  await roundTripSmall(network, directory);
  for (const { name, peakMiB, cpuSeconds } of watching.report()) {
    say(`peak memory of ${name}: ${peakMiB.toFixed(0)} MiB; processor ${cpuSeconds.toFixed(1)} s`);
    if (name === "gateway") judge(`${GATEWAY_MIB} MiB ÷ the gateway's peak memory`, GATEWAY_MIB / peakMiB, 1);
  }
} finally {
  watch?.stop();
  await network?.stop();
  await rm(directory, { recursive: true, force: true });
}
