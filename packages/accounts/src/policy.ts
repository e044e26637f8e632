import type { Queryable } from "@cairn/catalog";

/** Who may become a user: anybody, whoever has an invite, or those that an operator adds. */
export const SIGN_UPS = ["open", "invite", "closed"] as const;
export type SignUpPolicy = (typeof SIGN_UPS)[number];

export async function signUpPolicy(db: Queryable): Promise<SignUpPolicy> {
  const { rows } = await db.query("select sign_up from accounts.policy");
  return (rows[0] as { sign_up: SignUpPolicy }).sign_up;
}

export async function setSignUpPolicy(db: Queryable, policy: SignUpPolicy): Promise<void> {
  await db.query("update accounts.policy set sign_up = $1", [policy]);
}
