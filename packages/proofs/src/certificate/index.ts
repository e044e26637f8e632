export {
  CERTIFICATE_FORMAT,
  CERTIFICATE_LIMITS,
  type Certificate,
  type CertifiedDeal,
  type CertifiedLeaf,
  type CertifiedPiece,
  type CertifiedRoot,
  type CertifiedSpan,
  certificateDigest,
  certificateText,
  type SignedCertificate,
  SPAN_OUTCOMES,
  verifierSetId,
} from "./certificate.ts";
export { type CertifiedChain, compareWithChain } from "./compare-chain.ts";
export type { Gap } from "./find-gaps.ts";
export { readCertificate } from "./read-certificate.ts";
export {
  type CertificateReport,
  certifiedTime,
  type DealGap,
  type DealReport,
  verifyCertificate,
} from "./verify-certificate.ts";
