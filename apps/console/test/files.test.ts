import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";
import type { Download, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { importKey, PASSPHRASE } from "./support/browser-key.ts";
import { openConsole, PATIENCE, type TestConsole } from "./support/console.ts";
import { hostilePdf, plainPdf } from "./support/pdf.ts";

/** Until a package is stored on a machine that has much else to do. */
const LONG = { timeout: 300_000 };

let console: TestConsole;
let page: Page;
const directory = mkdtempSync(join(tmpdir(), "cairn-files-"));
const sent: string[] = [];

const noise = (size: number, seed: number): Buffer => {
  const parts: Buffer[] = [];
  for (let at = 0; at < size; at += 32) parts.push(createHash("sha256").update(`${seed} ${at}`).digest());
  return Buffer.concat(parts).subarray(0, size);
};
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="80" height="60" onload="parent.hacked=1"><script>top.hacked=1;fetch("/hacked")</script><rect width="80" height="60" fill="teal"/><image href="http://127.0.0.1:1/x.png"/></svg>`;
const HTML = `<!doctype html><script>top.hacked = 1; fetch("/hacked")</script><img src=x onerror="top.hacked=1"><h1>hello</h1>`;
const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGNgqPmPFTEMLQkAjGKOAd9C0k4AAAAASUVORK5CYII=",
  "base64",
);

/** Of one colour: many pixels in few bytes. */
function oneBitPng(width: number, height: number): Buffer {
  const chunk = (type: string, body: Buffer) => {
    const named = Buffer.concat([Buffer.from(type, "latin1"), body]);
    const ends = [Buffer.alloc(4), Buffer.alloc(4)] as const;
    ends[0].writeUInt32BE(body.length);
    ends[1].writeUInt32BE(crc32(named));
    return Buffer.concat([ends[0], named, ends[1]]);
  };
  const head = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  const rows = deflateSync(Buffer.alloc((1 + width / 8) * height), { level: 9 });
  const parts = [chunk("IHDR", head), chunk("IDAT", rows), chunk("IEND", Buffer.alloc(0))];
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), ...parts]);
}

const contents: Record<string, Buffer> = {
  "readme.txt": Buffer.from("The first line.\nThe second <b>line</b>.\n"),
  "Photos/2026/cat 1.png": PNG,
  "Photos/2026/cat 10.png": PNG,
  "Photos/2026/ünï & co=#?.txt": Buffer.from("odd name"),
  "Photos/large.bin": noise(6_000_000, 1),
  "texts/utf-16.txt": Buffer.from("\ufeffGrüße in UTF-16", "utf16le"),
  "texts/latin-1.csv": Buffer.from("Grüße in Latin-1", "latin1"),
  "texts/no text.txt": noise(500, 2),
  "attacks/page.html": Buffer.from(HTML),
  "attacks/picture.svg": Buffer.from(SVG),
  "attacks/photo.jpg": Buffer.from(HTML),
  "attacks/polyglot.gif": Buffer.from(
    `GIF89a/*${"\\0".repeat(20)}*/=1;top.hacked=1;//<html><script>top.hacked=1</script>`,
  ),
  "paper.pdf": plainPdf(["The first page.", "The second page."]),
  "attacks/evil.pdf": hostilePdf(
    "top.hacked=1; fetch\\('/hacked'\\); app.launchURL\\('/hacked'\\)",
    "http://127.0.0.1:1/link",
  ),
  "attacks/wide.png": oneBitPng(20_000, 20_000),
  "attacks/wide.svg": Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg"><image href="data:image/png;base64,${oneBitPng(20_000, 20_000).toString("base64")}"/></svg>`,
  ),
  "attacks/torn.pdf": plainPdf(["torn"]).subarray(0, 60),
  empty: Buffer.alloc(0),
};
const folder = join(directory, "holiday");

beforeAll(async () => {
  for (const [path, bytes] of Object.entries(contents)) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
  mkdirSync(join(folder, "nothing in it"));
  mkdirSync(join(folder, "links"));
  symlinkSync("../readme.txt", join(folder, "links", "inside"));
  symlinkSync("/etc/passwd", join(folder, "links", "absolute"));
  symlinkSync("../../../outside", join(folder, "links", "climbing"));
  writeFileSync(join(folder, "links", "..\\..\\evil.txt"), "backslashes");
  writeFileSync(join(folder, "links", "con.txt"), "device");
  console = await openConsole();
  const { code, stderr } = await console.network.cli("put", folder, "--json");
  expect(code, stderr).toBe(0);
  page = await console.at("/files");
  page.on("request", (request) => sent.push(request.url()));
}, 600_000);
afterEach(() => {
  expect(console?.complaints.splice(0)).toEqual([]);
});
afterAll(async () => {
  await console?.closePages();
  await console?.close();
  rmSync(directory, { recursive: true, force: true });
});

const button = (name: string) => page.getByRole("button", { name, exact: true });
const row = (name: string) => page.locator("tbody tr", { has: page.getByText(name, { exact: true }) });
const saved = async (download: Download): Promise<string> => {
  const path = join(directory, `${Math.random()}`.slice(2));
  await download.saveAs(path);
  return path;
};

const go = async (path: string) => {
  const [holiday] = await (await console.network.client()).packages();
  await page.goto(`${console.url}/files#in=${holiday!.id}/${path}`);
};

describe("without the key", () => {
  it("nothing is shown, and it is said what is missing and what to do", async () => {
    await page.getByText("This browser has no key yet").waitFor(PATIENCE);
    await importKey(console, page, directory);
    await page.goto(`${console.url}/files`);
    await page.getByText("Your files are locked").waitFor(PATIENCE);
    await button("Unlock").click();
    await page.getByLabel("Passphrase").fill(PASSPHRASE);
    await page.getByRole("dialog").getByRole("button", { name: "Unlock" }).click();
    await row("holiday").waitFor(LONG);
  });
});

describe("the tree", () => {
  it("is gone through by keyboard alone: into folders, up again, selecting, with a place for each in the address", async () => {
    await row("holiday").focus();
    await page.keyboard.press("Enter");
    await row("Photos").waitFor(PATIENCE);
    await expect.poll(() => page.evaluate("document.activeElement.tagName")).toBe("TR");
    const names = await page.locator("tbody tr .file-name > :last-child").allTextContents();
    expect(names).toEqual(["attacks", "links", "nothing in it", "Photos", "texts", "empty", "paper.pdf", "readme.txt"]);
    await row("Photos").focus();
    await page.keyboard.press("Enter");
    await row("2026").waitFor(PATIENCE);
    await row("2026").focus();
    await page.keyboard.press("Enter");
    await row("cat 10.png").waitFor(PATIENCE);
    // Numbers are compared as numbers.
    expect(await page.locator("tbody tr .file-name > :last-child").allTextContents()).toEqual([
      "cat 1.png",
      "cat 10.png",
      "ünï & co=#?.txt",
    ]);
    expect(decodeURIComponent(new URL(page.url()).hash)).toMatch(/^#in=[0-9a-f]{32}\/Photos\/2026$/);
    await page.keyboard.press("Escape");
    await row("large.bin").waitFor(PATIENCE);
    await page.goBack();
    await row("cat 10.png").waitFor(PATIENCE);
    await page.reload();
    // The key is asked for anew: it lies in no store of the browser.
    await button("Unlock").click();
    await page.getByLabel("Passphrase").fill(PASSPHRASE);
    await page.keyboard.press("Enter");
    await row("cat 10.png").waitFor(LONG);
    await page.getByRole("navigation", { name: "Where you are" }).getByText("holiday").click();
    await row("readme.txt").waitFor(PATIENCE);
    // What a folder comes to is what is below it.
    expect(await row("Photos").locator("td").first().textContent()).toBe("6.00 MB");
  });

  it("is found in by name as one types, in whatever case, and never by the gateway", async () => {
    await page.keyboard.press("/");
    await page.keyboard.type("CAT 1");
    await row("cat 10.png").waitFor(PATIENCE);
    await row("cat 1.png").waitFor(PATIENCE);
    await page.keyboard.type("0");
    await row("cat 1.png").waitFor({ state: "detached", ...PATIENCE });
    await page.getByText("1 name of", { exact: false }).waitFor(PATIENCE);
    await page.keyboard.press("Enter");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").getByText("holiday / Photos / 2026").waitFor(PATIENCE);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached", ...PATIENCE });
    expect(sent.filter((url) => /cat|Photos|holiday/i.test(url))).toEqual([]);
  });
});

describe("a preview", () => {
  /** The frame's `sandbox`, where a frame is what it is shown in. */
  const shown = async (path: string, name: string): Promise<string | null> => {
    await go(path);
    await row(name).getByRole("link").click();
    const seen = page.locator(".preview :is(iframe, img, .state)").first();
    await seen.waitFor(LONG);
    return seen.getAttribute("sandbox");
  };
  const close = async () => {
    await page.keyboard.press("Escape");
    await page.locator("dialog .preview").waitFor({ state: "detached", ...PATIENCE });
  };

  it("shows a text as text, in a frame without origin and scripts", async () => {
    expect(await shown("", "readme.txt")).toBe("");
    await expect.poll(() => page.frames().length, PATIENCE).toBe(2);
    const frame = page.frames()[1]!;
    await expect
      .poll(() => frame.evaluate("document.body.textContent"), PATIENCE)
      .toBe(contents["readme.txt"]!.toString());
    expect(await frame.evaluate("self.origin")).toBe("null");
    await close();
  });

  it("shows a text in another encoding than UTF-8, and says in which it was read", async () => {
    for (const [name, text, encoding] of [
      ["utf-16.txt", "Grüße in UTF-16", "UTF-16LE"],
      ["latin-1.csv", "Grüße in Latin-1", "windows-1252"],
    ] as const) {
      expect(await shown("texts", name)).toBe("");
      await page.getByText(`it was read as ${encoding}.`, { exact: false }).waitFor(PATIENCE);
      await expect.poll(() => page.frames().some((one) => one.url().startsWith("blob:")), PATIENCE).toBe(true);
      const frame = page.frames().find((one) => one.url().startsWith("blob:"))!;
      await expect.poll(() => frame.evaluate("document.body.textContent"), PATIENCE).toBe(text);
      await close();
    }
    expect(await shown("texts", "no text.txt")).toBeNull();
    await page.getByText("which a browser does not show", { exact: false }).waitFor(PATIENCE);
    await close();
  });

  it("gives way to wherever one goes from it, and leaves the way back as it is", async () => {
    await shown("attacks", "page.html");
    await go("Photos");
    await row("large.bin").waitFor(LONG);
    await page.goBack();
    await page.locator(".preview iframe").waitFor(LONG);
    await close();
    await row("picture.svg").waitFor(LONG);
  });

  it("runs nothing of a stored page, SVG or polyglot, whatever it is called", async () => {
    for (const name of ["page.html", "photo.jpg"]) {
      expect(await shown("attacks", name)).toBe("");
      await expect.poll(() => page.frames().some((one) => one.url().startsWith("blob:")), PATIENCE).toBe(true);
      const frame = page.frames().find((one) => one.url().startsWith("blob:"))!;
      await expect.poll(() => frame.evaluate("document.body.textContent"), PATIENCE).toBe(HTML);
      expect(await frame.evaluate("document.scripts.length")).toBe(0);
      await close();
    }
    for (const name of ["picture.svg", "polyglot.gif"]) {
      await go("attacks");
      await row(name).getByRole("link").click();
      await page.locator(".preview :is(img, .state)").first().waitFor(LONG);
      expect(await page.locator(".preview :is(iframe, object, embed, svg)").count()).toBe(0);
      await close();
    }
    expect(await page.evaluate("window.hacked")).toBeUndefined();
    expect(sent.filter((url) => /hacked|127\.0\.0\.1:1\//.test(url))).toEqual([]);
  });
});

describe("a picture of many pixels in few bytes", () => {
  it("is not decoded, nor is one inside an SVG: it is said how many there are, and that it can be downloaded", async () => {
    for (const name of ["wide.png", "wide.svg"]) {
      await go("attacks");
      await row(name).getByRole("link").click();
      await page
        .getByText("It has 400 million pixels, which is too much for a preview.", { exact: false })
        .waitFor(LONG);
      expect(await page.locator(".preview img").count()).toBe(0);
      await page.keyboard.press("Escape");
      await page.locator("dialog .preview").waitFor({ state: "detached", ...PATIENCE });
    }
  });
});

describe("a PDF", () => {
  const pdf = () => page.locator(".preview .pdf");
  const pictured = (name: string) => page.getByRole("img", { name, exact: true });
  const open = async (path: string, name: string) => {
    await go(path);
    await row(name).getByRole("link").click();
  };
  /** Red, green, blue of a place in the picture, from 0 to 1 across and down. */
  const colourAt = (x: number, y: number) =>
    page.evaluate<number[]>(`(() => {
      const canvas = document.querySelector(".preview canvas");
      const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
      copy.drawImage(canvas, 0, 0);
      return [...copy.getImageData(Math.floor(canvas.width * ${x}), Math.floor(canvas.height * ${y}), 1, 1).data].slice(0, 3);
    })()`);

  it("shows its pages as pictures, with their text for those who do not see them", async () => {
    await open("", "paper.pdf");
    await page.getByText("Page 1 of 2").waitFor(LONG);
    expect(await pdf().locator("p").textContent()).toBe("The first page.");
    const [red = 255, green = 0] = await colourAt(0.1, 0.5);
    expect(green - red).toBeGreaterThan(100);
    expect(await colourAt(0.9, 0.1)).toEqual([255, 255, 255]);
    await button("Next page").click();
    await pictured("paper.pdf, page 2").waitFor(PATIENCE);
    expect(await pdf().locator("p").textContent()).toBe("The second page.");
    expect(await button("Next page").isDisabled()).toBe(true);
    await page.keyboard.press("Escape");
  });

  it("runs, starts and fetches nothing, whatever stands in it, and says when it cannot be drawn", async () => {
    const before = sent.length;
    await open("attacks", "evil.pdf");
    await page.getByText("Page 1 of 1").waitFor(LONG);
    expect(await pdf().locator("p").textContent()).toBe("hostile");
    // What it says leads somewhere is nowhere in the page.
    expect(await page.locator(".preview :is(iframe, object, embed, a, input)").count()).toBe(0);
    await pictured("evil.pdf, page 1").click();
    expect(await page.evaluate("window.hacked")).toBeUndefined();
    expect(sent.slice(before).filter((url) => /hacked|127\.0\.0\.1:1\/|\/bin\/sh/.test(url))).toEqual([]);
    expect(page.context().pages()).toHaveLength(1);
    await page.keyboard.press("Escape");
    await open("attacks", "torn.pdf");
    await page.getByText("This PDF cannot be drawn here.", { exact: false }).waitFor(LONG);
    await page.keyboard.press("Escape");
  });
});

describe("a download", () => {
  it("of one file is that file, for which no more is read than it needs", async () => {
    await go("Photos");
    await row("large.bin").waitFor(LONG);
    let received = 0;
    const count = async (response: { url(): string; body(): Promise<Buffer> }) => {
      if (/\/(blocks|pieces\/)/.test(response.url()))
        received += (await response.body().catch(() => Buffer.alloc(0))).length;
    };
    page.on("response", (response) => void count(response));
    await row("large.bin").locator("input").check();
    const [file] = await Promise.all([page.waitForEvent("download", LONG), button("Download").click()]);
    expect(file.suggestedFilename()).toBe("large.bin");
    expect(sha256(readFileSync(await saved(file)))).toBe(sha256(contents["Photos/large.bin"]!));
    await page.getByText("large.bin is in your downloads: 1 file, 6.00 MB, every byte checked.").waitFor(PATIENCE);
    expect(received).toBeLessThan(12_000_000);
  });

  it("of everything is a zip in which no name or link leads out", async () => {
    await go("");
    await row("Photos").waitFor(LONG);
    const [file] = await Promise.all([page.waitForEvent("download", LONG), button("Download all").click()]);
    expect(file.suggestedFilename()).toBe("holiday.zip");
    const zip = await saved(file);
    const names = execFileSync("unzip", ["-Z1", zip], { env: { ...process.env, LC_ALL: "C.UTF-8" } })
      .toString()
      .split("\n");
    expect(names).toEqual(
      expect.arrayContaining(["holiday/links/.._.._evil.txt", "holiday/links/_con.txt", "holiday/links/inside"]),
    );
    expect(names.filter((name) => /\\|absolute|climbing/.test(name))).toEqual([]);
    const out = join(directory, "unzipped");
    execFileSync("unzip", ["-q", zip, "-d", out], { env: { ...process.env, LC_ALL: "C.UTF-8" } });
    for (const path of ["Photos/large.bin", "readme.txt", "empty", "attacks/page.html"]) {
      expect([path, sha256(readFileSync(join(out, "holiday", path)))]).toEqual([path, sha256(contents[path]!)]);
    }
  });

  it("into a folder overwrites nothing without asking", async () => {
    // A browser's dialog cannot be pressed from here: the folder is one of its own store, with the same handle.
    await page.evaluate(
      `window.showDirectoryPicker = async () => (await navigator.storage.getDirectory()).getDirectoryHandle("chosen", { create: true })`,
    );
    await button("Into a folder…").click();
    await page.getByText("holiday is in chosen", { exact: false }).waitFor(LONG);
    await button("Into a folder…").click();
    await page.getByText("Something of that name is there").waitFor(LONG);
    await button("Only what is missing").click();
    await page.getByText("Nothing was missing: chosen has all of holiday already.").waitFor(LONG);
  });
});
