import { setTimeout as sleep } from "node:timers/promises";
import {
  ChunkPool,
  countFree,
  type DownstreamSettings,
  openBeats,
  parseDownstreamFile,
  planPool,
} from "@cairn/doors/downstream";
import { machineRandom } from "@cairn/process";
import { pino } from "pino";
import { changeDownstreamFile, downstreamDirectory } from "../downstream/settings-file.ts";
import { type DownstreamTables, withDownstreamDatabase } from "../downstream/with-database.ts";
import { type Home, homeAt } from "../home/home.ts";
import { counted, formatBytes } from "./format.ts";
import { interruptible, untilInterrupted } from "./interruptible.ts";
import { createOutput } from "./output.ts";
import { parseSize } from "./parse-size.ts";
import { type Progress, withProgress } from "./progress.ts";
import type { CommonOptions } from "./session.ts";

const LOOK_MILLISECONDS = 500;

/** Keep chunks prepared from now on, and wait until they are: a running node makes them, or this command where none runs. */
export async function maintain(
  sizes: { min: string; max: string; total: string; base: number },
  options: CommonOptions,
): Promise<void> {
  const home = homeAt(options.home);
  const size = (text: string) => Number(parseSize(text));
  const pool = { min: size(sizes.min), max: size(sizes.max), total: size(sizes.total), base: sizes.base };
  parseDownstreamFile({ pool }, "the command line");
  const plan = planPool(pool);
  await changeDownstreamFile(home, { pool });
  const output = createOutput(options);
  await interruptible((signal) =>
    withProgress(output, "Preparing chunks", "bytes", (bar) =>
      withDownstreamDatabase(home, (tables) =>
        tables.running ? watch(tables, plan, bar, signal) : fill(home, tables, pool, plan, bar, signal),
      ),
    ),
  );
  const count = [...plan.values()].reduce((sum, chunks) => sum + chunks, 0);
  output.result({ pool, chunks: count, bytes: bytesOf(plan) });
  output.say(`Prepared and kept so: ${counted(count, "chunk")} (${formatBytes(bytesOf(plan))}).`);
}

const bytesOf = (chunks: ReadonlyMap<number, number>): number =>
  [...chunks].reduce((sum, [size, count]) => sum + size * count, 0);

/** Bytes of what the plan asks for that are there. */
async function bytesReady({ pool, settings }: DownstreamTables, plan: ReadonlyMap<number, number>): Promise<number> {
  const { fresh } = await countFree(pool, settings.scheme);
  return bytesOf(new Map([...plan].map(([size, count]) => [size, Math.min(count, fresh.get(size) ?? 0)])));
}

async function watch(
  tables: DownstreamTables,
  plan: ReadonlyMap<number, number>,
  bar: Progress,
  signal: AbortSignal,
): Promise<void> {
  const total = bytesOf(plan);
  for (;;) {
    const ready = await bytesReady(tables, plan);
    bar.update(ready, total);
    if (ready >= total) return;
    await untilInterrupted(signal, sleep(LOOK_MILLISECONDS));
  }
}

async function fill(
  home: Home,
  tables: DownstreamTables,
  pool: DownstreamSettings["pool"],
  plan: ReadonlyMap<number, number>,
  bar: Progress,
  signal: AbortSignal,
): Promise<void> {
  const chunks = new ChunkPool({
    pool: tables.pool,
    settings: { ...tables.settings, pool },
    beats: await openBeats(downstreamDirectory(home), machineRandom),
    now: () => Date.now() / 1000,
    random: (length) => machineRandom.bytes(length),
    log: pino({ level: "silent" }),
  });
  const total = bytesOf(plan);
  let ready = await bytesReady(tables, plan);
  bar.update(ready, total);
  try {
    await untilInterrupted(
      signal,
      chunks.fill(({ size }) => {
        ready += size;
        bar.update(Math.min(ready, total), total);
      }),
    );
  } finally {
    await chunks.stop();
  }
}
