import { printable } from "@cairn/core/printable";
import { CairnError } from "@cairn/protocol/errors";

/** Why a certificate is refused. */
type RefusalReason = "unknown-issuer" | "wrong-name" | "expired" | "not-yet-valid" | "unusable";

/** Codes of Node's TLS: those of OpenSSL's X509_verify_cert (`openssl errors`), and Node's own of a name that is not in the certificate. */
const REASONS = new Map<string, RefusalReason>([
  ["UNABLE_TO_GET_ISSUER_CERT", "unknown-issuer"],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "unknown-issuer"],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "unknown-issuer"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "unknown-issuer"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "unknown-issuer"],
  ["CERT_UNTRUSTED", "unknown-issuer"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "wrong-name"],
  ["HOSTNAME_MISMATCH", "wrong-name"],
  ["CERT_HAS_EXPIRED", "expired"],
  ["CERT_NOT_YET_VALID", "not-yet-valid"],
  // An authority of the same name is trusted, and did not sign it.
  ["CERT_SIGNATURE_FAILURE", "unknown-issuer"],
  ["CERT_REVOKED", "unusable"],
  ["CERT_REJECTED", "unusable"],
  ["CERT_CHAIN_TOO_LONG", "unusable"],
  ["INVALID_CA", "unusable"],
  ["INVALID_PURPOSE", "unusable"],
  ["PATH_LENGTH_EXCEEDED", "unusable"],
]);

const SAYS: Record<Exclude<RefusalReason, "wrong-name">, string> = {
  "unknown-issuer": "no authority that this system trusts has signed it",
  expired: "it, or that of the authority which signed it, has expired",
  "not-yet-valid": "it, or that of the authority which signed it, is not valid yet, or this machine's clock is behind",
  unusable: "it is not one that a server may use",
};

/**
 * What a connection failed by, where the server's certificate is the reason: nothing was sent to it then. Undefined for any other failure.
 * @param url of the server
 */
export function certificateRefusal(cause: unknown, url: string): CairnError | undefined {
  const { code, cert } = (cause ?? {}) as { code?: string; cert?: { subjectaltname?: string } };
  const reason = REASONS.get(code ?? "");
  if (reason === undefined) return undefined;
  const { origin, hostname } = new URL(url);
  const names = printable((cert?.subjectaltname ?? "").slice(0, 200));
  const why =
    reason === "wrong-name" ? `it is for ${names === "" ? "another name" : names}, not for ${hostname}` : SAYS[reason];
  return new CairnError(`the certificate of ${origin} is refused: ${why}; nothing was sent`, {
    code: "certificate-refused",
    kind: "auth",
    cause,
    details: { reason, url: origin },
    next: nextOf(reason, origin),
  });
}

function nextOf(reason: RefusalReason, origin: string): string {
  if (reason === "unknown-issuer")
    return `Where whoever runs the gateway has an authority of their own, get its certificate from them, not over this connection, and name it: \`cairn login ${origin} --ca FILE\`.`;
  if (reason === "wrong-name")
    return "Use the name that the certificate is for, or ask whoever runs the gateway to add this one.";
  if (reason === "not-yet-valid")
    return "Set this machine's clock if it is wrong; if it is right, ask whoever runs the gateway.";
  return "Ask whoever runs the gateway to renew its certificate (`--tls-cert`).";
}
