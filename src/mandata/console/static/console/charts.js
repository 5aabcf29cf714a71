// Draws every figure.m-chart from the JSON block inside it with uPlot. The table below the plot holds the same numbers,
// so nothing is lost where this does not run.
//   {"kind": "line" | "bars", "x": [unix seconds], "series": [{"label": "…", "values": [number | null], "unit": ""}]}
(() => {
  const language = document.documentElement.lang || undefined;
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  const short = new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 1 });
  // What is counted is whole: 1, 2, 5, 10 … and no halves on the axis.
  const counts = [...Array(10).keys()].flatMap((power) => [1, 2, 5].map((step) => step * 10 ** power));
  const drawn = new Map();

  const colour = (host, name) => {
    const probe = document.createElement("i");
    probe.style.color = `var(${name})`;
    host.append(probe);
    const value = getComputedStyle(probe).color;
    probe.remove();
    return value;
  };
  const zone = document.documentElement.dataset.zone || undefined;
  // One way to write an instant, as tables do: the day as in ISO 8601 (as Swedish has it), the clock of 24 hours.
  const day = { year: "numeric", month: "2-digit", day: "2-digit", timeZone: zone };
  const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone };
  const stamp = (span) => new Intl.DateTimeFormat("sv-SE", span > 5 * 86400 ? day : { ...day, ...clock });

  function options(host, data, width) {
    const span = data.x.length > 1 ? data.x[data.x.length - 1] - data.x[0] : 0;
    const edge = data.kind === "bars" && data.x.length > 1 ? span / (data.x.length - 1) / 2 : 0;
    const when = stamp(span);
    const ink = colour(host, "--tblr-secondary");
    const lines = colour(host, "--tblr-border-color-translucent");
    const axis = { stroke: ink, grid: { stroke: lines, width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
    const ticks = new Intl.DateTimeFormat(language, span > 2 * 86400 ? { day: "numeric", month: "short", timeZone: zone }
      : clock);
    return {
      width, height: 240, padding: [12, 12, 0, 0],
      cursor: { points: { size: 7 } },
      legend: { live: true },
      axes: [
        { ...axis, grid: { show: false }, space: 72, ...(span > 2 * 86400 ? { incrs: [1, 2, 3, 7, 14, 30, 90, 365].map((days) => days * 86400) } : {}), values: (_, at) => at.map((x) => ticks.format(new Date(x * 1000))) },
        { ...axis, size: 48, incrs: counts, values: (_, at) => at.map((y) => short.format(y)) },
      ],
      scales: { x: { time: true, range: (_, low, high) => [low - edge, high + edge] }, y: { range: (_, low, high) => [Math.min(0, low ?? 0), high > 0 ? high * 1.08 : 1] } },
      series: [
        { label: host.dataset.when || "", value: (_, x) => (x == null ? "–" : when.format(new Date(x * 1000))) },
        ...data.series.map((series, index) => {
          const stroke = colour(host, `--m-series-${(index % 6) + 1}`);
          const bars = data.kind === "bars";
          return {
            label: series.label, stroke, width: bars ? 0 : 2, fill: bars ? stroke : undefined, spanGaps: true,
            points: { show: !bars && data.x.length < 3 },
            paths: bars ? uPlot.paths.bars({ size: [0.7, 48] }) : undefined,
            value: (_, y) => (y == null ? "–" : number.format(y) + (series.unit || "")),
          };
        }),
      ],
    };
  }

  function draw(figure) {
    const block = figure.querySelector("script[type='application/json']");
    const plot = figure.querySelector(".m-chart-plot");
    if (!block || !plot || typeof uPlot === "undefined") return;
    const data = JSON.parse(block.textContent);
    drawn.get(figure)?.destroy();
    plot.replaceChildren();
    if (!data.x.length) return;
    drawn.set(figure, new uPlot(options(plot, data, plot.clientWidth), [data.x, ...data.series.map((s) => s.values)], plot));
  }
  const all = () => {
    for (const figure of drawn.keys()) if (!figure.isConnected) { drawn.get(figure).destroy(); drawn.delete(figure); }
    document.querySelectorAll("figure.m-chart").forEach(draw);
  };
  document.addEventListener("mandata:theme", all);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => setTimeout(all, 50));
  document.addEventListener("htmx:load", (event) => {
    if (event.target !== document.body) event.target.querySelectorAll?.("figure.m-chart").forEach(draw);
  });
  let waiting = 0;
  window.addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(all, 150); });
  document.readyState === "loading" ? document.addEventListener("DOMContentLoaded", all) : all();
})();
