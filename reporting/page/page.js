// Draws the charts of the chosen area, service and age group. Text from data is only ever set as text.
(() => {
  "use strict";
  const D = window.SITUATION;
  const W = JSON.parse(document.getElementById("words").textContent);
  if (!D) return;
  document.documentElement.classList.remove("no-js");
  const FAN = 7, LOW95 = 0, LOW80 = 1, LOW50 = 2, MEDIAN = 3, HIGH50 = 4, HIGH80 = 5, HIGH95 = 6;
  const NS = "http://www.w3.org/2000/svg";
  const $ = (selector) => document.querySelector(selector);
  const formats = [0, 1, 2].map((digits) => new Intl.NumberFormat(W.locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }));
  const number = (v, digits = 0) => formats[digits].format(v === 0 ? 0 : v).replace("-", "\u2212");
  const signed = (v, digits = 0) => (Math.round(v * 10 ** digits) > 0 ? "+" : "") + number(v, digits);
  const percent = (v) => signed(100 * v) + (W.locale.startsWith("en") ? "%" : "\u00a0%");
  const range = (a, b, digits = 0) => {
    const [low, high] = [number(a, digits), number(b, digits)];
    return /[\u00a0\u2212\u202f ]/.test(low) ? low + " \u2013 " + high : low + "\u2013" + high;
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

  function blank(figure, message) {
    figure.querySelector(".drawing").replaceChildren();
    figure.querySelector(".readout").textContent = "";
    figure.querySelector(".sentence").textContent = message;
    figure.querySelector("details").hidden = true;
    const legend = figure.querySelector(".legend");
    if (legend) legend.hidden = true;
  }

  // c: labels, long labels, o (observed), f (flat fan or 0), raw (counts of estimated periods), unit, title,
  // breaks and validated as indices, digits.
  function fan(figure, c) {
    const first = c.o.length, n = c.labels.length, digits = c.digits;
    const at = (i, q) => c.f[(i - first) * FAN + q];
    const hasFan = c.f && c.f.length > 0 && c.f.some((v) => v !== null);
    const known = c.o.some((v) => v !== null);
    if (!hasFan && !known) { blank(figure, text(c.hidden ? "page-js-hidden" : "page-js-none")); return; }
    figure.querySelector("details").hidden = false;
    figure.querySelector(".legend").hidden = false;
    const box = figure.querySelector(".drawing");
    const width = Math.max(280, box.clientWidth || 640), height = width < 480 ? 250 : 300;
    const top = 22, bottom = 30, right = 12;
    const values = c.o.filter((v) => v !== null).concat(hasFan ? c.f.filter((v) => v !== null) : []);
    const high = Math.max(...values, 1e-9), s = step(high, 5), max = Math.ceil(high / s) * s, tickDigits = decimals(s);
    const left = 14 + 7.2 * number(max, tickDigits).length;
    const x = (i) => left + ((width - left - right) * i) / Math.max(1, n - 1);
    const y = (v) => height - bottom - ((height - top - bottom) * v) / max;
    const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", tabindex: "0", "aria-labelledby": figure.id + "-t", "aria-describedby": figure.id + "-d" });
    root.append(svg("title", { id: figure.id + "-t" }, c.title), svg("desc", { id: figure.id + "-d" }, c.sentence + " " + text("page-js-keys")));
    root.append(svg("text", { x: 0, y: 11, class: "faint" }, c.unit));
    for (let v = 0; v <= max + s / 2; v += s) {
      root.append(svg("line", { x1: left, x2: width - right, y1: y(v), y2: y(v), class: v === 0 ? "axis" : "grid" }));
      root.append(svg("text", { x: left - 6, y: y(v) + 4, "text-anchor": "end" }, number(v, tickDigits)));
    }
    const room = (width - left - right) / 62, every = c.every(Math.max(1, Math.ceil(n / room)));
    c.labels.forEach((label, i) => {
      if (!c.ticked(i, every)) return;
      root.append(svg("line", { x1: x(i), x2: x(i), y1: height - bottom, y2: height - bottom + 4, class: "axis" }));
      root.append(svg("text", { x: x(i), y: height - bottom + 18, "text-anchor": x(i) > width - 30 ? "end" : "middle" }, label));
    });
    if (hasFan) {
      const indices = c.labels.map((_, i) => i).filter((i) => i >= first && at(i, MEDIAN) !== null);
      for (const [low, up, name] of [[LOW95, HIGH95, "b95"], [LOW80, HIGH80, "b80"], [LOW50, HIGH50, "b50"]]) {
        const points = indices.map((i) => [x(i), y(at(i, up))]).concat(indices.map((i) => [x(i), y(at(i, low))]).reverse());
        root.append(svg("path", { d: "M" + points.map((p) => p.map((v) => v.toFixed(1)).join(",")).join("L") + "Z", class: name }));
      }
      root.append(svg("path", { d: "M" + indices.map((i) => x(i).toFixed(1) + "," + y(at(i, MEDIAN)).toFixed(1)).join("L"), class: "med" }));
    }
    let path = "", pen = false;
    c.o.forEach((v, i) => {
      if (v === null) { pen = false; return; }
      path += (pen ? "L" : "M") + x(i).toFixed(1) + "," + y(v).toFixed(1);
      pen = true;
      if (n < 45) root.append(svg("circle", { cx: x(i), cy: y(v), r: 2.4, class: "dot" }));
    });
    root.append(svg("path", { d: path, class: "obs" }));
    (c.raw || []).forEach((_, k) => {
      if (hasFan && at(first + k, MEDIAN) !== null) root.append(svg("circle", { cx: x(first + k), cy: y(at(first + k, MEDIAN)), r: 4, class: "est" }));
    });
    const mark = (i, label, end) => {
      root.append(svg("line", { x1: x(i), x2: x(i), y1: top, y2: height - bottom, class: "mark" }));
      root.append(svg("text", { x: x(i) + (end ? -5 : 5), y: top + 9, class: "faint", "text-anchor": end ? "end" : "start" }, label));
    };
    c.breaks.forEach((i, k) => mark(i, k ? "" : text("chart-break"), x(i) > width * 0.7));
    if (hasFan && c.validated !== null && c.validated >= first && c.validated < n - 1) {
      root.append(svg("line", { x1: x(c.validated), x2: x(c.validated), y1: top, y2: height - bottom, class: "mark" }));
      root.append(svg("text", { x: x(c.validated) + 5, y: height - bottom - 7, class: "faint" }, text("page-js-validated-mark")));
    }
    const cursor = svg("line", { y1: top, y2: height - bottom, class: "cursor", visibility: "hidden" });
    root.append(cursor);
    const readout = figure.querySelector(".readout");
    readout.textContent = "";
    let here = Math.max(0, first - 1);
    const show = (i) => {
      here = Math.min(n - 1, Math.max(0, i));
      cursor.setAttribute("visibility", "visible");
      cursor.setAttribute("x1", x(here)); cursor.setAttribute("x2", x(here));
      readout.textContent = said(here);
    };
    const said = (i) => {
      const when = c.long ? c.long[i] : c.labels[i];
      if (i < first) return c.o[i] === null ? when + ": " + text("value-hidden") : text("page-js-readout-observed", { when, value: number(c.o[i], digits) });
      if (!hasFan || at(i, MEDIAN) === null) return when + ": " + text("value-hidden");
      const values = { when, value: number(at(i, MEDIAN), digits), band80: range(at(i, LOW80), at(i, HIGH80), digits), band95: range(at(i, LOW95), at(i, HIGH95), digits) };
      const raw = c.raw && c.raw[i - first];
      if (raw !== undefined && raw !== null) return text("page-js-readout-estimated", { ...values, raw: number(raw, digits) });
      return text("page-js-readout-forecast", values);
    };
    root.addEventListener("pointermove", (event) => {
      const bounds = root.getBoundingClientRect();
      show(Math.round((((event.clientX - bounds.left) / bounds.width) * width - left) / ((width - left - right) / Math.max(1, n - 1))));
    });
    root.addEventListener("keydown", (event) => {
      const to = { ArrowLeft: here - 1, ArrowRight: here + 1, Home: 0, End: n - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      show(to);
    });
    box.replaceChildren(root);
    figure.querySelector(".sentence").textContent = c.sentence || (hasFan ? "" : text("page-js-hidden"));
    const hidden = text("value-hidden");
    table(
      figure.querySelector(".data"),
      ["chart-time", "chart-kind", "chart-value", "chart-band-80", "chart-band-95"].map((id) => text(id)),
      c.labels.map((label, i) => {
        const when = c.long ? c.long[i] : label;
        if (i < first) return [when, text("kind-observed"), c.o[i] === null ? hidden : number(c.o[i], digits), "", ""];
        const kind = text(c.raw && i - first < c.raw.length ? "kind-estimated" : "kind-forecast");
        if (!hasFan || at(i, MEDIAN) === null) return [when, kind, hidden, "", ""];
        return [when, kind, number(at(i, MEDIAN), digits), range(at(i, LOW80), at(i, HIGH80), digits), range(at(i, LOW95), at(i, HIGH95), digits)];
      }),
      c.title + " (" + c.unit + ")"
    );
  }

  const sentence = (labels, o, f, digits, validated) => {
    const last = o.map((v, i) => (v === null ? -1 : i)).reduce((a, b) => Math.max(a, b), -1);
    if (last < 0 || !f || !f.length || f[f.length - FAN + MEDIAN] === null) return "";
    const end = f.slice(-FAN);
    const change = o[last] > 0 ? percent(end[MEDIAN] / o[last] - 1) : "";
    const core = text("page-js-sentence", { first: labels[last], value: number(o[last], digits), last: labels[labels.length - 1], forecast: number(end[MEDIAN], digits), interval: range(end[LOW80], end[HIGH80], digits), change });
    return core + (validated ? " " + text("page-js-validated", { year: validated }) : "");
  };

  const monthSentence = (names, f) => {
    if (!f || f[f.length - FAN + MEDIAN] === null) return "";
    const end = f.slice(-FAN);
    return text("page-js-month-sentence", { last: names[names.length - 1], forecast: number(end[MEDIAN]), interval: range(end[LOW80], end[HIGH80]) });
  };

  function yearChart(a, s, g, title) {
    const figure = $("#fan-year"), cell = D.need[`${a}.${s}.${g}`];
    if (!cell) { blank(figure, text("page-js-none")); return; }
    const labels = D.years.map(String), validated = D.validated[D.services[s]] || null;
    fan(figure, {
      labels, o: cell[0], f: cell[1], unit: W.units[s], title, digits: 0, hidden: true,
      breaks: (D.breaks[`${a}.${s}`] || []).map((year) => D.years.indexOf(year)),
      validated: validated ? D.years.indexOf(validated) : null,
      sentence: sentence(labels, cell[0], cell[1], 0, validated),
      every: (least) => [1, 2, 5, 10].find((e) => e >= least) || 20,
      ticked: (i, every) => D.years[i] % every === 0,
    });
  }

  function monthChart(a, s, g, title) {
    const figure = $("#fan-month");
    if (!figure) return;
    const cell = D.months[`${a}.${s}`];
    if (g !== 0) { blank(figure, text("page-js-all-ages-only")); return; }
    if (!cell) { blank(figure, text("page-js-none")); return; }
    const [year, month] = cell.start.split("-").map(Number);
    const n = cell.o.length + (cell.f ? cell.f.length / FAN : 0);
    const dates = Array.from({ length: n }, (_, i) => new Date(Date.UTC(year, month - 1 + i, 1)));
    const long = new Intl.DateTimeFormat(W.locale, { month: "long", year: "numeric", timeZone: "UTC" });
    const labels = dates.map((d) => `${d.getUTCMonth() + 1}/${d.getUTCFullYear()}`), names = dates.map((d) => long.format(d));
    fan(figure, {
      labels, long: names, o: cell.o, f: cell.f, raw: cell.raw, unit: W.monthUnits[s], title, digits: 0, hidden: true,
      breaks: [], validated: null, sentence: monthSentence(names, cell.f),
      every: (least) => [1, 2, 3, 6, 12, 24].find((e) => e >= least) || 48,
      ticked: (i, every) => (dates[i].getUTCMonth() + 12 * dates[i].getUTCFullYear()) % every === 0,
    });
  }

  function driverChart(a, s, g, title) {
    const figure = $("#drivers");
    if (!figure) return;
    const cell = D.drivers[`${a}.${s}`];
    if (g !== 0) { blank(figure, text("page-js-all-ages-only")); return; }
    const end = cell && Object.keys(cell).map(Number).sort((p, q) => q - p)[0];
    if (!cell || !cell[end].parts.some((p) => p[0] === "total")) { blank(figure, text(cell ? "page-js-none" : "page-js-hidden")); return; }
    figure.querySelector("details").hidden = false;
    const { from, parts } = cell[end], total = parts.find((p) => p[0] === "total");
    const ordered = parts.filter((p) => p !== total).concat([total]);
    let sum = 0;
    const bars = ordered.map((p) => {
      const start = p === total ? 0 : sum;
      sum += p[1];
      return { name: text("driver-" + p[0]), value: p[1], low: p[2], high: p[3], start, end: start + p[1], total: p === total };
    });
    const box = figure.querySelector(".drawing"), width = Math.max(280, box.clientWidth || 480), rowHeight = 46;
    const height = 26 + rowHeight * bars.length + 24, ends = bars.flatMap((b) => [b.start, b.end]).concat([0]);
    const labelRoom = 76, min = Math.min(...ends), max = Math.max(...ends), span = max - min || 1;
    const left = 6 + (min < 0 ? labelRoom : 0), right = width - labelRoom, x = (v) => left + ((right - left) * (v - min)) / span;
    const said = text("page-js-change-sentence", { first: from, last: end, total: signed(total[1]), interval: range(total[2], total[3]) });
    const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-labelledby": "drivers-t", "aria-describedby": "drivers-d" });
    root.append(svg("title", { id: "drivers-t" }, title), svg("desc", { id: "drivers-d" }, said + " " + bars.map((b) => b.name + " " + signed(b.value)).join(", ")));
    root.append(svg("text", { x: 0, y: 11, class: "faint" }, W.units[s]));
    bars.forEach((_, i) => root.append(svg("line", { x1: x(0), x2: x(0), y1: 38 + i * rowHeight, y2: 60 + i * rowHeight, class: "axis" })));
    bars.forEach((b, i) => {
      const y = 36 + i * rowHeight, from = Math.min(b.start, b.end);
      root.append(svg("text", { x: 0, y: y - 2 }, b.name));
      root.append(svg("rect", { x: x(from), y: y + 4, width: Math.max(1, x(Math.max(b.start, b.end)) - x(from)), height: 18, class: b.total ? "sum" : b.value >= 0 ? "up" : "down" }));
      const after = b.end >= b.start;
      root.append(svg("text", { x: x(b.end) + (after ? 6 : -6), y: y + 17, "text-anchor": after ? "start" : "end" }, signed(b.value)));
    });
    box.replaceChildren(root);
    figure.querySelector(".sentence").textContent = said;
    table(
      figure.querySelector(".data"),
      ["chart-driver", "chart-change", "chart-band-80"].map((id) => text(id)),
      bars.map((b) => [b.name, signed(b.value), range(b.low, b.high)]),
      title + " (" + W.units[s] + ")"
    );
  }

  function indicatorChart() {
    const select = $("#indicator");
    if (!select) return;
    const code = select.value, cell = D.indicators[`0.${code}`], figure = $("#fan-indicator");
    document.querySelectorAll("[data-indicator]").forEach((node) => { node.hidden = node.dataset.indicator !== code; });
    if (!cell) { blank(figure, text("page-js-none")); return; }
    const labels = cell.years.map(String), [name, unit] = W.indicators[code];
    const top = Math.max(...cell.o.concat(cell.f).filter((v) => v !== null)), digits = top >= 100 ? 0 : top >= 10 ? 1 : 2;
    fan(figure, {
      labels, o: cell.o, f: cell.f, unit, title: name + ", " + W.areas[0], digits,
      breaks: cell.breaks.map((year) => cell.years.indexOf(year)), validated: cell.validated ? cell.years.indexOf(cell.validated) : null,
      sentence: sentence(labels, cell.o, cell.f, digits, cell.validated),
      every: (least) => [1, 2, 5, 10].find((e) => e >= least) || 20,
      ticked: (i, every) => cell.years[i] % every === 0,
    });
  }

  const form = $("#controls"), fields = ["area", "service", "group"].map((name) => form.elements[name]).filter(Boolean);
  const lists = { area: D.areas, service: D.services, group: D.groups };

  function read() {
    const wanted = new URLSearchParams(location.hash.slice(1));
    fields.forEach((field) => {
      const index = lists[field.name].indexOf(wanted.get(field.name));
      if (index >= 0) field.value = String(index);
    });
  }

  function draw() {
    const value = (name) => (form.elements[name] ? Number(form.elements[name].value) : 0);
    const [a, s, g] = [value("area"), value("service"), value("group")];
    document.querySelectorAll("[data-area]").forEach((node) => { node.hidden = Number(node.dataset.area) !== a; });
    document.querySelectorAll("[data-service]").forEach((node) => { node.hidden = Number(node.dataset.service) !== s; });
    if ($("#chosen")) {
      const title = [W.services[s], W.areas[a], W.groups[g]].join(" \u00b7 ");
      $("#chosen").textContent = title;
      yearChart(a, s, g, title);
      monthChart(a, s, g, title);
      driverChart(a, s, g, title);
    }
    indicatorChart();
    const hash = "#" + fields.map((field) => field.name + "=" + encodeURIComponent(lists[field.name][Number(field.value)])).join("&");
    document.querySelectorAll(".languages a").forEach((link) => { link.hash = hash; });
    return hash;
  }

  form.addEventListener("change", () => history.replaceState(null, "", draw()));
  form.addEventListener("submit", (event) => event.preventDefault());
  if ($("#indicator")) $("#indicator").addEventListener("change", indicatorChart);
  window.addEventListener("hashchange", () => { if (location.hash.includes("=")) { read(); draw(); } });
  let width = window.innerWidth;
  window.addEventListener("resize", () => { if (window.innerWidth !== width) { width = window.innerWidth; draw(); } });
  read();
  draw();
})();
