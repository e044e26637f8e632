import { CairnError } from "@cairn/protocol";

/** ASCII alone, so that no two names look the same. */
const FORM = /^[a-z0-9][a-z0-9._@+-]{0,63}$/i;

/** The name as it is compared. @throws CairnError `bad-user-name` */
export function nameKey(name: string): string {
  if (FORM.test(name)) return name.toLowerCase();
  throw new CairnError("this cannot be the name of a user", {
    code: "bad-user-name",
    kind: "input",
    details: { field: "name" },
    next: "Use 1 to 64 letters (a to z), digits and . _ @ + -, the first of them a letter or digit.",
  });
}

/** The same of what anybody types; "" for what can be nobody's name. */
export const nameKeyOrNone = (name: string): string => (FORM.test(name) ? name.toLowerCase() : "");
