import { findJob, type Job } from "@cairn/catalog";
import { CairnError } from "@cairn/protocol/errors";
import type { Pool } from "pg";
import { isPackPaths } from "./pack-paths.ts";

/** The job of an account that packs a folder, by its package's id; doors' jobs have ids of the same form. @throws CairnError `unknown-job` */
export async function findUpload(pool: Pick<Pool, "query">, of: { id: string; account: string }): Promise<Job> {
  const job = await findJob(pool as Pool, of);
  if (isPackPaths(job)) return job;
  throw new CairnError(`no folder of the gateway's machine is packed for ${of.id}`, {
    code: "unknown-job",
    kind: "missing",
  });
}
