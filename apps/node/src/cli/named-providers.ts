import { CairnError } from "@cairn/protocol/errors";
import type { PlacementOptions } from "./placement-options.ts";
import type { Session } from "./session.ts";

/** `0x` and the digits that every list shows of a provider's address, or more of them. */
const START = /^0x[0-9a-f]{8,40}$/;
const WHOLE = 42;

/** Names that `cairn status` shows for providers of this home, and the addresses of the network's. */
export interface KnownProviders {
  local: readonly { name: string; provider?: string | undefined }[];
  addresses: () => Promise<string[]>;
}

/**
 * Addresses of the providers that a person means, in small letters: each by its whole address, by the start of one as lists show it, or by its name in
 * this home.
 * @throws CairnError `bad-options`
 */
export async function addressesOf({ local, addresses }: KnownProviders, texts: readonly string[]): Promise<string[]> {
  let known: string[] | undefined;
  const found: string[] = [];
  for (const text of texts) {
    const own = local.find(({ name, provider }) => provider !== undefined && name === text)?.provider;
    const start = (own ?? text).replace(/…$/, "").toLowerCase();
    if (START.test(start) && start.length === WHOLE) {
      found.push(start);
      continue;
    }
    known ??= (await addresses()).map((one) => one.toLowerCase());
    const fitting = START.test(start) ? [...new Set(known.filter((one) => one.startsWith(start)))] : [];
    const [only] = fitting;
    if (only === undefined || fitting.length > 1) throw refused(text, fitting);
    found.push(only);
  }
  return found;
}

function refused(text: string, fitting: readonly string[]): CairnError {
  const some = fitting.length > 1;
  return new CairnError(
    some
      ? `${text} stands for ${fitting.length} providers: ${fitting.join(", ")}`
      : `there is no provider "${text.slice(0, 50)}"`,
    {
      code: "bad-options",
      kind: "input",
      next: some
        ? "Give more digits of the one that you mean."
        : "`cairn providers` lists addresses, of which the first ten characters do, and `cairn status` the names of this home's.",
    },
  );
}

/** Those that a session's home and gateway know. */
export const providersOf = ({ client, gateway }: Pick<Session, "client" | "gateway">): KnownProviders => ({
  local: gateway.children,
  addresses: async () => (await client.providers()).map(({ provider }) => provider),
});

/** The options with addresses in place of the names of providers. @throws CairnError `bad-options` */
export async function withAddresses<Options extends PlacementOptions>(
  known: KnownProviders,
  options: Options,
): Promise<Options> {
  const { only, block } = options;
  return {
    ...options,
    ...(only === undefined ? {} : { only: await addressesOf(known, only) }),
    ...(block === undefined ? {} : { block: await addressesOf(known, block) }),
  };
}
