import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { CairnError } from "@cairn/protocol/errors";
import { writeWhole } from "../home/home.ts";
import { certificateLines } from "./certificate-lines.ts";
import { ownerPorts } from "./owner-ports.ts";
import { type CommonOptions, openSession, requireOwner } from "./session.ts";

export interface CertificateOptions extends CommonOptions {
  output: string;
  /** Only these pieces. */
  pieces?: number[];
  /** Where to write the public key that the signature is of. */
  publicKey?: string;
  /** Write over what is there. */
  force?: boolean;
}

/** Have the gateway certify what a package's deals came to, check it, sign it with the owner's OpenPGP key, and write both. */
export async function certificate(target: string, options: CertificateOptions): Promise<void> {
  const session = await openSession(options);
  const owner = await requireOwner(session.home);
  const file = resolve(options.output);
  const files = [file, `${file}.asc`, ...(options.publicKey === undefined ? [] : [resolve(options.publicKey)])];
  if (!options.force) for (const one of files) await requireNew(one);
  const [{ fetchCertificate }, { signDetached }, { exportPublicKey }] = await Promise.all([
    import("@cairn/owner/fetch-certificate"),
    import("@cairn/archive/sign-detached"),
    import("@cairn/archive/keys"),
  ]);
  const { bytes, report } = await fetchCertificate(ownerPorts(session, owner), { target, pieces: options.pieces });
  const key = await owner.openKey();
  await writeWhole(file, Buffer.from(bytes));
  await writeWhole(`${file}.asc`, await signDetached(key, bytes));
  if (options.publicKey !== undefined) await writeWhole(resolve(options.publicKey), exportPublicKey(key));
  const { output } = session;
  output.result({ file, signature: `${file}.asc`, fingerprint: key.fingerprint, custody: report.custody ?? null });
  output.say([
    ...certificateLines(report),
    `Written to ${file} (${bytes.length} bytes), signed by your key ${key.fingerprint} in ${file}.asc.`,
    `Anybody checks it with \`cairn verify-certificate ${options.output}\`, without this network.`,
  ]);
}

async function requireNew(path: string): Promise<void> {
  if ((await stat(path).catch(() => undefined)) === undefined) return;
  throw new CairnError(`${path} exists already`, {
    code: "file-exists",
    kind: "conflict",
    next: "Name a file that does not exist, or write over it with --force.",
  });
}
