// The fan chart: observed values, then the median with its 50, 80 and 95 % bands (those that are there); read by
// pointer and by keys.
// c: labels, long labels, o (observed), f (flat fan or 0), raw (counts of estimated periods), unit, title,
// breaks and validated as indices, digits, overlay: name and flat (low, median, high) of another course, or null.
function fan(figure, c) {
  const first = c.o.length, n = c.labels.length, digits = c.digits;
  const at = (i, q) => c.f[(i - first) * FAN + q];
  const hasFan = c.f && c.f.length > 0 && c.f.some((v) => v !== null);
  const banded = (q) => hasFan && c.f.some((v, k) => k % FAN === q && v !== null);
  const ahead = hasFan && at(n - 1, MEDIAN) !== null; // months still being recorded may be told where what follows is hidden
  const known = c.o.some((v) => v !== null);
  // A zero is never hidden: without a forecast, zeros among hidden values are no course to draw.
  const bare = c.hidden && !c.o.some((v) => v);
  if (!hasFan && (!known || bare)) { blank(figure, text(c.hidden ? "page-js-hidden" : "page-js-none")); return; }
  figure.querySelector("details").hidden = false;
  figure.querySelector(".legend").hidden = false;
  const box = figure.querySelector(".drawing");
  const width = Math.max(280, box.clientWidth || 640), height = width < 480 ? 250 : 300;
  const top = 22, bottom = 30, right = 12;
  const other = c.overlay && c.overlay.values.some((v) => v !== null) ? c.overlay : null, course = (i, q) => other.values[(i - first) * 3 + q];
  const values = c.o.filter((v) => v !== null).concat(hasFan ? c.f.filter((v) => v !== null) : [], other ? other.values.filter((v) => v !== null) : []);
  const high = Math.max(...values), s = high > 0 ? step(high, 5) : 1, max = Math.max(1, Math.ceil(high / s)) * s, tickDigits = decimals(s);
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
  if (ahead) {
    const indices = c.labels.map((_, i) => i).filter((i) => i >= first && at(i, MEDIAN) !== null);
    for (const [low, up, name] of [[LOW95, HIGH95, "b95"], [LOW80, HIGH80, "b80"], [LOW50, HIGH50, "b50"]]) {
      if (!banded(low)) continue;
      const points = indices.map((i) => [x(i), y(at(i, up))]).concat(indices.map((i) => [x(i), y(at(i, low))]).reverse());
      root.append(svg("path", { d: "M" + points.map((p) => p.map((v) => v.toFixed(1)).join(",")).join("L") + "Z", class: name }));
    }
    root.append(svg("path", { d: "M" + indices.map((i) => x(i).toFixed(1) + "," + y(at(i, MEDIAN)).toFixed(1)).join("L"), class: "med" }));
  }
  if (other) {
    const indices = c.labels.map((_, i) => i).filter((i) => i >= first && course(i, 1) !== null);
    [["other-end", 0], ["other-end", 2], ["other", 1]].forEach(([name, q]) => root.append(svg("path", { d: "M" + indices.map((i) => x(i).toFixed(1) + "," + y(course(i, q)).toFixed(1)).join("L"), class: name })));
  }
  figure.querySelectorAll(".of-other").forEach((node) => { node.hidden = !other; if (other) node.querySelector("b").textContent = other.name; });
  for (const [name, there] of [["observed", c.o.length], ["estimated", c.raw && c.raw.length], ["ahead", ahead], ["50", ahead && banded(LOW50)], ["95", ahead && banded(LOW95)]])
    figure.querySelectorAll(".of-" + name).forEach((node) => { node.hidden = !there; });
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
  const last = c.breaks.length - 1, named = c.breaks.findIndex((i, k) => k === last || x(c.breaks[k + 1]) - x(i) > 110);
  c.breaks.forEach((i, k) => mark(i, k === named ? text("chart-break") : "", x(i) > width * 0.7));
  if (hasFan && c.validated !== null && c.validated >= first && c.validated < n - 1) {
    root.append(svg("line", { x1: x(c.validated), x2: x(c.validated), y1: top, y2: height - bottom, class: "mark" }));
    root.append(svg("text", { x: x(c.validated) + 5, y: height - bottom - 7, class: "faint" }, text("page-js-validated-mark")));
  }
  const cursor = svg("line", { y1: top, y2: height - bottom, class: "cursor", visibility: "hidden" });
  root.append(cursor);
  const readout = figure.querySelector(".readout");
  readout.textContent = "";
  const show = (here) => {
    cursor.setAttribute("visibility", "visible");
    cursor.setAttribute("x1", x(here)); cursor.setAttribute("x2", x(here));
    readout.textContent = said(here);
  };
  const said = (i) => {
    const when = c.long ? c.long[i] : c.labels[i];
    if (i < first) return c.o[i] === null ? when + ": " + text("value-hidden") : text("page-js-readout-observed", { when, value: number(c.o[i], digits) });
    if (!hasFan || at(i, MEDIAN) === null) return when + ": " + text("value-hidden");
    const values = { when, value: number(at(i, MEDIAN), digits), band80: range(at(i, LOW80), at(i, HIGH80), digits) };
    if (!banded(LOW95)) return text("page-js-readout-band", values);
    values.band95 = range(at(i, LOW95), at(i, HIGH95), digits);
    const raw = c.raw && c.raw[i - first];
    if (raw !== undefined && raw !== null) return text("page-js-readout-estimated", { ...values, raw: number(raw, digits) });
    const told = text("page-js-readout-forecast", values);
    return other && course(i, 1) !== null ? told + " " + text("page-js-readout-other", { name: other.name, value: number(course(i, 1), digits), band80: range(course(i, 0), course(i, 2), digits) }) : told;
  };
  readBy(root, n, Math.max(0, first - 1), (share) => Math.round((share * width - left) / ((width - left - right) / Math.max(1, n - 1))), show);
  box.replaceChildren(root);
  figure.querySelector(".sentence").textContent = c.sentence || (ahead ? "" : text("page-js-forecast-hidden"));
  const hidden = text("value-hidden"), ends = (i) => (banded(LOW95) ? [range(at(i, LOW95), at(i, HIGH95), digits)] : []), noEnds = hasFan && !banded(LOW95) ? [] : [""];
  table(
    figure.querySelector(".data"),
    ["chart-time", "chart-kind", "chart-value", "chart-band-80", ...noEnds.map(() => "chart-band-95")].map((id) => text(id)).concat(other ? [other.name + " (" + text("chart-band-80") + ")"] : []),
    c.labels.map((label, i) => {
      const more = !other ? [] : [i < first || course(i, 1) === null ? "" : number(course(i, 1), digits) + " (" + range(course(i, 0), course(i, 2), digits) + ")"];
      const when = c.long ? c.long[i] : label;
      if (i < first) return [when, text("kind-observed"), c.o[i] === null ? hidden : number(c.o[i], digits), "", ...noEnds, ...more];
      const kind = text(c.raw && i - first < c.raw.length ? "kind-estimated" : "kind-forecast");
      if (!hasFan || at(i, MEDIAN) === null) return [when, kind, hidden, "", ...noEnds, ...more];
      return [when, kind, number(at(i, MEDIAN), digits), range(at(i, LOW80), at(i, HIGH80), digits), ...ends(i), ...more];
    }),
    c.title + " (" + c.unit + ")"
  );
}
