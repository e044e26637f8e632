import type { Ledger } from "@cairn/core";
import type { CertificateReport } from "./verify-certificate.ts";

export type CertifiedChain = Pick<Ledger, "deployment" | "verifierSet" | "finalizedRoot" | "deal" | "package">;

/** What the chain says otherwise than a certificate that holds by itself, a sentence each; none where it agrees with all of it. */
export async function compareWithChain(
  { certificate, set, deals }: CertificateReport,
  chain: CertifiedChain,
): Promise<string[]> {
  const { network, package: kept, roots, gateway } = certificate;
  const differences: string[] = [];
  for (const name of ["chainId", "deals", "registry", "ledger", "genesisTime", "periodSeconds"] as const) {
    const { [name]: there } = chain.deployment;
    if (there !== network[name])
      differences.push(`network.${name} is ${there} on the chain, and ${network[name]} here`);
  }
  if (differences.length > 0) return differences;
  if ((await chain.verifierSet(set)) === undefined) differences.push(`verifier set ${set} is not registered`);
  const found = await chain.package(kept);
  if (found === undefined) differences.push(`package ${kept.documentHash} of ${kept.owner} is not on the chain`);
  else if (found.executor !== gateway)
    differences.push(`the package's executor is ${found.executor}, and ${gateway} signed`);
  for (const { period, root, leafFileHash, leaves } of roots) {
    const final = await chain.finalizedRoot(set, period);
    if (final === undefined) differences.push(`period ${period} has no final root`);
    else if (final.root !== root || final.leafFileHash !== leafFileHash || final.leaves !== leaves)
      differences.push(`the final root of period ${period} is ${final.root} with ${final.leaves} leaves`);
  }
  for (const [at, { deal, receivedAt }] of certificate.deals.entries()) {
    const there = await chain.deal(deal);
    if (there === undefined) differences.push(`deal ${deal} is not on the chain`);
    else if (there.receiptTime !== receivedAt)
      differences.push(`the receipt of deal ${deal} is of ${there.receiptTime}, and of ${receivedAt} here`);
    else if (there.provenCount < (deals[at]?.onChain ?? 0))
      differences.push(
        `deal ${deal} was proved ${there.provenCount} times on the chain, and ${deals[at]?.onChain} here`,
      );
  }
  return differences;
}
