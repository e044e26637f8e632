/** The parts of `$argon2id$v=19$m=…,t=…,p=…$salt$hash` (PHC string format, github.com/P-H-C/phc-string-format). */
export interface Argon2Hash {
  /** KiB. */
  memory: number;
  passes: number;
  parallelism: number;
  salt: Uint8Array;
  tag: Uint8Array;
}

const FORM =
  /^\$argon2id\$v=19\$m=([1-9]\d{0,6}),t=([1-9]\d{0,2}),p=([1-9]\d?)\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;
/** What a damaged or planted hash may make the gateway spend at most: 256 MiB. */
const MOST_MEMORY = 262_144;

const unpadded = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64").replace(/=+$/, "");

export function formatPhc({ memory, passes, parallelism, salt, tag }: Argon2Hash): string {
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${unpadded(salt)}$${unpadded(tag)}`;
}

/** undefined where the text is not such a string, in its one spelling. */
export function parsePhc(text: string): Argon2Hash | undefined {
  const found = FORM.exec(text);
  if (found === null) return undefined;
  const [memory, passes, parallelism] = [Number(found[1]), Number(found[2]), Number(found[3])];
  // RFC 9106, 3.1: at least 8 KiB for each lane.
  if (memory > MOST_MEMORY || memory < 8 * parallelism) return undefined;
  const [salt, tag] = [Buffer.from(found[4] ?? "", "base64"), Buffer.from(found[5] ?? "", "base64")];
  const parsed = { memory, passes, parallelism, salt, tag };
  return formatPhc(parsed) === text ? parsed : undefined;
}
