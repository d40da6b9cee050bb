// Draws the dashboard's charts from the figures in the page; colours come from the tokens.
(() => {
  const figures = JSON.parse(document.getElementById("charts")?.textContent ?? "null");
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  const bars = (labels, datasets) => ({ type: "bar", data: { labels, datasets } });
  const series = (label, data, colour) => ({
    label, data, backgroundColor: colour, borderColor: colour, borderWidth: 2, pointRadius: 2, spanGaps: true,
  });

  function charts() {
    const accent = token("--accent") || "#2f6f5e";
    const quiet = token("--ink-3") || "#888888";
    return {
      questions: bars(figures.days, [series("Questions", figures.questions, accent)]),
      satisfaction: { type: "line", data: { labels: figures.days, datasets: [series("%", figures.satisfaction, accent)] }, max: 100 },
      endings: bars(Object.keys(figures.endings), [series("Answers", Object.values(figures.endings), accent)]),
      latency: bars(figures.stages, [series("Median", figures.p50, accent), series("95th percentile", figures.p95, quiet)]),
    };
  }

  function draw() {
    if (!figures) return;  // A page of lists.
    const text = token("--ink") || "#333333";
    const line = token("--line") || "#dddddd";
    const reduced = matchMedia("(prefers-reduced-motion: reduce)").matches;
    for (const [name, chart] of Object.entries(charts())) {
      const canvas = document.querySelector(`[data-chart="${name}"]`);
      if (!canvas) continue;  // Nothing to show yet: the page says what will fill it.
      Chart.getChart(canvas)?.destroy();
      const several = chart.data.datasets.length > 1;
      new Chart(canvas, {
        type: chart.type,
        data: chart.data,
        options: {
          animation: reduced ? false : { duration: 120 },
          maintainAspectRatio: false,
          plugins: { legend: { display: several, labels: { color: text } } },
          scales: {
            x: { ticks: { color: text, maxRotation: 0, autoSkip: true }, grid: { display: false } },
            y: { beginAtZero: true, max: chart.max, ticks: { color: text, precision: 0 }, grid: { color: line } },
          },
        },
      });
    }
  }

  addEventListener("DOMContentLoaded", draw);
  new MutationObserver(draw).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  for (const field of document.querySelectorAll("[data-submit-on-change]")) {
    field.addEventListener("change", () => field.form.requestSubmit());
  }
})();
