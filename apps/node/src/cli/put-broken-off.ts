import { CairnError } from "@cairn/core";
import type { Session } from "./session.ts";

interface BrokenOff {
  id: string;
  name: string;
  error: unknown;
  /** The mandate had been sent, so deals may have been agreed. */
  signed: boolean;
  interrupted: boolean;
}

/**
 * End a put that failed on its way: undo what the gateway has of it and throw what the person should know. Returns only when the
 * package turns out to have been committed after all, so that it can be followed.
 */
export async function breakOff(session: Pick<Session, "client">, put: BrokenOff): Promise<void> {
  const { id, name, error, signed, interrupted } = put;
  const left = await undo(session, id);
  if (left === "committed") {
    if (!interrupted) return;
    throw new CairnError(`interrupted: ${name} had been signed for already and is being handed over`, {
      code: "interrupted",
      kind: "conflict",
      cause: error,
      next: `Follow it with \`cairn show ${id}\`, or end it with \`cairn rm ${id}\`.`,
    });
  }
  if (left === "undone") {
    if (!interrupted) throw error;
    throw new CairnError("interrupted: nothing was stored and nothing was paid", {
      code: "interrupted",
      kind: "conflict",
      cause: error,
      next: "Run the command again to store it.",
    });
  }
  const reason = error instanceof Error ? error.message : String(error);
  throw signed
    ? new CairnError(
        `the network went away while ${name} was being agreed (${reason}): whether it is stored is not known here`,
        {
          code: "put-unknown",
          kind: "unavailable",
          cause: error,
          next: `Bring the network up with \`cairn up\`; \`cairn show ${id}\` then says it. What was agreed is handed over by itself, and is never paid twice.`,
        },
      )
    : new CairnError(`the network went away (${reason}): nothing was stored and nothing was paid`, {
        code: "put-broken-off",
        kind: "unavailable",
        cause: error,
        next: `Bring the network up with \`cairn up\`, drop what had been received with \`cairn rm ${id}\` (it goes by itself after a day), and put it again.`,
      });
}

/** What became of a package: it is withdrawn unless its deals were agreed, or nobody answers. */
async function undo({ client }: Pick<Session, "client">, id: string): Promise<"undone" | "committed" | "unknown"> {
  try {
    await client.abandonPackage(id);
    return "undone";
  } catch (error) {
    if (!(error instanceof CairnError)) throw error;
    if (error.kind === "missing") return "undone";
    return error.code === "wrong-state" ? "committed" : "unknown";
  }
}
