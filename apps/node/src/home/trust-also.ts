import { CairnError } from "@cairn/protocol/errors";

/**
 * Have this process take certificates that `ca` vouches for, beside those that it takes anyway.
 * @param ca PEM
 * @throws CairnError `bad-settings`
 */
export function trustAlso(ca: string | undefined): void {
  if (ca === undefined) return;
  const tls = process.getBuiltinModule("node:tls");
  try {
    tls.setDefaultCACertificates([...tls.getCACertificates("default"), ca]);
  } catch (cause) {
    throw new CairnError("the file with --ca holds no certificate", {
      code: "bad-settings",
      kind: "input",
      cause,
      next: "Name a PEM file: that of the authority, or the gateway's own where it vouches for itself.",
    });
  }
}
