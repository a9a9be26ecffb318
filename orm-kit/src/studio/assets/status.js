/** What the page says if the server, the database or the token is lost, until it is back. */

import { call, connection, hasToken, isMounted, pasteToken } from "./api.js";
import { button, fill, h, icon } from "./dom.js";
import { visible } from "./text.js";

/** The banner at the top of the page. */
export function banner() {
  const element = h("div", { class: "banner", role: "alert", hidden: true });
  const retry = () => button({ text: "Try again", class: "small", on: () => call("ping").catch(() => {}) });
  const kept = "Staged edits are kept.";
  const draw = () => {
    element.hidden = connection.state === "ok";
    element.dataset.state = connection.state;
    if (connection.state === "server lost") {
      fill(
        element,
        icon("warning"),
        h(
          "span",
          { class: "banner-text" },
          h("strong", {}, "The studio's server doesn't answer."),
          ` Start the command again if it has ended. ${kept}`,
        ),
        retry(),
      );
    } else if (connection.state === "database lost") {
      fill(
        element,
        icon("warning"),
        h(
          "span",
          { class: "banner-text" },
          h("strong", {}, "The database is lost."),
          ` ${visible(connection.message)} The page tries again by itself. ${kept}`,
        ),
        retry(),
      );
    } else if (connection.state === "token wrong" && isMounted()) {
      fill(
        element,
        icon("lock"),
        h(
          "span",
          { class: "banner-text" },
          h("strong", {}, "Your login has ended."),
          ` Log in again in another tab, and come back. ${kept}`,
        ),
        retry(),
      );
    } else if (connection.state === "token wrong") {
      fill(
        element,
        icon("lock"),
        h(
          "span",
          { class: "banner-text" },
          h("strong", {}, hasToken() ? "This page belongs to an earlier run." : "This page has no token."),
          ` Paste the URL that the terminal printed. ${kept}`,
        ),
        tokenField(),
      );
    } else fill(element);
  };
  connection.addEventListener("change", draw);
  draw();
  return element;
}

function tokenField() {
  const field = h("input", {
    class: "field small token-field",
    type: "password",
    "aria-label": "URL that the terminal printed",
    placeholder: "http://127.0.0.1:…/#token=…",
    autocomplete: "off",
  });
  const use = () => {
    if (pasteToken(field.value)) location.reload();
    else field.setAttribute("aria-invalid", "true");
  };
  field.addEventListener("keydown", (event) => event.key === "Enter" && use());
  return [field, button({ text: "Use it", class: "small primary", on: use })];
}
