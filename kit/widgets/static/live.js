// The script of every live view: mounts the parts that the kernel draws, changes in place
// what is drawn anew, and sends events back. `kit/widgets/live.py` has the contract. HTML
// comes from the kernel's leaf, which has escaped what is in it; nothing else is ever
// made into HTML here.

const GONE = "The kernel that drew this view has ended. Run the cell again to go on.";
const LATE = 1500; // milliseconds after which the reader is told that the kernel is busy
const MOST_UPLOADED = 10_000_000;

// The model: parts are kept in it, so that each of its views, and a later one, has them.

function merged(before, part) {
  if (!part.lines) return part;
  const kept = [];
  if (before?.lines) {
    for (let at = part.start; at < part.from; at += 1) kept.push(before.lines[at - before.start]);
  }
  return { key: part.key, start: part.start, lines: [...kept, ...part.lines] };
}

function initialize({ model }) {
  function heard(message, buffers) {
    if (message?.kind === "piece") { received(model, message, buffers[0]); return; }
    if (message?.kind !== "update") return;
    const { alert, parts: before } = model.get("source");
    const known = new Map(before.map((part) => [part.key, part]));
    for (const part of message.parts) known.set(part.key, merged(known.get(part.key), part));
    const order = message.order ?? [...known.keys()];
    const parts = order.filter((key) => known.has(key)).map((key) => known.get(key));
    model.set("source", { parts, alert: message.alert ?? alert, number: message.number });
  }
  function gone() { model.set("gone", true); }
  model.on("msg:custom", heard);
  model.on("comm_live_update", gone);
  return () => {
    model.off("msg:custom", heard);
    model.off("comm_live_update", gone);
  };
}

// Files from the kernel, piece by piece: saved, or shown if they are PDF. A file is saved as
// mere bytes, so that no page of the notebook's origin comes of it.

const pieces = new Map(); // of the files that are on their way
const megabytes = (bytes) => (bytes / 1e6).toFixed(1);

function received(model, { number, name, start, size, place }, piece) {
  const file = pieces.get(number) ?? [];
  if (start && !pieces.has(number)) return; // it was stopped
  file.push(piece);
  pieces.set(number, file);
  const got = start + piece.byteLength;
  if (got < size && piece.byteLength) {
    const stop = () => { pieces.delete(number); model.set("transfer", null); };
    const text = `${name}: ${megabytes(got)} of ${megabytes(size)} MB`;
    model.set("transfer", { text, stop });
    model.send({ kind: "more", key: number, start: got });
    return;
  }
  pieces.delete(number);
  const last = name.split("/").pop();
  if (place) model.set("transfer", { text: "", place, file, name: last });
  else { saveFile(last, file); model.set("transfer", { text: `Saved ${last}.` }); }
}

function saveFile(name, parts) {
  const url = URL.createObjectURL(new Blob(parts, { type: "application/octet-stream" }));
  element("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function embed(view, { place, file, name }) {
  const slot = view.querySelector(`[data-kit-embed="${CSS.escape(place)}"]`);
  if (!slot) return;
  const src = URL.createObjectURL(new Blob(file, { type: "application/pdf" }));
  const made = element("embed", { type: "application/pdf", src, title: name, class: "kit-pdf" });
  made.setAttribute(OWN, "");
  slot.replaceChildren(made);
}

// Changing in place. What the reader did (focus, typing, scroll, open details, the chosen
// tab) is in elements, so elements stay and only what the kernel changed in them is set.

const TYPED = "input, textarea, select";
const STATEFUL = `details, ${TYPED}`;
const OWN = "data-kit-own"; // of this script: never touched by what the kernel draws

function isSame(before, now) {
  return before.nodeType === now.nodeType && before.nodeName === now.nodeName
    && (before.nodeType !== Node.ELEMENT_NODE
      || (before.dataset?.kitKey ?? "") === (now.dataset?.kitKey ?? "")
      && (before.getAttribute("data-kit-slot") === now.getAttribute("data-kit-slot")));
}

function told(node) { // what the kernel last said of it
  node.kitTold ??= {
    open: node.hasAttribute("open"),
    checked: node.hasAttribute("checked"),
    value: node.matches("textarea") ? node.textContent : node.getAttribute("value") ?? "",
    chosen: node.querySelector("option[selected]")?.getAttribute("value") ?? null,
  };
  return node.kitTold;
}

function remember(node) {
  if (node.nodeType !== Node.ELEMENT_NODE) return;
  if (node.matches(STATEFUL)) told(node);
  for (const inner of node.querySelectorAll(STATEFUL)) told(inner);
}

function morphAttributes(before, now) {
  const keep = before.nodeName === "DETAILS" ? ["open"] : [];
  if (before.hasAttribute("data-kit-panel")) keep.push("hidden");
  if (before.hasAttribute("data-kit-tab")) keep.push("aria-selected", "tabindex");
  if (!now.hasAttribute("style")) keep.push("style"); // heights that the page has set
  for (const { name } of [...before.attributes]) {
    if (!now.hasAttribute(name) && !keep.includes(name)) before.removeAttribute(name);
  }
  for (const { name, value } of now.attributes) {
    if (!keep.includes(name) && before.getAttribute(name) !== value) {
      before.setAttribute(name, value);
    }
  }
}

function morphState(before, now) {
  const [old, next] = [told(before), told(now)];
  before.kitTold = next;
  if (before.matches("details")) {
    if (old.open !== next.open) before.open = next.open;
  } else if (before.type === "checkbox" || before.type === "radio") {
    const isOwn = !before.hasAttribute("data-kit-field"); // the page's business
    if (!isOwn || old.checked !== next.checked) before.checked = next.checked;
  } else if (before.matches("select")) {
    before.kitWanted = next.chosen ?? now.value; // set when its options are there
  } else if (before.type !== "file" && !before.kitDirty && before.value !== next.value) {
    before.value = next.value;
  }
}

function morph(before, now) {
  if (before.nodeType !== Node.ELEMENT_NODE) {
    if (before.data !== now.data) before.data = now.data;
    return;
  }
  if (before.matches(STATEFUL)) morphState(before, now);
  morphAttributes(before, now);
  if (before.matches("[data-kit-slot], [data-kit-widget], textarea")) return;
  morphChildren(before, now);
  if (before.matches("select") && before.value !== before.kitWanted) {
    before.value = before.kitWanted;
  }
}

function morphChildren(before, now) {
  const keyed = new Map();
  for (const child of before.children) {
    if (child.dataset?.kitKey) keyed.set(child.dataset.kitKey, child);
  }
  let at = firstKernels(before.firstChild);
  for (const next of [...now.childNodes]) {
    let match = next.dataset?.kitKey ? keyed.get(next.dataset.kitKey) : at;
    if (match && !isSame(match, next)) match = undefined;
    if (!match) { remember(next); before.insertBefore(next, at); continue; }
    if (match === at) at = firstKernels(at.nextSibling);
    else before.insertBefore(match, at);
    morph(match, next);
  }
  while (at) {
    const rest = firstKernels(at.nextSibling);
    at.remove();
    at = rest;
  }
}

function firstKernels(node) {
  while (node?.hasAttribute?.(OWN)) node = node.nextSibling;
  return node;
}

// Mounting: each part in its slot, or behind the others.

function parsed(html) {
  const template = document.createElement("template");
  template.innerHTML = html; // made by the kernel's leaf
  return template.content;
}

class Mounted {
  constructor(root) {
    this.root = root;
    this.parts = new Map();
  }

  draw(parts) {
    const keys = new Set(parts.map((part) => part.key));
    for (const [key, { place, isSlot }] of this.parts) {
      if (keys.has(key)) continue;
      if (isSlot) place.replaceChildren(); else place.remove();
      this.parts.delete(key);
    }
    let behind = null;
    for (const part of parts) {
      const known = this.parts.get(part.key) ?? this.place(part.key);
      if (!known.place.isConnected && this.root.isConnected) this.move(part.key, known);
      if (part.lines) this.drawLines(known, part);
      else if (known.digest !== part.digest) this.drawHTML(known, part);
      if (!known.isSlot) {
        const next = behind ? behind.nextSibling : this.root.firstChild;
        if (next !== known.place) this.root.insertBefore(known.place, next);
        behind = known.place;
      }
    }
  }

  place(key) {
    const slot = this.slot(key);
    const place = slot ?? element("div", { class: "kit-part" });
    const known = { place, isSlot: Boolean(slot), digest: null, lines: [], start: 0 };
    if (!slot) this.root.append(place);
    this.parts.set(key, known);
    return known;
  }

  slot(key) {
    return this.root.querySelector(`[data-kit-slot="${CSS.escape(key)}"]`);
  }

  move(key, known) { // the part that had its slot was drawn anew around it
    const slot = this.slot(key);
    if (!slot) { known.isSlot = false; this.root.append(known.place); return; }
    slot.replaceChildren(...known.place.childNodes);
    Object.assign(known, { place: slot, isSlot: true });
  }

  drawHTML(known, part) {
    const now = element("div");
    now.append(parsed(part.html));
    remember(now);
    morphChildren(known.place, now);
    known.digest = part.digest;
  }

  drawLines(known, part) {
    const { place } = known;
    if (isPaused(place)) return;
    const box = place.closest("[data-kit-follow]") ?? place;
    const isAtEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 8;
    let dropped = part.start - known.start;
    if (dropped < 0) { place.replaceChildren(); known.lines = []; dropped = 0; }
    for (; dropped > 0 && place.firstChild; dropped -= 1) {
      place.firstChild.remove();
      known.lines.shift();
    }
    known.start = part.start;
    part.lines.forEach((html, at) => {
      if (known.lines[at] === html) return;
      const line = place.children[at] ?? place.appendChild(element("div", { class: "kit-line" }));
      line.replaceChildren(parsed(html));
      known.lines[at] = html;
    });
    while (place.children.length > part.lines.length) place.lastChild.remove();
    known.lines.length = part.lines.length;
    if (isAtEnd) box.scrollTop = box.scrollHeight;
  }
}

// Tabs: which one is chosen is the page's business, unless the kernel asks for another.

function chooseTab(list, key, focus = false) {
  const scope = list.closest("[data-kit-tabs]") ?? list.parentElement;
  let found = false;
  for (const tab of list.querySelectorAll("[data-kit-tab]")) {
    const isChosen = tab.dataset.kitTab === key;
    found ||= isChosen;
    tab.setAttribute("aria-selected", String(isChosen));
    tab.tabIndex = isChosen ? 0 : -1;
    if (isChosen && focus) tab.focus();
  }
  if (!found) return;
  list.kitChosen = key;
  for (const panel of scope.querySelectorAll("[data-kit-panel]")) {
    panel.hidden = panel.dataset.kitPanel !== key;
  }
}

function settleTabs(root) {
  for (const list of root.querySelectorAll("[role=tablist]")) {
    const asked = list.dataset.kitShow ?? "";
    const keys = [...list.querySelectorAll("[data-kit-tab]")].map((tab) => tab.dataset.kitTab);
    let key = list.kitChosen;
    if (asked !== (list.kitAsked ?? "")) {
      const [wanted, , from] = asked.split(":");
      if (from === undefined || from === key || key === undefined) key = wanted;
    }
    list.kitAsked = asked;
    chooseTab(list, keys.includes(key) ? key : keys[0]);
  }
}

function stepTab(event) {
  const tab = event.target.closest("[data-kit-tab]");
  const list = tab?.closest("[role=tablist]");
  const steps = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity };
  if (!list || !(event.key in steps)) return false;
  const tabs = [...list.querySelectorAll("[data-kit-tab]")];
  const step = steps[event.key];
  const at = tabs.indexOf(tab) + step;
  const last = tabs.length - 1;
  const wanted = Number.isFinite(step) ? (at + tabs.length) % tabs.length : step < 0 ? 0 : last;
  chooseTab(list, tabs[wanted].dataset.kitTab, true);
  return true;
}

// In a list that is one stop of the Tab key, the arrows go from line to line.
function stepLine(event) {
  const list = event.target.closest("[data-kit-roving]");
  if (!list || event.target.parentElement !== list) return false;
  const lines = [...list.children];
  const at = lines.indexOf(event.target);
  const steps = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: lines.length - 1 };
  const next = lines[steps[event.key]];
  if (!(event.key in steps)) return false;
  if (next) {
    for (const line of lines) line.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }
  return true;
}

// What a field makes, and what makes a line: each leads to the other.

function light(view, key) {
  for (const lit of view.querySelectorAll(".kit-lit")) lit.classList.remove("kit-lit");
  if (!key) return;
  const made = [...view.querySelectorAll(`[data-kit-about="${CSS.escape(key)}"]`)];
  for (const line of made) line.classList.add("kit-lit");
  const [first] = made;
  const box = first?.closest("[data-kit-scroll]");
  if (!box || box.contains(document.activeElement)) return;
  const [outer, inner] = [box.getBoundingClientRect(), first.getBoundingClientRect()];
  if (inner.top < outer.top || inner.bottom > outer.bottom) {
    box.scrollTop += inner.top - outer.top - outer.height / 3;
  }
}

function lead(view, line) {
  const key = CSS.escape(line.dataset.kitAbout);
  const field = view.querySelector(`[data-kit-field="${key}"]`)
    ?? view.querySelector(`[data-kit-opens="${key}"]`);
  if (!field) return;
  show(field);
  field.focus({ preventScroll: true });
  const box = field.closest("[data-kit-scroll]");
  if (box) box.scrollTop += field.getBoundingClientRect().top - box.getBoundingClientRect().top - 60;
}

// Let an element be seen: choose its tab, and unfold what is around it.
function show(node) {
  for (let panel = node.closest("[data-kit-panel]"); panel; ) {
    const scope = panel.closest("[data-kit-tabs]") ?? panel.parentElement;
    const list = scope.querySelector("[role=tablist]");
    if (panel.hidden && list) chooseTab(list, panel.dataset.kitPanel);
    panel = panel.parentElement.closest("[data-kit-panel]");
  }
  for (let fold = node.closest("details"); fold; fold = fold.parentElement.closest("details")) {
    fold.open = true;
  }
}

// The static face of the same view stands before it in the notebook, for the day when there
// is no kernel. JupyterLab hides it by a rule of the stylesheet, others by this.
function hideStatic(el) {
  for (let node = el, level = 0; node && level < 12; node = node.parentElement, level += 1) {
    const before = node.previousElementSibling;
    const face = before?.matches(".kit-static") ? before : before?.querySelector(".kit-static");
    if (face && getComputedStyle(before).display === "none") return () => {};
    if (face) { before.style.display = "none"; return () => { before.style.display = ""; }; }
    if (before && level > 1) break;
  }
  return () => {};
}

function render({ model, el }) {
  el.classList.add("kit", "kit-live", "tex2jax_ignore", "mathjax_ignore");
  el.dataset.lmSuppressShortcuts = "true"; // keys pressed here are no commands of the notebook
  el.setAttribute("role", "region");
  el.setAttribute("aria-label", model.get("label"));
  const banner = element("p", { class: "kit-banner", role: "status", hidden: "" });
  const alert = element("p", { class: "kit-alert", role: "alert", hidden: "" });
  const body = element("div", { class: "kit-view" });
  el.append(banner, alert, body);
  const mounted = new Mounted(body);
  const transfer = element("p", { class: "kit-banner", role: "status", hidden: "" });
  body.before(transfer);
  const finder = finderOf(el, show);
  const logs = logsOf(el, () => draw());
  const frames = framesOf(el);
  let [number, waiting] = [0, 0];

  function send(kind, key, value = "", buffers = undefined) {
    if (model.get("gone")) return;
    number += 1;
    model.send({ kind, key, value, number }, undefined, buffers);
    waiting ||= setTimeout(() => tell("The kernel is busy; this waits until it is done."), LATE);
  }

  function tell(text) {
    banner.hidden = !text;
    banner.textContent = text;
  }

  function draw() {
    const source = model.get("source");
    mounted.draw(source.parts);
    alert.hidden = !source.alert;
    alert.textContent = source.alert;
    settleTabs(body);
    const active = el.getRootNode().activeElement;
    if (el.contains(active)) light(el, active.dataset.kitField);
    finder.drawn();
    frames.drawn();
    logs.drawn();
    drawInner();
    want();
    if ((source.number ?? 0) >= number && waiting) {
      clearTimeout(waiting);
      waiting = 0;
      if (!model.get("gone")) tell("");
    }
    if (model.get("gone")) dim();
  }

  function moved() {
    const told = model.get("transfer");
    transfer.hidden = !told?.text;
    transfer.replaceChildren(told?.text ?? "");
    if (told?.stop) transfer.append(" ", button("Stop", "Stop the download", told.stop));
    if (told?.place) embed(el, told);
  }

  // A tab that is drawn when it is first looked at asks for itself.
  function want() {
    for (const tab of body.querySelectorAll("[data-kit-lazy][aria-selected=true]")) {
      if (tab.kitWanted === number) continue;
      send("select", "tab", tab.dataset.kitTab);
      tab.kitWanted = number;
    }
  }

  function dim() {
    clearTimeout(waiting);
    el.classList.add("kit-gone");
    tell(GONE);
    const sending = "[data-kit-field], [data-kit-action], [data-kit-upload]";
    for (const control of body.querySelectorAll(sending)) control.disabled = true;
  }

  function commit(control) {
    if (!control?.matches?.("[data-kit-field]")) return;
    if (control.type === "radio" && !control.checked) return;
    const value = control.type === "checkbox" ? control.checked : control.value;
    control.kitDirty = false;
    if (control.kitSent === value && control.kitSentIn === number) return; // twice the same
    Object.assign(control, { kitSent: value, kitSentIn: number + 1 });
    send("field", control.dataset.kitField, value);
  }

  async function upload(control) {
    const files = [...control.files];
    control.value = "";
    for (const file of files) {
      if (file.size > MOST_UPLOADED) { // the kernel refuses it too, after it has travelled
        alert.hidden = false;
        alert.textContent = `${file.name} has ${file.size.toLocaleString("en-US")} bytes; `
          + `up to ${MOST_UPLOADED.toLocaleString("en-US")} go. Pass its path or URL instead.`;
        return;
      }
      const data = await file.arrayBuffer();
      send("upload", control.dataset.kitUpload, file.name, [data]);
    }
  }

  function chosen(target) {
    const copy = target.closest("[data-kit-copy]");
    if (copy) { copyFrom(el, copy); return; }
    const tab = target.closest("[data-kit-tab]");
    if (tab) { chooseTab(tab.closest("[role=tablist]"), tab.dataset.kitTab); want(); return; }
    const go = target.closest("[data-kit-go]");
    if (go) { chooseTab(body.querySelector("[role=tablist]"), go.dataset.kitGo, true); want(); return; }
    const action = target.closest("[data-kit-action]");
    if (action) {
      if (action.disabled) return;
      const menu = action.closest("details.kit-menu");
      if (menu) menu.open = false;
      send("action", action.dataset.kitAction, action.dataset.kitValue ?? "");
      return;
    }
    const row = target.closest("[data-kit-select]");
    if (row) { send("select", row.dataset.kitSelect, row.dataset.kitValue ?? ""); return; }
    const about = target.closest("[data-kit-about]");
    if (about && !globalThis.getSelection()?.toString()) lead(el, about);
  }

  // A view within this one: a widget of its own, shown where the kernel says.
  const inner = new Map();
  async function drawInner() {
    for (const place of body.querySelectorAll("[data-kit-widget]")) {
      const id = place.dataset.kitWidget;
      if (place.kitWidget === id) continue;
      place.kitWidget = id;
      inner.get(place)?.remove();
      try {
        const view = await model.widget_manager.create_view(
          await model.widget_manager.get_model(id.replace("IPY_MODEL_", "")));
        if (place.kitWidget !== id || !place.isConnected) { view.remove(); continue; }
        inner.set(place, view);
        place.replaceChildren(view.el);
        view.trigger("displayed");
      } catch (error) {
        place.textContent = `This part cannot be shown: ${error.message}`;
      }
    }
    for (const [place, view] of inner) {
      if (!place.isConnected && el.isConnected) { view.remove(); inner.delete(place); }
    }
  }

  const listeners = {
    change({ target }) {
      if (target.matches("[data-kit-upload]")) upload(target);
      else commit(target);
    },
    input({ target }) {
      target.kitDirty = true;
      if (!target.matches("[data-kit-live]")) return;
      clearTimeout(target.kitLate);
      target.kitLate = setTimeout(() => commit(target), 150);
    },
    click({ target }) { chosen(target); },
    focusin({ target }) {
      light(el, target.dataset?.kitField ?? target.dataset?.kitAbout);
    },
    focusout({ relatedTarget }) { if (!el.contains(relatedTarget)) light(el, ""); },
    mouseover({ target }) {
      const about = target.closest?.("[data-kit-about]");
      if (about) light(el, about.dataset.kitAbout);
    },
    keydown(event) {
      event.stopPropagation(); // keys pressed here are no commands of the notebook
      const { target, key } = event;
      const isTyping = target.matches("input:not([type=checkbox], [type=radio]), textarea, select");
      if (key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        if (target.kitDirty) commit(target);
        el.querySelector("[data-kit-primary]:not(:disabled)")?.click();
      } else if (key === "/" && !isTyping) {
        if (finder.focus()) event.preventDefault();
      } else if (key === "Escape") {
        const menu = target.closest("details.kit-menu[open]");
        if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
        else if (!finder.close(target)) target.closest("dialog")?.close();
      } else if (stepTab(event) || stepLine(event)) {
        event.preventDefault();
        want();
      } else if ((key === "Enter" || key === " ") && !isTyping && !target.closest("button, summary, a")) {
        const own = target.closest("[data-kit-select], [data-kit-about]");
        if (own) { event.preventDefault(); chosen(own); }
      }
    },
  };
  for (const [name, listener] of Object.entries(listeners)) el.addEventListener(name, listener);
  const closeMenus = ({ target }) => {
    for (const menu of el.querySelectorAll("details.kit-menu[open]")) {
      if (!menu.contains(target)) menu.open = false;
    }
  };
  document.addEventListener("click", closeMenus);
  model.on("change:source", draw);
  model.on("change:gone", dim);
  model.on("change:transfer", moved);
  draw();
  let unhide = () => {};
  const settled = requestAnimationFrame(() => { unhide = hideStatic(el); });

  return () => {
    cancelAnimationFrame(settled);
    clearTimeout(waiting);
    unhide();
    model.off("change:source", draw);
    model.off("change:gone", dim);
    model.off("change:transfer", moved);
    document.removeEventListener("click", closeMenus);
    finder.dispose();
    logs.dispose();
    frames.dispose();
    for (const view of inner.values()) view.remove();
  };
}

export default { initialize, render };
