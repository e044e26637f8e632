import { readFile, stat } from "node:fs/promises";
import { CairnError } from "@cairn/protocol";
import type { NodeApi, SignedMessage } from "./node-api.ts";
import { bitcoinKey } from "./sign-message.ts";

/** Who is paid, and how ownership of the address is shown at registration. */
export interface Identity {
  address: string;
  /** Undefined when there is nothing to sign with: only nodes that ask for no signature give a token then. */
  sign?(node: NodeApi): Promise<SignedMessage>;
}

const MAX_FILE_BYTES = 10 * 1024 * 1024;
const MAX_ADDRESS = 64;

/**
 * From a private key (`key`: WIF or hex, in a file), from the original client's identities file (`{address: {message, signature}}`), or
 * from a bare address.
 *
 * @returns undefined when neither is given: an old token may know its address
 * @throws CairnError `bad-input`, `bad-key`, `bad-identities`, `unreadable-path`
 */
export async function readIdentity(options: {
  address?: string | undefined;
  identities?: string | undefined;
  key?: string | undefined;
}): Promise<Identity | undefined> {
  const { address } = options;
  if (address !== undefined && !/^[A-Za-z0-9]{1,64}$/.test(address)) {
    throw new CairnError(`"${address.slice(0, MAX_ADDRESS)}" is not an address`, {
      code: "bad-input",
      kind: "input",
      next: "Give a Bitcoin address that begins with 1.",
    });
  }
  if (options.key !== undefined) return fromKey(await readSmall(options.key), address);
  if (options.identities !== undefined) {
    return fromIdentities(options.identities, await readSmall(options.identities), address);
  }
  return address === undefined ? undefined : { address };
}

function fromKey(text: string, address: string | undefined): Identity {
  const key = bitcoinKey(text.split("\n")[0] ?? "");
  if (address !== undefined && address !== key.address) {
    throw new CairnError(`the key belongs to ${key.address}, not to ${address}`, {
      code: "bad-input",
      kind: "input",
      next: "Leave --address out, or give the key of that address.",
    });
  }
  return {
    address: key.address,
    async sign(node) {
      const asked = await node.registrationMessage(key.address);
      // A node's text is signed only if it cannot be mistaken for anything but a registration.
      const message =
        asked?.includes(key.address) === true
          ? asked
          : `Register ${key.address} as a farmer of ${node.url} at ${new Date().toISOString()}`;
      return { message, signature: key.sign(message) };
    },
  };
}

function fromIdentities(path: string, text: string, address: string | undefined): Identity {
  const wrong = (what: string) =>
    new CairnError(`${path} ${what}`, {
      code: "bad-identities",
      kind: "input",
      next: 'It must be JSON: {"ADDRESS": {"message": "…", "signature": "…"}}',
    });
  let all: unknown;
  try {
    all = JSON.parse(text);
  } catch {
    throw wrong("is not JSON");
  }
  if (typeof all !== "object" || all === null || Array.isArray(all)) throw wrong("holds no identities");
  const found = Object.entries(all).find(([name]) => address === undefined || name === address);
  if (found === undefined) throw wrong(address === undefined ? "is empty" : `does not name ${address}`);
  const [name, entry] = found;
  const { message, signature } = (entry ?? {}) as Partial<SignedMessage>;
  if (typeof message !== "string" || typeof signature !== "string")
    throw wrong(`has no message and signature for ${name}`);
  return { address: name, sign: () => Promise.resolve({ message, signature }) };
}

async function readSmall(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES) throw new Error(`it is ${size} bytes long`);
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new CairnError(`cannot read ${path}: ${(cause as Error).message}`, {
      code: "unreadable-path",
      kind: "input",
      cause,
    });
  }
}
