// Quantities as people read them, with the rules of the terminal's: three significant digits, a unit, few characters.

const threeDigits = v => v < 9.995 ? v.toFixed(2) : v < 99.95 ? v.toFixed(1) : v.toFixed(0);

const bytes = value => {
  const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB', 'EB'];
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) { value /= 1000; unit++; }
  return (unit === 0 ? value.toFixed(0) : threeDigits(value)) + ' ' + units[unit];
};

const count = v => v < 999.5 ? v.toFixed(0)
  : v < 999500 ? threeDigits(v / 1e3) + 'k'
  : v < 999.5e6 ? threeDigits(v / 1e6) + 'M' : threeDigits(v / 1e9) + 'G';

// 12,345: steps are counted in full.
const whole = v => Math.round(v).toString().replace(/\B(?=(\d{3})+$)/g, ',');

const two = v => String(v).padStart(2, '0');

const duration = seconds => {
  if (!Number.isFinite(seconds) || seconds >= 1e9) return '?';
  const t = Math.ceil(Math.max(0, seconds));
  const [d, h, m, s] = [Math.floor(t / 86400), Math.floor(t / 3600) % 24, Math.floor(t / 60) % 60, t % 60];
  return d > 0 ? `${d}d ${two(h)}:${two(m)}` : h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
};

// A time that need not be exact: 4 s, 3 min, 2 h, 5 d.
const ago = s => s < 99.5 ? `${Math.round(s)} s`
  : s < 5970 ? `${Math.round(s / 60)} min`
  : s < 172800 ? `${Math.round(s / 3600)} h` : `${Math.round(s / 86400)} d`;

const shortTime = s => s < 0.0995 ? `${threeDigits(s * 1000)} ms` : s < 99.5 ? `${threeDigits(s)} s` : duration(s);

const small = v => {
  if (v === 0) return '0';
  const size = Math.abs(v);
  return size >= 1e-4 && size < 1e4 ? String(Number(v.toPrecision(3))) : v.toExponential(2).replace(/\.?0+e/, 'e').replace('e+', 'e');
};

const loss = v => v == null || !Number.isFinite(v) ? '–' : v.toFixed(Math.abs(v) < 100 ? 3 : 1);

const words = name => name.replaceAll('_', ' ');

// Elements hold text and nothing else: names and last words come from workers.
const el = (tag, className, ...children) => {
  const e = document.createElement(tag);
  if (className) e.className = className;
  e.append(...children.filter(c => c != null));
  return e;
};

const setText = (e, text) => { if (e.textContent !== text) e.textContent = text; };

const byId = id => document.getElementById(id);

const style = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
