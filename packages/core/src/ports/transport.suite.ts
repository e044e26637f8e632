import { type Address, type DealId, ProviderRefusal, type ProviderRequest, type Signed } from "@cairn/protocol";
import { describe, expect, it } from "vitest";
import type { Transport } from "./transport.ts";

/** A transport with a provider at its other end that holds one shard of more than 1 MiB. */
export interface TransportHarness {
  transport: Transport;
  provider: Address;
  /** Any address at which nobody is. */
  stranger: Address;
  deal: DealId;
  /** The whole shard. */
  shard: Uint8Array;
  /** Fresh rights to read [offset, offset + length). */
  rights(offset: number, length: number): { ticket: Signed<"ReadTicket">; capability: Signed<"ReadCapability"> };
  manifest: {
    request: Extract<ProviderRequest, { type: "manifest" }>;
    document: Uint8Array;
    manifest: Uint8Array;
  };
}

async function collect(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** What every Transport does, whichever way its bytes go. `open` is called in each test and may give the same harness. */
export function transportSuite(name: string, open: () => Promise<TransportHarness>): void {
  describe(`Transport: ${name}`, () => {
    it("knows whom it can ask", async () => {
      const { transport, provider, stranger } = await open();
      expect(transport.reachable(provider)).toBe(true);
      expect(transport.reachable(stranger)).toBe(false);
      await expect(transport.request(stranger, { type: "scrub", deal: `0x${"0".repeat(64)}` })).rejects.toMatchObject({
        code: "provider-unreachable",
      });
    });

    it("asks and is answered, many at a time", async () => {
      const { transport, provider, deal, shard } = await open();
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => transport.request(provider, { type: "scrub", deal })),
      );
      for (const answer of answers) expect(answer).toEqual({ damage: [], checkedBytes: shard.length });
    });

    it("passes on the provider's own error", async () => {
      const { transport, provider } = await open();
      const deal: DealId = `0x${"ab".repeat(32)}`;
      await expect(transport.request(provider, { type: "scrub", deal })).rejects.toMatchObject({
        code: "unknown-deal",
        kind: "missing",
      });
    });

    it("stops waiting when told to", async () => {
      const { transport, provider, deal } = await open();
      const signal = AbortSignal.abort(new Error("enough"));
      await expect(transport.request(provider, { type: "scrub", deal }, { signal })).rejects.toThrow();
    });

    it("reads exactly what the ticket says", async () => {
      const { transport, provider, deal, shard, rights } = await open();
      const ranges: [number, number][] = [
        [0, shard.length],
        [0, 1],
        [shard.length - 1, 1],
        [1_048_575, 2],
        [127, 300_000],
      ];
      for (const [offset, length] of ranges) {
        const { ticket, capability } = rights(offset, length);
        const bytes = await collect(transport.read(provider, deal, ticket, capability));
        expect(bytes.equals(shard.subarray(offset, offset + length))).toBe(true);
      }
    });

    it("reads many ranges at a time", async () => {
      const { transport, provider, deal, shard, rights } = await open();
      const step = Math.floor(shard.length / 16);
      const parts = await Promise.all(
        Array.from({ length: 16 }, (_, i) => {
          const { ticket, capability } = rights(i * step, step);
          return collect(transport.read(provider, deal, ticket, capability));
        }),
      );
      expect(Buffer.concat(parts).equals(shard.subarray(0, 16 * step))).toBe(true);
    });

    it("lets a reader stop early, and goes on with the next", async () => {
      const { transport, provider, deal, shard, rights } = await open();
      const first = rights(0, shard.length);
      for await (const chunk of transport.read(provider, deal, first.ticket, first.capability)) {
        expect(chunk.length).toBeGreaterThan(0);
        break;
      }
      const second = rights(5, 10);
      const bytes = await collect(transport.read(provider, deal, second.ticket, second.capability));
      expect(bytes.equals(shard.subarray(5, 15))).toBe(true);
    });

    it("takes a ticket once", async () => {
      const { transport, provider, deal, rights } = await open();
      const { ticket, capability } = rights(0, 100);
      await collect(transport.read(provider, deal, ticket, capability));
      await expect(collect(transport.read(provider, deal, ticket, capability))).rejects.toMatchObject({
        code: "bad-ticket",
      });
    });

    it("marks what the provider itself answers, and nothing else", async () => {
      const { transport, provider, stranger, deal, rights } = await open();
      const strange: DealId = `0x${"99".repeat(32)}`;
      const request = transport.request(provider, { type: "scrub", deal: strange });
      await expect(request).rejects.toBeInstanceOf(ProviderRefusal);
      const { ticket, capability } = rights(0, 10);
      const forged = { ...ticket, message: { ...ticket.message, length: 11n } };
      const reading = collect(transport.read(provider, deal, forged, capability));
      await expect(reading).rejects.toBeInstanceOf(ProviderRefusal);
      const nobody = transport.request(stranger, { type: "scrub", deal });
      await expect(nobody).rejects.not.toBeInstanceOf(ProviderRefusal);
    });

    it("refuses a range outside the shard and a forged ticket", async () => {
      const { transport, provider, deal, shard, rights } = await open();
      const outside = rights(shard.length - 1, 2);
      await expect(collect(transport.read(provider, deal, outside.ticket, outside.capability))).rejects.toMatchObject({
        code: "bad-ticket",
      });
      const { ticket, capability } = rights(0, 10);
      const forged = { ...ticket, message: { ...ticket.message, length: 11n } };
      await expect(collect(transport.read(provider, deal, forged, capability))).rejects.toMatchObject({
        code: "bad-ticket",
      });
    });

    it("brings document and manifest", async () => {
      const { transport, provider, manifest } = await open();
      const answer = await transport.request(provider, manifest.request);
      expect(Buffer.from(answer.document, "base64").equals(manifest.document)).toBe(true);
      expect(Buffer.from(answer.manifest, "base64").equals(manifest.manifest)).toBe(true);
    });
  });
}
