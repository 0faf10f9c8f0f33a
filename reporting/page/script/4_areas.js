// The areas beside each other: a map of the county where its boundaries are at hand, and the same values in rows.
const BLUES = ["#e4eef6", "#bcd6ea", "#86b3d6", "#3f85bb", "#0b5a94", "#00355c"], ORANGES = ["#fbe9d7", "#f2c795", "#dd9347", "#b45f06", "#7a3f00"];

const fanOf = (a, s, g) => { const cell = D.need[`${a}.${s}.${g}`]; return cell && cell[1] ? cell : null; };
const lastOf = (observed) => observed.map((v, i) => (v === null ? -1 : i)).reduce((p, q) => Math.max(p, q), -1);

// Each measure: the value of an area with its interval, how it is written, and whether it turns at zero.
const MEASURES = {
  change: {
    of: (a, s, g) => {
      const cell = fanOf(a, s, g), last = cell ? lastOf(cell[0]) : -1, now = last < 0 ? 0 : cell[0][last], end = cell ? cell[1].slice(-FAN) : [];
      return !cell || !now || end[MEDIAN] === null ? null : [end[MEDIAN] / now - 1, end[LOW80] / now - 1, end[HIGH80] / now - 1];
    },
    written: percent, turns: true, needs: () => D.years.length > 0,
  },
  rate: {
    of: (a, s, g) => {
      const cell = D.need[`${a}.${s}.${g}`], value = cell ? cell[0][cell[0].length - 1] : null, people = (D.persons[a] || [])[g];
      return value === null || !people ? null : [(1000 * value) / people];
    },
    written: (v) => number(v, v < 10 ? 1 : 0), turns: false, needs: () => D.persons.length > 0 && D.years.length > 0,
  },
  aged: { of: (a) => D.aged[a] && [D.aged[a][0]], written: (v) => percent(v).replace("+", ""), turns: false, needs: () => D.aged.some(Boolean) },
  agedEnd: { of: (a) => D.aged[a] && [D.aged[a][1]], written: (v) => percent(v).replace("+", ""), turns: false, needs: () => D.aged.some((v) => v && v[1] !== null) },
  quality: { of: (a) => D.quality[a] || null, written: (v) => number(100 * v, v < 0.99 ? 1 : 2) + (W.locale.startsWith("en") ? "%" : "\u00a0%"), turns: false, needs: () => D.quality.some(Boolean) },
};

// Classes of equal width between round limits; where the values turn at zero, zero is a limit.
function classes(values, turns) {
  const min = Math.min(...values), max = Math.max(...values), s = step(max - min || Math.abs(max) || 1, 4);
  const first = Math.floor(min / s + 1e-9), last = Math.max(first + 1, Math.ceil(max / s - 1e-9)), found = [];
  for (let k = first; k < last; k += 1) {
    const tone = !turns || first >= 0 ? BLUES[Math.min(5, Math.round(((k - first) * 5) / Math.max(1, last - first - 1)))] : k < 0 ? ORANGES[Math.min(4, -k)] : BLUES[Math.min(5, k + 1)];
    found.push({ low: k * s, high: (k + 1) * s, tone });
  }
  return found;
}

function areaCharts(a, s, g) {
  const figure = $("#areas");
  if (!figure) return;
  const key = $("#area-measure").value, measure = MEASURES[key], name = W.areaMeasures[key].replace("{service}", W.services[s] || "").replace("{group}", W.groups[g] || "");
  const values = D.areas.map((_, i) => measure.of(i, s, g)), inside = values.slice(1), known = inside.filter(Boolean).map((v) => v[0]);
  document.querySelectorAll("#areas-source [data-measure]").forEach((node) => { node.hidden = !node.dataset.measure.split(" ").includes(key); });
  if (!known.length) { blank(figure, text("page-js-hidden")); if ($("#map")) blank($("#map"), ""); return; }
  const spoken = text("page-js-areas-sentence", { measure: name, low: measure.written(Math.min(...known)), high: measure.written(Math.max(...known)) });
  const rows = D.areas.map((_, i) => ({ name: W.areas[i], value: values[i] ? values[i][0] : null, low: values[i] ? values[i][1] : null, high: values[i] ? values[i][2] : null, chosen: i === a }));
  const ends = (low, high) => measure.written(low) + " \u2013 " + measure.written(high);
  intervals(figure, rows, { unit: "", written: measure.written, ends, base: measure.turns ? 0 : values[0] ? values[0][0] : null, heading: [text("page-js-area"), name, text("chart-interval")] }, name, spoken);
  if ($("#map")) mapChart(a, values, measure, name);
}

function mapChart(a, values, measure, name) {
  const figure = $("#map"), box = figure.querySelector(".drawing"), known = values.slice(1).filter(Boolean).map((v) => v[0]), bins = classes(known, measure.turns);
  const toneOf = (v) => (bins.find((b) => v < b.high - 1e-12) || bins[bins.length - 1]).tone;
  const { w, h, shapes } = D.map, wide = Math.max(280, box.clientWidth || 480), scale = w / Math.min(wide, (560 * w) / h);
  const said = D.areas.map((_, i) => (i ? W.areas[i] + ": " + (values[i] ? measure.written(values[i][0]) : text("value-hidden")) : "")).filter(Boolean);
  const root = svg("svg", { viewBox: `0 0 ${w} ${h}`, role: "img", tabindex: "0", "aria-labelledby": "map-t", "aria-describedby": "map-d" });
  root.append(svg("title", { id: "map-t" }, name), svg("desc", { id: "map-d" }, said.join("; ") + ". " + text("page-js-keys")));
  const readout = figure.querySelector(".readout"), show = (i) => { here = i; readout.textContent = W.areas[i] + ": " + (values[i] ? measure.written(values[i][0]) : text("value-hidden")); };
  let here = Math.max(1, a);
  const pattern = svg("pattern", { id: "hatch", width: 8 * scale, height: 8 * scale, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" });
  pattern.append(svg("rect", { width: 8 * scale, height: 8 * scale, fill: "#fff" }), svg("line", { x1: 0, x2: 0, y1: 0, y2: 8 * scale, stroke: "#8c959f", "stroke-width": 3 * scale }));
  root.append(pattern);
  shapes.forEach(([i, path]) => {
    const node = svg("path", { d: path, fill: values[i] ? toneOf(values[i][0]) : "url(#hatch)", class: "place" + (i === a ? " chosen" : ""), "stroke-width": (i === a ? 3 : 1) * scale });
    node.addEventListener("pointermove", () => show(i));
    node.addEventListener("click", () => { form.elements.area.value = String(i); form.dispatchEvent(new Event("change")); });
    root.append(node);
  });
  const chosen = root.querySelectorAll(".chosen");
  chosen.forEach((node) => root.append(node));
  if (wide > 420) D.map.labels.forEach(([i, x, y]) => {
    const label = svg("text", { x, y, "text-anchor": "middle" }, W.areas[i]);
    label.style.fontSize = 11.5 * scale + "px";
    label.style.strokeWidth = 3 * scale + "px";
    root.append(label);
  });
  root.addEventListener("keydown", (event) => {
    const last = D.areas.length - 1, to = { ArrowLeft: here - 1, ArrowUp: here - 1, ArrowRight: here + 1, ArrowDown: here + 1, Home: 1, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    show(Math.min(last, Math.max(1, to)));
  });
  box.replaceChildren(root);
  readout.textContent = "";
  figure.querySelector(".sentence").textContent = name;
  const keys = figure.querySelector(".legend");
  keys.hidden = false;
  keys.replaceChildren(...bins.map((b) => { const li = el("li"), mark = svg("svg", { class: "key", viewBox: "0 0 24 13", "aria-hidden": "true" }); mark.append(svg("rect", { width: 24, height: 13, fill: b.tone, stroke: "#57606a" })); li.append(mark, measure.written(b.low) + " \u2013 " + measure.written(b.high)); return li; }));
  if (values.slice(1).some((v) => !v)) { const li = el("li"); li.append(el("span", { class: "key hatched" }), text("value-hidden")); keys.append(li); }
}
