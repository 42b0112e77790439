const drawn = JSON.parse(document.querySelector("#drawn")?.textContent ?? "null");

function filled(part, words) {
  if (typeof part === "string") return words[part] ?? part;
  if (Array.isArray(part)) return part.map((one) => filled(one, words));
  if (part === null || typeof part !== "object") return part;
  return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, filled(value, words)]));
}

function look() {
  const style = getComputedStyle(document.documentElement);
  const [ink, faint, line] = ["--ink", "--faint", "--line"].map((name) => style.getPropertyValue(name).trim());
  const axis = { labelColor: ink, titleColor: ink, domainColor: faint, tickColor: faint, gridColor: line, labelFontSize: 12, titleFontSize: 12, titleFontWeight: 500 };
  return { ink, config: { background: "transparent", font: "system-ui, sans-serif", axis, view: { stroke: null } } };
}

function option(value, text) {
  const found = document.createElement("option");
  found.value = value;
  found.textContent = text;
  return found;
}

function refill(select, options) {
  const kept = select.value;
  select.replaceChildren(...options);
  if (options.some((one) => one.value === kept)) select.value = kept;
  select.parentElement.hidden = options.length === 0;
}

// A point with what is told of it; null where it has no such cost or score.
function pointOf(setting, index, metric, cost, ink) {
  const point = setting.points[index];
  const score = point.scores[metric.name];
  if (!score || cost === null || cost === undefined || metric.off.includes(index)) return null;
  const [mean, deviation] = score;
  const reads = mean.toFixed(metric.digits) + (deviation === null ? "" : ` ± ${deviation.toFixed(metric.digits)}`);
  const price = cost.toLocaleString("en", { maximumSignificantDigits: 6 });
  const [color, shape] = drawn.marks[point.method];
  const name = drawn.methods[point.method];
  return {
    at: point.at, cost, score: mean, low: mean - (deviation ?? 0), high: mean + (deviation ?? 0), method: name,
    settings: point.settings || "–", n: point.n, reads, price, shape, color: color === "ink" ? ink : color,
    told: `${name} ${point.settings}: ${reads} at ${price}, ${point.n} seed${point.n === 1 ? "" : "s"}`,
  };
}

function draw(name, kind, words, datasets, off) {
  const figure = document.querySelector(`[data-chart="${name}"]`);
  figure.hidden = datasets.points.length === 0;
  figure.querySelector(".off").textContent = off;
  if (figure.hidden) return;
  const { ink, config } = look();
  const specification = { ...filled(drawn.specifications[kind], { ...words, $ink: ink }), datasets, config };
  const place = figure.querySelector(".chart");
  vegaEmbed(place, specification, { renderer: "svg", actions: false, mode: "vega-lite" }).then(({ view }) => {
    view.addEventListener("click", (event, item) => lead(item?.datum?.at));
    reachable(place);
  });
}

function lead(at) {
  if (!at) return;
  if (location.hash === `#${at}`) reveal();
  else location.hash = at;
}

// Points can be reached and opened with the keyboard as with the mouse.
function reachable(place) {
  for (const mark of place.querySelectorAll(".mark-symbol path")) {
    const at = mark.__data__?.datum?.at;
    if (!at) continue;
    mark.setAttribute("tabindex", "0");
    mark.setAttribute("role", "link");
    mark.addEventListener("keydown", (event) => event.key === "Enter" && lead(at));
  }
}
