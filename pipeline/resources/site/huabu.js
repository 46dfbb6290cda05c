// The panel of a note opens by its address alone (:target); this adds the keyboard and the place on the page.
"use strict";
(() => {
  const links = new Map();
  for (const link of document.querySelectorAll(".note a")) links.set(link.hash, link);
  let last = null;

  const shown = () => {
    for (const link of links.values()) link.removeAttribute("aria-expanded");
    const link = links.get(location.hash);
    if (!link) return;
    last = link;
    link.setAttribute("aria-expanded", "true");
    const more = link.closest("details");
    if (more) more.open = true;
    document.getElementById(location.hash.slice(1)).focus({ preventScroll: true });
  };

  const close = () => {
    if (!links.has(location.hash)) return;
    const top = scrollY;
    location.hash = "#board";
    scrollTo(0, top);
    if (last) last.focus({ preventScroll: true });
  };

  addEventListener("hashchange", shown);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest(".close")) {
      event.preventDefault();
      close();
    }
  });
  shown();
})();
