// Loss and evaluation over one axis of steps, with what happened below it and how many workers there were.

const chart = { canvas: byId('chart'), cursor: null, range: 'all', metric: null, box: null, x0: 0, x1: 1 };

const ticks = (low, high, wanted) => {
  const raw = (high - low) / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(raw));
  const unit = [1, 2, 5, 10].find(m => m * power >= raw) * power;
  const list = [];
  for (let v = Math.ceil(low / unit) * unit; v <= high + unit * 1e-9; v += unit) list.push(Math.abs(v) < unit / 1e6 ? 0 : v);
  return { list, digits: Math.max(0, -Math.floor(Math.log10(unit) + 1e-9)) };
};

const span = (values, pad) => {
  const known = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (known.length === 0) return null;
  const [low, high] = [known[Math.floor(known.length * 0.005)], known[Math.ceil(known.length * 0.995) - 1]];
  const room = Math.max((high - low) * pad, Math.abs(high) * 0.01, 1e-6);
  return [low - room, high + room];
};

const metricNames = () => [...new Set(run.evaluations.flatMap(e => Object.keys(e.metrics)))];

// How many workers were there, backwards from now: the events that are forgotten do not matter then.
const membership = () => {
  let n = run.status?.workers.connected ?? 0;
  const list = [{ step: run.status?.step ?? 0, n }];
  for (let i = run.events.length - 1; i >= 0; i--) {
    const { kind, step } = run.events[i];
    const change = kind === 'joined' ? 1 : kind === 'left' || kind === 'lost' ? -1 : 0;
    if (change === 0) continue;
    list.push({ step, n });
    n = Math.max(0, n - change);
  }
  list.push({ step: 0, n });
  return list.reverse();
};

const drawChart = () => {
  const surface = sized(chart.canvas);
  if (!surface) return;
  const { context: c, width, height } = surface;
  const points = chart.range === 'all' ? run.points : run.late;
  const committed = run.status?.step ?? 0;
  if (points.length === 0) {
    c.fillStyle = theme['--muted'];
    c.textAlign = 'center';
    c.font = '14px system-ui, sans-serif';
    c.fillText(committed > 0 ? 'Loading the curve …' : 'The curve begins with the first committed step.', width / 2, height / 2);
    chart.box = null;
    return;
  }

  const evaluations = run.evaluations.filter(e => Number.isFinite(e.metrics[chart.metric]));
  const own = chart.metric !== 'loss' && evaluations.length > 0;
  chart.x0 = chart.range === 'all' ? 0 : points[0].step;
  chart.x1 = Math.max(chart.x0 + 10, committed);
  const box = chart.box = { left: 44, right: width - (own ? 44 : 12), top: 8, bottom: height - 76 };
  const seen = evaluations.filter(e => e.step >= chart.x0);
  const lossSpan = span([...points.map(p => p.loss), ...points.map(p => p.smooth), ...(own ? [] : seen.map(e => e.metrics.loss))], 0.06);
  const evalSpan = own ? span(seen.map(e => e.metrics[chart.metric]), 0.12) : lossSpan;
  const x = chart.x = step => box.left + (step - chart.x0) / (chart.x1 - chart.x0) * (box.right - box.left);
  const scale = s => v => box.bottom - (v - s[0]) / (s[1] - s[0]) * (box.bottom - box.top);
  const [yLoss, yEval] = [lossSpan && scale(lossSpan), evalSpan && scale(evalSpan)];
  Object.assign(chart, { points, seen, yLoss, yEval });

  c.lineWidth = 1;
  c.textBaseline = 'middle';
  const rows = Math.max(3, Math.floor((box.bottom - box.top) / 52));
  if (lossSpan) {
    const { list, digits } = ticks(...lossSpan, rows);
    for (const v of list) {
      c.strokeStyle = theme['--line'];
      c.beginPath(); c.moveTo(box.left, yLoss(v)); c.lineTo(box.right, yLoss(v)); c.stroke();
      c.fillStyle = theme['--loss']; c.textAlign = 'right'; c.fillText(v.toFixed(digits), box.left - 7, yLoss(v));
    }
  }
  if (own && evalSpan) {
    const { list, digits } = ticks(...evalSpan, rows);
    c.fillStyle = theme['--eval']; c.textAlign = 'left';
    for (const v of list) c.fillText(v.toFixed(digits), box.right + 7, yEval(v));
  }
  c.fillStyle = theme['--muted']; c.textAlign = 'center'; c.textBaseline = 'top';
  for (const v of ticks(chart.x0, chart.x1, Math.max(2, Math.floor((box.right - box.left) / 80))).list) {
    if (Number.isInteger(v)) c.fillText(whole(v), Math.min(x(v), box.right - 12), height - 15);
  }

  for (const s of run.status?.digests.suspect ?? []) {
    if (s.to < chart.x0) continue;
    const from = Math.max(x(s.from), box.left);
    c.globalAlpha = 0.28; c.fillStyle = theme['--warn'];
    c.fillRect(from, box.top, Math.max(2, x(s.to) - from), box.bottom - box.top);
    c.globalAlpha = 1;
  }

  c.save();
  c.beginPath(); c.rect(box.left, box.top - 4, box.right - box.left + 4, box.bottom - box.top + 8); c.clip();
  c.fillStyle = theme['--loss'];
  const dot = points.length > 400 ? 2.2 : 3.6;
  c.globalAlpha = points.length > 400 ? 0.28 : 0.5;
  for (const p of points) if (p.loss != null) c.fillRect(x(p.step) - dot / 2, yLoss(p.loss) - dot / 2, dot, dot);
  c.globalAlpha = 1;
  line(c, points.filter(p => p.smooth != null), p => x(p.step), p => yLoss(p.smooth), theme['--loss'], 2);
  line(c, seen, e => x(e.step), e => yEval(e.metrics[chart.metric]), theme['--eval'], 1.6);
  c.restore();
  for (const e of seen) {
    const best = run.status?.best?.step === e.step;
    c.beginPath(); c.arc(x(e.step), yEval(e.metrics[chart.metric]), best ? 5.5 : seen.length > 80 ? 1.6 : 2.8, 0, 7);
    c.fillStyle = best ? theme['--card'] : theme['--eval']; c.fill();
    if (best) { c.strokeStyle = theme['--eval']; c.lineWidth = 2.4; c.stroke(); }
  }
  drawLanes(c, box, height);
  drawCursor(c, box);
};

const line = (c, list, x, y, color, width) => {
  c.beginPath();
  list.forEach((p, i) => i === 0 ? c.moveTo(x(p), y(p)) : c.lineTo(x(p), y(p)));
  c.strokeStyle = color; c.lineWidth = width; c.lineJoin = 'round';
  c.stroke();
};

const drawLanes = (c, box, height) => {
  const marks = box.bottom + 13;
  c.strokeStyle = theme['--line']; c.lineWidth = 1;
  c.beginPath(); c.moveTo(box.left, box.bottom + 2.5); c.lineTo(box.right, box.bottom + 2.5); c.stroke();
  const drawn = new Map();
  for (const e of run.events) {
    if (e.kind === 'evaluation' || e.step < chart.x0) continue;
    const [shape, color] = shapeOf(e.kind);
    const at = chart.x(e.step);
    if (at - (drawn.get(shape) ?? -99) < 5) continue;
    drawn.set(shape, at);
    c.save();
    c.translate(at, marks);
    c.fillStyle = c.strokeStyle = theme[color]; c.lineWidth = 1.8;
    if (isStroke(shape)) c.stroke(paths[shape]); else c.fill(paths[shape]);
    c.restore();
  }

  // Workers over the same axis.
  const list = membership();
  const most = Math.max(1, ...list.map(p => p.n));
  const [top, bottom] = [box.bottom + 26, height - 20];
  const y = n => bottom - n / most * (bottom - top);
  c.beginPath();
  c.moveTo(box.left, bottom);
  let last = null;
  for (const p of list) {
    const at = Math.max(box.left, chart.x(p.step));
    if (last !== null) c.lineTo(at, y(last));
    c.lineTo(at, y(p.n));
    last = p.n;
  }
  c.lineTo(box.right, y(last)); c.lineTo(box.right, bottom); c.closePath();
  c.globalAlpha = 0.22; c.fillStyle = theme['--muted']; c.fill(); c.globalAlpha = 1;
  c.fillStyle = theme['--muted']; c.textBaseline = 'middle'; c.textAlign = 'right';
  c.fillText(whole(most), box.left - 7, top + 3);
  c.textAlign = 'left'; c.fillText(most === 1 ? 'worker' : 'workers', box.left + 5, bottom - 7);
};

const nearest = (list, step) => {
  let best = null;
  for (const p of list) if (best === null || Math.abs(p.step - step) < Math.abs(best.step - step)) best = p;
  return best;
};

const drawCursor = (c, box) => {
  if (chart.cursor === null) return;
  const p = nearest(chart.points, chart.cursor);
  const at = chart.x(chart.cursor);
  c.strokeStyle = theme['--ink']; c.globalAlpha = 0.5; c.lineWidth = 1;
  c.beginPath(); c.moveTo(at, box.top); c.lineTo(at, box.bottom + 54); c.stroke(); c.globalAlpha = 1;
  const dot = (x, y, color) => {
    c.beginPath(); c.arc(x, y, 4, 0, 7);
    c.fillStyle = color; c.fill();
    c.strokeStyle = theme['--card']; c.lineWidth = 1.5; c.stroke();
  };
  if (p?.smooth != null) dot(chart.x(p.step), chart.yLoss(p.smooth), theme['--loss']);
  const e = nearest(chart.seen, chart.cursor);
  if (e) dot(chart.x(e.step), chart.yEval(e.metrics[chart.metric]), theme['--eval']);
};

const readChart = () => {
  const output = byId('readout');
  const at = chart.cursor ?? (run.status ? run.status.step - 1 : null);
  if (at === null || !chart.box) { output.replaceChildren(); return; }
  const p = nearest(chart.points, at);
  const own = p.loss == null ? [' was skipped'] : [' · loss ', el('b', '', loss(p.loss))];
  const parts = ['step ', el('b', '', whole(p.step)), ...own, ' · smoothed ', el('b', '', loss(p.smooth))];
  const e = nearest(run.evaluations, at);
  if (e && chart.metric) parts.push(` · ${words(chart.metric)} `, el('b', '', loss(e.metrics[chart.metric])), ` at step ${whole(e.step)}`);
  const reach = (chart.x1 - chart.x0) / 120;
  const near = chart.cursor === null ? [] : run.events.filter(v => v.kind !== 'evaluation' && Math.abs(v.step - at) <= reach);
  for (const v of near.slice(-3)) parts.push(' · ', eventText(v));
  if (near.length > 3) parts.push(` · and ${near.length - 3} more`);
  output.replaceChildren(...parts);
};
