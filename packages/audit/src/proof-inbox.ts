import { lowest } from "@cairn/core";

/** Proofs that are on their way through this process, from their first byte to the record. */
export interface ProofInbox {
  /**
   * A push begins to come in; `at` is the time of its first byte, in milliseconds of the clock's monotonic time.
   * @returns what to call when it is answered, or broken off
   */
  arrived(at: number): () => void;
  /** Whether a push that arrived by `at` is neither answered nor broken off. */
  holdsFrom(at: number): boolean;
  /** When the first of the pushes inside arrived; undefined when there is none. */
  readonly oldest: number | undefined;
  /** Pushes inside. */
  readonly size: number;
}

export function openProofInbox(): ProofInbox {
  const inside = new Map<symbol, number>();
  return {
    arrived(at) {
      const push = Symbol("push");
      inside.set(push, at);
      return () => void inside.delete(push);
    },
    holdsFrom: (at) => [...inside.values()].some((arrived) => arrived <= at),
    get oldest() {
      return inside.size === 0 ? undefined : lowest(inside.values());
    },
    get size() {
      return inside.size;
    },
  };
}
