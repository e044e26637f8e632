import { type SigningContext, verifyTyped } from "@cairn/protocol";
import { describe, expect, it } from "vitest";
import type { OwnerSigner } from "./owner-signer.ts";

const contract = (digit: string) => `0x${digit.repeat(40)}` as const;
const context: SigningContext = { chainId: 26170, deals: contract("1"), registry: contract("2") };
const termination = { documentHash: `0x${"ab".repeat(32)}`, expiry: 1_800_000_000n } as const;

/** What every OwnerSigner does. */
export function ownerSignerSuite(name: string, open: () => OwnerSigner | Promise<OwnerSigner>): void {
  describe(`OwnerSigner: ${name}`, () => {
    it("has its address in lower case, and signs by it", async () => {
      const signer = await open();
      expect(signer.address).toMatch(/^0x[0-9a-f]{40}$/);
      const signature = await signer.sign("Termination", termination, context);
      expect(verifyTyped(signer.address, "Termination", termination, context, signature)).toBe(true);
    });

    it("signs for the contracts that it is told, and for no others", async () => {
      const signer = await open();
      const signature = await signer.sign("Termination", termination, context);
      for (const other of [
        { ...context, chainId: 1 },
        { ...context, deals: contract("3") },
      ]) {
        expect(verifyTyped(signer.address, "Termination", termination, other, signature)).toBe(false);
      }
    });

    it("signs the same message the same way, also when it is asked twice at once", async () => {
      const signer = await open();
      const sign = () => signer.sign("Termination", termination, context);
      const [one, two] = await Promise.all([sign(), sign()]);
      expect(one).toBe(two);
    });

    it("refuses a message whose fields do not fit their types", async () => {
      const signer = await open();
      await expect(signer.sign("Termination", { ...termination, expiry: -1n }, context)).rejects.toMatchObject({
        code: "bad-message",
      });
    });
  });
}
