// Search, fold and copy within one view. What a task wrote is read as text, and nothing
// is ever made from it but ranges and what goes to the clipboard.

const MOST = 5000;
const BLOCKS = "pre, td, th, li, p, summary, figcaption, blockquote";
let views = 0;

// The texts of a view, each with the nodes it is made of: a match may span a mark.
function blocks(view) {
  const found = [];
  for (const part of view.querySelectorAll(".kit-pane-head, .kit-pane-body")) {
    const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.parentElement.closest(".kit-copy")) continue;
      const block = node.parentElement.closest(BLOCKS) ?? part;
      const last = found.at(-1);
      if (last?.block === block) last.nodes.push(node);
      else found.push({ block, nodes: [node] });
    }
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

function foldOf(body) {
  return body?.previousElementSibling?.querySelector("details");
}

function unfold(range) {
  const element = range.startContainer.parentElement;
  const head = foldOf(element.closest(".kit-pane-body"));
  if (head) head.open = true;
  for (let inner = element.closest("details"); inner; ) {
    inner.open = true;
    inner = inner.parentElement.closest("details");
  }
  return element;
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

function copyButton(block) {
  const made = button("Copy", "Copy this text", async () => {
    made.textContent = (await copyText(block.textContent)) ? "Copied" : "Refused";
    setTimeout(() => { made.textContent = "Copy"; }, 1500);
  });
  made.classList.add("kit-copy");
  return made;
}

function decorate(view) {
  for (const block of view.querySelectorAll(".kit-pane-body pre:not([data-kit-copy])")) {
    block.dataset.kitCopy = "";
    block.before(copyButton(block));
  }
}

function render({ el }) {
  const view = () => el.closest(".kit-preview") ?? el; // it is put into it later
  const name = `kit-found-${(views += 1)}`;
  const style = document.createElement("style");
  style.textContent = `::highlight(${name}) { background: #ffe08a; color: #1f2328; }
::highlight(${name}-now) { background: #ff9632; color: #1f2328; }`;
  const field = document.createElement("input");
  field.type = "search";
  field.placeholder = "Search";
  field.setAttribute("aria-label", "Search in this view");
  const count = document.createElement("span");
  count.setAttribute("role", "status");
  let ranges = [];
  let now = -1;

  function highlight() {
    if (!globalThis.CSS?.highlights) return;
    CSS.highlights.set(name, new Highlight(...ranges));
    const current = ranges[now] ? [ranges[now]] : [];
    CSS.highlights.set(`${name}-now`, new Highlight(...current));
  }

  function go(step) {
    if (!ranges.length) return;
    now = (now + step + ranges.length) % ranges.length;
    unfold(ranges[now]).scrollIntoView({ block: "nearest" });
    count.textContent = `${now + 1} of ${ranges.length}`;
    highlight();
  }

  function search() {
    const wanted = field.value.trim().toLowerCase();
    ranges = [];
    now = -1;
    if (wanted) {
      for (const block of blocks(view())) {
        ranges.push(...rangesIn(block, wanted, MOST - ranges.length));
        if (ranges.length >= MOST) break;
      }
    }
    count.textContent = !wanted ? "" : ranges.length ? "" : "nothing found";
    highlight();
    go(1);
  }

  function fold(open) {
    const heads = ".kit-pane-head details, .kit-pane-body details";
    for (const details of view().querySelectorAll(heads)) details.open = open;
  }

  let waiting;
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(search, 120);
  });
  field.addEventListener("keydown", (event) => {
    event.stopPropagation(); // keys typed here are no commands of the notebook
    if (event.key === "Enter") go(event.shiftKey ? -1 : 1);
    if (event.key === "Escape") { field.value = ""; search(); }
  });
  el.classList.add("kit-finder");
  el.append(
    style, field,
    button("Previous", "The match before (Shift+Enter)", () => go(-1)),
    button("Next", "The next match (Enter)", () => go(1)),
    button("Unfold all", "Show every part", () => fold(true)),
    button("Fold all", "Show the titles only", () => fold(false)),
    count,
  );

  const observer = new MutationObserver(() => decorate(view()));
  let frame = requestAnimationFrame(function start() {
    if (view() === el) { frame = requestAnimationFrame(start); return; }
    decorate(view());
    observer.observe(view(), { childList: true, subtree: true });
  });
  return () => {
    cancelAnimationFrame(frame);
    observer.disconnect();
    clearTimeout(waiting);
    globalThis.CSS?.highlights?.delete(name);
    globalThis.CSS?.highlights?.delete(`${name}-now`);
  };
}

export default { render };
