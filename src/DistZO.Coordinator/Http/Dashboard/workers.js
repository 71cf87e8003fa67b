// The table of workers: sorted, filtered, the first hundred of them.

const shownWorkers = 100;
const table = { sort: 'session', down: false, filter: '', rows: new Map() };
const order = ['hung', 'quarantined', 'joining', 'catching_up', 'working', 'idle', 'finished', 'gone'];
const gridCells = () => run.status?.grid ? run.status.grid.probes * run.status.grid.samples : 0;
const cellsOf = w => w.share ? (w.share.probe_end - w.share.probe_start) * (w.share.sample_end - w.share.sample_start) : 0;
const silenceOf = w => w.silent_seconds + (w.state === 'gone' || !run.live ? 0 : (performance.now() - run.workersReceived) / 1000);

// name of the column, its heading, class, what it is sorted by, and whether large values come first
const columns = [
  ['session', 'Worker', 'name', w => w.session, false],
  ['state', 'State', 'state', w => order.indexOf(w.state), false],
  ['place', 'Place', 'place', w => w.place ? w.place.pertp_rank * 1e6 + w.place.dp_rank : Infinity, false],
  ['share', 'Share', 'n share', cellsOf, true],
  ['speed', 'Cells/s', 'speedcell', w => w.cells_per_second ?? 0, true],
  ['lag', 'Lag', 'n lag', w => w.lag ?? 0, true],
  ['silence', 'Silent', 'n silence', silenceOf, true],
  ['memory', 'Memory', 'n memory', w => w.resident_bytes ?? 0, true],
  ['words', 'Last words', 'words', w => w.last_words, false],
];

const sortBy = name => {
  const down = columns.find(c => c[0] === name)[4];
  [table.down, table.sort] = [table.sort === name ? !table.down : down, name];
  drawWorkers();
};

const drawHeadings = () => {
  const row = el('tr');
  for (const [name, text, className] of columns) {
    const button = el('button', '', text);
    button.type = 'button';
    button.addEventListener('click', () => sortBy(name));
    const th = el('th', className.startsWith('n ') ? 'n' : '', button);
    th.scope = 'col';
    if (table.sort === name) th.setAttribute('aria-sort', table.down ? 'descending' : 'ascending');
    row.append(th);
  }
  const head = byId('workers').tHead;
  const focused = [...head.querySelectorAll('button')].indexOf(document.activeElement);
  head.replaceChildren(row);
  if (focused >= 0) head.querySelectorAll('button')[focused].focus();
};

const chosen = () => {
  const wanted = table.filter.toLowerCase();
  const value = columns.find(c => c[0] === table.sort)[3];
  const text = w => `${w.name} ${words(w.state)} ${w.last_words} ${w.device ?? ''}`.toLowerCase();
  const list = run.workers.filter(w => wanted === '' || text(w).includes(wanted));
  const compare = (a, b) => { const [u, v] = [value(a), value(b)]; return u < v ? -1 : u > v ? 1 : 0; };
  return list.map((w, i) => [w, i]).sort((a, b) =>
    (a[0].state === 'gone') - (b[0].state === 'gone') || (table.down ? -1 : 1) * compare(a[0], b[0]) || a[1] - b[1]).map(pair => pair[0]);
};

const newRow = w => {
  const row = el('tr');
  const cells = Object.fromEntries(columns.map(([name, , className]) => [name, el('td', className)]));
  row.append(...Object.values(cells));
  const dot = el('span', 'dot');
  dot.style.background = colorOf(w.session);
  cells.session.append(dot, el('span'));
  cells.state.append(el('span'), el('span', 'backup', 'backup'));
  const bar = el('span', 'speed', el('i'));
  bar.firstChild.style.background = colorOf(w.session);
  cells.speed.append(bar, el('span'));
  for (const [name, label] of [['lag', 'lag'], ['memory', 'memory'], ['silence', 'silent']]) cells[name].dataset.label = label;
  return { row, cells };
};

const fillRow = ({ row, cells }, w, fastest) => {
  row.className = w.state;
  setText(cells.session.lastChild, w.name);
  const wire = `${bytes(w.bytes_up)} up, ${bytes(w.bytes_down)} down`;
  cells.session.title = [w.name, w.device, `session ${w.session}`, `${w.shares} shares`, wire].filter(Boolean).join('\n');
  setText(cells.state.firstChild, words(w.state));
  cells.state.lastChild.hidden = !w.is_backup;
  setText(cells.place, w.place ? `p${w.place.pertp_rank + 1}/${w.place.pertp_size} · d${w.place.dp_rank + 1}/${w.place.dp_size}` : '–');
  const cellsAll = gridCells();
  const part = w.share && cellsAll ? `${threeDigits(100 * cellsOf(w) / cellsAll)}%` : '–';
  setText(cells.share, w.rows ? `rows ${w.rows.start}–${w.rows.end - 1}` : part);
  cells.share.title = w.share ? shareText(w.share) : '';
  cells.speed.firstChild.firstChild.style.width = `${100 * (w.cells_per_second ?? 0) / fastest}%`;
  setText(cells.speed.lastChild, w.cells_per_second == null ? '–' : count(w.cells_per_second));
  setText(cells.lag, w.lag == null ? '–' : whole(w.lag));
  cells.lag.title = w.folded_step == null ? '' : `folded up to step ${whole(w.folded_step)}`;
  setText(cells.silence, ago(silenceOf(w)));
  setText(cells.memory, w.resident_bytes == null ? '–' : bytes(w.resident_bytes));
  setText(cells.words, w.last_words);
  cells.words.title = w.last_words;
};

const drawWorkers = () => {
  drawHeadings();
  const list = chosen();
  const shown = list.slice(0, shownWorkers);
  const fastest = Math.max(1e-9, ...run.workers.filter(w => w.state !== 'gone').map(w => w.cells_per_second ?? 0));
  const rows = shown.map(w => {
    if (!table.rows.has(w.session)) table.rows.set(w.session, newRow(w));
    const row = table.rows.get(w.session);
    fillRow(row, w, fastest);
    return row.row;
  });
  const body = byId('workers').tBodies[0];
  if (rows.length !== body.children.length || rows.some((row, i) => body.children[i] !== row)) body.replaceChildren(...rows);
  if (table.rows.size > 4 * shownWorkers) table.rows = new Map(shown.map(w => [w.session, table.rows.get(w.session)]));
  const more = byId('more');
  more.hidden = list.length <= shownWorkers && rows.length > 0;
  setText(more, rows.length === 0 ? (run.workers.length > 0 ? 'None of them matches.' : 'No worker has come yet.')
    : `and ${whole(list.length - shown.length)} more; sort or filter to see others`);
  const n = run.status?.workers;
  const parts = n ? [[n.active, 'active'], [n.joining, 'joining'], [n.hung, 'hung'], [n.quarantined, 'quarantined']] : [];
  const said = parts.filter(p => p[0] > 0).map(p => `${whole(p[0])} ${p[1]}`);
  setText(byId('workersNote'), n ? [`${whole(n.connected)} connected`, ...said].join(', ') : '');
};
