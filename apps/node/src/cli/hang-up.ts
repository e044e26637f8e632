/** Whether this program goes on when its terminal hangs up: `nohup` started it, by the word of bin/hang-up.mjs. */
const survives = process.env.CAIRN_NOHUP === "1";

/** The signals that end a program in order. */
export const END_SIGNALS: readonly NodeJS.Signals[] = survives
  ? ["SIGINT", "SIGTERM"]
  : ["SIGINT", "SIGTERM", "SIGHUP"];

/** Node sets SIGHUP back to its default when it starts: without a listener it would end us all the same. */
export function keepThroughHangUp(): void {
  if (survives) process.on("SIGHUP", () => undefined);
}
