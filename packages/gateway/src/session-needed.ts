import { CairnError } from "@cairn/protocol";

export const sessionNeeded = (): CairnError =>
  new CairnError("this is for a user that is logged in, not for a token", {
    code: "session-needed",
    kind: "auth",
    next: "Log in: POST /api/v1/login.",
  });
