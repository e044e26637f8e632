import { describe, expect, it } from "vitest";
import { checkPassword } from "./check-password.ts";
import { hashPassword } from "./hash-password.ts";
import { verifyPassword } from "./verify-password.ts";

/** Made by the reference implementation's command line: echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1 -l 32 (argon2's own test.c). */
const REFERENCE = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";

/** Milliseconds of processor time, of all threads. */
async function costOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

describe("passwords", () => {
  it("open a published hash, and no other", async () => {
    expect(await verifyPassword("password", REFERENCE, "known")).toBe(true);
    expect(await verifyPassword("Password", REFERENCE, "known")).toBe(false);
  });

  it("are kept as argon2id with a salt of their own, whatever their form of Unicode", async () => {
    const [one, two] = [
      await hashPassword("zwei Brüder am See", "known"),
      await hashPassword("zwei Brüder am See", "known"),
    ];
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(two).not.toBe(one);
    expect(await verifyPassword("zwei Bru\u0308der am See", one, "known")).toBe(true);
    expect(await verifyPassword("", one, "known")).toBe(false);
  });

  it("cost as much to check for nobody as for somebody", async () => {
    const stored = await hashPassword("correct horse battery", "known");
    const rounds = async (hash: string | undefined) =>
      costOf(async () => {
        for (let i = 0; i < 8; i += 1) expect(await verifyPassword("wrong", hash, "known")).toBe(false);
      });
    await rounds(stored);
    const [known, unknown] = [await rounds(stored), await rounds(undefined)];
    expect(unknown / known).toBeGreaterThan(0.4);
    expect(unknown / known).toBeLessThan(2.5);
  });

  it("never match a damaged hash, and cost no less for it", async () => {
    expect(await verifyPassword("x", "$argon2id$v=19$m=1", "known")).toBe(false);
    expect(await verifyPassword("x", "", "known")).toBe(false);
  });

  it.each([["short"], ["aaaaaaaaaaaaaaaa"], ["alice-the-great"], ["x1y2z3".repeat(200)]])(
    "%s is refused, and not repeated",
    (password) => {
      let said = "";
      try {
        checkPassword(password, "Alice");
      } catch (error) {
        said = (error as Error).message;
        expect(error).toMatchObject({ code: "bad-password" });
      }
      expect(said).not.toBe("");
      expect(said).not.toContain(password);
    },
  );

  it("may be any words that are long enough", () => {
    checkPassword("four words of nothing", "alice");
    checkPassword("Ψ".repeat(6) + "αβγδεζ", "alice");
  });
});
