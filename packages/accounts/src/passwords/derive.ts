import { argon2 } from "node:crypto";
import { promisify } from "node:util";
import { Semaphore } from "@cairn/core";
import { CairnError } from "@cairn/protocol";
import type { Argon2Hash } from "./phc.ts";

const run = promisify(argon2);

/** Each takes 19 MiB and a core: two leave one thread of libuv's four to each of disk and DNS. */
const AT_ONCE = 2;
/** Whoever comes behind so many others is sent away: with some 50 ms for each, that is a wait of two seconds. */
const MOST_WAITING = 64;
const places = new Semaphore(AT_ONCE);

/**
 * Who wants a password hashed. `known`: somebody that is logged in, or that logs in from a network where it was before; a flood of strangers is as
 * nothing to them, as they go first and wait in a queue of their own.
 */
export type Asker = "known" | "stranger";
const waiting: Record<Asker, number> = { known: 0, stranger: 0 };
const PRIORITY: Record<Asker, number> = { known: 0, stranger: 1 };

/** Argon2id (RFC 9106) of a password. @throws CairnError `busy` where too many others of the same kind wait */
export async function derive(
  password: string,
  to: Omit<Argon2Hash, "tag"> & { tagLength: number },
  asker: Asker,
): Promise<Buffer> {
  if (waiting[asker] >= MOST_WAITING) {
    throw new CairnError("too many passwords are being checked at the moment", {
      code: "busy",
      kind: "unavailable",
      next: "Try again in a few seconds.",
    });
  }
  waiting[asker] += 1;
  return places.run(async () => {
    waiting[asker] -= 1;
    return run("argon2id", {
      message: password.normalize("NFC"),
      nonce: to.salt,
      memory: to.memory,
      passes: to.passes,
      parallelism: to.parallelism,
      tagLength: to.tagLength,
    });
  }, PRIORITY[asker]);
}
