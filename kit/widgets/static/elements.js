// What the scripts of kit's widgets make their elements with: of text, never of markup.

function element(tag, facts = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(facts)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "text") made.textContent = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

function button(text, title, onclick) {
  const facts = { type: "button", class: "jupyter-button kit-tool", text, title, onclick };
  return element("button", facts);
}
