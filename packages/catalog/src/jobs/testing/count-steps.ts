import pg from "pg";
import { runJobs } from "../run-jobs.ts";

/** A process that works at jobs of the kind `count`: so many steps, each written down with the progress that it makes. Argument: the database's configuration as JSON. */
const pool = new pg.Pool(JSON.parse(process.argv[2]!));
pool.on("error", () => undefined);
const stopping = new AbortController();
process.once("SIGTERM", () => stopping.abort());
await runJobs({
  pool,
  signal: stopping.signal,
  log: { warn: (_fields: object, message: string) => void process.stderr.write(`${message}\n`) },
  leaseSeconds: 1,
  kinds: {
    async count(job, { save, signal }) {
      const { steps } = job.request as { steps: number };
      let { done = 0 } = job.progress as { done?: number };
      while (done < steps) {
        signal.throwIfAborted();
        await pool.query("insert into steps (job, step, process) values ($1, $2, $3)", [job.id, done, process.pid]);
        done += 1;
        await save({ done });
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      return { done: { steps: done } };
    },
  },
});
await pool.end();
