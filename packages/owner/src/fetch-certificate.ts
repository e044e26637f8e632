import type { NetworkJson, PackageJson } from "@cairn/client";
import { CERTIFICATE_LIMITS, type CertificateReport, verifyCertificate } from "@cairn/proofs/certificate";
import type { Hex } from "@cairn/protocol";
import { collect } from "./collect.ts";
import { findPackage } from "./find-package.ts";
import { type Expectation, expectEqual } from "./gateway-lies.ts";
import { nothingIn } from "./nothing-in.ts";
import type { OpenPorts } from "./open-package.ts";
import type { Gateway } from "./ports.ts";

export type CertificatePorts = OpenPorts & { gateway: OpenPorts["gateway"] & Pick<Gateway, "certificate"> };

/** A certificate as it came, and what it says. */
export interface FetchedCertificate {
  bytes: Uint8Array;
  report: CertificateReport;
}

/**
 * The custody certificate of a package as the gateway signs it now: whoever hands it on has checked that it holds, and that it is of this package and of
 * the network that the account signs for.
 */
export async function fetchCertificate(
  ports: CertificatePorts,
  { target, pieces }: { target: string; pieces?: readonly number[] | undefined },
): Promise<FetchedCertificate> {
  const found = await findPackage(ports, target);
  if (found.document === undefined) throw nothingIn(target, found, "certify");
  return certificateOf(ports.gateway, { found, network: await ports.network(), pieces });
}

/** The same of a package that needs no key to be known: held against `found` and `network`, which are as good as whoever said so. */
export async function certificateOf(
  gateway: Pick<Gateway, "certificate">,
  of: { found: Pick<PackageJson, "id" | "documentHash">; network: NetworkJson; pieces?: readonly number[] | undefined },
): Promise<FetchedCertificate> {
  const { found, network, pieces } = of;
  const bytes = await collect(await gateway.certificate(found.id, pieces), CERTIFICATE_LIMITS.bytes, "the certificate");
  const report = verifyCertificate(new TextDecoder("utf-8", { fatal: false, ignoreBOM: true }).decode(bytes));
  const { certificate, set } = report;
  const expected: Expectation[] = [
    ["the certified package", certificate.package.documentHash, found.documentHash as Hex],
    ["the contracts", certificate.network.deals, network.deployment.deals.toLowerCase()],
    ["the chain", certificate.network.chainId, network.deployment.chainId],
    ["the length of a period", certificate.network.periodSeconds, network.deployment.periodSeconds],
    ["the beginning of period 0", certificate.network.genesisTime, network.deployment.genesisTime],
    ["the verifiers", set, network.verifierSet],
    ["who signs", certificate.gateway, network.executor.toLowerCase()],
  ];
  expectEqual(expected, "The certificate was not kept.");
  return { bytes, report };
}
