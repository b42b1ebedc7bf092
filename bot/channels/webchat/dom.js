// Makes elements. Words only ever become text nodes: nothing anybody wrote is read as markup.

export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const PATHS = {
  photo: "M4 7h3.2l1.6-2.4h6.4L16.8 7H20a1.5 1.5 0 0 1 1.5 1.5v10A1.5 1.5 0 0 1 20 20H4a1.5 1.5 0 0 1-1.5-1.5v-10A1.5 1.5 0 0 1 4 7zM12 9.5a4 4 0 1 0 0 8 4 4 0 0 0 0-8z",
  voice: "M12 3a3 3 0 0 0-3 3v6a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3zM6 11.5a6 6 0 0 0 12 0M12 17.5V21M8.5 21h7",
  place: "M12 21s7-6.4 7-11.6A7 7 0 0 0 5 9.4C5 14.6 12 21 12 21zM12 6.9a2.6 2.6 0 1 0 0 5.2 2.6 2.6 0 0 0 0-5.2z",
  send: "M4 11.5 20.5 4 15 20.5l-3.4-6.8z",
};

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("icon");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

const SIZES = ["normal", "large", "huge"];

export function largerText() {
  const now = SIZES.indexOf(document.documentElement.dataset.size ?? "normal");
  setSize(SIZES[(now + 1) % SIZES.length]);
}

export function rememberedText() {
  try {
    setSize(localStorage.getItem("xiaoqi.size") ?? "normal");
  } catch {
    setSize("normal");
  }
}

function setSize(size) {
  document.documentElement.dataset.size = SIZES.includes(size) ? size : "normal";
  try {
    localStorage.setItem("xiaoqi.size", size);
  } catch {
    // Remembered for this visit only.
  }
}
