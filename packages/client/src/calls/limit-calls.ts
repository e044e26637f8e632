import { type LimitsJson, UsedLimitsJson } from "../account-schemas.ts";
import type { Caller } from "./caller.ts";

/** What an account may use, and what it has used. */
export const limitCalls = ({ call }: Caller) => ({
  own: () => call(UsedLimitsJson, "/limits"),
  of: (account: string) => call(UsedLimitsJson, `/accounts/${account}/limits`),
  set: (account: string, limits: LimitsJson) =>
    call(UsedLimitsJson, `/accounts/${account}/limits`, { method: "PUT", body: limits }),
});
