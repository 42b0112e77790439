const told = JSON.parse(document.querySelector("#details").textContent);

function tell(list, name, ...content) {
  const term = document.createElement("dt");
  const text = document.createElement("dd");
  term.textContent = name;
  text.append(...content);
  list.append(term, text);
}

function pre(text) {
  const found = document.createElement("pre");
  found.textContent = text;
  return found;
}

function lines(values, between) {
  return Object.entries(values).map(([key, value]) => `${key}${between}${value}`);
}

function settingsOf(run) {
  const base = Object.entries(told.settings[run.base]).filter(([key]) => !(run.unset ?? []).includes(key));
  const all = { ...Object.fromEntries(base), ...run.own };
  return pre(Object.keys(all).sort().map((key) => `${key}=${all[key]}`).join("\n"));
}

function fill(entry) {
  if (entry.querySelector("dl")) return;
  const run = told.runs[Number(entry.dataset.index)];
  const list = document.createElement("dl");
  if (run.error) tell(list, "What happened", run.error);
  if (run.stale) tell(list, "Stale", run.stale.join("; "));
  if (run.scores) tell(list, "Scores", lines(run.scores, " ").join(", "));
  if (run.absent) tell(list, "Not measured", lines(run.absent, ": ").join("; "));
  tell(list, "Its choices, to start from; rerun takes every setting from the record", pre(run.command));
  tell(list, "Machine and code", told.machines[run.on]);
  if (run.took) tell(list, "Took", run.took);
  if (run.sample) tell(list, "First predictions", ...run.sample.map((one) => pre(lines(one, ": ").join("\n"))));
  const settings = document.createElement("details");
  const summary = document.createElement("summary");
  summary.textContent = "All settings";
  settings.append(summary, settingsOf(run));
  tell(list, "Settings", settings);
  entry.append(list);
}

for (const entry of document.querySelectorAll(".run")) entry.addEventListener("toggle", () => entry.open && fill(entry));

// What a link leads to is opened, with all that it stands in.
function reveal() {
  const found = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!found) return;
  for (let one = found; one; one = one.parentElement?.closest("details")) if (one.tagName === "DETAILS") one.open = true;
  found.scrollIntoView();
  if (found.classList.contains("run")) found.querySelector("summary").focus({ preventScroll: true });
}
addEventListener("hashchange", reveal);
document.addEventListener("click", (event) => {
  if (event.target.closest?.(`a[href="${CSS.escape(location.hash).replace("\\#", "#")}"]`)) reveal();
});
reveal();
