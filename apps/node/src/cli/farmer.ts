import { join, resolve } from "node:path";
import { printableJson } from "@cairn/core/printable";
import { type FarmerEvent, readIdentity, runFarmer } from "@cairn/farmer";
import { findDownstream } from "../downstream/run-file.ts";
import { homeAt } from "../home/home.ts";
import { stopSignal } from "../supervise/stop-signal.ts";
import { farmerView } from "./farmer-view.ts";
import { createOutput } from "./output.ts";
import { parseSize } from "./parse-size.ts";
import type { CommonOptions } from "./session.ts";

export interface FarmerCommandOptions extends CommonOptions {
  node?: string;
  address?: string;
  identity?: string;
  key?: string;
  size?: string;
  path?: string;
  tokenFile?: string;
  rotateToken?: boolean;
  moved?: boolean;
}

const DEFAULT_SIZE = "33554432";

/** Earn with free space at a downstream node until told to stop. */
export async function farmer(url: string | undefined, options: FarmerCommandOptions): Promise<void> {
  const home = homeAt(options.home);
  const node = url ?? options.node ?? (await findDownstream(home)).url;
  const size = Number(parseSize(options.size ?? DEFAULT_SIZE));
  const identity = await readIdentity({ address: options.address, identities: options.identity, key: options.key });
  const output = createOutput(options);
  const view = output.json ? jsonLines() : farmerView(output);
  const stopped = stopSignal();
  const starting = runFarmer({
    node,
    identity,
    size,
    directory: resolve(options.path ?? join(home.directory, "farmer")),
    tokenFile: options.tokenFile === undefined ? undefined : resolve(options.tokenFile),
    rotateToken: options.rotateToken,
    moved: options.moved,
    tell: (event) => view.tell(event),
  });
  const running = await Promise.race([starting, stopped.then(() => undefined)]);
  if (running === undefined) {
    // It was still waiting for its node; what it holds lies on the disk.
    process.exit(0);
  }
  view.follow(() => running.progress());
  try {
    await Promise.race([stopped, running.ended]);
  } finally {
    view.close();
  }
  await running.stop();
  const { contracts, bytes, accepted, missed } = running.progress();
  if (output.json) process.stdout.write(`${printableJson({ event: "stopped", contracts, bytes, accepted, missed })}\n`);
  else output.say(`Stopped with ${contracts} contracts; start again before their windows end and they go on.`);
  process.exit(0);
}

/** One JSON object a line, with the time it happened. */
function jsonLines() {
  return {
    tell: (event: FarmerEvent) =>
      void process.stdout.write(`${printableJson({ at: new Date().toISOString(), ...event })}\n`),
    follow: () => undefined,
    close: () => undefined,
  };
}
