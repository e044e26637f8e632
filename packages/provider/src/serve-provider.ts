import { readFile } from "node:fs/promises";
import { exitWithParent } from "@cairn/process";
import { logLevel } from "@cairn/process/log-level";
import { asCairnError } from "@cairn/protocol/errors";
import pino from "pino";
import { boundBulkMemory } from "./files/bulk-memory.ts";
import { badOption } from "./options.ts";
import { optionsFromJson } from "./options-from-json.ts";
import { runProvider } from "./run-provider.ts";

/** `node main.ts CONFIG.json`, or the JSON itself in CAIRN_PROVIDER_CONFIG; the passphrase only in CAIRN_PROVIDER_PASSPHRASE. */
async function serveProvider(): Promise<void> {
  exitWithParent();
  boundBulkMemory();
  const [path] = process.argv.slice(2);
  const text = path === undefined ? process.env.CAIRN_PROVIDER_CONFIG : await readFile(path, "utf8");
  if (text === undefined) throw badOption("config", "a file named as argument, or JSON in CAIRN_PROVIDER_CONFIG");
  const passphrase = process.env.CAIRN_PROVIDER_PASSPHRASE;
  delete process.env.CAIRN_PROVIDER_PASSPHRASE;
  const log = pino({ name: "provider", level: logLevel() });
  const options = { ...optionsFromJson(JSON.parse(text)), log };
  const provider = await runProvider(passphrase === undefined ? options : { ...options, passphrase });
  const stop = () => {
    provider.stop().then(
      () => process.exit(0),
      (error) => {
        log.error({ err: error }, "did not stop in order");
        process.exit(1);
      },
    );
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  await provider.online;
  const { provider: address, endpoint } = provider;
  process.stdout.write(`${JSON.stringify({ ready: true, provider: address, endpoint })}\n`);
}

serveProvider().catch((error) => {
  const { code, message, next } = asCairnError(error);
  process.stderr.write(`cairn provider: ${message} (${code})${next === undefined ? "" : `\n${next}`}\n`);
  process.exit(1);
});
