import { CairnError } from "@cairn/protocol";

/** OWASP ASVS 5, 6.2.1 asks for 8 at least and recommends 15; a choice between. */
const LEAST_CHARACTERS = 12;
/** ASVS 5, 6.2.9 asks for 64 at least; longer ones would only cost time. */
const MOST_BYTES = 1024;
/** Shorter names stand in many words. */
const SHORT_NAME = 4;

/** @throws CairnError `bad-password` with what is wrong, never with the password */
export function checkPassword(password: string, name: string): void {
  const wrong =
    [...password.normalize("NFC")].length < LEAST_CHARACTERS
      ? `has fewer than ${LEAST_CHARACTERS} characters`
      : Buffer.byteLength(password) > MOST_BYTES
        ? `has more than ${MOST_BYTES} bytes`
        : name.length >= SHORT_NAME &&
            password.length < 2 * LEAST_CHARACTERS &&
            password.toLowerCase().includes(name.toLowerCase())
          ? "has the user's name in it"
          : new Set(password).size < 5
            ? "has fewer than 5 different characters"
            : undefined;
  if (wrong === undefined) return;
  throw new CairnError(`the password ${wrong}`, {
    code: "bad-password",
    kind: "input",
    details: { field: "password" },
    next: `Choose one of at least ${LEAST_CHARACTERS} characters without the name in it: four words that have nothing to do with each other are one.`,
  });
}
