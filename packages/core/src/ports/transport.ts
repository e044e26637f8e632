import type { Address, DealId, ProviderReply, ProviderRequest, Signed } from "@cairn/protocol";

/** The gateway's way to a provider; the same over the control connection that the provider dialled and over direct HTTP. */
export interface Transport {
  /** Providers that can be asked now. */
  reachable(provider: Address): boolean;
  /** Find out which of these can be dialled, for those that are not connected; afterwards `reachable` knows. Takes at most a few seconds. */
  seek(providers: readonly Address[]): Promise<void>;
  /** Ask and await the answer; throws the provider's CairnError, `provider-unreachable` or `provider-timeout`. */
  request<R extends ProviderRequest>(
    provider: Address,
    request: R,
    options?: { timeoutSeconds?: number; signal?: AbortSignal },
  ): Promise<ProviderReply<R>>;
  /** Exactly the ticket's range of a shard; throws `short-read` or `long-read` where the provider sends another length. */
  read(
    provider: Address,
    deal: DealId,
    ticket: Signed<"ReadTicket">,
    capability: Signed<"ReadCapability">,
    signal?: AbortSignal,
  ): AsyncIterable<Uint8Array>;
}
