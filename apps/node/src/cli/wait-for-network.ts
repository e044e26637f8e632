import { setTimeout as sleep } from "node:timers/promises";
import type { CairnError } from "@cairn/core";
import { processIdentity } from "@cairn/process";
import type { RunFile } from "../home/run-file.ts";
import type { Output } from "./output.ts";

/** A gateway, chain or database that was killed is back within seconds; the supervisor's longest pause is ten. */
const PATIENCE_SECONDS = 60;
/** Failures further apart than this belong to two outages. */
const APART_SECONDS = 15;
const PAUSE_MILLISECONDS = 400;

/**
 * How commands meet a part of the network that is being started again: they wait, and say so once for each outage. The error is thrown at once when
 * `cairn up` itself does not run any more, and after a minute in any case.
 */
export function waitForNetwork(run: RunFile, output: Output): (error: CairnError) => Promise<void> {
  let since = 0;
  let last = 0;
  return async (error) => {
    if (processIdentity(run.pid) === undefined) throw error;
    const now = performance.now();
    if (last === 0 || now - last > APART_SECONDS * 1000) {
      since = now;
      output.say(`Waiting for the network to come back: ${error.message}`);
    }
    if (now - since > PATIENCE_SECONDS * 1000) throw error;
    last = now;
    await sleep(PAUSE_MILLISECONDS);
  };
}
