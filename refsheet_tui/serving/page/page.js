// What textual.js, which comes next and begins when the page is there, needs to know.
"use strict";

// The token is in a cookie now: it need not stand in the address, nor in what is remembered of it.
history.replaceState(null, "", location.pathname);

document.addEventListener("DOMContentLoaded", () => {
  const terminal = document.getElementById("terminal");
  terminal.dataset.sessionWebsocketUrl = location.origin.replace(/^http/, "ws") + "/ws";
  document.getElementById("again").addEventListener("click", () => location.reload());

  // Typing begins without a click, as soon as there is something to type to.
  const watcher = new MutationObserver(() => {
    if (document.body.classList.contains("-first-byte")) {
      watcher.disconnect();
      terminal.querySelector("textarea").focus();
    }
  });
  watcher.observe(document.body, { attributeFilter: ["class"] });
});
