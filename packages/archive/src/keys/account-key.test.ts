import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as openpgp from "openpgp";
import { afterAll, describe, expect, it } from "vitest";
import {
  assertUsable,
  exportAccountKey,
  exportPublicKey,
  generateAccountKey,
  importAccountKey,
  revocationCertificateOf,
} from "./account-key.ts";
import { holderOf, recipientOf, unwrapperOf } from "./recipient.ts";

const home = mkdtempSync(join(tmpdir(), "cairn-gpg-"));

function gpg(...args: string[]): string {
  return execFileSync(
    "gpg",
    ["--homedir", home, "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", "", ...args],
    {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
}

describe("account keys", () => {
  afterAll(() => {
    execFileSync("gpgconf", ["--homedir", home, "--kill", "all"]);
    rmSync(home, { recursive: true, force: true });
  });

  it("survive export and import, with and without a passphrase", async () => {
    const key = await generateAccountKey({ name: "Ann", email: "ann@example.org" });
    expect(key.userIds).toEqual(["Ann <ann@example.org>"]);
    expect(key.fingerprint).toMatch(/^[0-9A-F]{40}$/);
    expect((await importAccountKey(await exportAccountKey(key))).fingerprint).toBe(key.fingerprint);
    const locked = await exportAccountKey(key, "secret words");
    await expect(importAccountKey(locked)).rejects.toMatchObject({ code: "wrong-passphrase", kind: "auth" });
    await expect(importAccountKey(locked, "other words")).rejects.toMatchObject({ code: "wrong-passphrase" });
    const unlocked = await importAccountKey(locked, "secret words");
    await assertUsable(unlocked);
    expect(holderOf(unlocked)).toEqual(holderOf(key));
    await expect(importAccountKey(exportPublicKey(key))).rejects.toMatchObject({ code: "key-unusable" });
    await expect(importAccountKey("nonsense")).rejects.toMatchObject({ code: "key-unusable" });
  });

  it("open however the letters of their passphrase are composed", async () => {
    const locked = await exportAccountKey(await generateAccountKey({ name: "Ann" }), "schl\u00fcssel f\u00fcr alles");
    expect((await importAccountKey(locked, "schlu\u0308ssel fu\u0308r alles")).userIds).toEqual(["Ann"]);
  });

  it("whose primary secret is elsewhere are taken with a signing subkey, and refused with the reason without one", async () => {
    const make = (user: string, ...subkeys: [algorithm: string, usage: string][]) => {
      gpg("--quick-generate-key", user, "ed25519", "cert,sign", "never");
      const fingerprint = /fpr:::::::::([0-9A-F]{40}):/.exec(gpg("--with-colons", "--list-keys", user))?.[1] ?? "";
      for (const [algorithm, usage] of subkeys) gpg("--quick-add-key", fingerprint, algorithm, usage, "never");
      return importAccountKey(gpg("--armor", "--export-secret-subkeys", user));
    };
    await expect(assertUsable(await make("stub@example.org", ["cv25519", "encr"]))).rejects.toMatchObject({
      code: "key-unusable",
      message: expect.stringContaining("kept elsewhere"),
    });
    const whole = await make("signs@example.org", ["cv25519", "encr"], ["ed25519", "sign"]);
    await assertUsable(whole);
    const locked = await exportAccountKey(whole, "secret words");
    expect((await importAccountKey(locked, "secret words")).fingerprint).toBe(whole.fingerprint);
    await expect(revocationCertificateOf(whole)).rejects.toMatchObject({ code: "key-unusable" });
  });

  it("whose primary key is too weak are refused for that, not for what hangs on it", async () => {
    gpg("--quick-generate-key", "short@example.org", "rsa1024", "sign", "never");
    const fingerprint =
      /fpr:::::::::([0-9A-F]{40}):/.exec(gpg("--with-colons", "--list-keys", "short@example.org"))?.[1] ?? "";
    gpg("--quick-add-key", fingerprint, "cv25519", "encr", "never");
    const short = await importAccountKey(gpg("--armor", "--export-secret-keys", "short@example.org"));
    await expect(assertUsable(short)).rejects.toMatchObject({
      code: "key-unusable",
      message: expect.stringMatching(/^The primary key of .* is refused: RSA keys shorter/),
    });
  });

  it("of gpg are taken, and the fast path is used for Curve25519 alone", async () => {
    for (const [algorithm, fast] of [
      ["future-default", true],
      ["rsa2048", false],
    ] as const) {
      const user = `${algorithm}@example.org`;
      gpg("--quick-generate-key", user, algorithm, "default", "never");
      const fingerprint = /fpr:::::::::([0-9A-F]{40}):/.exec(gpg("--with-colons", "--list-keys", user))?.[1] ?? "";
      if (!fast) gpg("--quick-add-key", fingerprint, "rsa2048", "encr", "never");
      const key = await importAccountKey(gpg("--armor", "--export-secret-keys", user));
      await assertUsable(key);
      expect((await recipientOf(key)).kind).toBe(fast ? "x25519" : "openpgp");
      expect(holderOf(key).armored === undefined).toBe(fast);
    }
  });

  it("that cannot make packages are refused with the reason", async () => {
    gpg("--quick-generate-key", "signer@example.org", "rsa2048", "sign", "never");
    const signer = await importAccountKey(gpg("--armor", "--export-secret-keys", "signer@example.org"));
    await expect(assertUsable(signer)).rejects.toMatchObject({
      code: "key-unusable",
      message: expect.stringContaining("no usable encryption subkey"),
    });
    const expired = await openpgp.generateKey({
      type: "ecc",
      curve: "curve25519Legacy",
      userIDs: [{ name: "Old" }],
      date: new Date("2020-01-01"),
      keyExpirationTime: 3600,
      format: "armored",
    });
    await expect(assertUsable(await importAccountKey(expired.privateKey))).rejects.toMatchObject({
      code: "key-unusable",
      message: expect.stringContaining("expired"),
    });
    const six = await openpgp.generateKey({
      type: "curve25519",
      userIDs: [{ name: "New" }],
      format: "armored",
      config: { v6Keys: true },
    });
    await expect(assertUsable(await importAccountKey(six.privateKey))).rejects.toMatchObject({
      code: "key-unusable",
      message: expect.stringContaining("version 4"),
    });
  });

  it("open nothing that is not theirs", async () => {
    const unwrap = await unwrapperOf(holderOf(await generateAccountKey({ name: "Bob" })));
    await expect(async () => unwrap([])).rejects.toMatchObject({ code: "wrong-key" });
    await expect(async () => unwrap([Buffer.alloc(200)])).rejects.toMatchObject({ code: "wrong-key" });
  });
});
