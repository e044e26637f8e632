import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import * as openpgp from "openpgp";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import {
  type AccountKey,
  assertUsable,
  exportAccountKey,
  generateAccountKey,
  importAccountKey,
} from "../keys/account-key.ts";
import { encryptorOf, holderOf, recipientOf, unwrapperOf } from "../keys/recipient.ts";
import { decryptManifest, encryptManifest } from "../manifest/encrypt-manifest.ts";
import { cidOf, DAG_PB } from "../unixfs/links.ts";
import { UNIXFS_V1_2025 } from "../unixfs/profile.ts";
import { MessageComposer, messageLengths } from "./compose-message.ts";
import { MessageDecryptor, readEnvelope } from "./decrypt-message.ts";
import { planRange } from "./decrypt-range.ts";
import { LENGTH_LIMITS, type LengthLimits } from "./packet-lengths.ts";

const PARTIAL: LengthLimits = { fixedUpTo: 300, partialPower: 9 };
const home = mkdtempSync(join(tmpdir(), "cairn-gpg-"));

function gpg(args: string[], input?: Uint8Array): Buffer {
  return execFileSync("gpg", ["--homedir", home, "--batch", "--quiet", "--trust-model", "always", ...args], {
    ...(input === undefined ? {} : { input }),
    stdio: ["pipe", "pipe", "pipe"],
    maxBuffer: 2 ** 28,
  });
}

async function compose(key: AccountKey, plain: Uint8Array, limits?: LengthLimits): Promise<Buffer> {
  const { session, packet } = await (await encryptorOf(await recipientOf(key)))();
  const out: Uint8Array[] = [];
  const composer = new MessageComposer(session, packet, plain.length, (bytes) => out.push(bytes), limits);
  composer.update(plain);
  composer.finish();
  const message = Buffer.concat(out);
  expect(message.length).toBe(messageLengths(plain.length, packet.length, limits).total);
  return message;
}

async function decrypt(key: AccountKey, message: Uint8Array, step = 65_536): Promise<Buffer> {
  const out: Uint8Array[] = [];
  const decryptor = new MessageDecryptor(await unwrapperOf(holderOf(key)), (bytes) => out.push(Buffer.from(bytes)));
  for (let at = 0; at < message.length; at += step) await decryptor.push(message.subarray(at, at + step));
  decryptor.finish();
  return Buffer.concat(out);
}

describe("OpenPGP messages", () => {
  let key: AccountKey;
  let rsa: AccountKey;

  beforeAll(async () => {
    key = await generateAccountKey({ name: "Tester" });
    const made = await openpgp.generateKey({
      type: "rsa",
      rsaBits: 2048,
      userIDs: [{ name: "Rsa" }],
      format: "armored",
    });
    rsa = await importAccountKey(made.privateKey);
    for (const each of [key, rsa]) {
      const file = join(home, "key.asc");
      writeFileSync(file, await exportAccountKey(each));
      gpg(["--import", file]);
    }
  });

  afterAll(() => {
    execFileSync("gpgconf", ["--homedir", home, "--kill", "all"]);
    rmSync(home, { recursive: true, force: true });
  });

  for (const size of [0, 1, 15, 16, 17, 191, 65_535, 65_536, 65_537, 1_048_576, 3_000_001]) {
    it(`of ${size} bytes are opened by gpg, openpgpjs and by us`, async () => {
      const plain = randomBytes(size);
      const message = await compose(key, plain);
      expect(gpg(["--decrypt"], message).equals(plain)).toBe(true);
      const read = await openpgp.readMessage({ binaryMessage: new Uint8Array(message) });
      const opened = await openpgp.decrypt({ message: read, decryptionKeys: key.privateKey, format: "binary" });
      expect(Buffer.from(opened.data as Uint8Array).equals(plain)).toBe(true);
      expect((await decrypt(key, message)).equals(plain)).toBe(true);
    });
  }

  for (const size of [0, 250, 262, 482, 512, 513, 1024, 5000, 100_000]) {
    it(`of ${size} bytes with partial lengths are opened by gpg, openpgpjs and by us`, async () => {
      const plain = randomBytes(size);
      const message = await compose(key, plain, PARTIAL);
      expect(gpg(["--decrypt"], message).equals(plain)).toBe(true);
      const read = await openpgp.readMessage({ binaryMessage: new Uint8Array(message) });
      const opened = await openpgp.decrypt({ message: read, decryptionKeys: key.privateKey, format: "binary" });
      expect(Buffer.from(opened.data as Uint8Array).equals(plain)).toBe(true);
      expect((await decrypt(key, message, 7)).equals(plain)).toBe(true);
    });
  }

  it("to an RSA key go through openpgpjs and gpg", async () => {
    const plain = randomBytes(70_000);
    const message = await compose(rsa, plain);
    expect(gpg(["--decrypt"], message).equals(plain)).toBe(true);
    expect((await decrypt(rsa, message)).equals(plain)).toBe(true);
    await expect(decrypt(rsa, await compose(key, plain))).rejects.toMatchObject({ code: "wrong-key" });
    await expect(decrypt(key, message)).rejects.toMatchObject({ code: "wrong-key" });
  });

  it("of gpg and openpgpjs without compression are read by us", async () => {
    const plain = randomBytes(200_000);
    const file = join(home, "a name");
    writeFileSync(file, plain);
    const piped = gpg(["--encrypt", "-z", "0", "-r", key.fingerprint], plain);
    expect((await decrypt(key, piped, 1000)).equals(plain)).toBe(true);
    gpg(["--encrypt", "-z", "0", "-r", key.fingerprint, "-r", rsa.fingerprint, "-o", `${file}.gpg`, file]);
    expect((await decrypt(key, readFileSync(`${file}.gpg`))).equals(plain)).toBe(true);
    const message = await openpgp.createMessage({ binary: new Uint8Array(plain) });
    const theirs = await openpgp.encrypt({ message, encryptionKeys: key.publicKey, format: "binary" });
    expect((await decrypt(key, theirs)).equals(plain)).toBe(true);
    await expect(
      decrypt(key, gpg(["--encrypt", "--compress-algo", "zlib", "-z", "6", "-r", key.fingerprint], Buffer.alloc(5000))),
    ).rejects.toMatchObject({
      code: "unsupported-message",
    });
  });

  it("that are changed or cut anywhere are refused", async () => {
    const plain = randomBytes(100);
    const message = await compose(key, plain);
    for (let at = 0; at < message.length; at++) {
      const changed = Buffer.from(message);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      // The random prefix alone may change unnoticed in no place: the integrity code covers it.
      await expect(decrypt(key, changed)).rejects.toMatchObject({ name: "CairnError" });
      await expect(decrypt(key, message.subarray(0, at))).rejects.toMatchObject({ name: "CairnError" });
    }
    await expect(decrypt(key, Buffer.concat([message, Buffer.alloc(1)]))).rejects.toMatchObject({ name: "CairnError" });
  });

  it("of any bytes never crash the reader", async () => {
    const start = (await compose(key, Buffer.alloc(40))).subarray(0, 105);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.boolean(), async (bytes, prefixed) => {
        const input = prefixed ? Buffer.concat([start, bytes]) : bytes;
        await expect(decrypt(key, input, 50)).rejects.toMatchObject({ name: "CairnError" });
      }),
      { numRuns: 300 },
    );
  });

  it("give any byte range", async () => {
    const unwrap = await unwrapperOf(holderOf(key));
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5000 }),
        fc.nat(),
        fc.nat(),
        fc.boolean(),
        fc.integer({ min: 1, max: 600 }),
        async (size, a, b, partial, step) => {
          const limits = partial ? PARTIAL : LENGTH_LIMITS;
          const plain = randomBytes(size);
          const [start, end] = [Math.min(a % size, b % size), Math.max(a % size, b % size) + 1];
          const message = await compose(key, plain, limits);
          const envelope = readEnvelope(message);
          if (!envelope) throw new Error("no envelope");
          const plan = planRange(size, envelope.length, start, end, limits);
          const out: Uint8Array[] = [];
          const decryptor = plan.decryptor(await unwrap(envelope.sessionKeyPackets), (bytes) => out.push(bytes));
          for (let at = plan.from; at < plan.to; at += step) {
            decryptor.push(message.subarray(at, Math.min(at + step, plan.to)));
          }
          expect(Buffer.concat(out).equals(plain.subarray(start, end))).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("a key that was made while the clock was an hour ahead", () => {
  afterEach(() => void vi.useRealTimers());

  const manifest = {
    version: 1 as const,
    package: "00112233445566778899aabbccddeeff",
    name: "photos",
    created: 1_763_000_000,
    layout: "car" as const,
    root: cidOf({ codec: DAG_PB, digest: new Uint8Array(randomBytes(32)) }),
    profile: UNIXFS_V1_2025,
    repairKey: new Uint8Array(randomBytes(32)),
    pieces: [100],
    entries: [],
  };

  it.each(["curve25519Legacy", "nistP256"] as const)("serves once the clock is set back (%s)", async (curve) => {
    const now = Date.now();
    vi.useFakeTimers({ now: now + 3_600_000, toFake: ["Date"] });
    const made = await openpgp.generateKey({ type: "ecc", curve, userIDs: [{ name: "Ann" }], format: "armored" });
    const key = await importAccountKey(made.privateKey);
    const message = await compose(key, Buffer.from("then"));
    const sealed = await encryptManifest(manifest, key);
    vi.setSystemTime(now);
    await assertUsable(key);
    expect((await decrypt(key, message)).toString()).toBe("then");
    expect((await decrypt(key, await compose(key, Buffer.from("now")))).toString()).toBe("now");
    expect(await decryptManifest(sealed, key)).toEqual(manifest);
    expect(await decryptManifest(await encryptManifest(manifest, key), key)).toEqual(manifest);
  });
});
