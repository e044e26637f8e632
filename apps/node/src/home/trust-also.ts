import { CairnError } from "@cairn/protocol/errors";

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/**
 * Have this process take certificates that `ca` vouches for, beside those that it takes anyway.
 * @param ca PEM: one certificate or more
 * @throws CairnError `bad-settings`
 */
export function trustAlso(ca: string | undefined): void {
  if (ca === undefined) return;
  const tls = process.getBuiltinModule("node:tls");
  const { X509Certificate } = process.getBuiltinModule("node:crypto");
  const found = ca.match(CERTIFICATE) ?? [];
  // Node passes over whatever else stands in the text, and over a text without any.
  if (found.length === 0 || found.length !== ca.split("-----BEGIN CERTIFICATE-----").length - 1) throw noCertificate();
  try {
    for (const one of found) new X509Certificate(one);
    tls.setDefaultCACertificates([...tls.getCACertificates("default"), ...found]);
  } catch (cause) {
    throw noCertificate(cause);
  }
}

const noCertificate = (cause?: unknown): CairnError =>
  new CairnError("the file with --ca holds no certificate, or not the whole of one", {
    code: "bad-settings",
    kind: "input",
    cause,
    next: "Name a PEM file (`-----BEGIN CERTIFICATE-----`): that of the authority, or the gateway's own where it vouches for itself.",
  });
