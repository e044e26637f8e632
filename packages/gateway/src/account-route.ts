import { Type } from "typebox";

/** Of a token, a session or an invite. */
export const IdParams = Type.Object({ id: Type.String({ pattern: "^[0-9a-f]{32}$" }) });
export const DONE = { done: true } as const;
