// Bundled, and run by browser.ts in a page, which calls what is exported by its name.
import {
  type AccountKey,
  carHeader,
  generateAccountKey,
  packListed,
  restoreEntries,
} from "../../packages/archive/src/browser.ts";
import { crypto as ours } from "../../packages/archive/src/crypto/noble.ts";

export const BYTES = 67_108_864;
const MIB = 1_048_576;
/** As messages are decrypted (openpgp/decrypt-message.ts). */
const STEP = 65_536;
const content = new Uint8Array(BYTES);
for (let at = 0; at < BYTES; at += STEP) crypto.getRandomValues(content.subarray(at, at + STEP));
const [key, iv] = [new Uint8Array(32), new Uint8Array(16)];

async function each(size: number, work: (part: Uint8Array<ArrayBuffer>) => unknown): Promise<void> {
  for (let at = 0; at < BYTES; at += size) await work(content.subarray(at, at + size));
}

let account: AccountKey | undefined;
let stored: { parts: Uint8Array[]; packed: Awaited<ReturnType<typeof packListed>> } | undefined;

/** One encrypted file of a page, packed in the page's own thread; kept where it is to be restored. */
async function pack(keeps: boolean): Promise<void> {
  account ??= await generateAccountKey({ name: "Browser" });
  const parts: Uint8Array[] = [];
  const file = {
    kind: "file",
    parent: 0,
    name: "measured",
    mode: 0o644,
    seconds: 0,
    nanoseconds: 0,
    size: BYTES,
  } as const;
  const packed = await packListed({
    ...{ key: account, packageId: "0".repeat(32), name: "measured", repairKey: new Uint8Array(32), created: 0 },
    tree: { entries: [file], blobs: new Map([[0, new Blob([content])]]) },
    sink: { write: (_piece, part) => void (keeps && parts.push(part.slice())), cut: () => undefined },
  });
  if (keeps) stored = { parts, packed };
}

export const works = {
  async limit() {
    const cbc = await crypto.subtle.importKey("raw", key, "AES-CBC", false, ["encrypt"]);
    await each(MIB, (part) => crypto.subtle.encrypt({ name: "AES-CBC", iv }, cbc, part));
  },
  async "CFB by AES-CBC"() {
    const cipher = ours.encryptCfb(key, iv);
    await each(MIB, (part) => cipher.updateSoon?.(part));
  },
  async "CFB by the kernel, encrypting"() {
    const cipher = ours.encryptCfb(key, iv);
    await each(STEP, (part) => cipher.update(part));
  },
  async "CFB by the kernel, decrypting"() {
    const cipher = ours.decryptCfb(key, iv);
    await each(STEP, (part) => cipher.update(part));
  },
  async "SHA-1 by the kernel"() {
    const hash = ours.sha1();
    await each(STEP, (part) => hash.update(part));
  },
  "SHA-256 by WebCrypto": () => each(MIB, (part) => ours.sha256Soon?.(part)),
  "a file read, encrypted and packed": () => pack(false),
  async "a package verified, decrypted and read"() {
    if (stored === undefined) await pack(true);
    const { parts, packed } = stored as NonNullable<typeof stored>;
    async function* piece(): AsyncGenerator<Uint8Array> {
      yield carHeader(packed.root);
      yield* parts;
    }
    const { opened: manifest } = packed;
    for await (const one of restoreEntries({ manifest, key: account as AccountKey, pieces: [piece()] })) {
      if ("bytes" in one) for await (const _ of one.bytes);
    }
  },
} satisfies Record<string, () => Promise<void>>;
