// Starts a server on the directory given, says so in a line of JSON, and stops it when its input ends.
import { once } from "node:events";
import { asCairnError } from "@cairn/protocol/errors";
import { openDatabase, startPostgres } from "../src/index.ts";

try {
  const server = await startPostgres({ directory: process.argv[2] ?? "" });
  const open = await openDatabase(server.connect("postgres"));
  await open.close();
  process.stdout.write(`${JSON.stringify({ pid: server.pid, uid: process.getuid?.() })}\n`);
  process.stdin.resume();
  await once(process.stdin, "end");
  await server.stop();
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: asCairnError(error).toJSON() })}\n`);
  process.exitCode = 1;
}
