// Months as columns stacked from the parts that move them away from their level, each read by pointer and by keys.

// months: label, name, value, parts (the level first); parts: [name, meaning] of each.
function stack(figure, months, parts, unit, title) {
  figure.querySelector("details").hidden = false;
  const lower = (name) => name[0].toLocaleLowerCase(W.locale) + name.slice(1);
  const weight = parts.map((_, k) => months.reduce((sum, m) => sum + Math.abs(m.parts[k]), 0));
  const told = parts.map((_, k) => k).filter((k) => k && weight[k]), top = told.reduce((a, b) => (weight[b] > weight[a] ? b : a), told[0]);
  const heights = months.map((m) => told.reduce(([low, high], k) => [low + Math.min(0, m.parts[k]), high + Math.max(0, m.parts[k])], [0, 0]));
  const s = step(Math.max(...heights.map((h) => h[1])) - Math.min(...heights.map((h) => h[0])) || 1, 5);
  const min = Math.floor(Math.min(...heights.map((h) => h[0])) / s) * s, max = Math.ceil(Math.max(...heights.map((h) => h[1])) / s) * s || s;
  const digits = decimals(s), written = (v) => number(v, Math.max(...months.map((m) => Math.abs(m.value))) < 20 ? 1 : 0), change = (v) => (v > 0 ? "+" : "") + written(v);
  const box = figure.querySelector(".drawing"), width = Math.max(280, box.clientWidth || 480), height = 280, id = figure.id;
  const left = 14 + 7.2 * Math.max(signed(max, digits).length, signed(min, digits).length), room = (width - left - 8) / months.length, edge = 22, bottom = 28;
  const y = (v) => edge + ((height - edge - bottom) * (max - v)) / (max - min), x = (i) => left + room * (i + 0.5);
  const said = top === undefined ? "" : text("page-js-parts-sentence", { level: written(months[0].parts[0]), unit, part: lower(parts[top][0]) });
  const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", tabindex: "0", "aria-labelledby": id + "-t", "aria-describedby": id + "-d" });
  root.append(svg("title", { id: id + "-t" }, title), svg("desc", { id: id + "-d" }, said + " " + text("page-js-keys")));
  root.append(svg("text", { x: 0, y: 11, class: "faint" }, text("page-js-parts-axis", { unit })));
  for (let v = min; v <= max + s / 2; v += s) {
    const zero = Math.abs(v) < s / 2;
    root.append(svg("line", { x1: left, x2: width - 8, y1: y(v), y2: y(v), class: zero ? "axis" : "grid" }), svg("text", { x: left - 6, y: y(v) + 4, "text-anchor": "end" }, signed(v, digits)));
  }
  const every = Math.ceil(58 / room);
  months.forEach((m, i) => {
    if (i % every === 0) root.append(svg("text", { x: x(i), y: height - 8, "text-anchor": "middle" }, m.label));
    let [low, high] = [0, 0];
    told.forEach((k) => {
      const v = m.parts[k], from = v < 0 ? low : high;
      if (v < 0) low += v; else high += v;
      root.append(svg("rect", { x: x(i) - room * 0.36, y: y(Math.max(from, from + v)), width: room * 0.72, height: Math.abs(y(from) - y(from + v)), class: "piece m" + (k - 1) }));
    });
    root.append(svg("circle", { cx: x(i), cy: y(m.value - m.parts[0]), r: 4, class: "net" }));
  });
  const cursor = svg("line", { y1: edge, y2: height - bottom, class: "cursor", visibility: "hidden" }), readout = figure.querySelector(".readout");
  root.append(cursor);
  const show = (here) => {
    const m = months[here], sums = [0, ...told.filter((k) => written(m.parts[k]) !== written(0))].map((k) => lower(parts[k][0]) + "\u00a0" + (k ? change : written)(m.parts[k])).join(", ");
    cursor.setAttribute("visibility", "visible"); cursor.setAttribute("x1", x(here)); cursor.setAttribute("x2", x(here));
    readout.textContent = text("page-js-parts-readout", { when: m.name, value: written(m.value), parts: sums });
  };
  readout.textContent = "";
  readBy(root, months.length, 0, (share) => Math.floor((share * width - left) / room), show);
  box.replaceChildren(root);
  figure.querySelector(".sentence").textContent = said;
  const keys = figure.querySelector(".legend");
  keys.hidden = false;
  const key = (mark, name, meaning) => { const li = el("li"); if (mark) li.append(el("span", { class: "key " + mark })); li.append(name); if (meaning) li.append(el("span", { class: "told" }, ": " + meaning)); return li; };
  keys.replaceChildren(key("net", text("page-js-parts-net")), ...[0, ...told].map((k) => key(k ? "m" + (k - 1) : "", ...parts[k])));
  table(
    figure.querySelector(".data"),
    [text("chart-time"), text("col-mean"), ...[0, ...told].map((k) => parts[k][0])],
    months.map((m) => [m.name, written(m.value), ...[0, ...told].map((k) => (k ? change : written)(m.parts[k]))]),
    title + " (" + unit + ")"
  );
}
