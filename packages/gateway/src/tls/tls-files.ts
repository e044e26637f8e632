import { X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { CairnError } from "@cairn/protocol";
import type { TlsCredentials } from "./serve-tls.ts";

/** Where certificate and key lie, PEM each. */
export interface TlsFiles {
  cert: string;
  key: string;
}

/** Seconds: certificates are renewed weeks before they end. */
const LOOK_SECONDS = 5;

/** @throws CairnError `bad-settings` where one cannot be read, or they do not belong together */
export function readTls({ cert, key }: TlsFiles): TlsCredentials {
  try {
    const read = { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
    createSecureContext(read);
    return read;
  } catch (cause) {
    throw new CairnError(`the TLS certificate ${cert} and the key ${key} cannot be used: ${(cause as Error).message}`, {
      code: "bad-settings",
      kind: "input",
      cause,
      next: "Name a PEM file with the certificate and those that vouch for it, and one with its key, which has no passphrase.",
    });
  }
}

/** Host names that a certificate is for; those with a star name no host. */
export function namesIn({ cert }: Pick<TlsCredentials, "cert">): string[] {
  const { subjectAltName = "" } = new X509Certificate(cert);
  return subjectAltName
    .split(", ")
    .flatMap((one) => (one.startsWith("DNS:") ? [one.slice("DNS:".length)] : []))
    .filter((name) => /^[a-z0-9.-]+$/i.test(name));
}

/**
 * Look at the files from time to time, and hand on what they have become.
 * @param onFault told of files that cannot be used: what there was stays in use, and they are looked at again
 * @returns ends it
 */
export function watchTls(
  files: TlsFiles,
  onChange: (credentials: TlsCredentials) => void,
  onFault: (error: unknown) => void,
  seconds = LOOK_SECONDS,
): () => void {
  const stamp = () =>
    [files.cert, files.key]
      .map((file) => {
        const found = statSync(file, { throwIfNoEntry: false });
        return `${found?.ino} ${found?.size} ${found?.mtimeMs}`;
      })
      .join();
  let seen = stamp();
  const timer = setInterval(() => {
    const now = stamp();
    if (now === seen) return;
    seen = now;
    try {
      onChange(readTls(files));
    } catch (error) {
      onFault(error);
    }
  }, seconds * 1000);
  timer.unref();
  return () => clearInterval(timer);
}
