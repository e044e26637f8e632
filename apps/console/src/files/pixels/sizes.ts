/** In pixels. */
export interface Size {
  width: number;
  height: number;
}

type SizeOf = (file: DataView) => Size | undefined;

/** By media type. Each gives undefined for a file that ends before it says its size, or is not as its format wants it. */
export const SIZES: Readonly<Record<string, SizeOf>> = {
  "image/png": guarded(sizeOfPng),
  "image/jpeg": guarded(sizeOfJpeg),
  "image/gif": guarded(sizeOfGif),
  "image/webp": guarded(sizeOfWebp),
  "image/bmp": guarded((file) => sizeOfDib(file, 14)),
  "image/x-icon": guarded(sizeOfIcon),
  "image/avif": guarded(sizeOfAvif),
};

/** A read behind the end is a `RangeError` of the `DataView`. */
function guarded(sizeOf: SizeOf): SizeOf {
  return (file) => {
    try {
      return sizeOf(file);
    } catch (error) {
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  };
}

const textAt = (file: DataView, at: number): string =>
  String.fromCharCode(file.getUint8(at), file.getUint8(at + 1), file.getUint8(at + 2), file.getUint8(at + 3));

const larger = (a: Size | undefined, b: Size): Size => ({
  width: Math.max(a?.width ?? 0, b.width),
  height: Math.max(a?.height ?? 0, b.height),
});

/** PNG (third edition), 11.2.1: IHDR is the first chunk. Frames of an animation lie within it. */
function sizeOfPng(file: DataView, at = 0): Size | undefined {
  if (textAt(file, at + 12) !== "IHDR") return undefined;
  return { width: file.getUint32(at + 16), height: file.getUint32(at + 20) };
}

/** ITU-T T.81, B.1.1.4 and B.2.2: segments up to the frame header. */
function sizeOfJpeg(file: DataView): Size | undefined {
  for (let at = 2; ; ) {
    while (file.getUint8(at) !== 0xff) at += 1;
    while (file.getUint8(at) === 0xff) at += 1;
    const marker = file.getUint8(at);
    at += 1;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) return { width: file.getUint16(at + 5), height: file.getUint16(at + 3) };
    // A scan, or the end, before any frame.
    if (marker === 0xda || marker === 0xd9) return undefined;
    // 0 is no marker; TEM and RSTn have no length.
    if (marker === 0 || marker === 1 || (marker >= 0xd0 && marker <= 0xd7)) continue;
    at += file.getUint16(at);
  }
}

/** GIF89a, 17 to 27. Some browsers widen the screen to a frame that is larger. */
function sizeOfGif(file: DataView): Size | undefined {
  const tableBytes = (packed: number) => (packed & 0x80 ? 3 << ((packed & 7) + 1) : 0);
  let size: Size = { width: file.getUint16(6, true), height: file.getUint16(8, true) };
  let at = 13 + tableBytes(file.getUint8(10));
  while (at < file.byteLength) {
    const block = file.getUint8(at);
    if (block === 0x2c && at + 10 <= file.byteLength) {
      const [left, top] = [file.getUint16(at + 1, true), file.getUint16(at + 3, true)];
      size = larger(size, {
        width: left + file.getUint16(at + 5, true),
        height: top + file.getUint16(at + 7, true),
      });
      at += 11 + tableBytes(file.getUint8(at + 9));
    } else if (block === 0x21) at += 2;
    else break;
    while (at < file.byteLength && file.getUint8(at) !== 0) at += 1 + file.getUint8(at);
    at += 1;
  }
  return size;
}

/** RFC 9649, 2.5 to 2.7; the frame header of `VP8 ` is RFC 6386, 9.1. */
function sizeOfWebp(file: DataView): Size | undefined {
  const uint24 = (at: number) => file.getUint16(at, true) + file.getUint8(at + 2) * 0x10000;
  switch (textAt(file, 12)) {
    case "VP8 ":
      return { width: file.getUint16(26, true) & 0x3fff, height: file.getUint16(28, true) & 0x3fff };
    case "VP8L": {
      const bits = file.getUint32(21, true);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case "VP8X":
      return { width: uint24(24) + 1, height: uint24(27) + 1 };
    default:
      return undefined;
  }
}

/** Microsoft's BITMAPCOREHEADER and BITMAPINFOHEADER: rows that stand from the top down have a negative height. */
function sizeOfDib(file: DataView, at: number): Size {
  if (file.getUint32(at, true) === 12) {
    return { width: file.getUint16(at + 4, true), height: file.getUint16(at + 6, true) };
  }
  return { width: Math.abs(file.getInt32(at + 4, true)), height: Math.abs(file.getInt32(at + 8, true)) };
}

/** Microsoft's ICONDIR: each of its pictures is a whole PNG, or a bitmap with twice its height. */
function sizeOfIcon(file: DataView): Size | undefined {
  let size: Size | undefined;
  for (let entry = 0; entry < file.getUint16(4, true); entry++) {
    const at = file.getUint32(6 + entry * 16 + 12, true);
    const own = textAt(file, at) === "\x89PNG" ? sizeOfPng(file, at) : sizeOfDib(file, at);
    if (own === undefined) return undefined;
    size = larger(size, own);
  }
  return size;
}

/** HEIF (ISO/IEC 23008-12), 6.5.3: the extents of all its items stand in meta/iprp/ipco/ispe; a box is ISO/IEC 14496-12, 4.2. */
function sizeOfAvif(file: DataView): Size | undefined {
  let size: Size | undefined;
  const look = (from: number, end: number): void => {
    for (let at = from; at + 8 <= end; ) {
      const short = file.getUint32(at);
      const [head, length] =
        short === 1 ? [16, Number(file.getBigUint64(at + 8))] : [8, short === 0 ? end - at : short];
      if (length < head || at + length > end) return;
      const type = textAt(file, at + 4);
      if (type === "meta") look(at + head + 4, at + length);
      else if (type === "iprp" || type === "ipco") look(at + head, at + length);
      else if (type === "ispe") {
        size = larger(size, { width: file.getUint32(at + head + 4), height: file.getUint32(at + head + 8) });
      }
      at += length;
    }
  };
  look(0, file.byteLength);
  return size;
}
