import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import {
  CERTIFICATE_LIMITS,
  type CertificateReport,
  compareWithChain,
  verifyCertificate as verify,
} from "@cairn/proofs/certificate";
import type { Address } from "@cairn/protocol";
import { CairnError } from "@cairn/protocol/errors";
import { certificateLines } from "./certificate-lines.ts";
import { createOutput } from "./output.ts";

export interface VerifyOptions {
  json?: boolean;
  /** The owner's detached signature; true: FILE.asc. */
  signature?: string | true;
  /** The owner's public OpenPGP key. */
  key?: string;
  /** A chain to hold it against. */
  rpc?: string;
}

/** Check a custody certificate: needs no home and no network, unless a chain is named. */
export async function verifyCertificate(file: string, options: VerifyOptions): Promise<void> {
  const output = createOutput(options);
  const bytes = await read(file, CERTIFICATE_LIMITS.bytes);
  const report = verify(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes));
  const signed = options.signature === undefined ? undefined : await signatureOf(file, bytes, options);
  const differences = options.rpc === undefined ? undefined : await compare(report, options.rpc);
  const { certificate, set, custody, deals, unsigned } = report;
  output.result({
    holds: true,
    package: certificate.package.id,
    set,
    custody: custody ?? null,
    deals,
    unsigned,
    signed,
    differences,
  });
  output.say([
    ...certificateLines(report),
    "",
    ...(signed === undefined ? [] : [`Signed by the OpenPGP key ${signed.fingerprint}.`]),
    ...trustOf(report, differences !== undefined),
  ]);
  const [first] = differences ?? [];
  if (first === undefined) return;
  throw new CairnError(`the chain says otherwise than the certificate: ${differences?.join("; ")}`, {
    code: "certificate-differs",
    kind: "corrupt",
    next: "Believe the chain, if it is the one that the package is on; else name that one with --rpc.",
  });
}

/** Whom one has to believe for it to say anything: docs/certificate.md. */
function trustOf({ certificate, set }: CertificateReport, compared: boolean): string[] {
  const { network, gateway } = certificate;
  const { verifiers, quorum } = certificate.set;
  const contracts = `chain ${network.chainId} with the contracts at ${network.deals}`;
  return compared
    ? [
        `Its roots, receipts and verifiers are those of ${contracts}. Believe it as far as you believe that chain, and ${quorum} of ${verifiers.length} verifiers (set ${set}).`,
      ]
    : [
        `It fits together, and is signed by gateway ${gateway}. Believe it as far as you believe ${quorum} of these ${verifiers.length} verifiers, and that they are those of ${contracts}:`,
        ...verifiers.map((verifier) => `  ${verifier as Address}`),
        "Hold it against that chain with --rpc URL.",
      ];
}

async function signatureOf(file: string, bytes: Uint8Array, { signature, key }: VerifyOptions) {
  if (key === undefined)
    throw new CairnError("a signature is of a key: which one is not said", {
      code: "bad-input",
      kind: "input",
      next: `Name the file of the owner's public key with --key, or use \`gpg --verify ${file}.asc ${file}\`.`,
    });
  const { verifyDetached } = await import("@cairn/archive/sign-detached");
  const [armoredKey, armored] = await Promise.all([key, signature === true ? `${file}.asc` : signature!].map(text));
  return verifyDetached(armoredKey as string, bytes, armored as string);
}

async function compare(report: CertificateReport, url: string): Promise<string[]> {
  const { openLedger } = await import("@cairn/chain");
  const ledger = await openLedger({ url, deployment: { deals: report.certificate.network.deals } });
  try {
    return await compareWithChain(report, ledger);
  } finally {
    await ledger.stop();
  }
}

const MOST_KEY_BYTES = 1_048_576;
const text = async (file: string): Promise<string> => Buffer.from(await read(file, MOST_KEY_BYTES)).toString("utf8");

async function read(file: string, most: number): Promise<Uint8Array> {
  const unreadable = (why: string, cause?: unknown) =>
    new CairnError(`cannot read ${resolve(file)}${why}`, {
      code: "unreadable-path",
      kind: "input",
      cause,
      next: "Name a file that `cairn certificate` wrote.",
    });
  const bytes = await readFile(resolve(file)).catch((cause: unknown) => Promise.reject(unreadable("", cause)));
  if (bytes.length > most) throw unreadable(`: it has more than ${most} bytes`);
  return bytes;
}
