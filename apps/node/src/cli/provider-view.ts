import { Writable } from "node:stream";
import type { Output } from "./output.ts";

/** Told again only after so long: a period's refusals come every minute. */
const REPEAT_MILLISECONDS = 3_600_000;
const MOST_REMEMBERED = 1000;
const WARNING = 40;
const MARKS: readonly [number, string][] = [
  [50, "✗"],
  [WARNING, "!"],
];

/** A provider's log as lines for people: time, what happened, and with which deal; the same line at most once an hour, but every end of an outage. */
export function providerView(output: Pick<Output, "say">): Writable {
  const told = new Map<string, number>();
  return new Writable({
    write(chunk, _encoding, done) {
      for (const text of String(chunk).split("\n")) if (text !== "") tell(JSON.parse(text));
      done();
    },
  });

  function tell(entry: Record<string, unknown>): void {
    const line = wordsOf(entry);
    const at = Number(entry.time);
    // What is told of a gateway's absence is told anew of the next one, and so is its end.
    if (entry.msg === "connected") {
      for (const earlier of told.keys()) if (earlier.endsWith(`(${String(entry.gateway)})`)) told.delete(earlier);
    }
    const before = told.get(line);
    if (before !== undefined && at - before < REPEAT_MILLISECONDS) return;
    if (told.size >= MOST_REMEMBERED) told.clear();
    told.set(line, at);
    const mark = MARKS.find(([level]) => Number(entry.level) >= level)?.[1] ?? " ";
    output.say(`${new Date(at).toISOString().slice(11, 19)} ${mark} ${line}`);
  }
}

function wordsOf({ msg, deal, gateway, reason, err }: Record<string, unknown>): string {
  const why = reason ?? (err as { message?: unknown } | undefined)?.message;
  const about = [
    ...(typeof deal === "string" ? [`deal ${deal.slice(0, 10)}`] : []),
    ...(typeof gateway === "string" ? [gateway] : []),
  ].join(", ");
  return `${String(msg)}${why === undefined ? "" : `: ${String(why)}`}${about === "" ? "" : ` (${about})`}`;
}
