import { MadeLinkJson, OpenedSessionJson, type UseLinkJson } from "../account-schemas.ts";
import type { Caller } from "./caller.ts";

/** Links that open the console signed in, once. */
export const linkCalls = ({ call }: Caller) => ({
  /** For the home's own user; only the home's token makes one. */
  create: () => call(MadeLinkJson, "/links", { method: "POST", body: {} }),
  /** From a page on the gateway's machine: opens a session. */
  use: (body: UseLinkJson) => call(OpenedSessionJson, "/login/link", { method: "POST", body }),
});
