// A child as a test wants it: says that it is ready, then does what its arguments name.
import { exitWithParent } from "@cairn/process";

const wishes = new Set(process.argv.slice(2));
exitWithParent(1_000);
if (wishes.has("stubborn")) process.on("SIGTERM", () => process.stdout.write("no\n"));
else {
  process.on("SIGTERM", () => {
    process.stdout.write("stopping in order\n");
    setTimeout(() => process.exit(0), 20);
  });
}
if (wishes.has("dies-first")) {
  process.stderr.write("cannot find my socks\n");
  process.exit(3);
}
if (wishes.has("hangs")) for (;;);
process.stdin.setEncoding("utf8").on("data", (text) => process.stdout.write(`heard ${text}\n`));
process.stdout.write(`{"ready": false}\n{"ready": true, "port": 1234, "pid": ${process.pid}}\n`);
if (wishes.has("chatty")) setInterval(() => process.stdout.write(`${"word ".repeat(200)}\n`), 1);
setInterval(() => undefined, 60_000);
