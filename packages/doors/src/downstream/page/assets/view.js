// What the page shows, as HTML: the server renders it first, the browser renders it again from fresh figures. Pure.

const COLUMNS = [
  { key: "id", name: "Farmer" },
  { key: "address", name: "Address" },
  { key: "uptime", name: "Uptime" },
  { key: "heartbeats", name: "Heartbeats" },
  { key: "contracts", name: "Contracts" },
  { key: "size", name: "Size" },
  { key: "online", name: "State" },
];

/** The direction that is asked for first: most is what one looks for. */
const DESCENDS_FIRST = new Set(["uptime", "heartbeats", "contracts", "size", "online"]);

const SORT_CHOICES = [
  ["-uptime", "Uptime, highest first"],
  ["uptime", "Uptime, lowest first"],
  ["-heartbeats", "Most heartbeats"],
  ["heartbeats", "Fewest heartbeats"],
  ["-contracts", "Most contracts"],
  ["contracts", "Fewest contracts"],
  ["-size", "Largest size"],
  ["size", "Smallest size"],
  ["-online", "Online first"],
  ["online", "Offline first"],
  ["id", "Farmer, from 0"],
  ["-id", "Farmer, from f"],
  ["address", "Address, from 1"],
  ["-address", "Address, from z"],
];

const DAYS_SHOWN = 30;

const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
export const escapeHtml = (text) => String(text).replace(/[&<>"']/g, (character) => ESCAPES[character]);

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const number = (value) => whole.format(value);
const percent = (value) => `${value.toFixed(2)} %`;
const some = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

function bytes(value) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let unit = 0;
  let left = value;
  while (left >= 1024 && unit < units.length - 1) {
    left /= 1024;
    unit++;
  }
  return `${unit === 0 ? number(left) : left.toFixed(left < 10 ? 2 : 1)} ${units[unit]}`;
}

const sortText = ({ sort, descending }) => (descending ? `-${sort}` : sort);

export function hrefOf(query) {
  const entries = [["sort", sortText(query)]];
  if (query.onlineOnly) entries.push(["online", "1"]);
  if (query.page > 0) entries.push(["page", String(query.page + 1)]);
  if (query.farmer !== null) entries.push(["farmer", query.farmer]);
  return `/downstream?${new URLSearchParams(entries)}`;
}

const linkTo = (query) => escapeHtml(hrefOf(query));

export function renderParts(data) {
  return {
    totals: totals(data),
    dots: data.dots.map(dot).join(""),
    places: places(data),
    view: view(data),
    farmers: data.totals.farmers === 0 && data.farmers.length === 0 ? invitation(data) : farmers(data),
  };
}

function totals({ totals: all }) {
  const held = all.wanted === 0 ? "none yet" : `${number(all.held)} of ${number(all.wanted)}`;
  const tiles = [
    ["Farmers online", number(all.online), `of ${number(all.farmers)} with a token`],
    ["Contracts", number(all.contracts), "being proved now"],
    ["Stored", bytes(all.bytes), "under these contracts"],
    ["Heartbeats", number(all.heartbeats), "answers accepted"],
    ["Redundancy", held, "copies of files"],
    ["Pool", bytes(all.pool.bytes), `in ${some(all.pool.chunks, "prepared chunk")}`],
  ];
  return tiles
    .map(
      ([name, value, note]) => `<div class="tile"><dt>${name}</dt><dd><b>${value}</b> <span>${note}</span></dd></div>`,
    )
    .join("");
}

function dot({ key, x, y, name, farmers: count, online }) {
  const radius = Math.round((4 + 1.7 * Math.log2(count)) * 10) / 10;
  const label = escapeHtml(`${name}: ${some(count, "farmer")}, ${number(online)} online`);
  const offline = Math.round(((count - online) / count) * 100);
  // Those that are offline, as a part of the rim.
  const rim =
    offline === 0
      ? ""
      : `<circle class="rim" r="${radius}" pathLength="100" stroke-dasharray="${offline} 100"></circle>`;
  const size = Math.min(11, radius * 1.15).toFixed(1);
  const figure = count > 1 ? `<text font-size="${size}">${short(count)}</text>` : "";
  return `<g id="dot-${key}" class="dot${online === 0 ? " off" : ""}" transform="translate(${x} ${y})" role="img" aria-label="${label}"><title>${label}</title><g class="mark"><circle r="${radius}"></circle>${rim}${figure}</g></g>`;
}

const short = (count) => (count < 1000 ? String(count) : `${(count / 1000).toFixed(count < 10_000 ? 1 : 0)}k`);

function places({ dots, unplaced, totals: all }) {
  if (all.farmers === 0) return "No farmer is on the map yet.";
  const placed = all.farmers - unplaced;
  if (unplaced === 0) return `All ${some(placed, "farmer")} by the place of their network address.`;
  const where = dots.length === 0 ? "" : `${some(placed, "farmer")} by the place of their network address; `;
  return `${where}${some(unplaced, "farmer")} without a known location ${unplaced === 1 ? "is" : "are"} not on the map.`;
}

function view({ query }) {
  const chosen = sortText(query);
  const options = SORT_CHOICES.map(
    ([value, text]) => `<option value="${value}"${value === chosen ? " selected" : ""}>${text}</option>`,
  ).join("");
  return `<label class="check"><input type="checkbox" name="online" value="1"${query.onlineOnly ? " checked" : ""}> Online only</label>
<label class="order">Order <select name="sort">${options}</select></label>
<button class="apply">Apply</button>`;
}

function invitation({ node }) {
  const url = escapeHtml(node);
  return `<div class="empty" id="empty"><h3>No farmer has connected yet</h3>
<p>A farmer gives this node disk space and proves, again and again, that it still holds what it was given. Start one on any machine that reaches this address:</p>
<pre><code>cairn farmer --node ${url} --address YOUR_ADDRESS</code></pre>
<p>The original client works as it is:</p>
<pre><code>downstream ${url} -a YOUR_ADDRESS</code></pre>
<p>It appears here within seconds of its first request.</p></div>`;
}

function farmers(data) {
  const { query, farmers: list } = data;
  const head = COLUMNS.map(({ key, name }) => {
    const present = query.sort === key;
    const descending = present ? !query.descending : DESCENDS_FIRST.has(key);
    const state = present ? ` aria-sort="${query.descending ? "descending" : "ascending"}"` : "";
    return `<th scope="col" class="head c-${key}"${state}><button class="sort" form="view" name="sort" value="${sortText({ sort: key, descending })}">${name}<span class="arrow" aria-hidden="true"></span></button></th>`;
  }).join("");
  const rows = list.map((farmer) => row(farmer, data)).join("");
  const nobody = query.onlineOnly ? "No farmer is online now." : "There is no farmer on this page.";
  return `<table id="farmers" class="farmers"><caption class="quiet">Farmers, ordered by the column with an arrow. A farmer's id opens its history.</caption>
<thead><tr>${head}</tr></thead>
<tbody>${rows || `<tr id="nobody"><td class="cell nobody" colspan="${COLUMNS.length}">${nobody}</td></tr>`}</tbody></table>${pages(data)}`;
}

function placeOf({ city, state, country }) {
  return [city, state, country].filter((part) => part !== null).join(", ") || "Location unknown";
}

function row(farmer, data) {
  const { query } = data;
  const id = escapeHtml(farmer.id);
  const open = query.farmer === farmer.id;
  const target = linkTo({ ...query, farmer: open ? null : farmer.id });
  const width = COLUMNS.length;
  const more = open
    ? `<tr id="history-${id}" class="more"><td class="cell history" colspan="${width}">${history(farmer, data)}</td></tr>`
    : "";
  return `<tr id="farmer-${id}" class="farmer${open ? " open" : ""}">
<th scope="row" class="cell c-id"><a role="button" href="${target}#farmer-${id}" aria-expanded="${open}"${open ? ` aria-controls="history-${id}"` : ""}>${id}</a><small>${escapeHtml(placeOf(farmer.location))}</small></th>
<td class="cell c-address">${escapeHtml(farmer.address)}</td>
<td class="cell c-uptime">${percent(farmer.uptime)}</td>
<td class="cell c-heartbeats">${number(farmer.heartbeats)}</td>
<td class="cell c-contracts">${number(farmer.contracts)}</td>
<td class="cell c-size">${bytes(farmer.size)}</td>
<td class="cell c-online"><span class="state ${farmer.online ? "on" : "off"}">${farmer.online ? "Online" : "Offline"}</span></td></tr>${more}`;
}

function pages({ query, pages: count }) {
  if (count <= 1) return "";
  const to = (page, text, rel) =>
    page < 0 || page >= count
      ? `<span class="step">${text}</span>`
      : `<a class="step" rel="${rel}" href="${linkTo({ ...query, page, farmer: null })}">${text}</a>`;
  return `<nav id="pages" aria-label="Pages of farmers">${to(query.page - 1, "Previous", "prev")}<span>Page ${number(query.page + 1)} of ${number(count)}</span>${to(query.page + 1, "Next", "next")}</nav>`;
}

function history(farmer, { history: days }) {
  const facts = [
    ["Address", `<code>${escapeHtml(farmer.address)}</code>`],
    ["Location", escapeHtml(placeOf(farmer.location))],
    ["Network address", `<code title="keyed hash">${escapeHtml(farmer.ip.slice(0, 20))}…</code> (hashed)`],
    ["Heartbeats", number(farmer.heartbeats)],
    ["Contracts", `${number(farmer.contracts)}, ${bytes(farmer.size)}`],
    ["Last due", farmer.last_due === null ? "no contract yet" : `${escapeHtml(farmer.last_due.replace("T", " "))} UTC`],
  ];
  const list = facts.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join("");
  const shown = (days ?? []).slice(-DAYS_SHOWN);
  const rows = shown
    .toReversed()
    .map(
      ({ day, accepted, missed, uptime }) =>
        `<tr id="day-${day}"><th class="day" scope="row">${day}</th><td class="day">${number(accepted)}</td><td class="day">${number(missed)}</td><td class="day">${uptime === null ? "–" : percent(uptime)}</td></tr>`,
    )
    .join("");
  return `<dl class="facts">${list}</dl>
<div class="charts">${answersChart(shown)}${uptimeChart(shown)}
<div class="days" tabindex="0" role="region" aria-label="Days of farmer ${escapeHtml(farmer.id)}"><table class="by-day"><caption>By day (UTC)</caption>
<thead><tr><th class="day" scope="col">Day</th><th class="day" scope="col">Accepted</th><th class="day" scope="col">Missed</th><th class="day" scope="col">Uptime</th></tr></thead><tbody>${rows}</tbody></table></div></div>`;
}

const CHART = { width: 360, height: 96, step: 12, bar: 9 };

/** One chart: `bars` gives the rectangles of a day whose left edge is at x. The last day stands at the right. */
function chart(days, title, summary, top, bars) {
  const { width, height, step } = CHART;
  const marks = days.map((day, index) => bars(day, width - (days.length - index) * step)).join("");
  const first = days[0]?.day ?? "";
  const last = days.at(-1)?.day ?? "";
  const left = Math.min(width - 140, width - days.length * step);
  return `<figure><figcaption>${title}</figcaption>
<svg class="chart" viewBox="0 0 ${width} ${height + 34}" role="img" aria-label="${escapeHtml(summary)}">
<line class="grid" x1="0" x2="${width}" y1="14" y2="14"></line><text class="axis" x="0" y="10">${top}</text>
<line class="grid" x1="0" x2="${width}" y1="${height + 14.5}" y2="${height + 14.5}"></line>${marks}
<text class="axis" x="${left}" y="${height + 30}">${days.length > 1 ? first : ""}</text><text class="axis end" x="${width}" y="${height + 30}">${last}</text></svg></figure>`;
}

function bar(kind, x, from, to) {
  const { height, bar: width } = CHART;
  const y = height + 14 - to * height;
  const tall = (to - from) * height;
  return tall <= 0
    ? ""
    : `<rect class="${kind}" x="${x}" y="${y.toFixed(1)}" width="${width}" height="${tall.toFixed(1)}"></rect>`;
}

function answersChart(days) {
  const most = Math.max(1, ...days.map(({ accepted, missed }) => accepted + missed));
  const sum = (key) => days.reduce((total, day) => total + day[key], 0);
  const summary = `Answers by day: ${number(sum("accepted"))} accepted and ${number(sum("missed"))} missed in ${some(days.length, "day")}`;
  const title = 'Answers <span class="key accepted">accepted</span> <span class="key missed">missed</span>';
  return chart(days, title, summary, number(most), ({ day, accepted, missed }, x) => {
    // A missed answer is never too small to be seen.
    const lost = missed === 0 ? 0 : Math.max(missed / most, 0.03);
    const label = `${day}: ${number(accepted)} accepted, ${number(missed)} missed`;
    return `<g><title>${label}</title>${bar("accepted", x, lost, Math.max(lost, lost + (accepted / most) * (1 - lost)))}${bar("missed", x, 0, lost)}</g>`;
  });
}

function uptimeChart(days) {
  const known = days.filter(({ uptime }) => uptime !== null);
  const lowest = known.length === 0 ? "" : `, lowest ${percent(Math.min(...known.map(({ uptime }) => uptime)))}`;
  return chart(
    days,
    "Uptime",
    `Uptime by day over ${some(days.length, "day")}${lowest}`,
    "100 %",
    ({ day, uptime }, x) =>
      uptime === null
        ? ""
        : `<g><title>${day}: ${percent(uptime)}</title>${bar("uptime", x, 0, Math.max(uptime / 100, 0.01))}</g>`,
  );
}
