import { CairnError, type CairnErrorOptions, type Hex } from "@cairn/protocol";

/** Codes of JSON-RPC 2.0, EIP-1474 and, for reverts, geth. */
export const RPC = {
  parse: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  server: -32000,
  notFound: -32001,
  resourceUnavailable: -32002,
  rejected: -32003,
  limitExceeded: -32005,
  revert: 3,
} as const;

/** An error that a JSON-RPC client sees: `message` in the wording that wallets and viem recognise. */
export class RpcError extends CairnError {
  readonly rpcCode: number;
  readonly data: Hex | undefined;

  constructor(rpcCode: number, message: string, options: CairnErrorOptions, data?: Hex) {
    super(message, options);
    this.rpcCode = rpcCode;
    this.data = data;
  }
}

export function invalidParams(message: string): RpcError {
  return new RpcError(RPC.invalidParams, message, {
    code: "chain-invalid-params",
    kind: "input",
    next: "Correct the parameters of the request.",
  });
}

export function limitExceeded(message: string, next: string): RpcError {
  return new RpcError(RPC.limitExceeded, message, { code: "chain-limit", kind: "exhausted", next });
}

/** What was asked for is deleted. */
export function pruned(what: string, from: number): RpcError {
  return new RpcError(RPC.server, `${what} before block ${from} is pruned; run with archive`, {
    code: "chain-pruned",
    kind: "missing",
    next: "Ask for a newer block, or ask a chain that runs as an archive (CAIRN_ARCHIVE=1).",
    details: { from },
  });
}

export function rejected(message: string, next: string): RpcError {
  return new RpcError(RPC.server, message, { code: "chain-transaction-rejected", kind: "input", next });
}
