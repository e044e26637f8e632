import { homeAt } from "../home/home.ts";
import { commitFile } from "../offline/commit-file.ts";
import { chunkOf, payloadOf } from "../offline/limits.ts";
import { prepareFolder } from "../offline/prepare-folder.ts";
import { stageFolder } from "../offline/stage-folder.ts";
import { type WriteCarOptions, type WrittenCar, writeCar } from "../offline/write-car.ts";
import { formatBytes } from "./format.ts";
import { interruptible } from "./interruptible.ts";
import { createOutput, type Output, table } from "./output.ts";
import { withProgress } from "./progress.ts";
import { requireAccount } from "./session.ts";

export interface OfflineOptions {
  home?: string;
  json?: boolean;
  progress?: boolean;
  output: string;
  /** Of the sector that each part is for. */
  limit: string;
  chunk?: string;
  encrypt?: boolean;
}

const STOPPED = { message: "interrupted: nothing was written", next: "Run the command again." };

/** Write a folder as CAR files for another network; needs no gateway. */
export async function offlineCar(path: string, options: OfflineOptions): Promise<void> {
  const output = createOutput(options);
  const settings = await settingsOf(path, options);
  const written = await interruptible(
    (signal) =>
      stageFolder(options.output, (folder) =>
        packing(output, (onProgress) => writeCar({ ...settings, folder, signal, onProgress })),
      ),
    STOPPED,
  );
  output.result({
    directory: options.output,
    payload: settings.payload,
    encrypted: options.encrypt ?? false,
    ...written,
  });
  output.say(
    ...wordsOf(written, options),
    "",
    ...table(
      ["file", "bytes"],
      written.parts.map(({ file, bytes }) => [file, String(bytes)]),
    ),
  );
}

/** Say the piece commitment of a file. */
export async function offlineCommp(file: string, options: { json?: boolean; progress?: boolean }): Promise<void> {
  const output = createOutput(options);
  const { bytes, paddedBytes, pieceCid, pieceCidV1 } = await interruptible((signal) =>
    withProgress(output, "hashing", "bytes", ({ update }) => commitFile(file, { signal, onProgress: update })),
  );
  output.result({ file, bytes, paddedBytes, pieceCid, pieceCidV1 });
  output.say(
    `Piece CID       ${pieceCid}`,
    `  as version 1  ${pieceCidV1}`,
    `Payload         ${bytes} bytes`,
    `Piece size      ${paddedBytes} bytes`,
  );
}

/** Both, and tables of the pieces for whoever makes the deals. */
export async function offlinePrepare(path: string, options: OfflineOptions): Promise<void> {
  const output = createOutput(options);
  const settings = await settingsOf(path, options);
  const prepared = await interruptible(
    (signal) =>
      stageFolder(options.output, (folder) =>
        packing(output, (onProgress) => prepareFolder({ ...settings, folder, signal, onProgress })),
      ),
    STOPPED,
  );
  const { pieces, ...rest } = prepared;
  output.result({
    directory: options.output,
    payload: settings.payload,
    encrypted: options.encrypt ?? false,
    ...rest,
    pieces,
  });
  output.say(
    ...wordsOf({ ...rest, parts: pieces }, options),
    "",
    ...table(
      ["file", "bytes", "piece size", "piece CID (version 1)"],
      pieces.map(({ file, bytes, paddedBytes, pieceCidV1 }) => [file, String(bytes), String(paddedBytes), pieceCidV1]),
    ),
    "",
    "pieces.csv and pieces.json beside them say the same, with version 2 of each piece CID.",
  );
}

async function settingsOf(
  path: string,
  { limit, chunk, encrypt, home }: OfflineOptions,
): Promise<Pick<WriteCarOptions, "path" | "payload" | "chunk" | "key">> {
  const payload = payloadOf(limit);
  return {
    path,
    payload,
    chunk: chunkOf(chunk, payload),
    ...(encrypt === true ? { key: (await requireAccount(homeAt(home))).key } : {}),
  };
}

const packing = <T>(output: Output, work: (onProgress: NonNullable<WriteCarOptions["onProgress"]>) => Promise<T>) =>
  withProgress(output, "writing", "bytes", ({ update }) => work(({ bytes, totalBytes }) => update(bytes, totalBytes)));

function wordsOf(
  { root, files, bytes, parts, skipped }: Omit<WrittenCar, "parts"> & { parts: unknown[] },
  { output, encrypt }: OfflineOptions,
): string[] {
  return [
    `Wrote ${files} ${files === 1 ? "file" : "files"}, ${formatBytes(bytes)}, into ${parts.length} CAR ${parts.length === 1 ? "file" : "files"} in ${output}`,
    `Root ${root}`,
    ...(encrypt === true
      ? ["Contents are encrypted to your account's key; names and folders can be read by everybody who gets the CARs."]
      : ["Nothing is encrypted: everybody who gets the CARs can read them."]),
    ...(skipped === 0 ? [] : [`Left out ${skipped} special ${skipped === 1 ? "file" : "files"}.`]),
  ];
}
