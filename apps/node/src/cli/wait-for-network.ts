import { setTimeout as sleep } from "node:timers/promises";
import { processIdentity } from "@cairn/process/process-identity";
import type { CairnError } from "@cairn/protocol";
import type { FoundGateway } from "../home/find-gateway.ts";
import type { Output } from "./output.ts";

/** For one request. A gateway, chain or database that was killed is back within seconds; the supervisor's longest pause is five. */
const PATIENCE_SECONDS = 60;
/** When the gateway is there, but not enough providers, or a transfer breaks at one byte: these may stay so. */
const SHORT_PATIENCE_SECONDS = 20;
const UNCERTAIN = ["too-few-shards", "connection-lost"];
/** Failures further apart than this are told as two outages. */
const APART_SECONDS = 15;
const PAUSE_MILLISECONDS = 400;

/**
 * How commands meet a part of the network that is being started again: they wait, and say so once for each outage. The error is thrown at
 * once when `cairn up` itself does not run any more, and when a request has waited a minute in any case.
 */
export function waitForNetwork(
  { pid }: Pick<FoundGateway, "pid">,
  output: Output,
): (error: CairnError, waited: number) => Promise<void> {
  let last = Number.NEGATIVE_INFINITY;
  return async (error, waited) => {
    const patience = UNCERTAIN.includes(error.code) ? SHORT_PATIENCE_SECONDS : PATIENCE_SECONDS;
    if ((pid !== undefined && processIdentity(pid) === undefined) || waited > patience) throw error;
    if (performance.now() - last > APART_SECONDS * 1000) {
      output.say(`Waiting for the network to come back: ${error.message}`);
    }
    last = performance.now();
    await sleep(PAUSE_MILLISECONDS);
  };
}
