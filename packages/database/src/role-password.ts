import { createHmac } from "node:crypto";

/** Password of a role that we made, derived from the administrator's, so that nothing more has to be kept or can be lost. */
export function rolePassword(adminPassword: string, role: string): string {
  return createHmac("sha256", adminPassword).update(`cairn/database-role/1/${role}`).digest("hex");
}
