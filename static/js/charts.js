// Draws <figure class="chart" data-chart="{…}"> with ECharts; the figures also stand in a table.
//
// data-chart is JSON: { categories: [text], series: [{ name, tone, values: [text|null] }],
//   horizontal, stack, links: [address|""], tones: [tone per category], line: {name, value} }.
// Values are decimal yuan as text, or of the unit that `unit` names (%). A tone is the name of a colour token (accent, share-1, …).
// Under the content security policy a tooltip must not be HTML with styles: it is rich text.
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
const drawn = new Map();

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const yuan = (value) => {
  const sign = value < 0 ? "−" : "";
  return `${sign}¥${Math.abs(value).toLocaleString("zh-CN", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
};
const short = (value) => {
  const size = Math.abs(value);
  const sign = value < 0 ? "−" : "";
  return size >= 10000 ? `${sign}${(size / 10000).toLocaleString("zh-CN", { maximumFractionDigits: 1 })}万` : `${sign}${size.toLocaleString("zh-CN")}`;
};

function seriesOf(each, spec, index) {
  return {
    name: each.name,
    type: "bar",
    stack: spec.stack ? "all" : undefined,
    barMaxWidth: 26,
    barGap: "10%",
    itemStyle: { color: token(each.tone), borderRadius: spec.stack ? 0 : 2 },
    data: each.values.map((value, at) =>
      value === null
        ? null
        : { value: Number(value), itemStyle: spec.tones ? { color: token(spec.tones[at]) } : undefined },
    ),
    markLine:
      spec.line && index === 0
        ? {
            symbol: "none",
            silent: true,
            lineStyle: { color: token("soft"), type: "dashed" },
            label: { formatter: spec.line.name, position: "insideEndTop", color: token("soft"), fontSize: 11 },
            data: [{ [spec.horizontal ? "xAxis" : "yAxis"]: Number(spec.line.value) }],
          }
        : undefined,
  };
}

function optionOf(spec, width) {
  const ink = token("ink");
  const soft = token("soft");
  const names = {
    type: "category",
    data: spec.categories,
    inverse: Boolean(spec.horizontal),
    axisTick: { show: false },
    axisLine: { lineStyle: { color: token("line-strong") } },
    axisLabel: {
      color: soft,
      fontSize: 12,
      lineHeight: 16,
      interval: spec.categories.length > 14 && !spec.horizontal ? "auto" : 0,
      hideOverlap: true,
      ...(spec.horizontal ? { width: width < 520 ? 88 : 150, overflow: "truncate" } : {}),
    },
  };
  const amounts = {
    type: "value",
    splitNumber: width < 520 ? 3 : 5,
    axisLabel: { color: soft, fontSize: 12, formatter: spec.unit ? `{value}${spec.unit}` : short, hideOverlap: true },
    splitLine: { lineStyle: { color: token("line") } },
  };
  const legend = spec.series.length > 1;
  return {
    animation: !calm,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: ink },
    grid: { left: 4, right: 18, top: legend ? (spec.series.length > 4 && width < 520 ? 70 : 36) : 30, bottom: 4, containLabel: true },
    legend: legend ? { top: 0, left: 0, itemWidth: 12, itemHeight: 12, textStyle: { color: soft } } : undefined,
    tooltip: {
      trigger: "axis",
      renderMode: "richText",
      confine: true,
      backgroundColor: token("card"),
      borderColor: token("line-strong"),
      textStyle: { color: ink, fontSize: 13 },
      axisPointer: { type: "shadow" },
      valueFormatter: (value) =>
        value === null || value === undefined ? "—" : spec.unit ? `${value}${spec.unit}` : yuan(Number(value)),
    },
    xAxis: spec.horizontal ? amounts : names,
    yAxis: spec.horizontal ? names : amounts,
    series: spec.series.map((each, index) => seriesOf(each, spec, index)),
  };
}

function say(figure) {
  figure.querySelector(".chart-missing").hidden = false;
  figure.querySelector(".chart-room").hidden = true;
}

async function draw(figure) {
  if (drawn.has(figure)) return;
  drawn.set(figure, null);
  const room = figure.querySelector(".chart-room");
  const spec = JSON.parse(figure.dataset.chart);
  try {
    await import(figure.dataset.library);
  } catch {
    say(figure);
    return;
  }
  const rows = spec.categories.length;
  if (spec.horizontal) room.style.height = `${Math.max(150, 60 + rows * (13 * spec.series.length + 12))}px`;
  const chart = globalThis.echarts.init(room, null, { renderer: "canvas" });
  chart.setOption(optionOf(spec, room.clientWidth));
  if (spec.links) {
    chart.on("click", (event) => {
      const address = spec.links[event.dataIndex];
      if (address) window.location.assign(address);
    });
  }
  drawn.set(figure, { chart, spec, room });
  figure.dataset.drawn = "";
  // Painted at once, not in the next frame: paper and screenshots do not wait for one.
  new ResizeObserver(() => {
    chart.resize();
    chart.getZr().flush();
  }).observe(room);
  const button = figure.querySelector(".chart-picture");
  button.hidden = false;
  button.addEventListener("click", () => save(chart, figure.dataset.name));
}

async function save(chart, name) {
  const address = chart.getDataURL({ type: "png", pixelRatio: 2, backgroundColor: token("card") });
  const bytes = Uint8Array.from(atob(address.split(",")[1]), (letter) => letter.charCodeAt(0));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes], { type: "image/png" }));
  link.download = `${name}.png`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

const watch = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      watch.unobserve(entry.target);
      draw(entry.target);
    }
  },
  { rootMargin: "200px" },
);
document.querySelectorAll("figure[data-chart]").forEach((figure) => watch.observe(figure));
dark.addEventListener("change", () => {
  for (const each of drawn.values()) each?.chart.setOption(optionOf(each.spec, each.room.clientWidth));
});
