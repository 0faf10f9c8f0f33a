// Charts of rows: parts that add up, values with intervals, shares of a whole. A row's name stands above its bar, so
// that long names fit a phone.
const ROW = 44, NUMBER_ROOM = 84;

// A blank drawing as wide as its place, told to screen readers by its title and description.
function sheet(figure, rows, title, said, unit) {
  const box = figure.querySelector(".drawing"), width = Math.max(280, box.clientWidth || 480), height = 26 + ROW * rows + 8, id = figure.id;
  const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-labelledby": id + "-t", "aria-describedby": id + "-d" });
  root.append(svg("title", { id: id + "-t" }, title), svg("desc", { id: id + "-d" }, said));
  if (unit) root.append(svg("text", { x: 0, y: 11, class: "faint" }, unit));
  box.replaceChildren(root);
  figure.querySelector("details").hidden = false;
  figure.querySelector(".sentence").textContent = said;
  return { root, width, height };
}

const along = (values, left, right) => {
  const min = Math.min(...values), max = Math.max(...values), span = max - min || 1;
  return (v) => left + ((right - left) * (v - min)) / span;
};

// parts: name, value, low, high; the last one is their sum.
function waterfall(figure, parts, unit, title, said) {
  let sum = 0;
  const bars = parts.map((p, i) => {
    const total = i === parts.length - 1, start = total ? 0 : sum;
    sum += p.value;
    return { ...p, total, start, end: start + p.value };
  });
  const { root, width } = sheet(figure, bars.length, title, said + " " + bars.map((b) => b.name + " " + signed(b.value)).join(", "), unit);
  figure.querySelector(".sentence").textContent = said;
  const ends = bars.flatMap((b) => [b.start, b.end]).concat([0]), below = Math.min(...ends) < 0;
  const x = along(ends, 6 + (below ? NUMBER_ROOM : 0), width - NUMBER_ROOM);
  bars.forEach((b, i) => {
    const y = 36 + i * ROW, low = Math.min(b.start, b.end), high = Math.max(b.start, b.end);
    // a fall's number stands left of its bar where there is room, else right, where there always is
    const after = b.end >= b.start || x(low) < NUMBER_ROOM;
    root.append(svg("line", { x1: x(0), x2: x(0), y1: y + 2, y2: y + 22, class: "axis" }));
    root.append(svg("text", { x: 0, y: y - 2 }, b.name));
    root.append(svg("rect", { x: x(low), y: y + 4, width: Math.max(1, x(high) - x(low)), height: 18, class: b.total ? "sum" : b.value >= 0 ? "up" : "down" }));
    root.append(svg("text", { x: after ? x(high) + 6 : x(low) - 6, y: y + 17, "text-anchor": after ? "start" : "end" }, signed(b.value)));
  });
  table(
    figure.querySelector(".data"),
    ["chart-driver", "chart-change", "chart-band-80"].map((id) => text(id)),
    bars.map((b) => [b.name, signed(b.value), range(b.low, b.high)]),
    title + " (" + unit + ")"
  );
}

// rows: name, value (null when hidden), low, high, chosen; c: written, ends (interval in words), base, heading, bar.
function intervals(figure, rows, c, title, said) {
  const { root, width } = sheet(figure, rows.length, title, said, c.unit);
  const shown = rows.filter((r) => r.value !== null), values = shown.flatMap((r) => [r.value, r.low ?? r.value, r.high ?? r.value]).concat(c.base === null ? [] : [c.base]);
  const x = along(values.length ? values : [0, 1], 8, width - NUMBER_ROOM - 8);
  if (c.base !== null) root.append(svg("line", { x1: x(c.base), x2: x(c.base), y1: 18, y2: 26 + ROW * rows.length, class: "mark" }));
  rows.forEach((r, i) => {
    const y = 36 + i * ROW;
    root.append(svg("text", { x: 0, y: y - 2, class: r.chosen ? "strong" : "" }, r.name));
    root.append(svg("text", { x: width - 2, y: y + 17, "text-anchor": "end", class: r.value === null ? "faint" : "" }, r.value === null ? text("value-hidden") : c.written(r.value)));
    if (r.value === null) return;
    const low = r.low ?? r.value, high = r.high ?? r.value;
    if (c.bar) root.append(svg("rect", { x: x(low), y: y + 5, width: Math.max(1, x(high) - x(low)), height: 16, class: "up" }));
    else {
      root.append(svg("line", { x1: x(low), x2: x(high), y1: y + 13, y2: y + 13, class: "span" }));
      root.append(svg("circle", { cx: x(r.value), cy: y + 13, r: 5, class: r.chosen ? "here" : "up" }));
    }
  });
  table(
    figure.querySelector(".data"),
    c.heading,
    rows.map((r) => [r.name, r.value === null ? text("value-hidden") : c.written(r.value), r.value === null || r.low === undefined || r.low === null ? "" : c.ends(r.low, r.high)]),
    title
  );
}

// rows: name, shares (0..1) in the order of `parts`.
function shares(figure, rows, parts, title, said) {
  const { root, width } = sheet(figure, rows.length, title, said, "");
  const x = along([0, 1], 0, width);
  rows.forEach((r, i) => {
    const y = 36 + i * ROW;
    root.append(svg("text", { x: 0, y: y - 2 }, r.name));
    let start = 0;
    r.shares.forEach((share, k) => {
      root.append(svg("rect", { x: x(start), y: y + 4, width: Math.max(0, x(share) - 1), height: 18, class: "part" + k }));
      if (x(share) > 46) root.append(svg("text", { x: x(start) + 6, y: y + 17, class: "on" + k }, percent(share).replace("+", "")));
      start += share;
    });
  });
  const keys = figure.querySelector(".legend");
  keys.hidden = false;
  keys.replaceChildren(...parts.map((name, k) => { const li = el("li"); li.append(el("span", { class: "key key" + k }), name); return li; }));
  table(figure.querySelector(".data"), [text("chart-time"), ...parts], rows.map((r) => [r.name, ...r.shares.map((s) => percent(s).replace("+", ""))]), title);
}
