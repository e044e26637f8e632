/** The flood as a process: takes FloodOptions as its first message, `stop` as its second; sends its report and ends. Also ends with its parent. */
import { type FloodOptions, flood } from "./flood.ts";

const stopping = new AbortController();
process.once("disconnect", () => process.exit(0));
process.on("message", (message) => {
  if (message === "stop") {
    stopping.abort();
    return;
  }
  void flood(message as FloodOptions, stopping.signal).then((report) => {
    process.send?.(report, undefined, undefined, () => process.exit(0));
  });
});
