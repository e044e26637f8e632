import { setTimeout as sleep } from "node:timers/promises";
import type { EventJson } from "@cairn/client";
import { printableJson } from "@cairn/core/printable";
import { type CommonOptions, openSession } from "./session.ts";

export interface EventOptions extends CommonOptions {
  follow?: boolean;
  last?: number;
}

const POLL_MILLISECONDS = 500;

/** What happened, oldest first; with --follow, as it happens. */
export async function events(options: EventOptions): Promise<void> {
  const { client, output } = await openSession(options);
  const show = (event: EventJson) => {
    if (output.json) process.stdout.write(`${printableJson(event)}\n`);
    else output.say(lineOf(event));
  };
  const newest = await client.events(undefined, options.last ?? 50);
  newest.reverse().forEach(show);
  let after = newest.at(-1)?.id ?? 0;
  while (options.follow) {
    const found = await client.events(after, 500);
    for (const event of found) {
      show(event);
      after = event.id;
    }
    if (found.length === 0) await sleep(POLL_MILLISECONDS);
  }
}

const MARK: Record<string, string> = { info: " ", warning: "!", error: "✗" };

function lineOf(event: EventJson): string {
  const at = new Date(event.at * 1000).toISOString().slice(11, 19);
  return `${at} ${MARK[event.severity] ?? " "} ${event.message}${event.next === null ? "" : ` → ${event.next}`}`;
}
