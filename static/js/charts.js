// Draws the charts of a dashboard from the figures in the page; colours come from the tokens.
(() => {
  const charts = JSON.parse(document.getElementById("drawn")?.textContent ?? "[]");
  const style = getComputedStyle(document.documentElement);
  const token = (name, other) => style.getPropertyValue(name).trim() || other;
  const WHEEL = ["#2f7d66", "#c07a1d", "#4f6fb3", "#a2473f", "#7a5aa0", "#6b7280", "#a3a04a", "#3f8fa3"];

  function datasets(chart) {
    const [accent, quiet] = [token("--accent", "#2f6f5e"), token("--ink-3", "#888888")];
    const band = { pointRadius: 0, borderWidth: 0, spanGaps: true, isBand: true };
    const sets = [];
    chart.series.forEach((one, place) => {
      const many = chart.kind === "stacked";
      const colour = many ? WHEEL[place % WHEEL.length] : one.quiet ? quiet : accent;
      sets.push({ label: one.label, data: one.values, backgroundColor: colour, borderColor: colour, borderWidth: many ? 0 : 2, pointRadius: 1.5, spanGaps: true, maxBarThickness: 26 });
      if (one.low.length && chart.kind === "line") {
        sets.push({ ...band, label: "low", data: one.low });
        sets.push({ ...band, label: "high", data: one.high, fill: "-1", backgroundColor: `color-mix(in srgb, ${colour} 18%, transparent)` });
      }
    });
    return sets;
  }

  function options(chart) {
    const [text, line] = [token("--ink", "#333333"), token("--line", "#dddddd")];
    const sideways = chart.kind === "sideways";
    const figures = { beginAtZero: true, max: chart.maximum ?? undefined, stacked: chart.kind === "stacked", ticks: { color: text }, grid: { color: line } };
    const names = { stacked: chart.kind === "stacked", ticks: { color: text, maxRotation: 0, autoSkip: !sideways, autoSkipPadding: 14 }, grid: { display: false } };
    return {
      animation: matchMedia("(prefers-reduced-motion: reduce), print").matches ? false : { duration: 120 },
      maintainAspectRatio: false,
      indexAxis: sideways ? "y" : "x",
      plugins: {
        legend: { display: chart.series.length > 1, labels: { color: text, filter: (item, data) => !data.datasets[item.datasetIndex].isBand } },
        tooltip: { filter: (item) => !item.dataset.isBand },
      },
      scales: sideways ? { x: figures, y: names } : { x: names, y: figures },
    };
  }

  function draw() {
    for (const chart of charts) {
      const canvas = document.querySelector(`[data-drawn="${chart.name}"]`);
      if (!canvas) continue;
      Chart.getChart(canvas)?.destroy();
      new Chart(canvas, { type: chart.kind === "line" ? "line" : "bar", data: { labels: chart.labels, datasets: datasets(chart) }, options: options(chart) });
    }
  }

  if (charts.length) {
    addEventListener("DOMContentLoaded", draw);
    new MutationObserver(draw).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    addEventListener("beforeprint", () => Object.values(Chart.instances).forEach((one) => one.resize()));
  }
  for (const field of document.querySelectorAll("[data-submit-on-change]")) {
    field.addEventListener("change", () => field.form.requestSubmit());
  }
})();
