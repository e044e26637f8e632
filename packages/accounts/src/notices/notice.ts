import type { Severity } from "@cairn/catalog";
import type { Channel, NoticeKind } from "./kinds.ts";

/** Something that an account is told once. */
export interface NewNotice {
  account: string;
  kind: NoticeKind | "test";
  /** What it is about: a deal, a wallet, a package with what happened to it. */
  subject: string;
  /** With account, kind and subject: what is told once. */
  period: string;
  severity: Severity;
  message: string;
  next?: string | null;
  package?: string | null;
  deal?: string | null;
  wallet?: string | null;
  channels: readonly Channel[];
}

export interface Notice {
  id: number;
  /** UNIX seconds. */
  at: number;
  kind: NoticeKind | "test";
  severity: Severity;
  message: string;
  next: string | null;
  package: string | null;
  deal: string | null;
  wallet: string | null;
  read: boolean;
}

export const NOTICE_COLUMNS = `n.id::float8 as id, floor(extract(epoch from n.at))::float8 as at, n.kind, n.severity, n.message, n.next, n.package, n.deal,
  n.wallet, n.read`;
/** Told the id of each notice of the console when its transaction is committed. */
export const NOTICE_CHANNEL = "cairn_notices";
