import type { Role } from "../scopes.ts";

export interface User {
  id: string;
  account: string;
  name: string;
  role: Role;
  /** UNIX seconds. */
  createdAt: number;
  /** UNIX seconds of the last request, to a minute; null before the first. */
  seenAt: number | null;
}

/** The columns of a User, of the table `accounts.users u`. */
export const USER_COLUMNS = `u.id, u.account, u.name, u.role, floor(extract(epoch from u.created_at))::float8 as "createdAt",
  floor(extract(epoch from u.seen_at))::float8 as "seenAt"`;
