const [settingChoice, metricChoice, lossChoice] = ["setting", "metric", "loss"].map((id) => document.getElementById(id));
const losses = { training: "Training loss", validation: "Validation loss" };

function offScale(setting, metric) {
  const names = metric.off.map((index) => {
    const point = setting.points[index];
    return `${drawn.methods[point.method]} ${point.scores[metric.name][0].toFixed(metric.digits)}`;
  });
  return names.length ? `Off the scale: ${names.join(", ")}.` : "";
}

function drawScores(setting, metric) {
  const { ink } = look();
  const [low, high] = metric.domain;
  const words = { $score: metric.head, $low: low, $high: high };
  const off = offScale(setting, metric);
  for (const cost of drawn.costs) {
    const at = (index) => pointOf(setting, index, metric, setting.points[index].costs[cost.key], ink);
    const points = setting.points.map((point, index) => at(index)).filter(Boolean);
    const front = metric.fronts[cost.key].map(at).filter(Boolean);
    const description = `${metric.head} against ${cost.title}. On the Pareto front: ${front.map((one) => one.told).join("; ")}.`;
    draw(cost.key, cost.log ? "log" : "cost", { ...words, $cost: cost.title, $description: description }, { points, front }, off);
  }
  const series = setting.ranks.flatMap((indices, number) => indices
    .map((index) => pointOf(setting, index, metric, setting.points[index].rank, ink))
    .filter(Boolean)
    .map((point) => ({ ...point, series: number })));
  const description = `${metric.head} against rank: ${series.map((one) => one.told).join("; ")}.`;
  draw("rank", "rank", { ...words, $cost: "Rank", $description: description }, { points: series }, off);
}

function drawLosses(setting, kind) {
  const { ink } = look();
  const points = (setting[kind] ?? []).flatMap((curve, number) => {
    const { method, settings } = setting.points[curve.point];
    const [color, , dash] = drawn.marks[method];
    const name = drawn.methods[method];
    const shared = { method: name, settings: settings || "–", n: curve.n, series: number, dash, color: color === "ink" ? ink : color, told: `${name} ${settings}` };
    return curve.steps.map((step, place) => ({ ...shared, step, loss: curve.losses[place] }));
  });
  const description = `${losses[kind]} over the steps, one line for each method and its settings.`;
  draw("loss", "loss", { $loss: losses[kind], $description: description }, { points }, "");
}

function drawAll() {
  const setting = drawn.settings[Number(settingChoice.value)];
  refill(metricChoice, setting.metrics.map((metric) => option(metric.name, metric.head)));
  refill(lossChoice, Object.keys(losses).filter((kind) => setting[kind].length).map((kind) => option(kind, losses[kind])));
  const methods = new Set(setting.points.map((point) => point.method));
  for (const entry of document.querySelectorAll("#legend li")) entry.hidden = !methods.has(entry.dataset.method);
  const others = setting.elsewhere ? ` Runs on other machines have none here (${setting.elsewhere}).` : "";
  document.querySelector("#machine").textContent = `Times and memory: ${setting.machine}.${others}`;
  const metric = setting.metrics.find((one) => one.name === metricChoice.value);
  if (metric) drawScores(setting, metric);
  drawLosses(setting, lossChoice.value);
}

if (drawn) {
  for (const choice of [settingChoice, metricChoice, lossChoice]) choice.addEventListener("change", drawAll);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  drawAll();
}
