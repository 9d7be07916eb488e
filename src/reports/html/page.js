"use strict";
// The timeline zooms, and what is folded is printed too. Without script all is there, unzoomed.
(function () {
  const picture = document.querySelector("svg.timeline");
  const bar = document.querySelector(".zoom");
  if (picture && bar) {
    const left = 190, width = 800;
    const first = Number(picture.dataset.first), span = Number(picture.dataset.last) - first;
    const marks = picture.querySelectorAll(".mark"), ticks = picture.querySelectorAll(".tick");
    let from = 0, to = 1;
    const draw = function () {
      const place = function (part) { return left + (part - from) / (to - from) * width; };
      for (const mark of marks) {
        const begin = Math.max(left, place(Number(mark.dataset.from)));
        const end = Math.min(left + width, Math.max(begin + 6, place(Number(mark.dataset.to))));
        const hidden = Number(mark.dataset.to) < from || Number(mark.dataset.from) > to;
        mark.setAttribute("x", begin.toFixed(1));
        mark.setAttribute("width", Math.max(6, end - begin).toFixed(1));
        mark.setAttribute("visibility", hidden ? "hidden" : "visible");
      }
      ticks.forEach(function (tick, index) {
        const part = from + (to - from) * index / (ticks.length - 1);
        const time = new Date(Math.floor(first + span * part) * 1000);
        tick.textContent = time.toISOString().slice(0, 19).replace("T", " ");
      });
    };
    const show = function (middle, size) {
      size = Math.min(1, Math.max(0.0001, size));
      from = Math.min(1 - size, Math.max(0, middle - size / 2));
      to = from + size;
      draw();
    };
    const actions = {
      in: function () { show((from + to) / 2, (to - from) / 2); },
      out: function () { show((from + to) / 2, (to - from) * 2); },
      left: function () { show((from + to) / 2 - (to - from) / 4, to - from); },
      right: function () { show((from + to) / 2 + (to - from) / 4, to - from); },
      all: function () { show(0.5, 1); },
    };
    bar.hidden = false;
    bar.addEventListener("click", function (event) {
      const action = actions[event.target.dataset.zoom];
      if (action) action();
    });
  }
  window.addEventListener("beforeprint", function () {
    for (const part of document.querySelectorAll("details")) part.open = true;
  });
}());
