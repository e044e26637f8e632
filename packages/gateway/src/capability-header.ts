import { CairnError, type Signed, signedFromJson, type TypeName } from "@cairn/protocol";
import type { FastifyRequest } from "fastify";

/** The signed capability in the `cairn-capability` header (base64 JSON); throws `capability-needed` or `bad-message`. */
export function capabilityOf<N extends TypeName>(type: N, request: FastifyRequest): Signed<N> {
  const header = request.headers["cairn-capability"];
  if (typeof header !== "string" || header.length > 4096) {
    throw new CairnError(`this call needs a signed ${type} in the cairn-capability header`, {
      code: "capability-needed",
      kind: "auth",
      next: "Send it as base64 of its JSON.",
    });
  }
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(header, "base64").toString("utf8"));
  } catch (cause) {
    throw new CairnError("the cairn-capability header is not base64 JSON", {
      code: "bad-message",
      kind: "input",
      cause,
    });
  }
  return signedFromJson(type, json);
}
