import { randomBytes } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeNew } from "@cairn/process/durable-file";
import { CairnError } from "@cairn/protocol";
import { SPOOL_ID } from "./spool.ts";

/**
 * Id of a spool, made at first use. It lies in the directory, so that gateways that share that know it, and take over each other's uploads.
 * @throws CairnError `home-corrupt`
 */
export async function openSpoolId(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, SPOOL_ID);
  await writeNew(path, `${randomBytes(16).toString("hex")}\n`);
  const id = (await readFile(path, "utf8")).trim();
  if (/^[0-9a-f]{32}$/.test(id)) return id;
  throw new CairnError(`${path} is damaged: whose uploads lie here cannot be told`, {
    code: "home-corrupt",
    kind: "corrupt",
    details: { path },
    next: "Write into it the id that `catalog.gateways` has of this spool, or remove it when no upload is under way.",
  });
}
