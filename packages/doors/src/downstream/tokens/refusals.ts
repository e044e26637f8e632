import { CairnError } from "@cairn/protocol/errors";

export function noToken(): CairnError {
  return new CairnError("no farmer has this token", {
    code: "downstream-no-token",
    kind: "missing",
    next: "Register for a new token.",
  });
}

/** @param most tokens that one network may have */
export function tooManyTokens(most: number): CairnError {
  return new CairnError(`this network has ${most} tokens, as many as it may`, {
    code: "downstream-too-many-tokens",
    kind: "input",
    next: "Use one of the tokens that this network has, or delete one.",
    details: { most },
  });
}

export function badAddress(): CairnError {
  return new CairnError("this is no SJCX address", {
    code: "downstream-bad-address",
    kind: "input",
    next: "Give a Bitcoin main-net address that begins with 1.",
  });
}

export function notWhitelisted(): CairnError {
  return new CairnError("this address is not on the whitelist, or holds too little", {
    code: "downstream-not-whitelisted",
    kind: "input",
    next: "Ask the operator of this node to add the address.",
  });
}
