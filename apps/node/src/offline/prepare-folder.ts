import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { csvLine } from "@cairn/core/csv";
import { type Commitment, commitFile } from "./commit-file.ts";
import { type WriteCarOptions, type WrittenCar, writeCar } from "./write-car.ts";

interface PreparedPiece extends Commitment {
  file: string;
}

export interface Prepared extends Omit<WrittenCar, "parts"> {
  pieces: PreparedPiece[];
}

export interface PrepareOptions extends WriteCarOptions {
  onHashed?: (done: number, total: number) => void;
}

/** What deal makers ask for: CAR files, the commitment of each, and tables of both, `pieces.csv` and `pieces.json`, beside them. */
export async function prepareFolder({ onHashed, ...options }: PrepareOptions): Promise<Prepared> {
  const { parts, ...written } = await writeCar(options);
  const folder = await options.folder();
  const total = parts.reduce((sum, { bytes }) => sum + bytes, 0);
  const pieces: PreparedPiece[] = [];
  let before = 0;
  for (const { file, bytes } of parts) {
    const commitment = await commitFile(join(folder, file), {
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      onProgress: (done) => onHashed?.(before + done, total),
    });
    pieces.push({ file, ...commitment });
    before += bytes;
  }
  const prepared = { ...written, pieces };
  await writeFile(join(folder, "pieces.csv"), csvOf(prepared));
  await writeFile(join(folder, "pieces.json"), `${JSON.stringify(prepared, null, 2)}\n`);
  return prepared;
}

const csvOf = ({ root, pieces }: Prepared): string =>
  [
    ["file", "bytes", "padded bytes", "piece cid", "piece cid v1", "root cid"],
    ...pieces.map(({ file, bytes, paddedBytes, pieceCid, pieceCidV1 }) => [
      ...[file, bytes, paddedBytes, pieceCid, pieceCidV1, root],
    ]),
  ]
    .map(csvLine)
    .join("");
