// Keeps the list of who is online up to date. Without this script the page shows it as of when it was made.
"use strict";

(() => {
  const LOGGED_OUT = 1008; // the only way of closing after which it is of no use to connect again
  const FIRST_WAIT = 500; // milliseconds before connecting again; doubled each time, ...
  const LONGEST_WAIT = 30000; // ... and shortened by chance, so that not everybody comes back at once
  const SILENCE = 60000; // milliseconds; the server says something at least every 25 seconds

  const page = document.getElementById("live");
  const state = document.getElementById("live-state");
  const list = document.getElementById("live-people");
  const more = document.getElementById("live-more");
  const address = new URL(page.dataset.socket, location.href);
  address.protocol = address.protocol.replace("http", "ws");

  let socket = null;
  let wait = FIRST_WAIT;
  let timer = null;
  let heardAt = 0;
  let shown = "";

  function connect() {
    clearTimeout(timer);
    if (socket !== null && socket.readyState <= WebSocket.OPEN) {
      return;
    }
    socket = new WebSocket(address);
    let wasOpen = false;
    socket.onopen = () => {
      wasOpen = true;
      heardAt = Date.now();
      wait = FIRST_WAIT;
      say("Up to date.");
    };
    socket.onmessage = (event) => {
      heardAt = Date.now();
      if (event.data !== shown) {
        shown = event.data;
        show(JSON.parse(shown));
      }
    };
    socket.onclose = (event) => {
      if (event.code === LOGGED_OUT) {
        leave();
        return;
      }
      say("Not connected; what you see may have changed. Trying again …");
      timer = setTimeout(wasOpen ? connect : connectIfLoggedIn, wait * (0.5 + Math.random() / 2));
      wait = Math.min(2 * wait, LONGEST_WAIT);
    };
  }

  // A refused connection does not tell why. The page does: who is logged out is sent from it to the login page.
  async function connectIfLoggedIn() {
    try {
      const answer = await fetch(location.href, { method: "HEAD", redirect: "manual", cache: "no-store" });
      if (answer.type === "opaqueredirect") {
        leave();
        return;
      }
    } catch {
      // no network: connecting will say so as well
    }
    connect();
  }

  function connectAnew() {
    socket.onclose = null;
    socket.close();
    connectIfLoggedIn();
  }

  function leave() {
    say("You have been logged out.");
    location.replace(page.dataset.login);
  }

  function say(text) {
    if (state.textContent !== text) {
      state.textContent = text;
    }
  }

  function show(news) {
    list.replaceChildren(...news.names.map(entry));
    const rest = news.count - news.names.length;
    more.textContent = `and ${rest} more`;
    more.hidden = rest === 0;
  }

  function entry(name) {
    const item = document.createElement("li");
    item.className = "person";
    item.textContent = name;
    if (name === page.dataset.me) {
      const badge = document.createElement("span");
      badge.className = "badge";
      badge.textContent = "You";
      item.append(" ", badge);
    }
    return item;
  }

  // A computer that wakes up, or changes its network, may keep a connection that is none any more.
  setInterval(() => {
    if (socket.readyState === WebSocket.OPEN && Date.now() - heardAt > SILENCE) {
      connectAnew();
    }
  }, SILENCE / 10);

  connect();
})();
