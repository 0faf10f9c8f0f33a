// The choosers: what is chosen is kept in the address, and everything is drawn again when it changes.

const form = $("#controls"), fields = ["area", "service", "group", "scenario"].map((name) => form.elements[name]).filter(Boolean);
const lists = { area: D.areas, service: D.services, group: D.groups, scenario: ["", ...D.scenarios.codes] };
const placeOf = (field) => Number(field.value) + (field.name === "scenario" ? 1 : 0);

function read() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  fields.forEach((field) => {
    const index = lists[field.name].indexOf(wanted.get(field.name));
    if (index >= 0) field.value = String(index - (field.name === "scenario" ? 1 : 0));
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
    const whole = wholeFigures(g); // first: what is drawn takes the room that is left
    yearChart(a, s, g, title);
    monthChart(a, s, g, title);
    if (whole) [partsChart, driverChart, scenarioChart, tornadoChart, varianceChart].forEach((chart) => chart(a, s, title));
    const flags = W.flags[`${a}.${s}`] || [];
    $("#flags").replaceChildren(...flags.map((told) => el("li", {}, told)));
    $("#flags").hidden = !flags.length;
  }
  areaCharts(a, s, g);
  indicatorChart();
  const hash = "#" + fields.map((field) => field.name + "=" + encodeURIComponent(lists[field.name][placeOf(field)])).join("&");
  document.querySelectorAll(".languages a").forEach((link) => { link.hash = hash; });
  return hash;
}

form.addEventListener("change", () => history.replaceState(null, "", draw()));
form.addEventListener("submit", (event) => event.preventDefault());
const redrawAreas = () => areaCharts(...["area", "service", "group"].map((name) => (form.elements[name] ? Number(form.elements[name].value) : 0)));
if ($("#area-measure")) {
  [...$("#area-measure").options].forEach((option) => { if (!MEASURES[option.value].needs()) option.remove(); });
  $("#area-measure").addEventListener("change", redrawAreas);
}
if ($("#indicator")) $("#indicator").addEventListener("change", indicatorChart);
window.addEventListener("hashchange", () => { if (location.hash.includes("=")) { read(); draw(); } });
let width = window.innerWidth;
window.addEventListener("resize", () => { if (window.innerWidth !== width) { width = window.innerWidth; draw(); } });
read();
draw();
