// What is known of the run, and how it gets here: one picture by REST, then the stream. Views register themselves and are told.

const run = { status: null, received: 0, workers: [], evaluations: [], events: [], points: [], late: [], every: 1, live: false };
const views = [];
const mostPoints = 3000;
const lateSteps = 1000;

const changed = what => { for (const view of views) if (view[what]) view[what](); };

// The loss, smoothed as the terminal does it; of a thinned-out series over at least some twenty points, so that the line stays calm.
const smooth = (points, every) => {
  const decay = every === 1 ? 0.98 : Math.max(0.98 ** every, 0.95);
  let [sum, weight] = [0, 0];
  for (const p of points) {
    if (p.loss != null) { sum = decay * sum + (1 - decay) * p.loss; weight = decay * weight + 1 - decay; }
    p.smooth = weight > 0 ? sum / weight : null;
  }
};

const get = async path => {
  const response = await fetch(path, { headers: { Accept: 'application/json' } });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
};

const steps = async (from, every) => {
  const page = await get(`/v1/steps?from=${from}&every=${every}&limit=10000&directions=false`);
  return page.steps.map(s => ({ step: s.step, loss: s.loss ?? null }));
};

const load = async committed => {
  run.every = Math.max(1, Math.ceil(committed / (mostPoints / 2)));
  const [points, late, evaluations] = await Promise.all([
    steps(0, run.every), steps(Math.max(0, committed - lateSteps), 1), get('/v1/evaluations')]);
  [run.points, run.late, run.evaluations] = [points, late, evaluations.evaluations];
  smooth(run.points, run.every);
  smooth(run.late, 1);
  changed('steps');
};

// Until it is there: a coordinator that starts anew may not answer yet.
const reload = () => load(run.status.step).catch(() => setTimeout(reload, 3000));

// The stream says the newest loss alone; of a run faster than it, the chart has some of the points.
const append = status => {
  const step = status.step - 1;
  if (step < 0) return;
  const last = run.points.at(-1);
  if (!last || step >= last.step + run.every) {
    run.points.push({ step, loss: status.loss ?? null });
    if (run.points.length > mostPoints) { run.points = run.points.filter((_, i) => i % 2 === 0); run.every *= 2; }
    smooth(run.points, run.every);
  }
  const latest = run.late.at(-1);
  if (!latest || step > latest.step) {
    run.late.push({ step, loss: status.loss ?? null });
    if (run.late[0].step < step - lateSteps - 100) run.late = run.late.filter(p => p.step >= step - lateSteps);
    smooth(run.late, 1);
  }
  const evaluation = status.evaluation;
  if (evaluation && evaluation.step !== run.evaluations.at(-1)?.step) run.evaluations.push(evaluation);
};

const take = status => {
  const before = run.status;
  const other = !before || before.incarnation !== status.incarnation || before.run !== status.run || status.step < before.step;
  [run.status, run.received] = [status, performance.now()];
  if (other) {
    if (before) run.events = [];
    reload();
  } else if (status.step - before.step > Math.max(200, 20 * run.every)) reload();
  else if (status.step !== before.step || status.evaluation?.step !== before.evaluation?.step) append(status);
  changed('status');
};

let source = null;
let heard = performance.now();
let tried = 0;

const connect = () => {
  source?.close();
  [source, tried] = [new EventSource('/v1/stream'), performance.now()];
  const on = (name, action) => source.addEventListener(name, message => {
    heard = performance.now();
    if (!run.live) { run.live = true; changed('link'); }
    action(JSON.parse(message.data));
  });
  on('status', take);
  on('workers', data => { [run.workers, run.workersReceived] = [data.workers, performance.now()]; changed('workers'); });
  on('event', data => {
    if (run.events.length > 0 && data.number <= run.events.at(-1).number) return;
    run.events.push(data);
    if (run.events.length > 5000) run.events.splice(0, 1000);
    changed('events');
  });
  on('heartbeat', () => {});
  // A browser connects again by itself after a broken connection, but not after an answer that is no stream.
  source.onerror = () => { run.live = false; changed('link'); };
};

// Seconds since the last word; a quiet run has a heartbeat every ten.
const silence = () => (performance.now() - heard) / 1000;

const watch = () => {
  if (silence() > 25) run.live = false;
  const dead = source.readyState === EventSource.CLOSED || (silence() > 25 && source.readyState === EventSource.OPEN);
  if (dead && performance.now() - tried > 3000) connect();
  changed('second');
};

// Drawing waits for the next frame, however much has come by then; a hidden page draws nothing.
const whenDrawn = draw => {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; draw(); });
  };
};
