// Makes a part of the page say what fresh HTML says, keeping the elements that are already there: focus, selection and scroll stay.

/** @param {Element} live @param {string} html */
export function patch(live, html) {
  const template = document.createElement("template");
  const drawn = live instanceof SVGElement;
  template.innerHTML = drawn ? `<svg>${html}</svg>` : html;
  const focused = document.activeElement;
  follow(live, drawn ? template.content.firstElementChild : template.content);
  // Where elements cannot be moved without losing focus, it is given back.
  if (focused !== document.activeElement && focused instanceof HTMLElement && live.contains(focused)) {
    focused.focus({ preventScroll: true });
  }
}

function follow(live, wanted) {
  const byId = new Map([...live.children].filter(({ id }) => id !== "").map((child) => [child.id, child]));
  let place = live.firstChild;
  for (const node of [...wanted.childNodes]) {
    const same = node.id ? byId.get(node.id) : isLike(place, node) ? place : undefined;
    if (same === undefined) {
      live.insertBefore(node, place);
      continue;
    }
    if (same === place) place = place.nextSibling;
    else move(live, same, place);
    if (same.nodeType === Node.ELEMENT_NODE) {
      followAttributes(same, node);
      follow(same, node);
    } else if (same.data !== node.data) same.data = node.data;
  }
  while (place !== null) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

function isLike(place, node) {
  return place !== null && !place.id && place.nodeType === node.nodeType && place.nodeName === node.nodeName;
}

function move(parent, child, before) {
  if (typeof parent.moveBefore === "function") parent.moveBefore(child, before);
  else parent.insertBefore(child, before);
}

function followAttributes(live, wanted) {
  for (const { name } of [...live.attributes]) if (!wanted.hasAttribute(name)) live.removeAttribute(name);
  for (const { name, value } of wanted.attributes)
    if (live.getAttribute(name) !== value) live.setAttribute(name, value);
  // What a visitor has set by hand does not follow the attribute by itself.
  if (live instanceof HTMLInputElement && live.checked !== wanted.checked) live.checked = wanted.checked;
  if (live instanceof HTMLOptionElement && live.selected !== wanted.selected) live.selected = wanted.selected;
}
