import { breathe } from "../breathe.ts";
import { RPC } from "../rpc-error.ts";
import { errorBody } from "./methods.ts";

export interface BatchLimits {
  /** Calls in one batch. */
  batch: number;
  /** Bytes of one answer; a batch that grows past it is answered with errors from there on. */
  answerBytes: number;
}

type CallOne = (method: string, params: unknown[]) => Promise<unknown>;

function errorText(id: unknown, code: number, message: string): string {
  return JSON.stringify({ jsonrpc: "2.0", id, error: { code, message } });
}

function idOf(request: unknown): string | number | null {
  if (typeof request !== "object" || request === null || !("id" in request)) return null;
  return typeof request.id === "string" || typeof request.id === "number" ? request.id : null;
}

async function answerOne(request: unknown, call: CallOne): Promise<string> {
  const id = idOf(request);
  if (typeof request !== "object" || request === null || Array.isArray(request)) {
    return errorText(id, RPC.invalidRequest, "invalid request");
  }
  const { method, params } = request as { method?: unknown; params?: unknown };
  if (typeof method !== "string") return errorText(id, RPC.invalidRequest, "invalid request: no method");
  if (params !== undefined && params !== null && !Array.isArray(params)) {
    return errorText(id, RPC.invalidParams, "params must be a list");
  }
  try {
    return JSON.stringify({ jsonrpc: "2.0", id, result: (await call(method, params ?? [])) ?? null });
  } catch (error) {
    return JSON.stringify({ jsonrpc: "2.0", id, error: errorBody(error) });
  }
}

/** Answers a JSON-RPC 2.0 request or batch, given and returned as text. Never throws: whatever came in, an answer goes out. */
export async function answer(body: string, call: CallOne, limits: BatchLimits): Promise<string> {
  let request: unknown;
  try {
    request = JSON.parse(body);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return errorText(null, RPC.parse, "parse error");
  }
  if (!Array.isArray(request)) return await answerOne(request, call);
  if (request.length === 0) return errorText(null, RPC.invalidRequest, "empty batch");
  if (request.length > limits.batch) {
    return errorText(null, RPC.limitExceeded, `batch of ${request.length} calls; at most ${limits.batch}`);
  }
  const answers: string[] = [];
  let size = 0;
  for (const one of request) {
    await breathe();
    const text =
      size > limits.answerBytes
        ? errorText(idOf(one), RPC.limitExceeded, "the batch's answer is too large")
        : await answerOne(one, call);
    size += text.length;
    answers.push(text);
  }
  return `[${answers.join(",")}]`;
}
