// Ties views to data, and hands to what they do.

const choices = (id, list, chosenOne, choose) => {
  const box = byId(id);
  if (box.dataset.list !== list.join()) {
    box.dataset.list = list.join();
    box.replaceChildren(...list.map(name => {
      const button = el('button', '', words(name));
      [button.type, button.value] = ['button', name];
      button.addEventListener('click', () => choose(name));
      return button;
    }));
  }
  for (const button of box.children) button.setAttribute('aria-pressed', String(button.value === chosenOne));
};

const drawChoices = () => {
  const names = metricNames();
  if (!names.includes(chart.metric)) chart.metric = names[0] ?? null;
  choices('metric', names.length > 1 ? names : [], chart.metric, name => { chart.metric = name; redrawChart(); });
  const long = (run.status?.step ?? 0) > lateSteps;
  if (!long) chart.range = 'all';
  choices('range', long ? ['all', 'last_1,000'] : [], chart.range, name => { chart.range = name; redrawChart(); });
  const sample = color => { const i = el('i', 'dot'); i.style.background = `var(${color})`; return i; };
  const legend = [['loss', '--loss'], ...(chart.metric ? [[words(chart.metric) + ' of held-out rows', '--eval']] : [])];
  byId('legend').replaceChildren(...legend.map(([text, color]) => el('span', '', sample(color), text)));
  chart.canvas.setAttribute('aria-label', `Loss over steps, smoothed ${loss(run.status?.smoothed_loss)}; arrow keys move the read-out`);
};

const redrawChart = whenDrawn(() => { drawChoices(); drawChart(); readChart(); });
const redrawGrid = whenDrawn(() => { drawGrid(); readGrid(); });
const redrawWorkers = whenDrawn(drawWorkers);
const redrawStatus = whenDrawn(() => { drawHero(); drawWire(); drawDigests(); drawButtons(); drawLink(); });
const redrawEvents = whenDrawn(drawEvents);
const pointAt = step => { chart.cursor = step; redrawChart(); };

views.push({
  status: () => { redrawStatus(); redrawChart(); redrawGrid(); },
  steps: redrawChart,
  workers: () => { redrawWorkers(); redrawGrid(); },
  events: () => { redrawEvents(); redrawChart(); },
  link: () => { drawLink(); if (run.status) redrawStatus(); },
  second: () => { drawLink(); drawTime(); if (run.workers.length > 0) redrawWorkers(); },
});

const local = (canvas, e) => { const r = canvas.getBoundingClientRect(); return [e.clientX - r.left, e.clientY - r.top]; };

chart.canvas.addEventListener('pointermove', e => {
  if (!chart.box) return;
  const [x] = local(chart.canvas, e);
  const at = (x - chart.box.left) / (chart.box.right - chart.box.left);
  pointAt(Math.round(chart.x0 + Math.min(1, Math.max(0, at)) * (chart.x1 - chart.x0)));
});
chart.canvas.addEventListener('pointerleave', () => pointAt(null));
chart.canvas.addEventListener('blur', () => pointAt(null));
chart.canvas.addEventListener('keydown', e => {
  const move = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 }[e.key];
  if (e.key === 'Escape') pointAt(null);
  if (!move || !chart.box) return;
  e.preventDefault();
  const stride = Math.max(1, Math.round((chart.x1 - chart.x0) / 100));
  pointAt(Math.min(chart.x1, Math.max(chart.x0, (chart.cursor ?? chart.x1) + move * stride)));
});

grid.canvas.addEventListener('pointermove', e => {
  const [x, y] = local(grid.canvas, e);
  grid.hover = grid.rects.find(r => x >= r.x && x < r.x + r.w && y >= r.y && y < r.y + r.h) ?? null;
  redrawGrid();
});
grid.canvas.addEventListener('pointerleave', () => { grid.hover = null; redrawGrid(); });
grid.canvas.addEventListener('keydown', e => {
  const move = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[e.key];
  if (e.key === 'Escape') grid.hover = null;
  else if (move && grid.rects.length > 0) {
    e.preventDefault();
    grid.hover = grid.rects[(pointedAt() + move + grid.rects.length) % grid.rects.length];
  }
  redrawGrid();
});
byId('filter').addEventListener('input', e => { table.filter = e.target.value; redrawWorkers(); });

// Shares fill up between two pictures; few enough of them, and only where movement is welcome.
setInterval(() => { if (grid.moving && !calm.matches && !document.hidden && grid.rects.length <= 200) redrawGrid(); }, 100);
setInterval(watch, 1000);
const restyle = () => { readTheme(); redrawChart(); redrawGrid(); };
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', restyle);
const resized = new ResizeObserver(() => { redrawChart(); redrawGrid(); });
for (const canvas of [chart.canvas, grid.canvas]) resized.observe(canvas.parentElement);
const gridLegend = ['✓ full: done', 'filling: by its speed of late', 'striped: late, its backup’s colour'];
byId('gridLegend').replaceChildren(...gridLegend.map(text => el('span', '', text)));
readTheme();
drawWorkers();
drawEvents();
restyle();
connect();
