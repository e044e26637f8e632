import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";

/** Pictures of noise, as a browser's own encoder writes JPEG, in folders of ten below `folder`. */
export async function makePhotos(page: Page, folder: string, count: number, width = 320): Promise<Map<string, Buffer>> {
  const made = new Map<string, Buffer>();
  for (let number = 0; number < count; number++) {
    const text = await page.evaluate<string>(`(async () => {
      const canvas = new OffscreenCanvas(${width}, ${Math.round(width * 0.75)});
      const context = canvas.getContext("2d");
      const image = context.createImageData(canvas.width, canvas.height);
      for (let at = 0; at < image.data.length; at += 65536) crypto.getRandomValues(image.data.subarray(at, at + 65536));
      for (let at = 3; at < image.data.length; at += 4) image.data[at] = 255;
      context.putImageData(image, 0, 0);
      const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.9 });
      return btoa(Array.from(new Uint8Array(await blob.arrayBuffer()), (one) => String.fromCharCode(one)).join(""));
    })()`);
    const bytes = Buffer.from(text, "base64");
    const place = join(`day ${Math.floor(number / 10) + 1}`, `IMG_${String(number + 1).padStart(4, "0")}.jpg`);
    mkdirSync(join(folder, place, ".."), { recursive: true });
    writeFileSync(join(folder, place), bytes);
    made.set(place, bytes);
  }
  return made;
}

/** As a person drags a folder of the machine onto the page. */
export async function dropFolder(page: Page, path: string): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [path], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const) {
    await session.send("Input.dispatchDragEvent", { type, x: 300, y: 300, data });
  }
  await session.detach();
}
