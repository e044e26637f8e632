import { escapeHtml, renderParts, type ViewData } from "./assets/view.js";
import { landPath, MAP_HEIGHT, MAP_WIDTH } from "./world-map.ts";

let land: string | undefined;

/** The whole page, complete and usable as it stands; its script then keeps it current. `attribution` is what the location data asks for. */
export function pageHtml(data: ViewData, attribution: string): string {
  land ??= landPath();
  const parts = renderParts(data);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="robots" content="noindex"><title>Farmers · Cairn downstream</title>
<link rel="icon" href="/downstream/icon.svg" type="image/svg+xml"><link rel="stylesheet" href="/downstream/page.css">
<script type="module" src="/downstream/live.js"></script></head><body>
<a class="skip" href="#list">To the list of farmers</a>
<header><div><h1>Downstream</h1><p>Farmers of this verification node, and what they prove.</p></div>
<div class="live"><span class="lamp" aria-hidden="true"></span><span>Updated <time id="updated">${new Date(data.now * 1000).toISOString().slice(11, 19)}</time> UTC</span>
<button id="pause" type="button" aria-pressed="false">Pause</button><span id="notice" role="status"></span></div></header>
<main>
<section aria-labelledby="totals-title"><h2 id="totals-title" class="quiet">Totals</h2><dl class="totals" data-part="totals">${parts.totals}</dl></section>
<section class="map" aria-labelledby="map-title"><h2 id="map-title">Where they are</h2>
<svg class="world" viewBox="0 0 ${MAP_WIDTH} ${MAP_HEIGHT}" role="group" aria-labelledby="map-title" aria-describedby="map-note"><path class="land" d="${land}"></path><g data-part="dots">${parts.dots}</g></svg>
<p class="legend"><span id="map-note" data-part="places">${parts.places}</span> <span class="keys" aria-hidden="true"><i></i>online <i class="off"></i>offline</span></p></section>
<section id="list" aria-labelledby="list-title"><div class="bar"><h2 id="list-title">Farmers</h2>
<form id="view" action="/downstream" method="get" data-part="view" aria-label="Filter and order">${parts.view}</form></div>
<div class="list" data-part="farmers">${parts.farmers}</div></section>
</main>
<footer><p>The same figures as JSON: <a href="/api/downstream/v1/status/list/">/api/downstream/v1/status/list/</a></p>
<p>${escapeHtml(attribution)} Map: Natural Earth.</p></footer>
</body></html>
`;
}
