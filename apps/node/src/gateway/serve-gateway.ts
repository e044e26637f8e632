import { readFile } from "node:fs/promises";
import { collectBuffers, exitWithParent } from "@cairn/process";
import { asCairnError } from "@cairn/protocol";
import { openGateway } from "./open-gateway.ts";

/** The gateway as a process: `gateway-main.ts CONFIG.json`. Prints one line of JSON when it serves; ends on SIGTERM and with its parent. */
const STOP_MILLISECONDS = 3_000;

exitWithParent(STOP_MILLISECONDS);
collectBuffers();
try {
  const gateway = await openGateway(JSON.parse(await readFile(process.argv[2] ?? "", "utf8")));
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(0), STOP_MILLISECONDS).unref();
    void gateway.stop().finally(() => process.exit(0));
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  process.stdout.write(`${JSON.stringify({ ready: true, url: gateway.url })}\n`);
} catch (error) {
  process.stderr.write(`${JSON.stringify({ error: asCairnError(error).toJSON(), stack: (error as Error).stack })}\n`);
  process.exit(1);
}
