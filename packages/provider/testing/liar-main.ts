import { readFile } from "node:fs/promises";
import { exitWithParent } from "@cairn/process";
import pino from "pino";
import { optionsFromJson } from "../src/options-from-json.ts";
import { runProvider } from "../src/run-provider.ts";
import { LIARS } from "./liars.ts";

/** `node liar-main.ts NAME CONFIG.json`: a provider process that misbehaves in the way that NAME says. */
exitWithParent();
const [name = "", path = ""] = process.argv.slice(2);
const liar = LIARS[name];
if (liar === undefined) throw new Error(`no liar ${name}; there are ${Object.keys(LIARS).join(", ")}`);
const log = pino({ name: `provider-${name}`, level: process.env.CAIRN_LOG ?? "info" });
const options = optionsFromJson(JSON.parse(await readFile(path, "utf8")));
const provider = await runProvider({ ...options, log, alter: liar });
const stop = () => void provider.stop().finally(() => process.exit(0));
process.once("SIGTERM", stop);
process.once("SIGINT", stop);
await provider.online;
process.stdout.write(`${JSON.stringify({ ready: true, provider: provider.provider, endpoint: provider.endpoint })}\n`);
