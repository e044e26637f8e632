import { stdout } from "node:process";
import type { FarmerEvent, FarmerProgress } from "@cairn/farmer";
import { formatBytes, formatDuration } from "./format.ts";
import type { Output } from "./output.ts";

export interface FarmerView {
  tell(event: FarmerEvent): void;
  /** Show how it is doing, once a second, until `close`. */
  follow(progress: () => FarmerProgress): void;
  close(): void;
}

const REDRAW_MILLISECONDS = 1_000;
const QUIET_SECONDS = 60;

/** On a terminal a line that is kept up to date below what happened; elsewhere a line for what happened, and one a minute. */
export function farmerView(output: Output): FarmerView {
  const terminal = stdout.isTTY === true;
  let timer: NodeJS.Timeout | undefined;
  let drawn = false;
  const erase = () => {
    if (drawn) stdout.write("\r\x1b[K");
    drawn = false;
  };
  const say = (line: string) => {
    erase();
    output.say(line);
  };
  return {
    tell(event) {
      const line = lineOf(event, terminal);
      if (line !== undefined) say(line);
    },
    follow(progress) {
      const draw = () => {
        if (!terminal) return output.say(progressLine(progress()));
        erase();
        stdout.write(progressLine(progress()).slice(0, Math.max(20, (stdout.columns || 80) - 1)));
        drawn = true;
      };
      timer = setInterval(draw, terminal ? REDRAW_MILLISECONDS : QUIET_SECONDS * 1000);
    },
    close() {
      clearInterval(timer);
      erase();
    },
  };
}

function progressLine(progress: FarmerProgress): string {
  const { contracts, bytes, wanted, accepted, missed, nextDue, trouble } = progress;
  const parts = [
    `${contracts} contracts`,
    `${formatBytes(bytes)} of ${formatBytes(wanted)}`,
    `${accepted} accepted`,
    `${missed} missed`,
    ...(nextDue === undefined ? [] : [`next due in ${formatDuration(nextDue)}`]),
    ...(trouble === undefined ? [] : [`waiting: ${trouble}`]),
  ];
  return parts.join(" · ");
}

/** Undefined for what the progress line shows anyway. */
function lineOf(event: FarmerEvent, terminal: boolean): string | undefined {
  switch (event.event) {
    case "ready":
      return `Farmer ${event.farmer} at ${event.node}${event.address === undefined ? "" : ` for ${event.address}`}: ${event.contracts} contracts held (${formatBytes(event.bytes)})`;
    case "contracts":
      return terminal
        ? undefined
        : `${event.added} new contracts (${formatBytes(event.bytes)}): ${event.contracts} now, ${formatBytes(event.total)}`;
    case "answers":
      if (event.refused > 0) return `${event.refused} answers refused, ${event.accepted} accepted`;
      return terminal ? undefined : `${event.accepted} answers accepted`;
    case "dropped":
      return `Contract ${event.hash} ended: ${event.reason}`;
    case "restored":
      return `Chunk ${event.hash} was made again: ${event.reason}`;
    case "waiting":
      return terminal && event.seconds > 0
        ? undefined
        : `${event.reason}${event.seconds > 0 ? `; trying again in ${formatDuration(event.seconds)}` : ""}`;
    case "token":
      if (event.reason === "lost") return `The node does not know the token of farmer ${event.farmer} any more`;
      return event.reason === "new"
        ? `Registered as farmer ${event.farmer}`
        : `The token was replaced; farmer ${event.farmer} now`;
  }
}
