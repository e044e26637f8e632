/** A value that a MaxMind database can hold here; numbers are written as doubles, those of the metadata as integers. */
type Value = string | number | Value[] | { [key: string]: Value };

const METADATA_MARKER = Buffer.from("abcdef4d61784d696e642e636f6d", "hex");
const MAP = 7;
const ARRAY = 11;
const DOUBLE = 3;
const UINT32 = 6;
const UTF8 = 2;

/** Control byte or bytes of a field: type, and size up to 284. */
function control(type: number, size: number): Buffer {
  const [low, rest] = size < 29 ? [size, []] : [29, [size - 29]];
  return type <= MAP ? Buffer.from([(type << 5) | low, ...rest]) : Buffer.from([low, type - MAP, ...rest]);
}

function encode(value: Value, numbers: "double" | "integer"): Buffer {
  if (typeof value === "string") {
    const text = Buffer.from(value);
    return Buffer.concat([control(UTF8, text.length), text]);
  }
  if (typeof value === "number") {
    const bytes = Buffer.alloc(numbers === "double" ? 8 : 4);
    if (numbers === "double") bytes.writeDoubleBE(value);
    else bytes.writeUInt32BE(value);
    return Buffer.concat([control(numbers === "double" ? DOUBLE : UINT32, bytes.length), bytes]);
  }
  const parts = Array.isArray(value)
    ? [control(ARRAY, value.length), ...value.map((one) => encode(one, numbers))]
    : [
        control(MAP, Object.keys(value).length),
        ...Object.entries(value).flatMap(([key, one]) => [encode(key, numbers), encode(one, numbers)]),
      ];
  return Buffer.concat(parts);
}

/** A database in MaxMind's format (version 2.0, IPv4 only, 24-bit records): a record for each single address given. */
export function writeMmdb(databaseType: string, records: Record<string, Value>): Buffer {
  const nodes: [number | null, number | null][] = [[null, null]];
  const leaves: { node: number; side: 0 | 1; offset: number }[] = [];
  const data: Buffer[] = [];
  let length = 0;
  for (const [address, record] of Object.entries(records)) {
    const bits = address
      .split(".")
      .flatMap((part) => Array.from({ length: 8 }, (_, bit) => (Number(part) >> (7 - bit)) & 1));
    let node = 0;
    for (const [depth, bit] of bits.entries()) {
      const side = bit === 1 ? 1 : 0;
      if (depth === bits.length - 1) leaves.push({ node, side, offset: length });
      else {
        const row = nodes[node] ?? [null, null];
        const next = row[side] ?? nodes.push([null, null]) - 1;
        row[side] = next;
        node = next;
      }
    }
    const encoded = encode(record, "double");
    data.push(encoded);
    length += encoded.length;
  }
  // The 16 bytes after the tree separate it from the data; a record beyond the tree counts them.
  for (const { node, side, offset } of leaves) (nodes[node] ?? [null, null])[side] = nodes.length + 16 + offset;
  const tree = Buffer.alloc(nodes.length * 6);
  for (const [index, row] of nodes.entries()) {
    for (const side of [0, 1] as const) tree.writeUIntBE(row[side] ?? nodes.length, index * 6 + side * 3, 3);
  }
  const metadata = encode(
    {
      binary_format_major_version: 2,
      binary_format_minor_version: 0,
      build_epoch: 1_795_000_000,
      database_type: databaseType,
      description: {},
      ip_version: 4,
      languages: ["en"],
      node_count: nodes.length,
      record_size: 24,
    },
    "integer",
  );
  return Buffer.concat([tree, Buffer.alloc(16), ...data, METADATA_MARKER, metadata]);
}
