import type { ListedProviderJson } from "@cairn/client";
import { expect, it } from "vitest";
import { requireQualified } from "./require-qualified.ts";

const provider = (i: number, more: Partial<ListedProviderJson> = {}) =>
  ({
    provider: `0x${String(i).repeat(40)}`,
    price: "10",
    region: "CA here",
    connected: true,
    ...more,
  }) as ListedProviderJson;
const client = {
  providers: async () => [provider(1), provider(2, { region: "NL" }), provider(3, { connected: false })],
};

it("says before anything is dropped that too few providers qualify", async () => {
  await requireQualified(client, { n: 2, placement: {} });
  await requireQualified(client, { n: 1, placement: { countries: ["NL"], maxPrice: "10" } });
  await expect(requireQualified(client, { n: 3, placement: {} })).rejects.toThrow("there are 2");
  await expect(requireQualified(client, { n: 2, placement: { countries: ["NL"] } })).rejects.toMatchObject({
    code: "too-few-providers",
    message: "2 shards need 2 providers, and there are 1 that qualify (1 is not in NL)",
    next: expect.stringContaining("is kept"),
  });
  await expect(requireQualified(client, { n: 1, placement: { maxPrice: "9" } })).rejects.toThrow("2 ask more");
});
