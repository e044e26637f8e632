import type { Answer } from "../verification-node.ts";
import { bodyUnderToken, type Call, hashOf, nameOf, noteSingle, sendJson, tokenOf } from "./call.ts";
import { Refusal, TEXTS } from "./refusal.ts";

/** About 7,000 Merkle or 3,500 Swizzle proofs. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;
const MAX_SINGLE_BODY_BYTES = 256 * 1024;
const MAX_PROOFS = 10_000;

/** `POST /answer/<token>`: many proofs, with a report on each. */
export async function manyAnswers(call: Call, text: string): Promise<unknown> {
  const token = tokenOf(text);
  const { echoes, answers } = proofsIn(await bodyUnderToken(call, token, MAX_BODY_BYTES), call.dialect.proof);
  const outcomes = await call.door.node.answer(token, call.ip, answers);
  const report = outcomes.map((outcome, at) =>
    outcome === "ok"
      ? `{"file_hash":${echoes[at]},"status":"ok"}`
      : `{"file_hash":${echoes[at]},"error":"${call.dialect.answerErrors[outcome]}"}`,
  );
  return sendJson(call, `{"report":[${report.join(",")}]}`);
}

function proofsIn(body: unknown, proofOf: (value: unknown) => unknown): { echoes: string[]; answers: Answer[] } {
  const proofs = typeof body === "object" && body !== null ? (body as { proofs?: unknown }).proofs : undefined;
  if (!Array.isArray(proofs)) throw new Refusal(400, TEXTS.proofsBody);
  if (proofs.length > MAX_PROOFS) throw new Refusal(400, TEXTS.tooManyItems(MAX_PROOFS));
  const echoes: string[] = [];
  const answers = proofs.map((item: unknown) => {
    const { file_hash, proof } = (typeof item === "object" && item !== null ? item : {}) as Record<string, unknown>;
    const name = nameOf(file_hash);
    if (name === undefined) throw new Refusal(400, TEXTS.proofsBody);
    echoes.push(name.echo);
    return { hash: name.hash, proof: proofOf(proof) };
  });
  return { echoes, answers };
}

/** `POST /answer/<token>/<file_hash>`. */
export async function oneAnswer(call: Call, text: string, hashText: string): Promise<unknown> {
  const token = tokenOf(text);
  const body = await bodyUnderToken(call, token, MAX_SINGLE_BODY_BYTES);
  if (typeof body !== "object" || body === null || !("proof" in body)) throw new Refusal(400, TEXTS.proofBody);
  const hash = hashOf(hashText);
  const [outcome] = await call.door.node.answer(token, call.ip, [{ hash, proof: call.dialect.proof(body.proof) }]);
  await noteSingle(call, token, hash);
  if (outcome !== "ok") throw new Refusal(400, call.dialect.singleAnswerErrors[outcome ?? "missing"]);
  return sendJson(call, '{"status":"ok"}');
}
