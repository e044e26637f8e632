import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type DownstreamFile, parseDownstreamFile } from "@cairn/doors/downstream";
import { calledAs } from "../cli/as-called.ts";
import { type Home, homeAt, makeDirectory, writeWhole } from "../home/home.ts";
import { lockHome } from "../supervise/lock-home.ts";
import { processUnit } from "../supervise/process-unit.ts";
import { stopSignal } from "../supervise/stop-signal.ts";
import { type Supervisor, superviseChildren } from "../supervise/supervise-children.ts";
import { tellProgress, tellRestarts, tellSilent } from "../supervise/tell-restarts.ts";
import { gatewayHost } from "../up/environment.ts";
import { openGatewayDatabase } from "../up/open-databases.ts";
import { requireFreePort } from "../up/settings.ts";
import type { DownstreamConfig } from "./run-downstream.ts";
import { removeDownstreamRunFile, writeDownstreamRunFile } from "./run-file.ts";
import { downstreamDirectory, readDownstreamFile } from "./settings-file.ts";

export interface ServeOptions {
  home?: string;
  json?: boolean;
  /** From the command line, over the settings file. */
  flags: DownstreamFile;
}

/** The port of the original's own server. */
const DEFAULT_PORT = 5000;
const DOWNSTREAM_MAIN = fileURLToPath(new URL("./downstream-main.ts", import.meta.url));
/** Milliseconds. Farmers miss windows while the node is away. */
const RESTART_PAUSES = { first: 200, longest: 5_000, steady: 10_000 };

/** A standalone verification node: PostgreSQL (unless DATABASE_URL names one) and the door, until SIGTERM. */
export async function serveDownstream(options: ServeOptions): Promise<void> {
  const home = homeAt(options.home);
  const flags = parseDownstreamFile(options.flags, "the command line");
  const file = { ...(await readDownstreamFile(home)), ...flags };
  const lock = lockHome(home.directory);
  const stop = stopSignal();
  let supervisor: Supervisor | undefined;
  try {
    await removeDownstreamRunFile(home);
    const port = file.port ?? DEFAULT_PORT;
    const host = file.host ?? gatewayHost();
    await requireFreePort(port, host);
    await makeDirectory(home.logs);
    supervisor = await superviseChildren({
      record: join(home.directory, "children.json"),
      onEvent: tellRestarts(home),
      pauses: RESTART_PAUSES,
    });
    const url = await Promise.race([startNode(supervisor, home, flags, host, port), stop.then(() => undefined)]);
    if (url === undefined) return;
    process.stdout.write(
      options.json
        ? `${JSON.stringify({ ready: true, url, home: home.directory, pid: process.pid })}\n`
        : `ready ${url}\n${welcome(url, home)}`,
    );
    await stop;
  } finally {
    await supervisor?.stop();
    await removeDownstreamRunFile(home);
    lock.release();
  }
}

async function startNode(
  supervisor: Supervisor,
  home: Home,
  flags: DownstreamFile,
  host: string,
  port: number,
): Promise<string> {
  const config: DownstreamConfig = {
    home: home.directory,
    database: await openGatewayDatabase(supervisor, home),
    host,
    port,
    settings: flags,
  };
  const path = join(downstreamDirectory(home), "config.json");
  await writeWhole(path, JSON.stringify(config));
  const [ready] = await supervisor.start(
    processUnit({
      name: "downstream",
      restart: true,
      module: DOWNSTREAM_MAIN,
      args: [path],
      logs: home.logs,
      onProgress: tellProgress,
      onSilent: tellSilent(),
    }),
  );
  const url = String(ready?.url);
  // Where it was told to take any free port it keeps that one, so that farmers find it after a restart.
  if (port === 0) await writeWhole(path, JSON.stringify({ ...config, port: Number(new URL(url).port) }));
  await writeDownstreamRunFile(home, { url, pid: process.pid, startedAt: Math.floor(Date.now() / 1000) });
  return url;
}

function welcome(url: string, home: Home): string {
  return [
    "",
    `A downstream node is running, home ${home.directory}`,
    "",
    `  look        ${url}/downstream`,
    `  farm        ${calledAs()} farmer ${url} --key FILE`,
    "  stop        Ctrl-C",
    "",
  ].join("\n");
}
