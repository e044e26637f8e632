import { createHash } from "node:crypto";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { syncDirectory, writeDurably } from "@cairn/process";
import { CairnError } from "@cairn/protocol";
import { readSmallFile } from "../wallet/key-file.ts";
import type { OutgoingAccount, OutgoingStore, OutgoingTransaction } from "./outgoing-store.ts";

/** A transaction of 128 KiB (the most that nodes take) in hex, and what stands around it. */
const MAX_FILE_BYTES = 1_048_576;

function accountDirectory(root: string, { chainId, sender }: OutgoingAccount): string {
  return join(root, `${chainId}-${sender.slice(2).toLowerCase()}`);
}

/** Submission ids are the caller's text, so a file is named by their hash. */
function fileOf(id: string): string {
  return `${createHash("sha256").update(id).digest("hex")}.json`;
}

async function load(path: string): Promise<OutgoingTransaction | undefined> {
  const text = await readSmallFile(path, MAX_FILE_BYTES);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as OutgoingTransaction;
  } catch (error) {
    throw new CairnError(`${path} is damaged`, {
      code: "outgoing-damaged",
      kind: "corrupt",
      next: "Move the file away; whether its transaction was mined must then be looked up by hand.",
      cause: error,
    });
  }
}

/**
 * One directory per account with one file per transaction: `pending/` and, once mined, `final/`. For one process at a time, which the
 * owner of `root` sees to.
 */
export function fileOutgoingStore(root: string): OutgoingStore {
  const ready = new Map<string, Promise<{ pending: string; final: string }>>();

  function directories(account: OutgoingAccount): Promise<{ pending: string; final: string }> {
    const base = accountDirectory(root, account);
    let made = ready.get(base);
    if (made === undefined) {
      const paths = { pending: join(base, "pending"), final: join(base, "final") };
      made = Promise.all(Object.values(paths).map((path) => mkdir(path, { recursive: true, mode: 0o700 })))
        .then(() => syncDirectory(base))
        .then(() => paths);
      ready.set(base, made);
    }
    return made;
  }

  async function find(account: OutgoingAccount, id: string): Promise<OutgoingTransaction | undefined> {
    const { pending, final } = await directories(account);
    return (await load(join(final, fileOf(id)))) ?? (await load(join(pending, fileOf(id))));
  }

  async function pendingOf(account: OutgoingAccount): Promise<OutgoingTransaction[]> {
    const { pending } = await directories(account);
    const names = (await readdir(pending)).filter((name) => name.endsWith(".json"));
    const loaded = await Promise.all(names.map((name) => load(join(pending, name))));
    return loaded
      .filter((transaction) => transaction !== undefined)
      .filter(({ outcome }) => outcome === undefined)
      .sort((a, b) => a.nonce - b.nonce);
  }

  async function write(transaction: OutgoingTransaction): Promise<void> {
    const { pending } = await directories(transaction);
    await writeDurably(join(pending, fileOf(transaction.id)), JSON.stringify(transaction));
  }

  return {
    find,
    pending: pendingOf,
    async insert(transaction) {
      if ((await find(transaction, transaction.id)) !== undefined) return "id-taken";
      const nonces = (await pendingOf(transaction)).map(({ nonce }) => nonce);
      if (nonces.includes(transaction.nonce)) return "nonce-taken";
      await write(transaction);
      return "stored";
    },
    async update(transaction, was) {
      const known = await find(transaction, transaction.id);
      if (known === undefined || known.outcome !== undefined || known.nonce !== was) return false;
      await write(transaction);
      return true;
    },
    async finish(account, id, outcome) {
      const transaction = await find(account, id);
      if (transaction === undefined) return;
      const { pending, final } = await directories(account);
      await write({ ...transaction, outcome });
      try {
        await rename(join(pending, fileOf(id)), join(final, fileOf(id)));
      } catch (error) {
        // Finished by another call meanwhile.
        if ((error as NodeJS.ErrnoException).code !== "ENOENT" || (await load(join(final, fileOf(id)))) === undefined)
          throw error;
      }
      await syncDirectory(final);
      await syncDirectory(pending);
    },
    async remove(account, id) {
      const { pending } = await directories(account);
      await rm(join(pending, fileOf(id)), { force: true });
      await syncDirectory(pending);
    },
  };
}
