import type { Page } from "playwright-core";

/** What a person with a screen reader, or weak eyes, would stumble over; empty when nothing was found. */
export async function findFaults(page: Page): Promise<string[]> {
  return [...(await namelessControls(page)), ...(await page.evaluate<string[]>(FAULTS_IN_DOCUMENT))];
}

interface AxNode {
  ignored: boolean;
  role?: { value: string };
  name?: { value: string };
}

/** Controls and pictures that the browser's own accessibility tree has no name for. */
async function namelessControls(page: Page): Promise<string[]> {
  const session = await page.context().newCDPSession(page);
  const { nodes } = (await session.send("Accessibility.getFullAXTree")) as { nodes: AxNode[] };
  await session.detach();
  const named = new Set([
    "button",
    "link",
    "checkbox",
    "combobox",
    "image",
    "img",
    "table",
    "region",
    "navigation",
    "form",
  ]);
  return nodes
    .filter(({ ignored, role, name }) => !ignored && named.has(role?.value ?? "") && !name?.value)
    .map(({ role }) => `${role?.value} without a name`);
}

/** Runs in the page: structure, references between elements, and contrast of text (WCAG 2.2, 1.4.3: 4.5 to 1). */
const FAULTS_IN_DOCUMENT = `(() => {
  const faults = [];
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push("id twice: " + id);
  if (!document.documentElement.lang) faults.push("no language");
  if (document.querySelectorAll("h1").length !== 1) faults.push("not one h1");
  if (document.querySelectorAll("main").length !== 1) faults.push("not one main");
  for (const name of ["aria-controls", "aria-labelledby", "aria-describedby"]) {
    for (const element of document.querySelectorAll("[" + name + "]")) {
      for (const id of element.getAttribute(name).split(" ")) {
        if (document.getElementById(id) === null) faults.push(name + " to nothing: " + id);
      }
    }
  }
  for (const cell of document.querySelectorAll("th")) if (!cell.scope) faults.push("th without scope: " + cell.textContent);
  const parse = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, index) => sum + v * [0.2126, 0.7152, 0.0722][index], 0);
  const behind = (element) => {
    for (let one = element; one !== null; one = one.parentElement) {
      const color = parse(getComputedStyle(one).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  for (const element of document.querySelectorAll("body *:not(script):not(option)")) {
    const text = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== "");
    if (!text || element.getClientRects().length === 0 || element.closest("span.step, title, .dot")) continue;
    const style = getComputedStyle(element);
    const drawn = element instanceof SVGElement ? style.fill : style.color;
    const [a, b] = [light(parse(drawn)), light(behind(element))].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < 4.5) faults.push("contrast " + contrast.toFixed(2) + ": " + element.outerHTML.slice(0, 80));
  }
  return [...new Set(faults)];
})()`;
