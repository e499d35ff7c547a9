// Small helpers over the DOM. Text is only ever set as text: what comes from players is never markup.

export const find = (id) => document.getElementById(id);

/** An element with properties and children; a child is a node or text. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

export function draw(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Sets text only where it differs, so that a screen reader is not told the same again. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export const seconds = (ms) => span(ms / 1000);

/** A time in seconds as people say it. */
export function span(s) {
  if (s < 10) return `${s.toFixed(1)} s`;
  if (s < 120) return `${Math.round(s)} s`;
  if (s < 3600) return `${Math.round(s / 60)} min`;
  return `${round(s / 3600, 1)} h`;
}

export const round = (value, digits = 0) => Number(value).toLocaleString("en", { maximumFractionDigits: digits });
