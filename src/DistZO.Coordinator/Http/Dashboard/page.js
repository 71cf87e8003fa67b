// The rest of the page: what stands large, the wire, digests, events, buttons; and what happens when.

const known = (value, text, otherwise = '–') => value == null ? otherwise : text(value);

const stat = (label, value, note) => [el('dt', '', label), el('dd', '', value), el('dd', '', note ?? '')];

const remaining = () => {
  const s = run.status;
  if (s?.remaining_seconds == null) return null;
  const running = (s.state === 'training' || s.state === 'evaluating') && run.live;
  return Math.max(0, s.remaining_seconds - (running ? (performance.now() - run.received) / 1000 : 0));
};

const drawTime = () => {
  const s = run.status;
  if (!s) return;
  const left = remaining();
  const over = { finished: 'Finished', failed: 'Failed', finishing: 'Finishing', waiting: 'Waiting', paused: 'Paused' }[s.state];
  const [big, unit] = [over ?? (left == null ? '–' : duration(left)), over || left == null ? '' : 'left'];
  byId('left').replaceChildren(big, unit ? el('small', '', unit) : '');
  const end = new Date(Date.now() + (left ?? 0) * 1000);
  const today = end.toDateString() === new Date().toDateString();
  const day = today ? 'today' : end.toLocaleDateString(undefined, { weekday: 'long', day: 'numeric', month: 'short' });
  const ends = `done ${day} at ${end.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' })}`;
  // What is waited for, or went wrong, belongs where the eyes are.
  const said = ['waiting', 'failed', 'paused'].includes(s.state);
  setText(byId('message'), said ? `${duration(s.elapsed_seconds)} since this start` : s.message);
  const note = said ? s.message + (s.state === 'paused' && left != null ? ` · ${duration(left)} of work left` : '')
    : over ? `${duration(s.elapsed_seconds)} since this start`
    : left == null ? 'measuring the speed' : `${ends} · ${duration(s.elapsed_seconds)} so far`;
  setText(byId('leftNote'), note);
  const percent = s.max_steps > 0 ? Math.floor(100 * s.step / s.max_steps) : 0;
  document.title = `${percent}% ${over ?? (left == null ? s.state : duration(left) + ' left')} · DistZO`;
};

const workersStat = ({ active, connected, hung, quarantined }) => {
  const bad = [[hung, 'hung'], [quarantined, 'quarantined']].filter(p => p[0] > 0).map(p => `${whole(p[0])} ${p[1]}`).join(', ');
  const rest = connected === active ? 'all active' : `of ${whole(connected)}${bad ? `, ${bad}` : ''}`;
  const parts = stat('Workers', whole(active), connected === 0 ? '' : rest);
  if (bad) parts[2].classList.add('alert');
  return parts;
};

const drawHero = () => {
  const s = run.status;
  byId('hero').classList.toggle('failed', s.state === 'failed');
  const pill = byId('state');
  pill.className = `pill ${s.state} ${run.live ? 'live' : ''}`;
  setText(pill, words(s.state));
  setText(byId('model'), s.model ?? '');
  setText(byId('run'), s.run ? `run ${s.run.slice(0, 8)}` : '');
  const metric = s.best && Object.keys(s.best.metrics)[0];
  byId('stats').replaceChildren(...[
    stat('Loss, smoothed', loss(s.smoothed_loss), s.loss == null ? '' : `last ${loss(s.loss)}`),
    metric ? stat(`Best ${words(metric)}`, loss(s.best.metrics[metric]), `at step ${whole(s.best.step)}`) : null,
    stat('Step', known(s.step_seconds, shortTime), known(s.tokens_per_second, v => `${count(v)} tokens/s`, '')),
    stat('Learning rate', known(s.learning_rate, small), known(s.projected_gradient, v => `g ${small(v)}`, '')),
    s.state === 'finished' ? stat('Workers', whole(s.workers.connected), 'still there') : workersStat(s.workers),
    stat('Weights', known(s.parameters, count), known(s.wire.weights_bytes, bytes, '')),
  ].filter(Boolean).map(parts => el('div', '', ...parts)));
  const share = s.max_steps > 0 ? s.step / s.max_steps : 0;
  const bar = byId('progress');
  bar.firstElementChild.style.width = `${100 * share}%`;
  bar.setAttribute('aria-valuemax', s.max_steps);
  bar.setAttribute('aria-valuenow', s.step);
  const skipped = s.skipped_steps > 0 ? `, ${whole(s.skipped_steps)} skipped` : '';
  setText(byId('steps'), `step ${whole(s.step)} of ${whole(s.max_steps)} · ${(100 * share).toFixed(1)}%${skipped}`);
  drawTime();
};

const drawWire = () => {
  const { wire, step, workers } = run.status;
  const box = byId('wire');
  const perStep = wire.bytes_up_per_step + wire.bytes_down_per_step;
  setText(byId('wireRate'), perStep > 0 ? `${bytes(perStep)} a step and worker` : '');
  if (wire.weights_bytes == null || perStep <= 0) {
    box.replaceChildren(el('p', 'empty', 'Seeds and sums of losses go over the wire, never weights.'));
    return;
  }
  const all = wire.bytes_up + wire.bytes_down;
  const sent = el('div', 'sent', el('i'));
  sent.firstChild.style.width = `${Math.min(100, 100 * all / wire.weights_bytes)}%`;
  const instead = 2 * wire.weights_bytes * step * Math.max(1, workers.connected);
  box.replaceChildren(
    el('p', 'ratio', `1 : ${whole(wire.weights_bytes / perStep)}`, el('small', '', 'of the model crosses the wire with a step')),
    el('div', 'bars', el('span', '', `model ${bytes(wire.weights_bytes)}`), el('div'), el('span', '', `all so far ${bytes(all)}`), sent),
    el('p', 'muted', `Seeds up and down, no weights. Exchanging gradients would have moved about ${bytes(instead)} by now.`));
};

const copyButton = text => {
  const button = el('button', '', 'Copy');
  button.type = 'button';
  button.addEventListener('click', async () => {
    // Browsers keep the clipboard from pages that came over plain http from elsewhere: there the text is selected, to copy by hand.
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = 'Copied';
    } catch {
      getSelection().selectAllChildren(button.previousElementSibling);
      button.textContent = 'Selected';
    }
    setTimeout(() => { button.textContent = 'Copy'; }, 2000);
  });
  return button;
};

let digestsDrawn = '';
const drawDigests = () => {
  const d = run.status.digests;
  const key = JSON.stringify(d);
  if (key === digestsDrawn) return;
  digestsDrawn = key;
  const agreed = d.agreed_step == null ? el('p', 'empty', 'Weights were not compared yet.')
    : el('p', '', el('span', 'ok', '✓ '), `All workers agreed at step ${whole(d.agreed_step)} `, el('span', 'mono muted', d.digest ?? ''));
  byId('digests').replaceChildren(agreed, ...d.suspect.map(s => el('div', 'suspect',
    el('p', '', `Steps ${whole(s.from)} to ${whole(s.to - 1)} may hold losses of wrong weights of ${s.worker}. `,
      'Train again from before them:'),
    el('div', 'copy', el('code', '', s.command), copyButton(s.command)))));
};

// A message may leave out whom it is about.
const eventText = e => e.worker && !e.message.includes(e.worker) ? `${e.worker}: ${e.message}`
  : e.kind === 'evaluation' && !e.message.includes('evaluation') ? `evaluation: ${e.message}` : e.message;

const drawEvents = () => {
  const list = byId('events');
  const shown = run.events.slice(-300).reverse();
  const newest = Number(list.dataset.newest ?? -1);
  if (shown.length > 0 && newest === shown[0].number && list.dataset.incarnation === run.status?.incarnation) return;
  list.dataset.newest = shown[0]?.number ?? -1;
  list.dataset.incarnation = run.status?.incarnation ?? '';
  list.replaceChildren(...shown.map(e => {
    const time = el('time', '', `step ${whole(e.step)}`);
    time.dateTime = e.time;
    time.title = new Date(e.time).toLocaleString();
    const item = el('li', '', shapeIcon(e.kind), el('span', '', eventText(e)), time);
    item.addEventListener('mouseenter', () => pointAt(e.step));
    item.addEventListener('mouseleave', () => pointAt(null));
    return item;
  }));
  if (shown.length === 0) list.replaceChildren(el('li', 'empty', 'Nothing yet.'));
};

const drawLink = () => {
  const link = byId('link');
  const quiet = Math.round(silence());
  link.className = run.live ? 'link' : 'link off';
  setText(link, run.live ? 'live' : run.status ? `no connection, ${ago(quiet)} old` : 'connecting');
  document.body.classList.toggle('stale', !run.live && run.status !== null && quiet > 3);
};
