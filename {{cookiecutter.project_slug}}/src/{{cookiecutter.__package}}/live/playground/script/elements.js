// Elements are made of names and texts. What a table brought is text, so that it can't become anything else.
const byId = (id) => document.getElementById(id);

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

function placed(name, left, width) {
  const made = element("span", { class: name });
  made.style.left = `${100 * left}%`;
  if (width !== undefined) made.style.width = `${100 * width}%`;
  return made;
}

const THIN = "\u202f";
const shortened = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
const tenths = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

const brief = new Intl.NumberFormat("en", { maximumSignificantDigits: 2 });
const number = (value) => shortened.format(value).replace("-", "−");

function percent(share) {
  if (share > 0 && share < 0.0005) return `<${THIN}0.1${THIN}%`;
  if (share < 1 && share > 0.9995) return `>${THIN}99.9${THIN}%`;
  return `${tenths.format(100 * share)}${THIN}%`;
}

const counted = (count, one, many = `${one}s`) => `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
