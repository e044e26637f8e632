import decodeQR from "qr/decode.js";
import { expect, it } from "vitest";
import { QUIET, qrPath } from "./qr.tsx";

const PIXELS = 4;

/** The path drawn as a camera sees it: four pixels a cell. */
function drawn({ side, path }: ReturnType<typeof qrPath>) {
  const width = side * PIXELS;
  const data = new Uint8ClampedArray(width * width * 4).fill(255);
  for (const [, x, y] of path.matchAll(/M(\d+) (\d+)h1v1h-1z/g))
    for (let dy = 0; dy < PIXELS; dy++)
      for (let dx = 0; dx < PIXELS; dx++)
        data.set([0, 0, 0], ((Number(y) * PIXELS + dy) * width + Number(x) * PIXELS + dx) * 4);
  return { width, height: width, data };
}

it.each(["0x52908400098527886e0f7030069857d2e4169ee7", "t410fkkiiiaajquty63yphuagsymfl7js2fu65h3ky5a"])(
  "a code of %s is read back by another's eyes",
  (text) => expect(decodeQR(drawn(qrPath(text)))).toBe(text),
);

it("has the white around it that cameras need", () => {
  const { side, path } = qrPath("0x52908400098527886e0f7030069857d2e4169ee7");
  const places = [...path.matchAll(/M(\d+) (\d+)/g)].flatMap(([, x, y]) => [Number(x), Number(y)]);
  expect([Math.min(...places), Math.max(...places)]).toEqual([QUIET, side - QUIET - 1]);
});
