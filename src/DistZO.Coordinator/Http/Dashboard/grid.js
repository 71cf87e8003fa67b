// The work grid of the step in flight, to scale: a row for each probe, a column for each sample, a rectangle for each share.

const grid = { canvas: byId('grid'), step: null, since: 0, hover: null, rects: [], moving: false };
const calm = matchMedia('(prefers-reduced-motion: reduce)');
const namesOf = () => new Map(run.workers.map(w => [w.session, w]));

// Where the share that is pointed at is in the newest picture; -1 if nowhere.
const pointedAt = () => {
  const pointed = grid.hover?.share.share;
  return pointed ? grid.rects.findIndex(({ share: { share: s } }) =>
    s.probe_start === pointed.probe_start && s.sample_start === pointed.sample_start) : -1;
};

const drawGrid = () => {
  const surface = sized(grid.canvas);
  if (!surface) return;
  const { context: c, width, height } = surface;
  const g = run.status?.grid;
  [grid.rects, grid.moving] = [[], false];
  if (!g) {
    c.fillStyle = theme['--muted']; c.textAlign = 'center'; c.textBaseline = 'middle'; c.font = '14px system-ui, sans-serif';
    c.fillText('No step is in flight.', width / 2, height / 2);
    return;
  }

  if (grid.step !== g.step) [grid.step, grid.since] = [g.step, performance.now()];
  const workers = namesOf();
  const rowHeight = (height - 20) / g.probes;
  const labels = rowHeight >= 11;
  const [left, top, right, bottom] = [labels ? 30 : 14, 2, width - 2, height - 18];
  const x = s => left + s / g.samples * (right - left);
  const y = p => top + p / g.probes * (bottom - top);
  drawGridAxes(c, g, labels, x, y, { left, top, right, bottom });
  const gap = g.shares.length > 400 ? 0.5 : 1.5;
  const passed = (performance.now() - grid.since) / 1000;
  for (const share of g.shares) {
    const s = share.share;
    const r = { x: x(s.sample_start), y: y(s.probe_start), share };
    [r.w, r.h] = [x(s.sample_end) - r.x - gap, y(s.probe_end) - r.y - gap];
    grid.rects.push(r);
    drawShare(c, r, share, workers, passed);
  }
  grid.hover = grid.rects[pointedAt()] ?? null;
  if (grid.hover) { c.strokeStyle = theme['--ink']; c.lineWidth = 2; c.strokeRect(grid.hover.x, grid.hover.y, grid.hover.w, grid.hover.h); }
};

const drawGridAxes = (c, g, labels, x, y, { left, top, right, bottom }) => {
  c.fillStyle = theme['--muted']; c.font = '11px system-ui, sans-serif'; c.textBaseline = 'middle'; c.textAlign = 'right';
  if (labels) {
    for (let p = 0; p < g.probes; p++) c.fillText(`${p >> 1} ${p % 2 ? '−' : '+'}`, left - 6, (y(p) + y(p + 1)) / 2);
  } else {
    c.save();
    c.translate(7, (top + bottom) / 2); c.rotate(-Math.PI / 2);
    c.textAlign = 'center'; c.fillText(`${whole(g.probes)} probes`, 0, 0);
    c.restore();
  }
  c.textBaseline = 'top';
  c.textAlign = 'left'; c.fillText('0', left, bottom + 4);
  c.textAlign = 'right'; c.fillText(whole(g.samples), right, bottom + 4);
  c.textAlign = 'center'; c.fillText('samples of the batch', (left + right) / 2, bottom + 4);
};

const drawShare = (c, r, share, workers, passed) => {
  const color = share.sessions.length > 0 ? colorOf(share.sessions[0]) : theme['--line'];
  const backup = share.sessions.length > 1 ? colorOf(share.sessions.at(-1)) : null;
  const done = share.state === 'done';
  c.fillStyle = theme['--soft']; c.fillRect(r.x, r.y, r.w, r.h);
  c.fillStyle = color;
  c.globalAlpha = done ? 1 : 0.3; c.fillRect(r.x, r.y, r.w, r.h);
  const first = workers.get(share.sessions[0]);
  if (share.state === 'running' && first?.cells_per_second > 0) {
    // How far it should be by its speed of late.
    const cells = (share.share.probe_end - share.share.probe_start) * (share.share.sample_end - share.share.sample_start);
    c.globalAlpha = 0.45; c.fillRect(r.x, r.y, r.w * Math.min(0.96, passed * first.cells_per_second / cells), r.h);
    grid.moving = true;
  }
  c.globalAlpha = 1;
  if (share.state === 'late' || share.state === 'checking') hatch(c, r, share.state === 'late' ? theme['--bad'] : theme['--ink'], backup);
  if (r.w < 34 || r.h < 13) return;
  c.save();
  c.beginPath(); c.rect(r.x + 2, r.y, r.w - 4, r.h); c.clip();
  c.font = '600 11.5px system-ui, sans-serif'; c.textAlign = 'left'; c.textBaseline = 'middle';
  const name = share.sessions.map(s => workers.get(s)?.name ?? `session ${s}`).join(' + ') || 'nobody yet';
  const text = (done ? '✓ ' : share.state === 'late' ? 'late ' : '') + name;
  const middle = r.y + r.h / 2;
  if (!done) {
    // On a pale or hatched ground the theme's own ink reads best, with a plate under it where there are stripes.
    if (share.state !== 'running' && share.state !== 'waiting') {
      c.fillStyle = theme['--card'];
      c.fillRect(r.x + 4, middle - 8, c.measureText(text).width + 8, 16);
    }
    c.fillStyle = theme['--ink'];
  } else c.fillStyle = inkOn(color);
  c.fillText(text, r.x + 8, middle + 0.5);
  c.restore();
};

const hatch = (c, r, color, backup) => {
  c.save();
  c.beginPath(); c.rect(r.x, r.y, r.w, r.h); c.clip();
  c.lineWidth = 3; c.strokeStyle = backup ?? color; c.globalAlpha = 0.75;
  c.beginPath();
  for (let at = r.x - r.h; at < r.x + r.w; at += 10) { c.moveTo(at, r.y + r.h); c.lineTo(at + r.h, r.y); }
  c.stroke();
  c.globalAlpha = 1; c.strokeStyle = color; c.lineWidth = 3; c.strokeRect(r.x, r.y, r.w, r.h);
  c.restore();
};

const shareText = s => `probes ${s.probe_start}–${s.probe_end - 1}, samples ${s.sample_start}–${s.sample_end - 1}`;

const readGrid = () => {
  const g = run.status?.grid;
  const output = byId('gridReadout');
  setText(byId('gridNote'), g ? `step ${whole(g.step)} · ${g.probes} probes × ${whole(g.samples)} samples · ${g.p} × ${g.d}` : '');
  byId('gridLegend').hidden = !g;
  if (!g) { output.replaceChildren(); grid.canvas.setAttribute('aria-label', 'No step is in flight'); return; }
  const tally = {};
  for (const share of g.shares) tally[share.state] = (tally[share.state] ?? 0) + 1;
  const summary = Object.entries(tally).map(([state, n]) => `${whole(n)} ${state}`).join(', ');
  grid.canvas.setAttribute('aria-label', `Work grid of step ${g.step}: ${g.shares.length} shares, ${summary}`);
  if (!grid.hover) {
    output.replaceChildren(`${whole(g.shares.length)} ${g.shares.length === 1 ? 'share' : 'shares'}: ${summary}`);
    return;
  }
  const { share: s, state, sessions } = grid.hover.share;
  const workers = namesOf();
  const who = sessions.map((id, i) => (workers.get(id)?.name ?? `session ${id}`) + (i > 0 ? ' (backup)' : '')).join(', ') || 'nobody yet';
  output.replaceChildren(el('b', '', who), ` · ${state} · ${shareText(s)}`);
};
