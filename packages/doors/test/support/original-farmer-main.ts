/**
 * The original farmer's behaviour as a program against a running node, in real time:
 *
 *     node packages/doors/test/support/original-farmer-main.ts URL --address 1... [--seconds N] [--size BYTES] [--token T]
 *          [--message TEXT --signature BASE64]
 *
 * JSON lines on standard output; ends with 1 when a contract was lost (one whose challenges ran out is not) or the farmer died.
 */
import { parseArgs } from "node:util";
import { realClock } from "./farmer-clock.ts";
import { type FarmerEvent, OriginalFarmer } from "./original-farmer.ts";

const SUMMARY_SECONDS = 60;
const OUT_OF_CHALLENGES = "no more challenges";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    address: { type: "string" },
    seconds: { type: "string", default: "3600" },
    size: { type: "string", default: "1048576" },
    token: { type: "string" },
    message: { type: "string" },
    signature: { type: "string" },
  },
});
const [url] = positionals;
const { address, token, message, signature } = values;
if (url === undefined || address === undefined) {
  process.stderr.write("usage: original-farmer-main.ts URL --address ADDRESS [--seconds N] [--size BYTES]\n");
  process.exit(2);
}

const print = (line: object) => process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), ...line })}\n`);
let ranOut = 0;
const onEvent = (event: FarmerEvent) => {
  if (event.event === "lost" && event.reason.endsWith(OUT_OF_CHALLENGES)) ranOut += 1;
  print(event);
};
const farmer = new OriginalFarmer({
  url,
  clock: realClock,
  address,
  size: Number(values.size),
  onEvent,
  ...(token === undefined ? {} : { token }),
  ...(message === undefined || signature === undefined ? {} : { identity: { message, signature } }),
});
const summary = (event: string) => {
  const { accepted, lost, most, contracts, died } = farmer;
  print({ event, accepted, contracts, most, lost: lost - ranOut, ranOut, ...(died === undefined ? {} : { died }) });
};

await farmer.connect();
const every = setInterval(() => summary("running"), SUMMARY_SECONDS * 1000);
const told = new Promise<void>((resolve) => {
  setTimeout(resolve, Number(values.seconds) * 1000);
  process.once("SIGINT", resolve).once("SIGTERM", resolve);
});
await Promise.race([farmer.run(), told]);
clearInterval(every);
summary("end");
// As the original: its threads end with the program, wherever they are.
process.exit(farmer.lost > ranOut || farmer.died !== undefined ? 1 : 0);
