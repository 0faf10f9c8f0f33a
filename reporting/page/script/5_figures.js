// Each figure of the page: which data it draws for the chosen area, service, age group and scenario.

const sentence = (labels, o, f, digits, validated, unit) => {
  const last = o.map((v, i) => (v === null ? -1 : i)).reduce((a, b) => Math.max(a, b), -1);
  if (last < 0 || !f || !f.length || f[f.length - FAN + MEDIAN] === null) return "";
  const end = f.slice(-FAN);
  const change = o[last] > 0 ? percent(end[MEDIAN] / o[last] - 1) : "";
  const core = text("page-js-sentence", { first: labels[last], value: number(o[last], digits), unit, last: labels[labels.length - 1], forecast: number(end[MEDIAN], digits), interval: range(end[LOW80], end[HIGH80], digits), change });
  return core + (validated ? " " + text("page-js-validated", { year: validated }) : "");
};

// What a figure of a year beyond the tested ones says of it.
const beyond = (s, year) => {
  const tested = D.validated[D.services[s]];
  return tested && tested < year ? " " + text("page-js-validated", { year: tested }) : "";
};

const monthSentence = (names, f, unit) => {
  if (!f || f[f.length - FAN + MEDIAN] === null) return "";
  const end = f.slice(-FAN);
  return text("page-js-month-sentence", { last: names[names.length - 1], forecast: number(end[MEDIAN]), unit, interval: range(end[LOW80], end[HIGH80]) });
};

const otherCell = (a, s, g) => {
  const field = form.elements.scenario, i = field ? Number(field.value) : -1;
  return i < 0 || g !== 0 ? null : D.scenarios.cells[`${i}.${a}.${s}`] || null;
};
const otherCourse = (a, s, g) => { const cell = otherCell(a, s, g); return cell && { name: W.scenarios[Number(form.elements.scenario.value)], values: cell.course }; };
const otherSentence = (a, s, g) => {
  const cell = otherCell(a, s, g);
  if (!cell) return "";
  const name = W.scenarios[Number(form.elements.scenario.value)], told = text("page-js-other-sentence", { name, value: number(cell.end[1]), interval: range(cell.end[0], cell.end[2]) });
  return " " + told + (cell.diff ? " " + text("page-js-difference-sentence", { difference: signed(cell.diff[1]), interval: range(cell.diff[0], cell.diff[2]) }) : "");
};

function yearChart(a, s, g, title) {
  const figure = $("#fan-year"), cell = D.need[`${a}.${s}.${g}`];
  if (!cell) { blank(figure, text("page-js-none")); return; }
  const labels = D.years.map(String), validated = D.validated[D.services[s]] || null;
  fan(figure, {
    labels, o: cell[0], f: cell[1], unit: W.units[s], title, digits: 0, hidden: true,
    breaks: (D.breaks[`${a}.${s}`] || []).map((year) => D.years.indexOf(year)),
    validated: validated ? D.years.indexOf(validated) : null,
    sentence: sentence(labels, cell[0], cell[1], 0, validated, W.units[s]) + otherSentence(a, s, g), overlay: otherCourse(a, s, g),
    every: (least) => [1, 2, 5, 10].find((e) => e >= least) || 20,
    ticked: (i, every) => D.years[i] % every === 0,
  });
}

const monthsFrom = (start, n) => {
  const [year, month] = start.split("-").map(Number), long = new Intl.DateTimeFormat(W.locale, { month: "long", year: "numeric", timeZone: "UTC" });
  const dates = Array.from({ length: n }, (_, i) => new Date(Date.UTC(year, month - 1 + i, 1)));
  return { dates, labels: dates.map((d) => `${d.getUTCMonth() + 1}/${d.getUTCFullYear()}`), names: dates.map((d) => long.format(d)) };
};

// The forecast months of an age group: its 80 % interval alone is told.
const monthsOfAges = (a, s, g) => {
  const flat = D.monthAges.cells[`${a}.${s}.${g}`];
  if (flat === undefined) return undefined;
  const f = flat && Array.from({ length: flat.length / 3 }, (_, i) => flat.slice(3 * i, 3 * i + 3)).flatMap(([low, median, high]) => [null, low, null, median, null, high, null]);
  return { start: D.monthAges.start, o: [], breaks: [], raw: [], f };
};

function monthChart(a, s, g, title) {
  const figure = $("#fan-month");
  if (!figure) return;
  if (g !== 0 && !D.monthAges.cells) { blank(figure, text("page-js-all-ages-only")); return; }
  const cell = g === 0 ? D.months[`${a}.${s}`] : monthsOfAges(a, s, g);
  if (!cell) { blank(figure, text("page-js-none")); return; }
  const { dates, labels, names } = monthsFrom(cell.start, cell.o.length + (cell.f ? cell.f.length / FAN : 0));
  fan(figure, {
    labels, long: names, o: cell.o, f: cell.f, raw: cell.raw, unit: W.monthUnits[s], title, digits: 0, hidden: true,
    breaks: cell.breaks, validated: null, sentence: [monthSentence(names, cell.f, W.monthUnits[s]), g !== 0 && cell.f ? text("page-js-month-ages") : ""].filter(Boolean).join(" "),
    every: (least) => [1, 2, 3, 6, 12, 24].find((e) => e >= least) || 48,
    ticked: (i, every) => (dates[i].getUTCMonth() + 12 * dates[i].getUTCFullYear()) % every === 0,
  });
}

// Figures of all age groups together stand aside when one is chosen, and a sentence names them.
function wholeFigures(g) {
  const figures = [...document.querySelectorAll("figure[data-whole]")], notice = $("#whole-only");
  figures.forEach((figure) => { figure.hidden = g !== 0; });
  notice.hidden = g === 0 || !figures.length;
  const names = figures.map((figure) => figure.querySelector("h3").textContent).join("; ");
  notice.textContent = notice.hidden ? "" : text("page-js-all-ages-figures", { figures: names });
  return g === 0;
}

// Why each of the next months is what it is: the level, and what moves the month away from it.
function partsChart(a, s, title) {
  const figure = $("#parts");
  if (!figure) return;
  const cell = D.parts[`${a}.${s}`];
  if (!cell) { blank(figure, text(cell === 0 ? "page-js-hidden" : "page-js-none")); return; }
  const { labels, names } = monthsFrom(cell.start, cell.m.length);
  stack(figure, cell.m.map(([value, ...parts], i) => ({ label: labels[i], name: names[i], value, parts })), W.parts, W.monthUnits[s], title);
}

function driverChart(a, s, title) {
  const figure = $("#drivers");
  if (!figure) return;
  const cell = D.drivers[`${a}.${s}`];
  const end = cell && Object.keys(cell).map(Number).sort((p, q) => q - p)[0];
  if (!cell || !cell[end].parts.some((p) => p[0] === "total")) { blank(figure, text(cell ? "page-js-none" : "page-js-hidden")); return; }
  const { from, parts } = cell[end], total = parts.find((p) => p[0] === "total");
  const ordered = parts.filter((p) => p !== total && (p[1] || p[2] || p[3])).concat([total]).map((p) => ({ name: W.drivers[p[0]], value: p[1], low: p[2], high: p[3] }));
  const said = text("page-js-change-sentence", { first: from, last: end, total: signed(total[1]), unit: W.units[s], interval: range(total[2], total[3]) }) + beyond(s, end);
  waterfall(figure, ordered, W.units[s], title, said);
}

// Every course of the future at the last year, with its difference from the baseline.
function scenarioChart(a, s, title) {
  const figure = $("#scenarios");
  if (!figure) return;
  const known = D.scenarios.codes.map((code, i) => ({ i, cell: D.scenarios.cells[`${i}.${a}.${s}`] })).filter((c) => c.cell);
  if (!known.length) { blank(figure, text("page-js-hidden")); return; }
  const rows = known.map(({ i, cell }) => ({ name: W.scenarios[i], value: cell.end[1], low: cell.end[0], high: cell.end[2], chosen: i === Number(form.elements.scenario.value) }));
  const year = D.years[D.years.length - 1], said = text("page-js-scenarios-sentence", { year }) + beyond(s, year);
  intervals(figure, rows, { unit: W.units[s], written: number, ends: range, base: null, heading: [text("chart-scenario"), text("chart-value"), text("chart-band-80")] }, title + ", " + year, said);
  table(
    figure.querySelector(".data"),
    ["chart-scenario", "chart-value", "chart-band-80", "chart-difference", "chart-band-80"].map((id) => text(id)),
    known.map(({ i, cell }) => [W.scenarios[i], number(cell.end[1]), range(cell.end[0], cell.end[2]), cell.diff ? signed(cell.diff[1]) : "", cell.diff ? range(cell.diff[0], cell.diff[2]) : ""]),
    title + ", " + year + " (" + W.units[s] + ")"
  );
}

// Which assumption moves the need of the last year most.
function tornadoChart(a, s, title) {
  const figure = $("#tornado");
  if (!figure) return;
  const cell = D.tornado[`${a}.${s}`] || D.tornado[`0.${s}`];
  if (!cell) { blank(figure, text("page-js-none")); return; }
  const rows = cell.rows.map(([name, low, high]) => ({ name: W.assumptions[name], value: Math.max(low, high) - Math.min(low, high), low: Math.min(low, high), high: Math.max(low, high) }));
  const said = text("page-js-tornado-sentence", { name: rows[0].name, year: cell.year }) + beyond(s, cell.year);
  intervals(figure, rows, { unit: W.units[s], written: number, ends: (p, q) => signed(p) + " \u2013 " + signed(q), base: 0, bar: true, heading: [text("chart-assumption"), text("chart-width"), text("chart-change")] }, title + ", " + cell.year, said);
}

// Where the uncertainty comes from, in some of the years to come.
function varianceChart(a, s, title) {
  const figure = $("#variance");
  if (!figure) return;
  const cell = D.variance.cells[`${a}.${s}`];
  if (!cell) { blank(figure, text("page-js-hidden")); return; }
  const rows = D.variance.years.map((year, i) => ({ name: String(year), shares: cell[i] })), last = rows[rows.length - 1], top = last.shares.indexOf(Math.max(...last.shares));
  shares(figure, rows, W.variance, title, text("page-js-variance-sentence", { year: last.name, part: W.variance[top], share: percent(last.shares[top]).replace("+", "") }) + beyond(s, Number(last.name)));
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
    sentence: sentence(labels, cell.o, cell.f, digits, cell.validated, unit),
    every: (least) => [1, 2, 5, 10].find((e) => e >= least) || 20,
    ticked: (i, every) => cell.years[i] % every === 0,
  });
}
