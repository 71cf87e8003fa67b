// Colours and shapes. Workers' colours are those of Okabe and Ito, which colour-blind people tell apart; names stand beside them.

const okabeIto = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#8168c9', '#97a11f'];
const seats = new Map();

const colorOf = session => {
  if (!seats.has(session)) seats.set(session, seats.size);
  const seat = seats.get(session);
  return seat < okabeIto.length ? okabeIto[seat] : `hsl(${(seat * 137.508) % 360} ${50 + seat % 3 * 12}% ${45 + seat % 4 * 7}%)`;
};

// What happened, as a shape on the time axis and in the list; the shape alone tells the kinds apart.
const shapes = {
  up: 'M0-5L5 4H-5Z', down: 'M0 5L5-4H-5Z', cross: 'M-4-4L4 4M4-4L-4 4', diamond: 'M0-5L5 0L0 5L-5 0Z',
  alarm: 'M-5-5H5V5H-5ZM0-3V1M0 2.6V3.2', bar: 'M-1.5-5H1.5V5H-1.5Z',
  ring: 'M3.6 0A3.6 3.6 0 1 1-3.6 0A3.6 3.6 0 1 1 3.6 0Z', dot: 'M2.4 0A2.4 2.4 0 1 1-2.4 0A2.4 2.4 0 1 1 2.4 0Z',
};
const kinds = {
  joined: ['up', '--good'], back: ['up', '--good'], refolded: ['up', '--good'], agreed: ['ring', '--good'], left: ['down', '--muted'],
  lost: ['cross', '--bad'], failed: ['cross', '--bad'], refused: ['cross', '--bad'], hung: ['diamond', '--bad'],
  backup: ['diamond', '--warn'], flag: ['diamond', '--warn'], differs: ['alarm', '--bad'],
  quarantined: ['alarm', '--bad'], skipped: ['dot', '--muted'],
  evaluation: ['ring', '--eval'],
};
const turns = ['started', 'paused', 'resumed', 'stopping', 'finished'];
const shapeOf = kind => kinds[kind] ?? (turns.includes(kind) ? ['bar', '--loss'] : ['dot', '--muted']);
const isStroke = shape => shape === 'cross' || shape === 'ring' || shape === 'alarm';
const paths = Object.fromEntries(Object.entries(shapes).map(([name, d]) => [name, new Path2D(d)]));

const shapeIcon = kind => {
  const [shape, color] = shapeOf(kind);
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '-6 -6 12 12');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', shapes[shape]);
  path.style.fill = isStroke(shape) ? 'none' : `var(${color})`;
  path.style.stroke = isStroke(shape) ? `var(${color})` : 'none';
  path.style.strokeWidth = '2';
  svg.append(path);
  return svg;
};

let theme = {};
const readTheme = () => {
  const names = ['page', 'card', 'ink', 'muted', 'line', 'soft', 'loss', 'eval', 'good', 'bad', 'warn', 'warn-soft'];
  theme = Object.fromEntries(names.map(name => ['--' + name, style('--' + name)]));
};

// Black or white, whichever reads better on a colour.
const contrasts = new Map();
const inkOn = color => {
  if (!contrasts.has(color)) {
    const context = new OffscreenCanvas(1, 1).getContext('2d');
    context.fillStyle = color;
    context.fillRect(0, 0, 1, 1);
    const [r, g, b] = context.getImageData(0, 0, 1, 1).data;
    contrasts.set(color, (r * 299 + g * 587 + b * 114) / 1000 > 128 ? '#0b0f14' : '#ffffff');
  }
  return contrasts.get(color);
};

// A canvas at the screen's own resolution; null while it has no size.
const sized = canvas => {
  const scale = window.devicePixelRatio || 1;
  const { width, height } = canvas.getBoundingClientRect();
  if (width < 10 || height < 10) return null;
  const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== w || canvas.height !== h) { canvas.width = w; canvas.height = h; }
  const context = canvas.getContext('2d');
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = '12px system-ui, -apple-system, "Segoe UI", sans-serif';
  return { context, width, height };
};
