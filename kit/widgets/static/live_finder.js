// Search, fold and copy within one live view, all in the page. What a task wrote is read as
// text, and nothing is made from it but ranges and what goes to the clipboard.

const MOST_FOUND = 2000;
const BLOCKS = "pre, td, th, li, p, summary, figcaption, blockquote, label, .kit-row";
let views = 0;

// The texts of a view, each with the nodes it is made of: a match may span a mark.
function blocksIn(view) {
  const found = [];
  const walker = document.createTreeWalker(view, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (parent.closest("[data-kit-unsearched], button, script, style")) continue;
    const block = parent.closest(BLOCKS) ?? parent;
    const last = found.at(-1);
    if (last?.block === block) last.nodes.push(node);
    else found.push({ block, nodes: [node] });
  }
  return found;
}

function rangesIn({ nodes }, wanted, most) {
  const text = nodes.map((node) => node.data).join("").toLowerCase();
  const ranges = [];
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) {
    if (ranges.length >= most) break;
    const range = document.createRange();
    let passed = 0;
    for (const node of nodes) {
      const end = passed + node.data.length;
      if (passed <= at && at < end) range.setStart(node, at - passed);
      if (passed < at + wanted.length && at + wanted.length <= end) {
        range.setEnd(node, at + wanted.length - passed);
        break;
      }
      passed = end;
    }
    ranges.push(range);
  }
  return ranges;
}

function finderOf(view, show) {
  views += 1;
  const name = `kit-found-${views}`;
  const style = element("style", {
    text: `::highlight(${name}) { background: #ffe08a; color: #1f2328; }
::highlight(${name}-now) { background: #ff9632; color: #1f2328; }`,
  });
  view.append(style);
  let [ranges, now, wanted, waiting] = [[], -1, "", 0];
  const field = () => view.querySelector("[data-kit-search]");

  function highlight() {
    if (!globalThis.CSS?.highlights) return;
    CSS.highlights.set(name, new Highlight(...ranges));
    CSS.highlights.set(`${name}-now`, new Highlight(...(ranges[now] ? [ranges[now]] : [])));
  }

  function tell(text) {
    const status = view.querySelector("[data-kit-found]");
    if (status) status.textContent = text;
  }

  function collect() {
    ranges = [];
    for (const block of wanted ? blocksIn(view) : []) {
      ranges.push(...rangesIn(block, wanted, MOST_FOUND - ranges.length));
      if (ranges.length >= MOST_FOUND) break;
    }
  }

  function go(step) {
    if (ranges.length) {
      now = (now + step + ranges.length) % ranges.length;
      const found = ranges[now].startContainer.parentElement;
      show(found);
      intoView(found);
      tell(`${now + 1} of ${ranges.length}`);
    } else {
      tell(wanted ? "nothing found" : "");
    }
    highlight();
  }

  function search() {
    wanted = field()?.value.trim().toLowerCase() ?? "";
    now = -1;
    collect();
    go(1);
  }

  const listeners = {
    input({ target }) {
      if (!target.matches("[data-kit-search]")) return;
      clearTimeout(waiting);
      waiting = setTimeout(search, 120);
    },
    keydown(event) {
      if (event.key !== "Enter" || !event.target.matches("[data-kit-search]")) return;
      if (event.ctrlKey || event.metaKey) return;
      if ((field()?.value.trim().toLowerCase() ?? "") !== wanted) search();
      else go(event.shiftKey ? -1 : 1);
    },
    click({ target }) {
      const fold = target.closest("[data-kit-fold]");
      if (!fold) return;
      const scope = fold.closest("[data-kit-panel]") ?? view;
      for (const details of scope.querySelectorAll("details:not(.kit-menu)")) {
        details.open = fold.dataset.kitFold === "open";
      }
    },
  };
  for (const [kind, listener] of Object.entries(listeners)) {
    view.addEventListener(kind, listener);
  }
  return {
    drawn() { // what was found may be gone
      if (!wanted) return;
      collect();
      now = Math.min(now, ranges.length - 1);
      highlight();
    },
    focus() {
      const found = field();
      found?.focus();
      found?.select();
      return Boolean(found);
    },
    close(target) {
      if (!target.matches("[data-kit-search]")) return false;
      target.value = "";
      search();
      return true;
    },
    dispose() {
      clearTimeout(waiting);
      style.remove();
      globalThis.CSS?.highlights?.delete(name);
      globalThis.CSS?.highlights?.delete(`${name}-now`);
    },
  };
}

// Scroll what scrolls within the view, and the page only if that is not enough.
function intoView(node) {
  const box = node.closest("[data-kit-scroll]");
  if (box) {
    const [outer, inner] = [box.getBoundingClientRect(), node.getBoundingClientRect()];
    if (inner.top < outer.top || inner.bottom > outer.bottom) {
      box.scrollTop += inner.top - outer.top - outer.height / 3;
    }
  }
  node.scrollIntoView({ block: "nearest" });
}

async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.style.cssText = "position:fixed;opacity:0";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

async function copyFrom(view, pressed) {
  const key = CSS.escape(pressed.dataset.kitCopy);
  const source = view.querySelector(`[data-kit-source="${key}"]`);
  if (!source) return;
  pressed.kitLabel ??= pressed.textContent;
  const lines = [...source.querySelectorAll("[data-kit-line]")].map((line) => line.textContent);
  const text = source.dataset.kitText ?? (lines.length ? lines.join("\n") : source.textContent);
  pressed.textContent = (await copyText(text)) ? "Copied" : "Refused";
  pressed.focus({ preventScroll: true });
  setTimeout(() => { pressed.textContent = pressed.kitLabel; }, 1500);
}
