// What every chart shares: data, words, numbers as the language writes them, elements, tables.
// Text from data is only ever set as text.
const D = window.SITUATION;
const W = JSON.parse(document.getElementById("words").textContent);
if (!D) return;
document.documentElement.classList.remove("no-js");
const FAN = 7, LOW95 = 0, LOW80 = 1, LOW50 = 2, MEDIAN = 3, HIGH50 = 4, HIGH80 = 5, HIGH95 = 6;
const NS = "http://www.w3.org/2000/svg";
const $ = (selector) => document.querySelector(selector);
const formats = [0, 1, 2].map((digits) => new Intl.NumberFormat(W.locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }));
const number = (v, digits = 0) => formats[digits].format(Math.round(v * 10 ** digits) === 0 ? 0 : v).replace("-", "\u2212");
const signed = (v, digits = 0) => (Math.round(v * 10 ** digits) > 0 ? "+" : "") + number(v, digits);
const percent = (v) => signed(100 * v) + (W.locale.startsWith("en") ? "%" : "\u00a0%");
const range = (a, b, digits = 0) => {
  const [low, high] = [number(a, digits), number(b, digits)];
  return /[\u00a0\u2212\u202f ]/.test(low) ? low + "\u00a0\u2013\u2060\u00a0" + high : low + "\u2013" + high;
};
const text = (id, values = {}) => W.t[id].replace(/\{(\w+)\}/g, (_, key) => values[key]);

const el = (name, attributes = {}, content) => {
  const node = name.includes(":") ? document.createElementNS(NS, name.slice(4)) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (content !== undefined) node.textContent = content;
  return node;
};
const svg = (name, attributes, content) => el("svg:" + name, attributes, content);

const step = (span, parts) => {
  const rough = span / parts, power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough) || 10 * power;
};
const decimals = (s) => (s >= 1 ? 0 : s >= 0.1 ? 1 : 2);

function table(target, columns, rows, caption) {
  const t = el("table"), head = el("tr"), body = el("tbody");
  t.append(el("caption", {}, caption));
  columns.forEach((c) => head.append(el("th", { scope: "col" }, c)));
  const thead = el("thead"); thead.append(head);
  rows.forEach((row) => {
    const tr = el("tr");
    row.forEach((cell, i) => tr.append(i ? el("td", {}, cell) : el("th", { scope: "row" }, cell)));
    body.append(tr);
  });
  t.append(thead, body);
  target.replaceChildren(t);
}

// A drawing of n places read by pointer and by arrow keys; placeAt: the place at a share of the width.
function readBy(root, n, first, placeAt, show) {
  let here = first;
  const go = (i) => { here = Math.min(n - 1, Math.max(0, i)); show(here); };
  root.addEventListener("pointermove", (event) => {
    const bounds = root.getBoundingClientRect();
    go(placeAt((event.clientX - bounds.left) / bounds.width));
  });
  root.addEventListener("keydown", (event) => {
    const to = { ArrowLeft: here - 1, ArrowRight: here + 1, Home: 0, End: n - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    go(to);
  });
}

function blank(figure, message) {
  figure.querySelector(".drawing").replaceChildren();
  figure.querySelector(".readout").textContent = "";
  figure.querySelector(".sentence").textContent = message;
  const details = figure.querySelector("details");
  if (details) details.hidden = true;
  const legend = figure.querySelector(".legend");
  if (legend) legend.hidden = true;
}

// c: labels, long labels, o (observed), f (flat fan or 0), raw (counts of estimated periods), unit, title,
