// Filters of the table, and a search for words in either script: two characters are enough.
"use strict";
const huabu = (() => {
  const MOST = 100; // hits shown
  const AROUND = 24; // characters beside a hit
  const PAGE = 100; // rows of a table laid out at once

  // Long tables show their first rows and a button: laying out thousands takes seconds.
  const pager = (table, rows) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "more-rows";
    table.closest(".list").after(button);
    let room = PAGE;
    let kept = rows;
    const draw = () => {
      const shown = new Set(kept.slice(0, room));
      for (const row of rows) if (row.hidden === shown.has(row)) row.hidden = !row.hidden;
      table.classList.remove("paged");
      button.hidden = kept.length <= room;
      button.textContent = `再列 ${Math.min(PAGE, kept.length - room)} 行（共 ${kept.length} 行）`;
    };
    button.addEventListener("click", () => {
      const next = kept[room];
      room += PAGE;
      draw();
      next.querySelector("a").focus();
    });
    return (wanted) => {
      kept = wanted;
      room = PAGE;
      draw();
    };
  };

  const finder = document.getElementById("finder");
  if (!finder) return { texts() {}, variants() {} };
  const field = (name) => document.getElementById(name);
  const shards = Number(finder.dataset.shards);
  const files = Array.from({ length: shards }, (_, number) => `data/text-${String(number).padStart(4, "0")}.js`);
  if (shards) files.unshift("data/variants.js");
  const texts = [];
  const simple = new Map(); // Traditional character -> Simplified
  let traditional = null;
  let loaded = 0;
  let loading = false;

  const rows = [...document.querySelectorAll("#docs tbody tr")].map((row) => ({
    row,
    title: row.cells[0].textContent,
    company: row.cells[1].textContent,
    blocks: row.dataset.blocks.split(" "),
    kind: row.cells[4].textContent,
    href: row.querySelector("a").getAttribute("href"),
  }));
  const show = pager(document.getElementById("docs"), rows.map((one) => one.row));
  const companies = document.getElementById("companies");
  if (companies) {
    const every = [...companies.querySelectorAll("tbody tr")];
    pager(companies, every)(every);
  }
  const byId = new Map(rows.map((one) => [one.row.id, one]));

  // Files of the search are read one after the other, once somebody searches.
  const load = () => {
    if (loading || loaded >= files.length) return;
    loading = true;
    const script = document.createElement("script");
    script.src = files[loaded];
    script.onload = script.onerror = () => {
      loading = false;
      loaded += 1;
      if (field("q").value.trim()) search();
      load();
    };
    document.head.append(script);
  };

  // What is compared: lower case, Simplified; of the same length but for a few letters. Texts are
  // folded once, and only those that differ are kept twice.
  const fold = (text) => {
    const low = text.toLowerCase();
    return traditional ? low.replace(traditional, (char) => simple.get(char)) : low;
  };
  const remember = (row) => {
    const low = fold(row[2]);
    row.push(low === row[2] ? row[2] : low);
  };

  const wanted = (one) =>
    (!field("company").value || one.company === field("company").value) &&
    (!field("block").value || one.blocks.includes(field("block").value)) &&
    (!field("kind").value || one.kind === field("kind").value);

  const snippet = (text, at, length) => {
    const found = document.createElement("bdi");
    const start = Math.max(0, at - AROUND);
    const end = Math.min(text.length, at + length + AROUND);
    const mark = document.createElement("mark");
    mark.textContent = text.slice(at, at + length);
    found.append(start ? "…" : "", text.slice(start, at), mark, text.slice(at + length, end), end < text.length ? "…" : "");
    return found;
  };

  const names = new Map([...field("block").options].map((option) => [option.value, option.text]));

  const item = (hit) => {
    const li = document.createElement("li");
    const link = document.createElement("a");
    link.href = hit.anchor ? `${hit.one.href}#${hit.anchor}` : hit.one.href;
    link.append(snippet(hit.text, hit.at, hit.length));
    const from = document.createElement("div");
    from.className = "from";
    const title = document.createElement("bdi");
    title.textContent = hit.one.title.slice(0, 80);
    from.append(hit.what, " · ", title, hit.one.company ? ` · ${hit.one.company}` : "");
    for (const code of hit.blocks.split(";").filter(Boolean)) {
      const chip = document.createElement("span");
      chip.className = `chip ${code}`;
      chip.textContent = names.get(code) || code;
      from.append(" ", chip);
    }
    li.append(link, from);
    return li;
  };

  const search = () => {
    const word = fold(field("q").value.trim());
    const block = field("block").value;
    const hits = [[], [], []];
    const found = new Set();
    let count = 0;
    const look = (kind, what, one, text, low, anchor, blocks) => {
      const at = low.indexOf(word);
      if (at < 0) return;
      count += 1;
      found.add(one);
      if (hits[kind].length < MOST) {
        const same = low.length === text.length;
        hits[kind].push({ one, what, text, anchor, blocks, at: same ? at : 0, length: same ? word.length : 0 });
      }
    };
    if (word) {
      for (const one of rows) if (wanted(one)) look(0, "标题", one, one.title, fold(one.title), "", "");
      for (const [id, notes, passages] of texts) {
        const one = byId.get(id);
        if (!one || !wanted(one)) continue;
        for (const [code, anchor, text, low] of notes) if (!block || code === block) look(1, "便签", one, text, low, anchor, code);
        for (const [codes, anchor, text, low] of passages) if (!block || codes.split(";").includes(block)) look(2, "原文", one, text, low, anchor, codes);
      }
    }
    const list = hits.flat().slice(0, MOST);
    field("hit-list").replaceChildren(...list.map(item));
    field("hits").hidden = !word;
    const kept = rows.filter((one) => wanted(one) && (!word || found.has(one))).map((one) => one.row);
    show(kept);
    const rest = loaded < files.length ? `（正在读取 ${loaded}/${files.length}）` : "";
    const some = count > list.length ? `，先列 ${list.length} 处` : "";
    field("said").textContent = word
      ? `“${field("q").value.trim()}”：${count} 处，在 ${found.size} 篇文档里${some}${rest}`
      : kept.length < rows.length ? `${kept.length} 篇文档` : "";
  };

  let waiting = 0;
  const later = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      load();
      search();
    }, 120);
  };
  field("q").addEventListener("input", later);
  field("q").addEventListener("focus", load, { once: true });
  for (const name of ["company", "block", "kind"]) field(name).addEventListener("change", search);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && document.activeElement === field("q") && field("q").value) {
      field("q").value = "";
      search();
    }
  });
  search(); // a browser may have kept what was typed
  if (field("q").value) load();
  return {
    texts: (part) => {
      for (const [, notes, passages] of part) [...notes, ...passages].forEach(remember);
      texts.push(...part);
    },
    variants: ([from, to]) => {
      [...from].forEach((char, place) => simple.set(char, to[place]));
      traditional = new RegExp(`[${from}]`, "g");
    },
  };
})();
