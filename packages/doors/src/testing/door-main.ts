import type { Door } from "../door.ts";
import { hostDoor } from "./host-door.ts";

/**
 * A door as a process: `door-main.ts MODULE NAME CONFIG`, where MODULE exports the door under NAME and CONFIG is the JSON of `HostOptions`. Prints its
 * URL, stops it on SIGTERM, and then ends when nothing keeps it running.
 */
const [, , module = "", name = "", config = ""] = process.argv;
const { [name]: door } = (await import(module)) as Record<string, Door>;
if (door === undefined) throw new Error(`${module} exports no ${name}`);
const host = await hostDoor(door, JSON.parse(config));
process.once("SIGTERM", () => {
  void host.stop().then(() => process.stdin.destroy());
});
process.stdin.resume().on("end", () => process.exit(1));
process.stdout.write(`${host.url}\n`);
