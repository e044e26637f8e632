// A supervisor to be killed: runs a database and children of several tempers in the home given, and prints their ids.
import { join } from "node:path";
import { lockHome } from "../../src/supervise/lock-home.ts";
import { postgresUnit } from "../../src/supervise/postgres-unit.ts";
import { processUnit } from "../../src/supervise/process-unit.ts";
import { superviseChildren } from "../../src/supervise/supervise-children.ts";

const home = process.argv[2] ?? "";
lockHome(home);
const supervisor = await superviseChildren({ record: join(home, "children.json") });
const child = (name: string, ...args: string[]) =>
  processUnit({ name, restart: true, module: join(import.meta.dirname, "child.ts"), args, logs: join(home, "logs") });
await supervisor.start(postgresUnit({ directory: join(home, "postgres") }));
await supervisor.start(child("plain"), child("stubborn", "stubborn"));
process.on("SIGTERM", () => void supervisor.stop().then(() => process.exit(0)));
process.stdout.write(`${JSON.stringify(supervisor.units())}\n`);
