import { CairnError } from "@cairn/protocol/errors";

/** Levels of pino, the most talkative first. */
const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

/** How much a process says in its log: CAIRN_LOG, else `info`. @throws CairnError `bad-settings` */
export function logLevel(environment: NodeJS.ProcessEnv = process.env): string {
  const level = environment.CAIRN_LOG?.trim() || "info";
  if (LEVELS.includes(level)) return level;
  throw new CairnError(`CAIRN_LOG is "${level}", which is no level of the log`, {
    code: "bad-settings",
    kind: "input",
    next: `Set it to one of ${LEVELS.join(", ")}, or unset it.`,
  });
}
