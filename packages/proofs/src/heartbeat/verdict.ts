/** What an answer is worth; `corrupted`: it has not even the shape of a proof. */
export type Verdict = "ok" | "corrupted" | "invalid";
