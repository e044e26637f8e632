import { type Address, crypto, fromHex, type Hex, recoverDigest, toHex } from "@cairn/protocol";

/** A vote of a verifier as it stands in the transaction that it signed. */
export interface SignedVote {
  chainId: number;
  to: Address;
  set: Hex;
  period: number;
  root: Hex;
  leafFileHash: Hex;
  leaves: number;
  verifier: Address;
}

/** First bytes of keccak256("vote(bytes32,uint64,bytes32,bytes32,uint32)"), the function of ProofLedger. */
const SELECTOR = toHex(crypto.keccak(new TextEncoder().encode("vote(bytes32,uint64,bytes32,bytes32,uint32)"))).slice(
  2,
  10,
);
const WORD = 64;
/** chainId, nonce, two fees, gas, to, value, data, access list, and yParity, r, s (EIP-1559, EIP-2718). */
const FIELDS = 12;

/** Undefined where the bytes are not a signed transaction of type 2 that calls `vote`, in its only encoding. */
export function readVote(raw: Hex): SignedVote | undefined {
  try {
    return voteOf(fromHex(raw));
  } catch {
    return undefined;
  }
}

function voteOf(bytes: Uint8Array): SignedVote | undefined {
  if (bytes[0] !== 2) return undefined;
  const items = readList(bytes.subarray(1));
  if (items === undefined || items.length !== FIELDS) return undefined;
  const [chainId, , , , , to, , data, accessList, parity, r, s] = items as Item[];
  const fits =
    accessList?.list === true &&
    accessList.payload.length === 0 &&
    items.every(({ list }, at) => list === (at === 8)) &&
    to?.payload.length === 20 &&
    data !== undefined;
  if (!fits) return undefined;
  const text = toHex((data as Item).payload).slice(2);
  if (text.length !== 8 + 5 * WORD || text.slice(0, 8) !== SELECTOR) return undefined;
  const word = (index: number) => text.slice(8 + index * WORD, 8 + (index + 1) * WORD);
  const signature: Hex = `0x${padded(r as Item)}${padded(s as Item)}${numberOf(parity as Item) === 1 ? "1c" : "1b"}`;
  return {
    chainId: numberOf(chainId as Item),
    to: toHex((to as Item).payload),
    set: `0x${word(0)}`,
    period: Number(BigInt(`0x${word(1)}`)),
    root: `0x${word(2)}`,
    leafFileHash: `0x${word(3)}`,
    leaves: Number(BigInt(`0x${word(4)}`)),
    verifier: recoverDigest(signedDigest(items.slice(0, -3)), signature),
  };
}

interface Item {
  list: boolean;
  payload: Uint8Array;
  /** With its header. */
  whole: Uint8Array;
}

/** keccak256(0x02 ‖ rlp(all but the signature)). */
function signedDigest(items: readonly Item[]): Uint8Array {
  const length = items.reduce((sum, { whole }) => sum + whole.length, 0);
  const head = lengthHeader(length);
  const out = new Uint8Array(1 + head.length + length);
  out[0] = 2;
  out.set(head, 1);
  let at = 1 + head.length;
  for (const { whole } of items) {
    out.set(whole, at);
    at += whole.length;
  }
  return crypto.keccak(out);
}

function lengthHeader(length: number): number[] {
  if (length < 56) return [0xc0 + length];
  const digits = bytesOf(length);
  return [0xf7 + digits.length, ...digits];
}

function bytesOf(number: number): number[] {
  const digits: number[] = [];
  for (let rest = number; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
  return digits;
}

/** The items of a list that fills `bytes`; undefined where a header is not in its shortest form or does not fit. */
function readList(bytes: Uint8Array): Item[] | undefined {
  const outer = readItem(bytes);
  if (outer === undefined || !outer.list || outer.whole.length !== bytes.length) return undefined;
  const items: Item[] = [];
  for (let rest = outer.payload; rest.length > 0; ) {
    const item = readItem(rest);
    if (item === undefined || items.length > FIELDS) return undefined;
    items.push(item);
    rest = rest.subarray(item.whole.length);
  }
  return items;
}

/** RLP (Yellow Paper, appendix B), shortest forms only. */
function readItem(bytes: Uint8Array): Item | undefined {
  const first = bytes[0];
  if (first === undefined) return undefined;
  const list = first >= 0xc0;
  if (!list && first < 0x80) return { list, payload: bytes.subarray(0, 1), whole: bytes.subarray(0, 1) };
  const short = first - (list ? 0xc0 : 0x80);
  let head = 1;
  let length = short;
  if (short > 55) {
    const digits = short - 55;
    if (digits > 3 || bytes.length < 1 + digits || bytes[1] === 0) return undefined;
    length = bytes.subarray(1, 1 + digits).reduce((sum, byte) => sum * 256 + byte, 0);
    if (length < 56) return undefined;
    head += digits;
  }
  const whole = bytes.subarray(0, head + length);
  if (whole.length !== head + length) return undefined;
  const payload = whole.subarray(head);
  if (!list && length === 1 && (payload[0] as number) < 0x80) return undefined;
  return { list, payload, whole };
}

function numberOf({ payload }: Item): number {
  if (payload.length > 6 || payload[0] === 0) throw new RangeError("not a small number");
  return payload.reduce((sum, byte) => sum * 256 + byte, 0);
}

function padded({ payload }: Item): string {
  if (payload.length > 32 || payload[0] === 0) throw new RangeError("not a word");
  return toHex(payload).slice(2).padStart(64, "0");
}
