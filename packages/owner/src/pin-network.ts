import type { NetworkJson } from "@cairn/client";
import { printable } from "@cairn/core";
import { CairnError, crypto, fromHex, toHex } from "@cairn/protocol";
import { lie } from "./gateway-lies.ts";

/** What this account signs for: kept at first sight, and from then on not believed anew. */
export type Pinned = ReturnType<typeof pinnedOf>;

/** Where it is kept. */
export interface PinStore {
  read(): Promise<Pinned | undefined>;
  write(pinned: Pinned): Promise<void>;
}

/** The part of `/api/v1/network` that decides what a signature is good for. */
function pinnedOf({ profile, executor, verifierSet, verifiers, quorum, deployment, defaults }: NetworkJson) {
  return {
    profile,
    executor: executor.toLowerCase(),
    verifierSet,
    verifiers: verifiers.map((address) => address.toLowerCase()).toSorted(),
    quorum,
    deployment: { ...deployment },
    defaults: { ...defaults },
  };
}

function flat(value: unknown, path = ""): [string, unknown][] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [[path, JSON.stringify(value)]];
  return Object.entries(value).flatMap(([key, inner]) => flat(inner, path === "" ? key : `${path}.${key}`));
}

/** Fields in which the network differs from what is pinned: name, pinned, offered. */
function differences(pinned: unknown, offered: unknown): { field: string; pinned: string; offered: string }[] {
  const before = new Map(flat(pinned));
  const after = new Map(flat(offered));
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((field) =>
    before.get(field) === after.get(field)
      ? []
      : [{ field, pinned: String(before.get(field)), offered: String(after.get(field)) }],
  );
}

/**
 * Hold what the gateway says of its network against what this account saw first; nothing is signed for another. `known` is what the
 * account's own file says of its contracts.
 * @throws CairnError `network-changed` (details.changes), `gateway-lies`
 */
export async function pinNetwork(
  store: PinStore,
  network: NetworkJson,
  options: { known?: { chainId: number; deals: string } | undefined; accept?: boolean } = {},
): Promise<void> {
  const offered = pinnedOf(network);
  checkSet(offered);
  const { known } = options;
  const seen = await store.read();
  const pinned =
    seen ?? (known === undefined ? offered : { ...offered, deployment: { ...offered.deployment, ...known } });
  const changes = differences(pinned, offered);
  if (changes.length > 0 && options.accept !== true) {
    const named = changes.map(({ field, pinned: was, offered: is }) => `${field} was ${was} and is ${is}`);
    throw new CairnError(`the network is not the one that this account knows: ${printable(named.join("; "))}`, {
      code: "network-changed",
      kind: "conflict",
      details: { changes },
      next: "Nothing was signed. If you know why it changed, accept it with `cairn trust --accept`; else ask who runs this gateway.",
    });
  }
  if (seen === undefined || changes.length > 0) await store.write(offered);
}

/** The id of a verifier set says who is in it: keccak256(abi.encode(address[] verifiers, uint8 quorum)). */
function checkSet({ verifiers, quorum, verifierSet }: Pinned): void {
  const word = (hex: string) => hex.padStart(64, "0");
  const words = [
    word((64).toString(16)),
    word(quorum.toString(16)),
    word(verifiers.length.toString(16)),
    ...verifiers.map((address) => word(address.slice(2))),
  ];
  const id = toHex(crypto.keccak(fromHex(`0x${words.join("")}`)));
  if (id !== verifierSet) throw lie("network.verifierSet", verifierSet, id, "Nothing was signed.");
}
