// What replace-process.test.ts runs: prints its arguments, and ends as they say.
import { exitWithParent } from "@cairn/process";

exitWithParent(500);
const [wish = "", ...rest] = process.argv.slice(2);
process.on("SIGTERM", () => process.exit(7));
process.stdout.write(
  `${JSON.stringify({ pid: process.pid, parent: process.ppid, survives: process.env.CAIRN_NOHUP, rest })}\n`,
);
if (wish === "exit") process.exit(5);
if (wish === "crash") process.kill(process.pid, "SIGKILL");
setInterval(() => undefined, 60_000);
