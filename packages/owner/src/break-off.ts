import { isAway } from "@cairn/client/client";
import type { Clock } from "@cairn/core";
import { CairnError } from "@cairn/protocol/errors";
import type { Gateway } from "./ports.ts";
import type { PutRecord } from "./put-records.ts";

interface BreakPorts {
  gateway: Pick<Gateway, "abandonPackage">;
  clock: Pick<Clock, "sleep">;
}

interface BrokenOff {
  id: string;
  name: string;
  error: unknown;
  /** The mandate had been sent, so deals may have been agreed. */
  signed: boolean;
  interrupted: boolean;
  /** With what is recorded of the upload, the put goes on when it is repeated. */
  record: Pick<PutRecord, "forget"> | undefined;
  /** The gateway packs it: what it had not read whole it reads anew. */
  isThere?: boolean;
  /** How it takes another's place after an interruption; empty where it takes none. */
  finish: string;
}

/** Kinds of causes that pass: with what was uploaded, the put goes on once its cause is gone. */
const PASSING_KINDS = new Set<string>(["unavailable", "exhausted", "conflict", "corrupt", "internal"]);
/** The owner's own no, what no repetition changes, and a disk that is full of uploads. */
const FINAL = new Set<string>(["declined", "no-space", "name-taken", "package-exists", "wrong-state"]);
/** Of a refused signature the gateway keeps nothing, and a locked vault gives none: the put is quoted and signed anew. */
const REFUSED_SIGNED = new Set<string>(["quotes-lapsed", "insufficient-funds", "wallet-locked"]);

const passes = (error: unknown): boolean =>
  error instanceof CairnError && PASSING_KINDS.has(error.kind) && !FINAL.has(error.code);

/**
 * End a put that failed on its way: undo what the gateway has of it and throw what the person should know. Returns only when the
 * package turns out to have been committed after all, so that it can be followed.
 */
export async function breakOff({ gateway, clock }: BreakPorts, put: BrokenOff): Promise<void> {
  const { id, name, error, signed, interrupted } = put;
  const unsigned = !signed || (error instanceof CairnError && REFUSED_SIGNED.has(error.code));
  if (put.record !== undefined && unsigned && (interrupted || passes(error))) throw keptFor(put);
  const left = interrupted ? await soon(clock, undo(gateway, id)) : await undo(gateway, id);
  // Without a signature of ours nothing can have been agreed, whatever the gateway answers.
  if (left === "committed" && !signed) throw error;
  if (left === "committed") {
    if (!interrupted) return;
    throw new CairnError(`interrupted: ${name} had been signed for already and is being handed over`, {
      code: "interrupted",
      kind: "conflict",
      cause: error,
      next: `Follow it with \`cairn show ${id}\`, or end it with \`cairn rm ${id}\`. ${put.finish}`.trim(),
    });
  }
  if (left === "undone") {
    await put.record?.forget();
    if (error instanceof CairnError && error.code === "declined") throw dropped(error);
    if (!interrupted) throw error;
    throw new CairnError("interrupted: nothing was stored and nothing was paid", {
      code: "interrupted",
      kind: "conflict",
      cause: error,
      next: "Run the command again to store it.",
    });
  }
  const reason = reasonOf(error);
  const drop = `drop what had been received with \`cairn rm ${id}\` (it goes by itself after a day), and put it again.`;
  const find = `\`cairn show ${id}\` then says it. What was agreed is handed over by itself, and is never paid twice.`;
  if (interrupted) {
    throw new CairnError(
      signed
        ? `interrupted while ${name} was being agreed: whether it is stored is not known here`
        : "interrupted: nothing was stored and nothing was paid",
      {
        code: "interrupted",
        kind: "conflict",
        cause: error,
        next: signed ? `When the gateway answers again, ${find}` : `When the gateway answers again, ${drop}`,
      },
    );
  }
  throw signed
    ? new CairnError(
        `the network went away while ${name} was being agreed (${reason}): whether it is stored is not known here`,
        {
          code: "put-unknown",
          kind: "unavailable",
          cause: error,
          next: `Bring the network up with \`cairn up\`; ${find}`,
        },
      )
    : new CairnError(`the network went away (${reason}): nothing was stored and nothing was paid`, {
        code: "put-broken-off",
        kind: "unavailable",
        cause: error,
        next: `Bring the network up with \`cairn up\`, ${drop}`,
      });
}

const dropped = (cause: CairnError): CairnError =>
  new CairnError("declined: nothing was stored or paid, and what had been uploaded was dropped", {
    code: "declined",
    kind: "conflict",
    cause,
    next: "Run the command again to upload it anew; --max-cost limits what is asked for.",
  });

/** What the person who interrupted it waits for the gateway at most. */
const SOON_SECONDS = 5;

async function soon(
  clock: Pick<Clock, "sleep">,
  undone: Promise<"undone" | "committed" | "unknown">,
): Promise<"undone" | "committed" | "unknown"> {
  const late = new AbortController();
  try {
    return await Promise.race([undone, clock.sleep(SOON_SECONDS, late.signal).then(() => "unknown" as const)]);
  } finally {
    late.abort();
  }
}

/** What to do about an upload that was recorded. */
export const goesOn = (id: string, isThere = false): string =>
  isThere
    ? `Run the command again: the gateway goes on meanwhile, and what it has read is kept for a day. \`cairn rm ${id}\` drops it at once.`
    : `Run the command again: it goes on with the files that were uploaded whole, kept for a day; one that was cut short is sent again. \`cairn rm ${id}\` drops it at once.`;

function keptFor({ id, error, interrupted, isThere }: BrokenOff): CairnError {
  const next = goesOn(id, isThere);
  if (interrupted) {
    return new CairnError("interrupted: nothing was stored and nothing was paid", {
      code: "interrupted",
      kind: "conflict",
      cause: error,
      next,
    });
  }
  const away: boolean = isAway(error);
  if (error instanceof CairnError && !away) {
    const { code, kind, details, message } = error;
    return new CairnError(message, {
      code,
      kind,
      cause: error,
      ...(details === undefined ? {} : { details }),
      next: `${error.next ?? ""} Then run the command again: ${isThere ? "what the gateway has not read whole it reads anew" : "it goes on with the files that were uploaded whole"}.`.trim(),
    });
  }
  return new CairnError(`the network went away (${reasonOf(error)}): nothing was stored and nothing was paid`, {
    code: "put-broken-off",
    kind: "unavailable",
    cause: error,
    next: `Bring the network up with \`cairn up\`. ${next}`,
  });
}

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** What became of a package: it is withdrawn unless its deals were agreed, or nobody answers. */
async function undo(gateway: BreakPorts["gateway"], id: string): Promise<"undone" | "committed" | "unknown"> {
  try {
    await gateway.abandonPackage(id);
    return "undone";
  } catch (error) {
    if (!(error instanceof CairnError)) throw error;
    if (error.kind === "missing") return "undone";
    return error.code === "wrong-state" ? "committed" : "unknown";
  }
}
