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

/** Argon2id (RFC 9106) of a password. @throws CairnError `busy` where too many others wait */
export async function derive(password: string, to: Omit<Argon2Hash, "tag">, tagLength: number): Promise<Buffer> {
  if (places.waiting >= MOST_WAITING) {
    throw new CairnError("too many passwords are being checked at the moment", {
      code: "busy",
      kind: "unavailable",
      next: "Try again in a few seconds.",
    });
  }
  return places.run(async () =>
    run("argon2id", {
      message: password.normalize("NFC"),
      nonce: to.salt,
      memory: to.memory,
      passes: to.passes,
      parallelism: to.parallelism,
      tagLength,
    }),
  );
}
