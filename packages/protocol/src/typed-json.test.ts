import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CairnError } from "./errors.ts";
import { type Message, TYPES, type TypeName } from "./typed-data.ts";
import { messageFromJson, messageToJson, signedFromJson } from "./typed-json.ts";

const hex = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((b) => `0x${Buffer.from(b).toString("hex")}`);

function anyValue(type: string): fc.Arbitrary<unknown> {
  if (type === "string") return fc.string({ maxLength: 40 });
  if (type === "address") return hex(20);
  if (type === "bytes32") return hex(32);
  const bits = Number(type.slice(4));
  return bits <= 32 ? fc.nat(2 ** bits - 1) : fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n });
}

const anyMessage = fc
  .constantFrom(...(Object.keys(TYPES) as TypeName[]))
  .chain((type) =>
    fc
      .record(Object.fromEntries(TYPES[type].map((f) => [f.name, anyValue(f.type)])))
      .map((message) => ({ type, message: message as unknown as Message<TypeName> })),
  );

describe("messageFromJson", () => {
  it("reads back what messageToJson wrote, through JSON text", () => {
    fc.assert(
      fc.property(anyMessage, ({ type, message }) => {
        expect(messageFromJson(type, JSON.parse(JSON.stringify(messageToJson(message))))).toEqual(message);
      }),
    );
  });

  it("answers rubbish with bad-message and nothing else", () => {
    fc.assert(
      fc.property(fc.constantFrom(...(Object.keys(TYPES) as TypeName[])), fc.jsonValue(), (type, json) => {
        for (const parse of [messageFromJson, signedFromJson]) {
          try {
            parse(type, json);
          } catch (error) {
            expect(error).toBeInstanceOf(CairnError);
            expect((error as CairnError).code).toBe("bad-message");
          }
        }
      }),
    );
  });

  it("refuses an integer that is too wide for its type", () => {
    const receipt = {
      deal: `0x${"00".repeat(32)}`,
      commitment: `0x${"00".repeat(32)}`,
      rawLength: (1n << 64n).toString(),
    };
    expect(() => messageFromJson("Receipt", receipt)).toThrow("rawLength");
  });
});
