/** One letter. */
export interface Letter {
  /** The same at every try: the part before the @ of its Message-ID. */
  id: string;
  to: string;
  subject: string;
  text: string;
}

/** What came of a try; `final`: the other side will not take it later either. */
export type Sent = { ok: true } | { ok: false; error: string; final: boolean; status: number | null };

/** The way letters leave. */
export interface Mailer {
  /** Never throws for what the other side does. @throws the reason of `signal` when it aborts: whether the letter was taken is not known then */
  send(letter: Letter, signal?: AbortSignal): Promise<Sent>;
  close(): void;
}
